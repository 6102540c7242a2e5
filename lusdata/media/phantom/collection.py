"""A whole collection of phantom recordings: media in every form, and a manifest for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from lusdata.catalog.manifest import write_manifest
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.schema import schema_header
from lusdata.errors import UsageError
from lusdata.media.phantom.draw import draw
from lusdata.media.phantom.media import FORMS, write_image, write_video
from lusdata.media.phantom.spec import ClassName, Phantom, PhantomSpec, Probe, typical

__all__ = ["PhantomClip", "plan_collection", "write_collection"]

# Diagnoses of one dozen patients; viral pneumonia is as rare here as in the public data.
_CLASSES: tuple[ClassName, ...] = (
    "healthy",
    "covid-19",
    "bacterial-pneumonia",
    "covid-19",
    "healthy",
    "viral-pneumonia",
    "bacterial-pneumonia",
    "covid-19",
    "healthy",
    "bacterial-pneumonia",
    "covid-19",
    "viral-pneumonia",
)
_PROBES: tuple[Probe, ...] = ("convex", "convex", "convex", "linear", "convex", "linear", "convex", "phased")
_SIZES = ((400, 304), (320, 240), (480, 360), (360, 360))
_ODD_SIZE = (333, 251)
_CLIPS_PER_PATIENT = (2, 3, 1, 2)
_PROVIDERS = 4
_FIRST_DAY = "2026-01-05"
_STILLS = (".png", ".jpg")
_ZONES = ("L1", "L2", "L3", "R1", "R2", "R3")


@dataclass(frozen=True)
class PhantomClip:
    """One recording of a phantom collection, before it is drawn.

    Attributes
    ----------
    slug : str
        Name of the recording inside the collection.
    patient : int
        Number of the patient, from 1.
    form : str
        A key of `FORMS`, or ``.png`` or ``.jpg`` for a still picture.
    spec : PhantomSpec
        What it shows.
    seed : int
        Seed of the drawing.
    """

    slug: str
    patient: int
    form: str
    spec: PhantomSpec
    seed: int


def plan_collection(*, seed: int, recordings: int = 24) -> tuple[PhantomClip, ...]:
    """Decide what a phantom collection holds, without drawing anything.

    Parameters
    ----------
    seed : int
        Which of the infinitely many collections; 0 or more.
    recordings : int
        How many, at least 1. With 12 or more, each form of file occurs.

    Returns
    -------
    tuple of PhantomClip
        About two a patient, patients in order. A longer plan begins with the shorter one.

    Raises
    ------
    UsageError
        If a number is out of range.
    """
    if seed < 0 or recordings < 1:
        raise UsageError(
            "a phantom collection cannot be so",
            where="plan_collection",
            expected="seed from 0, recordings from 1",
            found=f"seed={seed}, recordings={recordings}",
        )
    forms = (*FORMS, *_STILLS)
    clips: list[PhantomClip] = []
    for patient, view in _views(recordings):
        index = len(clips)
        rng = np.random.default_rng([seed, index])
        form = forms[index % len(forms)]
        class_name, probe = _CLASSES[(patient - 1) % len(_CLASSES)], _PROBES[(patient - 1) % len(_PROBES)]
        width_px, height_px = _SIZES[int(rng.integers(len(_SIZES)))]
        if form in FORMS and FORMS[form].pixel_format == "yuv444p":
            width_px, height_px = _ODD_SIZE
        spec = replace(
            typical(class_name, probe=probe, variant=(patient - 1) // 4 + view),
            width_px=width_px,
            height_px=height_px,
            frame_count=1 if form in _STILLS else int(rng.integers(24, 49)),
            rate_hz={"mpeg": 25.0, "gif": 10.0}.get(form, float(rng.choice([12.0, 15.0, 20.0, 30.0]))),
            breaths_per_min=float(rng.uniform(14, 26)),
        )
        drawing = int(rng.integers(2**31))
        clips.append(PhantomClip(f"patient-{patient:02d}-view-{view + 1}", patient, form, spec, drawing))
    return tuple(clips)


def write_collection(
    folder: Path, *, seed: int, recordings: int = 24, name: str = "phantom", base_url: str | None = None
) -> Path:
    """Draw a phantom collection: media under ``media/``, manifests under ``manifests/<name>/``.

    Parameters
    ----------
    folder : Path
        Where to put both; made if it is not there. A mirror of the collection is ``folder / "media"``.
    seed : int
        Which of the infinitely many collections; 0 or more.
    recordings : int
        How many, at least 1; about two a patient.
    name : str
        Namespace of the recordings, a slug.
    base_url : str, optional
        Address at which ``media/`` is served; each manifest then names its file there. Without it there are no
        locations, and the files come from a mirror.

    Returns
    -------
    Path
        The folder of manifests, a collection.

    Raises
    ------
    UsageError
        If a number is out of range, or the folder of manifests already holds some.
    """
    from lusdata.media.facts import pin

    manifests = folder / "manifests" / name
    clips = plan_collection(seed=seed, recordings=recordings)
    if manifests.is_dir() and any(manifests.iterdir()):
        raise UsageError(
            "the collection is already there", where=str(manifests), expected="an empty folder", found="files in it"
        )
    manifests.mkdir(parents=True, exist_ok=True)
    for clip in clips:
        spec = clip.spec
        suffix = FORMS[clip.form].suffix if clip.form in FORMS else clip.form
        place = f"{spec.probe}/{clip.slug}{suffix}"
        path = folder / "media" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        phantom = draw(spec, clip.seed)
        _write_clip(path, clip, phantom)
        data = pin(_facts(clip, place, name=name, base_url=base_url), path)
        left_px, top_px, width_px, height_px = phantom.square_box
        data["crop"] = {
            "left_px": left_px,
            "top_px": top_px,
            "width_px": width_px,
            "height_px": height_px,
            "source_width_px": spec.width_px,
            "source_height_px": spec.height_px,
            "sha256": data["source"]["sha256"],
            "method": "sector",
        }
        write_manifest(manifests / f"{clip.slug}.json", data)
    return manifests


def _views(recordings: int) -> Iterator[tuple[int, int]]:
    """Yield patient and view numbers, as many as there are recordings."""
    patient = given = 0
    while True:
        patient += 1
        for view in range(_CLIPS_PER_PATIENT[patient % len(_CLIPS_PER_PATIENT)]):
            if given == recordings:
                return
            given += 1
            yield patient, view


def _write_clip(path: Path, clip: PhantomClip, phantom: Phantom) -> None:
    if clip.form not in FORMS:
        write_image(path, phantom.frames[0])
        return
    form = FORMS[clip.form]
    times_s = None
    if form.variable:
        # A screen recorder's clock: it now and then comes late, by up to two frames.
        rng = np.random.default_rng(clip.seed)
        late = 1 + 2 * (rng.random(len(phantom.frames) - 1) < 0.2) * rng.random(len(phantom.frames) - 1)
        times_s = np.concatenate([[0.0], np.cumsum(late / clip.spec.rate_hz)]).tolist()
    write_video(
        path,
        phantom.frames,
        rate_hz=clip.spec.rate_hz,
        container=form.container,
        codec=form.codec,
        pixel_format=form.pixel_format,
        full_range=form.full_range,
        times_s=times_s,
    )


def _facts(clip: PhantomClip, place: str, *, name: str, base_url: str | None) -> dict[str, Any]:
    """Return a manifest's data but for what the file itself tells."""
    spec = clip.spec
    age = 20 + 10 * (clip.patient * 7 % 7)
    return {
        **schema_header(),
        "id": f"{name}/{clip.slug}",
        "kind": "video" if clip.form in FORMS else "image",
        "status": {"state": "included", "since": _FIRST_DAY},
        "source": {
            "provider": f"{name}-clinic-{clip.patient % _PROVIDERS + 1}",
            "path": place,
            "access": "direct",
            "locations": [] if base_url is None else [f"{base_url.rstrip('/')}/{quote(place)}"],
            "licence": licence_entry("CC0-1.0"),
            "attribution": "lusdata phantom",
        },
        "probe": spec.probe,
        "class": spec.class_name,
        "class_basis": "synthetic",
        "patterns": [{"reader": "phantom", **spec.patterns}],
        "view": {"scheme": "blue", "zone": _ZONES[clip.seed % len(_ZONES)]},
        "group": {"id": f"{name}/patient-{clip.patient:02d}", "basis": "patient"},
        "patient": {"age_band": f"{age}-{age + 9}", "sex": ("female", "male")[clip.patient % 2]},
    }
