"""Write the pages of the site into build/docs, ready for the builder: `python -m docs.site`; `make docs` does both.

Pages are copied from docs/; the guides at the top of the repository join them. A line `<!-- made: NAME -->` in a page
of docs/reference is filled from the code, so that no list is kept by hand. Links out of docs/ lead to the repository.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from docs.site.api import api_page
from docs.site.commands import commands_page
from docs.site.links import links_from
from docs.site.rules import rules_page
from docs.site.schemas import columns_page, schema_page

DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent
TARGET = ROOT / "build" / "docs"
MADE = {
    "api": api_page,
    "commands": commands_page,
    "rules": rules_page,
    "columns": columns_page,
    "manifest": lambda: schema_page("manifest"),
    "dataset": lambda: schema_page("dataset"),
    "folds": lambda: schema_page("folds"),
    "release": lambda: schema_page("release"),
    "collection": lambda: schema_page("collection"),
}
"""What a line `<!-- made: NAME -->` stands for."""

GUIDES = {
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "manifests/README.md": "manifests.md",
    "schemas/README.md": "schemas.md",
    "train/results/README.md": "results.md",
}
"""Pages elsewhere in the repository that are part of the site, and their addresses in it."""

_MARK = re.compile(r"^<!-- made: (\w+) -->$", re.MULTILINE)
_COPIED = {".png", ".svg", ".css"}


def filled(text: str) -> str:
    """Return a page with what its marks stand for."""
    return _MARK.sub(lambda mark: MADE[mark[1]](), text)


def stage(target: Path) -> list[Path]:
    """Write every page of the site below a folder, and return them."""
    if target.is_dir():
        shutil.rmtree(target)
    sources = {path: path.relative_to(DOCS) for path in sorted(DOCS.rglob("*.md"))}
    sources |= {ROOT / source: Path(place) for source, place in GUIDES.items()}
    pages = []
    for source, place in sources.items():
        page = target / place
        page.parent.mkdir(parents=True, exist_ok=True)
        text = links_from(filled(source.read_text(encoding="utf-8")), source, place, sources, ROOT)
        page.write_text(text, encoding="utf-8")
        pages.append(page)
    for source in sorted(path for path in DOCS.rglob("*") if path.suffix in _COPIED):
        copy = target / source.relative_to(DOCS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    return pages


if __name__ == "__main__":
    sys.stdout.write(f"{len(stage(TARGET))} pages in {TARGET.relative_to(ROOT).as_posix()}\n")
