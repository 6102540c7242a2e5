"""What git knows about a change. Git is run with fixed arguments, never by a shell, and nothing in it is changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lusdata.catalog import git
from lusdata.errors import UsageError

__all__ = ["Base", "FileChange", "Repository", "open_repository"]

_MAIN_BRANCHES = ("upstream/main", "origin/main", "origin/HEAD", "main", "origin/master", "master")
"""Where the main branch may be, the first that exists counts: who works on a fork calls the original upstream."""


@dataclass(frozen=True)
class Base:
    """The state that a change is held against.

    Attributes
    ----------
    name : str
        How a person calls it, such as ``origin/main``.
    tree : str
        Id of the commit, or of the empty tree where there is no commit yet.
    note : str
        What a person should know about the choice; empty if nothing.
    """

    name: str
    tree: str
    note: str = ""


@dataclass(frozen=True, order=True)
class FileChange:
    """One file that differs from the base.

    Attributes
    ----------
    path : str
        Relative to the repository's root, with forward slashes.
    kind : {"added", "changed", "removed"}
        What happened to it; a renamed file is one that was removed and one that was added.
    is_link : bool
        Whether it is a symbolic link, or another thing that is no file.
    blob : str
        Id of its content in the base; empty if it was not there.
    is_untracked : bool
        Whether git does not track it yet.
    """

    path: str
    kind: str
    is_link: bool = field(default=False, compare=False)
    blob: str = field(default="", compare=False)
    is_untracked: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Repository:
    """A working tree under git.

    Attributes
    ----------
    root : Path
        Its top folder.
    sees_untracked : bool
        Whether new files count that git does not track yet.
    """

    root: Path
    sees_untracked: bool = True

    def base(self, revision: str | None = None) -> Base:
        """Find the state to compare with.

        Parameters
        ----------
        revision : str, optional
            A branch, tag or commit; the main branch by default. What counts is the commit at which the work in the
            working tree left it, so that what others have done there since is no part of the change.

        Raises
        ------
        UsageError
            If there is no such revision.
        """
        if revision is not None:
            return self._fork_point(revision, self._commit_of(revision))
        if self._maybe("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
            tree = self._run("hash-object", "-t", "tree", "--stdin").decode().strip()
            return Base("nothing", tree, "there is no commit yet, so everything is new")
        for name in _MAIN_BRANCHES:
            commit = self._maybe("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            if commit is not None:
                return self._fork_point(name, commit)
        note = "no main branch is known here, so only what is not committed yet is looked at; --against names another"
        return Base("HEAD", self._commit_of("HEAD"), note)

    def _fork_point(self, name: str, commit: str) -> Base:
        shared = self._maybe("merge-base", commit, "HEAD")
        if shared:
            return Base(name, shared.splitlines()[0])
        shallow = self._run("rev-parse", "--is-shallow-repository").decode().strip() == "true"
        why = "this clone holds only a part of the history" if shallow else "the two share no history"
        note = f"{why}, so the change is held against {name} as it is now; what was added there since looks removed"
        return Base(name, commit, note)

    def _commit_of(self, revision: str) -> str:
        try:
            return git.commit_of(self.root, revision)
        except UsageError as error:
            error.where = "--against"
            raise

    def changes(self, base: Base) -> tuple[FileChange, ...]:
        """Return every file of the working tree that differs from a base, sorted by path.

        Ignored files are passed over; so are submodules.
        """
        listing = self._run(
            "diff",
            "--raw",
            "-z",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=all",
            base.tree,
            "--",
        )
        found = [_parsed(head, name) for head, name in _pairs(git.names(listing))]
        by_path = {change.path: change for change in found}
        for name in self._untracked():
            # A file that was removed from the index alone is in both lists; it is there.
            kind, blob = ("changed", by_path[name].blob) if name in by_path else ("added", "")
            by_path[name] = FileChange(name, kind, _is_no_file(self.root / name), blob, is_untracked=True)
        return tuple(sorted(by_path.values()))

    def files(self) -> frozenset[str]:
        """Return the paths of all files that count and are there."""
        tracked = git.names(self._run("ls-files", "--cached", "-z", "--"))
        return frozenset(name for name in (*tracked, *self._untracked()) if os.path.lexists(self.root / name))

    def _untracked(self) -> list[str]:
        if not self.sees_untracked:
            return []
        return git.names(self._run("ls-files", "--others", "--exclude-standard", "-z", "--"))

    def base_files(self, base: Base) -> frozenset[str]:
        """Return the paths of all files of a base."""
        return frozenset(git.names(self._run("ls-tree", "-r", "-z", "--name-only", "--full-tree", base.tree)))

    def contents(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of blobs by their ids."""
        return git.contents(self.root, blobs)

    def removed_before(self, base: Base) -> frozenset[str]:
        """Return the paths that were removed at some time in the history of a base, as far as it is here."""
        listed = ("log", "--diff-filter=D", "--no-renames", "--name-only", "-z", "--format=", base.tree, "--")
        try:
            return frozenset(git.names(self._run(*listed)))
        except git.GitSaysNoError:
            # Where nothing was ever committed, the base is no commit and has no history.
            return frozenset()

    def _run(self, *arguments: str, given: bytes = b"") -> bytes:
        return git.ask(self.root, *arguments, given=given)

    def _maybe(self, *arguments: str) -> str | None:
        """Return what git prints, or None if it says no."""
        try:
            return self._run(*arguments).decode("utf-8", "replace").strip()
        except git.GitSaysNoError:
            return None


def open_repository(start: Path, *, sees_untracked: bool = True) -> Repository:
    """Find the repository that a folder lies in.

    Parameters
    ----------
    start : Path
        The folder.
    sees_untracked : bool
        See `Repository`.

    Raises
    ------
    UsageError
        If it lies in none.
    OutsideError
        If git is not installed, or refuses to work there.
    """
    try:
        top = git.ask(start, "rev-parse", "--show-toplevel")
    except git.GitSaysNoError as error:
        if "not a git repository" not in (error.found or ""):
            raise
        hint = "lusdata validate checks manifests without git; git clone brings the repository"
        raise UsageError("not in a git repository", where=str(start), hint=hint) from error
    return Repository(Path(os.fsdecode(top.rstrip(b"\r\n"))), sees_untracked)


def _pairs(fields: Sequence[str]) -> Iterable[tuple[str, str]]:
    return zip(fields[::2], fields[1::2], strict=True)


def _parsed(head: str, path: str) -> FileChange:
    """Read one record of ``git diff --raw``: modes, ids and a letter."""
    _, mode, blob, _, letter = head.removeprefix(":").split()
    kind = {"A": "added", "D": "removed"}.get(letter[0], "changed")
    is_link = kind != "removed" and mode not in ("100644", "100755")
    return FileChange(path, kind, is_link, "" if kind == "added" else blob)


def _is_no_file(path: Path) -> bool:
    return not stat.S_ISREG(path.lstat().st_mode)
