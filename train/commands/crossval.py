"""Fit and test a model on every fold in turn; pool the predictions, score them with intervals, write the report.

An interrupted run goes on when the same command is given again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lusdata.atomic import write_text

from .options import add_folds_option, add_run_options, cache_folder, default_out, prepared, say

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "vgg_cam --by patient --protocol nested": "all folds, and the report",
    "vgg_cam --set epochs=5 --folds folds.json --offline": "another setting, on somebody's own split",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    add_run_options(parser)
    add_folds_option(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="run folder (default: runs/MODEL-BY-PROTOCOL)")
    parser.add_argument("--no-cache", action="store_true", help="compute the frozen part anew in every epoch")


def run(arguments: argparse.Namespace) -> int:
    """Cross-validate."""
    config, material = prepared(arguments)
    from ..crossval import crossvalidate
    from ..report.page import render
    from ..tables import score_lines

    table = material.folds(config, arguments.folds)
    out = arguments.out or default_out(config, after=f"-{config.by}-{config.protocol}")
    result = crossvalidate(
        config,
        material.samples,
        table,
        out=out,
        cache=None if arguments.no_cache else cache_folder(arguments),
        dataset_digest=material.dataset.rows_sha256,
        say=say,
    )
    write_text(out / "report.html", render(result))
    sys.stdout.write(score_lines(result.scores, config.classes))
    sys.stdout.write(f"run folder: {out}, report: {out / 'report.html'}\n")
    return 0
