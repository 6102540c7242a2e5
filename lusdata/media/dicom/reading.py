"""Opening a DICOM file: with its file header or without, and only for the elements that are asked for."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.budget import BUDGET
from lusdata.errors import DecodeError
from lusdata.media.dicom.mark import HEAD_BYTES, starts_like_dicom
from lusdata.media.dicom.syntax import DEFLATED, check_syntax

__all__ = ["kind_of", "open_dataset"]

# What is inflated is held beside the frames that come out of it.
_INFLATED_BYTES = BUDGET.held_bytes // 4
_FILE_HEADER_BYTES = 1 << 20
_LONG_VALUES = frozenset({b"OB", b"OW", b"SQ", b"UN", b"UT"})
_KIND, _SYNTAX = 0x0002, 0x0010
_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class _FileHeader:
    """What of a file's own header is read: the kind of object, the transfer syntax, and where the data set begins."""

    kind: str
    syntax: str
    end: int


def open_dataset(path: Path, keywords: Sequence[str]) -> Any:
    """Read some elements of a DICOM file.

    Parameters
    ----------
    path : Path
        A file that `lusdata.media.dicom.mark.starts_like_dicom` takes for DICOM.
    keywords : sequence of str
        The elements; nothing else is read.

    Returns
    -------
    pydicom.Dataset
        With the transfer syntax in its `file_meta`.

    Raises
    ------
    DataError
        If the file is a list of files, or of a transfer syntax that cannot be read.
    DecodeError
        If it is no DICOM file, or inflates beyond the limit.
    OSError
        If it cannot be read.
    """
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian

    head = _head(path)
    if not starts_like_dicom(head[:HEAD_BYTES]):
        raise DecodeError("not a DICOM file", hint="export it again, or save it as a video")
    header = _file_header(head)
    if header.kind == _DIRECTORY:
        raise DecodeError("a list of DICOM files (DICOMDIR), not a recording", hint="add the files that it lists")
    if header.syntax:
        check_syntax(header.syntax)
    if header.syntax == DEFLATED:
        with path.open("rb") as stream:
            stream.seek(header.end)
            dataset = pydicom.dcmread(_inflated(stream.read()), force=True, specific_tags=list(keywords))
        return _with_syntax(dataset, ExplicitVRLittleEndian)
    dataset = pydicom.dcmread(path, force=True, specific_tags=list(keywords))
    return dataset if header.syntax else _with_syntax(dataset, _guessed_syntax(dataset))


def kind_of(path: Path) -> str:
    """Return what kind of object a file says that it holds, such as ``Basic Text SR Storage``; empty if it does not.

    Only the standard's own names are returned.
    """
    from pydicom.uid import UID

    kind = UID(_file_header(_head(path)).kind)
    return "" if kind.name == kind else kind.name


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_FILE_HEADER_BYTES)


def _file_header(head: bytes) -> _FileHeader:
    """Walk the elements of group 2, which are always written the same way."""
    place = 132 if head[128:132] == b"DICM" else 0
    found = {_KIND: "", _SYNTAX: ""}
    while head[place : place + 2] == b"\x02\x00" and place + 12 <= len(head):
        element = int.from_bytes(head[place + 2 : place + 4], "little")
        long = head[place + 4 : place + 6] in _LONG_VALUES
        start = place + (12 if long else 8)
        length = int.from_bytes(head[start - (4 if long else 2) : start], "little")
        if element in found:
            found[element] = head[start : start + length].rstrip(b"\0 ").decode("ascii", "replace")
        place = start + length
    return _FileHeader(found[_KIND], found[_SYNTAX], place)


def _inflated(data: bytes) -> io.BytesIO:
    """Inflate a data set, within a limit."""
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        whole = decoder.decompress(data, _INFLATED_BYTES)
    except zlib.error as error:
        raise DecodeError("the deflated data set is damaged") from error
    if decoder.unconsumed_tail:
        raise DecodeError("too large for a recording", expected=f"at most {_INFLATED_BYTES:,} bytes when inflated")
    if not decoder.eof:
        raise DecodeError("the deflated data set ends early")
    return io.BytesIO(whole)


def _with_syntax(dataset: Any, syntax: Any) -> Any:
    from pydicom.dataset import FileMetaDataset

    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def _guessed_syntax(dataset: Any) -> Any:
    """Return the way in which a bare data set was found to be written."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    if "PixelData" in dataset and dataset["PixelData"].is_undefined_length:
        raise DecodeError(
            "the DICOM file does not say how its pictures are compressed",
            expected="a transfer syntax",
            hint="export it again with its file header, or uncompressed",
        )
    implicit, little_endian = dataset.original_encoding
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little_endian else ExplicitVRBigEndian
