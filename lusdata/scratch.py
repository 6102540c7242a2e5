"""Scratch files and folders: one maker for all, so that whoever comes later knows what a dead run left, and removes it.

Their names say who made them: the machine as it was started, the process and when that began. What is written beside
its place is called ``.lusdata-...part``, what lies in the system's folder for temporary files ``lusdata-...``. Nothing
of another name, of another user or of a process that still runs is touched.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = [
    "is_running",
    "is_vacant",
    "leftovers",
    "process_mark",
    "remove_own",
    "scratch_beside",
    "scratch_folder",
    "sweep",
]

_NAME = re.compile(r"\.?lusdata-(?P<place>[0-9a-f]{8})-(?P<pid>\d+)-(?P<began>\d+)-[0-9a-f]{8}(\.part)?")
_LONGEST_S = 24 * 3600.0
"""Age from which a name of another machine, or of this one before it was started anew, is taken for dead."""

_own: set[Path] = set()
_swept: set[Path] = set()
if hasattr(os, "register_at_fork"):
    # A fork is another process: the folders of its parent are not its own, and it has swept none.
    os.register_at_fork(after_in_child=_own.clear)
    os.register_at_fork(after_in_child=_swept.clear)


def scratch_beside(path: Path) -> Path:
    """Return a free name in the folder of a file, for what becomes that file; nothing is made.

    What dead runs left in the folder is removed on the way, once a process.
    """
    folder = path.parent
    if folder not in _swept:
        _swept.add(folder)
        sweep(folder)
    return folder / f".{_new_name()}.part"


def _temporary() -> Path:
    """Return the system's folder for temporary files.

    `tempfile` looks for it by writing a file under a name of no meaning, which stays there if the run is killed
    meanwhile; a folder that may be written to needs no such try.
    """
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    places = [place for place in (*named, "/tmp") if place and os.access(place, os.W_OK | os.X_OK)]
    if tempfile.tempdir is None and places and os.name == "posix":
        tempfile.tempdir = str(Path(places[0]).absolute())
    return Path(tempfile.gettempdir())


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder that is gone after the block.

    Parameters
    ----------
    parent : Path, optional
        Where to make it; by default the system's folder for temporary files. Nobody else can look into it.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    folder = _temporary() / _new_name() if parent is None else scratch_beside(parent / "scratch")
    folder.mkdir(mode=0o700)
    _own.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _own.discard(folder)


def remove_own() -> None:
    """Remove the scratch folders of this process, which is about to end without leaving its blocks."""
    for folder in tuple(_own):
        shutil.rmtree(folder, ignore_errors=True)


def leftovers(folder: Path | None = None) -> list[Path]:
    """Return what dead runs of this user left in a folder, by default in the one for temporary files; sorted."""
    place = _temporary() if folder is None else folder
    try:
        with os.scandir(place) as entries:
            named = [entry.path for entry in entries if "lusdata-" in entry.name]
    except OSError:
        return []
    return sorted(path for path in map(Path, named) if _is_dead(path))


def sweep(folder: Path | None = None) -> list[Path]:
    """Remove what dead runs of this user left in a folder; return what is gone.

    Parameters
    ----------
    folder : Path, optional
        By default the one for temporary files. A folder that is missing or cannot be read has nothing to remove.
    """
    gone = []
    for path in leftovers(folder):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            try:
                path.unlink(missing_ok=True)
            except OSError:
                continue
        if not path.exists():
            gone.append(path)
    return gone


def is_vacant(folder: Path) -> bool:
    """Tell whether a folder is missing or empty; what dead runs of this user left in it is removed first."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    sweep(folder)
    return not any(folder.iterdir())


def _new_name() -> str:
    return f"lusdata-{process_mark()}-{secrets.token_hex(4)}"


def process_mark() -> str:
    """Return what tells this process from every other, also from one that gets its number later or elsewhere."""
    return f"{_place()}-{os.getpid()}-{_began(os.getpid())}"


def is_running(mark: str) -> bool:
    """Tell whether the process of a mark still runs here; what is no mark, or one of another machine, does not."""
    named = re.fullmatch(r"(?P<place>[0-9a-f]{8})-(?P<pid>\d+)-(?P<began>\d+)", mark)
    return named is not None and named["place"] == _place() and _runs(int(named["pid"]), int(named["began"]))


def _is_dead(path: Path) -> bool:
    named = _NAME.fullmatch(path.name)
    if named is None:
        return False
    try:
        found = path.lstat()
    except OSError:
        return False
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        return False
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        return False
    if named["place"] == _place() and sys.platform != "win32":
        return not _runs(int(named["pid"]), int(named["began"]))
    return time.time() - found.st_mtime > _LONGEST_S


@functools.cache
def _place() -> str:
    """Return what tells this machine, since it was started, from all others whose processes have the same numbers."""
    facts = [platform.node()]
    # Linux alone has them; elsewhere a machine that was started anew keeps its name.
    with suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        facts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(facts).encode("utf-8")).hexdigest()[:8]


def _began(pid: int) -> int:
    """Return when a process began, in ticks since the start of the machine; 0 where nobody tells, -1 if it is gone."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return -1 if Path("/proc/self/stat").exists() else 0
    except OSError:
        return 0
    # The name of the program stands in brackets and may hold anything, brackets too.
    fields = content[content.rindex(")") + 2 :].split()
    return -1 if fields[0] in "ZX" else int(fields[19])


def _runs(pid: int, began: int) -> bool:
    found = _began(pid)
    if found == 0:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    return found == began
