"""The folders and bit flips of ../shared/cases/hostile, as they are: one line each, and nothing passes unnoticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SHARED

ROOT = Path(__file__).resolve().parent.parent

# The scripts were written when shards lay beside dataset.json.
MOVED = {"part-00000.parquet": "data/part-00000.parquet", '.glob("*.tfrecord")': '.glob("data/*.tfrecord")'}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what the scripts expect: a small collection, its cache, and a dataset of it."""
    if not (SHARED / "cases" / "hostile").is_dir():
        pytest.skip(f"no hostile cases at {SHARED / 'cases'}; set LUSDATA_SHARED to the folder that has cases/")
    from hostile_pictures import bomb

    from lusdata.catalog.open_collection import open_collection
    from lusdata.dataset.building.build import build
    from lusdata.media.phantom import write_collection

    folder = tmp_path_factory.mktemp("hostile")
    work = folder / "hostile-work"
    for name in ("f", "bombs", "small"):
        (work / name).mkdir(parents=True)
    manifests = write_collection(work / "drawn", seed=1, recordings=12)
    shutil.copytree(manifests, work / "small" / "phantom")
    (work / "bombs" / "png30k.png").write_bytes(bomb(30_000))
    build(
        open_collection(work / "small" / "phantom"),
        out=work / "small_ds",
        mirrors=[work / "drawn" / "media"],
        cache=work / "small_cache",
        offline=True,
        engine="here",
    )
    return folder


def run(script: str, cwd: Path) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        # A fault of lusdata is one line otherwise, and the scripts look for tracebacks.
        "LUSDATA_TRACEBACK": "1",
    }
    path = SHARED / "cases" / "hostile" / script
    done = subprocess.run(
        [sys.executable, "-c", f"import forked; forked.run_script({str(path)!r}, {MOVED!r})"],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for Unix")
def test_no_dataset_folder_of_a_stranger_ends_in_a_traceback(hostile: Path) -> None:
    lines = run("hostds.py", hostile).splitlines()
    assert lines[-1] == "done"
    assert [line for line in lines if "TRACEBACK" in line or "TIMEOUT" in line] == []
    # What `load` says of each is an error of lusdata, and not one of Python.
    assert [line for line in lines if " API " in line and " API lusdata." not in line] == []


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for Unix")
def test_no_flipped_bit_of_a_shard_is_trained_on(hostile: Path) -> None:
    folder = hostile / "hostile-work" / "rot"
    folder.mkdir()
    shards = run("rot.py", folder).splitlines()[0]
    assert "'noticed': 150" in shards
