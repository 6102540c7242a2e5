"""Transfer syntaxes: which hold a video, what those are called that cannot be read, and which the file states."""

from __future__ import annotations

import re
from typing import Any

from lusdata.errors import DataError

__all__ = ["DEFLATED", "MORE_DECODERS", "MOVING", "check_decoder", "check_syntax", "shown"]

DEFLATED = "1.2.840.10008.1.2.1.99"
MOVING = {
    "1.2.840.10008.1.2.4.100": "mpg",
    "1.2.840.10008.1.2.4.100.1": "mpg",
    "1.2.840.10008.1.2.4.101": "mpg",
    "1.2.840.10008.1.2.4.101.1": "mpg",
    **{f"1.2.840.10008.1.2.4.{number}{end}": "mp4" for number in (102, 103, 104, 105, 106) for end in ("", ".1")},
    **{f"1.2.840.10008.1.2.4.{number}": "hevc" for number in (107, 108)},
}
"""Transfer syntaxes that hold a whole video stream, with the usual suffix of such a stream."""

# Newer than the list of pydicom 3.0, or private and well known.
_NAMES = {
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.113619.5.2": "private to GE, with big-endian pixels",
}
# Numbers of the standard's own range name no person.
_OF_THE_STANDARD = re.compile(r"1\.2\.840\.10008\.1\.2(\.\d{1,3}){0,4}")
MORE_DECODERS = "export it uncompressed, or run: python -m pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
_UNCOMPRESSED_HINT = "export it uncompressed"


def check_syntax(number: str) -> None:
    """Refuse a transfer syntax that no decoder is known for, by its name.

    Raises
    ------
    DataError
        If it is private, unknown, or newer than the decoders.
    """
    from pydicom.uid import UID

    if number in _NAMES:
        found = f"{_NAMES[number]} ({number})"
    elif UID(number).is_transfer_syntax:
        return
    else:
        # Of a header, only what is known is repeated: any other number may lead to a person.
        found = number if _OF_THE_STANDARD.fullmatch(number) else "one that is not in the standard"
    raise DataError("a transfer syntax that lusdata does not read", found=found, hint=_UNCOMPRESSED_HINT)


def check_decoder(syntax: Any) -> None:
    """Refuse a compressed transfer syntax whose decoder is not installed.

    Parameters
    ----------
    syntax : pydicom.uid.UID
        One of the standard's.

    Raises
    ------
    DataError
        If no decoder for it is installed.
    """
    from pydicom.pixels import get_decoder

    hint = MORE_DECODERS
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available, hint = False, _UNCOMPRESSED_HINT
    if not available:
        raise DataError("no decoder for this transfer syntax is installed", found=shown(syntax), hint=hint)


def shown(syntax: Any) -> str:
    """Return name and number."""
    return f"{syntax.name} ({syntax})"
