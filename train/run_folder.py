"""The folder of one run: what decided it, what each fold gave, what came out.

``config.json`` is written first, then ``inputs.json``, ``fold-<i>/done.json`` when a fold is finished,
``predictions.csv``, ``folds.json`` and ``scores.json`` last. A run that was interrupted goes on with the folds that are
not done. A folder is never used for a second config or other data once a fold is done, and no result in it is
overwritten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lusdata import DataError, UsageError
from lusdata.atomic import write_text
from lusdata.scratch import is_running, is_vacant, process_mark

from .config import TrainConfig, from_json, to_json
from .metrics import LEVELS

__all__ = ["RunFolder", "read_predictions", "require_new_folder", "write_predictions"]


@dataclass(frozen=True)
class RunFolder:
    """One run's files.

    Attributes
    ----------
    path : Path
        The folder.
    """

    path: Path

    def claim(self, config: TrainConfig, inputs: Mapping[str, Any]) -> None:
        """Make the folder ready for a run, or find that it holds the beginning of the very same one.

        Parameters
        ----------
        config : TrainConfig
            The run's record.
        inputs : Mapping
            Digests and versions of what goes into the run.

        Raises
        ------
        UsageError
            If the folder holds something else.
        """
        record, facts = self.path / "config.json", self.path / "inputs.json"
        if self.path.exists() and not self.path.is_dir():
            raise UsageError("the run folder is a file", where=str(self.path), hint="name a folder with --out")
        if record.exists():
            self._require_unused()
            # A start that failed, say for want of weights, leaves records and no result: the mended call may go on.
            if any(self.path.glob("fold-*/done.json")):
                self._require_same(record.name, to_json(config))
                self._require_same(facts.name, _json(inputs))
                return
        elif not is_vacant(self.path):
            raise UsageError(
                "the run folder is not empty and holds no run", where=str(self.path), hint="name another with --out"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        # The record first: by it the folder is known for a run's, should this one be ended now.
        write_text(record, to_json(config))
        write_text(facts, _json(inputs))

    def _require_same(self, name: str, wanted: str) -> None:
        before = self._read(name) if (self.path / name).is_file() else {}
        now = json.loads(wanted)
        other = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        if other:
            raise UsageError(
                f"the run folder belongs to a run with another {', '.join(other)}",
                where=str(self.path / name),
                hint="name another folder with --out; nothing was changed",
            )

    def _require_unused(self) -> None:
        lock = self.path / "lock"
        owner = lock.read_text(encoding="utf-8").strip() if lock.exists() else ""
        if is_running(owner):
            raise UsageError(
                "the run folder is in use",
                where=str(self.path),
                found=f"process {owner.split('-')[1]}",
                hint="wait for it to end, or name another folder with --out",
            )

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep a second process out of the folder.

        Raises
        ------
        UsageError
            If another process that still runs is in it.
        """
        lock = self.path / "lock"
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            self._require_unused()
            # What locked it is gone.
            lock.unlink(missing_ok=True)
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        with os.fdopen(handle, "w") as stream:
            stream.write(f"{process_mark()}\n")
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)

    def fold(self, number: int) -> Path:
        """Return the folder of one fold, made if absent."""
        folder = self.path / f"fold-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def fold_is_done(self, number: int) -> bool:
        """Tell whether a fold was finished."""
        return (self.path / f"fold-{number}" / "done.json").exists()

    def finish_fold(self, number: int, predictions: pd.DataFrame, facts: Mapping[str, Any]) -> None:
        """Write a fold's predictions, and last the mark that it is done."""
        folder = self.fold(number)
        write_predictions(folder / "predictions.csv", predictions)
        write_text(folder / "done.json", _json(facts))

    def fold_facts(self, number: int) -> dict[str, Any]:
        """Read what is known of a finished fold: epochs, choices, time."""
        return self._read(f"fold-{number}/done.json")

    def fold_config(self, number: int) -> TrainConfig:
        """Return the record with the settings that a finished fold chose for itself."""
        facts, config = self.fold_facts(number), replace(self.config, choices=())
        try:
            return replace(config, **facts.get("chosen", {}))
        except TypeError as error:
            where = str(self.path / f"fold-{number}" / "done.json")
            raise DataError("a file of the run is damaged", where=where, found=str(error)) from error

    def fold_predictions(self, number: int) -> pd.DataFrame:
        """Read the predictions of a finished fold."""
        return read_predictions(self.path / f"fold-{number}" / "predictions.csv")

    def require_finished(self) -> None:
        """Refuse a run whose folds are not all done and scored.

        Raises
        ------
        UsageError
            If this is no run folder.
        DataError
            If something is missing.
        """
        _ = self.config
        rows, wanted = len(self.predictions), self.scores["frame"]["scores"]["rows"]
        if rows != wanted:
            raise DataError(
                "the table of predictions is damaged",
                where=str(self.path / "predictions.csv"),
                expected=f"{wanted} rows, as many as were scored",
                found=str(rows),
            )

    @property
    def config(self) -> TrainConfig:
        """The run's record."""
        path = self.path / "config.json"
        if not path.is_file():
            raise UsageError("not a run folder", where=str(self.path), expected="a folder with config.json")
        return from_json(path.read_text(encoding="utf-8"), where=str(path))

    @property
    def inputs(self) -> dict[str, Any]:
        """Digests and versions of what went into the run."""
        return self._read("inputs.json")

    @property
    def folds(self) -> list[dict[str, Any]]:
        """What is known of each fold: epochs, choices, time."""
        folds: list[dict[str, Any]] = self._read("folds.json", ("folds",))["folds"]
        return folds

    @property
    def scores(self) -> dict[str, Any]:
        """The run's scores."""
        return self._read("scores.json", LEVELS, ("scores", "intervals", "folds"))

    @property
    def scores_elsewhere(self) -> dict[str, dict[str, Any]]:
        """What ``evaluate`` found on other collections, by their names."""
        names = sorted(path.name for path in self.path.glob("scores-*.json"))
        return {
            name.removeprefix("scores-").removesuffix(".json"): self._read(name, LEVELS, ("scores", "intervals"))
            for name in names
        }

    @property
    def predictions(self) -> pd.DataFrame:
        """The pooled out-of-fold predictions."""
        return read_predictions(self.path / "predictions.csv")

    def log(self, number: int) -> list[dict[str, float]] | None:
        """Read a fold's log, one entry per epoch; None where the run's folder came without it."""
        path = self.path / f"fold-{number}" / "log.jsonl"
        if not path.is_file():
            return None
        try:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except ValueError as error:
            raise DataError("a file of the run is damaged", where=str(path), found=str(error)) from error

    def _read(self, name: str, keys: Sequence[str] = (), parts: Sequence[str] = ()) -> dict[str, Any]:
        """Read a JSON object that has some keys, each with an object that has some parts."""
        path = self.path / name
        if not path.is_file():
            raise DataError(
                "the run is not finished", where=str(self.path), found=f"no {name}", hint="run it again to go on"
            )
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError("a file of the run is damaged", where=str(path), found=str(error)) from error
        if not isinstance(data, dict):
            raise DataError("a file of the run is damaged", where=str(path), expected="a JSON object")
        missing = [key for key in keys if key not in data or any(part not in data[key] for part in parts)]
        if missing:
            raise DataError("a file of the run is damaged", where=str(path), found="nothing of " + ", ".join(missing))
        return data

    def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Write one JSON document."""
        write_text(self.path / name, _json(data))


def require_new_folder(path: Path) -> None:
    """Refuse a folder for results that holds something already.

    Raises
    ------
    UsageError
        If the path is a file or a folder that is not empty.
    """
    if path.exists() and not path.is_dir():
        raise UsageError("is a file", where=str(path), expected="a new folder", hint="name another with --out")
    if not is_vacant(path):
        hint = "name another with --out; nothing was changed"
        raise UsageError("the folder is not empty", where=str(path), hint=hint)


def write_predictions(path: Path, predictions: pd.DataFrame) -> None:
    """Write a prediction table as CSV, probabilities with six decimals."""
    write_text(path, predictions.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a prediction table.

    Raises
    ------
    DataError
        If the file is missing or damaged, or lacks a column.
    """
    if not path.is_file():
        raise DataError("no predictions", where=str(path), hint="run the cross-validation to its end first")
    texts = {"recording": str, "group": str, "provider": str, "class": str}
    try:
        table = pd.read_csv(path, dtype=texts)
    except ValueError as error:
        found = str(error).splitlines()[0]
        raise DataError("the table of predictions is damaged", where=str(path), found=found) from error
    missing = sorted({"fold", "frame_index", *texts} - set(table.columns))
    if missing:
        raise DataError("a column is missing", where=str(path), expected=", ".join(missing))
    torn = table.isna().any(axis=1)
    if torn.any():
        found = f"row {int(torn.argmax()) + 1} is not complete"
        raise DataError("the table of predictions is damaged", where=str(path), found=found)
    return table


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
