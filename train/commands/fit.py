"""Fit a model on one fold and score its test part; or, with the model name 'segmenter', the segmentation ensemble.

A single fold is for trying things out: its score has the interval of a fifth of the data. Use crossval for results.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lusdata import UsageError

from .options import (
    add_folds_option,
    add_run_options,
    cache_folder,
    config_from,
    default_out,
    material_from,
    say,
    start_keras,
)

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "mobilenet_v2 --fold 0 --mirror media": "one fold, to try things out",
    "segmenter --steps 300 --out runs/segmenter": "the segmentation ensemble, on phantoms",
}
"""Arguments, each with what such a call does; in the help."""

FOREIGN_TO_SEGMENTER = ("set", "by", "protocol", "weights", "folds", "fold", "mirror", "uninformative")
"""Options that mean nothing where phantoms are trained on."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    add_run_options(parser)
    add_folds_option(parser)
    parser.add_argument("--fold", type=int, default=0, help="which fold is the test part (default: 0)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="run folder, new or with other folds of the same run (default: in runs/)",
    )
    parser.add_argument("--steps", type=int, default=300, help="training steps of the segmenter (default: 300)")


def run(arguments: argparse.Namespace) -> int:
    """Fit once."""
    if arguments.model == "segmenter":
        return _fit_segmenter(arguments)
    config = config_from(arguments)
    start_keras(offline=arguments.offline)
    if not 0 <= arguments.fold < config.k:
        raise UsageError("no such fold", where="--fold", expected=f"0 to {config.k - 1}", found=str(arguments.fold))
    from ..crossval import run_fold, run_inputs
    from ..metrics import LEVELS, pooled, scores
    from ..run_folder import RunFolder

    material = material_from(arguments, config)
    table = material.folds(config, arguments.folds)
    out = arguments.out or default_out(config, after=f"-fold-{arguments.fold}")
    folder = RunFolder(out)
    folder.claim(config, run_inputs(config, material.samples, table, material.dataset.rows_sha256))
    if folder.fold_is_done(arguments.fold):
        raise UsageError(
            "this fold was fitted before", where=str(out), hint="name another folder with --out; nothing was changed"
        )
    with folder.in_use():
        result = run_fold(folder, config, material.samples, table, fold=arguments.fold, cache=cache_folder(arguments))
    for level in LEVELS:
        found = scores(pooled(result.predictions, config.classes, level=level), config.classes)
        sys.stdout.write(
            f"{level}: {found['rows']} rows, accuracy {found['accuracy']:.3f}, "
            f"balanced {found['balanced_accuracy']:.3f}\n"
        )
    say(f"written to {out}")
    return 0


def _fit_segmenter(arguments: argparse.Namespace) -> int:
    given = [f"--{name}" for name in FOREIGN_TO_SEGMENTER if getattr(arguments, name)]
    if given:
        raise UsageError(
            "the segmenter has no config", where=", ".join(given), expected="--steps, --seed and --out alone"
        )
    start_keras()
    from ..segmenter import fit_segmenter

    out = arguments.out or Path("runs") / "segmenter"
    path = fit_segmenter(out=out, steps=arguments.steps, seed=arguments.seed or 0, say=say)
    sys.stdout.write(f"segmentation ensemble: {path}\nuse it with --set segmenter={path}\n")
    return 0
