"""Text that a video carries beside its pictures: titles, comments, places, days."""

from __future__ import annotations

from pathlib import Path

from lusdata.media.decode.beside import parts_beside
from lusdata.media.decode.opening import check_whole, open_video, tags_of

__all__ = ["TECHNICAL", "text_tags"]

TECHNICAL = frozenset(
    {
        "encoder",
        "major_brand",
        "minor_version",
        "compatible_brands",
        "handler_name",
        "vendor_id",
        "language",
        "duration",
    }
    | {"loop", "software", "timecode", "rotate", "variant_bitrate", "number_of_frames", "number_of_bytes", "alpha_mode"}
)
"""Tags in which programs write about themselves and about the layout of the file, days of their release among it."""

_NAMES_OF_FILMS = {"datetime": "creation_time", "datetimeoriginal": "creation_time", "com": "comment"}
"""What tags of still pictures are called in films."""


def text_tags(path: Path) -> dict[str, str]:
    """Return the text that a file says of itself.

    Parameters
    ----------
    path : Path
        A video or a picture.

    Returns
    -------
    dict of str to str
        By the tag's name in lower case, such as ``title`` or ``creation_time``, on one line; `TECHNICAL` ones, too.

    Raises
    ------
    DecodeError, OSError
        As `lusdata.media.decode.decoder.decode`.
    """
    check_whole(path)
    with open_video(path) as (container, stream):
        found = [*tags_of(container).items(), *tags_of(stream).items()]
    for part in parts_beside(path):
        if part.place == "GPS":
            found.append(("location", "coordinates"))
        elif part.size_bytes:
            found.append((_NAMES_OF_FILMS.get(part.name.lower(), part.name), part.text))
    tags: dict[str, str] = {}
    for name, text in sorted(found):
        words = " ".join(text.split())
        # A stream may have a title beside its file's.
        if words and words not in tags.get(name.lower(), ""):
            tags[name.lower()] = f"{tags[name.lower()]}; {words}" if name.lower() in tags else words
    return tags
