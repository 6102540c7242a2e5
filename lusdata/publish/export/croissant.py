"""Croissant: a dataset described for machines, as MLCommons' JSON-LD, with the vocabulary for responsible AI.

Distribution (files with sha256 and size), two record sets (recordings, with the licence of each; frames, with a field
for each column) and what is known of collection, privacy and biases. Addresses of files are relative: the description
lies in the folder that it describes.

`mlcroissant` reads these files without an error or a warning. It is no dependency, since it brings an RDF library, a
graph library and more for a document that is plain JSON; a test uses it where it is installed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.publish.bibtex import bibtex
from lusdata.publish.citations import cite
from lusdata.publish.export import sentences
from lusdata.publish.export.facts import last_change, source_rows
from lusdata.publish.export.subject import Subject

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

_RECORDING_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("id", "sc:Text", "Name of the recording, never reused."),
    ("kind", "sc:Text", "Video or image."),
    ("class", "sc:Text", "Diagnosis of the patient."),
    ("class_basis", "sc:Text", "What the class rests on."),
    ("probe", "sc:Text", "Transducer."),
    ("group", "sc:Text", "Patient group: recordings of one group never stand on two sides of a split."),
    ("frames", "sc:Integer", "Number of frames here."),
    ("provider", "sc:Text", "Who published it."),
    ("attribution", "sc:Text", "Whom to name."),
    ("licence", "sc:Text", "SPDX identifier of its licence, or LicenseRef-*."),
    ("licence_url", "sc:Text", "Text of the licence."),
    ("publish", "sc:Boolean", "Whether the licence allows passing frames on."),
    ("publication", "sc:Text", "Its publication, or a page that shows it."),
    ("source_sha256", "sc:Text", "Sha256 of the file that its frames were made of."),
)
_FRAME_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("recording", "sc:Text", "The recording that the frame is of."),
    ("class", "sc:Text", "Diagnosis of the patient; the label."),
    ("probe", "sc:Text", "Transducer."),
    ("group", "sc:Text", "Patient group: split by it, never by frame or recording."),
    ("frame_index", "cr:Int32", "Position in the file, from 0."),
    ("time_s", "cr:Float64", "Presentation time, in seconds from the recording's first frame."),
    ("image", "sc:ImageObject", "The frame: the bytes of a PNG file inside the Parquet column."),
    ("crop", "cr:Int32", "Window of the file that was kept: left, top, width, height, in pixels."),
    ("source_sha256", "sc:Text", "Sha256 of the file."),
)


def croissant_text(subject: Subject) -> str:
    """Return the description as text, with a line break at the end."""
    return json.dumps(croissant(subject), indent=2, ensure_ascii=False) + "\n"


def croissant(subject: Subject) -> dict[str, Any]:
    """Describe a dataset, or a collection of files that can be made into one.

    Parameters
    ----------
    subject : Subject
        What to describe. A dataset of TFRecord shards is described without its record set of frames, since Croissant
        has no words for how to read them.

    Returns
    -------
    dict
        JSON-LD; the same for equal subjects.
    """
    record_sets = [_recordings(subject)]
    if subject.index is not None and subject.index.format == "parquet":
        record_sets.append(_frames())
    return {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": [f"http://mlcommons.org/croissant/{CROISSANT_VERSION}", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": subject.label,
        "description": _description(subject),
        "url": _HOME,
        # The digest, as build metadata of a semantic version: that of a release, or one that promises nothing.
        "version": f"{subject.version or '0.0.0'}+sha256.{subject.digest}",
        "license": sorted({row.licence_url or row.licence for row in source_rows(subject.recordings)}),
        "creator": {"@type": "sc:Organization", "name": "The lusdata contributors", "url": _HOME},
        "datePublished": subject.date or last_change(subject),
        "keywords": ["lung ultrasound", "point-of-care ultrasound", "COVID-19", "pneumonia", "data leakage"],
        "citeAs": bibtex(cite(subject.cited, subject.recordings)),
        "citation": sorted({f"https://doi.org/{row.doi}" for row in source_rows(subject.recordings) if row.doi}),
        "isAccessibleForFree": True,
        **_responsible(subject),
        "distribution": _distribution(subject),
        "recordSet": record_sets,
    }


def _description(subject: Subject) -> str:
    return " ".join(
        [
            f"{sentences.headline(subject)}, for research, not for diagnosis.",
            *sentences.frames_made(subject)[:1],
            sentences.rights(subject),
            "Licences differ by recording and stand in the record set 'recordings'.",
            *sentences.splits(subject)[:1],
        ]
    )


def _responsible(subject: Subject) -> dict[str, Any]:
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


def _distribution(subject: Subject) -> list[dict[str, Any]]:
    if subject.index is None:
        return [_source_file(manifest) for manifest in subject.recordings if manifest.locations]
    data = subject.index.data
    parquet = subject.index.format == "parquet"
    kind = "application/x-parquet" if parquet else "application/octet-stream"
    files = [(shard, kind, f"Shard of {shard['rows']:,} rows.") for shard in data["shards"]]
    files.append(
        (data["manifests"], "application/jsonlines", "Everything known about the collection, one recording a line.")
    )
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
    if parquet:
        objects.append(
            {
                "@type": "cr:FileSet",
                "@id": "shards",
                "name": "shards",
                "description": "All shards. They carry no split.",
                "encodingFormat": kind,
                "includes": "part-*.parquet",
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


def _recordings(subject: Subject) -> dict[str, Any]:
    """Return the record set of recordings, with its records inside."""
    # A collection has no frames yet, and Croissant no word for a value that is not there.
    fields = [field for field in _RECORDING_FIELDS if field[0] != "frames" or subject.index is not None]
    return {
        "@type": "cr:RecordSet",
        "@id": "recordings",
        "name": "recordings",
        "description": "One record a recording, with its licence.",
        "key": {"@id": "recordings/id"},
        "field": [_field("recordings", name, kind, text) for name, kind, text in fields],
        "data": [
            {f"recordings/{name}": value for name, value in _record(manifest, subject).items()}
            for manifest in subject.recordings
        ],
    }


def _record(manifest: Manifest, subject: Subject) -> dict[str, Any]:
    source = manifest.data["source"]
    return {
        "id": manifest.id,
        "kind": manifest.kind,
        "class": manifest.class_name,
        "class_basis": str(manifest.data["class_basis"]),
        "probe": manifest.probe,
        "group": subject.groups[manifest.id],
        **({"frames": subject.frames[manifest.id]} if subject.index is not None else {}),
        "provider": manifest.provider,
        "attribution": str(source.get("attribution", "")),
        "licence": str(manifest.licence["id"]),
        "licence_url": str(manifest.licence.get("url", "")),
        "publish": rights_of(manifest).publish,
        "publication": f"https://doi.org/{source['doi']}" if "doi" in source else str(source.get("page", "")),
        "source_sha256": manifest.sha256,
    }


def _frames() -> dict[str, Any]:
    """Return the record set of frames, read from the shards."""
    fields = []
    for name, kind, text in _FRAME_FIELDS:
        field = _field("frames", name, kind, text)
        field["source"] = {"fileSet": {"@id": "shards"}, "extract": {"column": name}}
        if name == "image":
            # The column is a struct of bytes and file name, as Hugging Face writes pictures.
            field["source"]["transform"] = {"jsonPath": "bytes"}
        if name == "crop":
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
