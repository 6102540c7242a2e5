"""What the heads of a user's table mean: a stated table of words, and what the user says beside it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lusdata.catalog.patterns import pattern_names
from lusdata.errors import UsageError
from lusdata.suggestion import meant

__all__ = ["LEFT_OUT", "MEANINGS", "Columns", "meanings", "parse_map", "plain_title", "understand_columns"]


def _heads(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MEANINGS: Mapping[str, tuple[str, ...]] = {
    "file": _heads(
        "file filename filepath path clip clipname video videofile videoname image imagefile imagename img media"
        " recording loop cine datei dateiname fichier archivo"
    ),
    "patient": _heads(
        "patient patientid patientcode patientno patientnumber pid pat patid patno subject subjectid subjectcode"
        " participant participantid proband person case caseid mrn patientennummer fallnummer"
    ),
    "class": _heads(
        "class label diagnosis diagnose dx finaldiagnosis clinicaldiagnosis clindiagnosis disease category pathology"
        " klasse diagnostic diagnostico"
    ),
    "severity": _heads(
        "severity severityscore score lus luss lusscore lungscore lungultrasoundscore grade schwere schweregrad"
    ),
    "probe": _heads("probe probetype transducer transducertype scanhead schallkopf sonde sonda"),
    "zone": _heads("zone lungzone view point bluepoint position region area"),
    "side": _heads("side laterality hemithorax seite"),
    "date": _heads(
        "date datum day examdate studydate scandate acquisitiondate recordingdate visitdate untersuchungsdatum"
    ),
    "day_offset": _heads("dayoffset studyday hospitalday daysfromadmission daysfromfirst"),
    "age": _heads("age ageyears patientage patage alter edad"),
    "sex": _heads("sex gender patientsex patientgender patsex patgender geschlecht sexe sexo"),
    "quality": _heads("quality imagequality bildqualitat"),
    "b_line_count": _heads("blinecount blinescount numberofblines nblines"),
    "depth_cm": _heads("depth depthcm scandepth"),
}
"""Meanings with the heads that have them, without case, blanks and signs; patterns are added by `meanings`."""

_PATTERN_HEADS: Mapping[str, tuple[str, ...]] = {
    "b_lines": ("bline",),
    "a_lines": ("aline",),
    "consolidation": ("consolidations",),
    "effusion": ("pleuraleffusion", "effusions"),
    "pleural_irregularity": ("irregularpleura", "irregularpleuralline", "pleurairregular"),
    "air_bronchogram": ("airbronchograms", "bronchogram"),
    "lung_sliding": ("sliding", "pleuralsliding"),
}
_TASK = re.compile(r"task:[a-z0-9]+(?:-[a-z0-9]+)*")
LEFT_OUT = "-"
"""What stands for a column in ``--map`` whose content is not wanted."""


@dataclass(frozen=True)
class Columns:
    """How the heads of one table were understood.

    Attributes
    ----------
    places : Mapping of str to int
        Position of the column of each meaning.
    unused : tuple of int
        Positions of columns that mean nothing here.
    left_out : tuple of int
        Positions of columns that the user does not want to be read.
    doubts : tuple of str
        What has to be decided first, a line each.
    """

    places: Mapping[str, int]
    unused: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    doubts: tuple[str, ...] = field(default=())


def meanings() -> dict[str, tuple[str, ...]]:
    """Return every meaning of a column with its heads, without case, blanks and signs."""
    patterns = {
        name: (plain_title(name), *_PATTERN_HEADS.get(name, ())) for name in pattern_names() if name != "normal"
    }
    return {**MEANINGS, **patterns}


def plain_title(text: str) -> str:
    """Return a head without case, blanks and signs.

    Examples
    --------
    >>> plain_title("Severity Score"), plain_title("B-lines")
    ('severityscore', 'blines')
    """
    return re.sub(r"[\W_]+", "", text).casefold()


def parse_map(text: str) -> dict[str, str]:
    """Read ``meaning=column,column=-`` as a user writes it.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> parse_map("patient=pid, severity=Severity Score, name=-")
    {'patient': 'pid', 'severity': 'Severity Score', 'name': '-'}
    """
    found: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        left, sign, right = (piece.strip() for piece in part.partition("="))
        if not sign or not left or not right:
            raise UsageError("not a mapping", where="--map", expected="meaning=column, or column=-", found=repr(part))
        if right != LEFT_OUT and left not in meanings() and not _TASK.fullmatch(left):
            expected = f"one of {', '.join(meanings())}, or task:NAME for a label of your own"
            hint = meant(left, meanings()) or None
            raise UsageError("no such meaning", where="--map", expected=expected, found=repr(left), hint=hint)
        if found.get(left, right) != right:
            raise UsageError("a meaning has one column", where="--map", found=f"{left} twice")
        found[left] = right
    return found


def understand_columns(head: Sequence[str], told: Mapping[str, str]) -> Columns:
    """Find out what the columns of a table mean.

    Parameters
    ----------
    head : sequence of str
        Titles as they are written.
    told : Mapping of str to str
        From `parse_map`; what names no column of this table is passed over here.

    Examples
    --------
    >>> found = understand_columns(["Clip", "pid", "Notes"], {})
    >>> found.places, found.unused
    ({'file': 0, 'patient': 1}, (2,))
    """
    titles = [plain_title(title) for title in head]
    dropped = {plain_title(name) for name, column in told.items() if column == LEFT_OUT}
    meant = {word for name, column in told.items() if column == LEFT_OUT for word in meanings().get(name, ())}
    left_out = tuple(n for n, title in enumerate(titles) if title in dropped | meant)
    places: dict[str, int] = {}
    doubts: list[str] = []
    for meaning, column in told.items():
        if column != LEFT_OUT and plain_title(column) in titles:
            places[meaning] = titles.index(plain_title(column))
    for meaning, words in meanings().items():
        if meaning in places or meaning in told:
            continue
        free = [n for n, t in enumerate(titles) if t in words and n not in left_out and n not in places.values()]
        if len(free) > 1:
            names = " or ".join(repr(head[n]) for n in free)
            doubts.append(f"the column of {meaning} may be {names}: say which with --map {meaning}=...")
        elif free:
            places[meaning] = free[0]
    used = {*places.values(), *left_out}
    return Columns(places, tuple(n for n in range(len(head)) if n not in used), left_out, tuple(doubts))
