"""An audit as one page for a terminal: the verdict, what was asked, what was found, and what to do about it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence

from lusdata.commands.layout import table
from lusdata.splits.audit.finding import Finding
from lusdata.splits.audit.report import CHECKS, AuditReport
from lusdata.wording import counted

__all__ = ["page"]

_NARROWEST, _USUAL, _WIDEST = 80, 96, 100
_MOST_ITEMS = 12
_LEVELS = ("error", "warning", "note")


def page(report: AuditReport) -> str:
    """Return the page, as wide as the terminal and never wider than a hundred columns."""
    width = min(max(shutil.get_terminal_size((_USUAL, 0)).columns, _NARROWEST), _WIDEST)
    questions = {check.name: check.question for check in CHECKS}
    names = list(dict.fromkeys([*questions, *(name for name, _ in report.findings)]))
    parts = [_head(report, width), _summary(report, width), _asked(report, names, questions)]
    for name in names:
        if codes := report.by_code(name):
            parts.append("\n".join([questions.get(name, name), *_section(codes, width)]))
    if report.balance:
        parts.append("recordings / groups / expected frames of each fold\n" + _indented(_balance(report)))
    parts.append(_wrapped(report.verdict, width, hang="  "))
    return "\n\n".join(parts)


def _head(report: AuditReport, width: int) -> str:
    split = report.split
    text = f"audit of {report.collection}: {split.source}"
    if not split.by_frame:
        unsure = sum(bool(entry.candidates) for entry in split.unmapped)
        text += (
            f"\n{counted(split.names, 'name')} in {counted(len(split.folds), 'fold')}; "
            f"{counted(len(split.folds_of), 'recording')} found; "
            f"names unknown: {len(split.unmapped) - unsure:,}, ambiguous: {unsure:,}"
        )
    return "\n".join(_wrapped(line, width, hang="  ") for line in text.splitlines())


def _summary(report: AuditReport, width: int) -> str:
    """Give the verdict first, with leaks by id and leaks by pixels told apart."""
    leaks = table([[f"  {name}", told] for name, told in report.leaks], numbers=False)
    return _wrapped(report.verdict, width, hang="  ") + "\n" + leaks


def _asked(report: AuditReport, names: Iterable[str], questions: dict[str, str]) -> str:
    rows = []
    for name in names:
        levels = [finding.level for finding in report.of(name)]
        told = [counted(levels.count(level), level) for level in _LEVELS if level in levels]
        rows.append([questions.get(name, name), ", ".join(told) or "nothing"])
    return table(rows, head=["asked", "found"], numbers=False)


def _section(codes: Sequence[Sequence[Finding]], width: int) -> list[str]:
    """Return the lines of one check: what was found under each code, then once what to do about it."""
    measured = [finding for members in codes for finding in members if _is_measured(finding)]
    lines = _measured(measured) if measured else []
    for members in codes:
        first = members[0]
        lines.append(f"  {first.level} {first.code}" + (f" ({len(members):,})" if len(members) > 1 else ""))
        lines += _items([finding for finding in members if not _is_measured(finding)], width)
        lines += [_wrapped(f"-> {advice}", width, start="    ", hang="       ")] if (advice := first.advice) else []
    return lines


def _items(findings: Sequence[Finding], width: int) -> list[str]:
    """Return a line for each finding, or for all that say the same of recordings without saying where they stand."""
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings[:_MOST_ITEMS]:
        alike.setdefault((finding.message, finding.subject if finding.places else ""), []).append(finding)
    lines = []
    for (message, _), held in alike.items():
        subjects = ", ".join(finding.subject for finding in held)
        lines.append(_wrapped(f"{subjects}: {message}", width, start="    ", hang="      "))
        rows = [
            # Our own tables name recordings by their ids; saying it once is enough. Notes ask nobody to look.
            [f"fold {place.fold or '-'}", place.recording, "" if place.name == place.recording else place.told]
            for place in held[0].places
            if held[0].level != "note"
        ]
        if rows:
            lines.append(_indented(table(rows, numbers=False), by="      "))
    if len(findings) > _MOST_ITEMS:
        lines.append(f"    … and {len(findings) - _MOST_ITEMS:,} more; --json prints all")
    return lines


def _is_measured(finding: Finding) -> bool:
    return "balanced_accuracy" in dict(finding.numbers)


def _measured(findings: Sequence[Finding]) -> list[str]:
    """Return what was measured as tables: the accuracy with what it is held against, and the share told right."""
    rows, classes = [], []
    for finding in findings:
        numbers = dict(finding.numbers)
        classes = [name for name in numbers if name.startswith("recall ")]
        rows.append(
            [
                f"from {finding.subject} alone",
                f"{numbers['balanced_accuracy']:.2f}",
                f"{numbers['low']:.2f} to {numbers['high']:.2f}",
                f"{numbers['chance']:.2f}",
                f"{numbers['dealt_mean']:.2f}, {numbers['dealt_highest']:.2f}",
                f"{numbers['p']:.3f}",
            ]
        )
    head = ["", "balanced accuracy", "95 % interval", "guessing", "dealt: mean, most", "p"]
    told = [
        [f"from {finding.subject} alone", *(f"{dict(finding.numbers)[name]:.0%}" for name in classes)]
        for finding in findings
    ]
    shares = ["told right", *(name.removeprefix("recall ") for name in classes)]
    meaning = "dealt: with classes dealt anew among the groups; p: how often that comes as high"
    return [_indented(table(rows, head=head)), f"  {meaning}", "", _indented(table(told, head=shares)), ""]


def _balance(report: AuditReport) -> str:
    classes = sorted({cell.class_name for cell in report.balance})
    rows = []
    for fold in report.split.folds:
        held = {cell.class_name: cell for cell in report.balance if cell.fold == fold}
        shown = [f"{c.recordings} / {c.groups} / {c.frames}" if (c := held.get(name)) else "." for name in classes]
        total = f"{sum(c.recordings for c in held.values())} / {sum(c.frames for c in held.values())}"
        rows.append([fold, *shown, total])
    return table(rows, head=["fold", *classes, "all"])


def _indented(text: str, *, by: str = "  ") -> str:
    return textwrap.indent(text, by)


def _wrapped(text: str, width: int, *, start: str = "", hang: str = "") -> str:
    # A manifest's own line breaks are no layout.
    return textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=start,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
