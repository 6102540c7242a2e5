"""What the steps of adding a recording hand to each other."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.manifest import Manifest
from lusdata.intake.answers import Answers
from lusdata.intake.clean_copy import Blacking, CleanCopy, ScanLoss
from lusdata.intake.interview import Interview
from lusdata.media.beside.judge import Remark

__all__ = ["Added", "Bench", "Prepared", "Wishes"]


@dataclass(frozen=True)
class Wishes:
    """How a contribution is to be treated.

    Attributes
    ----------
    answers : Answers
        What a person says; `probe` may be empty as long as it can be proposed.
    crop : tuple of int, or None
        Left, top, width and height.
    clean_copy : bool
        Add a lossless copy that holds pictures and times alone, with text blacked.
    black : {"outside", "all"}
        Which text a copy has blacked; see `lusdata.intake.clean_copy.Blacking`.
    rate_hz : float or None
        Frames per second of DICOM files that do not tell.
    interview : Interview or None
        Asks whoever is there for what is missing; None where nobody is.
    accepts : bool
        Whether proposals count without being asked for.
    other_names : tuple of str
        What else the very file is called among those that come in together.
    """

    answers: Answers
    crop: tuple[int, int, int, int] | None = None
    clean_copy: bool = False
    black: Blacking = "outside"
    rate_hz: float | None = None
    interview: Interview | None = None
    accepts: bool = False
    other_names: tuple[str, ...] = ()


@dataclass
class Bench:
    """The collection at work, and where things go; grows with every recording that is added.

    Attributes
    ----------
    collection : str
        Namespace.
    folder : Path
        The folder of its manifests.
    manifests, neighbours : list of Manifest
        The collection, and the collections beside it.
    previews : Path
        Folder for pictures.
    media : Path
        Folder that serves as a mirror.
    keeps_copy : bool
        Whether a file that lusdata did not write is copied there, too.
    mirrors : sequence of Path
        Folders that may hold the recordings that are there already.
    today : datetime.date
        Day of the additions.
    unread : sequence of str
        Files of the collections beside it that are no valid manifests, so that nothing is compared with them.
    """

    collection: str
    folder: Path
    manifests: list[Manifest]
    neighbours: list[Manifest]
    previews: Path
    media: Path
    keeps_copy: bool
    mirrors: Sequence[Path]
    today: datetime.date
    unread: Sequence[str] = ()

    @property
    def known(self) -> list[Manifest]:
        """Everything that a new recording is compared with."""
        return [*self.manifests, *self.neighbours]


@dataclass(frozen=True, eq=False)
class Prepared:
    """The file that would be added, and what is known of it before anybody was asked.

    Attributes
    ----------
    name : str
        What the user called it, on one line.
    path : Path
        Where it, or the copy in its place, lies.
    original : Path
        Where the file that somebody named lies.
    answers : Answers
        What was said.
    copy : CleanCopy or None
        The copy, if lusdata wrote one.
    notes : tuple of str
        What a person should know, a clause each.
    beside : tuple of Remark
        What stands beside its pictures and in its address, as far as it matters.
    """

    name: str
    path: Path
    original: Path
    answers: Answers
    copy: CleanCopy | None
    notes: tuple[str, ...]
    beside: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Added:
    """What became of a contribution.

    Attributes
    ----------
    manifest : Manifest
        As it was written.
    preview : Path
        The picture.
    media : Path or None
        Where a copy of the file lies under its path in a mirror.
    notes : tuple of str
        What a person should know, a clause each.
    scale : dict
        Depth and size of a pixel, where the scanner told.
    lost : ScanLoss or None
        What of the scan a copy lost to blacking; None without a copy.
    """

    manifest: Manifest
    preview: Path
    media: Path | None
    notes: tuple[str, ...]
    scale: dict[str, float]
    lost: ScanLoss | None = None
