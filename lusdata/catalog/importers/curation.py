"""The curation log: what became of every upstream row, and why, for people to read."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lusdata.catalog.importers.common import Decision, Imported
from lusdata.catalog.importers.other_collections import Known
from lusdata.catalog.importers.pixels import SHOWN_FROM, alike_pairs
from lusdata.catalog.terms import known_terms

__all__ = ["curation_log", "row_ranges"]

_Data = Mapping[str, Any]
_SHORT_LIST = 4


def row_ranges(rows: Iterable[int]) -> str:
    """Return row numbers as ranges.

    Examples
    --------
    >>> row_ranges([7, 3, 4, 5]), row_ranges([2])
    ('rows 3-5, 7', 'row 2')
    """
    numbers = sorted(set(rows))
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in spans]
    return ("row " if len(numbers) == 1 else "rows ") + ", ".join(texts)


def curation_log(
    imported: Imported, manifests: Sequence[_Data], faults: Mapping[str, str], known: Sequence[Known] = ()
) -> str:
    """Return the log of an import as Markdown.

    Parameters
    ----------
    imported : Imported
        What was decided.
    manifests : sequence of Mapping
        The manifests as they are written, with digests where the file was there.
    faults : Mapping of str to str
        For each recording whose file is there and could not be pinned, why.
    known : sequence of Known
        What other collections have already.

    Returns
    -------
    str
        The same for the same arguments.
    """
    parts = [
        _head(imported),
        _counts(imported, manifests),
        _decisions(imported),
        _terms(manifests),
        _alike(imported, manifests),
        _known(known),
        _faults(faults),
        _excluded(imported, manifests),
        _joined_later(imported, manifests),
        _unpinned(imported, manifests),
        _unmade(imported),
        _left_behind(imported),
    ]
    return "\n".join(part for part in parts if part)


def _head(imported: Imported) -> str:
    paragraphs = (
        f"# Curation log of `{imported.collection}`",
        f"Every decision behind the manifests of this folder, from {imported.title}. Rows are counted as a spreadsheet "
        "does: the header is row 1.",
        f"This page is written by `{imported.renewal}`, together with the manifests; neither is edited by hand. To "
        "change a decision, change the importer (`lusdata/catalog/importers/`), run that command again and review the "
        "difference. The same inputs give the same bytes. Manifests of an earlier import that this one no longer makes "
        "are reported and left for a person to delete or to withdraw.",
    )
    return "\n\n".join(map(_wrapped, paragraphs)) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, width=120, break_long_words=False, break_on_hyphens=False)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(" --- " for _ in head) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _counts(imported: Imported, manifests: Sequence[_Data]) -> str:
    included = [data for data in manifests if data["status"]["state"] == "included"]
    excluded = len(manifests) - len(included)
    pinned = [data for data in included if _is_pinned(data)]
    ledger = _table(
        ("what", "count"),
        [
            ("rows upstream", imported.rows),
            ("manifests", len(manifests)),
            ("rows without a manifest", len(imported.unmade)),
            ("included", len(included)),
            ("included, file seen", len(pinned)),
            ("included, file not seen", len(included) - len(pinned)),
            ("excluded", excluded),
            ("excluded, file seen", sum(map(_is_pinned, manifests)) - len(pinned)),
        ],
    )
    kinds = _tally(included, lambda data: (data["class"], data["probe"], data["kind"]))
    seen = Counter((data["class"], data["probe"], data["kind"]) for data in pinned)
    classes = _table(
        ("class", "probe", "kind", "included", "file seen"),
        [(*key, count, seen[key]) for key, count in kinds],
    )
    licences = _table(
        ("licence", "included", "frames may be published"),
        [
            (name, count, "yes" if publish else "no")
            for (name, publish), count in _tally(
                included,
                lambda data: (
                    data["source"]["licence"]["id"],
                    data["source"]["licence"]["redistribute"] and data["source"]["licence"]["derive"],
                ),
            )
        ],
    )
    bases = _table(("group rests on", "included"), _tally(included, lambda data: data["group"]["basis"]))
    return f"## Counts\n\n{ledger}\n{classes}\n{licences}\n{bases}"


def _tally(manifests: Iterable[_Data], key: Any) -> list[tuple[Any, int]]:
    return sorted(Counter(key(data) for data in manifests).items())


def _is_pinned(data: _Data) -> bool:
    return "sha256" in data["source"]


def _decisions(imported: Imported) -> str:
    by_rule: dict[str, list[Decision]] = defaultdict(list)
    for decision in imported.decisions:
        by_rule[decision.rule].append(decision)
    parts = ["## Decisions\n"]
    for name, rule in imported.rules.items():
        if by_rule[name]:
            parts.append(f"### {rule.title}\n\n{_wrapped(rule.text)}\n\n{_lines(by_rule[name])}")
    return "\n".join(parts)


def _lines(decisions: Sequence[Decision]) -> str:
    """Return one line a detail, with all its rows; the order is that of the rows."""
    rows: dict[str, list[int]] = defaultdict(list)
    for decision in decisions:
        rows[decision.detail].append(decision.row)
    lines = []
    for detail, numbers in rows.items():
        placed = [number for number in numbers if number]
        where = row_ranges(placed) if placed else ""
        many = f" ({len(placed)} rows)" if len(placed) > _SHORT_LIST else ""
        lines.append("- " + ": ".join(text for text in (where + many, detail) if text))
    return "\n".join(lines) + "\n"


def _alike(imported: Imported, manifests: Sequence[_Data]) -> str:
    rows = alike_pairs(manifests, imported.looked_at)
    if not rows:
        return ""
    text = (
        f"Pairs under different ids upstream whose fingerprints are at least {SHOWN_FROM:.0%} alike. The percentage is "
        "the confidence that both files show one recording, and is calibrated on altered copies and on different "
        "patients. Two views of one chest are no copies, so that pairs of one examination may stand low: below 50 % an "
        "eye decides."
    )
    cells = [(f"`{first}`", f"`{second}`", percent, verdict) for first, second, percent, verdict in rows]
    table = _table(("recording", "looks like", "similarity", "decided"), cells)
    return f"## Found by pixels\n\n{_wrapped(text)}\n\n{table}"


def _known(known: Sequence[Known]) -> str:
    if not known:
        return ""
    text = (
        "The same recordings, or recordings of the same publication, in collections that come with lusdata. Their "
        "groups are joined, so that nobody becomes a second patient. A digest, an address, and a name at one provider "
        "are of the very file; pictures agree as by `lusdata check`."
    )
    rows = [(f"`{one.recording}`", f"`{one.other.id}`", one.agrees) for one in known]
    return f"## In other collections already\n\n{_wrapped(text)}\n\n{_table(('recording', 'there', 'agrees'), rows)}"


def _terms(manifests: Sequence[_Data]) -> str:
    """Return what the registry knows of the terms of the providers."""
    known = known_terms()
    providers = sorted({data["source"]["provider"] for data in manifests} & set(known))
    if not providers:
        return ""
    text = (
        "From `manifests/provider-terms.json`, where anybody who looked again corrects them. Seen: 'page' is the page "
        "itself, 'stored-copy' a copy of it that may be older, 'second-hand' what others say of it, 'not-reached' "
        "nothing: the terms are then as recorded before, by whom the last column says."
    )
    rows = [
        (f"[{one['name']}]({one['address']})", one["says"], one["looked_at"], one["seen"], one.get("recorded_by", ""))
        for one in (known[provider].data for provider in providers)
    ]
    head = ("provider", "terms", "looked at", "seen", "recorded by")
    return f"## Terms of the providers\n\n{_wrapped(text)}\n\n{_table(head, rows)}"


def _faults(faults: Mapping[str, str]) -> str:
    if not faults:
        return ""
    lines = [f"- `{identifier}`: {fault}" for identifier, fault in sorted(faults.items())]
    return "## Files that are there and could not be pinned\n\n" + "\n".join(lines) + "\n"


def _excluded(imported: Imported, manifests: Sequence[_Data]) -> str:
    rows = [
        (imported.row_of[data["id"]], f"`{data['id']}`", data["status"]["reason"], "yes" if _is_pinned(data) else "no")
        for data in manifests
        if data["status"]["state"] == "excluded"
    ]
    return "## Excluded\n\n" + _table(("row", "recording", "reason", "file seen"), sorted(rows)) if rows else ""


def _joined_later(imported: Imported, manifests: Sequence[_Data]) -> str:
    """Return the recordings whose file was seen only after the collection began."""
    first = {draft["id"]: draft["status"]["since"] for draft in imported.drafts}
    rows: dict[str, list[int]] = defaultdict(list)
    for data in manifests:
        since = data["status"]["since"]
        if since != first[data["id"]]:
            rows[since].append(imported.row_of[data["id"]])
    if not rows:
        return ""
    text = (
        "Their files were seen, and their digests taken in, after the others'. They take part from that day on: folds "
        "are dealt in the order of days, so that nobody who was dealt before changes the fold."
    )
    lines = [f"- {since}: {row_ranges(numbers)} ({len(numbers)} recordings)" for since, numbers in sorted(rows.items())]
    return f"## Taking part since a later day\n\n{_wrapped(text)}\n\n" + "\n".join(lines) + "\n"


def _unpinned(imported: Imported, manifests: Sequence[_Data]) -> str:
    rows = [
        (imported.row_of[data["id"]], f"`{data['id']}`", data["source"]["access"], len(data["source"]["locations"]))
        for data in manifests
        if data["status"]["state"] == "included" and not _is_pinned(data)
    ]
    if not rows:
        return ""
    text = (
        "Included, and without digest and decoded facts, since the file was not there. `lusdata fetch --pin` pins what "
        "can still be had. 'manual' means that a person gets the file from its page."
    )
    head = ("row", "recording", "access", "locations")
    return f"## Files not seen\n\n{_wrapped(text)}\n\n{_table(head, sorted(rows))}"


def _unmade(imported: Imported) -> str:
    if not imported.unmade:
        return ""
    rows = [(unmade.row, unmade.name, unmade.reason) for unmade in imported.unmade]
    return "## Rows without a manifest\n\n" + _table(("row", "name", "why"), sorted(rows))


def _left_behind(imported: Imported) -> str:
    lines = [f"- {text}" for text in imported.left_behind]
    return "## Not carried over\n\n" + "\n".join(lines) + "\n"
