from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lusdata.errors import UsageError
from lusdata.media.crop import Box
from lusdata.media.phantom import draw, typical
from lusdata.media.sector.finder import find_sector
from lusdata.media.text.finder import TextRegion, blacked, find_text

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def plain() -> Pixels:
    """Return a phantom's frames without any writing."""
    spec = replace(typical("covid-19"), width_px=420, height_px=320, frame_count=6, burned_in=False, margin=0.08)
    return draw(spec, 11).frames


def written(
    frames: Pixels,
    words: str,
    at: tuple[int, int],
    *,
    size: float = 0.6,
    level: int = 235,
    face: int = 0,
    thick: int = 1,
) -> tuple[Pixels, Box]:
    page = np.zeros(frames.shape[1:3], np.uint8)
    cv2.putText(page, words, at, face, size, 255, thick, cv2.LINE_AA)
    ink = page.astype(np.float32) / 255
    out = (frames * (1 - ink) + level * ink).astype(np.uint8)
    rows, columns = np.nonzero(page > 40)
    left, top = int(columns.min()), int(rows.min())
    return out, Box(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)


def covered(regions: tuple[TextRegion, ...], box: Box, shape: tuple[int, ...]) -> float:
    mask = np.zeros(shape[:2], dtype=np.bool_)
    for region in regions:
        left, top, width, height = region.box
        mask[top : top + height, left : left + width] = True
    return float(mask[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px].mean())


@pytest.mark.parametrize("words", ["ANNA MUSTERMANN", "Garcia^Lucia", "DOB 12/03/1961", "LEE"])
@pytest.mark.parametrize(("size", "at"), [(0.5, (60, 40)), (0.8, (90, 200)), (1.2, (20, 300))])
def test_a_burned_in_name_is_found(plain: Pixels, words: str, size: float, at: tuple[int, int]) -> None:
    frames, box = written(plain, words, at, size=size, thick=1 if size < 1 else 2)
    assert covered(find_text(frames).regions, box, frames.shape[1:]) > 0.8


@pytest.mark.parametrize("face", [cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX])
def test_a_name_in_another_font_is_found_in_a_still(plain: Pixels, face: int) -> None:
    frames, box = written(plain[:1], "Peter Okafor", (120, 180), size=0.7, face=face)
    assert covered(find_text(frames).regions, box, frames.shape[1:]) > 0.8


def test_a_name_in_an_outline_font_is_found(plain: Pixels) -> None:
    image_font = pytest.importorskip("PIL.ImageFont")
    image, image_draw = pytest.importorskip("PIL.Image"), pytest.importorskip("PIL.ImageDraw")
    page = image.new("L", (plain.shape[2], plain.shape[1]), 0)
    image_draw.Draw(page).text((100, 150), "Fatima Haddad", font=image_font.load_default(22), fill=240)
    ink = np.array(page)
    rows, columns = np.nonzero(ink > 40)
    box = Box(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    assert covered(find_text(np.maximum(plain, ink)).regions, box, plain.shape[1:]) > 0.8


def test_dark_writing_on_a_bright_panel_is_found(plain: Pixels) -> None:
    frames = plain.copy()
    frames[:, 280:, :] = 210
    frames, box = written(frames, "KIM, SVEN", (30, 305), size=0.7, level=15)
    assert covered(find_text(frames).regions, box, frames.shape[1:]) > 0.8


def test_writing_in_a_colour_that_is_dark_as_grey_is_found(plain: Pixels) -> None:
    frames = np.repeat(plain[..., None], 3, axis=3)
    coloured, box = written(plain, "OLGA IVANOVA", (20, 30), level=255)
    frames[..., 2] = coloured
    assert covered(find_text(frames).regions, box, frames.shape[1:]) > 0.8


def test_the_phantoms_own_name_lies_inside_its_sector() -> None:
    spec = replace(typical("healthy"), width_px=420, height_px=320, frame_count=6, patient_name="ANNA MUSTERMANN")
    phantom = draw(spec, 3)
    found = find_text(phantom.frames, sector=find_sector(phantom.frames))
    rows, columns = np.nonzero(phantom.masks["text"][0] & phantom.masks["sector"][0])
    name = Box(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    assert covered(found.inside, name, phantom.frames.shape[1:]) > 0.8
    assert any(not region.inside_sector for region in found.regions)


def test_echoes_are_rarely_taken_for_writing() -> None:
    alarms = 0
    for number, probe in enumerate(("convex", "linear", "phased") * 3):
        class_name = ("healthy", "covid-19", "bacterial-pneumonia")[number // 3]
        spec = replace(typical(class_name, probe=probe), width_px=360, height_px=280, frame_count=8, rate_hz=3.0)
        alarms += bool(find_text(draw(replace(spec, burned_in=False), number).frames).regions)
    assert alarms <= 1


def test_a_black_first_frame_hides_no_writing(plain: Pixels) -> None:
    frames, box = written(plain, "TOM NGUYEN", (120, 180))
    frames[0] = 0
    assert covered(find_text(frames).regions, box, frames.shape[1:]) > 0.8


def test_the_same_frames_give_the_same_finding(plain: Pixels) -> None:
    frames, _ = written(plain, "WEI CHEN 1961", (80, 120))
    assert find_text(frames) == find_text(frames.copy())


def test_blacking_covers_the_regions_of_a_copy(plain: Pixels) -> None:
    frames, box = written(plain, "MARIA ROSSI", (80, 120))
    before = frames[0].copy()
    out = blacked(frames[0], find_text(frames).regions)
    window = np.s_[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
    assert out[window].mean() < 0.2 * before[window].mean()
    assert np.array_equal(frames[0], before)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 5, 300), (1, 64, 64, 3)])
def test_pictures_too_small_for_letters_have_none(shape: tuple[int, ...]) -> None:
    assert find_text(np.zeros(shape, dtype=np.uint8)).regions == ()


def test_what_is_no_recording_is_refused() -> None:
    with pytest.raises(UsageError, match="not the frames of a recording"):
        find_text(np.zeros((4, 4), dtype=np.uint8))


def fake_engine(folder: Path, body: str) -> Path:
    program = folder / "tesseract"
    program.write_text(f"#!{sys.executable}\nimport sys, time\npage = sys.stdin.buffer.read()\n{body}\n")
    program.chmod(0o755)
    return program


needs_programs = pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")


@needs_programs
def test_an_engine_says_what_a_region_reads(plain: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        "assert page.startswith(b'\\x89PNG') and sys.argv[1:] == ['stdin', 'stdout', '--psm', '7']\n"
        "sys.stdout.write('MARIA\\x07  ROSSI\\n\\x0c')"
    )
    fake_engine(tmp_path, body)
    monkeypatch.setenv("PATH", str(tmp_path))
    frames, _ = written(plain, "MARIA ROSSI", (80, 120))
    finding = find_text(frames, read=True)
    assert finding.engine == "tesseract"
    assert {region.reading for region in finding.regions} == {"MARIA ROSSI"}
    assert find_text(frames).engine is None


@needs_programs
@pytest.mark.parametrize("body", ["sys.exit(3)", "time.sleep(30)", "print()"], ids=["fails", "hangs", "reads nothing"])
def test_an_engine_that_gives_nothing_costs_only_the_reading(
    plain: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    fake_engine(tmp_path, body)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("lusdata.media.text.reading._TIMEOUT_S", 0.3)
    frames, _ = written(plain, "MARIA ROSSI", (80, 120))
    assert {region.reading for region in find_text(frames, read=True).regions} == {None}


@needs_programs
def test_an_engine_is_asked_about_the_surest_lines_only(
    plain: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_engine(tmp_path, "print('x')")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("lusdata.media.text.finder._MOST_READINGS", 1)
    frames, _ = written(plain, "MARIA ROSSI", (80, 120))
    frames, _ = written(frames, "PETER LEE", (80, 40))
    regions = find_text(frames, read=True).regions
    assert len(regions) > 1
    assert [region.reading for region in regions].count("x") == 1


def test_without_an_engine_regions_are_found_but_not_read(plain: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    frames, _ = written(plain, "MARIA ROSSI", (80, 120))
    finding = find_text(frames, read=True)
    assert finding.engine is None
    assert finding.regions
    assert all(region.reading is None for region in finding.regions)


@pytest.mark.real
def test_names_drawn_on_real_recordings_are_found_and_most_others_raise_no_alarm(corpus_dir: Path) -> None:
    from lusdata.media.frames import read_frames

    paths = sorted((corpus_dir / "pocus_videos" / "convex").glob("*.mp4"))[:12]
    assert paths, "no recordings"
    alarms = missed = 0
    for path in paths:
        images = read_frames(path, max_frames=12, size_px=400).images
        alarms += bool(find_text(images).regions)
        frames, box = written(images, "ANNA MUSTERMANN", (60, 250), level=255)
        missed += covered(find_text(frames).regions, box, frames.shape[1:]) < 0.5
    assert missed == 0
    assert alarms <= 1


def near_field(seed: int) -> Pixels:
    """Draw a fan at low gain, of which only the speckled arc below the transducer is bright, shape (1, 700, 1000)."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[:700, :1000]
    depth_px = np.hypot(column - 500, row - 80) - 70
    inside = (np.abs(np.arctan2(column - 500, row - 80)) < 0.95) & (depth_px > 0) & (depth_px < 480)
    speckle = cv2.resize(rng.integers(0, 256, (234, 334)).astype(np.uint8), (1000, 700), interpolation=cv2.INTER_LINEAR)
    echo = np.where(inside, (40 + 0.7 * speckle) * np.exp(-9 * depth_px / 480), 0)
    return np.where(echo < 26, 0, echo).astype(np.uint8)[None]


@pytest.mark.parametrize("seed", range(8))
def test_the_bright_arc_below_a_transducer_is_no_writing(seed: int) -> None:
    assert find_text(near_field(seed)).regions == ()


def test_large_writing_on_the_same_screen_is_found_all_the_same() -> None:
    frame = near_field(0)
    cv2.putText(frame[0], "MUSTERFRAU", (40, 660), cv2.FONT_HERSHEY_SIMPLEX, 2.0, 90, 4, cv2.LINE_AA)
    regions = find_text(frame).regions
    assert covered(regions, Box(40, 612, 400, 50), frame.shape[1:]) > 0.8


@pytest.mark.real
def test_the_arc_of_a_real_screens_layout_is_no_writing(tmp_path: Path, cases_dir: Path) -> None:
    script = cases_dir / "screens" / "screens.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)
    left, top, width, height = json.loads((tmp_path / "screens.json").read_text())["arc_as_text"]["arc"]
    frames = np.load(tmp_path / "arc_as_text.npz")["f"]
    for region in find_text(frames).regions:
        box = region.box
        beside = box.left_px + box.width_px <= left or box.left_px >= left + width
        assert beside or box.top_px + box.height_px <= top or box.top_px >= top + height
