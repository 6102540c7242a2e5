"""Frames are stored without loss, in files that everyone reads."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusdata.errors import DecodeError
from lusdata.media.phantom import draw, typical
from lusdata.media.png import decode_png, encode_png


@given(st.integers(1, 40), st.integers(1, 40), st.booleans(), st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 256]))
def test_pixels_come_back_as_they_were(height, width, in_colour, seed, levels):
    shape = (height, width, 3) if in_colour else (height, width)
    image = np.random.default_rng(seed).integers(0, levels, shape).astype(np.uint8)
    data = encode_png(image)
    assert (decode_png(data) == image).all()
    by_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (by_opencv == (image[..., ::-1] if in_colour else image)).all()


def test_other_readers_agree():
    image_module = pytest.importorskip("PIL.Image")
    import io

    for image in (
        draw(typical("covid-19"), 0).frames[0],
        np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8),
    ):
        with image_module.open(io.BytesIO(encode_png(image))) as opened:
            assert opened.mode == ("L" if image.ndim == 2 else "RGB")
            assert (np.asarray(opened) == image).all()


def test_views_are_encoded_like_copies():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)[::2, ::-1]
    assert encode_png(image) == encode_png(image.copy())


def test_a_frame_is_smaller_than_opencvs_quick_setting():
    frame = cv2.resize(draw(typical("covid-19"), 0).frames[0], (224, 224), interpolation=cv2.INTER_AREA)
    quick = cv2.imencode(".png", frame, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
    assert len(encode_png(frame)) < 1.05 * len(quick)


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint16), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4), np.uint8), np.zeros(4, np.uint8)],
    ids=["16 bit", "four channels", "empty", "one row"],
)
def test_what_is_no_frame_is_refused(image):
    with pytest.raises(ValueError, match="a frame is uint8"):
        encode_png(image)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", b"not a picture", cv2.imencode(".jpg", np.zeros((4, 4), np.uint8))[1].tobytes()],
    ids=["empty", "signature only", "text", "jpeg"],
)
def test_bytes_that_are_no_png_are_refused(data):
    with pytest.raises(DecodeError, match="no PNG file of 8 bits"):
        decode_png(data)
