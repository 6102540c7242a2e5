"""Whatever training writes of recordings that stay with their owner bears the mark that every page of lusdata has."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs the extra 'train'")

from matplotlib.figure import Figure
from PIL import Image
from small_datasets import build_here, small_collection

from lusdata.catalog.about import About, about_header
from lusdata.catalog.collection import Collection
from train.configs.settings import PAPER
from train.data import Samples, load_samples, to_clips
from train.explain.figures import save
from train.explain.study import Key, StudyItem
from train.explain.study_page import study_page
from train.overlay import sheet

OWNER = {**about_header(), "title": "Of Ward & Seven", "owner": "Ward & Seven", "private": True}
WORDS = "Private. This collection belongs to Ward & Seven and stays there: keep this page where it is, too."


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    root = tmp_path_factory.mktemp("private")
    collection: Collection = small_collection(root)
    (collection.root / "collection.json").write_text(json.dumps(OWNER), encoding="utf-8")
    folder = build_here(dataclasses.replace(collection, about=About(OWNER)), root, root / "built").out
    return load_samples(dataclasses.replace(PAPER, size_px=16, select=""), collection=folder)[0]


def test_samples_tell_whose_they_are_however_they_are_cut(private):
    assert private.private == WORDS
    assert private.rows(np.arange(4)).private == WORDS
    assert to_clips(private, clip_frames=2).private == WORDS


def test_the_page_for_raters_is_marked(private):
    clip = (np.zeros((2, 16, 16), np.uint8), np.zeros((2, 4, 4)), np.zeros((2, 4, 4)))
    key = Key("study", "run", "digest", 0, (StudyItem("01", "r0", "healthy", "train", "test"),))
    page = study_page(key, lambda recording: clip, private=private.private)
    assert "Private. This collection belongs to Ward &amp; Seven and stays there" in page
    assert "Private." not in study_page(key, lambda recording: clip)


def test_pictures_are_marked_and_stay_as_large(private, tmp_path: Path):
    figure = Figure(figsize=(4, 3))
    figure.add_axes((0, 0, 1, 1)).imshow(np.zeros((30, 40)))
    save(figure, tmp_path / "plain.png")
    save(figure, tmp_path / "marked.png", private=private.private)
    plain, marked = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("plain", "marked"))
    assert marked.shape[0] > plain.shape[0]
    assert [text.get_text() for text in figure.texts] == [WORDS]
    canvas, place = sheet("title", "subtitle", private.private)
    other, _ = sheet("title", "subtitle")
    assert (canvas[place] == other[place]).all()
    assert (canvas[place[0].stop :] != other[place[0].stop :]).any()
