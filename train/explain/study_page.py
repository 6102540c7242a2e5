"""The page of a blinded study: one file that works offline and says nothing that the raters must not know."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from lusdata.media.phantom import write_image, write_video
from lusdata.scratch import scratch_folder

from ..overlay import bar_colours, blend, relative_activation
from .study import DISTRACTION, PATTERNS, SCORES, Key

__all__ = ["Clip", "study_page"]

_TEMPLATE = Path(__file__).with_name("study_page.html")
_RATE_HZ = 3.0

Clip = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Pictures of a recording, uint8 (n, size, size), and its train- and test-CAM, float (n, height, width)."""


def study_page(key: Key, clip_of: Callable[[str], Clip], *, private: str = "") -> str:
    """Make the page.

    Parameters
    ----------
    key : Key
        The plan.
    clip_of : callable
        From a recording's name to its pictures and maps; asked once for each.
    private : str
        Whose the recordings are, as `lusdata.Dataset.private` says; empty where they may be passed on.

    Returns
    -------
    str
        HTML without any reference to another file or address.
    """
    with scratch_folder() as folder:
        items = [_item(item.item, item.map_a, clip_of(item.recording), folder) for item in key.items]
        bar = folder / "bar.png"
        write_image(
            bar, np.rint(bar_colours()(np.linspace(0, 1, 180))[None, :, :3] * 255).astype(np.uint8).repeat(8, 0)
        )
        bar_text = _base64(bar)
    patterns = [*PATTERNS.items(), (DISTRACTION, "Only fat, muscle or skin")]
    study = {
        "study": key.study,
        "scores": list(SCORES),
        "patterns": patterns,
        "distraction": DISTRACTION,
        "items": items,
    }
    page = _TEMPLATE.read_text(encoding="utf-8")
    mark = f'<p class="private" role="note">{escape(private)}</p>' if private else ""
    page = page.replace("@@PRIVATE@@", mark)
    return page.replace("@@BAR@@", f"data:image/png;base64,{bar_text}").replace("@@STUDY@@", _script_json(study))


def _item(name: str, map_a: str, clip: Clip, folder: Path) -> dict[str, str]:
    pictures, train_maps, test_maps = clip
    shown = {
        "train": blend(pictures, relative_activation(train_maps)),
        "test": blend(pictures, relative_activation(test_maps)),
    }
    other = "test" if map_a == "train" else "train"
    frames = {"plain": pictures, "a": shown[map_a], "b": shown[other]}
    return {"item": name, **{which: _video(folder / f"{which}.mp4", one) for which, one in frames.items()}}


def _video(path: Path, frames: np.ndarray) -> str:
    # Full colour needs an even side; one black line less is not missed.
    even = frames.shape[1] // 2 * 2
    write_video(path, np.ascontiguousarray(frames[:, :even, :even]), rate_hz=_RATE_HZ)
    return _base64(path)


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")


def _script_json(data: Any) -> str:
    """Write JSON that no text in it can break out of a script element with."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
