"""From a DICOM file's stored numbers to grey or RGB values."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lusdata.errors import DataError, DecodeError
from lusdata.media.crop import Box
from lusdata.media.decode.decoder import decode
from lusdata.media.decode.pixels import rgb_pixels
from lusdata.media.decode.turn import displayed_size, turn_of

__all__ = ["MOVING", "moving_frames", "still_frames"]

Pixels = NDArray[np.uint8]

MOVING = {
    "1.2.840.10008.1.2.4.100": "mpg",
    "1.2.840.10008.1.2.4.100.1": "mpg",
    "1.2.840.10008.1.2.4.101": "mpg",
    "1.2.840.10008.1.2.4.101.1": "mpg",
    **{f"1.2.840.10008.1.2.4.{number}{end}": "mp4" for number in (102, 103, 104, 105, 106) for end in ("", ".1")},
    **{f"1.2.840.10008.1.2.4.{number}": "hevc" for number in (107, 108)},
}
"""Transfer syntaxes that hold a whole video stream, with the usual suffix of such a stream."""

_COLOURS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420", "YBR_PARTIAL_422"})
_GREYS = frozenset({"MONOCHROME1", "MONOCHROME2"})
_NOT_READ = frozenset({"HSV", "ARGB", "CMYK"})
_MORE_DECODERS = "export it uncompressed, or run: python -m pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
_PHOTOMETRICS = _COLOURS | _GREYS | {"PALETTE COLOR"}


def still_frames(dataset: Any) -> Pixels:
    """Decode every frame of a file that holds pictures one by one.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With pixel data and what describes it.

    Returns
    -------
    np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey where the file is grey or all three colours agree everywhere, else RGB.

    Raises
    ------
    DataError
        If the photometric interpretation is not one of pictures, or no decoder for the transfer syntax is installed.
    DecodeError
        If the pixel data is damaged, ends early, or is of a kind that the installed decoders give up on.
    """
    from pydicom.pixels import get_decoder, iter_pixels

    photometric = str(dataset.get("PhotometricInterpretation") or "")
    if photometric not in _PHOTOMETRICS:
        raise DataError(
            "a photometric interpretation that is no picture's",
            expected=", ".join(sorted(_PHOTOMETRICS)),
            # Of a header, only words that are known are repeated: any other may be somebody's name.
            found=photometric if photometric in _NOT_READ else "another word" if photometric else "nothing",
        )
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_transfer_syntax:
        raise DataError("a transfer syntax that is not in the standard", hint="export it uncompressed")
    if syntax.is_compressed:
        _check_decoder(syntax, get_decoder)
    count = int(dataset.get("NumberOfFrames", 1))
    # A file may announce fewer frames than it holds; what was announced is the recording.
    stored = itertools.islice(iter_pixels(dataset), count)
    try:
        frames = [_picture(values, dataset, photometric) for values in stored]
    except RuntimeError as error:
        # What pydicom says when each of the decoders that are installed gave up.
        raise DecodeError(
            "no decoder that is installed can read the pictures", found=_shown(syntax), hint=_MORE_DECODERS
        ) from error
    if len(frames) < count:
        raise DecodeError("pixel data ends early", expected=f"{count} frames", found=str(len(frames)))
    return _as_grey_if_grey(np.stack(list(_to_8_bits(frames, dataset, photometric))))


def _shown(syntax: Any) -> str:
    return f"{syntax.name} ({syntax})"


def _check_decoder(syntax: Any, get_decoder: Any) -> None:
    hint = _MORE_DECODERS
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available, hint = False, "export it uncompressed"
    if not available:
        raise DataError("no decoder for this transfer syntax is installed", found=_shown(syntax), hint=hint)


def _picture(values: NDArray[Any], dataset: Any, photometric: str) -> NDArray[Any]:
    """Apply the tables of one frame; colours are RGB already, since pydicom converts them."""
    from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut

    if photometric == "PALETTE COLOR":
        return cast("NDArray[Any]", apply_color_lut(values, dataset))
    if photometric in _GREYS and ("WindowCenter" in dataset or "RescaleSlope" in dataset):
        return cast("NDArray[Any]", apply_voi_lut(apply_modality_lut(values, dataset), dataset))
    return values


def _to_8_bits(frames: list[NDArray[Any]], dataset: Any, photometric: str) -> Iterable[Pixels]:
    """Bring every frame of a recording to 0 to 255 by one and the same scale."""
    inverted = photometric == "MONOCHROME1"
    if all(frame.dtype == np.uint8 for frame in frames):
        return [np.invert(frame) if inverted else frame for frame in frames]
    if photometric == "PALETTE COLOR":
        # Tables of 16 bits hold the value in the upper byte.
        return [(frame >> 8).astype(np.uint8) for frame in frames]
    if photometric in _COLOURS:
        low, high = 0.0, float((1 << int(dataset.BitsStored)) - 1)
    else:
        low, high = float(min(frame.min() for frame in frames)), float(max(frame.max() for frame in frames))
    return list(_scaled(frames, low, high, inverted=inverted))


def _scaled(frames: list[NDArray[Any]], low: float, high: float, *, inverted: bool) -> Iterator[Pixels]:
    for frame in frames:
        part = np.clip((frame.astype(np.float64) - low) / max(high - low, 1e-9), 0.0, 1.0)
        yield np.rint(255 * (1 - part if inverted else part)).astype(np.uint8)


def _as_grey_if_grey(frames: Pixels) -> Pixels:
    if frames.ndim == 4 and bool((frames[..., :1] == frames[..., 1:]).all()):
        return np.ascontiguousarray(frames[..., 0])
    return frames


def moving_frames(dataset: Any, *, most: int) -> tuple[Pixels, tuple[float, ...]]:
    """Decode a file that holds a video stream.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With pixel data of a transfer syntax among `MOVING`.
    most : int
        Frames that fit into memory.

    Returns
    -------
    frames : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        As `still_frames`.
    times_s : tuple of float, length n
        Times of the stream, in seconds from the first frame.

    Raises
    ------
    DecodeError
        If the stream is damaged or too long.
    """
    from pydicom.encaps import generate_frames

    suffix = MOVING[str(dataset.file_meta.TransferSyntaxUID)]
    with tempfile.TemporaryDirectory(prefix="lusdata-") as folder:
        stream = Path(folder) / f"stream.{suffix}"
        # A stream is one item of pixel data, in as many fragments as its writer liked.
        stream.write_bytes(b"".join(generate_frames(dataset.PixelData, number_of_frames=1)))

        def every(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
            if times_s.size > most:
                raise DecodeError("too large for a recording", expected=f"at most {most:,} frames of this size")
            return np.arange(times_s.size, dtype=np.int64)

        def whole(frame: Any) -> Pixels:
            turn = turn_of(stream, frame)
            return rgb_pixels(frame, Box(0, 0, *displayed_size(frame, turn)), turn)

        taken = decode(stream, every, whole)
    return _as_grey_if_grey(np.stack([one.value for one in taken])), tuple(one.time_s for one in taken)
