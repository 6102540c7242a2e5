"""The tab of folds: what each holds, and who is in it."""

from __future__ import annotations

from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import unknown_clause
from lusdata.catalog.schema import enumeration
from lusdata.publish.gallery.html import Cell, Html, bar, empty, folded, join, note, recording_link, section, table
from lusdata.publish.gallery.panels.parts import class_cell
from lusdata.splits.audit.catalog import Cell as Balance
from lusdata.splits.audit.report import AuditReport
from lusdata.splits.folds.units import unit_ids
from lusdata.wording import counted

__all__ = ["folds_panel"]

_UNITS = {"patient": "group", "source": "source", "collection": "group"}
"""What a split keeps together, in a word; a video is a recording, which is counted anyway."""


def folds_panel(whole: Collection, collection: Collection, report: AuditReport | None, trouble: str = "") -> Html:
    """Show what each fold holds of a collection, or of a part of it, and which groups are there."""
    if report is None:
        return empty(f"No folds: {trouble}")
    split = report.split
    if split.by_frame:
        return section("Folds", empty("This split tears recordings apart by frame: every recording is in all folds."))
    groups = unit_ids(whole.manifests, "patient")
    classes = [name for name in enumeration("class") if any(cell.class_name == name for cell in report.balance)]
    most = max((cell.recordings for cell in report.balance), default=1)
    rows: list[list[Cell]] = []
    for fold in split.folds:
        held = {cell.class_name: cell for cell in report.balance if cell.fold == fold}
        members = {place.recording for place in split.places if place.fold == fold}
        shares = [_share(held.get(name), name, most) for name in classes]
        frames = sum(cell.frames for cell in held.values())
        rows.append([_fold(report, fold), *shares, len(members), len({groups[name] for name in members}), frames])
    head: list[Cell] = ["", *map(class_cell, classes), "recordings", "groups", "frames"]
    told = note(_in_a_fold(collection, report) + _unknown(whole))
    held_by_each = table(rows, head=head, caption="Recordings / groups / expected frames of each fold")
    return join(
        [
            section(
                "What each fold holds",
                held_by_each,
                told,
                lead=_split_words(report),
            ),
            section("Who is in which fold", *_members(report)),
        ]
    )


def _fold(report: AuditReport, fold: str) -> str:
    table_ = report.split.table
    left_out = f": {'+'.join(table_.collections[int(fold)])}" if table_ and table_.by == "collection" else ""
    return f"fold {fold}{left_out}"


def _unknown(whole: Collection) -> str:
    clause = unknown_clause(whole.manifests)
    return f" {clause}." if clause else ""


def _share(held: Balance | None, class_name: str, most: int) -> Html:
    if held is None:
        return join([bar(0, class_name=class_name), Html("<small>none</small>")])
    numbers = f"{held.recordings:,} / {held.groups:,} / {held.frames:,}"
    return join([bar(held.recordings / most, class_name=class_name), Html(f"<small>{numbers}</small>")])


def _split_words(report: AuditReport) -> str:
    table_ = report.split.table
    words = report.split.source
    if table_ is not None:
        words += f"; balanced for {table_.rate_hz:g} frames a second, at most {table_.max_frames} of a recording"
    return words


def _in_a_fold(collection: Collection, report: AuditReport) -> str:
    """Say how many of the included recordings stand in a fold, and how many cannot yet."""
    included = collection.included
    others = [manifest for manifest in included if manifest.id not in report.split.folds_of]
    words = f"{len(included) - len(others):,} of {counted(len(included), 'included recording')} stand in a fold"
    if undigested := sum(manifest.sha256 is None for manifest in others):
        words += f"; {undigested:,} of the others cannot be built, since their manifests have no digest yet"
    return f"{words}."


def _members(report: AuditReport) -> list[Html]:
    parts = []
    table_ = report.split.table
    for fold in report.split.folds:
        names = sorted({place.recording for place in report.split.places if place.fold == fold})
        units: dict[str, list[str]] = {}
        for name in names:
            units.setdefault(table_.unit_of[name] if table_ else name, []).append(name)
        lines = []
        for unit, held in units.items():
            links = join(map(recording_link, held), by=", ")
            lines.append(join([f"{unit}: ", links]) if table_ and table_.by != "video" else links)
        words = f"Fold {fold}: {counted(len(names), 'recording')}"
        if table_ and table_.by in _UNITS:
            words += f" in {counted(len(units), _UNITS[table_.by])}"
        parts.append(folded(words, lines))
    return parts
