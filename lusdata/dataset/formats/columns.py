"""The facts of a recording that rows repeat: one name and one meaning at every door.

Parquet and TFRecord shards, the table, the Hugging Face folder and Croissant all take their columns from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import VERDICTS, pattern_names, pattern_word, verdicts

__all__ = ["FRAME_COLUMNS", "Column", "fact_columns", "facts_of", "pattern_value", "severity_column", "severity_value"]

Kind = Literal["text", "number", "integer", "image", "crop"]


@dataclass(frozen=True)
class Column:
    """A column of rows.

    Attributes
    ----------
    name : str
        The same everywhere.
    kind : {"text", "number", "integer", "image", "crop"}
        A text, a float64, an int32, a picture, or four int32.
    meaning : str
        What stands in it, in a sentence.
    """

    name: str
    kind: Kind
    meaning: str


_FIRST = (
    Column("recording", "text", "Name of the recording, never reused."),
    Column("class", "text", "Diagnosis of the patient."),
    Column("probe", "text", "Transducer."),
    Column("group", "text", "Patient group: split by it, never by frame or recording."),
)
_LAST = (
    Column("provider", "text", "Who published it."),
    Column("licence", "text", "SPDX identifier of its licence, or LicenseRef-*."),
    Column("attribution", "text", "Whom to name; empty if the manifest does not say."),
    Column("source_sha256", "text", "Sha256 of the file that the frames were made of."),
)
FRAME_COLUMNS = (
    Column("frame_index", "integer", "Position in the file, from 0."),
    Column("time_s", "number", "Presentation time, in seconds from the recording's first frame."),
    Column("image", "image", "The frame: the bytes of a PNG file."),
    Column("crop", "crop", "Window of the file that was kept: left, top, width, height, in pixels."),
)
"""The columns that differ from frame to frame, and the window, which is made and no fact of the manifest."""


def severity_column(scale: str) -> str:
    """Return the column of a scale of severity.

    Examples
    --------
    >>> severity_column("lus-0-3")
    'severity_lus_0_3'
    """
    return "severity_" + scale.replace("-", "_")


def fact_columns(manifests: Iterable[Manifest]) -> tuple[Column, ...]:
    """Return the columns for the facts of recordings.

    Parameters
    ----------
    manifests : iterable of Manifest
        The whole collection: patterns and scales that it does not use have no column.
    """
    named, scales = set(), set()
    for manifest in manifests:
        named |= {name for reading in manifest.patterns for name in reading}
        scales |= {str(entry["scale"]) for entry in manifest.data.get("severity", ())}
    words = ", ".join(VERDICTS)
    patterns = tuple(
        Column(name, "text", f"What all readers together say of {pattern_word(name)}: {words}.")
        for name in pattern_names()
        if name in named
    )
    severity = tuple(
        Column(severity_column(scale), "number", f"Score on the scale {scale}, the mean over readers; may be missing.")
        for scale in sorted(scales)
    )
    return (*_FIRST, *patterns, *severity, *_LAST)


def facts_of(manifest: Manifest, group: str, columns: Sequence[Column]) -> dict[str, str | float | None]:
    """Return the facts of a recording, by column.

    Parameters
    ----------
    manifest : Manifest
        The recording.
    group : str
        Its patient group.
    columns : sequence of Column
        Those of `fact_columns`.

    Returns
    -------
    dict
        A text for each column of texts, and a number or None for each column of numbers.
    """
    plain: Mapping[str, Any] = {
        "recording": manifest.id,
        "class": manifest.class_name,
        "probe": manifest.probe,
        "group": group,
        "provider": manifest.provider,
        "licence": str(manifest.licence["id"]),
        "attribution": str(manifest.data["source"].get("attribution", "")),
        "source_sha256": str(manifest.sha256),
    }
    scores = {severity_column(str(entry["scale"])): str(entry["scale"]) for entry in manifest.data.get("severity", ())}
    facts: dict[str, str | float | None] = {}
    for column in columns:
        if column.kind == "number":
            facts[column.name] = severity_value(manifest, scores.get(column.name, ""))
        elif column.name in plain:
            facts[column.name] = plain[column.name]
        else:
            facts[column.name] = pattern_value(manifest, column.name)
    return facts


def pattern_value(manifest: Manifest, name: str) -> str:
    """Return what all readers together say of a pattern; ``unknown`` where none names it."""
    return verdicts(manifest).get(name, "unknown")


def severity_value(manifest: Manifest, scale: str) -> float | None:
    """Return the score of a recording, the mean over readers; None where nobody gave one."""
    values = [float(entry["value"]) for entry in manifest.data.get("severity", ()) if entry["scale"] == scale]
    return sum(values) / len(values) if values else None
