"""The audit by pixels: recordings that look alike are found from manifests alone, and drawn beside each other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from catalogs import recording
from clips import write_clip

from lusdata.catalog.collection import Collection
from lusdata.catalog.fingerprint import Fingerprint, encode
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.cli import main
from lusdata.media.facts import sha256_of
from lusdata.splits.audit import advice
from lusdata.splits.audit.advice import ADVICE
from lusdata.splits.audit.finding import Finding
from lusdata.splits.audit.pixels import find_pixel_leaks, look_alikes
from lusdata.splits.audit.report import audit_split
from lusdata.splits.audit.split import AuditedSplit, read_split

PACKAGE = Path(advice.__file__).parent


def seen(manifest: Manifest, seed: int) -> Manifest:
    """Give a recording the fingerprint of a seed: the same seed, the same pictures."""
    rng = np.random.default_rng(seed)
    places = rng.random((24, 3)).astype(np.float32) * np.array([1, 1, 4], np.float32)
    signature = encode(Fingerprint(places, rng.integers(0, 256, (24, 16), dtype=np.uint8)))
    return Manifest({**manifest.data, "fingerprint": signature})


COPIES = (
    seen(recording("a", group="patient-1"), 1),
    seen(recording("b", group="patient-2"), 1),
    seen(recording("c", group="patient-3"), 2),
    seen(recording("d", group="patient-3"), 2),
    recording("e", group="patient-4"),
)


def split_of(tmp_path: Path, folds: dict[str, list[str]]) -> tuple[Collection, AuditedSplit]:
    path = tmp_path / "split.json"
    path.write_text(json.dumps(folds), encoding="utf-8")
    return Collection("test", Path("test"), COPIES), read_split(path, COPIES)


def by_code(tmp_path: Path, folds: dict[str, list[str]]) -> dict[str, Finding]:
    return {finding.code: finding for finding in find_pixel_leaks(*split_of(tmp_path, folds))}


def test_copies_under_two_ids_in_two_folds_are_a_leak(tmp_path: Path) -> None:
    found = by_code(tmp_path, {"0": ["a", "c", "d"], "1": ["b", "e"]})
    leak = found["LEAK_PIXELS"]
    assert (leak.level, leak.subject) == ("error", "test/a")
    assert "looks like test/b, 100% by 24 points, in another fold; their groups differ" in leak.message
    assert [(place.fold, place.recording) for place in leak.places] == [("0", "test/a"), ("1", "test/b")]
    assert "--pictures" in leak.advice


def test_copies_of_one_fold_ask_for_a_link_and_those_of_one_group_are_noted(tmp_path: Path) -> None:
    found = by_code(tmp_path, {"0": ["a", "b"], "1": ["c", "d", "e"]})
    assert set(found) == {"GROUPS_LOOK_ALIKE", "ALIKE_TOGETHER", "PIXELS_UNSEEN"}
    assert found["GROUPS_LOOK_ALIKE"].level == "warning"
    assert (found["ALIKE_TOGETHER"].level, found["ALIKE_TOGETHER"].subject) == ("note", "test/c")
    assert "1 no fingerprint" in found["PIXELS_UNSEEN"].message


def test_a_copy_that_the_split_does_not_use_is_named_without_a_fold(tmp_path: Path) -> None:
    finding = by_code(tmp_path, {"0": ["a"], "1": ["e"]})["GROUPS_LOOK_ALIKE"]
    assert [(place.fold, place.recording) for place in finding.places] == [("", "test/b"), ("0", "test/a")]


def test_errors_of_a_check_come_before_its_notes(tmp_path: Path) -> None:
    collection, split = split_of(tmp_path, {"0": ["a", "c", "d"], "1": ["b", "e"]})
    codes = audit_split(collection, split).by_code("pixels")
    assert [members[0].code for members in codes] == ["LEAK_PIXELS", "ALIKE_TOGETHER", "PIXELS_UNSEEN"]


def test_pairs_that_manifests_link_are_compared_however_little_they_look_alike() -> None:
    manifests = (
        seen(recording("a", group="patient-1", linked=["patient-2"]), 1),
        seen(recording("b", group="patient-2"), 2),
        recording("c", group="patient-2"),
    )
    collection = Collection("test", Path("test"), manifests)
    split = AuditedSplit("none", (), ())
    assert look_alikes(collection, split) == []
    (pair,) = look_alikes(collection, split, linked=True)
    assert (pair.match.first, pair.match.second, pair.standing) == ("test/a", "test/b", "together")
    assert pair.match.similarity < 0.5


def test_every_code_that_asks_for_something_says_what_to_do() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py"))
    asking = set(re.findall(r'Finding\(\s*"([A-Z_]+)",\s*"(?:error|warning)"', source))
    assert asking >= {"GROUP_LEAKS", "LEAK_PIXELS", "CONFOUNDED", "NAME_UNKNOWN"}
    assert asking <= ADVICE.keys()
    # And no advice for a code that nobody gives.
    assert set(re.findall(r'Finding\(\s*"([A-Z_]+)"', source)) >= ADVICE.keys()


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A collection with a video and its copy under two patients, a mirror with both, and a still that is gone."""
    folder, mirror = tmp_path / "clinic", tmp_path / "mirror"
    folder.mkdir()
    mirror.mkdir()
    for number, name in enumerate(("one", "two", "gone")):
        write_clip(mirror / f"{name}.mp4", codec="mpeg4", count=6 - number, size=(160, 120))
        digest = sha256_of(mirror / f"{name}.mp4")
        manifest = seen(recording(name, group=f"patient-{number}", path=f"{name}.mp4", sha256=digest), 1)
        write_manifest(folder / f"{name}.json", {**manifest.data, "id": f"clinic/{name}"})
    (mirror / "gone.mp4").unlink()
    return folder


def test_pairs_are_drawn_beside_each_other(clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pairs"
    command = ["audit", str(clinic), "--k", "2", "--pictures", str(out), "--mirror", str(tmp_path / "mirror")]
    code = main([*command, "--cache", str(tmp_path / "cache")])
    shown = capsys.readouterr().out
    assert [path.name for path in out.iterdir()] == ["100-one-beside-two.png"]
    sheet = cv2.imread(str(out / "100-one-beside-two.png"))
    assert sheet is not None
    assert sheet.shape[1] > 1200
    assert sheet.std() > 20
    assert "100-one-beside-two.png" in shown
    assert "no file of clinic/gone here; name its folder with --mirror" in shown
    assert shown.rstrip().splitlines()[-1].startswith("clean" if code == 0 else "NOT CLEAN")
    assert main([*command, "--cache", str(tmp_path / "cache"), "--json"]) == code
    pictures = json.loads(capsys.readouterr().out)["pictures"]
    assert [bool(one["picture"]) for one in pictures].count(True) == 1
    assert all(one["similarity"] > 0.99 for one in pictures)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--mirror", "."], "only for pictures; .*--pictures", id="a mirror for nothing"),
        pytest.param(["--pictures", "x", "--mirror", "nowhere"], "no such folder", id="no mirror"),
        pytest.param(["--pictures", "x", "--alike", "2"], "similarity lies above 0", id="no such similarity"),
    ],
)
def test_a_wrong_call_is_one_line(
    options: list[str],
    message: str,
    clinic: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", str(clinic), "--k", "2", *options]) == 2
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert error.count("\n") == 1
