"""The command that makes the page, from a collection and from a dataset."""

from __future__ import annotations

import os
import re
import stat
import webbrowser
from pathlib import Path

import pytest
from small_datasets import build_here, small_collection

from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main
from lusdata.dataset.recipe import Recipe


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    collection = small_collection(folder, videos=4, images=2)
    build_here(collection, folder, folder / "dataset")
    return folder


def options(home: Path, out: Path) -> list[str]:
    media = ["--mirror", str(home / "media"), "--cache", str(home / "cache"), "--offline"]
    return ["report", str(home / "manifests" / "small"), "--out", str(out), *media]


def test_a_collection_becomes_a_page(home, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert main(options(home, out)) == 0
    shown = capsys.readouterr().out
    assert "small: 6 recordings, 6 with pictures\n" in shown
    assert "pictures of 4 recordings may not be published" in shown
    assert f"written: {out}  (" in shown
    page = out.read_text("utf-8")
    assert page.count('<script type="text/plain"') == 6
    if os.name != "nt":
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert str(home) not in page


def test_a_publishable_page_holds_fewer_pictures(home, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert main([*options(home, out), "--publishable"]) == 0
    assert "small: 6 recordings, 2 with pictures\n" in capsys.readouterr().out
    assert out.read_text("utf-8").count('<script type="text/plain"') == 2


def test_a_dataset_becomes_a_page_of_its_own_frames(home, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert main(["report", str(home / "dataset"), "--out", str(out)]) == 0
    assert "small: 6 recordings, 6 with pictures\n" in capsys.readouterr().out
    page = out.read_text("utf-8")
    assert "pictures: frames of the dataset, 3 Hz" in page
    assert "<h1>Dataset of small</h1>" in page
    assert str(home) not in page


def test_the_page_of_a_dataset_counts_what_the_folder_holds(home, tmp_path, capsys):
    collection = open_collection(home / "manifests" / "small")
    build_here(collection, home, tmp_path / "part", recipe=Recipe(size_px=16, select="kind=image"))
    out, folds = tmp_path / "page.html", tmp_path / "folds.json"
    assert main(["folds", str(home / "manifests" / "small"), "--k", "3", "--out", str(folds)]) == 0
    capsys.readouterr()
    assert main(["report", str(tmp_path / "part"), "--folds", str(folds), "--out", str(out)]) == 0
    assert "Dataset of small: 2 recordings of the 6 of small, 2 with pictures\n" in capsys.readouterr().out
    page = out.read_text("utf-8")
    assert "2 recordings of the 6 of small · 1 group · 2 with pictures" in page
    badges = dict(re.findall(r'aria-controls="panel-(\w+)">\w+ <span class="badge">(\d+)</span>', page))
    assert (badges["recordings"], badges["missing"]) == ("2", "4")
    assert re.findall(r'"id":"(small/[a-z0-9-]+)"', page) == ["small/image-04", "small/image-05"]
    panels = dict(zip(*[iter(re.split(r'id="panel-(\w+)"', page)[1:])] * 2, strict=True))
    assert "2 of 2 included recordings stand in a fold" in panels["folds"]
    # Two stills of one clinic: no row of a table counts more.
    assert {int(n) for panel in ("counts", "rights") for n in re.findall(r"<td[^>]*>(\d+)</td>", panels[panel])} <= {
        0,
        1,
        2,
    }


def test_a_dataset_needs_no_mirror(home, tmp_path, capsys):
    call = ["report", str(home / "dataset"), "--out", str(tmp_path / "page.html"), "--offline"]
    assert main(call) == 2
    assert "--offline: a dataset brings its own pictures" in capsys.readouterr().err


def test_the_page_is_opened_when_asked(home, tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(opened.append(address)))
    out = tmp_path / "a page.html"
    assert main(["report", str(home / "dataset"), "--out", str(out), "--open"]) == 0
    assert opened == [out.as_uri()]
    assert "no browser could be opened" in capsys.readouterr().err


def test_a_place_that_cannot_be_is_told_before_the_work(home, tmp_path, capsys):
    assert main(options(home, tmp_path / "nowhere" / "page.html")) == 2
    assert "cannot write the page there" in capsys.readouterr().err
    assert main(options(home, tmp_path)) == 2
    assert "found a folder" in capsys.readouterr().err


def test_a_word_that_is_nothing_is_refused(tmp_path, capsys):
    assert main(["report", "nonsense", "--out", str(tmp_path / "page.html")]) == 2
    assert "no such collection" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
