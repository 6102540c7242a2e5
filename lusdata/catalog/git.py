"""Asking git: with fixed arguments, never by a shell, and without changing anything in a repository."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from lusdata.errors import OutsideError, UsageError

__all__ = ["GitSaysNoError", "ask", "commit_of", "contents", "names"]

_PATIENCE_S = 120
# Settings of the repository or the user that would run other programs, or change what is printed.
_SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "diff.external=", "-c", "color.ui=false")
# A name may hold signs that git would read as a pattern.
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_LONGEST_REVISION = 200
# What no name of a revision holds, and `..`, which names two of them.
_ODD = re.compile(r"[\x00-\x20\x7f:?*\[\\]|\.\.")
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class GitSaysNoError(OutsideError):
    """Git was run and ended with an error (exit code 3)."""


def ask(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Run git in a folder and return what it prints.

    Parameters
    ----------
    folder : Path
        An existing folder.
    arguments : str
        The command and its arguments; a stranger's name comes after ``--``.
    given : bytes
        Standard input.

    Raises
    ------
    GitSaysNoError
        If git ends with an error.
    OutsideError
        If git is not installed, or does not answer.
    """
    try:
        done = subprocess.run(
            ["git", *_SETTINGS, *arguments],
            cwd=folder,
            env={**os.environ, **_ENVIRONMENT},
            input=given,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except FileNotFoundError as error:
        hint = "install git; lusdata validate checks manifests without it"
        raise OutsideError("git is not installed, or not on the PATH", hint=hint) from error
    except OSError as error:
        raise OutsideError("git cannot be run", where=str(folder), found=error.strerror) from error
    except subprocess.TimeoutExpired as error:
        raise OutsideError("git did not answer", where=f"git {arguments[0]}", expected=f"{_PATIENCE_S} s") from error
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise GitSaysNoError("git failed", where=f"git {arguments[0]}", found=told[0].removeprefix("fatal: "))
    return done.stdout


def names(listing: bytes) -> list[str]:
    r"""Return the entries of a list that git ended with zeros.

    Examples
    --------
    >>> names(b"a.json\0b c.json\0")
    ['a.json', 'b c.json']
    """
    return [os.fsdecode(name) for name in listing.split(b"\0") if name]


def commit_of(folder: Path, revision: str) -> str:
    """Return the id of the commit that a branch, tag or commit names.

    Raises
    ------
    UsageError
        If that is no name of a revision, or the repository has no such revision.
    OutsideError
        If git cannot be asked.
    """
    if not revision or revision.startswith("-") or len(revision) > _LONGEST_REVISION or _ODD.search(revision):
        raise UsageError(
            "not the name of a revision",
            expected="a branch, tag or commit, such as origin/main",
            found=repr(revision[:_LONGEST_REVISION]),
        )
    try:
        found = ask(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except GitSaysNoError as error:
        hint = "git fetch brings branches of a remote; a shallow clone may need git fetch --unshallow"
        raise UsageError("git knows no such revision", found=revision, hint=hint) from error
    return found.decode("ascii").strip()


def contents(folder: Path, blobs: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of blobs by their ids, with one call of git.

    Parameters
    ----------
    folder : Path
        A folder in the repository.
    blobs : iterable of str
        Ids; what is no id is passed over.

    Raises
    ------
    OutsideError
        If the repository lacks one, as a shallow clone may.
    """
    wanted = sorted({blob for blob in blobs if _ID.fullmatch(blob)})
    if not wanted:
        return {}
    stream = ask(folder, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode("ascii"))
    found: dict[str, bytes] = {}
    at = 0
    for blob in wanted:
        end = stream.index(b"\n", at)
        head = stream[at:end].split()
        if len(head) != 3:
            raise OutsideError("git lacks a part of the history", where=blob, hint="git fetch --unshallow")
        size_bytes = int(head[2])
        found[blob] = stream[end + 1 : end + 1 + size_bytes]
        at = end + size_bytes + 2
    return found
