"""Activation maps laid over the pictures that they explain, as pictures with a colour bar and as videos.

Colours are those of viridis, whose lightness rises evenly and which people with any common colour blindness read alike.
Where activation is low the overlay is transparent: the anatomy stays visible, and only what matters gets colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .explain.grid import resize_maps

__all__ = [
    "DISCLAIMER",
    "bar_colours",
    "blend",
    "relative_activation",
    "sheet",
    "write_overlay_image",
    "write_overlay_video",
]

DISCLAIMER = "For research, not for diagnosis."

_STRONGEST = 0.6
_PICTURE_PX = 448
_DPI = 100


def relative_activation(maps: np.ndarray) -> np.ndarray:
    """Scale maps of one recording to shares of its highest activation.

    Parameters
    ----------
    maps : np.ndarray, shape (n, height, width)
        Maps of one class, signed.

    Returns
    -------
    np.ndarray, shape (n, height, width), float32
        From 0, where nothing speaks for the class, to 1, the recording's highest.
    """
    positive: np.ndarray = np.maximum(maps, 0).astype(np.float32)
    highest = float(positive.max(initial=0.0))
    return positive / highest if highest > 0 else positive


def blend(pictures: np.ndarray, activation: np.ndarray) -> np.ndarray:
    """Colour pictures by activation.

    Parameters
    ----------
    pictures : np.ndarray, shape (n, height, width), uint8
        Grey pictures.
    activation : np.ndarray, shape (n, rows, columns), float
        From 0 to 1, on any grid.

    Returns
    -------
    np.ndarray, shape (n, height, width, 3), uint8
        Opacity rises with activation, up to 60 %.
    """
    from matplotlib import colormaps

    share = np.clip(resize_maps(activation, pictures.shape[1:]), 0, 1)
    colours = np.asarray(colormaps["viridis"](share))[..., :3] * 255
    opacity = (_STRONGEST * share)[..., None]
    mixed: np.ndarray = np.rint(pictures[..., None] * (1 - opacity) + colours * opacity)
    return mixed.astype(np.uint8)


def bar_colours() -> Any:
    """Return the colour map of a colour bar: colours as they come out over mid-grey tissue."""
    from matplotlib.colors import ListedColormap

    levels = np.linspace(0, 1, 256)[None, None]
    return ListedColormap(blend(np.full((1, 1, 256), 90, np.uint8), levels)[0, 0] / 255)


def sheet(title: str, subtitle: str, private: str = "") -> tuple[np.ndarray, tuple[slice, slice]]:
    """Draw what surrounds an overlay: heading, colour bar with its label, and the line on use.

    Parameters
    ----------
    title, subtitle : str
        Two lines above the picture; shown as they are, never read as mathematics.
    private : str
        Whose the recording is, as `lusdata.Dataset.private` says; empty where it may be passed on.

    Returns
    -------
    canvas : np.ndarray, shape (height, width, 3), uint8
        Even sides, as videos need.
    place : tuple of slice
        Rows and columns that the picture fills: a square of 448 pixels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

    left, top, bottom, right = 16, 60, 36, 104
    width, height = left + _PICTURE_PX + right, top + _PICTURE_PX + bottom
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    bar = figure.add_axes(
        ((left + _PICTURE_PX + 16) / width, (bottom + 40) / height, 18 / width, (_PICTURE_PX - 80) / height)
    )
    shown = figure.colorbar(ScalarMappable(cmap=bar_colours()), cax=bar)
    shown.set_label("class activation in the sector\n(share of the recording's highest)", fontsize=8)
    shown.ax.tick_params(labelsize=8)
    line = partial(figure.text, left / width, parse_math=False, ha="left", va="center")
    line(1 - 20 / height, _short(title, 60), fontsize=11, weight="bold")
    line(1 - 43 / height, _short(subtitle, 84), fontsize=9)
    line((9 if private else 17) / height, DISCLAIMER, fontsize=8, color="#444444")
    if private:
        line(25 / height, _short(private, 110), fontsize=8, weight="bold")
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].copy()
    return pixels, (slice(top, top + _PICTURE_PX), slice(left, left + _PICTURE_PX))


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _composed(pictures: np.ndarray, activation: np.ndarray, title: str, subtitle: str, private: str = "") -> np.ndarray:
    canvas, place = sheet(title, subtitle, private)
    large = np.rint(resize_maps(pictures, (_PICTURE_PX, _PICTURE_PX))).astype(np.uint8)
    frames = np.repeat(canvas[None], len(pictures), axis=0)
    frames[:, place[0], place[1]] = blend(large, activation)
    return frames


def write_overlay_image(path: Path, picture: np.ndarray, activation: np.ndarray, *, title: str, subtitle: str) -> None:
    """Write one overlay as a picture with heading and colour bar.

    Parameters
    ----------
    path : Path
        A file ending in .png.
    picture : np.ndarray, shape (size, size), uint8
        The grey picture.
    activation : np.ndarray, shape (rows, columns), float
        From 0 to 1.
    title, subtitle : str
        Lines above it.
    """
    from lusdata.media.phantom import write_image

    write_image(path, _composed(picture[None], activation[None], title, subtitle)[0])


def write_overlay_video(
    path: Path,
    pictures: np.ndarray,
    activation: np.ndarray,
    *,
    title: str,
    subtitle: str,
    times_s: Sequence[float],
    private: str = "",
) -> None:
    """Write overlays of one recording as a video.

    Parameters
    ----------
    path : Path
        A file ending in .mp4.
    pictures : np.ndarray, shape (n, size, size), uint8
        Grey pictures.
    activation : np.ndarray, shape (n, rows, columns), float
        From 0 to 1, one scale for the whole recording.
    title, subtitle : str
        Lines above it.
    times_s : sequence of float
        Time of each frame in its recording, in seconds, rising; the video keeps their distances. Two frames or more.
    private : str
        As for `sheet`.
    """
    from lusdata.media.phantom import write_video

    frames = _composed(pictures, activation, title, subtitle, private)
    times = [float(time) - float(times_s[0]) for time in times_s]
    write_video(path, frames, rate_hz=(len(times) - 1) / times[-1], times_s=times)
