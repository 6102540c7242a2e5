"""Tell whether a run agrees with an earlier one: the same predictions, or scores within 0.02 of each other.

Runs with another config, data or folds are compared too, and the difference between them is given with its 95 %
interval. Exit code 0 if the runs agree, 1 if not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..run_folder import RunFolder

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "runs/new --to runs/old": "whether two runs agree",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the new run's folder")
    parser.add_argument("--to", type=Path, required=True, metavar="RUN", help="the earlier run's folder")


def run(arguments: argparse.Namespace) -> int:
    """Compare two runs."""
    from ..compare import (
        PROBABILITY_TOLERANCE,
        SCORE_TOLERANCE,
        compare_predictions,
        compare_scores,
        paired_difference,
    )
    from ..run_folder import RunFolder

    ours, reference = RunFolder(arguments.run), RunFolder(arguments.to)
    for folder in (ours, reference):
        folder.require_finished()
    causes = _other_inputs(ours, reference)
    for cause in causes:
        sys.stdout.write(f"differs: {cause}\n")
    classes = ours.config.classes
    if classes != reference.config.classes:
        sys.stdout.write("DISAGREES: the runs have other classes, so nothing can be compared\n")
        return 1
    predictions = compare_predictions(ours.predictions, reference.predictions, classes)
    sys.stdout.write(
        f"predictions: {predictions.frames} frames in both runs, {predictions.only_ours} only here, "
        f"{predictions.only_reference} only there; largest difference of a probability {predictions.largest:.6f}, "
        f"{100 * predictions.changed:.1f} % of frames change class\n"
    )
    scores = compare_scores(ours.scores, reference.scores)
    for one in scores:
        verdict = "agrees" if one.agrees else "DISAGREES"
        sys.stdout.write(f"{verdict}: {one.level} {one.measure} {one.ours:.3f}, was {one.reference:.3f}\n")
    if predictions.frames and not predictions.same:
        difference, bounds = paired_difference(ours.predictions, reference.predictions, classes)
        interval = f" ({bounds.low:+.3f} to {bounds.high:+.3f})" if bounds else ""
        sys.stdout.write(f"frame balanced accuracy is {difference:+.3f}{interval} here, on the frames of both runs\n")
    if predictions.same:
        verdict = f"AGREES: the same predictions, to {PROBABILITY_TOLERANCE}"
    elif all(one.agrees for one in scores):
        verdict = f"AGREES: other predictions, but every score within {SCORE_TOLERANCE}"
    else:
        verdict = f"DISAGREES: a score differs by more than {SCORE_TOLERANCE}"
    if causes:
        verdict += "; config or data differ, as named above"
    sys.stdout.write(verdict + "\n")
    return 1 if verdict.startswith("DISAGREES") else 0


def _other_inputs(ours: RunFolder, reference: RunFolder) -> list[str]:
    """Return what went into one run and not into the other."""
    here, there = ours.config, reference.config
    own_files, its_files = (one.inputs.get("weights_sha256", {}) for one in (ours, reference))
    # Of weights files the content counts, wherever they lie.
    by_content = own_files.keys() & its_files.keys()
    causes = [
        f"config: {name} is {getattr(here, name)!r}, was {getattr(there, name)!r}"
        for name in here.__dataclass_fields__
        if name not in by_content and getattr(here, name) != getattr(there, name)
    ]
    causes += [
        f"{name} file: sha256 is {own_files[name]}, was {its_files[name]}"
        for name in sorted(by_content)
        if own_files[name] != its_files[name]
    ]
    return causes + [
        f"{name}: is {ours.inputs[name]}, was {reference.inputs[name]}"
        for name in ("samples_digest", "catalog_digest", "folds")
        if ours.inputs[name] != reference.inputs[name]
    ]
