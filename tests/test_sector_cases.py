"""The drawn screens that the finder failed on in the field, where they are at hand, against the values beside them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lusdata.media.crop import Box
from lusdata.media.sector.finder import find_sector

pytestmark = pytest.mark.real

SCREENS = ("two_phased", "three_convex", "convex_and_ct", "panel_between_bars")
BARS = {"bar_bright_still": (76, 0), "bar_grey_loop": (37, 21)}


@pytest.fixture(scope="module")
def screens(cases_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("screens")
    subprocess.run([sys.executable, str(cases_dir / "screens" / "screens.py"), str(folder)], check=True)
    return folder


def shown(screens: Path, name: str) -> tuple[NDArray[np.uint8], list[list[int]]]:
    with np.load(screens / f"{name}.npz") as stored:
        return stored["f"], json.loads((screens / "screens.json").read_text())[name]["scans"]


def covered(box: Box, scan: list[int]) -> tuple[float, float]:
    """Return which parts of a scan and of a box the two share."""
    left, top, width, height = scan
    across = min(box.left_px + box.width_px, left + width) - max(box.left_px, left)
    down = min(box.top_px + box.height_px, top + height) - max(box.top_px, top)
    shared = max(0, across) * max(0, down)
    return shared / (width * height), shared / (box.width_px * box.height_px)


@pytest.mark.parametrize("name", SCREENS)
def test_one_scan_is_boxed_and_all_are_counted(screens: Path, name: str) -> None:
    frames, scans = shown(screens, name)
    found = find_sector(frames)
    assert found.parts == len(scans)
    assert found.is_sure == (len(scans) == 1)
    assert sorted(round(covered(found.box, scan)[0], 1) for scan in scans) == [0.0] * (len(scans) - 1) + [1.0]
    assert max(covered(found.box, scan)[1] for scan in scans) > 0.9


@pytest.mark.parametrize("name", BARS)
def test_a_bar_changes_nothing(screens: Path, name: str) -> None:
    frames, _ = shown(screens, name)
    top, bottom = BARS[name]
    black = frames.copy()
    black[:, : top + 2] = 0
    black[:, frames.shape[1] - bottom :] = 0
    assert find_sector(frames).box == find_sector(black).box


def test_of_low_gain_the_near_field_is_boxed_and_not_for_sure(screens: Path) -> None:
    frames, (scan,) = shown(screens, "title_bar_low_gain")
    found = find_sector(frames)
    assert covered(found.box, scan)[1] > 0.95
    assert not found.is_sure
