"""Seven clips of one examination never come into two folds, whichever way they are brought in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from catalogs import recording, write_catalog

from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main
from lusdata.intake import add
from lusdata.intake import look as looking
from lusdata.intake.folder.examine import ExamineJob, examine
from lusdata.intake.look import look
from lusdata.media.facts import sha256_of
from lusdata.media.phantom import draw
from lusdata.media.phantom.media import write_video
from lusdata.media.phantom.spec import typical
from lusdata.splits.folds.make import make_folds

SAID = ("--license", "CC-BY-4.0", "--provider", "a-clinic", "--class", "covid-19", "--probe", "convex")
NAMES = [f"p13_{view}.mp4" for view in ("L1", "L2", "L3", "R1", "R2", "R3", "R4")]


SEEDS = (1, 2, 4, 9, 12, 17, 19)
"""Of clips that do not look alike; of other seeds some do, since all phantoms of a class are drawn on one plan."""


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Seven drawn clips; each is looked at once for all tests of this file."""
    folder = tmp_path_factory.mktemp("seven")
    for seed, name in zip(SEEDS, NAMES, strict=True):
        spec = replace(typical("covid-19", variant=seed), burned_in=False, width_px=200, height_px=160, frame_count=5)
        write_video(folder / name, draw(spec, seed).frames, rate_hz=10)
    kept = folder.parent / f"{folder.name}-import"
    looks = {sha256_of(folder / name): look(folder / name) for name in NAMES}
    with pytest.MonkeyPatch.context() as patch:
        for module in (add, looking):
            patch.setattr(module, "look", lambda path: looks[sha256_of(path)])
        for name in NAMES:
            path = folder / name
            assert examine(ExamineJob(name, str(path), sha256_of(path), False, str(kept), str(kept))).fault == ""
        yield folder


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seven: Path) -> Path:
    """A collection in which ten other patients are, number 13 of another clinic among them."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("LUSDATA_CACHE", str(cache))
    cache.mkdir()
    (cache / "import").symlink_to(seven.parent / f"{seven.name}-import")
    patients = [recording(f"r{n}", group=f"patient-{n}", provider="stranger") for n in range(10, 20)]
    return write_catalog(tmp_path / "manifests" / "drawn", patients)


def bring(folder: Path, *arguments: object) -> int:
    return main(["add", *map(str, arguments), "--collection", str(folder), "--preview", str(folder.parent / "seen")])


def folds_of_the_seven(folder: Path) -> list[set[int]]:
    """Return the folds in which the clips of the seven stand, for some seeds."""
    manifests = open_collection(folder).manifests
    new = {manifest.id for manifest in manifests if manifest.provider != "stranger"}
    assert len(new) == len(NAMES)
    found = []
    for seed in range(5):
        table = make_folds(manifests, by="patient", k=5, seed=seed)
        found.append({fold for fold in range(5) if new & set(table.split(fold).test)})
    return found


def table_of(folder: Path) -> Path:
    rows = "".join(f"{name},13\n" for name in NAMES)
    path = folder / "who.csv"
    path.write_text(f"file,patient\n{rows}")
    return path


SLOW = pytest.mark.slow


@pytest.mark.parametrize("way", ["patient", "name", *(pytest.param(way, marks=SLOW) for way in ("table", "time"))])
def test_in_one_call(others, seven, tmp_path, way):
    said = {
        "patient": ("--patient", "13"),
        "name": ("--group-by", "name"),
        "table": ("--labels", table_of(tmp_path)),
        "time": ("--group-by", "time"),
    }[way]
    clips = [seven / name for name in NAMES]
    if way == "time":
        for minute, clip in enumerate(clips, start=10):
            (tmp_path / f"20240314_10{minute}00.mp4").write_bytes(clip.read_bytes())
        clips = sorted(tmp_path.glob("*.mp4"))
    assert bring(others, *clips, *SAID, *said) == 0
    assert all(len(folds) == 1 for folds in folds_of_the_seven(others))
    groups = {one.group_id for one in open_collection(others).manifests if one.provider == "a-clinic"}
    assert len(groups) == 1
    assert "drawn/patient-13" not in groups


@pytest.mark.parametrize("said", [("--patient", "13"), pytest.param(("--group-by", "name"), marks=SLOW)])
def test_in_seven_calls(others, seven, said):
    for name in NAMES:
        assert bring(others, seven / name, *SAID, *said) == 0
    assert all(len(folds) == 1 for folds in folds_of_the_seven(others))


@SLOW
def test_in_a_call_and_more_calls_that_name_the_patient_otherwise(others, seven):
    clips = [seven / name for name in NAMES]
    assert bring(others, *clips[:3], *SAID, "--group-by", "name") == 0
    first = next(one.id for one in open_collection(others).manifests if one.provider == "a-clinic")
    assert bring(others, *clips[3:5], *SAID, "--patient", "13") == 0
    assert bring(others, *clips[5:], *SAID, "--same-patient", first) == 0
    assert all(len(folds) == 1 for folds in folds_of_the_seven(others))


def test_off_a_terminal_nobody_is_taken_for_a_patient_in_silence(others, seven, capsys):
    for clips in ([seven], [seven / name for name in NAMES]):
        assert bring(others, *clips, *SAID, "--yes") == 2
        error = capsys.readouterr().err
        assert "nobody says which recordings are of one patient; give --group-by name|" in error
        assert error.count("\n") == 1
    assert len(open_collection(others).manifests) == 10


@pytest.mark.parametrize("calls", [pytest.param(1, marks=SLOW), 7])
def test_as_long_as_the_patient_is_not_known_there_are_no_folds(others, seven, capsys, calls):
    clips = [seven / name for name in NAMES]
    for some in [clips] if calls == 1 else [[clip] for clip in clips]:
        assert bring(others, *some, *SAID, *(["--group-by", "unknown"] if calls == 1 else [])) == 0
    capsys.readouterr()
    assert main(["folds", str(others)]) == 2
    assert "7 of 17 recordings: patient not known" in capsys.readouterr().err
    manifests = open_collection(others).manifests
    new = {manifest.id for manifest in manifests if manifest.provider != "stranger"}
    table = make_folds(manifests, by="patient", k=5, seed=0, unknown="together")
    assert sum(bool(new & set(table.split(fold).test)) for fold in range(5)) == 1


@pytest.mark.parametrize("said", ["name", pytest.param("table", marks=SLOW), "unknown"])
def test_from_a_folder(seven, others, tmp_path, capsys, said):
    mine = tmp_path / "mine"
    others.rename(mine)
    for path in mine.glob("*.json"):
        path.write_text(path.read_text().replace('"drawn/', '"mine/'))
    options = ("--labels", table_of(tmp_path)) if said == "table" else ("--group-by", said)
    options += ("--license", "CC-BY-4.0")
    assert main(["import", "folder", str(seven), "--out", str(mine), *map(str, options)]) == 0
    if said == "unknown":
        assert main(["folds", str(mine)]) == 2
        return
    assert all(len(folds) == 1 for folds in folds_of_the_seven(mine))


def test_nothing_private_comes_among_what_is_public(seven, others, tmp_path, capsys):
    mine = tmp_path / "mine"
    others.rename(mine)
    before = {path: path.read_text() for path in mine.iterdir()}
    assert main(["import", "folder", str(seven), "--out", str(mine), "--group-by", "name"]) == 2
    assert "--out: recordings there are not private" in capsys.readouterr().out
    assert {path: path.read_text() for path in mine.iterdir()} == before


def test_one_by_one_from_a_growing_folder(seven, tmp_path, others):
    grows, mine = tmp_path / "grows", tmp_path / "mine"
    grows.mkdir()
    for name, kind in zip(NAMES, itertools.cycle(["name", "unknown", "name"])):
        (grows / name).write_bytes((seven / name).read_bytes())
        assert main(["import", "folder", str(grows), "--out", str(mine), "--group-by", kind, "--update"]) == 0
    assert main(["import", "folder", str(grows), "--out", str(mine), "--group-by", "name", "--update"]) == 0
    assert {one.group_id for one in open_collection(mine).manifests} == {"mine/patient-13"}
