"""What every kind of harm is done to: a small collection of drawn recordings, its files, and a dataset of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lusdata.catalog.manifest import read_manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.dataset.building.build import build
from lusdata.dataset.recipe import Recipe
from lusdata.media.phantom import draw, typical, write_collection, write_video

__all__ = ["RECIPE", "ROOT", "Home", "files_of", "home_at", "make_home"]

ROOT = Path(__file__).resolve().parents[2]
RECIPE = Recipe(size_px=32, max_frames=4)


@dataclass(frozen=True)
class Home:
    """A folder that the harness works in.

    Attributes
    ----------
    root : Path
        The folder.
    manifests, media : Path
        A collection of drawn recordings, and its files.
    clip : Path
        A recording that is not in it.
    released : Path
        A collection of which no two recordings look alike across groups, so that it may be released.
    datasets : Mapping of str to Path
        A dataset of it in each format.
    repository : Path
        A repository of git whose last commit lacks a recording of the collection that lies in it.
    facts : Path or None
        Folder of the published metadata, for the importer; None where it is not.
    kept : Path or None
        Where inputs that fail are kept; None to forget them.
    """

    root: Path
    manifests: Path
    media: Path
    clip: Path
    released: Path
    datasets: Mapping[str, Path]
    repository: Path
    facts: Path | None = None
    kept: Path | None = None

    @property
    def cache(self) -> Path:
        """A cache that holds the collection's files."""
        return self.root / "cache"

    @property
    def lead(self) -> Path:
        """The file of the collection's first recording."""
        first = read_manifest(min(self.manifests.glob("*.json")))
        return self.media / str(first.data["source"]["path"])

    def keep(self, name: str, data: bytes) -> None:
        """Keep an input that failed, so that it can be tried again."""
        if self.kept is not None:
            self.kept.mkdir(parents=True, exist_ok=True)
            (self.kept / name).write_bytes(data)

    def environment(self, temporary: Path, *, user: Path | None = None) -> dict[str, str]:
        """Return the environment of a command: a folder for temporary files, and nothing of the user's but `user`.

        Below that lie the user's cache and settings, where a command names no others.
        """
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(temporary),
            "LUSDATA_CACHE": str((user or self.root) / "user-cache"),
            "LUSDATA_CONFIG": str((user or self.root) / "settings"),
            "LUSDATA_TRACEBACK": "",
        }

    def command(self, *arguments: object) -> list[str]:
        """Return the command line of a command of lusdata."""
        return [sys.executable, "-m", "lusdata", *map(str, arguments)]

    def run(self, *arguments: object, temporary: Path, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command of lusdata to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(temporary),
            cwd=self.root,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )


def make_home(root: Path, *, recordings: int = 12, facts: Path | None = None, kept: Path | None = None) -> Home:
    """Draw a collection and build datasets of it; the same for every run."""
    write_collection(root, seed=1, recordings=recordings)
    write_collection(root / "released", seed=2, recordings=6)
    home = home_at(root, facts=facts, kept=kept)
    spec = replace(typical("covid-19", variant=3), width_px=320, height_px=240, frame_count=12)
    write_video(home.clip, draw(spec, 77).frames)
    for name, out in home.datasets.items():
        build(
            open_collection(home.manifests),
            out=out,
            recipe=RECIPE,
            format=name,
            mirrors=[home.media],
            cache=home.cache,
            offline=True,
            engine="here",
        )
    _make_repository(home)
    return home


def _make_repository(home: Home) -> None:
    folder = home.repository / "manifests" / "phantom"
    shutil.copytree(home.manifests, folder)
    new = max(folder.glob("*.json"))
    content = new.read_bytes()
    new.unlink()
    person = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*person, "commit", "-q", "-m", "All but one")):
        subprocess.run(["git", *words], cwd=home.repository, check=True)
    new.write_bytes(content)


def home_at(root: Path, *, facts: Path | None = None, kept: Path | None = None) -> Home:
    """Return the home that `make_home` made in a folder."""
    return Home(
        root=root,
        manifests=root / "manifests" / "phantom",
        media=root / "media",
        clip=root / "clip.mp4",
        released=root / "released" / "manifests" / "phantom",
        repository=root / "repository",
        datasets={name: root / f"dataset-{name}" for name in ("parquet", "tfrecord")},
        facts=facts if facts and facts.is_dir() else None,
        kept=kept,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
