"""A worker process of a build: see `lusdata.serving`."""

from __future__ import annotations

from lusdata.budget import BUDGET, Budget
from lusdata.dataset.building.clip_file import ClipJob, make_part
from lusdata.serving import serve

__all__ = ["main"]


def main(budget: Budget = BUDGET) -> None:
    """Make parts until standard input ends."""
    import lusdata.media.frames
    import lusdata.media.png  # noqa: F401  (loaded now, so that a broken installation shows before the first job)

    serve(lambda line: make_part(ClipJob.from_json(line)).to_json(), budget)
