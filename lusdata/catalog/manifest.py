"""One manifest: reading, writing and typed access to a recording's facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from lusdata.atomic import write_text
from lusdata.catalog.reading import read_data
from lusdata.catalog.schema import load_schema

__all__ = ["Crop", "Manifest", "Trim", "canonical_bytes", "dumps", "read_data", "read_manifest", "write_manifest"]


@dataclass(frozen=True)
class Crop:
    """The window that datasets use, in pixels of the file as it is.

    The source size is None where the box was drawn on a file that nobody has seen since.
    """

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    source_width_px: int | None = None
    source_height_px: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Trim:
    """The part of a recording that datasets use, in seconds from its first frame; no `end_s` means to the end."""

    start_s: float = 0.0
    end_s: float | None = None


@dataclass(frozen=True)
class Manifest:
    """A recording's manifest, valid against the newest schema.

    Attributes
    ----------
    data : Mapping
        The parsed JSON document; never changed in place.
    path : Path or None
        The file that it came from.
    """

    data: Mapping[str, Any]
    path: Path | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Namespaced slug of the recording."""
        return str(self.data["id"])

    @property
    def collection(self) -> str:
        """Name of its collection: the namespace of its id."""
        return self.id.partition("/")[0]

    @property
    def kind(self) -> str:
        """Either ``video`` or ``image``."""
        return str(self.data["kind"])

    @property
    def state(self) -> str:
        """One of ``included``, ``excluded``, ``withdrawn``."""
        return str(self.data["status"]["state"])

    @property
    def since(self) -> str:
        """ISO date from which the state holds."""
        return str(self.data["status"]["since"])

    @property
    def class_name(self) -> str:
        """Diagnosis, a word of the schema."""
        return str(self.data["class"])

    @property
    def probe(self) -> str:
        """Transducer, a word of the schema."""
        return str(self.data["probe"])

    @property
    def provider(self) -> str:
        """Slug of the source."""
        return str(self.data["source"]["provider"])

    @property
    def sha256(self) -> str | None:
        """Digest of the file; None while nobody has seen it."""
        sha256: str | None = self.data["source"].get("sha256")
        return sha256

    @property
    def size_bytes(self) -> int | None:
        """Size of the file in bytes; None while nobody has seen it."""
        size_bytes: int | None = self.data["source"].get("size_bytes")
        return size_bytes

    @property
    def licence(self) -> Mapping[str, Any]:
        """Licence id and flags."""
        licence: Mapping[str, Any] = self.data["source"]["licence"]
        return licence

    @property
    def locations(self) -> tuple[str, ...]:
        """Addresses of the file, best first."""
        return tuple(self.data["source"]["locations"])

    @property
    def source_path(self) -> str | None:
        """Path relative to the root of a mirror, with forward slashes."""
        path: str | None = self.data["source"].get("path")
        return path

    @property
    def access(self) -> str:
        """One of ``direct``, ``manual``, ``restricted``."""
        return str(self.data["source"]["access"])

    @property
    def group_id(self) -> str:
        """The group that the manifest itself states; see `lusdata.catalog.groups` for the union."""
        return str(self.data["group"]["id"])

    @property
    def group_basis(self) -> str:
        """What the stated group rests on."""
        return str(self.data["group"]["basis"])

    @property
    def media(self) -> Mapping[str, Any]:
        """Technical facts; empty while nobody has decoded the file."""
        media: Mapping[str, Any] = self.data.get("media", {})
        return media

    @property
    def patterns(self) -> tuple[Mapping[str, Any], ...]:
        """Readings, one a reader."""
        return tuple(self.data.get("patterns", ()))

    @property
    def crop(self) -> Crop | None:
        """The stated window, if any."""
        crop = self.data.get("crop")
        if crop is None:
            return None
        return Crop(
            # 640.0 is a whole number to JSON, but no index to Python.
            **{edge: int(crop[edge]) for edge in crop if edge.endswith("_px")},
            sha256=crop.get("sha256"),
        )

    @property
    def trim(self) -> Trim:
        """The stated part; the whole recording if none is stated."""
        trim = self.data.get("trim", {})
        return Trim(float(trim.get("start_s", 0.0)), float(trim["end_s"]) if "end_s" in trim else None)

    @cached_property
    def digest(self) -> str:
        """Sha256 of the manifest's canonical form, as 64 hexadecimal digits."""
        return hashlib.sha256(canonical_bytes(self.data)).hexdigest()


def canonical_bytes(data: Mapping[str, Any]) -> bytes:
    """Return JSON data as bytes that do not depend on key order or spacing."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


@cache
def _schema_once() -> dict[str, Any]:
    return load_schema()


def dumps(data: Mapping[str, Any]) -> str:
    """Return a manifest as text, keys in the schema's order, so that changes make short diffs."""
    schema = _schema_once()
    return json.dumps(_in_order(data, schema, schema), indent=2, ensure_ascii=False) + "\n"


def _in_order(value: Any, node: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, Mapping):
        known = node.get("properties", {})
        keys = [key for key in known if key in value] + sorted(key for key in value if key not in known)
        return {key: _in_order(value[key], known.get(key, {}), schema) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_in_order(item, node.get("items", {}), schema) for item in value]
    return value


def read_manifest(path: Path) -> Manifest:
    """Read one manifest file that is known to be valid; `lusdata.catalog.validate` tells whether it is."""
    return Manifest(read_data(path), path)


def write_manifest(path: Path, data: Mapping[str, Any]) -> None:
    """Write one manifest in its canonical layout, whole or not at all."""
    write_text(path, dumps(data))
