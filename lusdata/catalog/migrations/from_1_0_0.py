"""From 1.0.0 to 1.1.0: everything stays, and a clip that stands alone because nobody knows whose it is says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["migrate"]


def migrate(data: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a manifest that is valid against 1.0.0 to 1.1.0.

    Parameters
    ----------
    data : Mapping
        The older manifest; it is not changed.

    Returns
    -------
    dict
        The same facts. The basis ``clip``, which meant that nothing else was known, is called ``unknown``.
    """
    group = dict(_renamed(data["group"]))
    if "linked" in group:
        group["linked"] = [_renamed(link) for link in group["linked"]]
    return {**data, "schema_version": "1.1.0", "group": group}


def _renamed(group: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**group, "basis": "unknown"} if group["basis"] == "clip" else group
