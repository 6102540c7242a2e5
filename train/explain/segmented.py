"""Frames beside what the segmentation ensemble sees in them: the paper's Figure 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lusdata import UsageError

from ..data import FOREIGN, Samples
from ..models.ensemble import PATTERNS
from ..models.segmentation import PATTERN_COLOURS
from .figures import wrapped

__all__ = ["Segmented", "middle_rows", "segment", "segmented_figure"]

_NAMES = {"pleura": "pleural line", "a-line": "A-line", "b-line": "B-line"}


@dataclass(frozen=True)
class Segmented:
    """Frames and what an ensemble made of them.

    Attributes
    ----------
    pictures : np.ndarray, shape (n, size, size), uint8
        The frames, grey.
    coloured : np.ndarray, shape (n, size, size, 3), uint8
        What `vgg_segment` is shown: the frames, coloured where the ensemble names a pattern.
    shares : np.ndarray, shape (n, patterns), float64
        Share of the pixels whose likeliest pattern is each of `PATTERNS`; rows sum to one.
    """

    pictures: np.ndarray
    coloured: np.ndarray
    shares: np.ndarray


def middle_rows(samples: Samples, recordings: Sequence[str] = ()) -> np.ndarray:
    """Choose the middle frame of some recordings.

    Parameters
    ----------
    samples : Samples
        Frames, in order of time within a recording.
    recordings : sequence of str
        The recordings, in the order wanted; by default the first of each class by name, other than `FOREIGN`.

    Returns
    -------
    np.ndarray, shape (recordings,), int64
        Rows of the samples.

    Raises
    ------
    UsageError
        If the samples lack a recording.
    """
    known = set(samples.recordings.tolist())
    missing = sorted(set(recordings) - known)
    if missing:
        raise UsageError("no such recording with frames", where=", ".join(missing), hint="lusdata stats lists them")
    firsts = {
        name: str(min(samples.recordings[samples.labels == label]))
        for label, name in enumerate(samples.classes)
        if (samples.labels == label).any()
    }
    firsts.pop(FOREIGN, None)
    wanted = list(recordings) or list(firsts.values())
    rows = [np.flatnonzero(samples.recordings == name) for name in wanted]
    return np.array([one[len(one) // 2] for one in rows], dtype=np.int64)


def segment(colouring: keras.Model, pictures: np.ndarray) -> Segmented:
    """Apply the ensemble to pictures of shape (n, size, size), uint8; see `colouring_network`."""
    chances, coloured = colouring(pictures[..., None].astype(np.float32), training=False)
    likeliest = keras.ops.convert_to_numpy(chances).argmax(axis=-1)
    shares = np.stack([(likeliest == index).mean(axis=(1, 2)) for index in range(len(PATTERNS))], axis=-1)
    return Segmented(pictures, np.rint(keras.ops.convert_to_numpy(coloured)).astype(np.uint8), shares)


def segmented_figure(found: Segmented, captions: Sequence[tuple[str, str]]) -> Figure:
    """Show frames above the same frames coloured, one column each, with the patterns' colours.

    Parameters
    ----------
    found : Segmented
        The frames.
    captions : sequence of (str, str)
        What stands above each column, and below it.
    """
    columns = len(found.pictures)
    figure = Figure(figsize=(max(2.3 * columns, 4.6), 5.6), layout="constrained")
    axes = figure.subplots(2, columns, squeeze=False)
    for column, (above, below) in enumerate(captions):
        axes[0, column].imshow(found.pictures[column], cmap="gray", vmin=0, vmax=255)
        axes[1, column].imshow(found.coloured[column])
        axes[0, column].set_title(above, fontsize=10, parse_math=False)
        axes[1, column].set_xlabel(wrapped(below), fontsize=8, parse_math=False)
        for axis in axes[:, column]:
            axis.set_xticks([])
            axis.set_yticks([])
    axes[0, 0].set_ylabel("frame", fontsize=9)
    axes[1, 0].set_ylabel("what the ensemble sees", fontsize=9)
    patches = [
        Patch(color=(red / 255, green / 255, blue / 255), label=_NAMES.get(pattern, pattern))
        for pattern, colour in PATTERN_COLOURS.items()
        if colour is not None
        for red, green, blue in [colour]
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches) if columns > 2 else 3, fontsize=8)
    return figure
