"""Run one model over all four split units and both protocols, and the baselines beside it; print the ladder.

Below it stands what each step costs, on the same frames, with its interval.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from lusdata import UsageError
from lusdata.atomic import write_text

from ..config import SPLITS
from .options import add_run_options, cache_folder, default_out, prepared, say

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "mobilenet_v2 --out runs/ladder": "all split units and protocols",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    add_run_options(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the rungs (default: runs/ladder-MODEL)")


def run(arguments: argparse.Namespace) -> int:
    """Climb the ladder."""
    if arguments.uninformative is not None:
        raise UsageError("pictures have no source to be left out", where="--uninformative", expected="crossval or fit")
    config, material = prepared(arguments)
    from ..ladder import climb, ladder_table, step_costs, step_table

    tables = {by: material.folds(replace(config, by=by)) for by in SPLITS}
    out = arguments.out or default_out(config, before="ladder-")
    rungs = climb(
        config,
        material.samples,
        tables,
        material.facts,
        out=out,
        cache=cache_folder(arguments),
        dataset_digest=material.dataset.rows_sha256,
        say=say,
    )
    costs = step_costs(out, config.classes, seed=config.seed)
    table = ladder_table(rungs) + "\n" + step_table(costs)
    write_text(out / "ladder.md", table)
    write_text(out / "ladder.json", json.dumps({"rungs": rungs, "steps": costs}, indent=2) + "\n")
    sys.stdout.write(table)
    return 0
