"""Which video a picture was cut from, as far as the names tell that programs give to frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

__all__ = ["clips_of_frame"]

_EXTENSION = r"(?:\.[A-Za-z0-9]{2,5})?"
_PICTURE = re.compile(r"\.(?:png|jpe?g|bmp|tiff?|gif|webp|npy|dcm)\Z", re.IGNORECASE)
_WORD = r"(?:frames?|frm|fr|f|img|image|slice|still|shot|snapshot|snap|thumb|time|t)"
_STAMP = r"(?:\d+(?:[.,]\d+)?\s*(?:ms|s|sec)?|\d{1,2}(?:[-_.:hm]\d{2}){1,2}(?:[.,_-]\d+)?s?)"
_REMARK = r"(?:[\s_-]*\[[^\]]*\])?"

_NAMED = re.compile(rf"{_EXTENSION}[\s_.#@,-]+{_WORD}[\s_.#=-]*{_STAMP}{_REMARK}\Z", re.IGNORECASE)
"""``clip_frame12``, ``clip.mp4-frame-0012``, ``clip_t=1.5s``, ``clip.mp4_snapshot_00.12_[2021.03.04_11.22.33]``."""

_TIMED = re.compile(
    rf"{_EXTENSION}[\s_.#@-]+(?:\d+(?:[.,]\d+)?\s*(?:ms|s|sec)|\d{{1,2}}[-_.:h]\d{{2}}[-_.:m]\d{{2}}\S*)\Z"
)
"""``clip_12s``, ``clip-00.00.12.500``."""

_FIRST = re.compile(r"\A(?:frame|frm|img|image)[\s_.-]*\d+[\s_.-]+(?:of[\s_.-]+)?(?=\S)", re.IGNORECASE)
"""``frame_0012_clip``."""

_NUMBERED = re.compile(rf"{_EXTENSION}(?:[\s_.#@-]+\d+|\s*\(\d+\)|(?<=\D)\d{{3,}})\Z")
"""``clip_12``, ``clip-0012``, ``clip (3)``, ``clip0012``: a frame, or the name of another recording."""

_APPENDED = re.compile(r"(?<=\d)\d{4}\Z")
"""``clip 010012``: frame 12 of ``clip 01``, as ImageJ numbers a stack."""

_NUMBER_ALONE = re.compile(r"(?:[A-Za-z]+[\s_.-]*)?\d+\Z")
"""``0012`` or ``frame_0012`` in a folder that is named after the clip."""


def clips_of_frame(name: str) -> Iterator[tuple[str, bool]]:
    """Yield the names of the clips that a picture may be a frame of, the likeliest first.

    Parameters
    ----------
    name : str
        Name or path of the picture, with forward slashes.

    Yields
    ------
    clip : str
        Name or path of the clip, with or without an extension.
    certain : bool
        Whether the name says that it is a frame. A number alone may also tell recordings apart.

    Examples
    --------
    >>> list(clips_of_frame("fold0/clip_frame12.png"))[0]
    ('fold0/clip', True)
    >>> list(clips_of_frame("clip.mp4/0012.png"))
    [('clip.mp4', False)]
    >>> list(clips_of_frame("clip_12.png"))
    [('clip', False)]
    >>> list(clips_of_frame("clip_12.mp4"))
    []
    """
    path = PurePosixPath(name)
    is_picture = bool(_PICTURE.search(path.name))
    stem = re.sub(r"\.[A-Za-z0-9]{2,5}\Z", "", path.name)
    for pattern in (_NAMED, _TIMED, _FIRST):
        if (bare := pattern.sub("", stem)) != stem and bare.strip("."):
            yield str(path.with_name(bare)), True
    if is_picture and _NUMBER_ALONE.fullmatch(stem) and path.parent.name:
        yield str(path.parent), False
    for pattern in (_NUMBERED, _APPENDED):
        if is_picture and (bare := pattern.sub("", stem)) != stem and bare.strip("."):
            yield str(path.with_name(bare)), False
