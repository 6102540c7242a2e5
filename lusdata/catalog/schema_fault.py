"""What is wrong with a document that its schema refuses, in words for the person who wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lusdata.suggestion import meant

__all__ = ["SCHEMA_RULES", "SchemaFault", "describe", "json_path", "resolved"]

SCHEMA_RULES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "SCHEMA_REQUIRED": ("Every required field is there.", ("required",)),
    "SCHEMA_UNKNOWN_FIELD": ("Every field is one that the schema knows.", ("additionalProperties",)),
    "SCHEMA_TYPE": ("Every value has its field's type; null is not used.", ("type",)),
    "SCHEMA_VALUE": ("A field with a vocabulary holds one of its words.", ("enum", "const")),
    "SCHEMA_FORMAT": ("Every text has its field's form.", ("pattern",)),
    "SCHEMA_RANGE": (
        "Every number lies in its field's range.",
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    ),
    "SCHEMA_LENGTH": (
        "Every text and list has a length that its field allows.",
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties"),
    ),
    "SCHEMA_REPEATED": ("A list holds nothing twice.", ("uniqueItems",)),
    "SCHEMA_TOGETHER": ("Fields that belong together are there together.", ("dependentRequired",)),
}
"""For each code its sentence and the JSON Schema keywords that it stands for."""

_CODES = {keyword: code for code, (_, keywords) in SCHEMA_RULES.items() for keyword in keywords}
_TYPE_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "minLength": "at least",
    "maxLength": "at most",
    "minItems": "at least",
    "maxItems": "at most",
    "minProperties": "at least",
}


@dataclass(frozen=True, order=True)
class SchemaFault:
    """One way in which a document breaks its schema.

    Attributes
    ----------
    json_path : str
        The place, such as ``$.crop.width_px``.
    code : str
        A key of `SCHEMA_RULES`.
    message, expected, found, hint : str
        The fault as a clause, what the schema wants, what is there, and what to do; `hint` may be empty.
    """

    json_path: str
    code: str
    message: str
    expected: str
    found: str
    hint: str = ""

    @property
    def clause(self) -> str:
        """The fault as one clause, for an error that shows the first of several."""
        return f"{self.json_path}: {self.message}, expected {self.expected}, found {self.found}"


def resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema with its reference, if it is one, filled in."""
    if "$ref" not in node:
        return node
    # What stands beside a reference, such as a description, refines it.
    return {**schema["$defs"][node["$ref"].rsplit("/", 1)[1]], **node}


def _field(parts: Sequence[str | int], schema: dict[str, Any]) -> dict[str, Any]:
    node = schema
    for part in parts:
        node = resolved(node.get("items", {}) if isinstance(part, int) else _property(node, part), schema)
    return node


def _property(node: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the schema of one key of an object: under its own name, by a pattern, or that of all others."""
    found: dict[str, Any] | None = node.get("properties", {}).get(name)
    if found is None:
        matching = (inner for pattern, inner in node.get("patternProperties", {}).items() if re.search(pattern, name))
        others = node.get("additionalProperties")
        found = next(matching, others if isinstance(others, dict) else {})
    return found


def json_path(parts: Sequence[str | int]) -> str:
    """Return a place inside a document as JSONPath.

    Examples
    --------
    >>> json_path(["patterns", 0, "b_lines"]), json_path(["odd key"])
    ('$.patterns[0].b_lines', "$['odd key']")
    """
    steps = []
    for part in parts:
        if isinstance(part, int):
            steps.append(f"[{part}]")
        else:
            steps.append(f".{part}" if re.fullmatch(r"[A-Za-z_$][\w$]*", part) else f"[{_cut(repr(part))}]")
    return "$" + "".join(steps)


def describe(error: Any, schema: dict[str, Any]) -> Iterator[SchemaFault]:
    """Put one error of the JSON Schema validator into words.

    Parameters
    ----------
    error : jsonschema.ValidationError
        The error; several may describe one fault.
    schema : dict
        The whole schema.

    Yields
    ------
    SchemaFault
        One for each field that the error concerns.
    """
    keyword, value, instance = str(error.validator), error.validator_value, error.instance
    parts: list[str | int] = list(error.absolute_path)
    field, path, code = _field(parts, schema), json_path(parts), _CODES[keyword]
    if keyword == "required":
        for name in (name for name in value if name not in instance):
            purpose = _purpose(_field([*parts, name], schema)) or name
            yield SchemaFault(json_path([*parts, name]), code, "a required field is missing", purpose, "nothing")
    elif keyword == "additionalProperties":
        patterns = sorted(field.get("patternProperties", {}))
        known = sorted(field.get("properties", {})) + patterns
        for name in sorted(set(instance) - set(known)):
            if any(re.search(pattern, name) for pattern in patterns):
                continue
            hint = meant(name, known)
            listing = "one of " + ", ".join(known)
            yield SchemaFault(json_path([*parts, name]), code, "unknown field", listing, _cut(repr(name)), hint)
    elif keyword == "dependentRequired":
        for name, others in value.items():
            for other in (other for other in others if name in instance and other not in instance):
                message = "fields that belong together are not all there"
                yield SchemaFault(json_path([*parts, other]), code, message, f"a value beside {name}", "nothing")
    elif keyword in ("enum", "const"):
        words = [str(word) for word in (value if keyword == "enum" else [value])]
        hint = meant(instance, words) if isinstance(instance, str) else ""
        yield SchemaFault(path, code, "not an allowed value", "one of " + ", ".join(words), _shown(instance), hint)
    elif keyword == "type":
        hint = "leave the field out where the value is unknown" if instance is None else ""
        kinds = " or ".join(_TYPE_WORDS[kind] for kind in ([value] if isinstance(value, str) else value))
        yield SchemaFault(path, code, "wrong type", kinds, _shown(instance), hint)
    elif keyword == "pattern":
        example = f"a value like {field['examples'][0]!r}" if "examples" in field else f"the form {value}"
        yield SchemaFault(path, code, "malformed value", example, _shown(instance), _purpose(field))
    elif keyword == "uniqueItems":
        yield SchemaFault(path, code, "an entry stands in the list twice", "every entry once", _shown(instance))
    else:
        counted = " (entries)" if isinstance(instance, (list, dict)) else " (characters)" * isinstance(instance, str)
        found = str(len(instance)) if isinstance(instance, (list, dict, str)) else str(instance)
        yield SchemaFault(path, code, "out of range", f"{_BOUNDS[keyword]} {value}{counted}", found)


def _purpose(field: Mapping[str, Any]) -> str:
    """Return the first sentence of a field's description, as a clause."""
    clause = re.split(r"\.(?:\s|\Z)|: ", field.get("description", ""))[0]
    return clause if clause[1:2].isupper() else clause[:1].lower() + clause[1:]


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} with {len(value)} entries"
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
