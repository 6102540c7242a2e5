"""Write docs/collections.md from the files beside this one: `python docs/collections`, or `make collections`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lusdata.atomic import write_text
from lusdata.catalog.documents import read_document

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "collections.md"
_ACCESS = {
    "open": "Open to anybody",
    "gated": "After a login, a request or a contract",
    "private": "Not given out, as far as known",
    "gone": "Gone",
}
_BASIS = {"seen": "seen", "seen-in-part": "seen in part", "described": "only described"}
_HEAD = """# Collections of lung ultrasound

Every collection that we know of: what it holds, what is said of its recordings, under which licence, and how to get it.
*Seen* means that its files or tables were opened; *only described*, that a page or a paper says so and nobody checked.
A licence stands here as its owner states it; what it allows for one recording, the recording's own manifest says.

This page is made by `make collections` from the small files in `docs/collections/`, one a collection
(`schemas/listing/1.0.0.json` explains each field). To add or correct one, change its file, run that, and open a pull
request.
"""


def page(listings: Iterable[Mapping[str, Any]]) -> str:
    """Return the page; the same for the same listings in any order."""
    ordered = sorted(listings, key=lambda listing: ("here" not in listing, str(listing["name"]).casefold()))
    parts = [_HEAD]
    for access, title in _ACCESS.items():
        rows = [_row(listing) for listing in ordered if listing["access"] == access]
        if rows:
            head = "| collection | holds | labels | licence | how to get it | known from |\n|---|---|---|---|---|---|"
            parts.append("\n".join([f"## {title}", "", head, *rows]) + "\n")
    return "\n".join(parts)


def _row(listing: Mapping[str, Any]) -> str:
    name = f"**{_cell(listing['name'])}**"
    if "here" in listing:
        name += f" (`{listing['here']}`)"
    links = ", ".join(f"<{link}>" for link in listing["links"])
    get = (
        _cell(listing["get"])
        + (f": {links}" if links else "")
        + (f". {_cell(listing['note'])}" if "note" in listing else "")
    )
    cells = [name, *(_cell(listing[key]) for key in ("holds", "labels", "licence")), get, _BASIS[listing["basis"]]]
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def main() -> int:
    """Write the page, if it is another than the one that is there."""
    text = page(read_document(path, kind="listing") for path in sorted(HERE.glob("*.json")))
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        write_text(PAGE, text)
        sys.stdout.write(f"written: {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
