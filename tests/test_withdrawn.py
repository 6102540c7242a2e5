"""What a finished dataset holds although it was withdrawn since: told on opening, and not handed on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lusdata
from lusdata.cli import main
from tests.small_datasets import build_here, small_collection


@pytest.fixture
def outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a dataset of a shipped collection, of which one recording is withdrawn after the build."""
    collection = small_collection(tmp_path, videos=0, images=8)
    out = tmp_path / "dataset"
    build_here(collection, tmp_path, out)
    path = collection.root / "image-03.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["status"] = {"state": "withdrawn", "since": "2026-02-01", "reason": "consent was taken back"}
    path.write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.setattr("lusdata.dataset.reading.withdrawn.collection_names", lambda: (collection.name,))
    monkeypatch.setattr("lusdata.dataset.reading.withdrawn.find_collection", lambda name: collection.root)
    return out


def test_opening_warns_of_what_was_withdrawn(outdated):
    with pytest.warns(UserWarning, match="withdrawn since it was built: small/image-03"):
        lusdata.load(outdated)


def test_citing_it_says_what_was_withdrawn(outdated, capsys):
    assert main(["cite", str(outdated)]) == 0
    assert "withdrawn since it was built: small/image-03" in capsys.readouterr().err


def test_a_page_of_it_shows_no_frame_of_what_was_withdrawn(outdated, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert main(["report", str(outdated), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert "withdrawn since it was built: small/image-03" in captured.err
    assert "8 recordings, 7 with pictures" in captured.out
    page = out.read_text("utf-8")
    assert page.count('<script type="text/plain"') == 7
    assert "the recording was withdrawn since the dataset was built" in page


@pytest.mark.parametrize("form", ["croissant", "card", "hf"])
def test_what_was_withdrawn_is_not_handed_on(outdated, tmp_path, capsys, form):
    out = tmp_path / "export"
    assert main(["export", form, str(outdated), "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "small/image-03" in error
    assert "build it again" in error
    assert not out.exists()
