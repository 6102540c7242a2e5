"""One bit flips in a cached recording or in a file of a dataset: it is noticed, and mended where that can be."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np

import lusdata
from benchmarks.harden.home import RECIPE, Home, files_of
from benchmarks.harden.tally import Tally
from lusdata.catalog.open_collection import open_collection
from lusdata.dataset.building.build import build
from lusdata.errors import LusdataError
from lusdata.media.verify import cached_digests

__all__ = ["TRIES", "run"]

TRIES = 150


def run(home: Home, *, tries: int, seed: int) -> list[Tally]:
    """Flip `tries` bits, half of them in the cache and half in datasets; return a row each."""
    draw = random.Random(seed)
    return [_in_the_cache(home, draw, tries - tries // 2), _in_datasets(home, draw, tries // 2)]


def _flip(path: Path, draw: random.Random) -> str:
    data = bytearray(path.read_bytes())
    at, bit = draw.randrange(len(data)), draw.randrange(8)
    data[at] ^= 1 << bit
    path.write_bytes(data)
    return f"{path.name}, bit {bit} of byte {at:,}"


def _in_the_cache(home: Home, draw: random.Random, tries: int) -> Tally:
    tally = Tally("bit flips, cached media")
    collection = open_collection(home.manifests)
    wanted = files_of(home.datasets["parquet"])
    cache, out = home.root / "flipped-cache", home.root / "flipped-out"
    for number in range(tries):
        for folder in (cache, out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(home.root / "cache", cache)
        _, victim = draw.choice(list(cached_digests(cache)))
        where = _flip(victim, draw)
        tally.tries += 1
        # Every second time no other copy can be had: then the recording is left out, and no other row differs.
        mirrors = [home.media] if number % 2 else []
        with _judged(tally, where):
            report = build(
                collection, out=out, recipe=RECIPE, mirrors=mirrors, cache=cache, offline=True, engine="here"
            )
            if mirrors and (files_of(out) != wanted or len(report.renewed) != 1):
                tally.fail("silent wrong value", where)
            if not mirrors and not [item for item in report.left_out if "damaged" in item.detail]:
                tally.fail("silent wrong value", where)
    return tally


def _in_datasets(home: Home, draw: random.Random, tries: int) -> Tally:
    tally = Tally("bit flips, datasets")
    collection = open_collection(home.manifests)
    folder = home.root / "flipped"
    frames = {name: lusdata.load(path).to_numpy() for name, path in home.datasets.items()}
    for number in range(tries):
        name = ("parquet", "tfrecord")[number % 2]
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(home.datasets[name], folder)
        victims = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
        # Shards are nearly all of a dataset, so chance alone would leave out the rest.
        victim = draw.choice(victims)
        where = _flip(victim, draw)
        tally.tries += 1
        with _judged(tally, where):
            found = lusdata.load(folder).to_numpy()
            if not all(np.array_equal(one, two) for one, two in zip(found, frames[name], strict=True)):
                tally.fail("silent wrong value", f"{where}: load")
        with _judged(tally, where):
            build(
                collection, out=folder, recipe=RECIPE, format=name, mirrors=[home.media], cache=home.root / "cache",
                offline=True, engine="here",
            )  # fmt: skip
            left = {path: data for path, data in files_of(folder).items() if not path.startswith("damaged/")}
            if left != files_of(home.datasets[name]):
                tally.fail("silent wrong value", f"{where}: build")
    return tally


class _judged:
    """Takes an error in one line as an answer, and counts every other as a traceback."""

    def __init__(self, tally: Tally, where: str) -> None:
        self._tally = tally
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None or isinstance(error, LusdataError):
            return True
        if isinstance(error, Exception):
            self._tally.fail("traceback", f"{self._where}: {type(error).__name__}: {error}")
            return True
        return False
