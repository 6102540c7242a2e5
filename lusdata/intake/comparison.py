"""The second step of adding: compare with what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError
from lusdata.intake.alike import Resemblance, without_fingerprint
from lusdata.intake.answers import Answers
from lusdata.intake.look import Look, sampled_frames
from lusdata.intake.workspace import Bench, Prepared
from lusdata.media.local_files import held_file
from lusdata.media.pictures.preview import beside, write_preview
from lusdata.suggestion import unknown_word
from lusdata.wording import listed, one_line

__all__ = [
    "blind_notes",
    "duplicate",
    "files_of",
    "joined_recordings",
    "named_recordings",
    "refuse_known_file",
    "with_state",
]


def refuse_known_file(prepared: Prepared, found: Look, known: Sequence[Manifest]) -> None:
    """Refuse the very file of another recording, whatever became of that."""
    same = files_of(known).get(found.sha256)
    if same is not None:
        raise DataError("this very file is already there", where=prepared.name, found=with_state(same))


def files_of(known: Iterable[Manifest]) -> dict[str, Manifest]:
    """Return recordings by the digest of their file; the first of several, whatever became of it."""
    found: dict[str, Manifest] = {}
    for manifest in known:
        if manifest.sha256 is not None:
            found.setdefault(manifest.sha256, manifest)
    return found


def with_state(manifest: Manifest) -> str:
    """Return a recording's id, and why it is not used where that is so."""
    reason = manifest.data["status"].get("reason", "")
    return manifest.id if manifest.state == "included" else f"{manifest.id}, {manifest.state}: {one_line(reason)}"


def named_recordings(answers: Answers, known: Sequence[Manifest]) -> list[Manifest]:
    """Return the recordings that the contributor names as related."""
    by_id = {manifest.id: manifest for manifest in known}
    named = []
    for option, identifier in (("--same-patient", answers.same_patient), ("--link", answers.link)):
        if identifier is not None and identifier not in by_id:
            raise unknown_word("no such recording", identifier, by_id, where=option)
        if identifier is not None:
            named.append(by_id[identifier])
    return named


def duplicate(prepared: Prepared, found: Look, matches: Sequence[Resemblance], bench: Bench) -> DataError:
    """Return the refusal of a recording that is there already, with a picture of both if the other can be had."""
    best = matches[0]
    more = f" (and {len(matches) - 1} more)" if len(matches) > 1 else ""
    file = held_file(best.manifest, mirrors=bench.mirrors)
    picture = ""
    if file is not None:
        # A file's own name often names the patient.
        titles = (f"the new recording looks like {best.manifest.id}", best.manifest.id)
        classes = (prepared.answers.class_name, best.manifest.class_name)
        sheet = beside(
            found.frames, sampled_frames(file, sha256=best.manifest.sha256), titles=titles, class_names=classes
        )
        path = bench.previews / f"{found.sha256[:12]}-beside-{best.manifest.id.split('/')[1]}.png"
        write_preview(path, sheet)
        picture = f"see {path}; "
    return DataError(
        f"looks like {best.manifest.id}, {best.similarity:.0%} alike{more}",
        where=prepared.name,
        expected="a recording that is not there yet",
        hint=f"{picture}if it is another cut of the same recording, give --link {best.manifest.id}; "
        f"if another recording of the same patient, --same-patient {best.manifest.id}",
    )


def joined_recordings(named: Sequence[Manifest], matches: Sequence[Resemblance]) -> list[Manifest]:
    """Return the recordings whose groups the new one joins: the named first, then those that look like it."""
    return list({manifest.id: manifest for manifest in (*named, *(match.manifest for match in matches))}.values())


def blind_notes(known: Sequence[Manifest], unread: Sequence[str]) -> list[str]:
    """Say how many recordings, and which files beside the collection, could not be compared."""
    notes = []
    if blind := without_fingerprint(known):
        notes.append(f"{blind} of the recordings that are there have no fingerprint, so copies of them cannot be seen")
    if unread:
        what = "is no valid manifest, and was" if len(unread) == 1 else "are no valid manifests, and were"
        notes.append(f"{listed(unread)} {what} not compared: lusdata validate says why")
    return notes
