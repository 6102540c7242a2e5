"""Recordings as a pandas table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_names
from lusdata.catalog.rights import rights_of
from lusdata.catalog.tasks import Task
from lusdata.dataset.formats.columns import pattern_value, severity_column, severity_value

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
    facts = ("recording", "collection", "class", "probe", "kind", "group", "group_basis")
    patient = ("age_band", "sex", "symptoms")
    return [
        *facts,
        "provider",
        "licence",
        "publish",
        "frames",
        *_MEDIA,
        "size_bytes",
        "zone",
        *pattern_names(),
        *(severity_column(scale) for scale in scales),
        *(_task(name) for name in tasks),
        *patient,
        "class_basis",
        "attribution",
        "source_sha256",
        "aliases",
    ]


def _task(name: str) -> str:
    return "task_" + re.sub(r"\W", "_", name)


def _row(
    manifest: Manifest, frames: int, group: str, scales: Sequence[str], tasks: Mapping[str, Task]
) -> dict[str, Any]:
    media, patient = manifest.media, manifest.data.get("patient", {})
    symptoms = patient.get("symptoms")
    return {
        "recording": manifest.id,
        "collection": manifest.collection,
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
        **{name: pattern_value(manifest, name) for name in pattern_names()},
        **{severity_column(scale): severity_value(manifest, scale) for scale in scales},
        **{_task(name): task.value_of(manifest) for name, task in tasks.items()},
        "age_band": patient.get("age_band"),
        "sex": patient.get("sex"),
        "symptoms": None if symptoms is None else "|".join(symptoms),
        "class_basis": manifest.data["class_basis"],
        "attribution": manifest.data["source"].get("attribution", ""),
        "source_sha256": manifest.sha256,
        "aliases": "|".join(manifest.data.get("aliases", ())) or None,
    }
