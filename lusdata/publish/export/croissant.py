"""Croissant: a dataset described for machines, as MLCommons' JSON-LD, with the vocabulary for responsible AI.

Distribution (files with sha256 and size), two record sets (recordings, with the licence of each; frames, with a field
for each column) and what is known of collection, privacy and biases. Addresses of files are relative: the description
lies in the folder that it describes.

`mlcroissant` reads these files without an error or a warning, and TensorFlow Datasets builds every record set of them.
Neither is a dependency, since they bring an RDF library, a graph library and more for a document that is plain JSON;
tests use them where they are installed. What neither of them can follow is not written: a reference from inline records
to inline records, and TFRecord, whose rows Croissant has no words for. Shards of that form are listed with their
features in a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.dataset.formats.columns import FRAME_COLUMNS, Column, fact_columns, facts_of
from lusdata.dataset.formats.table import FORMATS, ShardFormat
from lusdata.publish.bibtex import bibtex
from lusdata.publish.citations import cite
from lusdata.publish.export import sentences
from lusdata.publish.export.facts import last_change, source_rows
from lusdata.publish.export.subject import ExportSubject, require_whole
from lusdata.splits.folds.table import FoldTable

__all__ = ["CROISSANT_VERSION", "Layout", "croissant", "croissant_text"]

CROISSANT_VERSION = "1.1"
"""The version of the format that is written."""

_HOME = "https://github.com/lusdata/lusdata"

_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_MEDIA_TYPES = {
    "avi": "video/x-msvideo",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "matroska": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "webm": "video/webm",
    "webp": "image/webp",
}
"""Containers of manifests as media types; any other is bytes."""

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

_FEATURES: Mapping[str, str] = {
    "text": "bytes, UTF-8",
    "number": "a float",
    "integer": "an int64",
    "image": "bytes of a PNG file",
    "crop": "four int64",
}
"""Each kind of column in TFRecord's words."""


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


def croissant_text(subject: ExportSubject, layout: Layout | None = None) -> str:
    """Return the description as text, with a line break at the end."""
    return json.dumps(croissant(subject, layout), indent=2, ensure_ascii=False) + "\n"


def croissant(subject: ExportSubject, layout: Layout | None = None) -> dict[str, Any]:
    """Describe a dataset, or a collection of files that can be made into one.

    Parameters
    ----------
    subject : ExportSubject
        What to describe. A dataset of TFRecord shards has no record set of frames, since Croissant has no words for how
        to read them; the description says so, and names the features.
    layout : Layout, optional
        The files and rounds of a folder that was exported.

    Returns
    -------
    dict
        JSON-LD; the same for equal subjects.
    """
    if layout is None:
        require_whole(subject)
        layout = Layout() if subject.table is None else Layout(subject.table, tuple(range(subject.table.k)))
    columns = fact_columns(subject.manifests if not layout.files else subject.recordings)
    record_sets = [*_splits(layout), _recordings(subject, columns, layout), *_severity(subject)]
    form = _form(subject, layout)
    if form is not None and form.is_table:
        record_sets.append(_frames(columns, layout))
    return {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": [f"http://mlcommons.org/croissant/{CROISSANT_VERSION}", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": subject.label,
        "description": _description(subject, layout),
        "url": _HOME,
        # That of a release, or one that promises nothing.
        "version": subject.version or "0.0.0",
        "identifier": f"sha256:{subject.digest}",
        "license": sorted({row.licence_url or row.licence for row in source_rows(subject.recordings)}),
        "creator": {"@type": "sc:Organization", "name": "The lusdata contributors", "url": _HOME},
        "datePublished": subject.date or last_change(subject),
        "keywords": ["lung ultrasound", "point-of-care ultrasound", "COVID-19", "pneumonia", "data leakage"],
        "citeAs": bibtex(cite(subject.cited, subject.recordings)),
        "citation": sorted({f"https://doi.org/{row.doi}" for row in source_rows(subject.recordings) if row.doi}),
        "isAccessibleForFree": True,
        **_responsible(subject),
        "distribution": _distribution(subject, columns, layout),
        "recordSet": record_sets,
    }


def _form(subject: ExportSubject, layout: Layout) -> ShardFormat | None:
    """Return the form of the rows: that of an exported folder is always Parquet; None where there are no rows."""
    if layout.files:
        return FORMATS["parquet"]
    return None if subject.index is None else FORMATS[subject.index.format]


def _description(subject: ExportSubject, layout: Layout) -> str:
    frames = "Frames lie in TFRecord shards, for whose rows Croissant has no words: they have no record set here."
    form = _form(subject, layout)
    return " ".join(
        [
            f"{sentences.headline(subject)}, for research, not for diagnosis.",
            *sentences.frames_made(subject)[:1],
            *([] if form is None or form.is_table else [frames]),
            sentences.rights(subject),
            "Licences differ by recording and stand in the record set 'recordings'.",
            *sentences.splits(subject)[:1],
        ]
    )


def _responsible(subject: ExportSubject) -> dict[str, Any]:
    """Return the fields on responsible AI for which there are facts."""
    return {
        "rai:dataCollection": " ".join(sentences.collection(subject)),
        "rai:dataCollectionType": ["Secondary Data analysis", "Manual Human Curator"],
        "rai:dataCollectionMissingData": sentences.missing(subject),
        "rai:dataPreprocessingProtocol": sentences.frames_made(subject),
        "rai:dataAnnotationProtocol": [sentences.labels(subject), *sentences.splits(subject)],
        "rai:dataBiases": sentences.biases(subject),
        "rai:dataLimitations": [*sentences.limits(subject), *sentences.patients(subject)],
        "rai:dataUseCases": sentences.uses(),
        "rai:personalSensitiveInformation": sentences.privacy(subject),
    }


def _distribution(subject: ExportSubject, columns: Sequence[Column], layout: Layout) -> list[dict[str, Any]]:
    form = _form(subject, layout)
    if subject.index is None or form is None:
        return [_source_file(manifest) for manifest in subject.recordings if manifest.locations]
    data, kind = subject.index.data, form.media_type
    *shards, ledger = layout.files or (*data["shards"], data["manifests"])
    files = [(shard, kind, "Rows, one a frame.") for shard in shards]
    files.append((ledger, "application/jsonlines", "Everything known about the recordings, one a line."))
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": item["file"],
            "name": item["file"],
            "description": text,
            "contentUrl": item["file"],
            "contentSize": f"{item['size_bytes']} B",
            "encodingFormat": encoding,
            "sha256": item["sha256"],
        }
        for item, encoding, text in files
    ]
    told = "All rows; the record set 'recordings' tells the part of each recording in each round."
    if not form.is_table:
        named = "; ".join(f"{one.name}: {_FEATURES[one.kind]}" for one in (*columns, *FRAME_COLUMNS))
        told += f" TFRecord files of tf.train.Example, one a frame, with the features {named}; time_us: an int64."
    objects.append(
        {
            "@type": "cr:FileSet",
            "@id": "shards",
            "name": "shards",
            "description": told,
            "encodingFormat": kind,
            "includes": form.files,
        }
    )
    return objects


def _source_file(manifest: Manifest) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": manifest.id,
        "name": manifest.id,
        "description": f"Licence {manifest.licence['id']}.",
        "contentUrl": manifest.locations[0],
        "contentSize": f"{manifest.size_bytes} B",
        "encodingFormat": _MEDIA_TYPES.get(str(manifest.media.get("container")), "application/octet-stream"),
        "sha256": manifest.sha256,
        **({"sameAs": list(manifest.locations[1:])} if manifest.locations[1:] else {}),
    }


def _splits(layout: Layout) -> list[dict[str, Any]]:
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


def _recordings(subject: ExportSubject, columns: Sequence[Column], layout: Layout) -> dict[str, Any]:
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


def _severity(subject: ExportSubject) -> list[dict[str, Any]]:
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


def _frames(columns: Sequence[Column], layout: Layout) -> dict[str, Any]:
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
