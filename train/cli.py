"""The command line of the benchmark: its commands, on the frame of `lusdata.command_line`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from lusdata.command_line import Extra, Program, run_program

from . import PROGRAM as CALL

__all__ = ["COMMANDS", "PROGRAM", "main"]

COMMANDS = {
    "fit": "fit a model on one fold, or the segmentation ensemble on phantoms",
    "crossval": "fit and test a model on every fold; pool, score, report",
    "ladder": "one model on every split unit and protocol",
    "evaluate": "test a run's fold ensemble on another collection",
    "compare": "tell whether a run agrees with an earlier one",
    "predict": "class probabilities and confidences of a file or folder",
    "explain": "activation maps, their peaks and what they lie on",
    "study": "a blinded rating page for physicians, and its statistics",
    "segment": "frames beside what the segmentation ensemble sees in them",
    "report": "one offline page with all tables and figures of a run",
    "cost": "measure what the cache of the frozen part saves",
}
"""Every command with its one-line summary."""

EXTRA = Extra("train", frozenset({"h5py", "keras", "matplotlib", "scipy", "sklearn", "tensorflow", "threadpoolctl"}))


def _details() -> str:
    from .models import MODELS

    lines = ["models:", f"  {'name':<15} {'parameters':>11} {'paper':>11}  what; source"]
    for name, entry in MODELS.items():
        paper = f"{entry.paper_parameters:,}" if entry.paper_parameters else "-"
        lines.append(f"  {name:<15} {entry.parameters:>11,} {paper:>11}  {entry.title}; {entry.source}")
    lines += [
        "",
        "split units (--by): patient (default), video, source, frame (absurd on purpose)",
        "protocols (--protocol): nested (default; a validation part stops and chooses, the test part is used once),",
        "  paper (the test part also stops and chooses, to measure how much that flatters)",
        "",
        "For research, not for diagnosis.",
    ]
    return "\n".join(lines)


def _configs() -> Iterable[str]:
    from .configs import CONFIGS

    return CONFIGS


PROGRAM = Program(
    name="train",
    call=CALL,
    summary="Fit, judge and explain the reference models.",
    commands=COMMANDS,
    package=f"{__package__}.commands",
    details=_details,
    extra=EXTRA,
    completers={"MODEL[:VARIANT]": _configs},
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; see `lusdata.command_line.run_program`."""
    # Before TensorFlow is imported: its start-up notices are not for users.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return run_program(PROGRAM, argv)
