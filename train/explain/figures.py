"""Figures of explanation and doubt, in colours that the colour-blind can tell apart, with a marker for each class."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from lusdata.atomic import PRIVATE, write_bytes

from ..overlay import bar_colours, blend
from .mmd import Discrepancy
from .peaks import density

__all__ = [
    "agreement_figure",
    "confidence_figure",
    "examples_figure",
    "mmd_figure",
    "overlap_figure",
    "patterns_figure",
    "peaks_figure",
    "save",
    "style_of",
    "wrapped",
]

# Okabe and Ito's palette, with one marker each.
_STYLES = (("#D55E00", "o"), ("#0072B2", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#E69F00", "v"), ("#56B4E9", "P"))
_GREY = "#666666"
_PATTERN_NAMES = {"a_lines": "A-lines", "b_lines": "B-lines", "pleura": "irregular pleura"}


def style_of(index: int) -> tuple[str, str]:
    """Return colour and marker of a class by its position."""
    return _STYLES[index % len(_STYLES)]


def save(figure: Figure, path: Path, *, private: str = "", shows_patients: bool = False) -> None:
    """Write a figure as PNG, without the date and version that would change its bytes.

    One that shows pictures of patients is its owner's alone, and one of private recordings bears their mark.

    Parameters
    ----------
    figure : Figure
        The figure.
    path : Path
        The file.
    private : str
        Whose the recordings are, as `lusdata.Dataset.private` says; empty for none.
    shows_patients : bool
        Whether others may not read the file.
    """
    FigureCanvasAgg(figure)
    if private:
        # Above everything, so that no picture gets smaller or loses its place.
        height = figure.get_figheight()
        figure.text(0.5, 1 + 0.1 / height, private, ha="center", va="bottom", fontsize=8, parse_math=False)
    stream = io.BytesIO()
    whole = "tight" if private else None
    figure.savefig(stream, format="png", dpi=150, metadata={"Software": None}, bbox_inches=whole)
    if shows_patients:
        write_bytes(path, stream.getvalue(), mode=PRIVATE)
    else:
        write_bytes(path, stream.getvalue())


def wrapped(caption: str) -> str:
    """Break a caption into lines that fit below a small picture."""
    return "\n".join(textwrap.wrap(str(caption), 24))


def examples_figure(
    pictures: Sequence[np.ndarray], activations: Sequence[np.ndarray], captions: Sequence[tuple[str, str]]
) -> Figure:
    """Show frames above their overlays, one column each (Figure 3, right).

    Parameters
    ----------
    pictures : sequence of np.ndarray, shape (size, size), uint8
        The frames.
    activations : sequence of np.ndarray, shape (rows, columns)
        From 0 to 1.
    captions : sequence of (str, str)
        What stands above each column, and below it.

    Returns
    -------
    Figure
        Two rows of pictures and a colour bar.
    """
    from matplotlib.cm import ScalarMappable

    figure = Figure(figsize=(2.1 * len(pictures) + 1.1, 5.2), layout="constrained")
    axes = figure.subplots(2, len(pictures), squeeze=False)
    for column, (picture, activation, caption) in enumerate(zip(pictures, activations, captions, strict=True)):
        axes[0, column].imshow(picture, cmap="gray", vmin=0, vmax=255)
        axes[1, column].imshow(blend(picture[None], activation[None])[0])
        axes[0, column].set_title(caption[0], fontsize=9, parse_math=False)
        axes[1, column].set_xlabel(caption[1], fontsize=8, parse_math=False)
        for axis in axes[:, column]:
            axis.set_xticks([])
            axis.set_yticks([])
    bar = figure.colorbar(ScalarMappable(cmap=bar_colours()), ax=axes[1], shrink=0.9)
    bar.set_label("class activation in the sector\n(share of the frame's highest)", fontsize=8)
    return figure


def peaks_figure(points: np.ndarray, labels: np.ndarray, mean_picture: np.ndarray, *, classes: Sequence[str]) -> Figure:
    """Show points of maximal activation as a scatter, and their density for each class (Figures 3 and 8).

    Parameters
    ----------
    points : np.ndarray, shape (n, 2)
        Across and down, 0 to 1.
    labels : np.ndarray, shape (n,), int64
        Class of each point.
    mean_picture : np.ndarray, shape (size, size)
        Mean of all pictures, 0 to 255, shown faintly for orientation.
    classes : sequence of str
        Class names in the order of labels.

    Returns
    -------
    Figure
        One panel for the scatter and one per class.
    """
    figure = Figure(figsize=(3.4 * (len(classes) + 1) + 0.6, 3.9), layout="constrained")
    axes = figure.subplots(1, len(classes) + 1, sharex=True, sharey=True)
    place = (0, 1, 1, 0)
    for axis in axes:
        axis.imshow(mean_picture, cmap="gray", extent=place, vmin=0, vmax=max(1.0, 1.6 * float(mean_picture.max())))
        axis.set_xlabel("across (share of picture width)")
    axes[0].set_ylabel("depth (share of picture height)")
    fields = [density(points[labels == index]) if (labels == index).any() else None for index in range(len(classes))]
    highest = max((float(field.max()) for field in fields if field is not None), default=1.0)
    shown = None
    for index, name in enumerate(classes):
        colour, marker = style_of(index)
        mine = points[labels == index]
        axes[0].scatter(mine[:, 0], mine[:, 1], s=11, marker=marker, color=colour, alpha=0.55, lw=0, label=name)
        axes[index + 1].set_title(f"{name} ({len(mine)} frames)", fontsize=10)
        field = fields[index]
        if field is not None:
            opacity = np.clip(field / highest * 1.6, 0, 0.85)
            shown = axes[index + 1].imshow(
                field, extent=place, vmin=0, vmax=highest, cmap="viridis", alpha=opacity, interpolation="bilinear"
            )
    axes[0].set_title("points of maximal activation", fontsize=10)
    legend = figure.legend(
        *axes[0].get_legend_handles_labels(), fontsize=9, loc="outside lower left", ncols=len(classes)
    )
    for handle in legend.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_alpha(1)
            handle.set_sizes([26])
    if shown is not None:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        bar = figure.colorbar(ScalarMappable(Normalize(0, highest), "viridis"), ax=axes[1:], shrink=0.85)
        bar.set_label("density of the points (per unit area)")
    return figure


def mmd_figure(found: Sequence[Discrepancy]) -> Figure:
    """Show each pair's discrepancy beside what chance gives, by frame and by patient (Figure 9)."""
    columns = min(3, max(1, len(found)))
    rows = max(1, math.ceil(len(found) / columns))
    figure = Figure(figsize=(4.2 * columns, 3.6 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axis in grid.flat[len(found) :]:
        axis.set_axis_off()
    for axis, one in zip(grid.flat, found, strict=False):
        top = max(float(one.null_frames.max()), float(np.quantile(one.null_groups, 0.999)), one.observed) * 1.05
        bins = np.linspace(0, top, 60)
        axis.hist(
            one.null_frames, bins, density=True, color="#56B4E9", alpha=0.75, label=f"by frame (p = {_p(one.p_frames)})"
        )
        axis.hist(
            one.null_groups,
            bins,
            density=True,
            histtype="step",
            lw=1.8,
            color="#D55E00",
            label=f"by patient (p = {_p(one.p_groups)})",
        )
        axis.axvline(one.observed, color="black", ls="--", lw=1.5, label=f"observed {one.observed:.4f}")
        # Frames taken for independent give a far narrower null; a root scale keeps the wide one visible.
        axis.set_yscale("function", functions=(lambda y: np.sqrt(np.maximum(y, 0)), lambda y: y**2))
        axis.set_title(f"{one.classes[0]} against {one.classes[1]}", fontsize=10)
        axis.set_xlabel("squared MMD (no unit)")
        axis.set_ylim(bottom=0)
        axis.legend(fontsize=8, title="labels handed out anew", title_fontsize=8)
    for axis in grid[:, 0]:
        axis.set_ylabel("density of draws (root scale)")
    return figure


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 0.0001 else f"{value:.0e}"


def agreement_figure(
    correlation: np.ndarray, distance: np.ndarray, labels: np.ndarray, *, classes: Sequence[str]
) -> Figure:
    """Show how alike the maps of seen and unseen videos are: correlation and distance of their peaks."""
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    axes = figure.subplots(1, 2)
    for index, name in enumerate(classes):
        colour, _ = style_of(index)
        line = ("-", "--", ":", "-.")[index % 4]
        for axis, values in zip(axes, (correlation, distance), strict=True):
            mine = np.sort(values[(labels == index) & np.isfinite(values)])
            if len(mine):
                axis.step(mine, np.arange(1, len(mine) + 1) / len(mine), color=colour, ls=line, lw=2, label=name)
    axes[0].set_xlabel("correlation of train-CAM and test-CAM")
    axes[1].set_xlabel("distance of their peaks (share of picture side)")
    axes[0].set_ylabel("share of frames at or below")
    for axis in axes:
        axis.set_ylim(0, 1.02)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=9)
    return figure


def overlap_figure(found: dict[str, dict[str, Any]]) -> Figure:
    """Show how often the peak, and how much of the map, lies on each phantom pattern, beside chance."""
    figure = Figure(figsize=(8.4, 0.55 * max(2, len(found)) + 1.3), layout="constrained")
    axis = figure.subplots()
    names = list(found)
    places = np.arange(len(names))
    rows = (
        ("hit_rate", "peak on the pattern", "#0072B2", -0.18),
        ("mass", "activation on the pattern", "#E69F00", 0.18),
    )
    for key, label, colour, shift in rows:
        values = [found[name][key] or 0.0 for name in names]
        axis.barh(
            places + shift, values, 0.34, color=colour, label=label, hatch="//" if shift > 0 else None, ec="white"
        )
    for place, name in zip(places, names, strict=True):
        chance = found[name]["chance"]
        axis.plot(
            [chance, chance], [place - 0.4, place + 0.4], color="black", lw=2, label="chance" if not place else None
        )
    axis.set_yticks(
        places,
        [
            f"{_PATTERN_NAMES.get(name, name)} ({found[name]['class']}, {found[name]['frames']} frames)"
            for name in names
        ],
    )
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.set_xlabel("share of phantom frames; share of positive activation")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=8)
    return figure


def confidence_figure(
    confidences: dict[str, np.ndarray], correct: np.ndarray, curves: dict[str, tuple[Any, Any]]
) -> Figure:
    """Show each confidence for right and wrong predictions, and the accuracy when the least certain are left out.

    Parameters
    ----------
    confidences : dict of str to np.ndarray, shape (n,)
        From 0 to 1.
    correct : np.ndarray, shape (n,), bool
        Whether each prediction is right.
    curves : dict of str to (coverage, accuracy)
        As from `train.calibration.coverage_curve`.

    Returns
    -------
    Figure
        A panel per confidence, and one with the curves.
    """
    names = list(confidences)
    figure = Figure(figsize=(3.6 * (len(names) + 1) + 0.8, 3.6), layout="constrained")
    axes = figure.subplots(1, len(names) + 1)
    bins = np.linspace(0, 1, 26)
    for axis, name in zip(axes, names, strict=False):
        values = confidences[name]
        if correct.any():
            label = f"right (mean {values[correct].mean():.2f})"
            axis.hist(values[correct], bins, density=True, color="#0072B2", alpha=0.6, label=label)
        if (~correct).any():
            label = f"wrong (mean {values[~correct].mean():.2f})"
            axis.hist(values[~correct], bins, density=True, histtype="step", color="#D55E00", lw=2, label=label)
        axis.set_xlabel(f"{name} confidence (equation 1)")
        axis.set_xlim(0, 1)
        # Room for the legend above the bars.
        axis.set_ylim(0, 1.25 * axis.get_ylim()[1])
        axis.legend(fontsize=8, loc="upper left")
    axes[0].set_ylabel("density of frames")
    for index, (name, (kept, accuracy)) in enumerate(curves.items()):
        colour, _ = style_of(index)
        # The first few frames' accuracy jumps between 0 and 1 and says nothing.
        rows = kept >= min(0.05, float(kept[-1]))
        axes[-1].plot(
            kept[rows] * 100, accuracy[rows], color=colour, ls=("-", "--", ":", "-.")[index % 4], lw=2, label=name
        )
    axes[-1].axhline(correct.mean(), color=_GREY, lw=1, label="all frames")
    axes[-1].set_xlabel("frames kept, most certain first (%)")
    axes[-1].set_ylabel("accuracy of the kept frames")
    axes[-1].invert_xaxis()
    axes[-1].legend(fontsize=8, title="sorted by", title_fontsize=8)
    return figure


def patterns_figure(found: Sequence[tuple[str, int, int]]) -> Figure:
    """Show the share of visible patterns that maps highlighted, with the counts (Figure 4).

    Parameters
    ----------
    found : sequence of (str, int, int)
        Pattern, how often highlighted, how often visible.
    """
    figure = Figure(figsize=(6.4, 0.5 * max(2, len(found)) + 1.0), layout="constrained")
    axis = figure.subplots()
    shares = [highlighted / visible if visible else 0.0 for _, highlighted, visible in found]
    axis.barh(range(len(found)), shares, color="#0072B2")
    for place, (share, (_, highlighted, visible)) in enumerate(zip(shares, found, strict=True)):
        axis.text(share + 0.015, place, f"{highlighted} / {visible}", va="center", fontsize=9)
    axis.set_yticks(range(len(found)), [name for name, _, _ in found])
    axis.invert_yaxis()
    axis.set_xlim(0, 1.15)
    axis.set_xticks(np.arange(0, 1.01, 0.25))
    axis.set_xlabel("share of visible patterns that the map highlights")
    return figure
