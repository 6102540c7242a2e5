"""Pictures without a lung, as a further class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

from tiny_runs import SIZE, tiny_samples

from lusdata.errors import DataError, UsageError
from lusdata.media.phantom import write_image
from train.cli import main
from train.data import FOREIGN
from train.uninformative import CLASS_NAME, PictureFolds, with_pictures


@dataclass(frozen=True)
class Table:
    """A fold table that tests every recording in fold 1."""

    k: int = 5
    seed: int = 0

    def part(self, i: int, recording: str, frame_index: int = 0) -> str:
        return "test" if i == 1 else "train"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    (tmp_path / "pictures" / "more").mkdir(parents=True)
    for name in ("a.png", "b.png", "more/c.png"):
        write_image(tmp_path / "pictures" / name, rng.integers(0, 256, (70, 90, 3)).astype(np.uint8))
    (tmp_path / "pictures" / "readme.txt").write_text("not a picture")
    return tmp_path / "pictures"


def test_pictures_follow_the_frames_as_recordings_of_their_own(folder):
    samples, _ = tiny_samples()
    joined = with_pictures(samples, folder, size_px=SIZE)
    assert joined.classes == (*samples.classes, CLASS_NAME)
    assert joined.images.shape == (len(samples) + 3, SIZE, SIZE)
    np.testing.assert_array_equal(joined.images[: len(samples)], samples.images)
    assert joined.recordings[-3:].tolist() == [f"{CLASS_NAME}/{name}" for name in ("a.png", "b.png", "more/c.png")]
    assert joined.labels[-3:].tolist() == [3, 3, 3]
    assert len(set(joined.groups[-3:])) == 3


def test_every_picture_is_tested_once_whatever_the_other_pictures_are():
    folds = PictureFolds(Table())
    names = [f"{CLASS_NAME}/{number}.png" for number in range(400)]
    parts = np.array([[folds.part(fold, name) for name in names] for fold in range(5)])
    assert ((parts == "test").sum(axis=0) == 1).all()
    assert (parts == "test").sum(axis=1).min() > 50
    assert 0.05 < (parts == "validation").mean() < 0.12
    assert folds.part(1, "pocus/clip") == "test"


def test_what_cannot_be_pictures_is_one_line(folder, tmp_path):
    samples, _ = tiny_samples()
    with pytest.raises(UsageError, match="no such folder"):
        with_pictures(samples, tmp_path / "nowhere", size_px=SIZE)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no picture in this folder"):
        with_pictures(samples, tmp_path / "empty", size_px=SIZE)
    (folder / "torn.png").write_bytes((folder / "a.png").read_bytes()[:60])
    with pytest.raises(DataError, match=r"torn\.png"):
        with_pictures(samples, folder, size_px=SIZE)


def test_among_recordings_of_other_classes_pictures_keep_the_place_that_the_run_gave_them(folder):
    samples, _ = tiny_samples()
    elsewhere = replace(samples, classes=(*samples.classes, CLASS_NAME, FOREIGN))
    joined = with_pictures(elsewhere, folder, size_px=SIZE)
    assert joined.classes == elsewhere.classes
    assert joined.labels[-3:].tolist() == [3, 3, 3]


def test_the_ladder_takes_no_pictures(folder, capsys):
    assert main(["ladder", "vgg", "--uninformative", str(folder)]) == 2
    assert "pictures have no source to be left out" in capsys.readouterr().err
