"""Which page of a TIFF file is the picture, and what there is that nobody can show as one picture.

A TIFF is a box for any number of pictures. Only one that holds a single picture is taken, beside which smaller copies
of it may stand; of a stack, nobody knows which one is meant.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lusdata.errors import DecodeError
from lusdata.media.decode.directories import directories

__all__ = ["TiffPicture", "tiff_picture"]

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _DESCRIPTION = 256, 257, 258, 262, 270
_NEW_KIND, _OLD_KIND, _SAMPLES, _PLANES, _SUB_DIRECTORIES, _SAMPLE_FORMAT = 254, 255, 277, 284, 330, 339
_REDUCED_OR_MASK, _OLD_REDUCED = 0b101, 2
_WHITE_IS_ZERO, _PLANES_APART = 0, 2
_UNSIGNED, _UNDEFINED = 1, 4
# Tags of MetaMorph, Zeiss and Silicon Graphics, whose pages hold many planes.
_STACKS = {33629: "a MetaMorph stack", 34412: "a Zeiss stack", 32997: "a volume"}
_SEVERAL_HINT = "save the one that is meant as PNG, or all frames of a recording as one MP4 or AVI"
_FORM_HINT = "save it with values of 8 bits, as PNG or TIFF"
_MOST_COUNTED = 1000


@dataclass(frozen=True)
class TiffPicture:
    """The one picture of a TIFF file.

    Attributes
    ----------
    page : int
        Its place in the main row of directories, from 0.
    bits : int
        Of each sample.
    white_is_zero : bool
        Whether the least value is white.
    """

    page: int
    bits: int
    white_is_zero: bool


def tiff_picture(path: Path) -> TiffPicture:
    """Find the one picture of a TIFF file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    TiffPicture
        Masks and reduced copies do not count as pictures.

    Raises
    ------
    DecodeError
        If there are several pictures or none, or values whose black and white nobody states.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as stream:
        pages = _pages(path, stream)
    whole = [index for index, tags in enumerate(pages) if not _is_reduced(tags)]
    if len(whole) > 1:
        many = f"more than {_MOST_COUNTED}" if len(pages) > _MOST_COUNTED else str(len(whole))
        raise several_pictures(path, f"{many} pages")
    if not whole:
        raise DecodeError(
            "no picture in its full size",
            where=str(path),
            found=f"{len(pages)} reduced copies or masks",
            hint=_FORM_HINT,
        )
    tags = pages[whole[0]]
    stack = next((name for tag, name in _STACKS.items() if _number(tags.get(tag)) > 1), "") or _described(tags)
    if stack:
        raise several_pictures(path, stack)
    bits = max(map(_number, _many(tags.get(_BITS, 1))))
    _check_samples(path, tags, bits)
    return TiffPicture(whole[0], bits, tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def several_pictures(path: Path, found: str) -> DecodeError:
    """Return the error for a file of which nobody knows which picture is meant."""
    return DecodeError(
        "the file holds several pictures", where=str(path), expected="one", found=found, hint=_SEVERAL_HINT
    )


def _pages(path: Path, stream: BinaryIO) -> list[dict[int, Any]]:
    pages: list[dict[int, Any]] = []
    try:
        for directory in directories(stream):
            if directory.place.startswith("page"):
                pages.append(directory.tags)
            if len(pages) > _MOST_COUNTED:
                break
    except DecodeError as error:
        error.where = str(path)
        raise
    if not pages:
        raise DecodeError("the picture cannot be decoded", where=str(path), found="a TIFF without a directory")
    return pages


def _is_reduced(tags: dict[int, Any]) -> bool:
    return bool(_number(tags.get(_NEW_KIND)) & _REDUCED_OR_MASK) or tags.get(_OLD_KIND) == _OLD_REDUCED


def _described(tags: dict[int, Any]) -> str:
    """Return what a program says of more pictures behind the one that the directory describes; empty if nothing."""
    text = tags.get(_DESCRIPTION)
    if not isinstance(text, str):
        return ""
    if text.startswith("ImageJ="):
        counts = re.findall(r"^(?:images|channels|slices|frames)=(\d{1,9})", text, re.MULTILINE)
        most = max(map(int, counts), default=1)
        return f"{most} images, as ImageJ says" if most > 1 else ""
    if "<OME" in text:
        sizes = {axis: int(count) for axis, count in re.findall(r"\bSize([ZCT])=[\"'](\d{1,9})[\"']", text)}
        channels = math.ceil(sizes.get("C", 1) / max(1, _number(tags.get(_SAMPLES), 1)))
        planes = sizes.get("Z", 1) * sizes.get("T", 1) * channels
        return f"{planes} planes, as its OME-XML says" if planes > 1 else ""
    # Whatever order the release of tifffile keeps the keys in.
    if text.startswith("{") and '"shape": [' in text:
        return _shaped(text, tags)
    return ""


def _shaped(text: str, tags: dict[int, Any]) -> str:
    """Return what the description that tifffile writes says of more pictures."""
    try:
        shape = json.loads(text)["shape"]
        values = math.prod(int(length) for length in shape)
    except (ValueError, TypeError, KeyError):
        return ""
    values_of_one = math.prod(_number(tags.get(tag), 1) for tag in (_WIDTH, _HEIGHT, _SAMPLES))
    return f"an array of {' x '.join(map(str, shape))}" if values > values_of_one else ""


def _check_samples(path: Path, tags: dict[int, Any], bits: int) -> None:
    formats = {_number(item) for item in _many(tags.get(_SAMPLE_FORMAT, _UNSIGNED))}
    if not formats <= {_UNSIGNED, _UNDEFINED} or bits > 16:
        kind = (
            "numbers with a sign or a fraction" if not formats <= {_UNSIGNED, _UNDEFINED} else f"values of {bits} bits"
        )
        raise DecodeError(
            "values of which nobody says which are black and white",
            where=str(path),
            expected="whole numbers of up to 16 bits",
            found=kind,
            hint=_FORM_HINT,
        )
    if bits > 8 and tags.get(_PLANES) == _PLANES_APART and _number(tags.get(_SAMPLES), 1) > 1:
        # Pillow takes the rows of one colour for those of another.
        raise DecodeError(
            "not a picture that can be read", where=str(path), found=f"colours apart, of {bits} bits", hint=_FORM_HINT
        )


def _many(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _number(value: Any, otherwise: int = 0) -> int:
    first = _many(value)[0] if _many(value) else None
    return first if isinstance(first, int) else otherwise
