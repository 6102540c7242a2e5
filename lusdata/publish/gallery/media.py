"""The pictures of a gallery: from the files of a collection, or from the frames of a dataset."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from lusdata.catalog.manifest import Crop, Manifest
from lusdata.catalog.rights import rights_of
from lusdata.dataset.reading.index import Index
from lusdata.dataset.reading.shard_rows import read_recordings
from lusdata.errors import DataError, LusdataError
from lusdata.intact import DamagedError
from lusdata.media.fetch.report import STATES, FetchReport, FetchResult
from lusdata.media.frames import read_frames
from lusdata.media.pictures.thumbnail import Strip, StripPlan, encode_strip, plan_strips
from lusdata.media.png import decode_png

__all__ = ["GalleryPicture", "pictures_of_collection", "pictures_of_dataset"]

Advance = Callable[[], object]


@dataclass(frozen=True)
class GalleryPicture:
    """What a gallery shows of one recording.

    Attributes
    ----------
    strip : Strip or None
        The moving picture.
    code : str
        ``shown``, or a stable word for why there is none.
    reason : str
        Why there is none, as a clause; the same for every recording of one code.
    detail : str
        What happened to this recording; empty if there is nothing to add.
    whole : bool
        Whether the strip shows whole frames of the file, so that a crop can be drawn on it.
    """

    strip: Strip | None
    code: str = "shown"
    reason: str = ""
    detail: str = ""
    whole: bool = False


def pictures_of_collection(
    manifests: Sequence[Manifest],
    fetched: FetchReport,
    *,
    excluded: Mapping[str, Path] = MappingProxyType({}),
    publishable: bool = False,
    workers: int | None = None,
    advance: Advance | None = None,
) -> dict[str, GalleryPicture]:
    """Draw strips of whole frames from the files of a collection.

    Parameters
    ----------
    manifests : sequence of Manifest
        The recordings, whatever their state.
    fetched : FetchReport
        Where their files are, and why others are not there; from `lusdata.media.fetch.collection.fetch`.
    excluded : Mapping of str to Path
        Files of excluded recordings that are there already, since a comparison may need their pictures. A page is not
        barred from publication for the sake of one of them.
    publishable : bool
        Leave out what may not be passed on, and what is excluded.
    workers : int, optional
        Files decoded at a time; up to four by default.
    advance : callable, optional
        Called once for each file that was decoded.

    Returns
    -------
    dict of str to Picture
        One for each recording, by its id. A file that cannot be decoded is a reason and never an error.
    """
    results = {result.id: result for result in fetched.results}
    pictures: dict[str, GalleryPicture] = {}
    todo: list[tuple[Manifest, Path]] = []
    for manifest in manifests:
        result = results.get(manifest.id)
        if publishable and not rights_of(manifest).publish and manifest.state == "included":
            pictures[manifest.id] = _withheld(manifest)
        elif result is None and manifest.id in excluded and rights_of(manifest).publish and not publishable:
            todo.append((manifest, excluded[manifest.id]))
        elif result is None:
            pictures[manifest.id] = _not_included(manifest)
        elif result.path is None:
            pictures[manifest.id] = _absent(result)
        else:
            todo.append((manifest, result.path))
    plan = plan_strips(len(todo))
    with ThreadPoolExecutor(max_workers=workers or min(4, os.cpu_count() or 1)) as pool:
        futures = {pool.submit(_drawn, manifest, path, plan): manifest.id for manifest, path in todo}
        for future in as_completed(futures):
            pictures[futures[future]] = future.result()
            if advance is not None:
                advance()
    return {manifest.id: pictures[manifest.id] for manifest in manifests}


def pictures_of_dataset(
    index: Index, *, withdrawn: Collection[str] = (), publishable: bool = False, advance: Advance | None = None
) -> dict[str, GalleryPicture]:
    """Draw strips from the frames that a dataset keeps, cropped and sampled as it does.

    Parameters
    ----------
    index : Index
        An opened dataset folder.
    withdrawn : collection of str
        Recordings that were withdrawn since the dataset was built: their frames are not shown.
    publishable : bool
        Leave out what may not be passed on.
    advance : callable, optional
        Called once for each recording of the dataset.

    Returns
    -------
    dict of str to Picture
        One for each recording of the collection that the dataset was built from, by its id.

    Raises
    ------
    DataError
        If a shard is missing or damaged.
    """
    manifests = {manifest.id: manifest for manifest in index.manifests}
    left_out = {item["id"]: item for item in index.data["left_out"]}
    pictures: dict[str, GalleryPicture] = {}
    for id_, item in left_out.items():
        pictures[id_] = GalleryPicture(None, str(item["code"]), str(item["reason"]))
    chosen = []
    for entry in index.entries:
        if entry.id in withdrawn:
            pictures[entry.id] = GalleryPicture(
                None, "withdrawn", "the recording was withdrawn since the dataset was built"
            )
        elif publishable and not rights_of(manifests[entry.id]).publish:
            pictures[entry.id] = _withheld(manifests[entry.id])
        else:
            chosen.append(entry)
    plan = plan_strips(len(chosen))
    rate_hz = index.recipe.rate_hz
    for entry, (_, _, files) in zip(chosen, read_recordings(index, chosen), strict=True):
        try:
            frames = [decode_png(file) for file in files[: plan.frames]]
            pictures[entry.id] = GalleryPicture(encode_strip(frames, plan, rate_hz=rate_hz))
        except DataError as error:
            pictures[entry.id] = _broken(error)
        if advance is not None:
            advance()
    absent = GalleryPicture(None, "not-in-dataset", "the dataset does not say why it is not there")
    return {id_: pictures.get(id_, absent) for id_ in manifests}


def _drawn(manifest: Manifest, path: Path, plan: StripPlan) -> GalleryPicture:
    try:
        frames = read_frames(
            path,
            sha256=manifest.sha256,
            kind=manifest.kind,
            crop=_whole_frame(manifest),
            trim=manifest.trim,
            rate_hz=plan.rate_hz,
            max_frames=plan.frames,
            size_px=plan.still_px if manifest.kind == "image" else plan.side_px,
        )
    except DamagedError as error:
        reason = "the file on this machine is damaged; lusdata verify says how to get it again"
        return GalleryPicture(None, "damaged", reason, error.what)
    except (LusdataError, OSError) as error:
        return _broken(error)
    return GalleryPicture(encode_strip(frames.images, plan), whole="width_px" in manifest.media)


def _whole_frame(manifest: Manifest) -> Crop | None:
    if "width_px" not in manifest.media:
        return None
    width_px, height_px = int(manifest.media["width_px"]), int(manifest.media["height_px"])
    return Crop(0, 0, width_px, height_px, width_px, height_px)


def _broken(error: LusdataError | OSError) -> GalleryPicture:
    # Only the clause: the path of a file is nobody's business but its owner's.
    detail = error.what if isinstance(error, LusdataError) else error.strerror or type(error).__name__
    return GalleryPicture(None, "undecodable", "the file is here, but could not be decoded", detail)


def _withheld(manifest: Manifest) -> GalleryPicture:
    reason = "left out because this page holds only what may be published"
    return GalleryPicture(None, "not-publishable", reason, rights_of(manifest).reason)


def _not_included(manifest: Manifest) -> GalleryPicture:
    return GalleryPicture(
        None, manifest.state, f"the recording is {manifest.state}", str(manifest.data["status"]["reason"])
    )


def _absent(result: FetchResult) -> GalleryPicture:
    return GalleryPicture(None, result.state, STATES[result.state][1], "; ".join(_tried(result)))


def _tried(result: FetchResult) -> Iterable[str]:
    """Say what the recording's own addresses gave; a mirror may be a folder of this machine and is not named."""
    if not result.failures:
        return [result.detail] if result.detail else []
    own = [failure for failure in result.failures if not failure.mirror]
    return dict.fromkeys(f"{failure.detail} <{failure.location}>" for failure in own)
