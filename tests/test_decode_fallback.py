"""The way round a missing decoder: a lossless copy with the same frames at the same times."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from lusdata.errors import DecodeError, InternalError
from lusdata.media.decode.decoder import survey
from lusdata.media.decode.fallback import rewritten
from lusdata.media.frames import read_frames
from lusdata.media.phantom import index_clip, write_video


@pytest.mark.parametrize("form", ["mp4", "avi"])
def test_the_copy_has_the_same_frames_at_the_same_times(tmp_path, form):
    path = tmp_path / f"clip.{form}"
    write_video(path, index_clip(12), rate_hz=10, container=form)
    plain = read_frames(path, rate_hz=5, max_frames=30, size_px=64)
    with rewritten(path) as copy:
        again = read_frames(copy, rate_hz=5, max_frames=30, size_px=64)
        assert survey(copy).codec == "ffv1"
    assert np.array_equal(plain.images, again.images)
    assert plain.indices.tolist() == again.indices.tolist()
    assert again.times_s == pytest.approx(plain.times_s, abs=0.001)
    assert not copy.exists()


def test_without_the_program_it_is_the_installation_that_is_at_fault(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    missing = "imageio-ffmpeg, whose program may have one, is not installed"
    with pytest.raises(InternalError, match=missing), rewritten(tmp_path / "clip.avi"):
        pass


def test_nothing_else_needs_the_program(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    write_video(tmp_path / "clip.mp4", index_clip(3), rate_hz=10)
    assert len(read_frames(tmp_path / "clip.mp4", rate_hz=10).images) == 3


def test_what_ffmpeg_cannot_read_either_is_one_clear_error(tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_bytes(b"these are notes, not a video")
    with pytest.raises(DecodeError, match="neither PyAV nor the ffmpeg program"), rewritten(path):
        pass
