"""Which files of a folder are recordings that are there already: by digest, as a lead, as a copy, or taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from lusdata.catalog.leads import FileFacts, LeadMatch, lead_of, taken_back
from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError
from lusdata.intake.alike import alike
from lusdata.intake.comparison import files_of, with_state
from lusdata.intake.complete_lead import refuse_lead
from lusdata.intake.folder.examine import Examined
from lusdata.intake.folder.files import FolderFile
from lusdata.intake.question import Ask
from lusdata.media.completing import file_facts
from lusdata.media.facts import MediaFacts

__all__ = ["Met", "met_by", "recording_of"]

_COPIED = "conversion"
_SAME = ("width_px", "height_px", "frame_count")


@dataclass(frozen=True)
class Met:
    """What of a folder is there already.

    Attributes
    ----------
    by_id : Mapping of str to Manifest
        Every recording of the collection and of those beside it, whatever its state, by its id.
    known : Mapping of str to str
        Ids of recordings of the collection, by the name of the very file.
    elsewhere : Mapping of str to str
        Ids of other recordings that stand for a file, by its name: of collections beside it, and leads that it
        completed.
    leads : Mapping of str to LeadMatch
        By the file's name the recording without a digest that may be waiting for it, or was withdrawn as such.
    """

    by_id: Mapping[str, Manifest] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, LeadMatch] = field(default_factory=dict)

    @cached_property
    def of_file(self) -> Mapping[str, Manifest]:
        """The recordings that files are of, by the file's name."""
        return {name: self.by_id[identifier] for name, identifier in {**self.elsewhere, **self.known}.items()}

    def with_more(self, known: Mapping[str, str], elsewhere: Mapping[str, str]) -> Met:
        """Return it with what looking at the files told beside their digests."""
        return replace(self, known={**self.known, **known}, elsewhere={**self.elsewhere, **elsewhere})


def met_by(
    files: Sequence[FolderFile],
    twins: Mapping[str, str],
    before: Mapping[str, Examined],
    there: Sequence[Manifest],
    neighbours: Sequence[Manifest],
) -> Met:
    """Find out which files of a folder are recordings already, before anything is decoded.

    Parameters
    ----------
    files : sequence of FolderFile
        Files, one of each content.
    twins : Mapping of str to str
        The file that is taken, by the names of others with its content.
    before : Mapping of str to Examined
        What an earlier run saw of them: of a DICOM file the digest of the copy in its place, and for leads the facts.
    there, neighbours : sequence of Manifest
        The recordings of the collection, and of those beside it.
    """
    digests = {file.name: before[file.name].sha256 if file.name in before else file.sha256 for file in files}
    here, beside = files_of(there), files_of(neighbours)
    known = {name: here[sha256].id for name, sha256 in digests.items() if sha256 in here}
    elsewhere = {name: beside[sha256].id for name, sha256 in digests.items() if sha256 in beside and name not in known}
    unseen = [one for one in (*there, *neighbours) if one.sha256 is None]
    leads: dict[str, LeadMatch] = {}
    for file in files:
        if unseen and file.name not in known and file.name not in elsewhere:
            facts = _facts_of(file, twins, before.get(file.name))
            if matches := taken_back(facts, unseen) or lead_of(facts, unseen):
                leads[file.name] = matches[0]
    return Met({one.id: one for one in (*neighbours, *there)}, known, elsewhere, leads)


def _facts_of(file: FolderFile, twins: Mapping[str, str], seen: Examined | None) -> FileFacts:
    """Return what is held against a lead.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    media = MediaFacts(**seen.facts).as_manifest() if seen is not None and seen.facts else {}
    others = tuple(name for name, taken in twins.items() if taken == file.name)
    return replace(file_facts(file.path, name=file.name, media=media), other_names=others)


def recording_of(
    file: FolderFile, twins: Mapping[str, str], one: Examined, there: Sequence[Manifest], ask: Ask | None
) -> Manifest | None:
    """Return the recording that a file is of though no digest says so; one without a digest is to be completed.

    Parameters
    ----------
    file, twins
        As for `met_by`.
    one : Examined
        What it shows.
    there : sequence of Manifest
        Recordings, whatever their state.
    ask : callable or None
        Is asked whether a lead is to be completed.

    Raises
    ------
    DataError
        If the pictures were taken back, or a lead may be waiting for the file and nobody says that it is the one.
    """
    fingerprint = one.fingerprint or None
    for match in alike(fingerprint, [other for other in there if other.state == "withdrawn"]):
        raise DataError("the pictures were taken back", found=f"looks like {with_state(match.manifest)}")
    for match in alike(fingerprint, [other for other in there if _may_be_copy(other, one)]):
        return match.manifest
    if all(other.sha256 for other in there):
        return None
    # A copy that lusdata writes in place of a DICOM file completes none: it is nobody's published file.
    asks = None if one.copy else ask
    return refuse_lead(file.name, _facts_of(file, twins, one), there, asks, joins=False)


def _may_be_copy(other: Manifest, one: Examined) -> bool:
    """Tell whether a recording's file may be a lossless copy of another file, as `lusdata add` makes them."""
    changed = other.data["source"].get("upstream_changes", ())
    return _COPIED in changed and all(other.media.get(fact) == one.facts[fact] for fact in _SAME)
