"""What of an inventory may name a person, a day or a place: by values alone, without a look at the file.

Three answers. What is sure to be of programs about themselves is passed over, by its wording and never by its tag's
name alone. What names a person, a place or the day on which the picture was taken, and whatever nobody can read, is
refused. All other text is shown for a person to judge, a day on which a file was written among it: platforms and
programs write that unasked, and it may still be the day of an examination.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lusdata.catalog.rules.privacy import dates, private_words
from lusdata.media.beside.item import SILENT, Item, Kind

__all__ = ["Remark", "judge"]

_BRANDS = (
    r"isom|iso[2-9a]|avc1|mp4[12]|M4[AVP]|m4[av]|qt|3g[2p][a-s0-9]|dash|ms[dn][hxv]|MSNV|msix|mmp4|ndsc|f4v|XAVC|hvc1"
    r"|cmfc|heic|mif1|iods|lmsg|msdh"
)
_HANDLERS = (
    r"(?:(?:Core Media|Apple|Mainconcept|GPAC ISO|Bento4|USP|L-SMASH|ISO|Ambarella|DJI|GoPro)\s*)?"
    r"(?:Alias |MP4 |ISO |Media )?(?:Video|Sound|Audio|Subtitle|Text|TimeCode|Time Code|Data|URL|Meta|Hint)?"
    r"\s*(?:Media )?(?:Data )?(?:Handler|handler|HDLR)|Core Media (?:Video|Audio|Metadata|Data Handler)"
    r"|VideoHandle|SoundHandle|Twitter-vork \w+ track|ISO Media file produced by Google Inc\.?"
    r"(?: Created on: [\d/]+\.?)?"
)
_PROGRAM = (
    r"(?:Lav[cf][\d.]*|libvpx(?:-vp9)?|libx26[45]|HandBrake \d[\d.]* \d+|H\.?26[45]|AVC Coding|GStreamer [\w. ]+"
    r"|Xiph\.Org lib\w+ [\w .-]+|mkvmerge v[\d.]+|Windows Photo Editor [\d.]+|ImageMagick [\w. :/-]+)"
)
_PROFILE = (
    r"(?:sRGB(?: IEC61966-2[-.]1)?(?: built-in)?|Adobe RGB \(1998\)|Display(?: P3)?|Color LCD|IEC http://www\.iec\.ch"
    r"|Generic (?:RGB|Gray)(?: Gamma 2\.2)? Profile|No copyright, use freely|Public Domain"
    r"|(?:Copyright )?(?:\(c\) |\u00a9 ?)?[\d,-]*\s*(?:Apple|Adobe|Hewlett-Packard|Google|ICC)"
    r"(?:,? (?:Inc\.?|Systems|Computer|Company|Incorporated)){0,3},? ?[\d-]*)"
)
_ENCODER = (
    r"x26[45] (?:- core \d+[\w ]*|\(build \d+\) - [\w.+:-]+(?:\[[^\[\]]*\])+[\w +]*) ?"
    r"- H\.26[45]/[\w-]+(?: \w+)? codec - Copy(?:left|right) [\d-]+(?: \(c\) Multicoreware, Inc)?"
    r" - http://[\w./]+ - options: (?:[\w-]+(?:=[\w.:,-]+)?(?: |$))*"
)
_NUMBER = r"-?\d+(?:[./:]\d+)*"
# What programs write about themselves, by tag. What does not read like this is shown as all other text is.
_OF_PROGRAMS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "encoder": rf"{_PROGRAM}(?: [a-z0-9_]{{2,16}})?",
        "software": _PROGRAM,
        "coded": rf"(?:{_PROGRAM}|{_ENCODER}|DivX\d\w*|XviD\d*|AVI1)",
        "processingsoftware": _PROGRAM,
        "major_brand": _BRANDS,
        "minor_version": r"\d{1,10}",
        "compatible_brands": rf"(?:(?:{_BRANDS})\s*)+",
        "handler_name": _HANDLERS,
        "vendor_id": r"(?:\[0\]){4}|FFMP|appl|\w{4}",
        "language": r"[a-z]{2,3}",
        "duration": _NUMBER,
        "loop": r"\d+",
        "timecode": r"\d\d:\d\d:\d\d[:;]\d\d",
        "rotate": r"-?\d{1,3}",
        "variant_bitrate": r"\d+",
        "alpha_mode": r"\d",
        "creation_time": r"(?:1970|1904)-01-01T00:00:00(?:\.0*)?Z?",
        "colour profile": rf"{_PROFILE}(?:; {_PROFILE})*",
        "exifversion": r"0\d\d\d",
        "flashpixversion": r"0100",
        "interopversion": r"0100",
        "jfif": r"JF(?:IF|XX)",
        "adobe": r"Adobe\W*",
        "photoshop 3.0": r"Photoshop 3\.0(?: 8BIM)*",
        "other text": r"ASCII",
        **dict.fromkeys(("subsectime", "subsectimeoriginal", "subsectimedigitized"), r"\d{1,3}"),
        **dict.fromkeys(("hd_video", "media_type", "episode_sort", "season_number"), r"\d{1,2}"),
        "interopindex": r"R98|THM|R03",
    }.items()
}
_PROGRAM_TAGS = frozenset({"encoder", "software", "processingsoftware", "handler_name"})
"""Tags in which a day is one of a program's release; any other private word in them counts."""
_FILE_DAYS = frozenset({"creation_time", "date", "datetime", "date_released", "time of the last change", "year", "xmp"})
"""Tags that say when a file was written or published."""
_PICTURE_DAYS = frozenset(
    {"idit", "date_recorded", "datetimeoriginal", "datetimedigitized", "com.apple.quicktime.creationdate"}
)
"""Tags that by their definition say when a picture was taken."""
_ADDRESS = "address"
"""A web address, which everybody sees who uses the recording; a day in it is mostly that of its publication."""
_DAYS_PASS = _FILE_DAYS | _PROGRAM_TAGS | {"colour profile", _ADDRESS}
_PLACES = ("location", "gps", "geo", "xyz", "city", "country", "sublocation")

_WHY: Mapping[Kind, str] = {
    "sound": "speech can name a person",
    "subtitle": "subtitles can name a person",
    "video": "a second video that nobody looked at can show a name",
    "picture": "a second picture that nobody looked at can show a name",
    "attachment": "an attached file can hold anything",
    "data": "a stream of data can hold anything",
    "bytes": "bytes that no program shows can hold anything",
}


@dataclass(frozen=True)
class Remark:
    """What is to be said of an item.

    Attributes
    ----------
    item : Item
        The item.
    level : {"refused", "shown"}
        Whether the file may not be added as it is, or a person is to judge.
    why : str
        Why it matters, as a clause.
    words : str
        The words that matter; empty where none can be told.
    """

    item: Item
    level: Literal["refused", "shown"]
    why: str
    words: str = ""


def judge(items: Iterable[Item]) -> tuple[Remark, ...]:
    """Judge an inventory.

    Parameters
    ----------
    items : iterable of Item
        What stands beside the pictures.

    Returns
    -------
    tuple of Remark
        What is refused first; then what is shown, words of people before numbers.

    Examples
    --------
    >>> [(one.level, one.why) for one in judge([Item("tag 'title'", "text", "MUSTERFRAU^ERIKA", "title")])]
    [('refused', 'it may name a person, a day or a place')]
    >>> [one.level for one in judge([Item("tag 'date'", "text", "2020-08-25", "date")])]
    ['shown']
    >>> judge([Item("tag 'encoder'", "text", "Lavf58.29.100", "encoder")])
    ()
    """
    found = [finding for item in items if (finding := _judged(item)) is not None]
    return tuple(sorted(found, key=lambda one: (one.level, not re.search(r"[^\W\d_]", one.words))))


def _judged(item: Item) -> Remark | None:
    if item.kind != "text":
        heard = item.kind == "sound" and item.text == SILENT
        return None if heard else Remark(item, "refused", _WHY[item.kind], item.text)
    if any(part in item.name for part in _PLACES):
        return Remark(item, "refused", "it says a place", item.text)
    usual = _OF_PROGRAMS.get(item.name)
    if usual is not None and usual.fullmatch(item.text):
        return None
    days = dates(item.text)
    if days and item.name in _PICTURE_DAYS:
        return Remark(item, "refused", "it says the day on which the picture was taken", item.text)
    private = private_words(item.text, days=item.name not in _DAYS_PASS)
    if private:
        return Remark(item, "refused", "it may name a person, a day or a place", private[0])
    if item.name == _ADDRESS and not days:
        return None
    why = "it says a day, which may be that of the examination" if days else "it may mean a person or a place"
    return Remark(item, "shown", why, item.text)
