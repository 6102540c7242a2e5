"""The A- and B-line annotations of CIT Kosice: one task of an annotation tool a video, with polygons and tracks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lusdata.catalog.importers.common import (
    Imported,
    Log,
    Practice,
    imported_rows,
    raw_address,
    read_rows,
    read_text,
    skeleton,
)
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.rules.privacy import dates
from lusdata.errors import DataError

__all__ = ["COLLECTION", "CitSources", "draft", "read"]

COLLECTION = "cit"
_REPOSITORY = "cit-research/Lung-Ultrasound-A-B-lines-classification"
_COMMIT = "b2f658b1fd24ed6e56fd97d331240dca6b07f51f"
"""State of the repository in which its videos lie beside the tasks."""

_TABLE = "recordings.csv"
_READER = "cit-annotators"
_SINCE = "2026-11-29"
"""Day on which the tasks were taken in."""

_PROBES = {"USG-A-lines": "convex", "USG-B-lines": "convex", "USG-no-lines-linear": "linear"}
_SHAPES = {
    "aline": ("a_lines", "present"),
    "bline": ("b_lines", "present"),
    "lungslidingpresent": ("lung_sliding", "present"),
    "lungslidingabsent": ("lung_sliding", "absent"),
    "lungpoint": ("lung_point", "present"),
    "pleural_effusion": ("effusion", "present"),
}
"""Label of a shape, and what it says of the recording."""

_NAME = re.compile(r"(\d{3}|x)_image_(\d+)(?:_([A-Z]))?\.mp4")
_COLUMNS = ("task", "folder", "path", "git_blob_sha1", "task_name")

RULES = {
    "pattern": Practice(
        "Findings",
        "What somebody drew is present, or absent where the label says so. What nobody drew in a recording is left "
        "out: the tasks do not say what was looked for.",
    ),
    "sliding-both": Practice("Sliding drawn as present and as absent", "Lung sliding is unknown."),
    "class": Practice("Class", "No task states a diagnosis: the class is unknown."),
    "patient": Practice("Patients", "The number before a task's name is the patient's. Its recordings are one group."),
    "no-patient": Practice(
        "No number before the name", "Nobody knows whose the recording is. It stands in a group of its own."
    ),
    "probe": Practice("Transducer", "The folder of the task tells the linear from the convex transducer."),
    "address": Practice(
        "Addresses",
        "The address is that of the file's path at the commit that brought the videos. Nobody has verified it; the "
        "name that git gives the content is known, and `lusdata fetch --pin` takes no other.",
    ),
    "day-in-name": Practice(
        "A day in a file name", "It may be that of an examination. Path, address and name are left out."
    ),
}

_LEFT_BEHIND = (
    "Polygons and tracks: a manifest says that a sign is there, not where.",
    "Pleura, ribs, diaphragm and organs: no patterns of a manifest.",
    "Number, size and check sums of frames: a manifest has decoded facts or none.",
)


@dataclass(frozen=True)
class CitSources:
    """The upstream files as text.

    Attributes
    ----------
    table : str
        ``recordings.csv``: for each task its folder, its video's path and the name of the video's content in git.
    tasks : Mapping of str to str
        ``annotations.json`` by folder and task.
    """

    table: str
    tasks: Mapping[str, str] = field(default_factory=dict)


def read(folder: Path, media: tuple[str, ...] = ()) -> CitSources:
    """Read the upstream files of a folder; where a video lies is stated in its table.

    Raises
    ------
    UsageError
        If the table is missing.
    DataError
        If a file is not UTF-8.
    """
    del media
    tasks = sorted((folder / "Dataset").glob("*/*/annotations.json"))
    texts = {f"{path.parent.parent.name}/{path.parent.name}": read_text(path) for path in tasks}
    return CitSources(read_text(folder / _TABLE), texts)


def draft(sources: CitSources) -> Imported:
    """Decide about every task; see `lusdata.catalog.importers`.

    Raises
    ------
    DataError
        If a column is missing, or annotations have another form.
    """
    log = Log()
    return imported_rows(
        read_rows(sources.table, where=_TABLE, columns=_COLUMNS),
        lambda number, row: _draft(number, row, sources.tasks, log),
        log,
        name="task",
        collection=COLLECTION,
        title="the annotation tasks of the Kosice A- and B-lines collection (MIT)",
        renewal="lusdata import cit DIR",
        rules=RULES,
        left_behind=_LEFT_BEHIND,
        of_all={"class": "{count} recordings", "address": "{count} recordings"},
    )


def _shapes(text: str, where: str) -> Counter[str]:
    """Count the shapes and tracks of a task by label."""
    try:
        jobs = json.loads(text)
        if not isinstance(jobs, list):
            raise TypeError(type(jobs).__name__)
        return Counter(shape["label"] for job in jobs for kind in ("shapes", "tracks") for shape in job[kind])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            "annotations of another form", where=where, expected="jobs with shapes and tracks", found=str(error)
        ) from error


def _draft(number: int, row: Mapping[str, str], tasks: Mapping[str, str], log: Log) -> dict[str, Any] | str:
    name = _NAME.fullmatch(row["task_name"])
    if name is None or row["folder"] not in _PROBES:
        return "the name or the folder has another form"
    where = f"{row['folder']}/{row['task']}"
    if where not in tasks:
        return "the task has no annotations"
    shapes = _shapes(tasks[where], where)
    has_day = bool(dates(row["task_name"]) or dates(row["path"]))
    stem = row["task"] if has_day else "-".join(part.lower() for part in name.groups() if part)
    identifier = f"{COLLECTION}/{stem.replace('_', '-')}"
    probe = _PROBES[row["folder"]]
    log.note("probe", number, probe)
    if name[1] == "x":
        group = {"id": identifier.replace("/", "/unknown-"), "basis": "unknown"}
        log.note("no-patient", number, identifier)
    else:
        group = {"id": f"{COLLECTION}/patient-{name[1]}", "basis": "patient"}
        log.note("patient", number, f"patient {name[1]}")
    source: dict[str, Any] = {
        "provider": "cit-kosice",
        "page": f"https://github.com/{_REPOSITORY}",
        "access": "direct",
        "locations": [raw_address(_REPOSITORY, _COMMIT, row["path"])],
        "path": row["path"],
        "other_digests": {"git_blob_sha1": row["git_blob_sha1"]},
        "licence": licence_entry("MIT"),
        "attribution": f"CIT Kosice, https://github.com/{_REPOSITORY}; MIT",
    }
    if has_day:
        source.update(access="manual", locations=[])
        del source["path"]
        log.note("day-in-name", number, row["task"])
    data: dict[str, Any] = {
        **skeleton(identifier),
        "kind": "video",
        "status": {"state": "included", "since": _SINCE},
        "source": source,
        "probe": probe,
        "class": "unknown",
        "class_basis": "unknown",
        "group": group,
    }
    reading = _reading(number, shapes, log)
    if reading:
        data["patterns"] = [{"reader": _READER, **reading}]
    return data


def _reading(number: int, shapes: Mapping[str, int], log: Log) -> dict[str, str]:
    reading: dict[str, str] = {}
    for label, (pattern, word) in _SHAPES.items():
        if shapes.get(label):
            reading[pattern] = "unknown" if reading.get(pattern, word) != word else word
    if reading.get("lung_sliding") == "unknown":
        log.note("sliding-both", number, "")
    told = ", ".join(f"{pattern.replace('_', ' ')} {word}" for pattern, word in reading.items())
    log.note("pattern", number, told or "nothing drawn")
    return reading
