"""Tell whether a run's scores lie in the 95 % intervals of an earlier run; exit 1 if one does not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the new run's folder")
    parser.add_argument("--to", type=Path, required=True, metavar="RUN", help="the earlier run's folder")


def run(arguments: argparse.Namespace) -> int:
    """Compare two runs."""
    from train.compare import compare_scores
    from train.run_folder import RunFolder

    ours, reference = RunFolder(arguments.run), RunFolder(arguments.to)
    for one in (ours, reference):
        _ = one.config, one.scores
    differences = {
        name: (getattr(ours.config, name), getattr(reference.config, name))
        for name in ours.config.__dataclass_fields__
        if getattr(ours.config, name) != getattr(reference.config, name)
    }
    for name, (here, there) in differences.items():
        sys.stdout.write(f"config differs: {name} is {here!r}, was {there!r}\n")
    for name in ("samples_digest", "catalog_digest"):
        if ours.inputs[name] != reference.inputs[name]:
            sys.stdout.write(f"data differs: {name}\n")
    found = compare_scores(ours.scores, reference.scores)
    for one in found:
        verdict = "agrees" if one.agrees else "DISAGREES"
        sys.stdout.write(
            f"{verdict}: {one.level} {one.measure} {one.ours:.3f}, was {one.reference:.3f} "
            f"({one.low:.3f} to {one.high:.3f})\n"
        )
    return 0 if all(one.agrees for one in found) else 1
