"""What a repository of git remembers of a folder: its manifests as they were, and which of its files changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import parse_data
from lusdata.errors import DataError, OutsideError, UsageError

__all__ = ["altered_since", "has_revision", "manifests_at"]

_MOST_BYTES = 1_000_000
_PATIENCE_S = 120
# A name may hold signs that git would read as a pattern; settings of a stranger's repository can run programs.
_SETTINGS = ("--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "diff.external=")


def has_revision(folder: Path, revision: str) -> bool:
    """Tell whether a folder lies in a repository that knows a revision; False where git is not installed."""
    try:
        return _commit(folder, revision) is not None
    except OutsideError:
        return False


def altered_since(folder: Path, revision: str) -> tuple[tuple[str, Path], ...]:
    """List the files of a revision that are other or gone today, committed or not.

    Parameters
    ----------
    folder : Path
        An existing folder in a repository; only what lies, or lay, below it counts.
    revision : str
        What to compare with, such as ``HEAD`` or ``origin/main``.

    Returns
    -------
    tuple of (str, Path)
        ``changed`` or ``gone``, and the file; sorted by file.

    Raises
    ------
    UsageError
        If there is no such revision.
    OutsideError
        If git fails, or is not installed.
    """
    commit = _known(folder, revision)
    told = _git(folder, "diff", "--name-status", "--no-renames", "--relative", "-z", commit, "--", ".").split(b"\0")
    words = {"D": "gone", "M": "changed", "T": "changed"}
    found = []
    for letter, name in zip(told[::2], told[1::2], strict=False):
        word = words.get(letter.decode("ascii")[:1])
        if word is not None:
            found.append((word, folder / name.decode("utf-8", errors="replace")))
    return tuple(sorted(found, key=lambda entry: entry[1]))


def manifests_at(repository: Path, revision: str, path: str) -> tuple[Manifest, ...]:
    """Read the manifests that a folder held at a revision.

    Parameters
    ----------
    repository : Path
        Any folder in the repository.
    revision : str
        Such as ``HEAD~1`` or a tag.
    path : str
        The folder of manifests, as seen from the root of the repository.

    Returns
    -------
    tuple of Manifest
        Sorted by id, each brought to the newest schema version.

    Raises
    ------
    UsageError
        If there is no such revision, or it holds no manifest there.
    DataError
        If a manifest of that time cannot be read.
    OutsideError
        If git fails, or is not installed.
    """
    commit = _known(repository, revision)
    place = path.strip("/") or "."
    listed = _git(repository, "ls-tree", "--full-tree", "-z", commit, "--", f"{place}/").split(b"\0")
    blobs: dict[str, str] = {}
    for entry in filter(None, listed):
        facts, _, name = entry.partition(b"\t")
        mode, kind, blob = facts.decode("ascii").split()
        # A link is a file to git, whose content is the place that it leads to.
        if kind == "blob" and mode != "120000" and name.endswith(b".json"):
            blobs[name.decode("utf-8", errors="replace")] = blob
    if not blobs:
        raise UsageError("no manifest was there", where=f"{revision}:{path}", expected="a folder of manifests")
    names = sorted(blobs)
    contents = _contents(repository, [blobs[name] for name in names])
    manifests = [_manifest(content, f"{revision}:{name}") for name, content in zip(names, contents, strict=True)]
    return tuple(sorted(manifests, key=lambda manifest: manifest.id))


def _manifest(content: bytes, where: str) -> Manifest:
    if len(content) > _MOST_BYTES:
        raise DataError("too large for a manifest", where=where, found=f"{len(content):,} bytes")
    try:
        return Manifest(migrate_data(parse_data(content, where))[1])
    except DataError as error:
        error.where = error.where or where
        raise


def _contents(folder: Path, blobs: Sequence[str]) -> list[bytes]:
    """Read objects of the repository, in the given order."""
    told = _git(folder, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs).encode("ascii"))
    contents, start = [], 0
    for _ in blobs:
        end = told.index(b"\n", start)
        size_bytes = int(told[start:end].split()[2])
        contents.append(told[end + 1 : end + 1 + size_bytes])
        start = end + 1 + size_bytes + 1
    return contents


def _known(folder: Path, revision: str) -> str:
    commit = _commit(folder, revision)
    if commit is None:
        raise UsageError("no such revision", where=str(folder), expected="one of its repository", found=repr(revision))
    return commit


def _commit(folder: Path, revision: str) -> str | None:
    try:
        named = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except _RefusedError:
        return None
    return named.decode("ascii").strip()


class _RefusedError(OutsideError):
    """Git was run and said no."""


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    command = ["git", *_SETTINGS, "-C", str(folder), *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        run = subprocess.run(
            command, input=given, env=environment, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except OSError as error:
        raise OutsideError("git cannot be run", found=error.strerror, hint="install git") from error
    except subprocess.TimeoutExpired as error:
        raise OutsideError("git did not answer", where=arguments[0], expected=f"within {_PATIENCE_S} s") from error
    if run.returncode:
        lines = run.stderr.decode("utf-8", errors="replace").strip().splitlines()
        raise _RefusedError("git failed", where=arguments[0], found=lines[-1] if lines else None)
    return run.stdout
