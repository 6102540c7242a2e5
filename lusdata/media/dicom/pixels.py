"""From a DICOM file's stored numbers to grey or RGB values, picture by picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.errors import DataError, DecodeError
from lusdata.media.decode.spending import spent
from lusdata.media.dicom.colour import jpeg_in_plain_words, mixes_components
from lusdata.media.dicom.grey import greys_of
from lusdata.media.dicom.syntax import MORE_DECODERS, check_decoder, shown
from lusdata.media.dicom.tables import colour_table
from lusdata.media.dicom.values import first_value, items_of, whole_number
from lusdata.wording import counted

__all__ = ["Pictures", "check_photometric", "grey_if_grey", "still_pictures"]

Pixels = NDArray[np.uint8]

_GREYS = frozenset({"MONOCHROME1", "MONOCHROME2"})
_LUMA_CHROMA = frozenset({"YBR_FULL", "YBR_FULL_422"})
# Mixed by JPEG 2000 itself, which gives red, green and blue back.
_MIXED = frozenset({"YBR_ICT", "YBR_RCT"})
_OF_VIDEO = frozenset({"YBR_PARTIAL_420", "YBR_PARTIAL_422"})
_COLOURS = _LUMA_CHROMA | _MIXED | _OF_VIDEO | {"RGB"}
_PHOTOMETRICS = _COLOURS | _GREYS | {"PALETTE COLOR"}
_NOT_READ = frozenset({"HSV", "ARGB", "CMYK"})
_ALLOCATED = (1, 8, 16, 32)
# Of 255: a recording without a brighter pixel is hardly meant to look so.
_DARK = 64

_JPEG = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})
_JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 92, 93, 201, 202, 203))
_RLE = "1.2.840.10008.1.2.5"
# What a picture's first fragment begins with: JPEG and JPEG-LS, and JPEG 2000.
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Decoded pictures.

    Attributes
    ----------
    frames : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey where the file is grey or all three colours agree everywhere, else RGB.
    notes : tuple of str
        What of the header was not followed, a clause each.
    """

    frames: Pixels
    notes: tuple[str, ...] = ()


def still_pictures(dataset: Any) -> Pictures:
    """Decode every frame of a file that holds pictures one by one.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With pixel data and what describes it.

    Returns
    -------
    Pictures
        Grey by the header's transformations; see `lusdata.media.dicom.grey`.

    Raises
    ------
    DataError
        If the photometric interpretation is not one of pictures, or no decoder for the transfer syntax is installed.
    DecodeError
        If the pixel data is damaged, does not hold the frames that are announced, or is of a kind that the installed
        decoders give up on.
    """
    photometric = check_photometric(dataset)
    _check_numbers(dataset, photometric)
    syntax = dataset.file_meta.TransferSyntaxUID
    count = whole_number(dataset, "NumberOfFrames", 1)
    notes: list[str] = []
    if syntax.is_encapsulated:
        check_decoder(syntax)
        stored = _compressed(dataset, photometric, _streams(dataset, photometric, count))
    else:
        _check_length(dataset, photometric, count)
        stored = _native(dataset, photometric, count)
    try:
        frames = np.stack(list(_in_8_bits(stored, dataset, photometric, notes)))
    except RuntimeError as error:
        # What pydicom says when each of the decoders that are installed gave up.
        raise DecodeError(
            "the pictures are damaged, or no decoder that is installed reads them",
            found=shown(syntax),
            hint=MORE_DECODERS,
        ) from error
    if len(frames) != count:
        raise _of_other_count(count, len(frames))
    return Pictures(grey_if_grey(frames), tuple(dict.fromkeys(notes)))


def check_photometric(dataset: Any) -> str:
    """Return the photometric interpretation, if it is one of pictures."""
    photometric = str(first_value(dataset, "PhotometricInterpretation") or "").strip().upper()
    if photometric not in _PHOTOMETRICS:
        raise DataError(
            "a photometric interpretation that is no picture's",
            expected=", ".join(sorted(_PHOTOMETRICS)),
            # Of a header, only words that are known are repeated: any other may be somebody's name.
            found=photometric if photometric in _NOT_READ else "another word" if photometric else "nothing",
        )
    return photometric


def _check_numbers(dataset: Any, photometric: str) -> None:
    """Check what describes a sample, and fill in what follows from the rest where it is absent."""
    allocated = whole_number(dataset, "BitsAllocated", 0)
    if allocated not in _ALLOCATED:
        raise DecodeError(
            "pixels of a size that is not read",
            expected=f"{', '.join(map(str, _ALLOCATED))} bits allocated",
            found=str(allocated),
        )
    stored = whole_number(dataset, "BitsStored", allocated)
    high = whole_number(dataset, "HighBit", stored - 1)
    if not 1 <= stored <= allocated or not stored - 1 <= high < allocated:
        raise DecodeError(
            "bits that do not fit into a pixel",
            expected=f"at most {allocated} bits stored, the highest at most {allocated - 1}",
            found=f"{stored} bits, the highest {high}",
        )
    samples = 3 if photometric in _COLOURS else 1
    found = whole_number(dataset, "SamplesPerPixel", samples)
    if found != samples:
        raise DecodeError(
            f"another number of samples than {photometric} has", expected=f"{samples} a pixel", found=str(found)
        )
    if photometric in _OF_VIDEO:
        raise DataError("colours as only videos have them", found=photometric, hint="export it as RGB")
    dataset.BitsStored, dataset.HighBit, dataset.SamplesPerPixel = stored, high, samples
    dataset.BitsAllocated, dataset.PhotometricInterpretation = allocated, photometric
    dataset.NumberOfFrames = whole_number(dataset, "NumberOfFrames", 1)
    dataset.PixelRepresentation = whole_number(dataset, "PixelRepresentation", 0)
    if samples == 3:
        dataset.PlanarConfiguration = whole_number(dataset, "PlanarConfiguration", 0)


def _check_length(dataset: Any, photometric: str, count: int) -> None:
    """Refuse uncompressed pixel data that holds other frames than announced."""
    samples = int(dataset.Rows) * int(dataset.Columns) * int(dataset.SamplesPerPixel)
    bits = samples * int(dataset.BitsAllocated)
    found = len(dataset.PixelData)
    if photometric == "YBR_FULL_422":
        if found >= count * bits // 8:
            raise DecodeError(
                "colours that are tagged YBR_FULL_422 but not thinned out, so they may as well be RGB",
                expected=f"{count * bits // 12:,} bytes",
                found=f"{found:,} bytes",
                hint="export it as RGB",
            )
        bits = bits * 2 // 3
    expected = -(-bits * count // 8)
    if found < expected:
        raise DecodeError(
            "pixel data ends early",
            expected=f"{expected:,} bytes for {counted(count, 'frame')}",
            found=f"{found:,}, or {counted(found * 8 // bits, 'whole frame')}",
        )
    if found * 8 >= bits * (count + 1) and found - expected > 1:
        raise _of_other_count(count, found * 8 // bits)


def _of_other_count(announced: int, found: int) -> DecodeError:
    return DecodeError(
        "not the frames that the header announces",
        expected=counted(announced, "frame"),
        found=str(found),
        hint="export it again",
    )


def _native(dataset: Any, photometric: str, count: int) -> Iterator[NDArray[Any]]:
    from pydicom.pixels import get_decoder
    from pydicom.pixels.processing import convert_color_space

    decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
    for index in range(count):
        # One by one: pydicom forgets after the first of several frames that their colours are thinned out.
        values, _ = decoder.as_array(dataset, index=index, raw=True, correct_unused_bits=False)
        values = _without_spare_bits(values, dataset)
        yield convert_color_space(values, "YBR_FULL", "RGB") if photometric in _LUMA_CHROMA else values


def _streams(dataset: Any, photometric: str, count: int) -> list[bytes]:
    """Return the stream of each picture, and let the data set say of them what they say themselves."""
    from pydicom.encaps import generate_frames
    from pydicom.pixels.utils import get_j2k_parameters

    syntax = str(dataset.file_meta.TransferSyntaxUID)
    _check_starts(dataset, count)
    streams = list(generate_frames(dataset.PixelData, number_of_frames=count, extended_offsets=_offsets(dataset)))
    if len(streams) != count:
        raise _of_other_count(count, len(streams))
    if syntax in _JPEG and photometric in _COLOURS:
        streams = [jpeg_in_plain_words(stream, tagged_rgb=photometric == "RGB") for stream in streams]
        _put(streams, dataset)
    if syntax in _JPEG_2000:
        dataset.BitsStored = get_j2k_parameters(streams[0]).get("precision", dataset.BitsStored)
        dataset.BitsAllocated = max(int(dataset.BitsAllocated), 8 * -(-int(dataset.BitsStored) // 8))
    return streams


def _compressed(dataset: Any, photometric: str, streams: Sequence[bytes]) -> Iterator[NDArray[Any]]:
    from pydicom.pixels import iter_pixels
    from pydicom.pixels.processing import convert_color_space

    syntax = str(dataset.file_meta.TransferSyntaxUID)
    options: dict[str, Any] = {"raw": True}
    if syntax in _JPEG and photometric in _COLOURS:
        # The others give what is stored, whatever the stream says of it.
        options["decoding_plugin"] = "pillow"
    if syntax not in _JPEG_2000:
        options["correct_unused_bits"] = False
    for values, stream in zip(iter_pixels(dataset, **options), streams, strict=True):
        if syntax not in _JPEG_2000:
            values = _without_spare_bits(values, dataset)
        if photometric in _COLOURS and _is_luma_chroma(stream, syntax, photometric):
            values = convert_color_space(values, "YBR_FULL", "RGB")
        yield values


def _offsets(dataset: Any) -> tuple[bytes, bytes] | None:
    offsets = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
    return None if None in offsets else offsets


def _put(streams: Sequence[bytes], dataset: Any) -> None:
    """Put other streams in the place of a file's own."""
    from pydicom.encaps import encapsulate

    dataset.PixelData = encapsulate([stream + bytes(len(stream) % 2) for stream in streams], has_bot=False)
    # Planes are how uncompressed pictures are laid out.
    dataset.PlanarConfiguration = 0
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        dataset.pop(keyword, None)


def _check_starts(dataset: Any, count: int) -> None:
    """Refuse more or fewer pictures than announced, by what the fragments begin with."""
    from pydicom.encaps import generate_fragments

    # The first is the table of offsets.
    fragments = list(generate_fragments(dataset.PixelData))[1:]
    starts = sum(fragment.startswith(_STARTS) for fragment in fragments)
    if str(dataset.file_meta.TransferSyntaxUID) == _RLE:
        starts = len(fragments)
    if starts != count:
        raise _of_other_count(count, starts)


def _is_luma_chroma(stream: bytes, syntax: str, photometric: str) -> bool:
    """Tell whether decoded samples are still luma and chroma: the stream knows better than the header."""
    if syntax in _JPEG or (syntax in _JPEG_2000 and mixes_components(stream)):
        return False
    return photometric in _LUMA_CHROMA


def _without_spare_bits(values: NDArray[Any], dataset: Any) -> NDArray[Any]:
    """Keep the stored bits of each sample; in the others scanners keep overlays."""
    allocated, stored, high = int(dataset.BitsAllocated), int(dataset.BitsStored), int(dataset.HighBit)
    if stored == allocated or values.dtype.itemsize * 8 != allocated:
        return values
    # Shifting back down repeats the sign of signed numbers.
    return (values << (allocated - 1 - high)) >> (allocated - stored)


def _within_budget(stored: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    for values in stored:
        if (costs := spent()) is not None:
            costs.see_size(values.shape[1], values.shape[0])
        yield values


def _in_8_bits(stored: Iterator[NDArray[Any]], dataset: Any, photometric: str, notes: list[str]) -> Iterator[Pixels]:
    big_endian = not dataset.file_meta.TransferSyntaxUID.is_little_endian
    stored = _within_budget(stored)
    if photometric in _GREYS:
        yield from _greys(stored, dataset, notes, big_endian=big_endian)
    elif photometric == "PALETTE COLOR":
        table = colour_table(dataset, big_endian=big_endian, signed=int(dataset.PixelRepresentation) == 1)
        for values in stored:
            yield (table.at(values) >> (table.bits - 8)).astype(np.uint8)
    else:
        most = (1 << int(dataset.BitsStored)) - 1
        for values in stored:
            if values.dtype == np.uint8 and most == 255:
                yield values
            else:
                yield np.rint(np.clip(values / most, 0.0, 1.0) * 255).astype(np.uint8)


def _greys(stored: Iterator[NDArray[Any]], dataset: Any, notes: list[str], *, big_endian: bool) -> Iterator[Pixels]:
    per_frame = bool(items_of(dataset, "PerFrameFunctionalGroupsSequence"))
    greys = greys_of(dataset, big_endian=big_endian)
    brightest = 0
    for index, values in enumerate(stored):
        if index and per_frame:
            greys = greys_of(dataset, big_endian=big_endian, frame=index)
        notes.extend(greys.notes)
        picture = greys.shown(values)
        brightest = max(brightest, int(picture.max()))
        yield picture
    if greys.interest is None and int(dataset.BitsStored) > 8 and brightest < _DARK:
        notes.append(
            f"no window for grey is stated, so all {int(dataset.BitsStored)} bits were shown, "
            f"and the brightest pixel is {brightest} of 255"
        )


def grey_if_grey(frames: Pixels) -> Pixels:
    """Return one value a pixel where all three colours agree everywhere."""
    if frames.ndim == 4 and bool((frames[..., :1] == frames[..., 1:]).all()):
        return np.ascontiguousarray(frames[..., 0])
    return frames
