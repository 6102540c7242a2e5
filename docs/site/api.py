"""The public names, one directive each: the builder fills them from the docstrings."""

from __future__ import annotations

import lusdata

_FIRST = ("load", "Dataset", "open_collection", "make_folds", "join")
"""What most readers look for."""


def api_page() -> str:
    """Return a directive for every public name, those that most readers look for first."""
    names = [name for name in lusdata.__all__ if not name.startswith("__")]
    ordered = [*_FIRST, *(name for name in names if name not in _FIRST)]
    return "\n\n".join(f"::: lusdata.{name}" for name in ordered)
