"""What an export describes: a dataset that was built, or a collection that can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import collection_names, json_files
from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import is_private, rights_of
from lusdata.dataset.building.plan import LeftOut, choose
from lusdata.dataset.reading.index import Index, is_dataset, open_index
from lusdata.dataset.reading.seal import rows_digest
from lusdata.dataset.reading.shard_rows import verify
from lusdata.dataset.reading.withdrawn import withdrawn_since_built
from lusdata.dataset.recipe import Recipe
from lusdata.dataset.view.dataset import Dataset
from lusdata.errors import DataError, UsageError
from lusdata.publish import citations
from lusdata.publish.citations import CitedWork as Cited
from lusdata.releases.folds import table_of
from lusdata.splits.folds.table import FoldTable
from lusdata.splits.folds.units import catalog_digest, unit_ids

__all__ = ["PRIVATE", "ExportSubject", "require_whole", "rows_of", "subject_of_collection", "subject_of_dataset"]


@dataclass(frozen=True)
class ExportSubject:
    """Recordings, and what is known of how they came here.

    Attributes
    ----------
    name : str
        Name of the collection.
    manifests : tuple of Manifest
        All of the collection, whatever their state: groups reach beyond what is described.
    recordings : tuple of Manifest
        The recordings that are described, sorted by id.
    frames : Mapping
        Number of frames of each recording; empty for a collection, which has none yet.
    left_out : tuple of LeftOut
        Every other recording of the collection, with the reason.
    cited : lusdata.publish.citations.CitedWork
        How it is cited: its label, the digest of what is described, the version of lusdata that made it.
    table : FoldTable or None
        Folds by patient: those that a release froze, else as they are made by default, with recordings of nobody known
        together. None where there are too few patient groups.
    version, date : str
        The release that it is of, and the day of it; empty if it is none.
    index : Index or None
        The dataset's folder.
    """

    name: str
    manifests: tuple[Manifest, ...]
    recordings: tuple[Manifest, ...]
    frames: Mapping[str, int]
    left_out: tuple[LeftOut, ...]
    cited: Cited
    table: FoldTable | None = None
    version: str = ""
    date: str = ""
    index: Index | None = None

    @cached_property
    def groups(self) -> dict[str, str]:
        """The patient group of each recording of the collection."""
        return group_ids(self.manifests)

    @cached_property
    def units(self) -> dict[str, str]:
        """What the split by patient keeps together: groups, and groups that share a file."""
        return unit_ids(self.manifests, "patient")

    @property
    def label(self) -> str:
        """Name for people: with the version, if it is a release."""
        return self.cited.label

    @property
    def digest(self) -> str:
        """Sha256 of what is described: of the rows of a dataset, or of a collection's manifests or release."""
        return self.cited.digest

    @property
    def total_frames(self) -> int:
        """Number of frames."""
        return sum(self.frames.values())

    @property
    def private(self) -> tuple[Manifest, ...]:
        """The recordings of which no frame may be passed on."""
        return tuple(manifest for manifest in self.recordings if not rights_of(manifest).publish)

    def only(self, ids: Sequence[str], *, code: str, digest: str) -> ExportSubject:
        """Return a part of it.

        Parameters
        ----------
        ids : sequence of str
            The recordings to keep.
        code : str
            Name of the reason for which the others go; their rights tell the reason itself.
        digest : str
            Sha256 of what is kept.
        """
        kept = set(ids)
        gone = [LeftOut(m.id, code, rights_of(m).reason) for m in self.recordings if m.id not in kept]
        return replace(
            self,
            recordings=tuple(manifest for manifest in self.recordings if manifest.id in kept),
            frames={name: count for name, count in self.frames.items() if name in kept},
            left_out=tuple(sorted([*self.left_out, *gone], key=lambda item: item.id)),
            cited=replace(self.cited, digest=digest),
        )


PRIVATE = "private"
"""The code of recordings that belong to whoever keeps the collection: no export holds them, whatever is asked for."""


def require_whole(subject: ExportSubject) -> None:
    """Refuse to describe shards that hold private recordings: whoever has the description wants the files.

    Raises
    ------
    DataError
        If they do.
    """
    own = [item for item in subject.left_out if item.code == PRIVATE]
    if subject.index is not None and own:
        raise DataError(
            "the dataset holds private recordings",
            where=str(subject.index.folder),
            found=f"{len(own):,}, such as {own[0].id}",
            hint="lusdata export hf leaves them out, and lusdata build --select publish=yes builds without them",
        )


def subject_of_collection(collection: Collection) -> ExportSubject:
    """Describe what can be built of a collection, or of a release of one.

    Raises
    ------
    DataError
        If that is nothing.
    """
    chosen = choose(collection, Recipe())
    if not chosen.pinned:
        raise DataError(
            "there is nothing to describe",
            where=collection.label,
            expected="included recordings with a digest",
            found=f"{len(collection.manifests):,} recordings, none of them such",
            hint="lusdata fetch --pin adds digests",
        )
    release = collection.release
    subject = ExportSubject(
        name=collection.name,
        manifests=collection.manifests,
        recordings=chosen.pinned,
        frames={},
        left_out=chosen.left_out,
        cited=citations.subject_of_collection(collection),
        table=_folds(lambda: table_of(collection, unknown="together")),
        version="" if release is None else release.version,
        date="" if release is None else str(release.data["date"]),
    )
    return _for_others(subject, collection.about, catalog_digest)


def subject_of_dataset(folder: Path) -> ExportSubject:
    """Open a dataset folder and check its files against their digests.

    Raises
    ------
    UsageError
        If it is none; for a collection the message says how to build it.
    DataError
        If it is unfinished, a file of it is missing or was changed, or a recording was withdrawn since.
    """
    if not is_dataset(folder) and (str(folder) in collection_names() or json_files(folder)):
        raise UsageError(
            "a collection holds no frames",
            where=str(folder),
            expected="a folder that lusdata build made",
            hint=f"run: lusdata build {folder} --out DIR",
        )
    index = open_index(folder)
    verify(index)
    withdrawn = withdrawn_since_built(index)
    if withdrawn:
        raise DataError(
            "the dataset holds what was withdrawn since it was built",
            where=str(folder),
            found=", ".join(withdrawn),
            hint="build it again, which leaves that out",
        )
    by_id = {manifest.id: manifest for manifest in index.manifests}
    subject = ExportSubject(
        name=index.name,
        manifests=index.manifests,
        recordings=tuple(by_id[entry.id] for entry in index.entries),
        frames={entry.id: entry.place.rows for entry in index.entries},
        left_out=tuple(LeftOut(item["id"], item["code"], item["reason"]) for item in index.data["left_out"]),
        cited=citations.subject_of_dataset(index),
        version="" if index.release is None else str(index.release["version"]),
        date="" if index.release is None else str(index.release["date"]),
        index=index,
        table=_folds(lambda: Dataset(index).fold_table(unknown="together")),
    )
    return _for_others(subject, index.about, lambda kept: rows_of(index, kept, subject.groups))


def _folds(make: Callable[[], FoldTable]) -> FoldTable | None:
    try:
        return make()
    except UsageError:
        # Fewer groups than folds: then nothing can be said of new patients.
        return None


def _for_others(subject: ExportSubject, about: About, digest: Callable[[Sequence[Manifest]], str]) -> ExportSubject:
    """Take out what belongs to whoever keeps the collection, or was given out by an agreement.

    Raises
    ------
    DataError
        If all of it does.
    """
    own = {manifest.id for manifest in subject.recordings if is_private(manifest)}
    kept = [manifest for manifest in subject.recordings if manifest.id not in own]
    if about.private or not kept:
        raise DataError(
            "a private collection is not exported",
            where=subject.name,
            found=f"it stays with {about.owner or 'its owner'}",
            hint="lusdata.load and lusdata report use it on this machine",
        )
    if not own:
        return subject
    return subject.only([manifest.id for manifest in kept], code=PRIVATE, digest=digest(kept))


def rows_of(index: Index, kept: Iterable[Manifest], groups: Mapping[str, str]) -> str:
    """Return the digest of some rows, as a dataset of them alone would state it."""
    by_id = {manifest.id: manifest for manifest in kept}
    return rows_digest(
        {
            "id": item["id"],
            "class": by_id[item["id"]].class_name,
            "probe": by_id[item["id"]].probe,
            "group": groups[item["id"]],
            "crop": item["crop"],
            "source_sha256": by_id[item["id"]].sha256,
            "frames_sha256": item["frames_sha256"],
        }
        for item in index.data["recordings"]
        if item["id"] in by_id
    )
