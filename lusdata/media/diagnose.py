"""What are these bytes? Tells a recording from the things that arrive in its place.

Names, suffixes and content types are hearsay; only the bytes themselves are asked.
"""

from __future__ import annotations

import codecs
import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lusdata.media.dicom.mark import starts_like_dicom
from lusdata.media.truncation import missing_part

__all__ = ["Diagnosis", "FileFormat", "diagnose", "identify"]

Fault = Literal["medium", "changed", "html-page", "truncated", "empty", "not-media"]

_HEAD_BYTES = 16_384


@dataclass(frozen=True)
class FileFormat:
    """What a file's first bytes say that it is.

    Attributes
    ----------
    name : str
        For people, such as ``MP4 video`` or ``JSON document``.
    family : {"video", "image", "html", "other", "empty"}
        Whether it can be a recording at all.
    """

    name: str
    family: Literal["video", "image", "html", "other", "empty"]


@dataclass(frozen=True)
class Diagnosis:
    """What was found in a file that should be a recording.

    Attributes
    ----------
    state : str
        ``medium``: a whole medium, and no digest was asked for; ``changed``: a whole medium that is not the one asked
        for; ``truncated``; ``html-page``; ``empty``; ``not-media``.
    sentence : str
        The finding in words, as a clause without a full stop.
    expected, found : str
        Digests and sizes; empty where nothing was expected.
    """

    state: Fault
    sentence: str
    expected: str = ""
    found: str = ""


_ISO_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})

# Offset, bytes at that place, and what they mean.
_MARKS: tuple[tuple[int, bytes, FileFormat], ...] = (
    (0, b"GIF87a", FileFormat("GIF image", "image")),
    (0, b"GIF89a", FileFormat("GIF image", "image")),
    (0, b"\x89PNG\r\n\x1a\n", FileFormat("PNG image", "image")),
    (0, b"\xff\xd8\xff", FileFormat("JPEG image", "image")),
    (0, b"II*\x00", FileFormat("TIFF image", "image")),
    (0, b"MM\x00*", FileFormat("TIFF image", "image")),
    (0, b"II+\x00\x08\x00", FileFormat("TIFF image", "image")),
    (0, b"MM\x00+\x00\x08", FileFormat("TIFF image", "image")),
    (0, b"\x00\x00\x01\xba", FileFormat("MPEG video", "video")),
    (0, b"\x00\x00\x01\xb3", FileFormat("MPEG video", "video")),
    (0, b"\x1a\x45\xdf\xa3", FileFormat("Matroska video", "video")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileFormat("ASF video", "video")),
    (0, b"FLV\x01", FileFormat("Flash video", "video")),
    (0, b"\x1f\x07\x00\x3f", FileFormat("DV video", "video")),
    (0, b"\x1f\x07\x00\xbf", FileFormat("DV video", "video")),
    (0, b"OggS", FileFormat("Ogg video", "video")),
    (0, b"%PDF-", FileFormat("PDF document", "other")),
    (0, b"PK\x03\x04", FileFormat("ZIP archive", "other")),
    (0, b"PK\x05\x06", FileFormat("ZIP archive", "other")),
    (0, b"\x1f\x8b", FileFormat("gzip archive", "other")),
    (0, b"BZh", FileFormat("bzip2 archive", "other")),
    (0, b"\xfd7zXZ\x00", FileFormat("xz archive", "other")),
    (0, b"7z\xbc\xaf\x27\x1c", FileFormat("7-Zip archive", "other")),
    (0, b"Rar!\x1a\x07", FileFormat("RAR archive", "other")),
    (257, b"ustar", FileFormat("tar archive", "other")),
    (0, b"ID3", FileFormat("MP3 sound", "other")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileFormat("Office document", "other")),
    (0, b"\x7fELF", FileFormat("program", "other")),
    (0, b"SQLite format 3\x00", FileFormat("SQLite database", "other")),
)
_RIFF = {
    b"AVI ": FileFormat("AVI video", "video"),
    b"WEBP": FileFormat("WebP image", "image"),
    b"WAVE": FileFormat("WAV sound", "other"),
}
# An MP4 by its structure, but a still picture in tiles; a decoder of videos gives one tile of it.
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})
_AVIF_BRANDS = (b"avif", b"avis")
# Parameter sets, delimiters or supplements, with which a stream without a container begins.
_RAW_STREAM = re.compile(
    rb"\x00?\x00\x00\x01(?:(?P<h264>[\x27\x47\x67][\x42\x4d\x58\x64\x6e\x7a\xf4]|\x09[\x10-\xf0]\x00\x00|\x06\x05)"
    rb"|[\x40\x42\x46\x4e]\x01)",
    re.DOTALL,
)
_HTML_STARTS = ("<!doctype html", "<html", "<head", "<body", "<script", "<title", "<meta", "<div", "<table", "<iframe")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_PREAMBLE = re.compile(r"\s*(?:<\?xml.*?\?>|<!--.*?-->|\s)*", re.DOTALL)


def identify(head: bytes) -> FileFormat:
    r"""Name the format of a file from its first bytes.

    Parameters
    ----------
    head : bytes
        The beginning of the file; 16 KiB are plenty, all of a shorter file.

    Returns
    -------
    FileFormat
        ``unknown bytes`` of family ``other`` if nothing fits.

    Examples
    --------
    >>> identify(b"GIF89a" + bytes(10)).name
    'GIF image'
    >>> identify(b"\n<!-- x --><!DOCTYPE html><title>Gone</title>").family
    'html'
    >>> identify(b"").family
    'empty'
    """
    if not head:
        return FileFormat("empty file", "empty")
    if starts_like_dicom(head):
        return FileFormat("DICOM file", "video")
    for offset, mark, known in _MARKS:
        if head.startswith(mark, offset):
            return known
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        brands = head[8 : min(int.from_bytes(head[:4], "big"), 256)]
        if any(brand in brands for brand in _AVIF_BRANDS):
            return FileFormat("AVIF picture", "image")
        return FileFormat("HEIF picture (HEIC)", "other")
    if head.startswith(b"RIFF") and head[8:16] == b"WEBPVP8X" and len(head) > 20 and head[20] & 2:
        return FileFormat("animated WebP picture", "other")
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] in _ISO_BOXES:
        return FileFormat("QuickTime video" if head[4:8] != b"ftyp" or head[8:10] == b"qt" else "MP4 video", "video")
    for place, packet_bytes, name in ((0, 188, "MPEG transport stream"), (4, 192, "Blu-ray transport stream")):
        if head[place : place + 2 * packet_bytes + 1 : packet_bytes] == b"GGG":
            return FileFormat(name, "video")
    raw = _RAW_STREAM.match(head)
    if raw:
        return FileFormat("raw H.264 stream" if raw["h264"] else "raw H.265 stream", "video")
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return FileFormat("BMP image", "image")
    text = _as_text(head)
    return _identify_text(text) if text is not None else FileFormat("unknown bytes", "other")


def _as_text(head: bytes) -> str | None:
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        # The head may end inside a character, so the decoder is not told that this is the end.
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        text = head.decode("latin-1")
        # Almost any bytes are some Latin-1; text in it is ASCII but for an accent here and there.
        if sum(character > "\x7f" for character in text) > len(text) // 5:
            return None
    return None if any(ord(character) < 32 and character not in "\t\n\r\f\x1b" for character in text) else text


def _identify_text(text: str) -> FileFormat:
    preamble = _PREAMBLE.match(text)
    start = text[preamble.end() if preamble else 0 :].lower()
    if start.startswith(_HTML_STARTS):
        return FileFormat("HTML page", "html")
    if not start.strip():
        return FileFormat("blank text", "other")
    if text.lstrip().startswith("<"):
        return FileFormat("XML document", "other")
    if re.match(r'\s*(\{\s*["}]|\[\s*["\[\]{\d])', text):
        return FileFormat("JSON document", "other")
    return FileFormat("text file", "other")


def diagnose(
    path: Path,
    *,
    found_sha256: str,
    sha256: str | None = None,
    size_bytes: int | None = None,
    announced_bytes: int | None = None,
) -> Diagnosis:
    """Say what a file is that is not, or not yet, known to be the recording asked for.

    Parameters
    ----------
    path : Path
        The file that arrived.
    found_sha256 : str
        Its digest.
    sha256 : str, optional
        The digest asked for, which is another one; None if any whole medium is welcome.
    size_bytes : int, optional
        The size asked for.
    announced_bytes : int, optional
        The size of what was sent, if only its beginning was kept because it was longer than `size_bytes`.

    Returns
    -------
    Diagnosis
        Never raises for what the bytes are.
    """
    found_bytes = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    kind = identify(head)
    expected = _describe(sha256, size_bytes)
    found = _describe(found_sha256 if announced_bytes is None else None, announced_bytes or found_bytes)
    if kind.family == "empty":
        return Diagnosis("empty", "an empty file", expected, found)
    if kind.family == "html":
        return Diagnosis("html-page", f"an HTML page in place of the recording{_title(head)}", expected, found)
    if kind.family == "other":
        return Diagnosis("not-media", f"no medium but {_with_article(kind.name)}", expected, found)
    if announced_bytes is None:
        missing = missing_part(path, kind.name)
        if missing:
            return Diagnosis("truncated", f"{_with_article(kind.name)} that is cut short: {missing}", expected, found)
    if sha256 is None:
        return Diagnosis("medium", f"a whole {kind.name}", expected, found)
    if announced_bytes is None and kind.name in _WITHOUT_END and size_bytes is not None and found_bytes < size_bytes:
        short = f"{size_bytes - found_bytes:,} bytes shorter than it should be"
        return Diagnosis("truncated", f"{_with_article(kind.name)}, {short}", expected, found)
    return Diagnosis(
        "changed", f"{_with_article(kind.name)}, but not the one that the manifest describes", expected, found
    )


# Formats whose end cannot be seen without decoding; there, less than expected is taken for a cut.
_WITHOUT_END = frozenset(
    {"MPEG video", "MPEG transport stream", "Blu-ray transport stream", "Matroska video", "ASF video", "Flash video"}
    | {"Ogg video", "DV video", "DICOM file", "raw H.264 stream", "raw H.265 stream"}
)


def _describe(sha256: str | None, size_bytes: int | None) -> str:
    digest = "" if sha256 is None else f"sha256:{sha256}"
    size = "" if size_bytes is None else f"{size_bytes:,} bytes"
    return f"{digest} ({size})" if digest and size else digest or size


def _with_article(name: str) -> str:
    if name == "unknown bytes":
        return name
    # By sound: an AVI, an MP4, an HTML page, but a JPEG and a QuickTime video.
    return f"an {name}" if re.match(r"[AEIO]|a[a-z]|MP|HTML|HEIF|XML|RAR", name) else f"a {name}"


def _title(head: bytes) -> str:
    match = _TITLE.search(_as_text(head) or "")
    words = " ".join(html.unescape(match.group(1)).split()) if match else ""
    printable = "".join(character for character in words if character.isprintable())
    if not printable:
        return ""
    return f" (its title: '{printable if len(printable) <= 60 else printable[:59] + '…'}')"
