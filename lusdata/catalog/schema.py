"""The schemas: of manifests, the only place where the vocabulary is written, and of what lusdata writes itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from lusdata.catalog.compiled_schema import Accepts, compile_schema
from lusdata.catalog.schema_fault import SCHEMA_RULES, SchemaFault, describe, json_path, resolved
from lusdata.catalog.shipped import schemas_root
from lusdata.errors import DataError

__all__ = [
    "NEWEST",
    "SCHEMA_RULES",
    "SchemaFault",
    "enumeration",
    "load_schema",
    "missing_recommended",
    "schema_faults",
    "schema_header",
    "version_key",
    "versions",
]

NEWEST = "1.1.0"
"""The version that lusdata writes."""

MANIFEST = "manifest"


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that versions compare by age.

    Examples
    --------
    >>> version_key("1.10.0") > version_key("1.9.2")
    True
    """
    return tuple(int(part) for part in version.split("."))


@cache
def versions(kind: str = MANIFEST) -> tuple[str, ...]:
    """Return the schema versions that lusdata knows of a kind of document, oldest first."""
    return tuple(sorted((path.stem for path in (schemas_root() / kind).glob("*.json")), key=version_key))


@cache
def _text(version: str, kind: str) -> str:
    if version not in versions(kind):
        raise DataError(
            "no such schema version",
            expected="one of " + ", ".join(versions(kind)),
            found=repr(version),
            hint="a newer lusdata may know it: python -m pip install --upgrade lusdata",
        )
    return (schemas_root() / kind / f"{version}.json").read_text(encoding="utf-8")


def load_schema(version: str = NEWEST, *, kind: str = MANIFEST) -> dict[str, Any]:
    """Return a fresh copy of one schema version.

    Parameters
    ----------
    version : str
        A version among `versions()`.
    kind : {"manifest", "dataset", "folds", "release"}
        What the schema describes.

    Returns
    -------
    dict
        The JSON Schema (draft 2020-12); the caller's own, changes to it reach nobody else.

    Raises
    ------
    DataError
        If the version is unknown.
    """
    schema: dict[str, Any] = json.loads(_text(version, kind))
    return schema


def schema_header() -> dict[str, str]:
    """Return the fields with which a manifest that lusdata writes begins: its schema's address and version."""
    return {"$schema": f"../../schemas/manifest/{NEWEST}.json", "schema_version": NEWEST}


@cache
def _shared(version: str, kind: str = MANIFEST) -> dict[str, Any]:
    return load_schema(version, kind=kind)


@cache
def enumeration(*keys: str) -> tuple[str, ...]:
    """Return the allowed words of one field of the newest schema.

    Parameters
    ----------
    *keys : str
        Names of nested properties, such as ``"source", "access"``.

    Returns
    -------
    tuple of str
        The words, in the schema's order.

    Raises
    ------
    LookupError
        If there is no such field, or it has no vocabulary.

    Examples
    --------
    >>> enumeration("probe")
    ('convex', 'linear', 'phased', 'unknown')
    """
    schema = _shared(NEWEST)
    node = schema
    for key in keys:
        node = resolved(resolved(node.get("items", node), schema).get("properties", {}).get(key, {}), schema)
    words = node.get("items", node).get("enum")
    if words is None:
        message = f"the schema has no vocabulary for {'.'.join(keys)}"
        raise LookupError(message)
    return tuple(words)


@cache
def _accepts(version: str, kind: str) -> Accepts:
    return compile_schema(_shared(version, kind))


@cache
def _validator(version: str, kind: str) -> Any:
    # jsonschema takes a tenth of a second to import, and is needed only where something is wrong.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def pattern(_: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
        # As in the standard, $ is the very end; Python's also stands before a last line break.
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
            yield ValidationError("malformed")

    return extend(Draft202012Validator, {"pattern": pattern})(_shared(version, kind))


def schema_faults(data: Any, version: str = NEWEST, *, kind: str = MANIFEST) -> tuple[SchemaFault, ...]:
    """Return every way in which a document breaks a schema version.

    Parameters
    ----------
    data : object
        The parsed document.
    version : str
        The schema version to hold it against.
    kind : {"manifest", "dataset", "folds", "release"}
        What the document is.

    Returns
    -------
    tuple of SchemaFault
        Sorted by JSON path; empty for a valid document.

    Raises
    ------
    DataError
        If the version is unknown.
    """
    if _accepts(version, kind)(data):
        return ()
    schema = _shared(version, kind)
    faults = {fault for error in _validator(version, kind).iter_errors(data) for fault in describe(error, schema)}
    return tuple(sorted(faults))


def missing_recommended(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the recommended fields that a valid manifest leaves out.

    Parameters
    ----------
    data : Mapping
        A manifest that is valid against the newest schema.

    Yields
    ------
    path, purpose : str
        JSON path and description of each missing field, in the schema's order.
    """
    schema = _shared(NEWEST)

    def walk(value: Mapping[str, Any], node: dict[str, Any], parts: list[str | int]) -> Iterator[tuple[str, str]]:
        for name in node.get("recommended", ()):
            if name not in value:
                described = resolved(node["properties"][name], schema).get("description", name)
                yield json_path([*parts, name]), described.rstrip(".")
        for name, inner in value.items():
            if isinstance(inner, dict):
                yield from walk(inner, resolved(node["properties"][name], schema), [*parts, name])

    yield from walk(data, schema, [])
