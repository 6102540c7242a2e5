"""Figures of a run, drawn so that they read in grey, to the colour-blind, and without a caption.

Each function returns a `matplotlib.figure.Figure`; nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..calibration import coverage_curve, expected_calibration_error, reliability
from ..metrics import roc_auc

__all__ = ["CLASS_COLOURS", "confusions", "coverage", "learning", "precision_recall", "reliability_diagram", "roc"]

# Okabe and Ito's palette; line styles differ too.
CLASS_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", "-.", ":", "-", "--")
_GREY = "#777777"


def roc(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw the ROC curve of each class against the rest (the paper's Figures 2a and 6), with the area under it."""
    figure, axes = _square("false positive rate (1 - specificity)", "true positive rate (sensitivity)")
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8)
    areas = roc_auc(labels, probabilities)
    for index, name in enumerate(classes):
        positive, order = labels == index, np.argsort(-probabilities[:, index], kind="stable")
        if positive.any() and (~positive).any():
            hits = positive[order]
            last = _last_of_ties(probabilities[order, index])
            rate = np.r_[0, (np.cumsum(hits) / hits.sum())[last]]
            false = np.r_[0, (np.cumsum(~hits) / (~hits).sum())[last]]
            axes.plot(false, rate, **_line(index), label=f"{name} ({areas[index]:.2f})")
    axes.legend(title="class (area)", loc="lower right", framealpha=0.9, edgecolor="none")
    return figure


def precision_recall(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw precision against recall of each class (Figures 2b and 6); the dotted level is the class's share."""
    figure, axes = _square("recall (sensitivity)", "precision (positive predictive value)")
    for index, name in enumerate(classes):
        positive, order = labels == index, np.argsort(-probabilities[:, index], kind="stable")
        if positive.any():
            hits = positive[order]
            last = _last_of_ties(probabilities[order, index])
            found = np.cumsum(hits)[last]
            axes.plot(found / hits.sum(), found / (last + 1), **_line(index), label=name)
            axes.axhline(hits.mean(), color=CLASS_COLOURS[index % 6], linestyle=":", linewidth=0.8)
    axes.legend(title="class", loc="lower left", framealpha=0.9, edgecolor="none")
    return figure


def confusions(counts: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw the absolute and the row-normalised confusion side by side (Figures 2c, 2d and 7c).

    Parameters
    ----------
    counts : np.ndarray, shape (classes, classes)
        True class along the rows.
    classes : sequence of str
        The classes, in order.
    """
    side = max(3.0, 1.0 * len(classes))
    figure = Figure(figsize=(2 * side + 2.4, side + 0.9), layout="constrained")
    with np.errstate(invalid="ignore"):
        shares = counts / counts.sum(1, keepdims=True)
    for position, (values, title, form) in enumerate(
        ((counts, "count", "{:.0f}"), (shares, "share of the true class", "{:.2f}"))
    ):
        axes = figure.add_subplot(1, 2, position + 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row in range(len(classes)):
            for column in range(len(classes)):
                if np.isfinite(values[row, column]):
                    dark = shares[row, column] > 0.5
                    axes.text(
                        column,
                        row,
                        form.format(values[row, column]),
                        ha="center",
                        va="center",
                        color="white" if dark else "black",
                    )
        axes.set_xticks(range(len(classes)), [_short(name) for name in classes])
        axes.set_yticks(range(len(classes)), [_short(name) for name in classes] if position == 0 else [])
        axes.set_xlabel("predicted class")
        axes.set_title(title, fontsize=10)
        if position == 0:
            axes.set_ylabel("true class")
    return figure


def reliability_diagram(labels: np.ndarray, probabilities: np.ndarray) -> Figure:
    """Draw observed accuracy against stated confidence; dots are sized by their share of the rows."""
    figure, axes = _square("stated probability of the winning class", "share that is right")
    found = reliability(labels, probabilities)
    filled = found.rows > 0
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8, label="perfect")
    axes.plot(found.confidence[filled], found.accuracy[filled], color=CLASS_COLOURS[1], linewidth=1)
    sizes = 20 + 260 * found.rows[filled] / found.rows.sum()
    error = expected_calibration_error(labels, probabilities)
    axes.scatter(
        found.confidence[filled],
        found.accuracy[filled],
        s=sizes,
        color=CLASS_COLOURS[1],
        label=f"bins (ECE {error:.3f})",
    )
    axes.legend(loc="upper left", frameon=False)
    return figure


def coverage(labels: np.ndarray, probabilities: np.ndarray) -> Figure:
    """Draw the accuracy over the most certain part against its size: the rest would go to a physician."""
    figure, axes = _square("share of rows that the model keeps", "accuracy on that share")
    kept, accuracy = coverage_curve(probabilities.argmax(1) == labels, probabilities.max(1))
    # The accuracy of the first few rows jumps between 0 and 1 and says nothing.
    shown = kept >= 0.05
    axes.plot(kept[shown], accuracy[shown], color=CLASS_COLOURS[1])
    axes.axhline(accuracy[-1], color=_GREY, linewidth=0.8, linestyle=":", label=f"all rows: {accuracy[-1]:.2f}")
    axes.set_ylim(min(0.5, float(accuracy[shown].min()) - 0.02), 1.01)
    axes.legend(loc="lower left", frameon=False)
    return figure


def learning(logs: Sequence[Sequence[dict[str, float]]]) -> Figure:
    """Draw training loss per epoch, one line per fold, and the choosing part's loss where one was watched."""
    figure = Figure(figsize=(5.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for fold, log in enumerate(logs):
        colour = CLASS_COLOURS[fold % len(CLASS_COLOURS)]
        epochs = [entry["epoch"] + 1 for entry in log]
        axes.plot(epochs, [entry["loss"] for entry in log], color=colour, label=f"fold {fold}")
        if log and "choice_loss" in log[0]:
            axes.plot(epochs, [entry["choice_loss"] for entry in log], color=colour, linestyle="--")
    axes.set_xlabel("epoch")
    axes.set_ylabel("cross entropy (dashed: choosing part)")
    axes.legend(frameon=False, ncols=2)
    _bare(axes)
    return figure


def _square(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    _bare(axes)
    return figure, axes


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


class _Line(TypedDict):
    color: str
    linestyle: str
    linewidth: float


def _line(index: int) -> _Line:
    return {"color": CLASS_COLOURS[index % 6], "linestyle": _STYLES[index % 6], "linewidth": 1.8}


def _last_of_ties(sorted_scores: np.ndarray) -> np.ndarray:
    """Return the index of the last row of each run of equal scores: a threshold cannot part them."""
    last: np.ndarray = np.r_[np.flatnonzero(np.diff(sorted_scores)), len(sorted_scores) - 1]
    return last


def _short(name: str) -> str:
    return name.replace("-pneumonia", "\npneumonia").replace("uninformative", "unin-\nformative")
