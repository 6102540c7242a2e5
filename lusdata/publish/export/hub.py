"""A folder that Hugging Face `datasets` opens as it is, with the splits of one fold or of all.

Every frame is stored once. Recordings that stand in the same part of every round share files, and a round is a list of
files; so five folds weigh no more than one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.atomic import new_folder, write_bytes, write_text
from lusdata.catalog.manifest import canonical_bytes
from lusdata.dataset.building.plan import LeftOut
from lusdata.dataset.formats.columns import Column, fact_columns, facts_of
from lusdata.dataset.reading.index import MANIFESTS, Entry, Index
from lusdata.dataset.reading.shard_rows import read_recordings
from lusdata.dataset.view.dataset import Dataset
from lusdata.errors import OutsideError, UsageError
from lusdata.publish.export.card import Config, card
from lusdata.publish.export.croissant import croissant_text
from lusdata.publish.export.croissant_records import Layout
from lusdata.publish.export.export_subject import ExportSubject
from lusdata.publish.export.facts import class_rows
from lusdata.publish.export.hub_plan import (
    NOT_PUBLISHABLE,
    PARTS,
    cells_of,
    public_table,
    publishable,
    rounds_of,
    sizes_of,
    stem_of,
    torn_groups,
)
from lusdata.publish.export.hub_rows import Rows, write_files
from lusdata.scratch import is_vacant
from lusdata.splits.folds.parts import SplitUnit
from lusdata.splits.folds.table import FoldTable, write_fold_table

__all__ = ["FOLDS_FILE", "Export", "export_hub"]

FOLDS_FILE = "folds.json"
_DATA = "data"


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes
    ----------
    out : Path
        The folder.
    subject : ExportSubject
        What is in it, and what was left out.
    table : FoldTable
        The split.
    sizes : Mapping
        For each round, recordings and frames of each part.
    files : int
        Number of Parquet files.
    torn : int
        Patient groups that stand in several parts of a round; 0 unless the split is by video.
    """

    out: Path
    subject: ExportSubject
    table: FoldTable
    sizes: Mapping[int, Mapping[str, tuple[int, int]]]
    files: int
    torn: int

    @property
    def withheld(self) -> tuple[LeftOut, ...]:
        """Recordings of the dataset that are not in it because they may not be passed on."""
        return tuple(item for item in self.subject.left_out if item.code == NOT_PUBLISHABLE)

    @property
    def empty(self) -> tuple[str, ...]:
        """Parts without a single frame, such as ``fold-3 validation``."""
        return tuple(
            f"fold-{number} {part}" for number, sizes in self.sizes.items() for part in PARTS if sizes[part] == (0, 0)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        return {
            "out": str(self.out),
            "recordings": len(self.subject.recordings),
            "frames": self.subject.total_frames,
            "files": self.files,
            "rows_sha256": self.subject.digest,
            "folds": self.table.settings,
            "rounds": {
                f"fold-{number}": {part: {"recordings": size[0], "frames": size[1]} for part, size in sizes.items()}
                for number, sizes in self.sizes.items()
            },
            "withheld": [{"id": item.id, "reason": item.reason} for item in self.withheld],
            "private": len(self.subject.private),
            "torn_groups": self.torn,
            "empty": list(self.empty),
        }


def export_hub(
    subject: ExportSubject,
    out: Path,
    *,
    by: SplitUnit = "patient",
    k: int = 5,
    seed: int = 0,
    folds: Path | None = None,
    fold: int | None = None,
    include_private: bool = False,
) -> Export:
    """Write the folder, whole or not at all.

    Parameters
    ----------
    subject : ExportSubject
        A dataset, of either format.
    out : Path
        New or empty folder.
    by, k, seed
        See `lusdata.make_folds`.
    folds : Path, optional
        A fold table in their place.
    fold : int, optional
        Write the splits of this round alone; by default all rounds, as configurations ``fold-0``, ``fold-1`` and on.
    include_private : bool
        Take recordings too that may not be passed on. The folder must then stay on this machine.

    Returns
    -------
    Export
        What was written and what was left out.

    Raises
    ------
    UsageError
        If `out` holds something, a setting is out of range, or the split is by frame.
    DataError
        If nothing may be passed on, a recording is not in the fold table, or the table tears a patient group apart.
    OutsideError
        If the folder cannot be written.
    """
    index = subject.index
    if index is None:
        raise UsageError("a collection holds no frames", where=subject.name, hint="make a dataset with lusdata build")
    _check_out(out)
    dataset = Dataset(index)
    table = public_table(dataset.fold_table(by=by, k=k, seed=seed, folds=folds), subject)
    rounds = rounds_of(table, fold)
    chosen = subject if include_private else publishable(subject)
    entries = [entry for entry in index.entries if entry.id in chosen.frames]
    torn = torn_groups(chosen, table, rounds)
    cells = cells_of(entries, table, rounds)
    try:
        with new_folder(out) as folder:
            (folder / _DATA).mkdir()
            files = _write_cells(folder / _DATA, cells, chosen, index, rounds)
            _write_pages(folder, chosen, table, rounds, files)
    except OSError as error:
        raise OutsideError("cannot write the export", where=str(out), found=error.strerror or str(error)) from error
    sizes = {number: sizes_of(entries, table, number) for number in rounds}
    return Export(out, chosen, table, sizes, sum(map(len, files.values())), torn)


def _check_out(out: Path) -> None:
    if not is_vacant(out):
        raise UsageError(
            "the output is not an empty folder",
            where=str(out),
            expected="a new or empty folder",
            found="a file" if not out.is_dir() else ", ".join(sorted(path.name for path in out.iterdir())[:3]),
            hint="name another one with --out; nothing was changed",
        )
    if not out.resolve().parent.is_dir():
        raise UsageError("there is no such folder to write into", where=str(out.parent), hint="make it first")


def _write_cells(
    folder: Path,
    cells: Mapping[tuple[str, ...], Sequence[Entry]],
    subject: ExportSubject,
    index: Index,
    rounds: Sequence[int],
) -> dict[tuple[str, ...], list[str]]:
    classes = [row.class_name for row in class_rows(subject)]
    columns = fact_columns(subject.recordings)
    stems = {cell: stem_of(cell, rounds) for cell in cells}
    return {
        cell: write_files(
            folder, stems[cell], _rows(cells[cell], subject, index, columns), columns=columns, classes=classes
        )
        for cell in sorted(cells, key=stems.__getitem__)
    }


def _rows(entries: Sequence[Entry], subject: ExportSubject, index: Index, columns: Sequence[Column]) -> Iterator[Rows]:
    by_id = {manifest.id: manifest for manifest in subject.recordings}
    crops = {item["id"]: item["crop"] for item in index.data["recordings"]}
    for entry, frames in zip(entries, read_recordings(index, entries), strict=True):
        facts = facts_of(by_id[entry.id], subject.groups[entry.id], columns)
        yield Rows(facts, crops[entry.id], *frames)


def _write_pages(
    folder: Path,
    subject: ExportSubject,
    table: FoldTable,
    rounds: Sequence[int],
    files: Mapping[tuple[str, ...], Sequence[str]],
) -> None:
    configs = []
    for position, number in enumerate(rounds):
        held = {
            part: [f"{_DATA}/{name}" for cell, names in files.items() if cell[position] == part for name in names]
            for part in PARTS
        }
        name = "default" if len(rounds) == 1 else f"fold-{number}"
        # A split without files would not open at all.
        configs.append(Config(name, {part: names for part, names in held.items() if names}))
    ledger = b"".join(canonical_bytes(manifest.data) + b"\n" for manifest in subject.recordings)
    write_bytes(folder / MANIFESTS, ledger)
    write_fold_table(folder / FOLDS_FILE, table)
    names = [*(f"{_DATA}/{name}" for held in files.values() for name in held), MANIFESTS]
    classes = tuple(row.class_name for row in class_rows(subject))
    layout = Layout(table, tuple(rounds), tuple(_told(folder, name) for name in names), classes)
    write_text(folder / "croissant.json", croissant_text(subject, layout))
    page = card(subject, configs=configs, opening=_opening(configs), split=_split_text(table, rounds))
    write_text(folder / "README.md", page)


def _told(folder: Path, name: str) -> dict[str, Any]:
    with (folder / name).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"file": name, "size_bytes": (folder / name).stat().st_size, "sha256": digest}


def _opening(configs: Sequence[Config]) -> str:
    word = "" if len(configs) == 1 else f", {json.dumps(configs[0].name)}"
    return (
        "```python\nimport datasets\n\n"
        f'fold = datasets.load_dataset("DIR"{word})    # this folder; train, validation, test\n'
        'frame = fold["train"][0]    # image, class, recording, group, licence, ...\n```\n\n'
        "`manifests.jsonl` holds everything known about each recording, and `folds.json` the whole fold table.\n"
    )


def _split_text(table: FoldTable, rounds: Sequence[int]) -> list[str]:
    kept = {
        "patient": "Recordings of one patient group, and groups that share a file, stand on one side.",
        "source": "Whole sources, with all their patients, stand on one side.",
        "video": "Only frames of one recording stay together: patients stand on both sides, and scores are too high.",
    }
    which = (
        f"Here is fold {rounds[0]} of 0 to {table.k - 1}"
        if len(rounds) == 1
        else f"Here are all {table.k} folds, each a configuration of its own; every frame is stored once"
    )
    return [
        f"{which}; split by {table.by} (seed {table.seed}). {kept[table.by]}",
        "Fit on train, stop and choose by validation, and use test once. Scores of one fold depend on who is in it: "
        "report all folds together, with intervals over patient groups.",
        "How much a score is worth by another split was measured: python -m train ladder, with reference results in "
        "train/results of lusdata's repository.",
    ]
