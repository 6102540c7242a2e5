"""Run the main job from start to end on drawn recordings: nobody's lungs, and no network but this machine's own.

Recordings and their manifests are drawn, checked, fetched over HTTP from a server that lives as long as the demo,
built into a dataset, split by patient, loaded, and shown on one sheet. A second run goes on in the same folder.
"""

from __future__ import annotations

import argparse
import functools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata import __version__
from lusdata.atomic import write_text
from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import manifest_files
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.patterns import pattern_word
from lusdata.commands.layout import table
from lusdata.errors import DataError, UsageError
from lusdata.scratch import is_vacant, scratch_folder

if TYPE_CHECKING:
    from lusdata.catalog.manifest import Manifest
    from lusdata.dataset.load import Dataset

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "--out demo": "everything once, in a folder",
}
"""Arguments, each with what such a call does; in the help."""

MARKER = "lusdata-demo.json"
_SEED = 7
_RECORDINGS = 30
_SPLIT_PARTS = ("train", "validation", "test")
# What a run leaves, in the order in which it is made.
_MADE = (
    ("drawn recordings", "phantoms/media"),
    ("their manifests", "phantoms/manifests/phantom"),
    ("verified copies", "cache"),
    ("dataset", "dataset"),
    ("fold table", "folds.json"),
    ("contact sheet", "contact-sheet.png"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("demo"),
        help="a new or empty folder, or that of an earlier demo (default: demo)",
    )


def run(args: argparse.Namespace) -> int:
    """Run every step, then print what was made and where."""
    folder: Path = args.out
    started = time.monotonic()
    _claim(folder)

    _say("draw", "recordings of made-up patients, in every container and codec that real ones come in")
    phantoms = _draw(folder)
    _say("validate", "each manifest against the schema and the rules")
    collection = _validate(phantoms / "manifests" / "phantom")
    with _served(phantoms / "media") as address:
        _say("fetch", f"from {address}, a server of the demo's own")
        _fetch(collection, folder / "cache", address)
    _say("build", "decode, crop, sample by time, write Parquet")
    _build(collection, folder)
    _say("folds", "by patient, so that no patient is trained on and tested on")
    _split(collection, folder / "folds.json")
    _say("load", "what a training run would see of fold 0")
    dataset = _load(folder / "dataset")
    _say("show", "the middle frame of each recording")
    _show(dataset, collection, folder / "contact-sheet.png")

    print(f"\nDone in {time.monotonic() - started:.0f} s. Every picture is drawn; no patient was involved.\n")
    rows = [[what, _size(folder / place), (folder / place).as_posix()] for what, place in _MADE]
    print(table(rows, head=["what was made", "size", "where"], numbers=False))
    print(f"\nLook at {(folder / 'contact-sheet.png').as_posix()} first.")
    return 0


def _say(step: str, what: str) -> None:
    print(f"{step:<9} {what}")


def _tell(result: str) -> None:
    # Flushed, so that a pipe shows each step when it ends and not all of them at the end.
    print(f"{'':<9} {result}", flush=True)


def _claim(folder: Path) -> None:
    """Take a folder for the demo, unless it holds somebody's files."""
    if folder.exists() and not folder.is_dir():
        raise UsageError("not a folder", where=str(folder), hint="name a new folder with --out")
    is_ours = (folder / MARKER).is_file()
    if not is_ours and not is_vacant(folder):
        raise UsageError(
            "the folder is not empty and holds no earlier demo",
            where=str(folder),
            expected="a new or empty folder",
            hint="name another one with --out; nothing was changed",
        )
    folder.mkdir(parents=True, exist_ok=True)
    if is_ours:
        made_by = _version_in(folder / MARKER)
        if made_by != __version__:
            raise UsageError(
                "the folder holds a demo of another version",
                where=str(folder),
                expected=__version__,
                found="no version" if made_by is None else str(made_by),
                hint="name a new folder with --out",
            )
    note = "This folder was made by 'lusdata demo' and may be deleted."
    write_text(folder / MARKER, json.dumps({"note": note, "version": __version__, "seed": _SEED}, indent=2) + "\n")


def _version_in(marker: Path) -> object:
    try:
        data = json.loads(marker.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return data.get("version") if isinstance(data, dict) else None


def _draw(folder: Path) -> Path:
    from lusdata.media.phantom import write_collection

    phantoms = folder / "phantoms"
    if phantoms.is_dir():
        _tell("already drawn")
        return phantoms
    # Drawn aside and moved when complete, so that a run which was stopped half-way leaves no half collection.
    with scratch_folder(folder) as aside:
        write_collection(aside / "phantoms", seed=_SEED, recordings=_RECORDINGS)
        (aside / "phantoms").rename(phantoms)
    files = [path for path in (phantoms / "media").rglob("*") if path.is_file()]
    endings = Counter(path.suffix.lstrip(".") for path in files)
    _tell(f"{len(files)} files: " + ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items())))
    return phantoms


def _validate(folder: Path) -> Collection:
    from lusdata.catalog.validate import check_files

    files = manifest_files(folder)
    issues = check_files(files).issues
    for issue in issues:
        _tell(issue.line())
    _tell(f"{len(files)} manifests, {len(issues)} findings")
    return open_collection(folder)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine alone, at an address that is free; yield the address."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the table of the fetch says what arrived."""


def _fetch(collection: Collection, cache: Path, address: str) -> None:
    from lusdata.media.fetch.collection import fetch

    report = fetch(collection.manifests, mirrors=[address], cache=cache)
    _tell(", ".join(f"{count} {state}" for state, count in report.counts.items()) + "; each verified by its sha256")
    missing = [result for result in report.results if result.path is None]
    if missing:
        raise DataError(f"{len(missing)} recordings did not arrive", where=missing[0].id, found=missing[0].detail)


def _build(collection: Collection, folder: Path) -> None:
    from lusdata.dataset.building.build import build

    report = build(collection, out=folder / "dataset", cache=folder / "cache", offline=True)
    counts, recipe = report.index.data["counts"], report.index.data["recipe_text"]
    _tell(f"{counts['recordings']} recordings became {counts['frames']} frames: {recipe}")
    for item in report.left_out:
        _tell(f"left out: {item.id}, {item.reason}")


def _split(collection: Collection, path: Path) -> None:
    from lusdata.splits.folds.make import make_folds
    from lusdata.splits.folds.table import write_fold_table

    folds = make_folds(collection.manifests, by="patient")
    write_fold_table(path, folds)
    sizes = (len(getattr(folds.split(0), part)) for part in _SPLIT_PARTS)
    _tell("fold 0: " + ", ".join(f"{count} {part}" for part, count in zip(_SPLIT_PARTS, sizes, strict=True)))


def _load(folder: Path) -> Dataset:
    from lusdata.dataset.load import load

    dataset = load(folder)
    fold = dataset.fold(0, by="patient")
    for part in _SPLIT_PARTS:
        view = getattr(fold, part)
        images = view.to_numpy().images
        _tell(f"{part}: {len(view.recordings)} recordings as an array {images.shape} of {images.dtype}")
    return dataset


def _show(dataset: Dataset, collection: Collection, path: Path) -> None:
    import numpy as np

    from lusdata.media.pictures.contact_sheet import Caption, contact_sheet, write_contact_sheet

    frames = dataset.to_numpy()
    pictures, captions = [], []
    for name in dataset.recordings:
        rows = np.flatnonzero(frames.recordings == name)
        manifest = collection.by_id[name]
        pictures.append(frames.images[rows[len(rows) // 2]])
        captions.append(Caption(name.split("/")[1], manifest.class_name, _patterns(manifest)))
    title = f"lusdata demo: {len(pictures)} drawn recordings"
    write_contact_sheet(path, contact_sheet(pictures, captions, title=title))
    _tell(path.as_posix())


def _patterns(manifest: Manifest) -> str:
    seen = {name for reading in manifest.patterns for name, word in reading.items() if word == "present"}
    return ", ".join(sorted(map(pattern_word, seen))) or "no pattern"


def _size(path: Path) -> str:
    if path.is_file():
        return f"{path.stat().st_size / 1000:,.0f} kB"
    files = [entry for entry in path.rglob("*") if entry.is_file()]
    size_bytes = sum(entry.stat().st_size for entry in files)
    return f"{len(files)} files, {size_bytes / 1000:,.0f} kB"
