"""Small recordings and their manifests, for the tests of fetch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.schema import schema_header


def mp4(seed: int = 0, *, payload_bytes: int = 2_000) -> bytes:
    """Return bytes that any reader takes for a whole MP4 file, whose content follows from a seed."""

    def box(kind: bytes, content: bytes) -> bytes:
        return (8 + len(content)).to_bytes(4, "big") + kind + content

    payload = bytes((seed * 31 + place * 7) % 251 for place in range(payload_bytes))
    return box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", payload) + box(b"moov", bytes(40))


def sha256(data: bytes) -> str:
    """Return the digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def recording(
    name: str = "clip",
    data: bytes | None = None,
    *,
    locations: Sequence[str] = (),
    path: str | None = None,
    access: str = "direct",
    state: str = "included",
    page: str | None = None,
    file: Path | None = None,
) -> Manifest:
    """Return a manifest of some bytes; without bytes it is unpinned."""
    source: dict[str, Any] = {
        "provider": "clinic",
        "access": access,
        "locations": list(locations),
        "licence": {
            "id": "CC-BY-4.0",
            "redistribute": True,
            "derive": True,
            "commercial": True,
            "share_alike": False,
        },
    }
    if path is not None:
        source["path"] = path
    if page is not None:
        source["page"] = page
    if data is not None:
        source |= {"sha256": sha256(data), "size_bytes": len(data)}
    status = {"state": state, "since": "2021-02-25"}
    if state != "included":
        status["reason"] = "shows the neck, not the lung"
    return Manifest(
        {
            **schema_header(),
            "id": f"cases/{name}",
            "kind": "video",
            "status": status,
            "source": source,
            "probe": "convex",
            "class": "healthy",
            "class_basis": "source-label",
            "group": {"id": f"cases/{name}", "basis": "unknown"},
        },
        file,
    )
