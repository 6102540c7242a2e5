"""Measure what the cache of the frozen part saves: both ways on a slice, in one run, then reckoned for all folds."""

from __future__ import annotations

import argparse
import sys

from train.commands.options import add_data_options, add_model_options, config_from, material_from

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    add_model_options(parser)
    add_data_options(parser)
    parser.add_argument("--pictures", type=int, default=64, help="size of the slice (default: 64)")


def run(arguments: argparse.Namespace) -> int:
    """Measure and reckon."""
    config = config_from(arguments)
    from train.cost import measure_cost

    cost = measure_cost(config, material_from(arguments, config).samples, pictures=arguments.pictures)
    milliseconds = {
        "frozen part": cost.frozen_s,
        "augmenting": cost.augment_s,
        "training step from the cache": cost.head_step_s,
        "straightforward training step": cost.whole_step_s,
    }
    for name, seconds in milliseconds.items():
        sys.stdout.write(f"{name:<32}{1000 * seconds:8.1f} ms CPU a picture (measured)\n")
    sys.stdout.write(
        f"straightforward: {cost.shown_pictures:,} pictures shown, each augmented and through the whole network: "
        f"{cost.straightforward_s:,.0f} s (reckoned)\n"
        f"cached: {cost.frames:,} frames x {config.views + 1} views through the frozen part, then "
        f"{cost.shown_pictures:,} short steps: {cost.cached_s:,.0f} s (reckoned)\n"
        f"ratio cached / straightforward: {cost.ratio:.3f}\n"
    )
    return 0
