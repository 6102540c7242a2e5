"""The DICOM inputs that were read wrong in the field, where they are at hand, against the values beside them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

from lusdata.errors import DataError
from lusdata.intake.clean_copy import copy_of_dicom
from lusdata.media.dicom.recording import is_dicom, read

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def cases(cases_dir, tmp_path_factory) -> dict[str, dict[str, object]]:
    made = tmp_path_factory.mktemp("field")
    subprocess.run([sys.executable, str(cases_dir / "field" / "cases_dicom.py"), str(made)], check=True)
    return dict(pickle.loads((made / "expected.pkl").read_bytes()))


def test_each_input_gives_the_expected_pictures_and_times_or_is_refused(cases, tmp_path):
    assert len(cases) >= 12
    for name, expected in cases.items():
        path = Path(str(expected["file"]))
        assert is_dicom(path), name
        if expected.get("refuse"):
            with pytest.raises(DataError, match="expected 12 frames; found 6"):
                read(path)
            continue
        recording, truth = read(path), np.asarray(expected["truth"], dtype=int)
        frames = recording.frames.astype(int)
        if frames.ndim != truth.ndim:
            frames = np.repeat(frames[..., None], 3, axis=3) if frames.ndim < 4 else frames
            truth = np.repeat(truth[..., None], 3, axis=3) if truth.ndim < 4 else truth
        assert frames.shape == truth.shape, name
        assert abs(frames - truth).mean() <= expected.get("tol", 1), name
        assert recording.times_s is not None, name
        np.testing.assert_allclose(recording.times_s, expected["times"], atol=2e-3, err_msg=name)
    with pytest.raises(DataError, match=r"m\.dcm: .*--rate-hz"):
        copy_of_dicom(Path(str(cases["ft_tiny"]["file"])), tmp_path)


@pytest.mark.parametrize(
    ("name", "darkest", "brightest", "mean"),
    [
        ("palette_big_endian_loop", 0, 199, 53.19),
        ("palette_little_endian_control", 0, 199, 53.18),
        ("empty_rescale", 0, 199, 53.18),
        ("empty_none_control", 0, 199, 53.18),
        ("empty_window", 0, 199, 53.18),
        # 99 of 127, as seven bits are shown.
        ("seven_bits", 0, 199, 53.18),
    ],
)
def test_each_screen_has_the_expected_grey(cases_dir, name, darkest, brightest, mean):
    frames = read(cases_dir / "screens" / f"{name}.dcm").frames
    assert (int(frames.min()), int(frames.max())) == (darkest, brightest)
    assert float(frames.mean()) == pytest.approx(mean, abs=0.02)


def test_the_screen_in_jpeg_xl_is_refused_by_its_name(cases_dir):
    with pytest.raises(DataError, match=r"JPEG XL .*1\.2\.840\.10008\.1\.2\.4\.111"):
        read(cases_dir / "screens" / "jpeg_xl_syntax.dcm")
