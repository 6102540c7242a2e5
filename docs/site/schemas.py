"""Fields of the JSON files, read from their schemas, and columns of rows, read from the code that writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docs.site.commands import escaped
from lusdata.catalog.open_collection import open_collection
from lusdata.dataset.formats.columns import FRAME_COLUMNS, fact_columns

SCHEMAS = Path(__file__).resolve().parent.parent.parent / "schemas"
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} entries",
}


def newest(kind: str) -> Path:
    """Return the newest schema of a kind of file."""
    return max((SCHEMAS / kind).glob("*.json"), key=lambda path: tuple(map(int, path.stem.split("."))))


def schema_page(kind: str) -> str:
    """Return a table of every field of a file, from the newest schema of its kind."""
    path = newest(kind)
    schema = json.loads(path.read_text(encoding="utf-8"))
    lines = [f"Schema {path.stem}. {escaped(schema['description'])}", ""]
    lines += ["| field | there | values | meaning |", "|---|---|---|---|", *_rows(schema, schema, "")]
    return "\n".join(lines)


def _rows(schema: Mapping[str, Any], node: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, field in node.get("properties", {}).items():
        whole = _resolved(schema, field)
        place = prefix + name
        there = next((word for word in ("required", "recommended") if name in node.get(word, ())), "")
        yield f"| `{place}` | {there} | {_values(schema, whole)} | {escaped(whole.get('description', ''))} |"
        if "properties" in whole:
            yield from _rows(schema, whole, f"{place}.")
        elif "properties" in (items := _resolved(schema, whole.get("items", {}))):
            yield from _rows(schema, items, f"{place}[].")


def _resolved(schema: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """Return a field with what it refers to; its own words come first."""
    if not isinstance(node, Mapping):
        return {}
    if "$ref" not in node:
        return node
    return {**schema["$defs"][node["$ref"].rpartition("/")[2]], **node}


def _values(schema: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{word}`" for word in node["enum"])
    kind = node.get("type", "")
    parts = [" or ".join(kind) if isinstance(kind, list) else str(kind)]
    if kind == "array":
        items = _resolved(schema, node.get("items", {}))
        parts = [f"list of {_values(schema, items) or 'any'}"]
    parts += [words.format(f"{node[key]:,}") for key, words in _BOUNDS.items() if key in node]
    if "examples" in node:
        parts.append(f"such as `{json.dumps(node['examples'][0])}`")
    return ", ".join(part for part in parts if part)


def columns_page() -> str:
    """Return a table of the columns of shards and of `Dataset.table`, as `pocus` has them."""
    columns = (*fact_columns(open_collection("pocus").manifests), *FRAME_COLUMNS)
    lines = ["| column | type | holds |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {column.kind} | {escaped(column.meaning)} |" for column in columns]
    return "\n".join(lines)
