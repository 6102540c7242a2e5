"""The importers that there are, one a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lusdata.catalog.importers.common import Imported

__all__ = ["IMPORTERS", "Importer"]


@dataclass(frozen=True)
class Importer:
    """One importer.

    Attributes
    ----------
    module : str
        Where its ``read`` and ``draft`` are.
    folder : str
        What the folder of the upstream metadata is, for people.
    media_is_folder : bool
        Whether that folder holds the files, too.
    committed : bool
        Whether its manifests come with lusdata; others stay with whoever imported them.
    """

    module: str
    folder: str
    media_is_folder: bool = False
    committed: bool = True

    def imported(self, folder: Path, media: tuple[str, ...]) -> Imported:
        """Read the upstream files and decide about every row.

        Parameters
        ----------
        folder : Path
            Folder of the upstream metadata.
        media : tuple of str
            Paths of the files that are there, with forward slashes, sorted.
        """
        module = import_module(f"lusdata.catalog.importers.{self.module}")
        imported: Imported = module.draft(module.read(folder, media))
        return imported


IMPORTERS: Mapping[str, Importer] = {
    "pocus": Importer("pocus.collection", "the facts of covid19_ultrasound: its sheet, boxes, downloads and folds"),
    "blues": Importer("blues", "a checkout of COVID-BLUES", media_is_folder=True),
    "atlas": Importer("atlas", "the folder of POCUS Atlas Bench's table"),
    "cit": Importer("cit", "the table and the folder Dataset of the Kosice A- and B-lines", media_is_folder=True),
    "covidx-us": Importer(
        "covidx_us.collection",
        "a checkout of COVIDx-US, with or without its videos",
        media_is_folder=True,
        committed=False,
    ),
}
"""By the name of the collection."""
