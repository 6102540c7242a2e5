"""Which files that were looked at are new, which are recordings that are there already, and which cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import PRIVATE
from lusdata.errors import DataError
from lusdata.intake.comparison import files_of
from lusdata.intake.folder.examine import Examined
from lusdata.intake.folder.files import FolderFile
from lusdata.intake.folder.known_files import Met, recording_of
from lusdata.intake.folder.plan import ImportPlan
from lusdata.intake.folder.request import Request
from lusdata.intake.question import Ask
from lusdata.media.facts import sha256_of
from lusdata.wording import counted, one_line

__all__ = ["Sorted", "sort_out"]


@dataclass
class Sorted:
    """What became of the files.

    Attributes
    ----------
    new : dict of str to Examined
        What becomes a recording, by the file's name.
    met : Met
        What is there already, with what the pictures told.
    completes : dict of str to (Manifest, Examined)
        The lead that a file completes, and what the file shows, by its name.
    failed : dict of str to str
        Why a file cannot be taken, by its name.
    notes : list of str
        What a person should know, a clause each.
    """

    met: Met
    new: dict[str, Examined] = field(default_factory=dict)
    completes: dict[str, tuple[Manifest, Examined]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def sort_out(plan: ImportPlan, looked_at: Mapping[str, Examined], ask: Ask | None) -> Sorted:
    """Tell what is new from what failed, what changed meanwhile and what is there already.

    Parameters
    ----------
    plan : ImportPlan
        What was to be looked at.
    looked_at : Mapping of str to Examined
        What was seen, by the file's name.
    ask : callable or None
        Is asked whether a file completes a lead; without it such a file is not taken.
    """
    done = Sorted(plan.met, failed=dict(plan.listing.refused))
    there = list(plan.met.by_id.values())
    same = files_of(there)
    first: dict[str, str] = {}
    found: dict[str, Manifest] = {}
    for file in plan.new:
        one = looked_at[file.name]
        try:
            if one.fault or not _is_as_listed(file):
                raise DataError(one.fault or "the file changed while the folder was read; run the same again")
            met = same.get(one.sha256)
            if met is None and one.sha256 in first:
                done.notes.append(f"{one_line(file.name)} has the very pictures of {one_line(first[one.sha256])}")
                continue
            if met is None:
                met = recording_of(file, plan.twins, one, there, ask)
            if met is None:
                _refuse_unfit(one, plan.request)
        except DataError as error:
            told = "; ".join(filter(None, (error.found, error.hint)))
            done.failed[file.name] = one_line(f"{error.what}{f' ({told})' if told else ''}")
            continue
        if met is None:
            first[one.sha256] = file.name
            done.new[file.name] = one
            continue
        found[file.name] = met
        if met.sha256 is None:
            done.completes[file.name] = met, one
            there.remove(met)
    own = {name for name, one in found.items() if one.collection == plan.collection and one.sha256 is not None}
    done.met = plan.met.with_more(
        {name: found[name].id for name in own}, {name: one.id for name, one in found.items() if name not in own}
    )
    return done


def _is_as_listed(file: FolderFile) -> bool:
    try:
        found = file.path.stat()
    except OSError:
        return False
    same = (found.st_size, found.st_mtime_ns) == (file.size_bytes, file.changed_ns)
    return same or (found.st_size == file.size_bytes and sha256_of(file.path) == file.sha256)


def _refuse_unfit(one: Examined, request: Request) -> None:
    """Refuse what may not be in a collection that is not private."""
    if request.licence == PRIVATE:
        return
    if one.text_places and not request.text_reviewed:
        places = counted(one.text_places, "place")
        raise DataError(f"text in the picture in {places}; if it names nobody, give --text-reviewed ROLE")
    if one.beside:
        raise DataError(f"{one.beside[0]}; lusdata add --clean-copy takes it without that")
