"""The lung severity scores that the covid19_ultrasound project published in 2022, beside its sheet of 2021."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lusdata.catalog.importers.common import Log, read_rows
from lusdata.catalog.importers.pocus.rows import PocusRow

__all__ = ["READER", "SCALE", "severity_of"]

READER = "pocus-sheet-2022"
SCALE = "luscovid19-0-3"
"""The collection's own scale, which its collection.json defines."""

_COLUMNS = ("row", "filename", "probe", "type", "label", "lung_severity_score")


def severity_of(text: str, rows: Iterable[PocusRow], log: Log) -> dict[int, dict[str, Any]]:
    """Return the score of each row that has one, by row number.

    Lines of the two sheets are counted otherwise, so that names decide: a score belongs to the row of the same file
    name, transducer and kind, whose label agrees.

    Parameters
    ----------
    text : str
        ``pocus_severity.csv``; empty where there is none.
    rows : iterable of PocusRow
        The rows that become manifests.
    log : Log
        Gets what was matched and what was not.

    Raises
    ------
    DataError
        If a column is missing.
    """
    if not text:
        return {}
    named: dict[tuple[str, ...], list[PocusRow]] = defaultdict(list)
    for row in rows:
        named[_key(row.name, row.cells["Probe"], row.cells["Type"])].append(row)
    found: dict[int, dict[str, Any]] = {}
    for scored in read_rows(text, where="pocus_severity.csv", columns=_COLUMNS):
        matches = named[_key(scored["filename"], scored["probe"], scored["type"])]
        fault = _fault(scored, matches, found)
        if fault:
            log.note("severity-unmatched", 0, f"{scored['filename']}, score {scored['lung_severity_score']}: {fault}")
            continue
        row = matches[0]
        score = int(scored["lung_severity_score"])
        found[row.number] = {"scale": SCALE, "value": score, "reader": READER}
        log.note("severity", row.number, f"score {score}")
        if row.class_name == "healthy" and score:
            log.note("severity-healthy", row.number, f"{row.name}: score {score}")
    return found


def _key(name: str, probe: str, kind: str) -> tuple[str, ...]:
    return (name.casefold(), probe.casefold(), kind.casefold())


def _fault(scored: Mapping[str, str], matches: Sequence[PocusRow], found: Mapping[int, Any]) -> str:
    if not re.fullmatch(r"[0-3]", scored["lung_severity_score"]):
        return "no whole number from 0 to 3"
    if not matches:
        return "the sheet has no such recording"
    if len(matches) > 1:
        return f"the sheet has {len(matches)} such recordings"
    if matches[0].number in found:
        return "a second score of one recording"
    label = matches[0].cells["Label"]
    return "" if label.casefold() == scored["label"].casefold() else f"the sheet's label is {label}"
