"""Recordings as a pandas table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_names
from lusdata.catalog.rights import rights_of
from lusdata.catalog.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["recordings_table"]


def recordings_table(
    manifests: Sequence[Manifest],
    *,
    frames: Sequence[int],
    groups: Mapping[str, str],
    tasks: Mapping[str, Task] | None = None,
) -> pd.DataFrame:
    """Lay recordings out as a table.

    Parameters
    ----------
    manifests : sequence of Manifest
        The recordings.
    frames : sequence of int
        Number of frames of each.
    groups : Mapping
        Patient group of each recording id.
    tasks : Mapping, optional
        The collection's own tasks by name; each is a column.

    Returns
    -------
    pandas.DataFrame
        One row a recording, in the given order.
    """
    import pandas as pd

    scales = sorted({str(item["scale"]) for manifest in manifests for item in manifest.data.get("severity", ())})
    rows = [
        _row(manifest, count, groups[manifest.id], scales, tasks or {})
        for manifest, count in zip(manifests, frames, strict=True)
    ]
    return pd.DataFrame(rows, columns=_columns(scales, tasks or {}))


_MEDIA = ("container", "codec", "frame_count", "duration_s", "rate_hz", "width_px", "height_px")
"""Facts of the file that the table takes over from the manifest."""


def _columns(scales: Sequence[str], tasks: Mapping[str, Task]) -> list[str]:
    facts = ("id", "class", "probe", "kind", "group", "group_basis", "provider", "licence", "publish", "frames")
    patient = ("age_band", "sex", "symptoms")
    return [
        *facts,
        *_MEDIA,
        "size_bytes",
        "zone",
        *pattern_names(),
        *(_severity(scale) for scale in scales),
        *(_task(name) for name in tasks),
        *patient,
        "class_basis",
        "sha256",
    ]


def _severity(scale: str) -> str:
    return "severity_" + scale.replace("-", "_")


def _task(name: str) -> str:
    return "task_" + name.replace("-", "_")


def _row(
    manifest: Manifest, frames: int, group: str, scales: Sequence[str], tasks: Mapping[str, Task]
) -> dict[str, Any]:
    media, patient = manifest.media, manifest.data.get("patient", {})
    symptoms = patient.get("symptoms")
    return {
        "id": manifest.id,
        "class": manifest.class_name,
        "probe": manifest.probe,
        "kind": manifest.kind,
        "group": group,
        "group_basis": manifest.group_basis,
        "provider": manifest.provider,
        "licence": manifest.licence["id"],
        "publish": rights_of(manifest).publish,
        "frames": frames,
        **{name: media.get(name) for name in _MEDIA},
        "size_bytes": manifest.size_bytes,
        "zone": manifest.data.get("view", {}).get("zone"),
        **{name: _finding(manifest, name) for name in pattern_names()},
        **{_severity(scale): _mean_severity(manifest, scale) for scale in scales},
        **{_task(name): task.value_of(manifest) for name, task in tasks.items()},
        "age_band": patient.get("age_band"),
        "sex": patient.get("sex"),
        "symptoms": None if symptoms is None else "|".join(symptoms),
        "class_basis": manifest.data["class_basis"],
        "sha256": manifest.sha256,
    }


def _finding(manifest: Manifest, name: str) -> str:
    said = {reading.get(name, "unknown") for reading in manifest.patterns}
    return next((word for word in ("present", "absent") if word in said), "unknown")


def _mean_severity(manifest: Manifest, scale: str) -> float | None:
    values = [float(item["value"]) for item in manifest.data.get("severity", ()) if item["scale"] == scale]
    return sum(values) / len(values) if values else None
