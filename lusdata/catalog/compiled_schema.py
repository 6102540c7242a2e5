"""A schema compiled to a fast yes.

Explaining what is wrong is the work of a full JSON Schema validator, which takes a millisecond per manifest and a
tenth of a second to load. Nearly every manifest is fine, and every command reads hundreds of them, so this module
answers only one question, in a few microseconds: is the document surely valid? A "no" means "ask the validator".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Accepts", "UnsupportedKeywordError", "compile_schema"]

Accepts = Callable[[Any], bool]
"""From a parsed document to whether it is surely valid."""

_ANNOTATIONS = {
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "title",
    "description",
    "examples",
    "default",
    "deprecated",
    "recommended",
}

_OF_OBJECTS = {
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "dependentRequired",
    "minProperties",
}

_TYPES: Mapping[str, Accepts] = {
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    # A whole float is an integer too by the standard; it is rare enough to leave to the validator.
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
}


class UnsupportedKeywordError(ValueError):
    """A schema uses a keyword that this compiler does not know."""


def compile_schema(schema: Mapping[str, Any]) -> Accepts:
    """Turn a schema into a function that accepts only valid documents.

    Parameters
    ----------
    schema : Mapping
        A JSON Schema (draft 2020-12) made of the keywords that manifests use; references point into ``$defs``.

    Returns
    -------
    callable
        True only for a document that the schema accepts. It may be False for odd but valid documents.

    Raises
    ------
    UnsupportedKeywordError
        If the schema uses another keyword.

    Examples
    --------
    >>> accepts = compile_schema({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}})
    >>> accepts({"id": "a"}), accepts({"id": 1}), accepts({})
    (True, False, False)
    """
    definitions: dict[str, Accepts] = {}
    for name, node in schema.get("$defs", {}).items():
        # A definition may use those that stand before it.
        definitions[name] = _all_of(_checks(node, definitions))
    return _all_of(_checks(schema, definitions))


def _all_of(checks: list[Accepts]) -> Accepts:
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(check(value) for check in checks)


def _checks(node: Mapping[str, Any], definitions: Mapping[str, Accepts]) -> list[Accepts]:
    rest = {key: value for key, value in node.items() if key not in _ANNOTATIONS}
    found: list[Accepts] = []
    if "$ref" in rest:
        found.append(definitions[rest.pop("$ref").rsplit("/", 1)[1]])
    if "type" in rest:
        found.append(_of_type(rest.pop("type")))
    if "if" in rest:
        found.append(_conditional(rest.pop("if"), rest.pop("then", {}), rest.pop("else", {}), definitions))
    if _OF_OBJECTS & set(rest):
        found.append(_object(rest, definitions))
    if {"items", "uniqueItems", "minItems", "maxItems"} & set(rest):
        found.append(_array(rest, definitions))
    found += [_SIMPLE[key](rest.pop(key)) for key in list(rest) if key in _SIMPLE]
    if rest:
        message = f"no fast form of: {', '.join(sorted(rest))}"
        raise UnsupportedKeywordError(message)
    return found or [lambda value: True]


def _of_type(names: str | list[str]) -> Accepts:
    if isinstance(names, str):
        return _TYPES[names]
    kinds = [_TYPES[name] for name in names]
    return lambda value: any(kind(value) for kind in kinds)


def _conditional(
    condition: Mapping[str, Any],
    then: Mapping[str, Any],
    otherwise: Mapping[str, Any],
    definitions: Mapping[str, Accepts],
) -> Accepts:
    # A condition that is not surely met must not be taken as unmet, so both branches must then accept.
    holds, yes, no = (_all_of(_checks(node, definitions)) for node in (condition, then, otherwise))
    return lambda value: yes(value) if holds(value) else yes(value) and no(value)


def _object(rest: dict[str, Any], definitions: Mapping[str, Accepts]) -> Accepts:
    properties = {name: _all_of(_checks(node, definitions)) for name, node in rest.pop("properties", {}).items()}
    required = frozenset(rest.pop("required", ()))
    others_node = rest.pop("additionalProperties", True)
    closed = others_node is False
    further = _all_of(_checks(others_node, definitions)) if isinstance(others_node, dict) else None
    patterns = [
        (_search(pattern), _all_of(_checks(node, definitions)))
        for pattern, node in rest.pop("patternProperties", {}).items()
    ]
    together = {name: frozenset(others) for name, others in rest.pop("dependentRequired", {}).items()}
    fewest = rest.pop("minProperties", 0)

    def accepts(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        keys = value.keys()
        if not required <= keys or len(value) < fewest:
            return False
        for name, others in together.items():
            if name in value and not others <= keys:
                return False
        for name, item in value.items():
            check = properties.get(name)
            checks = [inner for search, inner in patterns if search(name)] + ([] if check is None else [check])
            if not checks and further is not None:
                checks = [further]
            if (closed and not checks) or not all(inner(item) for inner in checks):
                return False
        return True

    return accepts


def _array(rest: dict[str, Any], definitions: Mapping[str, Accepts]) -> Accepts:
    item = _all_of(_checks(rest.pop("items", {}), definitions))
    unique = rest.pop("uniqueItems", False)
    fewest, most = rest.pop("minItems", 0), rest.pop("maxItems", float("inf"))

    def accepts(value: Any) -> bool:
        if not isinstance(value, list):
            return True
        if not fewest <= len(value) <= most or not all(map(item, value)):
            return False
        if not unique:
            return True
        return all(isinstance(entry, str) for entry in value) and len(set(value)) == len(value)

    return accepts


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _words(allowed: list[Any]) -> Accepts:
    # In Python 1 == True == 1.0, in JSON not; words are all that manifests need.
    words = frozenset(word for word in allowed if isinstance(word, str))
    return lambda value: isinstance(value, str) and value in words


def _search(pattern: str) -> Callable[[str], object]:
    # JSON Schema's $ is the very end; Python's also stands before a last line break.
    return re.compile(re.sub(r"\$$", r"\\Z", pattern)).search


def _matches(pattern: str) -> Accepts:
    search = _search(pattern)
    return lambda value: not isinstance(value, str) or search(value) is not None


_SIMPLE: Mapping[str, Callable[[Any], Accepts]] = {
    "const": lambda word: _words([word]),
    "enum": _words,
    "pattern": _matches,
    "minLength": lambda least: lambda value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most: lambda value: not isinstance(value, str) or len(value) <= most,
    "minimum": lambda least: lambda value: not _is_number(value) or value >= least,
    "maximum": lambda most: lambda value: not _is_number(value) or value <= most,
    "exclusiveMinimum": lambda bound: lambda value: not _is_number(value) or value > bound,
    "exclusiveMaximum": lambda bound: lambda value: not _is_number(value) or value < bound,
}
