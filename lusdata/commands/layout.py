"""Plain text and tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["table"]


def table(rows: Sequence[Sequence[object]], *, head: Sequence[str] = (), numbers: bool = True) -> str:
    """Lay out rows in columns as wide as their widest cell.

    Parameters
    ----------
    rows : sequence of sequences
        The cells, each row of the same length.
    head : sequence of str
        The column heads; none by default.
    numbers : bool
        Align every column but the first to the right, as numbers read best.

    Returns
    -------
    str
        One line per row, without spaces or a line break at the end; zeros show as a dot, so that counts stand out.

    Examples
    --------
    >>> print(table([["healthy", 12], ["covid-19", 0]], head=["class", "recordings"]))
    class     recordings
    healthy           12
    covid-19           .
    """
    lines = [list(head)] if head else []
    lines += [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths, numbers) for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}" if value else "."
    return str(value)


def _line(cells: Sequence[str], widths: Sequence[int], numbers: bool) -> str:
    first = cells[0].ljust(widths[0])
    rest = (
        cell.rjust(width) if numbers else cell.ljust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)
    )
    return "  ".join((first, *rest)).rstrip()
