"""The record sets of a Croissant description: parts of a split, recordings, scores, frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.dataset.formats.columns import FRAME_COLUMNS, Column, facts_of
from lusdata.publish.export.export_subject import ExportSubject
from lusdata.splits.folds.table import FoldTable

__all__ = ["Layout", "frames_records", "recordings_records", "severity_records", "splits_records"]

_RECORDING_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("kind", "sc:Text", "Video or image."),
    ("class_basis", "sc:Text", "What the class rests on."),
    ("frames", "sc:Integer", "Number of frames here."),
    ("licence_url", "sc:Text", "Text of the licence."),
    ("publish", "sc:Boolean", "Whether the licence allows passing frames on."),
    ("publication", "sc:Text", "Its publication, or a page that shows it."),
)
"""What records of recordings hold beside the columns of rows."""

_DATA_TYPES: Mapping[str, str] = {
    "text": "sc:Text",
    "number": "cr:Float64",
    "integer": "cr:Int32",
    "image": "sc:ImageObject",
    "crop": "cr:Int32",
}
"""Each kind of column in Croissant's words."""


@dataclass(frozen=True)
class Layout:
    """How a folder that is described is divided.

    Attributes
    ----------
    table : FoldTable or None
        The split.
    rounds : tuple of int
        The rounds of it that are told.
    files : tuple of Mapping
        The ``file``, ``size_bytes`` and ``sha256`` of each Parquet file, and of the manifests last; empty for a dataset
        or a collection, which name theirs themselves.
    classes : tuple of str
        Names of the class labels, where ``class`` holds numbers.
    """

    table: FoldTable | None = None
    rounds: tuple[int, ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()
    classes: tuple[str, ...] = ()


def splits_records(layout: Layout) -> list[dict[str, Any]]:
    """Return the record set of the parts of a round; none without a split."""
    if layout.table is None:
        return []
    return [
        {
            "@type": "cr:RecordSet",
            "@id": "splits",
            "name": "splits",
            "description": f"Parts of a round of the split by {layout.table.by}.",
            "dataType": "cr:Split",
            "key": {"@id": "splits/name"},
            "field": [_field("splits", "name", "sc:Text", "Name of the part.")],
            "data": [{"splits/name": name} for name in ("train", "validation", "test")],
        }
    ]


def _parts(layout: Layout, recording: str) -> dict[str, str]:
    if layout.table is None:
        return {}
    return {f"fold_{number}": layout.table.part(number, recording) for number in layout.rounds}


def recordings_records(subject: ExportSubject, columns: Sequence[Column], layout: Layout) -> dict[str, Any]:
    """Return the record set of recordings, with its records inside."""
    # Croissant has no word for a value that is not there: a collection has no frames yet, and scores may be missing.
    texts = [column for column in columns if column.kind == "text"]
    more = [field for field in _RECORDING_FIELDS if field[0] != "frames" or subject.index is not None]
    return {
        "@type": "cr:RecordSet",
        "@id": "recordings",
        "name": "recordings",
        "description": "One record a recording, with its licence.",
        "key": {"@id": "recordings/recording"},
        "field": [
            *(_field("recordings", column.name, "sc:Text", column.meaning) for column in texts),
            *(_field("recordings", name, kind, text) for name, kind, text in more),
            *(
                # Not as a reference to 'splits': TensorFlow Datasets then looks for files, one a part.
                _field(
                    "recordings", f"fold_{number}", "sc:Text", f"The part that it is in when fold {number} is tested."
                )
                | {"dataType": ["sc:Text", "cr:Split"]}
                for number in layout.rounds
            ),
        ],
        "data": [
            {
                f"recordings/{name}": value
                for name, value in {
                    **_record(manifest, subject, texts),
                    **_parts(layout, manifest.id),
                }.items()
            }
            for manifest in subject.recordings
        ],
    }


def _record(manifest: Manifest, subject: ExportSubject, texts: Sequence[Column]) -> dict[str, Any]:
    source = manifest.data["source"]
    return {
        **facts_of(manifest, subject.groups[manifest.id], texts),
        "kind": manifest.kind,
        "class_basis": str(manifest.data["class_basis"]),
        **({"frames": subject.frames[manifest.id]} if subject.index is not None else {}),
        "licence_url": str(manifest.licence.get("url", "")),
        "publish": rights_of(manifest).publish,
        "publication": f"https://doi.org/{source['doi']}" if "doi" in source else str(source.get("page", "")),
    }


def severity_records(subject: ExportSubject) -> list[dict[str, Any]]:
    """Return the record set of scores: one record a reader's score; none where there are no scores."""
    scores = [
        {"severity/recording": m.id, "severity/scale": str(entry["scale"]), "severity/value": float(entry["value"])}
        for m in subject.recordings
        for entry in m.data.get("severity", ())
    ]
    if not scores:
        return []
    return [
        {
            "@type": "cr:RecordSet",
            "@id": "severity",
            "name": "severity",
            "description": "One record a score. The field 'recording' names a record of 'recordings'.",
            "field": [
                _field("severity", "recording", "sc:Text", "The recording."),
                _field("severity", "scale", "sc:Text", "The scale of the score."),
                _field("severity", "value", "sc:Float", "The score."),
            ],
            "data": scores,
        }
    ]


def frames_records(columns: Sequence[Column], layout: Layout) -> dict[str, Any]:
    """Return the record set of frames, read from the shards."""
    fields = []
    for column in (*columns, *FRAME_COLUMNS):
        field = _field("frames", column.name, _DATA_TYPES[column.kind], column.meaning)
        field["source"] = {"fileSet": {"@id": "shards"}, "extract": {"column": column.name}}
        if column.kind == "image":
            # The column is a struct of bytes and file name, as Hugging Face writes pictures.
            field["source"]["transform"] = {"jsonPath": "bytes"}
        if column.name == "class" and layout.classes:
            names = ", ".join(f"{number} {name}" for number, name in enumerate(layout.classes))
            field |= {"dataType": "sc:Integer", "description": f"{column.meaning} As a number: {names}."}
        if column.kind == "crop":
            field |= {"isArray": True, "arrayShape": "4"}
        fields.append(field)
    return {
        "@type": "cr:RecordSet",
        "@id": "frames",
        "name": "frames",
        "description": "One record a frame. The field 'recording' names a record of 'recordings'.",
        "key": [{"@id": "frames/recording"}, {"@id": "frames/frame_index"}],
        "field": fields,
    }


def _field(record_set: str, name: str, kind: str, text: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{name}",
        "name": name,
        "description": text,
        "dataType": kind,
    }
