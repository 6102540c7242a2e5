"""Every command that writes, as the harness calls it, and what it finds when it begins."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from benchmarks.harden.home import ROOT, Home
from lusdata.catalog.manifest import read_manifest, write_manifest
from lusdata.catalog.reading import read_data
from lusdata.intake.codes import KEY_FILE

__all__ = ["READERS", "WRITERS", "Writer"]

READERS: Mapping[str, Callable[[Home], list[object]]] = {
    "validate": lambda home: ["validate", home.manifests],
    "stats": lambda home: ["stats", home.manifests],
    "diff": lambda home: ["diff", home.manifests, home.datasets["parquet"]],
    "cite": lambda home: ["cite", home.manifests],
    "completion": lambda home: ["completion", "bash"],
}
"""Commands that write no file, with a call of each that says so."""

_OLD_MANIFEST = ROOT / "tests" / "data" / "manifests" / "0.9.0" / "complete" / "before.json"

_OLD_S = 1e9
"""A moment long ago: what is as old was left by a run that is dead, wherever it ran."""


@dataclass(frozen=True)
class Writer:
    """A command that writes.

    Attributes
    ----------
    arguments : callable
        Gives its arguments, for a folder to work in.
    lay_out : callable
        Puts into that folder what the command begins with.
    code : int
        How an undisturbed run ends.
    """

    arguments: Callable[[Home, Path], list[object]]
    lay_out: Callable[[Home, Path], None] = lambda home, work: None
    code: int = 0


def _damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def _first(folder: Path, pattern: str) -> Path:
    return min(folder.glob(pattern))


def _lay_out_release(home: Home, work: Path) -> None:
    shutil.copytree(home.released, work / "manifests" / "phantom")


def _lay_out_collection(home: Home, work: Path) -> None:
    (work / "new").mkdir()


def _lay_out_dataset(home: Home, work: Path) -> None:
    shutil.copytree(home.datasets["parquet"], work / "dataset")
    _damage(_first(work / "dataset", "data/part-*"))


def _lay_out_cache(home: Home, work: Path) -> None:
    shutil.copytree(home.cache, work / "cache")
    _damage(_first(work / "cache", "objects/*/*"))


def _lay_out_media(home: Home, work: Path) -> None:
    shutil.copytree(home.media, work / "media")
    _damage(_first(work / "media", "*/*.mp4"))


def _lay_out_leads(home: Home, work: Path) -> None:
    """Take from three manifests what only their files tell."""
    shutil.copytree(home.manifests, work / "manifests" / "phantom")
    for path in sorted((work / "manifests" / "phantom").glob("*.json"))[:3]:
        data = dict(read_manifest(path).data)
        for name in ("media", "fingerprint", "crop"):
            data.pop(name, None)
        data["source"] = {key: value for key, value in data["source"].items() if key not in ("sha256", "size_bytes")}
        write_manifest(path, data)


def _lay_out_more(home: Home, work: Path) -> None:
    """Lay out a collection that is there already, and recordings that come to it."""
    _lay_out_own(home, work)
    _lay_out_release(home, work)


def _lay_out_own(home: Home, work: Path) -> None:
    """Lay out recordings of one's own, one of them in a ZIP file, and the key for patients' codes."""
    (work / "settings").mkdir()
    # Each run would draw another one.
    (work / "settings" / KEY_FILE).write_text("5a" * 32 + "\n", encoding="ascii")
    own = work / "own"
    own.mkdir()
    shutil.copyfile(home.clip, own / "first.mp4")
    shutil.copyfile(_first(home.media, "*/*.avi"), own / "second.avi")
    with ZipFile(own / "third.zip", "w") as archive:
        archive.write(_first(home.media, "*/*.mp4"), "third.mp4")


def _lay_out_leftovers(home: Home, work: Path) -> None:
    """Lay out what runs of another machine left long ago."""
    shutil.copytree(home.cache, work / "user-cache")
    (work / "user-cache" / "incoming").mkdir()
    left = [
        *(work / "data" / name / f".lusdata-00000000-1-1-{name * 8}.part" for name in "abcdef"),
        _first(work / "user-cache", "objects/*/*").with_suffix(".part"),
        *(work / "user-cache" / "incoming" / f"{name}.part" for name in "abcdef"),
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        os.utime(path, (_OLD_S, _OLD_S))


def _lay_out_old(home: Home, work: Path) -> None:
    """Lay out manifests of the first version of the schema."""
    (work / "old").mkdir()
    for number in range(40):
        data = {**read_data(_OLD_MANIFEST), "id": f"old/{number}"}
        write_manifest(work / "old" / f"{number}.json", data)


def _build(format_: str) -> Writer:
    return Writer(lambda home, work: [
        "build", home.manifests, "--mirror", home.media, "--offline", "--cache", work / "cache", "--out", work / "out",
        "--size", "32", "--max-frames", "4", "--format", format_, "--workers", "2",
    ])  # fmt: skip


_PHANTOM = "manifests/phantom"

WRITERS: Mapping[str, Writer] = {
    "build": _build("parquet"),
    "build tfrecord": _build("tfrecord"),
    "build (mends)": Writer(lambda home, work: [
        "build", home.manifests, "--mirror", home.media, "--offline", "--cache", work / "cache",
        "--out", work / "dataset", "--size", "32", "--max-frames", "4", "--workers", "1",
    ], _lay_out_dataset),
    "fetch": Writer(lambda home, work: [
        "fetch", home.manifests, "--mirror", home.media, "--offline", "--cache", work / "cache",
    ]),
    "fetch --verify": Writer(lambda home, work: [
        "fetch", home.manifests, "--mirror", home.media, "--offline", "--cache", work / "cache", "--verify",
    ], _lay_out_cache),
    "fetch --pin": Writer(lambda home, work: [
        "fetch", work / _PHANTOM, "--mirror", home.media, "--offline", "--cache", work / "cache", "--pin",
    ], _lay_out_leads),
    "pin": Writer(lambda home, work: [
        "pin", f"phantom/{home.lead.stem}", home.lead, "--collection", work / _PHANTOM, "--cache", work / "cache",
    ], _lay_out_leads),
    "add": Writer(lambda home, work: [
        "add", home.clip, "--collection", work / "new", "--class", "covid-19", "--class-basis", "synthetic",
        "--probe", "convex", "--license", "CC-BY-4.0", "--provider", "drawn", "--attribution", "Drawn",
        "--source-url", "https://example.org/clip.mp4", "--id", "clip", "--patient", "p-1", "--clean-copy",
        "--text-reviewed", "physician", "--media", work / "media", "--preview", work / "preview", "--yes",
    ], _lay_out_collection),
    "import": Writer(lambda home, work: [] if home.facts is None else [
        "import", "pocus", home.facts, "--out", work / "imported",
    ]),
    "import folder": Writer(lambda home, work: [
        "import", "folder", work / "own", "--out", work / "mine", "--group-by", "unknown", "--workers", "2",
        "--owner", "Drawn", "--private", "--yes",
    ], _lay_out_own),
    "import folder (more)": Writer(lambda home, work: [
        "import", "folder", work / "own", "--out", work / _PHANTOM, "--group-by", "unknown", "--workers", "2",
        "--license", "CC-BY-4.0", "--text-reviewed", "physician", "--yes",
    ], _lay_out_more),
    "migrate": Writer(lambda home, work: ["migrate", work / "old"], _lay_out_old),
    "release": Writer(lambda home, work: [
        "release", work / _PHANTOM, "--version", "1.0.0", "--date", "2026-01-31",
    ], _lay_out_release),
    "folds --out": Writer(lambda home, work: ["folds", home.manifests, "--out", work / "folds.json"]),
    "check --out": Writer(lambda home, work: [
        "check", home.repository / _PHANTOM, "--out", work / "summary.md", "--pictures", work / "pictures",
        "--mirror", home.media,
    ]),
    "report --out": Writer(lambda home, work: ["report", home.datasets["parquet"], "--out", work / "report.html"]),
    "report --out (collection)": Writer(lambda home, work: [
        "report", home.manifests, "--out", work / "report.html", "--mirror", home.media, "--offline",
    ]),
    # The drawn recordings look alike, which is what the pictures show.
    "audit --pictures": Writer(lambda home, work: [
        "audit", home.manifests, "--pictures", work / "pictures", "--mirror", home.media,
    ], code=1),
    "export croissant --out": Writer(lambda home, work: [
        "export", "croissant", home.datasets["parquet"], "--out", work / "croissant.json",
    ]),
    "export card --out": Writer(lambda home, work: [
        "export", "card", home.datasets["parquet"], "--out", work / "card.md",
    ]),
    "export hf --out": Writer(lambda home, work: [
        "export", "hf", home.datasets["parquet"], "--out", work / "hf", "--include-private",
    ]),
    "trace --mirror": Writer(lambda home, work: [
        "trace", home.datasets["parquet"], 0, "--mirror", home.media, "--cache", work / "cache",
    ]),
    "verify (dataset)": Writer(lambda home, work: ["verify", work / "dataset"], _lay_out_dataset, code=1),
    "verify (recordings)": Writer(lambda home, work: [
        "verify", work / "media", "--collection", home.manifests,
    ], _lay_out_media, code=1),
    "verify --cache": Writer(lambda home, work: [
        "verify", "--cache", work / "cache", "--collection", home.manifests,
    ], _lay_out_cache, code=1),
    "demo --out": Writer(lambda home, work: ["demo", "--out", work / "demo"]),
    "doctor": Writer(lambda home, work: ["doctor"]),
    "doctor --clean": Writer(lambda home, work: ["doctor", "--clean", work / "data"], _lay_out_leftovers),
}  # fmt: skip
"""Every command that writes. The words of a name before its brackets are in the arguments."""
