"""The picture that shows what phantoms look like: ``python -m lusdata.media.phantom.gallery docs/phantoms.png``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.media.phantom.draw import draw
from lusdata.media.phantom.spec import ClassName, Phantom, Probe, typical
from lusdata.media.pictures.contact_sheet import Caption, contact_sheet, write_contact_sheet

__all__ = ["phantom_gallery"]

Pictures = npt.NDArray[np.uint8]

# Class, probe, variant and seed of each picture, chosen so that every pattern is seen once.
_SHOWN: tuple[tuple[ClassName, Probe, int, int], ...] = (
    ("healthy", "convex", 0, 40),
    ("covid-19", "convex", 0, 42),
    ("covid-19", "convex", 2, 105),
    ("bacterial-pneumonia", "convex", 0, 107),
    ("bacterial-pneumonia", "convex", 2, 109),
    ("viral-pneumonia", "convex", 0, 111),
    ("healthy", "linear", 1, 101),
    ("healthy", "phased", 0, 55),
    ("covid-19", "linear", 1, 104),
    ("covid-19", "phased", 3, 54),
    ("bacterial-pneumonia", "convex", 1, 108),
    ("viral-pneumonia", "linear", 1, 51),
)
_WORDS = {
    "a_lines": "A-lines",
    "b_lines": "B-lines",
    "consolidation": "consolidation",
    "effusion": "effusion",
    "pleural_irregularity": "rough pleura",
    "air_bronchogram": "air bronchogram",
}


def phantom_gallery(*, tile_px: int = 208) -> Pictures:
    """Draw a contact sheet of a dozen phantoms, one frame each, cropped as for a dataset.

    Parameters
    ----------
    tile_px : int
        Side of each picture in pixels.

    Returns
    -------
    np.ndarray, shape (height, width, 3), uint8
        In the order blue, green, red.
    """
    images, captions = [], []
    for class_name, probe, variant, seed in _SHOWN:
        spec = replace(typical(class_name, probe=probe, variant=variant), width_px=512, height_px=400, frame_count=1)
        phantom = draw(spec, seed)
        images.append(_cropped(phantom, tile_px))
        there = [word for pattern, word in _WORDS.items() if spec.patterns[pattern] == "present"]
        captions.append(Caption(f"{probe}, seed {seed}", class_name, ", ".join(there)))
    return contact_sheet(
        images, captions, columns=6, tile_px=tile_px, title="Phantoms: drawn from a seed, never anyone's lung"
    )


def _cropped(phantom: Phantom, side_px: int) -> Pictures:
    left, top, width, height = phantom.square_box
    window = phantom.frames[0, top : top + height, left : left + width]
    return np.asarray(cv2.resize(window, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)


if __name__ == "__main__":
    write_contact_sheet(Path(sys.argv[1] if len(sys.argv) > 1 else "phantoms.png"), phantom_gallery())
