"""Every altered copy of ``cases/own/alter.py`` is found in both orders, among all recordings that ship."""

from __future__ import annotations

import os
import re
import runpy
from pathlib import Path

import pytest

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.intake.alike import alike
from lusdata.media.fingerprint import fingerprint

SHARED = Path(os.environ.get("LUSDATA_SHARED", Path(__file__).parents[2] / "shared")).resolve()
SCRIPT = SHARED / "cases" / "own" / "alter.py"

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not SCRIPT.is_file(), reason=f"no {SCRIPT}"),
]


def test_altered_copies_are_found_whichever_came_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    altered = tmp_path / "own-work" / "contrib" / "altered"
    altered.mkdir(parents=True)
    (tmp_path / "shared").symlink_to(SHARED)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(SCRIPT))
    names = [re.match(r"\d+ (.*?) \|", line)[1] for line in capsys.readouterr().out.splitlines()]
    assert len(names) == 10
    shipped = [manifest for name in ("pocus", "blues") for manifest in open_collection(name).manifests]
    originals = {Path(str(manifest.source_path)).name: manifest for manifest in shipped}
    missed = []
    for number, name in enumerate(names):
        original = originals[name]
        copy = fingerprint(altered / f"alt{number}.mp4")
        folder = SHARED / ("corpus" if original.id.startswith("pocus/") else "corpus_blues")
        again = fingerprint(folder / str(original.source_path))
        there = Manifest({**original.data, "id": "test/copy", "fingerprint": copy})
        if not any(found.manifest.id == original.id for found in alike(copy, shipped)):
            missed.append(f"{name}, the copy second")
        if not alike(again, [there]):
            missed.append(f"{name}, the original second")
    assert missed == []
