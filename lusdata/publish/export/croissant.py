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
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.dataset.formats.columns import FRAME_COLUMNS, Column, fact_columns
from lusdata.dataset.formats.table import FORMATS, ShardFormat
from lusdata.publish.bibtex import bibtex
from lusdata.publish.citations import cite
from lusdata.publish.export import sentences
from lusdata.publish.export.croissant_records import (
    Layout,
    frames_records,
    recordings_records,
    severity_records,
    splits_records,
)
from lusdata.publish.export.export_subject import ExportSubject, require_whole
from lusdata.publish.export.facts import last_change, source_rows

__all__ = ["CROISSANT_VERSION", "croissant", "croissant_text"]

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

_FEATURES: Mapping[str, str] = {
    "text": "bytes, UTF-8",
    "number": "a float",
    "integer": "an int64",
    "image": "bytes of a PNG file",
    "crop": "four int64",
}
"""Each kind of column in TFRecord's words."""


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
    record_sets = [*splits_records(layout), recordings_records(subject, columns, layout), *severity_records(subject)]
    form = _form(subject, layout)
    if form is not None and form.is_table:
        record_sets.append(frames_records(columns, layout))
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
