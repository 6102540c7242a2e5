"""Room on the disk: asked for before a transfer and while it runs, so that no server can fill it."""

from __future__ import annotations

import shutil
from pathlib import Path

from lusdata.budget import BUDGET

__all__ = ["EVERY_BYTES", "missing_bytes"]

EVERY_BYTES = 16 << 20
"""A transfer looks again after so many bytes."""


def missing_bytes(folder: Path, wanted_bytes: int) -> int:
    """Return how many bytes a disk lacks for a file, apart from those that stay free; 0 if there is room.

    Parameters
    ----------
    folder : Path
        Where the file is to be.
    wanted_bytes : int
        What is still to be written of it.
    """
    return max(0, wanted_bytes + BUDGET.spare_bytes - shutil.disk_usage(folder).free)
