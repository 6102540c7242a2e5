"""What a gallery's list is narrowed by: a chip for each class, and a choice for each other fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lusdata.catalog.schema import enumeration
from lusdata.publish.gallery.data import FACETS
from lusdata.wording import escaped_html as escape

__all__ = ["class_chips", "facet_selects"]


def class_chips(records: Sequence[Mapping[str, Any]]) -> str:
    """Return a button for each class that recordings have, with their number."""
    counts = _counts(records, "class")
    shown = [name for name in enumeration("class") if name in counts]
    return "".join(
        f'<button type="button" class="chip class" data-class="{name}" aria-pressed="false">{name} '
        f"<small>{counts[name]:,}</small></button>"
        for name in shown
    )


def facet_selects(records: Sequence[Mapping[str, Any]]) -> str:
    """Return a list of values to choose from for each other fact, with the number of recordings of each."""
    parts = []
    for key, label in FACETS.items():
        counts = _counts(records, key)
        if key == "class" or not counts:
            continue
        options = "".join(
            f'<option value="{escape(word, quote=True)}">{escape(word)} ({counts[word]:,})</option>'
            for word in _in_order(counts)
        )
        parts.append(
            f'<label>{label}<select data-facet="{key}"><option value="">any</option>{options}</select></label>'
        )
    return "".join(parts)


def _counts(records: Iterable[Mapping[str, Any]], key: str) -> Counter[str]:
    return Counter(word for record in records for word in record["f"][key])


def _in_order(words: Iterable[str]) -> list[str]:
    """Sort words, numbers by their value."""
    return sorted(words, key=lambda word: (not word.isdecimal(), int(word) if word.isdecimal() else 0, word))
