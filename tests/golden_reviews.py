"""Golden cases of ``lusdata check``: folders under ``tests/data/reviews`` that hold a change and what is told about it.

``base/`` is the state before, the same for every case. ``<case>/change/`` is laid over it, the paths in
``<case>/removed.txt`` are taken away, and ``<case>/summary.txt`` is the Markdown that this gives. After a wanted change
of the answers run ``python -m tests.golden_reviews`` in the root of the repository, and read the difference before
committing it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

if __package__ == "tests":
    # Run as a module from the root; under pytest the folder is on the path already.
    sys.path.insert(0, str(Path(__file__).parent))

from repositories import commit_all, git

from lusdata.publish.review.markdown import render
from lusdata.publish.review.places import ReviewScope
from lusdata.publish.review.repository import open_repository
from lusdata.publish.review.review import Review, make_review

FOLDER = Path(__file__).parent / "data" / "reviews"
CASES = sorted(path for path in FOLDER.iterdir() if path.name != "base") if FOLDER.is_dir() else []
RENEW = "python -m tests.golden_reviews"


def review_of(case: Path, root: Path) -> Review:
    """Make the repository of a case in a folder that does not exist yet, and review it."""
    shutil.copytree(FOLDER / "base", root)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "core.autocrlf", "false")
    commit_all(root, "Begin")
    shutil.copytree(case / "change", root, dirs_exist_ok=True)
    removed = case / "removed.txt"
    for name in removed.read_text(encoding="utf-8").split() if removed.exists() else ():
        (root / name).unlink()
    repository = open_repository(root)
    return make_review(repository, repository.base(), ReviewScope())


def summary(case: Path) -> str:
    """Return what is told about a case."""
    with tempfile.TemporaryDirectory() as scratch:
        return render(review_of(case, Path(scratch) / "repository"))


if __name__ == "__main__":
    for one in CASES:
        (one / "summary.txt").write_text(summary(one), encoding="utf-8")
