"""How datasets and folds show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Mapping

from lusdata.wording import escaped_html as escape

__all__ = ["dataset_html", "fold_html"]

Counts = Mapping[str, tuple[int, int]]
"""Recordings and frames of each class."""


def dataset_html(name: str, recipe: str, counts: Counts) -> str:
    """Return a dataset as a heading and a table, with every text escaped.

    Parameters
    ----------
    name, recipe : str
        Name of the collection, and the settings as one line.
    counts : Mapping
        Recordings and frames of each class.
    """
    recordings = sum(row[0] for row in counts.values())
    frames = sum(row[1] for row in counts.values())
    rows = "".join(_row(word, [f"{row[0]:,}", f"{row[1]:,}"]) for word, row in counts.items())
    return (
        f"<p><b>{escape(name)}</b>: {recordings:,} recordings, {frames:,} frames; {escape(recipe)}</p>"
        f"<table><tr><th>class</th><th>recordings</th><th>frames</th></tr>{rows}</table>"
    )


def fold_html(heading: str, parts: Mapping[str, Counts]) -> str:
    """Return a fold as a heading and a table of recordings (frames), a column a part.

    Parameters
    ----------
    heading : str
        What it is.
    parts : Mapping
        For each part recordings and frames of each class.
    """
    classes = list(dict.fromkeys(word for counts in parts.values() for word in counts))
    cells = [[word, *(f"{counts[word][0]:,} ({counts[word][1]:,})" for counts in parts.values())] for word in classes]
    head = "".join(f"<th>{escape(part)}</th>" for part in parts)
    rows = "".join(_row(word, values) for word, *values in cells)
    return f"<p><b>{escape(heading)}</b>: recordings (frames)</p><table><tr><th>class</th>{head}</tr>{rows}</table>"


def _row(word: str, values: list[str]) -> str:
    return f"<tr><td>{escape(word)}</td>" + "".join(f"<td>{value}</td>" for value in values) + "</tr>"
