"""Is a dataset folder still what was built? What is not is set aside, and the command that makes it again is told."""

from __future__ import annotations

import shlex
from dataclasses import asdict

from lusdata.dataset.folder import INDEX
from lusdata.dataset.formats.table import DEFAULT_FORMAT
from lusdata.dataset.reading.index import Index
from lusdata.dataset.reading.integrity import file_faults
from lusdata.dataset.reading.seal import check_seal
from lusdata.dataset.recipe import Recipe
from lusdata.errors import DataError
from lusdata.media.verify import Damage, Verdict, shelved

__all__ = ["build_command", "verify_dataset"]

_OPTIONS = {"rate_hz": "--rate-hz", "max_frames": "--max-frames", "size_px": "--size", "colour": "--colour"}


def verify_dataset(index: Index) -> Verdict:
    """Hold every file of a dataset against its digest, and ``dataset.json`` against its seal.

    Parameters
    ----------
    index : Index
        The dataset.

    Returns
    -------
    Verdict
        Damaged files lie in the folder ``damaged`` of the dataset afterwards. A ``dataset.json`` that was changed stays
        where it is, since nothing else tells what the folder is.

    Raises
    ------
    OutsideError
        If a file cannot be read, or the folder cannot be written.
    """
    how = build_command(index)
    damages = []
    try:
        check_seal(index)
    except DataError as error:
        damages.append(Damage(INDEX, error.what, error.expected, error.found, how="build into a new folder"))
    for fault in file_faults(index.folder, index.files):
        name = fault.path.relative_to(index.folder).as_posix()
        damages.append(
            shelved(index.folder, fault.path, Damage(name, fault.what, fault.expected, fault.found, how=how))
        )
    return Verdict("dataset", index.folder, 1 + len(index.files) - len(damages), tuple(damages))


def build_command(index: Index) -> str:
    """Return the command that builds a dataset, and that mends it in its folder."""
    recipe, usual = asdict(index.recipe), asdict(Recipe())
    words = ["lusdata", "build", index.label, "--out", str(index.folder)]
    words += ["--format", index.format] if index.format != DEFAULT_FORMAT else []
    for name, option in {**_OPTIONS, "select": "--select"}.items():
        value = recipe[name]
        words += [option, f"{value:g}" if isinstance(value, float) else str(value)] if value != usual[name] else []
    return shlex.join(words)
