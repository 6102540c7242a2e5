"""The command line ``lusdata``: its commands, on the frame of `lusdata.command_line`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from lusdata.command_line import Program, run_program

__all__ = ["COMMANDS", "PROGRAM", "main"]

COMMANDS = {
    "validate": "check manifests against the schema and the rules",
    "migrate": "bring manifests to the newest schema version",
    "import": "turn a folder of your own, or a public collection, into manifests",
    "add": "add a recording: draft its manifest",
    "check": "check what changed, as a pull request is checked",
    "fetch": "get a collection's files, verified by digest",
    "pin": "complete a manifest without a digest from its file",
    "build": "make a dataset: crop, sample and shard",
    "folds": "split a collection so that nothing leaks",
    "audit": "look for leakage in a split",
    "report": "show a collection or a dataset as one page",
    "export": "hand on a dataset: Croissant, card, Hugging Face",
    "verify": "hold files against their digests",
    "stats": "count a collection's recordings",
    "release": "freeze a collection under a version",
    "diff": "show what differs between two states of a collection",
    "cite": "name the sources of the recordings that were used",
    "trace": "show where a row of a dataset comes from",
    "demo": "run the main job on phantom recordings",
    "doctor": "check this installation",
    "completion": "let a shell complete commands, options and names",
}
"""Every command with its one-line summary, in the order of a user's work."""

_SEVERAL = ("folds", "audit", "report", "stats")
"""Commands that take several collections as one."""


def _collections() -> Iterable[str]:
    from lusdata.catalog.folders import collection_names

    return collection_names()


def _advice(read: argparse.Namespace, further: Sequence[str]) -> str:
    one = isinstance(getattr(read, "collection", None), str)
    return f"it takes one collection, and {', '.join(_SEVERAL)} take several" if one else ""


PROGRAM = Program(
    name="lusdata",
    call="lusdata",
    summary="Curate lung-ultrasound video.",
    commands=COMMANDS,
    package="lusdata.commands",
    completers=dict.fromkeys(
        ("COLLECTION", "COLLECTION|DIR", "NAME|DIR", "PATH", "PATH|COLLECTION", "A", "B"), _collections
    ),
    advise=_advice,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; see `lusdata.command_line.run_program`."""
    return run_program(PROGRAM, argv)
