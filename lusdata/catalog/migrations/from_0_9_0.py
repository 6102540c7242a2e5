"""From 0.9.0, the flat form used before the first release, to 1.0.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lusdata.catalog.rights import licence_entry
from lusdata.errors import DataError

__all__ = ["migrate"]

_CLASSES = {
    "covid": "covid-19",
    "pneumonia": "bacterial-pneumonia",
    "viral": "viral-pneumonia",
    "regular": "healthy",
    "other": "other",
    "uninformative": "uninformative",
}
_SEXES = {"f": "female", "m": "male"}
_MEDIA = {
    "container": "container",
    "codec": "codec",
    "width": "width_px",
    "height": "height_px",
    "frames": "frame_count",
    "duration": "duration_s",
    "fps": "rate_hz",
}


def migrate(data: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a manifest that is valid against 0.9.0 to 1.0.0.

    Parameters
    ----------
    data : Mapping
        The older manifest; it is not changed.

    Returns
    -------
    dict
        The same facts in the newer form. What 0.9.0 had no place for is left out or ``unknown``, never guessed.

    Raises
    ------
    DataError
        If a field holds what 1.0.0 has no place for: free notes, a licence of unknown spelling, a trim without
        length, or a crop that is no window.
    """
    if data.get("notes"):
        hint = "move what matters into 'excluded' or 'attribution', then take 'notes' out"
        raise _unplaceable(
            "notes", "free notes have no place in 1.0.0", found=f"{len(data['notes'])} characters", hint=hint
        )
    return {
        "$schema": data["$schema"],
        "schema_version": "1.0.0",
        "id": data["id"],
        "kind": data["type"],
        "status": _status(data),
        "source": _source(data),
        **_section("media", _renamed(data, _MEDIA)),
        "probe": data["probe"],
        "class": _CLASSES[data["label"]],
        # 0.9.0 did not record what a label rests on.
        "class_basis": "unknown",
        **_patterns(data),
        **_view(data),
        "group": _group(data),
        **_section("patient", _patient(data)),
        **_crop(data),
        **_trim(data),
        **_renamed(data, {"other_names": "aliases"}),
    }


def _unplaceable(
    field: str, what: str, *, found: str, expected: str | None = None, hint: str | None = None
) -> DataError:
    return DataError(f"field '{field}' cannot be migrated: {what}", expected=expected, found=found, hint=hint)


def _renamed(data: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {new: data[old] for old, new in names.items() if old in data}


def _section(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content} if content else {}


def _status(data: Mapping[str, Any]) -> dict[str, str]:
    if "excluded" in data:
        return {"state": "excluded", "since": data["added"], "reason": data["excluded"]}
    return {"state": "included", "since": data["added"]}


def _source(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = _renamed(data, {"page": "page", "doi": "doi", "path": "path"})
    seen = _renamed(data, {"sha256": "sha256", "bytes": "size_bytes"})
    return {
        "provider": data["provider"],
        **kept,
        "access": "direct",
        "locations": list(data.get("urls", ())),
        **seen,
        "licence": _licence(data["licence"]),
        **_renamed(data, {"attribution": "attribution"}),
    }


def _licence(spelling: str) -> dict[str, Any]:
    name = "LicenseRef-None" if spelling.lower() == "none" else re.sub(r"[\s-]+", "-", spelling.strip())
    try:
        return licence_entry(name)
    except DataError as error:
        raise _unplaceable("licence", error.what, expected=error.expected, found=repr(spelling)) from error


def _patterns(data: Mapping[str, Any]) -> dict[str, Any]:
    if "patterns" not in data:
        return {}
    findings = {sign: "present" if seen else "absent" for sign, seen in data["patterns"].items()}
    return {"patterns": [{"reader": "unknown", **findings}]}


def _view(data: Mapping[str, Any]) -> dict[str, Any]:
    if "zone" not in data:
        return {}
    return {"view": {"scheme": "degum" if data["zone"].isdigit() else "blue", "zone": data["zone"]}}


def _group(data: Mapping[str, Any]) -> dict[str, str]:
    if "patient_id" not in data:
        return {"id": data["id"], "basis": "clip"}
    collection = data["id"].split("/")[0]
    return {"id": f"{collection}/patient-{data['patient_id']}", "basis": "patient"}


def _patient(data: Mapping[str, Any]) -> dict[str, Any]:
    sex = {"sex": _SEXES[data["sex"]]} if "sex" in data else {}
    return {**_renamed(data, {"age_band": "age_band"}), **sex}


def _crop(data: Mapping[str, Any]) -> dict[str, Any]:
    if "crop" not in data:
        return {}
    top_px, left_px, size_px = data["crop"]
    if size_px == 0:
        raise _unplaceable("crop", "a window of no size", expected="[top, left, size]", found=str(data["crop"]))
    # 0.9.0 drew the window on the file that it names, whose size the same manifest states.
    drawn_on = _renamed(data, {"width": "source_width_px", "height": "source_height_px"})
    tied = {**drawn_on, "sha256": data["sha256"]} if drawn_on else {}
    edges = {"left_px": left_px, "top_px": top_px, "width_px": size_px, "height_px": size_px}
    return {"crop": {**edges, **tied, "method": "manual"}}


def _trim(data: Mapping[str, Any]) -> dict[str, Any]:
    if "trim" not in data:
        return {}
    start_s, end_s = data["trim"]
    if end_s <= start_s:
        raise _unplaceable("trim", "it ends before it starts", expected="[start, end]", found=str(data["trim"]))
    return {"trim": {"start_s": start_s, "end_s": end_s}}
