"""Files of one examination, told from when and by what they were taken: days and minutes in names and tags. No I/O."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lusdata.wording import counted, one_line

__all__ = ["Moment", "examinations", "moment_in", "moment_of_tags"]

_YEAR_FIRST = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_.:]?)(\d\d)\2(\d\d)(?:[T _-]{0,2}(\d\d)[-_.:h]?(\d\d)(?:[-_.:m]?\d\d)?)?(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d\d)([-_.])(\d\d)\2((?:19|20)\d\d)(?!\d)")
_WORDS = re.compile(r"[A-Za-z]{3} ([A-Za-z]{3}) +(\d{1,2}) (\d\d):(\d\d)(?::\d\d)? (\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TAGS = (
    "datetimeoriginal",
    "date_recorded",
    "idit",
    "com.apple.quicktime.creationdate",
    "creation_time",
    "datetimedigitized",
    "date",
    "datetime",
)
"""Names of tags that tell when a file was taken, in lower case, the surest first."""
_FIRST_YEAR = 1990
"""Earlier ones are what clocks that were never set tell."""
_NEAR = datetime.timedelta(minutes=30)


@dataclass(frozen=True)
class Moment:
    """When and by what a file was taken.

    Attributes
    ----------
    day : datetime.date
        The day; it stays in memory.
    minute : datetime.datetime or None
        The minute, where one is told.
    device, size : str
        By which device, and how large the pictures are, for people; empty where nobody knows.
    """

    day: datetime.date
    minute: datetime.datetime | None = None
    device: str = ""
    size: str = ""


def moment_in(text: str) -> tuple[datetime.date, datetime.datetime | None] | None:
    """Return the day, and the minute if there is one, that a name or a tag tells.

    Examples
    --------
    >>> moment_in("scan_2024-03-14.mp4"), moment_in("20240314_101522.mp4")[1].isoformat()
    ((datetime.date(2024, 3, 14), None), '2024-03-14T10:15:00')
    >>> moment_in("SAT MAR 14 10:15:22 2020")[0].isoformat(), moment_in("14.03.2020")[0].isoformat()
    ('2020-03-14', '2020-03-14')
    >>> moment_in("IMG_0042.mp4"), moment_in("20249999.mp4"), moment_in("1904-01-01T00:00:00")
    (None, None, None)
    """
    if found := _YEAR_FIRST.search(text):
        return _moment(found[1], found[3], found[4], found[5], found[6])
    if found := _YEAR_LAST.search(text):
        # Files of one day are told by either reading.
        return _moment(found[4], found[3], found[1]) or _moment(found[4], found[1], found[3])
    if (found := _WORDS.search(text)) and found[1].lower() in _MONTHS:
        return _moment(found[5], str(_MONTHS.index(found[1].lower()) + 1), found[2], found[3], found[4])
    return None


def _moment(
    year: str, month: str, day: str, hour: str | None = None, minute: str | None = None
) -> tuple[datetime.date, datetime.datetime | None] | None:
    try:
        date = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    if date.year < _FIRST_YEAR:
        return None
    if hour is None or minute is None or int(hour) > 23 or int(minute) > 59:
        return date, None
    return date, datetime.datetime.combine(date, datetime.time(int(hour), int(minute)))


def moment_of_tags(tags: Iterable[tuple[str, str]]) -> str:
    """Return what the surest of a file's tags says of when it was taken; empty if none does.

    Examples
    --------
    >>> moment_of_tags([("title", "2020-01-01"), ("creation_time", "2024-03-14T10:15:22.000000Z")])
    '2024-03-14T10:15:22.000000Z'
    """
    told = {name: text for name, text in tags if name in _TAGS and moment_in(text)}
    return next((told[name] for name in _TAGS if name in told), "")


def examinations(taken: Mapping[str, Moment]) -> dict[str, tuple[str, str]]:
    """Put together what was taken on one day, without a pause of half an hour where minutes are told.

    Devices tell examinations apart only where every file of the day names one, and sizes of pictures never do: what is
    cut otherwise is no other patient's. A group that is too wide leaks nothing.

    Parameters
    ----------
    taken : Mapping of str to Moment
        By the file's name.

    Returns
    -------
    dict of str to (str, str)
        For each file what is the same for one examination, and the reason, for people.

    Examples
    --------
    >>> def at(text, device=""): return Moment(*moment_in(text), device, "800 x 600 px")
    >>> found = examinations({"a": at("20240314_1015"), "b": at("20240314_1032"), "c": at("20240314_1500")})
    >>> found["a"][0] == found["b"][0], found["c"][0] == found["a"][0], found["a"][1]
    (True, False, 'taken within 17 minutes, pictures of 800 x 600 px')
    >>> found = examinations({"a": at("20240314", "X"), "b": at("20240314", "Y")})
    >>> found["a"][0] == found["b"][0], found["a"][1]
    (False, 'taken on one day, by X, pictures of 800 x 600 px')
    """
    names_of: dict[datetime.date, list[str]] = defaultdict(list)
    for name, one in taken.items():
        names_of[one.day].append(name)
    found: dict[str, tuple[str, str]] = {}
    for day, all_names in names_of.items():
        by_device = all(taken[name].device for name in all_names)
        parts: dict[str, list[str]] = defaultdict(list)
        for name in all_names:
            parts[taken[name].device if by_device else ""].append(name)
        for device, names in parts.items():
            minutes = {name: minute for name in names if (minute := taken[name].minute) is not None}
            # One file without a minute may belong to any of that day.
            runs = _runs(minutes) if len(minutes) == len(names) else [sorted(names)]
            for run in runs:
                start = minutes[run[0]].time() if len(minutes) == len(names) else ""
                reason = _reason([taken[name] for name in run], device)
                found |= dict.fromkeys(run, (f"{day}|{start}|{device}", reason))
    return found


def _reason(run: list[Moment], device: str) -> str:
    minutes = [one.minute for one in run if one.minute is not None]
    span = int((max(minutes) - min(minutes)).total_seconds() // 60) if len(minutes) == len(run) else None
    told = ["taken on one day" if span is None else f"taken within {counted(max(span, 1), 'minute')}"]
    told += [f"by {one_line(device, most=40)}"] if device else []
    sizes = {one.size for one in run}
    told += [f"pictures of {sizes.pop()}"] if len(sizes) == 1 and sizes != {""} else []
    return ", ".join(told)


def _runs(minutes: Mapping[str, datetime.datetime]) -> list[list[str]]:
    runs: list[list[str]] = []
    last: datetime.datetime | None = None
    for name in sorted(minutes, key=lambda name: (minutes[name], name)):
        if last is None or minutes[name] - last > _NEAR:
            runs.append([])
        runs[-1].append(name)
        last = minutes[name]
    return runs
