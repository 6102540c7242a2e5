"""Make the maps of a finished run and say what they lie on: figures, overlay videos and explain.json.

Class activation maps as overlays (examples.png, videos/), points of maximal activation (peaks.png), the discrepancy
between classes with its null by frame and by patient (mmd.png), maps of seen against unseen videos
(train-test-cam.png), the overlap with phantom patterns (overlap.png), both confidences and what they are worth
(confidence.png).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lusdata import UsageError

from .options import add_data_options, cache_folder, material_from, say, start_keras

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "runs/vgg_cam-patient-nested": "activation maps of a run's test parts",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a finished run's folder")
    parser.add_argument("--out", type=Path, metavar="DIR", help="new folder for what is made (default: RUN/explain)")
    parser.add_argument("--draws", type=int, default=5000, help="draws of each null (default: 5000)")
    parser.add_argument("--phantoms", type=int, default=8, help="phantoms of each class (default: 8; 0 for none)")
    parser.add_argument("--videos", type=int, default=1, help="overlay videos of each class (default: 1)")
    parser.add_argument("--no-confidences", action="store_true", help="leave out the 20 passes of the confidences")
    parser.add_argument("--seed", type=int, default=0, help="seed of draws, dropout and phantoms (default: 0)")
    add_data_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Explain."""
    for name, least in (("draws", 1), ("phantoms", 0), ("videos", 0), ("seed", 0)):
        if getattr(arguments, name) < least:
            given = str(getattr(arguments, name))
            raise UsageError("too small", where=f"--{name}", expected=f"at least {least}", found=given)
    start_keras(offline=arguments.offline)
    from ..explain.explanation import Settings, explain_run
    from ..run_folder import RunFolder

    folder = RunFolder(arguments.run)
    config = folder.config
    found = explain_run(
        folder,
        material_from(arguments, config).samples,
        out=arguments.out or arguments.run / "explain",
        cache=cache_folder(arguments),
        settings=Settings(
            draws=arguments.draws,
            phantoms=arguments.phantoms,
            videos=arguments.videos,
            confidences=not arguments.no_confidences,
            seed=arguments.seed,
        ),
        say=say,
    )
    for pair in found["mmd"]["pairs"]:
        sys.stdout.write(
            f"{pair['classes'][0]} against {pair['classes'][1]}: squared MMD {pair['mmd_squared']:.4f}, "
            f"p {pair['p_frames']:.4f} by frame, {pair['p_groups']:.4f} by patient\n"
        )
    for name, one in found.get("overlap", {}).items():
        mass = "-" if one["mass"] is None else f"{one['mass']:.2f}"
        sys.stdout.write(
            f"phantoms, {name}: peak on it {one['hit_rate']:.2f}, activation on it {mass}, chance {one['chance']:.2f}\n"
        )
    for name in ("epistemic", "aleatoric"):
        if "uncertainty" in found:
            sys.stdout.write(_confidence_line(name, found["uncertainty"][name]) + "\n")
    sys.stdout.write(f"written to {arguments.out or arguments.run / 'explain'}\n")
    return 0


def _confidence_line(name: str, found: Mapping[str, Any]) -> str:
    pearson = found["with_correctness"]["pearson"]
    means = ", ".join(
        f"mean {found[key]:.2f} for {word}"
        for key, word in (("mean_correct", "right"), ("mean_wrong", "wrong"))
        if found[key] is not None
    )
    tie = "no correlation to be had" if pearson is None else f"correlation with correctness {pearson['r']:.2f}"
    if pearson is not None and pearson["interval"] is not None:
        tie += f" ({pearson['interval'][0]:.2f} to {pearson['interval'][1]:.2f} over patients)"
    return f"{name} confidence: {tie}; {means}"
