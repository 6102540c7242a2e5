"""Text of strangers passes one cleaner: nothing in it steers a terminal or a page, and JSON stays JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from catalogs import recording, write_catalog
from small_datasets import build_here, small_collection

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main
from lusdata.markdown import plain
from lusdata.publish.gallery.html import island, table
from lusdata.publish.gallery.media import GalleryPicture
from lusdata.publish.gallery.page import gallery_page, make_gallery
from lusdata.terminal import gated
from lusdata.wording import cleaned, escaped, one_line

EVIL = "\x1b]0;evil\x07\x1b[31mred\x9b2J \u202egpm.4pm\u202c a\u200bb\ufeff \u2028line \U000e0041 \x7f"
"""A title of the terminal, colours, a cleared screen, writing turned round, no width, a line, a tag, a delete."""


def seen(text: str) -> list[str]:
    """Return the signs in a text that nobody should find there."""
    return sorted({sign for sign in text if not sign.isprintable() and sign not in "\n\t"})


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A collection whose free texts are as bad as the schema lets them be."""
    data = [
        *(recording(f"a{number}", group=f"p{number}").data for number in range(6)),
        recording("b", state="excluded").data,
        recording("c", state="withdrawn").data,
    ]
    for one in data:
        one["source"]["attribution"] = f"Clinic {EVIL}"
        one["aliases"] = [f"alias {EVIL}"]
        if "reason" in one["status"]:
            one["status"]["reason"] = f"because {EVIL}"
    data[-1]["source"]["locations"] = []
    return write_catalog(tmp_path / "evil", [Manifest(one) for one in data])


COMMANDS = {
    "validate": ["validate", "{0}", "--strict"],
    "validate-json": ["validate", "{0}", "--strict", "--json"],
    "stats": ["stats", "{0}"],
    "stats-json": ["stats", "{0}", "--json"],
    "folds": ["folds", "{0}", "--k", "2"],
    "audit": ["audit", "{0}"],
    "audit-json": ["audit", "{0}", "--json"],
    "cite": ["cite", "{0}"],
    "cite-json": ["cite", "{0}", "--json"],
    "cite-bibtex": ["cite", "{0}", "--format", "bibtex"],
    "diff": ["diff", "{0}", "{1}"],
    "diff-json": ["diff", "{0}", "{1}", "--json"],
    "fetch": ["fetch", "{0}", "--offline", "--cache", "{2}"],
    "fetch-json": ["fetch", "{0}", "--offline", "--cache", "{2}", "--json"],
    "build": ["build", "{0}", "--offline", "--cache", "{2}", "--out", "{2}/out"],
    "report": ["report", "{0}", "--out", "{2}.html"],
    "a-missing-folder": ["validate", f"{{2}}/{EVIL}"],
    "a-missing-file": ["add", f"{{2}}/{EVIL}.mp4"],
    "an-unknown-command": [EVIL],
    "an-unknown-option": ["validate", f"--{EVIL}"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_prints_what_steers_a_terminal(
    name: str, hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    other = write_catalog(tmp_path / "other" / "evil", [recording("a0", class_name="healthy")])
    assert main([word.format(hostile, other, tmp_path / "cache") for word in COMMANDS[name]]) in (0, 1, 2, 3)
    out, err = capsys.readouterr()
    assert out + err != ""
    assert seen(out) == []
    assert seen(err) == []
    if name.endswith("-json"):
        json.loads(out)


def test_a_name_of_a_file_that_is_hostile_stays_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    name = f"a{EVIL}\nerror FORGED line".replace("/", "")
    (folder / f"{name}.json").write_text("{", encoding="utf-8")
    (folder / f"b{EVIL}").write_bytes(b"")
    assert main(["validate", str(folder)]) == 1
    out, _ = capsys.readouterr()
    assert seen(out) == []
    assert [line for line in out.splitlines() if line.startswith("error FORGED")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text there")
def test_a_name_of_a_file_that_is_no_text_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    Path(os.fsdecode(bytes(folder) + b"/a\xff\x1b.json")).write_bytes(b"{")
    command = [sys.executable, "-m", "lusdata", "validate", str(folder)]
    for arguments in ([], ["--json"]):
        done = subprocess.run([*command, *arguments], capture_output=True, check=False)
        assert done.returncode == 1
        assert seen(done.stdout.decode("utf-8")) == []
        assert b"Traceback" not in done.stderr


def test_pages_show_hostile_text_without_its_effect(hostile: Path, tmp_path: Path) -> None:
    collection = open_collection(hostile)
    gone = GalleryPicture(None, "gone", "its manifest knows no address any more", EVIL)
    page = gallery_page(make_gallery(collection, {manifest.id: gone for manifest in collection.manifests}))
    assert "alias ?]0;evil" in page
    assert seen(page.replace("\r", "")) == []
    assert "\\u202e" not in page
    collection = small_collection(tmp_path / "small", videos=1, images=1)
    for manifest in collection.manifests:
        manifest.data["source"]["attribution"] = f"Clinic {EVIL} <b>"
    report = build_here(collection, tmp_path / "small", tmp_path / "out", engine="here")
    readme = (report.out / "README.md").read_text(encoding="utf-8")
    assert seen(readme) == []
    assert "Clinic" in readme


def test_each_kind_of_page_and_line_cleans_alike() -> None:
    for text in (
        cleaned(EVIL),
        one_line(EVIL),
        escaped(EVIL),
        plain(EVIL),
        str(table([[EVIL]], head=["head"])),
        island({EVIL: [EVIL]}),
    ):
        assert seen(text) == []
        assert "evil" in text
    assert json.loads(escaped(json.dumps({EVIL: 1}, ensure_ascii=False))) == {EVIL: 1}
    assert len(one_line("a" * 10_000)) == 1_000


def test_the_gate_lets_a_bar_of_progress_go_back_and_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with gated():
        sys.stderr.write("\r50 %\x1b[A")
        sys.stdout.write("\r50 %\x1b[A\n")
        sys.stdout.writelines(["a\x07", "b"])
    out, err = capsys.readouterr()
    assert err == "\r50 %\\u001b[A"
    assert out == "\\r50 %\\u001b[A\na\\u0007b"
