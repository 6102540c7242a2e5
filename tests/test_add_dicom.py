"""``lusdata add`` of DICOM files: no name of the header or of the pictures goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from dicom_files import SECRETS, dicom_file

from lusdata.catalog.manifest import read_manifest
from lusdata.cli import main
from lusdata.intake import clean_copy
from lusdata.intake.look import sampled_frames
from lusdata.media.crop import Box
from lusdata.media.phantom import draw
from lusdata.media.phantom.spec import typical
from lusdata.media.text.finder import TextFinding, TextRegion, find_text

pytest.importorskip("pydicom")

SAID = ("--license", "CC-BY-4.0", "--provider", "a-clinic", "--class", "covid-19", "--probe", "convex")
REGION = (60, 50, 419, 349)


def screen(*, name_over_scan: str = "") -> np.ndarray:
    """Return a scan on a scanner's screen with a name and a day above it, shape (8, 400, 480)."""
    spec = replace(typical("covid-19", variant=1), burned_in=False, width_px=360, height_px=300, frame_count=8)
    frames = np.pad(draw(spec, 5).frames, ((0, 0), (50, 50), (60, 60)))
    for frame in frames:
        cv2.putText(frame, "MUSTERFRAU^Erika  PID-4711", (8, 24), 0, 0.6, 230, 1, cv2.LINE_AA)
        cv2.putText(frame, "21.03.1954", (360, 390), 0, 0.6, 230, 1, cv2.LINE_AA)
        if name_over_scan:
            cv2.putText(frame, name_over_scan, (180, 250), 0, 0.6, 255, 1, cv2.LINE_AA)
    return frames


def add(root: Path, file: Path, *options: str) -> int:
    (root / "manifests" / "test").mkdir(parents=True, exist_ok=True)
    folders = ("--collection", root / "manifests" / "test", "--preview", root / "previews", "--media", root / "media")
    return main(["add", str(file), *SAID, *map(str, folders), *options])


def test_a_name_in_header_pictures_file_and_folder_goes_nowhere(tmp_path, capsys):
    folder = tmp_path / "Musterfrau Erika"
    folder.mkdir()
    file = dicom_file(folder / "MUSTERFRAU_PID-4711.dcm", screen(name_over_scan="E. MUSTERFRAU"), region=REGION)
    place = tmp_path / "clone"
    assert add(place, file) == 1
    assert "--black-text all" in capsys.readouterr().err
    assert add(place, file, "--black-text", "all") == 0
    said = capsys.readouterr()
    assert "de-identified by this profile, to be reviewed" in said.out
    assert "anonym" not in said.out
    assert "was blacked" in said.out.split("all outside the scan that the scanner describes was blacked")[1]
    for written in (path for path in place.rglob("*") if path.is_file()):
        held = written.name + written.read_bytes().decode("latin-1")
        assert not [secret for secret in (*SECRETS, "musterfrau") if secret in held]
    assert not [secret for secret in SECRETS if secret in said.out + said.err]
    (path,) = (place / "manifests" / "test").glob("*.json")
    data = read_manifest(path).data
    assert data["patient"] == {"age_band": "60-69", "sex": "female"}
    copy = sampled_frames(place / "media" / data["source"]["path"])
    assert find_text(copy).regions == ()
    assert copy[:, :50].max() == 0
    assert (place / "previews").is_dir()


def test_the_crop_is_the_scan_inside_the_scanners_region(tmp_path, capsys):
    assert add(tmp_path, dicom_file(tmp_path / "a.dcm", screen(), region=(2, 30, 477, 370)), "--json") == 0
    (added,) = json.loads(capsys.readouterr().out)["added"]
    crop = added["crop"]
    assert crop["method"] == "sector"
    assert crop["width_px"] < 330
    assert crop["left_px"] >= 40
    assert added["scale"]["cm_per_px"] == 0.05


def test_an_error_names_the_file_that_was_given_and_not_its_copy(tmp_path, capsys):
    file = dicom_file(tmp_path / "a.dcm", np.full((1, 16, 16), 90, dtype=np.uint8))
    assert add(tmp_path, file) == 1
    assert capsys.readouterr().err.startswith(f"lusdata: {file}: too small")


def test_what_may_be_echoes_is_left_for_a_person_to_judge(tmp_path, monkeypatch):
    file = dicom_file(tmp_path / "a.dcm", screen(), region=REGION)
    over_scan = Box(200, 150, 80, 20)

    def doubtful(frames, *, sector=None, **options):
        return TextFinding((TextRegion(over_scan, inside_sector=True, score=0.97),))

    monkeypatch.setattr(clean_copy, "find_text", doubtful)
    kept = sampled_frames(clean_copy.copy_of_dicom(file, tmp_path, black="outside").path)
    assert kept[:, 150:170, 200:280].max() > 0
    gone = sampled_frames(clean_copy.copy_of_dicom(file, tmp_path, black="all").path)
    assert gone[:, 150:170, 200:280].max() == 0


def test_letters_between_two_pieces_of_a_line_are_blacked_with_them(tmp_path, monkeypatch):
    frames = screen()
    frames[:, 4:20, 4:120] = 200
    file = dicom_file(tmp_path / "a.dcm", frames)
    pieces = (Box(4, 4, 50, 16), Box(70, 4, 50, 16))

    def torn(frames, *, sector=None, **options):
        return TextFinding(tuple(TextRegion(box, inside_sector=False, score=0.9) for box in pieces))

    monkeypatch.setattr(clean_copy, "find_text", torn)
    copy = clean_copy.copy_of_dicom(file, tmp_path, black="outside")
    assert sampled_frames(copy.path)[:, 4:20, 4:120].max() == 0
    assert sum("2 places" in note for note in copy.notes) == 1


def test_the_bright_arc_below_a_transducer_is_not_surely_writing():
    from pydicom.data import get_testdata_file

    from lusdata.media.dicom.recording import read

    name = get_testdata_file("examples_palette.dcm", download=False)
    if name is None:
        pytest.skip("this pydicom does not bring its samples")
    frames = read(Path(str(name))).frames
    arc = np.zeros(frames.shape[1:3], dtype=np.bool_)
    arc[70:120, 360:570] = True
    for region in find_text(frames).regions:
        left, top, width, height = region.box
        shared = arc[top : top + height, left : left + width].mean()
        assert shared < 0.3 or region.score < 0.8
