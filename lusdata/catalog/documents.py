"""JSON documents of ours beside the manifests, each held against the schema of its kind before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lusdata.catalog.reading import read_data
from lusdata.catalog.schema import schema_faults, versions
from lusdata.errors import DataError

__all__ = ["read_document"]


def read_document(path: Path, *, kind: str) -> dict[str, Any]:
    """Read a document whose schema lies in ``schemas/<kind>/``.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        Such as ``collection`` or ``scales``.

    Returns
    -------
    dict
        The document, valid against the newest schema of its kind.

    Raises
    ------
    DataError
        If it is no JSON, of another version, or breaks the schema; the message names the first fault.
    OSError
        If it cannot be opened.
    """
    data = read_data(path)
    newest = versions(kind)[-1]
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != newest:
        expected = f"schema_version {newest}"
        what = f"not a {kind} file that this lusdata knows"
        raise DataError(what, where=str(path), expected=expected, found=repr(version))
    faults = schema_faults(data, newest, kind=kind)
    if faults:
        first, more = faults[0], f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise DataError(
            f"not a valid {kind} file{more}: {first.message}",
            where=f"{path} {first.json_path}",
            expected=first.expected,
            found=first.found,
            hint=first.hint or None,
        )
    document: dict[str, Any] = data
    return document
