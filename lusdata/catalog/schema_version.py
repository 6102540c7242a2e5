"""Whether a document is written in a schema version that can be read."""

from __future__ import annotations

import re
from typing import Any

from lusdata.catalog.rules.rule import Breach
from lusdata.catalog.schema import NEWEST, version_key, versions

__all__ = ["version_fault"]


def version_fault(data: Any) -> tuple[str, Breach] | None:
    """Say why a document's schema version keeps it from being checked.

    Parameters
    ----------
    data : object
        The parsed document.

    Returns
    -------
    (code, finding) or None
        None for the newest version, and for a document that states none, which the schema itself objects to.

    Examples
    --------
    >>> version_fault({"schema_version": "99.0.0"})[0], version_fault({"schema_version": "1.1.0"})
    ('SCHEMA_NEWER', None)
    """
    if not isinstance(data, dict) or data.get("schema_version", NEWEST) == NEWEST:
        return None
    path, version, known = "$.schema_version", data["schema_version"], ", ".join(versions())
    if version in versions():
        message, hint = "an older schema version", "lusdata migrate brings it to the newest"
        return "SCHEMA_OLDER", Breach(path, message, NEWEST, version, hint)
    is_version = isinstance(version, str) and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){2}", version)
    if is_version and version_key(version) > version_key(NEWEST):
        message, hint = "a newer schema version than this lusdata knows", "python -m pip install --upgrade lusdata"
        return "SCHEMA_NEWER", Breach(path, message, f"one of {known}", version, hint)
    return "SCHEMA_VERSION", Breach(path, "no such schema version", f"one of {known}", repr(version)[:80])
