"""Small catalogs for tests of what is decided from manifests alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.schema import schema_header


def recording(
    name: str,
    class_name: str = "covid-19",
    group: str | None = None,
    *,
    linked: Sequence[str] = (),
    probe: str = "convex",
    provider: str = "clinic-a",
    since: str = "2021-02-25",
    state: str = "included",
    kind: str = "video",
    duration_s: float = 3.0,
    pinned: bool = True,
    path: str | None = None,
    aliases: Sequence[str] = (),
    patterns: Sequence[dict[str, str]] = (),
    licence: str = "CC-BY-4.0",
    sha256: str | None = None,
) -> Manifest:
    """Return the manifest of a recording that nobody made; its group is a patient's, or the clip alone."""
    status = {"state": state, "since": since}
    if state != "included":
        status["reason"] = "not wanted in this test"
    source: dict[str, Any] = {
        "provider": provider,
        "path": path or f"videos/{name}.mp4",
        "access": "direct",
        "locations": [f"https://example.org/{name}.mp4"],
        "licence": {
            "id": licence,
            "redistribute": licence != "LicenseRef-None",
            "derive": "ND" not in licence and licence != "LicenseRef-None",
            "commercial": True,
            "share_alike": False,
        },
    }
    data: dict[str, Any] = {
        **schema_header(),
        "id": f"test/{name}",
        "kind": kind,
        "status": status,
        "source": source,
        "probe": probe,
        "class": class_name,
        "class_basis": "source-label",
        "group": {"id": f"test/{group or name}", "basis": "patient"},
    }
    if linked:
        data["group"]["linked"] = [{"id": f"test/{other}", "basis": "near-duplicate"} for other in linked]
    if aliases:
        data["aliases"] = list(aliases)
    if patterns:
        data["patterns"] = list(patterns)
    if pinned:
        source["sha256"] = sha256 or hashlib.sha256(name.encode()).hexdigest()
        source["size_bytes"] = 1000
        data["media"] = {"container": "mp4", "codec": "h264", "width_px": 400, "height_px": 300, "frame_count": 1}
        if kind == "video":
            data["media"] |= {"frame_count": round(duration_s * 10), "duration_s": duration_s, "rate_hz": 10.0}
    return Manifest(data)


def write_catalog(folder: Path, manifests: Iterable[Manifest]) -> Path:
    """Write manifests as a collection named after the folder; their ids move into its namespace."""
    folder.mkdir(parents=True)
    for manifest in manifests:
        name = manifest.id.split("/")[1]
        data = {**manifest.data, "id": f"{folder.name}/{name}"}
        (folder / f"{name}.json").write_text(json.dumps(data, indent=2), encoding="utf-8")
    return folder
