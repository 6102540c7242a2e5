"""A contact sheet shows each picture in its place, with the colour of its class."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lusdata.errors import UsageError
from lusdata.media.phantom.gallery import phantom_gallery
from lusdata.media.pictures.contact_sheet import CLASS_COLOURS, Caption, contact_sheet, write_contact_sheet


def grey(level, height=80, width=100):
    return np.full((height, width), level, np.uint8)


def test_pictures_stand_in_rows_and_columns():
    captions = [Caption(f"clip {index}", "healthy") for index in range(5)]
    wide = contact_sheet([grey(200)] * 5, captions, columns=5, tile_px=96)
    tall = contact_sheet([grey(200)] * 5, captions, columns=2, tile_px=96)
    assert wide.dtype == np.uint8
    assert wide.shape[2] == tall.shape[2] == 3
    assert wide.shape[1] > 2 * tall.shape[1]
    assert tall.shape[0] > 2 * wide.shape[0]


def test_each_picture_keeps_its_brightness_and_its_shape():
    levels = (40, 120, 200)
    sheet = contact_sheet([grey(level) for level in levels], [Caption("", "other")] * 3, columns=3, tile_px=100)
    for level in levels:
        assert (sheet == level).all(axis=2).sum() == 80 * 100


@pytest.mark.parametrize("class_name", CLASS_COLOURS)
def test_the_colour_of_the_class_is_on_the_sheet(class_name):
    sheet = contact_sheet([grey(0)], [Caption("a", class_name)], columns=1, tile_px=64)
    assert (sheet == CLASS_COLOURS[class_name][::-1]).all(axis=2).sum() >= 3 * 64


def test_a_class_without_a_colour_of_its_own_is_shown_too():
    assert contact_sheet([grey(9)], [Caption("a", "something-new")], columns=1).size


def test_colour_pictures_keep_their_colour():
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 200
    sheet = contact_sheet([red], [Caption("a", "healthy")], columns=1, tile_px=64)
    assert (sheet == (0, 0, 200)).all(axis=2).sum() == 64 * 64


def test_the_written_picture_reads_back(tmp_path):
    sheet = contact_sheet([grey(100)], [Caption("a", "healthy", "A-lines")], columns=1, title="Phantoms")
    write_contact_sheet(tmp_path / "sheet.png", sheet)
    assert np.array_equal(cv2.imread(str(tmp_path / "sheet.png")), sheet)


@pytest.mark.parametrize(
    ("images", "captions", "columns"),
    [([], [], 3), ([grey(1)], [], 3), ([grey(1)], [Caption("a", "healthy")], 0)],
    ids=["no picture", "no caption", "no column"],
)
def test_a_sheet_without_sense_is_refused(images, captions, columns):
    with pytest.raises(UsageError, match="needs pictures"):
        contact_sheet(images, captions, columns=columns)


def test_the_gallery_shows_a_dozen_phantoms_of_every_class():
    sheet = phantom_gallery(tile_px=64)
    assert sheet.shape[1] > 6 * 64
    for class_name in ("healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia"):
        assert (sheet == CLASS_COLOURS[class_name][::-1]).all(axis=2).sum() >= 2 * 3 * 64
