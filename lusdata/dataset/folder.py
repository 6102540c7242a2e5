"""The folder that a build writes to: what is in it already, and who works in it.

A finished dataset has ``dataset.json``. An unfinished one has ``.parts/`` with ``inputs.json`` inside, which says what
is being built. Everything else belongs to the user and is neither touched nor built into.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from lusdata import scratch
from lusdata.atomic import write_text
from lusdata.catalog.reading import LONGEST_INDEX_BYTES, read_data
from lusdata.errors import DataError, OutsideError, UsageError
from lusdata.wording import listed

__all__ = ["INDEX", "PARTS", "claim", "explained", "finish", "standing", "sweep"]

INDEX = "dataset.json"
PARTS = ".parts"
_INPUTS = "inputs.json"
_LOCK = "lock"

Standing = Literal["new", "unfinished", "finished"]


def standing(out: Path, inputs: Mapping[str, Any]) -> Standing:
    """Decide what a build may do with a folder.

    Parameters
    ----------
    out : Path
        The folder; it need not exist.
    inputs : Mapping
        What is to be built: plain JSON data.

    Returns
    -------
    {"new", "unfinished", "finished"}
        ``new`` if the folder is missing or empty; the others if it holds a build of these very inputs.

    Raises
    ------
    UsageError
        If something else is there.
    """
    if not out.exists():
        return "new"
    if not out.is_dir():
        raise UsageError("the output is not a folder", where=str(out), hint="name a new folder with --out")
    names = _names_in(out)
    if INDEX in names:
        _same(out, _read(out / INDEX).get("inputs"), inputs, "a finished dataset")
        return "finished"
    if (out / PARTS / _INPUTS).is_file():
        _same(out, _read(out / PARTS / _INPUTS), inputs, "an unfinished build")
        return "unfinished"
    if set(names) <= {PARTS} and _is_bare(out / PARTS):
        return "new"
    raise UsageError(
        "the output folder is not empty",
        where=str(out),
        expected="a new or empty folder",
        found=listed(names),
        hint="name another one with --out; nothing was changed",
    )


def _is_bare(parts: Path) -> bool:
    # A build that was killed in its first moment leaves its folder and perhaps its lock.
    return not parts.exists() or (parts.is_dir() and set(_names_in(parts)) <= {_LOCK})


def _names_in(folder: Path) -> list[str]:
    """Return what a folder holds, but for what dead runs left, sorted."""
    dead = {path.name for path in scratch.leftovers(folder)}
    return sorted(path.name for path in folder.iterdir() if path.name not in dead)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = read_data(path, what="a dataset", most_bytes=LONGEST_INDEX_BYTES)
    except OSError as error:
        raise OutsideError("cannot read the dataset", where=str(path), found=error.strerror) from error
    if not isinstance(data, dict):
        raise DataError("not a JSON object", where=str(path))
    return data


def _same(out: Path, found: object, inputs: Mapping[str, Any], what: str) -> None:
    if found == inputs:
        return
    wanted, there = _differences(inputs, found if isinstance(found, dict) else {})
    raise UsageError(
        f"the output folder holds {what} of other inputs",
        where=str(out),
        expected=wanted,
        found=there,
        hint="name another folder with --out; nothing was changed",
    )


def _differences(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[str, str]:
    """Describe the inputs that differ, as they should be and as they are."""
    wanted, there = _flat(wanted), _flat(there)
    names = [name for name in wanted if there.get(name) != wanted[name]]
    sides = (", ".join(f"{name}={_short(side.get(name))}" for name in names) for side in (wanted, there))
    return next(sides), next(sides)


def _flat(inputs: Mapping[str, Any]) -> dict[str, Any]:
    recipe = inputs.get("recipe")
    return {name: value for name, value in inputs.items() if name != "recipe"} | (
        recipe if isinstance(recipe, dict) else {}
    )


def _short(value: object) -> str:
    text = str(value)
    return text[:12] + "..." if len(text) == 64 else text


@contextmanager
def claim(out: Path, inputs: Mapping[str, Any], *, finished: bool = False) -> Iterator[Path]:
    """Work in a folder alone.

    Parameters
    ----------
    out : Path
        The folder; made with its parents if it is missing.
    inputs : Mapping
        What is being built; left in the folder, so that an interrupted build can go on.
    finished : bool
        Whether the folder holds the finished dataset already, which is to be mended.

    Yields
    ------
    Path
        The folder for parts.

    Raises
    ------
    OutsideError
        If another build works there, or the folder cannot be written.
    """
    parts = out / PARTS
    with explained(out):
        parts.mkdir(parents=True, exist_ok=True)
        stream = (parts / _LOCK).open("ab")
    with stream:
        if not _lock(stream):
            raise OutsideError("another build is working in this folder", where=str(out), hint="wait until it is done")
        # The other build may have finished between the look and the lock.
        state = standing(out, inputs)
        if state == "finished" and not finished:
            raise OutsideError("another build just finished in this folder", where=str(out), hint="run this one again")
        if state == "new":
            with explained(out):
                write_text(parts / _INPUTS, json.dumps(inputs, indent=2, sort_keys=True) + "\n")
        try:
            yield parts
        finally:
            # Windows cannot remove an open file.
            stream.close()
            _leave(out, parts)


def _leave(out: Path, parts: Path) -> None:
    if not (parts / _INPUTS).exists():
        with explained(out):
            (parts / _LOCK).unlink(missing_ok=True)
            # Not empty where somebody put something there: theirs to remove.
            if not any(parts.iterdir()):
                parts.rmdir()


_OWN = re.compile(r"[0-9a-f]{64}\.part|inputs\.json")


def sweep(parts: Path) -> None:
    """Remove what runs that were killed left in the folder for parts of a finished dataset; for who claimed it.

    What is not by its name of a build's own making belongs to somebody else and stays.
    """
    for folder in (parts.parent, parts):
        scratch.sweep(folder)
    for path in parts.iterdir():
        if _OWN.fullmatch(path.name):
            path.unlink(missing_ok=True)


def finish(parts: Path, made: Iterable[Path]) -> None:
    """Remove what a finished build does not need any more, and nothing else.

    Parameters
    ----------
    parts : Path
        The folder for parts.
    made : iterable of Path
        The parts that went into the dataset.
    """
    # A worker or a run that was ended while it wrote leaves what it had.
    for folder in (parts.parent, parts):
        scratch.sweep(folder)
    for path in (*made, parts / _INPUTS):
        path.unlink(missing_ok=True)


@contextmanager
def explained(where: Path) -> Iterator[None]:
    """Turn a failure to write into one line that says what was kept.

    Raises
    ------
    OutsideError
        In place of any `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise OutsideError(
            "cannot write the dataset",
            where=str(where),
            # The number and not the text: packages put theirs around it.
            found=os.strerror(error.errno) if error.errno else error.strerror or type(error).__name__,
            hint="recordings that are finished are kept: run the same command again to go on",
        ) from error


def _lock(stream: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(stream)
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A network disk without locks: working there is worth more than the guard.
        return True
    return True


def _lock_on_windows(stream: IO[bytes]) -> bool:
    import msvcrt

    try:
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
