"""Text that a video carries beside its pictures: titles, comments, places, days."""

from __future__ import annotations

from pathlib import Path

from lusdata.media.decode.opening import check_whole, open_video

__all__ = ["text_tags"]

# What programs write about themselves and about the layout of the file; nobody's name is in there.
_TECHNICAL = frozenset(
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
_LONGEST = 200


def text_tags(path: Path) -> dict[str, str]:
    """Return the text that a file says of itself, without what is only technical.

    Parameters
    ----------
    path : Path
        A video or a picture.

    Returns
    -------
    dict of str to str
        By the tag's name in lower case, such as ``title`` or ``creation_time``; each cut after 200 characters.

    Raises
    ------
    DecodeError, OSError
        As `lusdata.media.decode.decoder.decode`.
    """
    check_whole(path)
    with open_video(path) as (container, stream):
        found = {**container.metadata, **stream.metadata}
    return {
        name.lower(): " ".join(text.split())[:_LONGEST]
        for name, text in sorted(found.items())
        if text.strip() and name.lower() not in _TECHNICAL and not name.startswith("_")
    }
