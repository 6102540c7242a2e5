"""The manifest schema: the only place where the vocabulary is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from lusdata.catalog.shipped import schemas_root
from lusdata.errors import DataError

__all__ = ["NEWEST", "SchemaFault", "enumeration", "load_schema", "schema_faults", "versions"]

NEWEST = "1.0.0"
"""The version that lusdata writes."""

SchemaFault = tuple[str, str, str, str]
"""JSON path, message, expected, found."""


@cache
def versions() -> tuple[str, ...]:
    """Return the schema versions that lusdata knows, oldest first."""
    names = [path.stem for path in schemas_root().glob("*.json")]
    return tuple(sorted(names, key=lambda name: tuple(int(part) for part in name.split("."))))


@cache
def _text(version: str) -> str:
    path = schemas_root() / f"{version}.json"
    if version not in versions():
        raise DataError(
            "no such schema version",
            expected="one of " + ", ".join(versions()),
            found=repr(version),
            hint="a newer lusdata may know it: python -m pip install --upgrade lusdata",
        )
    return path.read_text(encoding="utf-8")


def load_schema(version: str = NEWEST) -> dict[str, Any]:
    """Return a fresh copy of one schema version.

    Parameters
    ----------
    version : str
        A version among `versions()`.

    Returns
    -------
    dict
        The JSON Schema (draft 2020-12); the caller's own, changes to it reach nobody else.

    Raises
    ------
    DataError
        If the version is unknown.
    """
    schema: dict[str, Any] = json.loads(_text(version))
    return schema


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

    Examples
    --------
    >>> enumeration("probe")
    ('convex', 'linear', 'phased')
    """
    schema = load_schema()
    node: dict[str, Any] = schema
    for key in keys:
        node = node.get("items", node)["properties"][key]
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return tuple(node["enum"])


@cache
def _validator(version: str) -> Any:
    # jsonschema costs a tenth of a second to import, and most commands never validate.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(load_schema(version))


def schema_faults(data: Any, version: str = NEWEST) -> Iterator[SchemaFault]:
    """Yield every way in which a manifest breaks its schema.

    Parameters
    ----------
    data : object
        The parsed manifest.
    version : str
        The schema version to hold it against.

    Yields
    ------
    SchemaFault
        JSON path, message, expected and found; sorted by path.
    """
    errors = sorted(_validator(version).iter_errors(data), key=lambda error: (error.json_path, str(error.validator)))
    for error in errors:
        yield from _describe(error)


def _describe(error: Any) -> Iterator[SchemaFault]:
    rule, value, path = error.validator, error.validator_value, error.json_path
    if rule == "required":
        # jsonschema gives one error per missing key; its name stands only in the message.
        name = error.message.split("'")[1]
        yield f"{path}.{name}", "a required field is missing", _purpose(error.schema, name), "nothing"
    elif rule == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        for name in sorted(set(error.instance) - set(known)):
            yield f"{path}.{name}", "unknown field", "one of " + ", ".join(known), repr(name)
    elif rule == "dependentRequired":
        found = ", ".join(sorted(error.instance))
        yield path, "fields that belong together are not all there", json.dumps(value), found
    elif rule in ("enum", "const"):
        words = value if rule == "enum" else [value]
        yield path, "not an allowed value", "one of " + ", ".join(map(str, words)), _shown(error.instance)
    elif rule == "type":
        yield path, "wrong type", str(value), f"{_type_name(error.instance)} {_shown(error.instance)}"
    elif rule == "pattern":
        yield path, "malformed value", _example(error.schema, value), _shown(error.instance)
    else:
        yield path, _plain(rule), f"{rule} {value}", _shown(error.instance)


def _purpose(schema: dict[str, Any], name: str) -> str:
    described = schema.get("properties", {}).get(name, {}).get("description", "")
    return described.rstrip(".") or name


def _example(schema: dict[str, Any], pattern: str) -> str:
    examples = schema.get("examples")
    return f"a value like {examples[0]!r} (pattern {pattern})" if examples else f"pattern {pattern}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _type_name(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")


def _plain(rule: str) -> str:
    return "breaks the rule " + re.sub(r"(?<!^)(?=[A-Z])", " ", rule).lower()
