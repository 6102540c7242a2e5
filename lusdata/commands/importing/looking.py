"""Look at files with progress, before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lusdata.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lusdata.intake.folder.examine import Examined, ExamineJob

__all__ = ["looked_at"]


def looked_at(jobs: Sequence[ExamineJob], *, workers: int) -> Mapping[str, Examined]:
    """Look at files, and tell how far it is; what is seen is kept."""
    from lusdata.intake.folder.crew import examine_all

    with show_progress(len(jobs), doing="look at files") as looked:
        return examine_all(jobs, workers=workers, advance=lambda done, of, name: looked.to(done))
