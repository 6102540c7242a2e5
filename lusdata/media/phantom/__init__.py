"""Phantom recordings: lung ultrasound that was never anyone's, drawn from a seed, with the truth beside it.

Real recordings may not be committed, and tests need pictures whose content is known. A phantom shows what a physician
names at a glance (ribs, pleural line, A-lines, B-lines, consolidation, effusion), moves with the breath, comes in every
container and codec of the public collections, and carries a mask for each pattern.

This is the front: `spec` says what is shown, `anatomy` and `draw` draw it, `scan` turns
it into the machine's picture, `media` writes files and `collection` whole collections.

Examples
--------
>>> phantom = draw(PhantomSpec(b_line_count=3, frame_count=2, width_px=96, height_px=72), 7)
>>> phantom.frames.shape, sorted(phantom.masks)[:2]
((2, 72, 96), ['a_lines', 'b_lines'])
"""

from __future__ import annotations

from lusdata.media.phantom.collection import plan_collection, write_collection
from lusdata.media.phantom.draw import draw, index_clip, index_level
from lusdata.media.phantom.media import FORMS, Form, write_image, write_video
from lusdata.media.phantom.spec import MASK_NAMES, ClassName, Phantom, PhantomSpec, Probe, typical

__all__ = [
    "FORMS",
    "MASK_NAMES",
    "ClassName",
    "Form",
    "Phantom",
    "PhantomSpec",
    "Probe",
    "draw",
    "index_clip",
    "index_level",
    "plan_collection",
    "typical",
    "write_collection",
    "write_image",
    "write_video",
]
