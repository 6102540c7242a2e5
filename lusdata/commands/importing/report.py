"""What an import of a folder would do, and what it did: lines for people, one document for programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lusdata.catalog.validate import shown_path
from lusdata.commands.layout import table
from lusdata.intake.comparison import with_state
from lusdata.intake.folder.changes import Change, changes_of
from lusdata.intake.folder.plan import ImportPlan
from lusdata.intake.folder.rows import ShownColumn
from lusdata.intake.folder.write import ImportReport
from lusdata.intake.grouping import KINDS, Group
from lusdata.wording import counted, listed, one_line

__all__ = ["imported_document", "imported_text", "plan_document", "plan_text"]

_SHOWN = 5
_SHOWN_GROUPS = 12
_SHOWN_VALUES = 6


def plan_text(plan: ImportPlan) -> str:
    """Return what an import would do as lines."""
    blocks = [_files(plan), *_met(plan), *_columns(plan), *_unmatched(plan), *_changed(plan), *_groups(plan)]
    blocks += _list("notes", plan.notes)
    blocks += _list("to be decided first", [doubt.line() for doubt in plan.doubts])
    return "\n\n".join(blocks) + "\n"


def _files(plan: ImportPlan) -> str:
    size_bytes = sum(file.size_bytes for file in plan.taken)
    dicom = sum(file.dicom for file in plan.taken)
    lines = [f"{shown_path(plan.request.folder)}: {counted(len(plan.listing.files), 'file')}"]
    told = f"{counted(len(plan.taken), 'recording')}, {size_bytes / 1e6:,.0f} MB"
    lines.append(f"  {told}{f', {dicom:,} of them DICOM' if dicom else ''}, {len(plan.new):,} new")
    read = {table.resolve() for table in plan.request.tables}
    beside = [name for name in plan.listing.beside if (plan.request.folder / name).resolve() not in read]
    if beside:
        lines.append(f"  passed over: {counted(len(beside), 'table or text', 'tables or texts')}")
    lines += [f"  {one_line(name)}: the very file of {one_line(other)}, taken once" for name, other in _few(plan.twins)]
    lines += [f"  cannot be taken: {one_line(name)}: {why}" for name, why in _few(dict(plan.listing.refused))]
    hidden = max(0, len(plan.twins) - _SHOWN) + max(0, len(plan.listing.refused) - _SHOWN)
    lines += [f"  and {hidden} more"] if hidden else []
    return "\n".join(lines)


def _few(pairs: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(pairs.items())[:_SHOWN]


def _met(plan: ImportPlan) -> Iterator[str]:
    """Tell which files are recordings already of which the user may not think."""
    met = [
        f"{one_line(name)}: {with_state(one)}"
        for name, one in sorted(plan.met.of_file.items())
        if one.collection != plan.collection or one.state != "included"
    ]
    yield from _list(f"{counted(len(met), 'file')} there already, beside this collection or not in use", met)
    leads = [
        f"{one_line(name)}: {with_state(match.manifest)}; the same {', '.join(match.agrees)}"
        for name, match in sorted(plan.met.leads.items())
    ]
    title = f"{counted(len(leads), 'file')} that a recording without a digest may be waiting for, not added beside it"
    yield from _list(title, leads)


def _columns(plan: ImportPlan) -> Iterator[str]:
    used = [column for column in plan.rows.columns if column.meaning or column.why != "not used"]
    unused = [column.title or "(without a title)" for column in plan.rows.columns if column.why == "not used"]
    if used:
        rows = [(column.table, column.title, column.meaning or "-", _values(column)) for column in used]
        yield table(rows, head=["table", "column", "means", "values"], numbers=False)
    if unused:
        yield f"columns not used: {listed(unused, most=20)} (--map MEANING=COLUMN, or task:NAME=COLUMN)"


def _values(column: ShownColumn) -> str:
    if column.why:
        return column.why
    shown = []
    for cell, value, count in column.values[:_SHOWN_VALUES]:
        arrow = "" if cell in (value, "") else f"{cell} -> "
        said = f"{arrow}{value or ('nothing' if cell else 'empty')}"
        shown.append(said if column.meaning in ("file", "patient") else f"{said} ({count})")
    more = f", and {len(column.values) - _SHOWN_VALUES} more" if len(column.values) > _SHOWN_VALUES else ""
    return ", ".join(shown) + more


def _unmatched(plan: ImportPlan) -> Iterator[str]:
    rows = plan.rows.without_file
    yield from _list(f"{counted(len(rows), 'row')} without a file", rows)
    names = [one_line(name) for name in plan.without_row]
    yield from _list(f"{counted(len(names), 'file')} without a row, left out (--all takes them, too)", names)


def _changed(plan: ImportPlan) -> Iterator[str]:
    """Tell what tables say otherwise now, and what becomes of it."""
    changes = changes_of(plan)
    what = "is taken" if plan.request.update else "is left as it was; --update takes the tables' word, or correct them"
    title = f"{counted(len(changes), 'recording')} there already, of which the tables say otherwise now: it {what}"
    yield from _list(title if changes else "", [_change(name, those) for name, those in changes.items()])


def _change(name: str, changes: Sequence[Change]) -> str:
    told = (f"{meaning} {before or 'not said'} -> {now or 'not said'}" for meaning, before, now in changes)
    return f"{one_line(name)}: {', '.join(told)}"


def _list(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    most = len(lines) if title in ("to be decided first", "notes") and len(lines) <= 4 * _SHOWN else _SHOWN
    more = [f"  and {len(lines) - most:,} more"] if len(lines) > most else []
    return ["\n".join([title, *(f"  {line}" for line in lines[:most]), *more])]


def _groups(plan: ImportPlan) -> Iterator[str]:
    if plan.groups:
        yield _shown_groups("who would be one patient", plan.groups)
        return
    for kind, groups in plan.proposals.items():
        known = sum(group.basis != "unknown" for group in groups)
        if kind != "unknown":
            yield _shown_groups(f"--group-by {kind} ({KINDS[kind]}): {counted(known, 'group')}", groups)


def _shown_groups(title: str, groups: Sequence[Group]) -> str:
    known = [group for group in groups if group.basis != "unknown"]
    lines = [f"  {counted(len(group.files), 'file')}: {group.reason} ({_names(group)})" for group in known]
    more = [f"  and {len(lines) - _SHOWN_GROUPS:,} more groups"] if len(lines) > _SHOWN_GROUPS else []
    alone = sum(len(group.files) for group in groups if group.basis == "unknown")
    total = sum(len(group.files) for group in groups)
    unknown = [f"  {alone:,} of {counted(total, 'recording')}: patient not known"] if alone else []
    return "\n".join([title, *lines[:_SHOWN_GROUPS], *more, *unknown])


def _names(group: Group) -> str:
    more = ", ..." if len(group.files) > 3 else ""
    return ", ".join(one_line(name, most=40) for name in group.files[:3]) + more


def plan_document(plan: ImportPlan) -> dict[str, Any]:
    """Return what an import would do as data."""
    return {
        "collection": plan.collection,
        "files": len(plan.listing.files),
        "recordings": len(plan.taken),
        "new": [file.name for file in plan.new],
        "columns": [
            {
                "table": column.table,
                "title": column.title,
                "meaning": column.meaning or None,
                "values": [{"cell": cell, "value": value, "count": count} for cell, value, count in column.values],
            }
            for column in plan.rows.columns
        ],
        "rows_without_file": list(plan.rows.without_file),
        "files_without_row": list(plan.without_row),
        "refused": dict(plan.listing.refused),
        "same_file": dict(plan.twins),
        "there_already": {name: one.id for name, one in sorted(plan.met.of_file.items())},
        "waited_for": {name: match.manifest.id for name, match in sorted(plan.met.leads.items())},
        "groups": [_group_document(group) for group in plan.groups],
        "proposals": {kind: [_group_document(one) for one in groups] for kind, groups in plan.proposals.items()},
        "changed": {
            name: [{"meaning": meaning, "before": before or None, "now": now or None} for meaning, before, now in those]
            for name, those in changes_of(plan).items()
        },
        "doubts": [doubt.line() for doubt in plan.doubts],
        "notes": list(plan.notes),
    }


def _group_document(group: Group) -> dict[str, Any]:
    return {"basis": group.basis, "reason": group.reason, "files": list(group.files)}


def imported_document(plan: ImportPlan, done: ImportReport) -> dict[str, Any]:
    """Return what an import did as data."""
    return {
        "collection": plan.collection,
        "folder": str(done.collection.root),
        "added": dict(done.added),
        "there_already": dict(done.known),
        "updated": list(done.updated),
        "failed": dict(done.failed),
        "recordings": len(done.collection.included),
        "patient_not_known": _unknown(done),
        "notes": [*plan.notes, *done.notes],
    }


def _unknown(done: ImportReport) -> int:
    return sum(manifest.group_basis == "unknown" for manifest in done.collection.included)


def imported_text(plan: ImportPlan, done: ImportReport) -> str:
    """Return what an import did as lines, and what can be done next."""
    included = done.collection.included
    counts = f"{len(done.added):,} added, {len(done.known):,} there already, {len(done.failed):,} could not be taken"
    groups = len({manifest.group_id for manifest in included if manifest.group_basis != "unknown"})
    if done.updated:
        counts = f"{len(done.updated):,} updated, {counts}"
    lines = [f"{plan.collection}: {counts}"]
    lines += [f"  {one_line(name)}: {why}" for name, why in sorted(done.failed.items())]
    told = f" in {counted(groups, 'group')} of one patient each" if groups else ""
    lines.append(f"  {counted(len(included), 'recording')}{told}")
    if unknown := _unknown(done):
        lines.append(f"  {unknown:,} of {counted(len(included), 'recording')}: patient not known")
    lines += [f"  note: {note}" for note in done.notes]
    folder = shlex.quote(shown_path(done.collection.root))
    lines += [
        "",
        "next:",
        f"  lusdata folds {folder} --by patient",
        f"  lusdata report {folder} --out {plan.collection}.html",
        f"  python -c 'import lusdata; print(lusdata.load({plan.collection!r}).table)'".replace(
            repr(plan.collection), f'"{folder}"'
        ),
    ]
    if done.collection.about.private:
        lines.append("The collection is private: it stays on this machine, and nothing of it is exported or published.")
    return "\n".join(lines) + "\n"
