"""What a build will do, decided before any pixel is read."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lusdata import __version__
from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest, canonical_bytes
from lusdata.catalog.rights import rights_of
from lusdata.catalog.tasks import Task, find_task
from lusdata.dataset.building.clip_file import ClipJob, part_key
from lusdata.dataset.reading.index import FORMAT_VERSION
from lusdata.dataset.recipe import Recipe
from lusdata.dataset.select import parse_select, select_manifests
from lusdata.media.fetch.report import STATES

__all__ = ["Chosen", "LeftOut", "choose", "inputs_of", "longest_first", "make_jobs", "versions"]


@dataclass(frozen=True)
class LeftOut:
    """One recording of the collection that the dataset does not hold.

    Attributes
    ----------
    id : str
        The recording.
    code : str
        Stable name of the reason.
    reason : str
        The reason as a clause; the same on every machine.
    detail : str
        What happened here; empty if there is nothing to add.
    """

    id: str
    code: str
    reason: str
    detail: str = ""


def inputs_of(collection: Collection, recipe: Recipe, format: str) -> dict[str, Any]:
    """Return what decides a dataset, apart from which of its files can be had: plain data that can be compared.

    Parameters
    ----------
    collection : Collection
        The recordings.
    recipe : Recipe
        The settings.
    format : str
        Format of the shards.
    """
    digests = "\n".join(f"{manifest.id} {manifest.digest}" for manifest in collection.manifests)
    release, about = collection.release, collection.about.data
    return {
        "collection": collection.name,
        # Only where there is one, so that what was built without stays what it is.
        **({} if release is None else {"release": release.version, "release_sha256": release.digest}),
        # Of its own tasks and scales a dataset has to know as they are.
        **({"about_sha256": hashlib.sha256(canonical_bytes(about)).hexdigest()} if about else {}),
        "manifests_sha256": hashlib.sha256(digests.encode("utf-8")).hexdigest(),
        "recipe": recipe.as_dict(),
        "format": format,
        "format_version": FORMAT_VERSION,
        "lusdata": __version__,
    }


@dataclass(frozen=True)
class Chosen:
    """The recordings that a build tries for, and those that it does not.

    Attributes
    ----------
    pinned : tuple of Manifest
        Wanted, allowed and with a digest; sorted by id.
    left_out : tuple of LeftOut
        All others.
    """

    pinned: tuple[Manifest, ...]
    left_out: tuple[LeftOut, ...]


def choose(collection: Collection, recipe: Recipe) -> Chosen:
    """Decide which recordings a build tries for.

    Raises
    ------
    UsageError
        If the recipe's selection uses a word that occurs nowhere.
    """
    about, manifests = collection.about, collection.manifests

    def find(name: str) -> Task:
        return find_task(name, manifests=manifests, tasks=about.tasks, scales=about.scales)

    selected = {m.id for m in select_manifests(parse_select(recipe.select), manifests, find=find)}
    pinned: list[Manifest] = []
    left_out: list[LeftOut] = []
    for manifest in collection.manifests:
        reason = _why_not(manifest, selected=manifest.id in selected)
        if reason is None:
            pinned.append(manifest)
        else:
            left_out.append(LeftOut(manifest.id, *reason))
    return Chosen(tuple(pinned), tuple(left_out))


def _why_not(manifest: Manifest, *, selected: bool) -> tuple[str, str] | None:
    if manifest.state != "included":
        return manifest.state, str(manifest.data["status"].get("reason", ""))
    if not selected:
        return "not-selected", "the selection does not ask for it"
    rights = rights_of(manifest)
    if not rights.build:
        return "blocked", rights.reason
    if manifest.sha256 is None:
        return "unpinned", STATES["unpinned"][1]
    return None


def make_jobs(manifests: Sequence[Manifest], paths: Mapping[str, Path], recipe: Recipe, parts: Path) -> list[ClipJob]:
    """Turn recordings into jobs.

    Parameters
    ----------
    manifests : sequence of Manifest
        The recordings, in the order of the dataset.
    paths : Mapping
        The file of each recording that is there; the others get no job.
    recipe : Recipe
        The settings.
    parts : Path
        Folder for the parts.
    """
    packages = versions()
    jobs = []
    for manifest in manifests:
        if manifest.id not in paths:
            continue
        fields = {
            "id": manifest.id,
            "sha256": manifest.sha256,
            "kind": manifest.kind,
            "crop": None if manifest.crop is None else asdict(manifest.crop),
            "trim": asdict(manifest.trim),
            **{name: value for name, value in recipe.as_dict().items() if name != "select"},
        }
        part = parts / f"{part_key(fields, packages)}.part"
        fields |= {"crop": manifest.crop, "trim": manifest.trim}
        jobs.append(ClipJob(source=str(paths[manifest.id]), part=str(part), **fields))
    return jobs


def versions() -> dict[str, str]:
    """Return lusdata and the packages that decide pixels, with their versions."""
    return {"lusdata": __version__, "av": _version("av"), "opencv": _version("opencv-python-headless", "opencv-python")}


def _version(*names: str) -> str:
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"


def longest_first(jobs: Sequence[ClipJob], manifests: Mapping[str, Manifest]) -> list[ClipJob]:
    """Order jobs so that all workers end at about the same time.

    Parameters
    ----------
    jobs : sequence of ClipJob
        The work.
    manifests : Mapping
        The recordings by id.
    """
    return sorted(jobs, key=lambda job: (-_pixels(job, manifests[job.id].media), job.id))


def _pixels(job: ClipJob, media: Mapping[str, Any]) -> float:
    frames = float(media.get("frame_count", 1))
    if "rate_hz" in media:
        # Decoding stops at the last frame wanted.
        frames = min(frames, media["rate_hz"] * (job.trim.start_s + job.max_frames / job.rate_hz))
    return frames * float(media.get("width_px", 1)) * float(media.get("height_px", 1))
