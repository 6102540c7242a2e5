"""Fit and test a model on every fold in turn; pool the predictions, score them with intervals, write the report.

An interrupted run goes on when the same command is given again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from train.commands.options import (
    add_data_options,
    add_model_options,
    cache_folder,
    config_from,
    material_from,
    say,
    start_keras,
)

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    add_model_options(parser)
    add_data_options(parser)
    parser.add_argument("--folds", type=Path, metavar="FILE", help="somebody's own split, as written by lusdata folds")
    parser.add_argument("--out", type=Path, metavar="DIR", help="run folder (default: runs/MODEL-BY-PROTOCOL)")
    parser.add_argument("--no-cache", action="store_true", help="compute the frozen part anew in every epoch")


def run(arguments: argparse.Namespace) -> int:
    """Cross-validate."""
    config = config_from(arguments)
    start_keras(offline=arguments.offline)
    from train.crossval import crossvalidate
    from train.report.page import render
    from train.tables import score_lines

    material = material_from(arguments, config)
    table = material.folds(config, arguments.folds)
    out = arguments.out or Path("runs") / f"{config.name.replace(':', '-')}-{config.by}-{config.protocol}"
    result = crossvalidate(
        config,
        material.samples,
        table,
        out=out,
        cache=None if arguments.no_cache else cache_folder(arguments),
        dataset_digest=material.dataset.index.rows_sha256,
        say=say,
    )
    (out / "report.html").write_text(render(result), encoding="utf-8")
    sys.stdout.write(score_lines(result.scores, config.classes))
    sys.stdout.write(f"run folder: {out}, report: {out / 'report.html'}\n")
    return 0
