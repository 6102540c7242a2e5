"""Ask an OCR engine what a line of writing says, where one is installed."""

from __future__ import annotations

import shutil
import subprocess

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["engine_path", "read_text"]

_TIMEOUT_S = 10.0
_LINE_HEIGHT_PX = 48
_ONE_LINE = "7"
_MOST_CHARACTERS = 200


def engine_path() -> str | None:
    """Return where the Tesseract program is, or None if it is not installed."""
    return shutil.which("tesseract")


def read_text(line: npt.NDArray[np.uint8], *, engine: str, bright: bool = True) -> str | None:
    """Read one line of writing.

    Parameters
    ----------
    line : np.ndarray, shape (h, w), uint8
        Grey picture of the line with a small border.
    engine : str
        The Tesseract program.
    bright : bool
        Whether the writing is brighter than its ground.

    Returns
    -------
    str or None
        What it says, in one line without control characters; None if the engine reads nothing, fails or takes more
        than ten seconds. A reading only helps a person to judge; nothing is decided by it.
    """
    grow = _LINE_HEIGHT_PX / max(1, line.shape[0])
    large = cv2.resize(line, None, fx=grow, fy=grow, interpolation=cv2.INTER_CUBIC)
    on_white = 255 - large if bright else large
    framed = cv2.copyMakeBorder(np.asarray(on_white, dtype=np.uint8), 12, 12, 12, 12, cv2.BORDER_REPLICATE)
    done, png = cv2.imencode(".png", framed)
    if not done:
        return None
    try:
        answer = subprocess.run(
            [engine, "stdin", "stdout", "--psm", _ONE_LINE],
            input=png.tobytes(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    text = answer.stdout.decode("utf-8", errors="replace")
    words = "".join(one if one.isprintable() else " " for one in text).split()
    return " ".join(words)[:_MOST_CHARACTERS] or None
