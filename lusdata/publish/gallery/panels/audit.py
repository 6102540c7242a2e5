"""The tab of the audit: the verdict, what was asked, what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lusdata.publish.gallery.html import Cell, Html, bar, beside, empty, folded, join, recording_link, section, table
from lusdata.splits.audit.names import Placement
from lusdata.splits.audit.report import CHECKS, AuditReport, Finding
from lusdata.wording import counted
from lusdata.wording import escaped_html as escape

__all__ = ["audit_panel"]

_OPEN = 12
"""So many findings of one code stand open; the rest is behind a line that opens."""

_PAIRS = ("LEAK_PIXELS", "GROUPS_LOOK_ALIKE", "ALIKE_TOGETHER")
"""Codes of findings about recordings that look alike: these are shown beside each other."""

_MOST_PAIRS = 40
"""So many pairs get pictures; a page of hundreds would be slow and nobody would look at them."""


def audit_panel(report: AuditReport | None, trouble: str = "") -> Html:
    """Show the verdict of an audit, and every finding under the question that it answers."""
    if report is None:
        return empty(f"Nothing was audited: {trouble}")
    questions = {check.name: _sentence(check.question) for check in CHECKS}
    names = list(dict.fromkeys([*questions, *(name for name, _ in report.findings)]))
    parts = [section("Verdict", _verdict(report), lead=f"Audited: {report.split.source}")]
    for name in names:
        if codes := report.by_code(name):
            parts.append(section(questions.get(name, _sentence(name.replace("-", " "))), *_check(codes)))
    quiet = [join([Html("<li>"), questions.get(name, name), Html("</li>")]) for name in names if not report.of(name)]
    if quiet:
        parts.append(section("Asked, and nothing found", join([Html('<ul class="quiet">'), *quiet, Html("</ul>")])))
    return join(parts)


def _verdict(report: AuditReport) -> Html:
    told = [*(f"{_sentence(name)}: {clause}." for name, clause in report.leaks)]
    told.append(f"To look at: {counted(report.count('warning'), 'warning')}.")
    items = join(join([Html("<li>"), line, Html("</li>")]) for line in told)
    kind = "good" if report.clean else "bad"
    return Html(f'<p class="verdict {kind}">{_sentence(report.verdict)}.</p><ul class="told">{items}</ul>')


def _check(codes: Sequence[Sequence[Finding]]) -> list[Html]:
    """Return what one check found: measurements as a table, the rest as a list under each code."""
    measured = [finding for members in codes for finding in members if "balanced_accuracy" in dict(finding.numbers)]
    parts = [_measured(measured)] if measured else []
    for members in codes:
        parts.append(_code(members, listed=[finding for finding in members if finding not in measured]))
    return parts


def _code(members: Sequence[Finding], *, listed: Sequence[Finding]) -> Html:
    """Return one code: its level and name, its findings, and what to do."""
    first = members[0]
    count = f" <small>{len(members):,}</small>" if len(members) > 1 else ""
    head = (
        f'<p class="code"><span class="level {first.level}">{first.level}</span> <code>{first.code}</code>{count}</p>'
    )
    lines = list(_lines(listed))
    shown = join(
        [
            Html(f'<ul class="findings{" pairs" if first.code in _PAIRS else ""}">'),
            *(_item(line) for line in lines[:_OPEN]),
            Html("</ul>"),
        ]
    )
    rest = folded(f"{len(lines) - _OPEN:,} more", lines[_OPEN:]) if len(lines) > _OPEN else ""
    advice = (
        join([Html('<p class="advice">'), _with_code(_sentence(first.advice)), Html(".</p>")]) if first.advice else ""
    )
    return join([Html(head), shown if lines else "", rest, advice])


def _lines(findings: Sequence[Finding]) -> Iterable[Html]:
    """Yield a line for each finding, or for all that say the same, and pictures of what looks alike."""
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.message, finding.subject if finding.places else ""), []).append(finding)
    for number, ((message, _), held) in enumerate(alike.items()):
        names = join((join([Html("<b>"), finding.subject, Html("</b>")]) for finding in held), by=", ")
        places = held[0].places
        pictured = held[0].code in _PAIRS and number < _MOST_PAIRS
        told = join([Html("<div>"), names, ": ", message, Html("</div>")])
        yield join([told, _pair(places) if pictured else _by_fold(places)])


def _by_fold(places: Iterable[Placement]) -> Html:
    """Return a line for each fold with the recordings that stand there, and what the split calls them."""
    held: dict[str, list[Html]] = {}
    for place in places:
        named = "" if place.name == place.recording else f" ({place.told})"
        held.setdefault(place.fold, []).append(join([recording_link(place.recording), named]))
    lines = (join([f"{_fold(fold)}: ", join(links, by=", ")]) for fold, links in held.items())
    return join(join([Html('<div class="quiet">'), line, Html("</div>")]) for line in lines)


def _pair(places: Iterable[Placement]) -> Html:
    """Return the places for pictures of recordings; a script fills them, since a picture is on the page only once."""
    held: dict[str, list[str]] = {}
    for place in places:
        held.setdefault(place.recording, []).append(_fold(place.fold))
    figures = (
        join(
            [
                Html("<figure>"),
                recording_link(name, pictured=True),
                Html(f"<small>{', '.join(map(escape, folds))}</small></figure>"),
            ]
        )
        for name, folds in held.items()
    )
    return join([Html('<div class="pair">'), *figures, Html("</div>")])


def _fold(name: str) -> str:
    return f"fold {name}" if name else "in no fold"


def _item(line: Html) -> Html:
    return join([Html('<li class="finding">'), line, Html("</li>")])


def _measured(findings: Sequence[Finding]) -> Html:
    """Return accuracies with what they are held against, and the share of each class that is told right."""
    measured = [(f"{finding.subject} alone", dict(finding.numbers)) for finding in findings]
    names = ["balanced_accuracy", "chance", "dealt_mean", "dealt_highest"]
    rows: list[list[Cell]] = []
    for subject, numbers in measured:
        accuracy, *held_against = (f"{numbers[name]:.2f}" for name in names)
        interval = f"{numbers['low']:.2f} to {numbers['high']:.2f}"
        drawn = bar(numbers["balanced_accuracy"], chance=numbers["chance"])
        rows.append([subject, drawn, accuracy, interval, *held_against, f"{numbers['p']:.3f}"])
    head = ["told from", "", "accuracy", "95 % interval", "guessing", "dealt, mean", "dealt, highest", "p"]
    caption = (
        "Balanced accuracy for new patients without a single pixel; the mark is guessing. "
        "Dealt: with classes dealt anew among the groups; p: how often that comes as high"
    )
    classes = [name for name in measured[0][1] if name.startswith("recall ")]
    told: list[list[Cell]] = [[name, *(f"{numbers[key]:.0%}" for key in classes)] for name, numbers in measured]
    shares = ["told from", *(name.removeprefix("recall ") for name in classes)]
    return beside(
        [table(rows, head=head, caption=caption), table(told, head=shares, caption="Told right of each class")]
    )


def _with_code(words: str) -> Html:
    """Return words with what stands between backticks as code."""
    parts = words.split("`")
    return join(
        join([Html("<code>"), part, Html("</code>")]) if place % 2 else part for place, part in enumerate(parts)
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
