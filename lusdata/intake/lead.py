"""Completing a lead from a file in hand: compare, ask where nothing ties the two together, write the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.leads import LeadMatch, is_lead
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.errors import DataError, UsageError
from lusdata.intake.alike import alike
from lusdata.intake.question import Ask, Question
from lusdata.media.completing import completed, contradiction

__all__ = ["Completed", "complete_lead"]

_SUFFIX_OF_UNKNOWN = ".bin"


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
    write_manifest(lead.path, data)
    others = [other for other in known if other.id != lead.id]
    notes = [
        f"looks like {other.manifest.id}, {other.similarity:.0%} alike: if it shows the same, link their groups"
        for other in alike([data.get("fingerprint")], others)
    ]
    if "fingerprint" not in data:
        notes.append("too little is seen for a fingerprint, so copies of it cannot be found")
    return Completed(Manifest(data, lead.path), match, tuple(notes))


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
