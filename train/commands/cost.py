"""Measure what the cache of the frozen part saves: both ways on a slice, in one run, then reckoned for all folds."""

from __future__ import annotations

import argparse
import sys

from lusdata import UsageError

from .options import add_run_options, prepared

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "mobilenet_v2 --pictures 64": "measure on a slice",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    add_run_options(parser)
    parser.add_argument("--pictures", type=int, default=64, help="size of the slice (default: 64)")


def run(arguments: argparse.Namespace) -> int:
    """Measure and reckon."""
    if arguments.pictures < 1:
        raise UsageError("too small", where="--pictures", expected="at least 1", found=str(arguments.pictures))
    config, material = prepared(arguments)
    from ..cost import measure_cost
    from ..crossval import parts_of

    table = material.folds(config)
    parts = [parts_of(material.samples, table, fold) for fold in range(config.k)]
    cost = measure_cost(config, material.samples, parts, pictures=arguments.pictures)
    measured_s = {
        "frozen part": cost.frozen_s,
        "augmenting": cost.augment_s,
        "last part, asked": cost.head_s,
        "training step from the cache": cost.cached_step_s,
        "straightforward training step": cost.straightforward_step_s,
    }
    for name, seconds in measured_s.items():
        sys.stdout.write(f"{name:<32}{1000 * seconds:8.1f} ms CPU a picture (measured)\n")
    sys.stdout.write(
        f"for all {config.epochs} epochs of {config.k} folds, {cost.shown_pictures:,} pictures are shown "
        f"and {cost.scored_pictures:,} scored:\n"
        f"straightforward, each through the whole network: {cost.straightforward_s:,.0f} s (reckoned)\n"
        f"cached, {cost.frames:,} frames x {config.views + 1} views through the frozen part, then the last part alone: "
        f"{cost.cached_s:,.0f} s (reckoned)\n"
        f"ratio cached / straightforward: {cost.ratio:.3f}\n"
    )
    return 0
