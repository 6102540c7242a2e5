"""What stands beside the pixels of a still picture, as items of the inventory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PIL import ImageCms

from lusdata.errors import DecodeError
from lusdata.media.beside.item import Item, plain
from lusdata.media.decode.directories import directories
from lusdata.media.decode.pillow import open_picture
from lusdata.media.decode.segments import BEHIND, Segment, jpeg_segments, png_chunks, riff_chunks
from lusdata.media.decode.still_metadata import Beside, parts_beside

__all__ = ["still_items"]

_FRAMING: Mapping[str, Callable[[bytes], Iterator[Segment]]] = {
    "JPEG image": jpeg_segments,
    "PNG image": png_chunks,
    "WebP image": riff_chunks,
}
_FORMS = {"JPEG image": "JPEG", "PNG image": "PNG", "TIFF image": "TIFF", "WebP image": "WEBP"}
_PIXELS = frozenset({"DA", "IDAT", "fdAT", "VP8 ", "VP8L", "ALPH", "ANMF", BEHIND})
_PROFILES = frozenset({"colour profile", "icc_profile", "iccprofile", "interprofile"})
_NAMES = {"com": "comment"}


def still_items(path: Path, kind: str) -> Iterator[Item]:
    """List what a still picture holds beside its pixels.

    Parameters
    ----------
    path : Path
        A JPEG, PNG, WebP or TIFF file; of others nothing is told.
    kind : str
        Its format, as `lusdata.media.diagnose.identify` names it.

    Yields
    ------
    Item
        Texts, thumbnails, and bytes behind the end; numbers that say neither a place nor a day are left out.
    """
    for part in parts_beside(path):
        if part.name.lower() not in _PROFILES:
            yield from _of_part(part)
    if kind in _FORMS:
        yield from _profile(path, _FORMS[kind])
    if kind == "TIFF image":
        with path.open("rb") as file:
            below = sum(directory.place == "sub-directory" for directory in directories(file))
        if below:
            yield Item("a picture below the page of a TIFF", "picture")
    elif kind in _FRAMING:
        for segment in _FRAMING[kind](path.read_bytes()):
            if segment.kind not in _PIXELS and b"\xff\xd8\xff" in segment.body:
                yield Item(f"a thumbnail in {segment.kind}", "picture")


def _profile(path: Path, form: str) -> Iterator[Item]:
    """Yield what a colour profile says of itself; its tables look like text and are none."""
    try:
        with open_picture(path, form) as picture:
            data = picture.info.get("icc_profile")
            profile = ImageCms.ImageCmsProfile(io.BytesIO(data)).profile if data else None
    except (DecodeError, OSError, ImageCms.PyCMSError):
        # What is wrong with the picture, decoding says; a profile that cannot be read says nothing.
        return
    if profile is not None:
        said = (profile.profile_description, profile.copyright, profile.manufacturer, profile.model)
        text = plain("; ".join(dict.fromkeys(words for words in said if words)))
        if text:
            yield Item("colour profile", "text", text, "colour profile")


def _of_part(part: Beside) -> Iterator[Item]:
    place = part.place if part.name in ("", part.place) else f"{part.place} '{plain(part.name)[:40]}'"
    if part.place == BEHIND:
        yield Item(f"{part.size_bytes:,} bytes {BEHIND} ({part.name})", "bytes", plain(part.text))
    elif part.place == "GPS":
        yield Item(place, "text", plain(part.text) or "coordinates", "gps")
    elif part.size_bytes and part.text:
        name = part.name.lower()
        yield Item(place, "text", plain(part.text), _NAMES.get(name, name))
