"""Test the mean of a run's fold models on another collection: frames, videos, patients, each class, with intervals.

Where the collection has severity scores, their rank correlation with the probability of disease is given too.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from .options import add_data_options, material_from, start_keras

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "runs/vgg_cam-patient-nested --on blues": "a run on another collection",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a finished run's folder")
    parser.add_argument("--on", required=True, metavar="COLLECTION", help="the other collection, or a built dataset")
    add_data_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate on other data."""
    start_keras(offline=arguments.offline)
    from ..evaluate import ensemble_predictions, external_scores, severity_correlation
    from ..run_folder import RunFolder, write_predictions
    from ..tables import score_lines

    folder = RunFolder(arguments.run)
    folder.require_finished()
    config = folder.config
    material = material_from(arguments, replace(config, select=""), collection=arguments.on, foreign=True)
    predictions = ensemble_predictions(folder, material.samples)
    name = Path(arguments.on).resolve().name
    write_predictions(folder.path / f"predictions-{name}.csv", predictions)
    found = external_scores(predictions, material.samples.classes, seed=config.seed)
    scales = [column for column in material.facts if column.startswith("severity_")]
    if scales:
        found["severity"] = severity_correlation(
            predictions, material.facts[scales[0]], classes=material.samples.classes, known=config.classes
        )
    if material.samples.private:
        found["private"] = material.samples.private
    folder.write(f"scores-{name}.json", found)
    # The class of what the model does not know is never called, so nothing can be said of it.
    sys.stdout.write(score_lines(found, config.classes))
    if "severity" in found and found["severity"]["rho"] is not None:
        low, high = found["severity"]["interval"] or (float("nan"), float("nan"))
        sys.stdout.write(
            f"severity: Spearman {found['severity']['rho']:.2f} ({low:.2f} to {high:.2f}), "
            f"{found['severity']['recordings']} recordings of {found['severity']['groups']} patients\n"
        )
    return 0
