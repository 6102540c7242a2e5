"""A collection of tiny recordings whose grey levels are known, for the tests of building and loading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.schema import schema_header
from lusdata.dataset.building.build import BuildReport, build
from lusdata.dataset.recipe import Recipe
from lusdata.media.facts import pin
from lusdata.media.phantom.media import write_image, write_video

SMALL = Recipe(size_px=16)
"""Frames small enough that a whole build takes a moment."""

_CLASSES = ("covid-19", "healthy", "bacterial-pneumonia")


def grey_of_image(number: int) -> int:
    """Return the grey level of still image `number`."""
    return 20 + 10 * number


def grey_of_frame(number: int, frame_index: int) -> int:
    """Return the grey level of one frame of video `number`; its codec may change it by a little."""
    return 40 + 3 * number + 12 * frame_index


def small_collection(
    folder: Path,
    *,
    videos: int = 6,
    images: int = 6,
    name: str = "small",
    class_basis: str = "synthetic",
    shift: int = 0,
) -> Collection:
    """Write media under ``media/`` and return their collection, whose manifests lie under ``manifests/``.

    Every video has 12 frames at 6 Hz, so that 3 Hz takes each second one. Two recordings in a row are one patient's.
    With a shift, the pictures are those of recordings as many numbers later.
    """
    media = folder / "media"
    manifests = folder / "manifests" / name
    for path in (media, manifests):
        path.mkdir(parents=True)
    found = []
    for number in range(videos + images):
        kind = "video" if number < videos else "image"
        file = media / f"{kind}-{number:02d}.{'mp4' if kind == 'video' else 'png'}"
        if kind == "video":
            levels = [grey_of_frame(number + shift, index) for index in range(12)]
            write_video(file, np.stack([np.full((32, 40), level, np.uint8) for level in levels]), rate_hz=6.0)
        else:
            write_image(file, np.full((32, 40), grey_of_image(number + shift), np.uint8))
        data = pin({**_facts(name, number, kind, file.name), "class_basis": class_basis}, file)
        path = manifests / f"{file.stem}.json"
        write_manifest(path, data)
        found.append(Manifest(data, path))
    return Collection(name, manifests, tuple(sorted(found, key=lambda manifest: manifest.id)))


def _facts(name: str, number: int, kind: str, file: str) -> dict[str, Any]:
    patient = number // 2
    return {
        **schema_header(),
        "id": f"{name}/{kind}-{number:02d}",
        "kind": kind,
        "status": {"state": "included", "since": "2026-01-01"},
        "source": {
            "provider": f"clinic-{patient % 3}",
            "path": file,
            "access": "direct",
            "locations": [],
            "licence": licence_entry("CC-BY-4.0" if patient % 2 else "LicenseRef-None"),
            "attribution": "A | <b>clinic</b>",
        },
        "probe": "linear" if patient % 3 == 2 else "convex",
        "class": _CLASSES[patient % 3],
        "class_basis": "synthetic",
        "patterns": [{"reader": "test", "b_lines": "present" if patient % 2 else "absent"}],
        "severity": [{"scale": "lus-0-3", "value": number % 4, "reader": "test"}],
        "group": {"id": f"{name}/patient-{patient}", "basis": "patient"},
    }


def changed(collection: Collection, id_: str, **parts: Any) -> Collection:
    """Return the collection with top-level parts of one manifest replaced."""
    manifests = tuple(
        Manifest({**manifest.data, **parts}, manifest.path) if manifest.id == id_ else manifest
        for manifest in collection.manifests
    )
    return Collection(collection.name, collection.root, manifests)


def build_here(collection: Collection, folder: Path, out: Path, **options: Any) -> BuildReport:
    """Build offline in this process, with a cache of its own beside the media in `folder`."""
    settings = {"recipe": SMALL, "engine": "here", "mirrors": [folder / "media"], "cache": folder / "cache"}
    return build(collection, out=out, offline=True, **{**settings, **options})


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a dataset folder by its path."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def index_of(folder: Path) -> dict[str, Any]:
    """Return the content of ``dataset.json``."""
    data: dict[str, Any] = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    return data


def dead_scratch(folder: Path) -> Path:
    """Write what a run that was killed leaves of a file, and return it."""
    from lusdata.scratch import scratch_beside

    name = scratch_beside(folder / "x").name.split("-")
    # The number is this process's own, which began at another time.
    name[3] = str(int(name[3]) - 1)
    path = folder / "-".join(name)
    path.write_bytes(b"half")
    return path
