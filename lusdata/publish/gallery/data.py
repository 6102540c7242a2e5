"""What a gallery tells about each recording, as plain data: for its list, its filters and its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_word, verdicts
from lusdata.catalog.rights import rights_of
from lusdata.errors import DataError
from lusdata.intake.answers import slug_of
from lusdata.media.crop import crop_box
from lusdata.publish.gallery.media import GalleryPicture

__all__ = ["FACETS", "recording_data", "verdicts"]

FACETS: Mapping[str, str] = {
    "class": "Class",
    "probe": "Probe",
    "pattern": "Pattern",
    "source": "Source",
    "licence": "Licence",
    "fold": "Fold",
    "rights": "Rights",
    "picture": "Picture",
    "state": "State",
}
"""What recordings can be filtered by, with the words for people."""

Line = tuple[str, str] | tuple[str, str, str]


def recording_data(
    manifest: Manifest,
    picture: GalleryPicture,
    *,
    group: str,
    folds: Sequence[str],
    strip: int | None,
) -> dict[str, Any]:
    """Describe one recording.

    Parameters
    ----------
    manifest : Manifest
        The recording.
    picture : GalleryPicture
        Its picture, or why there is none.
    group : str
        Its united group.
    folds : sequence of str
        The folds that hold it; more than one is a leak.
    strip : int or None
        Number of its strip on the page.

    Returns
    -------
    dict
        Plain data for JSON. `f` holds the words for each of `FACETS`, `detail` all facts as titled lists of lines, each
        a label, a text and perhaps an address; `crop` is the window in percent of the square picture.
    """
    found = verdicts(manifest)
    rights = rights_of(manifest)
    duration_s = manifest.media.get("duration_s")
    data: dict[str, Any] = {
        "id": manifest.id,
        "kind": manifest.kind,
        "group": group,
        "patterns": [[pattern_word(name), said] for name, said in found.items() if said in ("present", "disagree")],
        "f": {
            "class": [manifest.class_name],
            "probe": [manifest.probe],
            "pattern": [pattern_word(name) for name, said in found.items() if said == "present"],
            "source": [manifest.provider],
            "licence": [str(manifest.licence["id"])],
            "fold": list(folds) or ["none"],
            "rights": ["publishable" if rights.publish else "local only"],
            "picture": ["yes" if picture.strip else "no"],
            "state": [manifest.state],
        },
        "detail": [[title, list(lines)] for title, lines in _detail(manifest, picture, group, folds) if lines],
    }
    if name := _file_name(manifest):
        data["name"] = name
    if duration_s:
        data["seconds"] = round(float(duration_s), 2)
    if picture.strip is None:
        data["why"] = [picture.code, picture.reason]
    else:
        data |= {"strip": strip, "frames": picture.strip.frames, "hz": round(picture.strip.rate_hz, 3)}
        if picture.whole:
            data |= _crop(manifest)
    return data


def _file_name(manifest: Manifest) -> str:
    """Return what the recording's file is called where the id does not tell it, as that of an owner's own clip."""
    alias = str(next(iter(manifest.data.get("aliases", ())), ""))
    return alias if slug_of(PurePosixPath(alias).stem) != manifest.id.split("/")[1] else ""


def _crop(manifest: Manifest) -> dict[str, Any]:
    """Return the window that datasets use, in percent of the square into which the frame is fitted, and in words."""
    width_px, height_px = int(manifest.media["width_px"]), int(manifest.media["height_px"])
    try:
        box = crop_box(width_px, height_px, manifest.crop)
    except DataError as error:
        return {"window": f"The crop does not fit: {error.what}."}
    if box == (0, 0, width_px, height_px):
        return {"window": "Datasets use the whole frame."}
    side_px = max(width_px, height_px)
    left_px, top_px = box.left_px + (side_px - width_px) / 2, box.top_px + (side_px - height_px) / 2
    edges = (left_px, top_px, box.width_px, box.height_px)
    stated = manifest.crop is not None
    window = "the box" if stated else "the dashed box, the largest centred square, since no crop is stated"
    return {
        "crop": [round(100 * edge / side_px, 2) for edge in edges],
        "stated": stated,
        "window": f"Datasets use {window}.",
    }


def _detail(
    manifest: Manifest, picture: GalleryPicture, group: str, folds: Sequence[str]
) -> list[tuple[str, list[Line]]]:
    return [
        ("Picture", _picture(picture)),
        ("Recording", _recording(manifest)),
        ("Patterns", _patterns(manifest)),
        ("Group and fold", _group(manifest, group, folds)),
        ("Source and rights", _source(manifest)),
        ("Patient", _patient(manifest)),
        ("File", _file(manifest)),
        ("Reviews", _reviews(manifest)),
    ]


def _picture(picture: GalleryPicture) -> list[Line]:
    if picture.strip is not None:
        return []
    return _lines(("Not shown", f"{picture.reason} ({picture.code})"), ("What happened", picture.detail))


def _recording(manifest: Manifest) -> list[Line]:
    data = manifest.data
    status = manifest.state + f", since {manifest.since}"
    view = data.get("view")
    crop, trim = data.get("crop"), data.get("trim")
    window = f"{crop['width_px']} x {crop['height_px']} px at {crop['left_px']}, {crop['top_px']}" if crop else ""
    reviewer = f", reviewed by {crop['reviewer']}" if crop and "reviewer" in crop else ""
    end_s = manifest.trim.end_s
    part = f"{manifest.trim.start_s:g} s to {'the end' if end_s is None else f'{end_s:g} s'}"
    return _lines(
        ("State", status),
        ("Reason", data["status"].get("reason", "")),
        ("Class", f"{manifest.class_name}, by {data['class_basis']}"),
        ("Probe", manifest.probe),
        ("Zone", f"{view['zone']} ({view['scheme']})" if view else ""),
        ("Crop", f"{window}, {crop['method']}{reviewer}" if crop else "the largest centred square"),
        ("Trim", part if trim else ""),
        *((f"Severity, {item['scale']}", f"{item['value']:g} ({item['reader']})") for item in data.get("severity", ())),
        ("Also known as", ", ".join(data.get("aliases", ()))),
    )


def _patterns(manifest: Manifest) -> list[Line]:
    lines = []
    for name in verdicts(manifest):
        said: dict[str, list[str]] = {}
        for reading in manifest.patterns:
            if name in reading:
                said.setdefault(reading[name], []).append(reading["reader"])
        told = (f"{word} ({', '.join(readers)})" for word, readers in said.items())
        lines.append((pattern_word(name), "; ".join(told)))
    return _lines(*lines)


def _group(manifest: Manifest, group: str, folds: Sequence[str]) -> list[Line]:
    united = f", united with others as {group}" if group != manifest.group_id else ""
    return _lines(
        ("Group", f"{manifest.group_id} ({manifest.group_basis}){united}"),
        *(("Linked to", f"{item['id']} ({item['basis']})") for item in manifest.data["group"].get("linked", ())),
        ("Fold", ", ".join(folds) or "in no fold"),
    )


def _source(manifest: Manifest) -> list[Line]:
    source, licence = manifest.data["source"], manifest.licence
    rights = rights_of(manifest)
    words = (("fetched", rights.fetch), ("built on one's own machine", rights.build), ("published", rights.publish))
    allowed = [word for word, may in words if may]
    bounds = [
        word
        for word, holds in (
            ("no commercial use", not licence["commercial"]),
            ("changed versions under the same licence", licence["share_alike"]),
        )
        if holds
    ]
    doi = source.get("doi", "")
    return _lines(
        ("Source", manifest.provider),
        ("Attribution", source.get("attribution", "")),
        ("Licence", str(licence["id"]), licence.get("url", "")),
        ("May be", ", ".join(allowed) or "nothing"),
        ("Because", rights.reason),
        ("Bounds", ", ".join(bounds)),
        ("Page", source.get("page", ""), source.get("page", "")),
        ("DOI", doi, f"https://doi.org/{doi}" if doi else ""),
        *(("Location", location, location) for location in manifest.locations),
        ("Access", manifest.access),
        ("Path in a mirror", manifest.source_path or ""),
        ("Changed upstream", ", ".join(source.get("upstream_changes", ()))),
    )


def _age(band: str) -> str:
    return f"{band} years" if band[:1].isdigit() else band


def _patient(manifest: Manifest) -> list[Line]:
    patient = manifest.data.get("patient", {})
    return _lines(
        ("Age", _age(patient.get("age_band", ""))),
        ("Sex", patient.get("sex", "")),
        ("Symptoms", ", ".join(patient.get("symptoms", ()))),
    )


def _file(manifest: Manifest) -> list[Line]:
    media = manifest.media
    size = f"{media['width_px']} x {media['height_px']} px" if media else ""
    rate = f"{media['rate_hz']:g} Hz" if "rate_hz" in media else ""
    variable = ", varying" if media.get("variable_frame_rate") else ""
    return _lines(
        ("Format", f"{media['container']}, {media['codec']}" if media else ""),
        ("Frame", size),
        ("Frames", f"{media['frame_count']:,}" if media else ""),
        ("Duration", f"{media['duration_s']:g} s" if "duration_s" in media else ""),
        ("Rate", f"{rate}{variable}" if rate else ""),
        ("Size", f"{manifest.size_bytes:,} bytes" if manifest.size_bytes else ""),
        ("Sha256", manifest.sha256 or "not pinned yet"),
    )


def _reviews(manifest: Manifest) -> list[Line]:
    reviews: Iterable[Mapping[str, str]] = manifest.data.get("review", ())
    return _lines(*((f"{item['of']}, {item['on']}", f"{item['decision']} ({item['role']})") for item in reviews))


def _lines(*lines: Line) -> list[Line]:
    """Keep the lines that say something, and addresses that lead to the web."""
    kept: list[Line] = []
    for line in lines:
        if line[1]:
            web = len(line) == 3 and line[2].startswith(("https://", "http://"))
            kept.append(line if web else line[:2])
    return kept
