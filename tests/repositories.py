"""Small git repositories for tests of what is told about a change; nothing of the user's own git takes part."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

__all__ = ["ENVIRONMENT", "NEEDS_GIT", "commit_all", "git", "make_repository"]

NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A Contributor",
    "GIT_AUTHOR_EMAIL": "contributor@example.org",
    "GIT_AUTHOR_DATE": "2026-01-31T12:00:00+00:00",
    "GIT_COMMITTER_NAME": "A Contributor",
    "GIT_COMMITTER_EMAIL": "contributor@example.org",
    "GIT_COMMITTER_DATE": "2026-01-31T12:00:00+00:00",
}
"""Names and dates are fixed, so that commits have the same ids everywhere."""


def git(folder: Path, *arguments: str) -> str:
    """Run git, and return what it printed."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**inherited, **ENVIRONMENT},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def commit_all(folder: Path, message: str = "A change") -> str:
    """Commit everything; return the commit's id."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-gpg-sign", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD").strip()


def make_repository(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """Make a repository on the branch main with one commit of some files."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "core.autocrlf", "false")
    for name, content in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    commit_all(folder, "Begin")
    return folder
