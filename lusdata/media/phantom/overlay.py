"""What a machine writes into its picture: names, settings, a depth ruler, a grey bar, an orientation mark."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.media.phantom.scan import Scan
from lusdata.media.phantom.spec import PhantomSpec

__all__ = ["draw_overlay"]

_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_overlay(spec: PhantomSpec, scan: Scan, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Draw all burned-in writing of a recording.

    Parameters
    ----------
    spec : PhantomSpec
        `burned_in` and `patient_name` are read.
    scan : Scan
        Where the sector is, so that the ruler fits it and the settings stay clear of it.
    seed : int
        Number shown as the examination's number.

    Returns
    -------
    picture : np.ndarray, shape (h, w), uint8
        The writing on black.
    mask : np.ndarray, shape (h, w), bool
        Pixels that it covers.
    """
    picture = np.zeros((spec.height_px, spec.width_px), np.uint8)
    left, top, width, height = scan.box
    scale = max(0.28, spec.height_px / 1000)
    if spec.burned_in:
        _settings(picture, spec, scan, seed, scale)
        _ruler(picture, spec, scan)
        bar = np.linspace(255, 0, max(2, height // 4)).astype(np.uint8)[:, None]
        thick = max(2, spec.width_px // 80)
        place = np.s_[top + height // 8 : top + height // 8 + bar.size, 3 : 3 + thick]
        picture[place] = np.broadcast_to(bar, (bar.size, thick))
        # Orientation mark: the dot beside the sector's upper edge that tells head from foot.
        where = (max(8, left + width // 8), max(8, top - 2))
        if not spec.margin:
            where = (where[0], top + 8)
        cv2.circle(picture, where, max(2, spec.height_px // 90), 235, -1, cv2.LINE_AA)
    outside = picture > 0
    # Writing of the margin never covers echoes; a name does, and that is what makes it dangerous.
    outside &= ~scan.sector
    picture[~outside] = 0
    if spec.patient_name is not None:
        inside = np.zeros_like(picture)
        size = scale * 1.25
        text_w = cv2.getTextSize(spec.patient_name, _FONT, size, 1)[0][0]
        where = (left + max(0, (width - text_w) // 2), top + round(0.9 * height))
        cv2.putText(inside, spec.patient_name, where, _FONT, size, 240, 1, cv2.LINE_AA)
        picture = np.maximum(picture, inside)
    return picture, picture > 0


def _settings(picture: npt.NDArray[np.uint8], spec: PhantomSpec, scan: Scan, seed: int, scale: float) -> None:
    line_px = max(9, round(34 * scale))
    cv2.rectangle(picture, (3, 3), (3 + line_px, 3 + line_px), 200, 1)
    cv2.putText(picture, "L", (6, line_px), _FONT, scale * 1.2, 220, 1, cv2.LINE_AA)
    heading = f"PHANTOM {spec.probe.upper()}"
    cv2.putText(picture, heading, (8 + line_px, line_px - 1), _FONT, scale, 210, 1, cv2.LINE_AA)
    right = f"MI 0.{7 + seed % 3}  #{seed % 10_000:04d}"
    text_w = cv2.getTextSize(right, _FONT, scale, 1)[0][0]
    cv2.putText(picture, right, (spec.width_px - text_w - 4, line_px - 1), _FONT, scale, 210, 1, cv2.LINE_AA)
    foot = f"{spec.scan_depth_cm:.0f} cm  {spec.rate_hz:.0f} Hz  G {45 + seed % 20}%"
    cv2.putText(picture, foot, (4, spec.height_px - 5), _FONT, scale, 190, 1, cv2.LINE_AA)


def _ruler(picture: npt.NDArray[np.uint8], spec: PhantomSpec, scan: Scan) -> None:
    _left, top, _width, height = scan.box
    for centimetre in range(int(spec.scan_depth_cm) + 1):
        y = top + round(height - (spec.scan_depth_cm - centimetre) * scan.px_per_cm)
        if 0 <= y < spec.height_px:
            long = 3 if centimetre % 5 else 7
            cv2.line(picture, (spec.width_px - 3 - long, y), (spec.width_px - 4, y), 200, 1)
