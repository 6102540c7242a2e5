"""The one table: how often a kind of harm was tried, and what failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["FAILURES", "Tally", "table"]

FAILURES = ("traceback", "hang", "death", "silent wrong value", "half-written file", "leftover", "refused rerun")
"""What can fail. A traceback is a fault of lusdata's own, also where it ends in one line (exit code 4)."""

_MOST_EXAMPLES = 3


@dataclass
class Tally:
    """One row of the table.

    Attributes
    ----------
    name : str
        The kind of harm.
    tries : int
        How often it was done.
    failures : Counter of str
        By a name of `FAILURES`.
    examples : list of str
        The first of them, each in a line.
    """

    name: str
    tries: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def fail(self, failure: str, example: str) -> None:
        """Count one failure."""
        if failure not in FAILURES:
            message = f"no such failure: {failure}"
            raise ValueError(message)
        self.failures[failure] += 1
        if self.failures[failure] <= _MOST_EXAMPLES:
            self.examples.append(f"{self.name}: {failure}: {' '.join(example.split())[:300]}")


def table(tallies: list[Tally]) -> str:
    """Lay rows out as a table in Markdown, with the examples of what failed below."""
    head = ["", "tries", *FAILURES]
    rows = [[one.name, f"{one.tries:,}", *(f"{one.failures[name]:,}" for name in FAILURES)] for one in tallies]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: list[str]) -> str:
        padded = [
            cells[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)),
        ]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if number else "-") for number, width in enumerate(widths)) + "|"
    examples = [example for one in tallies for example in one.examples]
    return "\n".join([line(head), rule, *map(line, rows), *([""] if examples else []), *examples]) + "\n"
