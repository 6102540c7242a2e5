"""Completing a lead from a file in hand: compare, ask where nothing ties the two together, write the manifest."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.leads import FileFacts, LeadMatch, is_lead, lead_of, taken_back
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.catalog.validate import shown_path
from lusdata.errors import DataError, UsageError
from lusdata.intake.alike import alike
from lusdata.intake.comparison import with_state
from lusdata.intake.question import Ask, Question
from lusdata.media.completing import completed, contradiction

__all__ = ["Completed", "complete_lead", "refuse_lead"]

_SUFFIX_OF_UNKNOWN = ".bin"
_NOTHING_TO_DO = "if it has nothing to do with it, another file name"


@dataclass(frozen=True)
class Completed:
    """A lead that is none any more.

    Attributes
    ----------
    manifest : Manifest
        As it was written.
    match : LeadMatch
        What spoke for the file.
    notes : tuple of str
        What a person should know, a clause each.
    """

    manifest: Manifest
    match: LeadMatch
    notes: tuple[str, ...]


def complete_lead(
    lead: Manifest,
    file: Path,
    known: Sequence[Manifest],
    *,
    day: str,
    addresses: Sequence[str] = (),
    ask: Ask | None = None,
    accepts: bool = False,
    keep: Callable[[Manifest], object] = lambda manifest: None,
) -> Completed:
    """Write digest, size, facts and fingerprint of a file into the lead that it completes.

    Parameters
    ----------
    lead : Manifest
        The recording, read from a file.
    file : Path
        What is to be its file.
    known : sequence of Manifest
        Everything that is there.
    day : str
        Today, as year, month and day.
    addresses : sequence of str
        Where the file was got from.
    ask : callable, optional
        Puts a question to whoever is there.
    accepts : bool
        Go on without asking where nothing ties the file to the lead but that it was named.
    keep : callable
        Puts the file where the manifest, which it is given as it will be, is kept to. It is called before that is
        written: a run that is ended in between can be made again.

    Returns
    -------
    Completed
        What was written.

    Raises
    ------
    UsageError
        If the recording is no lead, or is withdrawn.
    DataError
        If the file is that of another recording, or contradicts the lead, or nothing ties the two together; nothing
        was written.
    OSError
        If something cannot be read or written.
    """
    if lead.path is None or not is_lead(lead):
        found = "it is withdrawn" if lead.state == "withdrawn" else "it has a digest"
        raise UsageError("nothing to complete", where=lead.id, expected="a recording without a digest", found=found)
    data, match = completed(lead, file, day=day, name=str(file), addresses=addresses)
    same = next((other for other in known if other.sha256 == data["source"]["sha256"]), None)
    if same is not None:
        raise DataError("this very file is already there", where=str(file), found=same.id)
    _agree_on(match, file, ask=ask, accepts=accepts)
    source = data["source"]
    if "path" not in source:
        # Its own name may name a patient.
        source["path"] = f"{lead.id}{file.suffix.lower() or _SUFFIX_OF_UNKNOWN}"
    keep(Manifest(data, lead.path))
    write_manifest(lead.path, data)
    others = [other for other in known if other.id != lead.id]
    notes = [
        f"looks like {other.manifest.id}, {other.similarity:.0%} alike: if it shows the same, link their groups"
        for other in alike(data.get("fingerprint"), others)
    ]
    if "fingerprint" not in data:
        notes.append("too little is seen for a fingerprint, so copies of it cannot be found")
    return Completed(Manifest(data, lead.path), match, tuple(notes))


def refuse_lead(
    name: str, file: FileFacts, known: Sequence[Manifest], ask: Ask | None, *, joins: bool = True
) -> Manifest | None:
    """Return the lead that a new file is to complete; refuse to add the file beside a lead that it may be the file of.

    Parameters
    ----------
    name : str
        What the user called the file.
    file : FileFacts
        What is known of it.
    known : sequence of Manifest
        Everything that is there.
    ask : callable, optional
        Puts a question to whoever is there.
    joins : bool
        Whether the user could name the lead as a recording of the same patient.

    Returns
    -------
    Manifest or None
        The lead that somebody wants to be completed; None where no lead fits.

    Raises
    ------
    DataError
        If a lead fits, and nobody wants it to be completed, or a recording that was withdrawn as a lead does.
    """
    if gone := taken_back(file, known):
        what, found = "a recording that was withdrawn had such a file", with_state(gone[0].manifest)
        raise DataError(what, where=name, found=f"{found}; the same {', '.join(gone[0].agrees)}", hint=_NOTHING_TO_DO)
    matches = lead_of(file, known)
    if not matches:
        return None
    lead, agrees = matches[0].manifest, ", ".join(matches[0].agrees)
    if ask is not None and lead.path is not None:
        note = f"{lead.id} waits for such a file: the same {agrees}"
        if ask(Question("Complete it with this file?", ("yes", "no"), default="yes", note=note)) == "yes":
            return lead
    others = f" (and {len(matches) - 1} more)" if len(matches) > 1 else ""
    where = f" --collection {shlex.quote(shown_path(lead.path.parent))}" if lead.path is not None else ""
    same = f"if it is another recording of the same patient, give --same-patient {lead.id}; " if joins else ""
    raise DataError(
        f"a recording that is there waits for such a file{others}",
        where=name,
        found=f"{lead.id}, the same {agrees}",
        hint=f"lusdata pin {lead.id} FILE{where} completes it; {same}{_NOTHING_TO_DO}",
    )


def _agree_on(match: LeadMatch, file: Path, *, ask: Ask | None, accepts: bool) -> None:
    """Refuse what contradicts, and ask where nothing ties the file to the lead; raise unless somebody accepts it."""
    if match.mismatches:
        refusal = contradiction(match, str(file))
        refusal.hint = "take the right file; if the manifest is wrong, correct it first"
        raise refusal
    if match.agrees or accepts:
        return
    refusal = DataError(
        f"nothing ties the file to {match.manifest.id} but that it was named",
        where=str(file),
        expected="its name, address or a digest",
        hint="--yes takes your word for it",
    )
    if ask is None or ask(Question("Take it all the same?", ("yes", "no"), default="no", note=str(refusal))) != "yes":
        raise refusal
