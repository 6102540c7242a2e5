"""The tabs of a gallery besides the recordings: counts, folds, rights, audit, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import enumeration
from lusdata.dataset.audit.catalog import Cell as Balance
from lusdata.dataset.audit.report import CHECKS, AuditReport, Finding
from lusdata.dataset.folds.units import unit_ids
from lusdata.dataset.select import pattern_names
from lusdata.publish.gallery.data import pattern_word, verdicts
from lusdata.publish.gallery.html import (
    Cell,
    Html,
    bar,
    empty,
    folded,
    join,
    link,
    note,
    recording_link,
    section,
    table,
)
from lusdata.publish.gallery.media import Picture

__all__ = ["audit_panel", "counts_panel", "folds_panel", "missing_panel", "rights_panel"]

_NEXT_STEPS: Mapping[str, str] = {
    "unpinned": "lusdata fetch --pin gets the file and adds its digest, for review",
    "offline": "run again without --offline, or name a folder with --mirror",
    "unreachable": "run again later",
    "truncated": "run again later",
    "empty": "run again later",
    "dead": "find another address, and add it to the manifest's locations",
    "gone": "find an address, and add it to the manifest's locations",
    "manual": "get the file from its page by hand, and name its folder with --mirror",
    "changed": "look at the new file, and review the manifest",
    "undecodable": "lusdata doctor checks the decoders; the file itself may be damaged",
    "not-publishable": "make the page without --publishable, for your own machine",
}
"""What somebody can do about a picture that is not there."""


def class_cell(name: str) -> Html:
    """Return a class in words, with its colour as a dot before it."""
    return Html(f'<span class="class" data-class="{name}">{name}</span>')


def counts_panel(collection: Collection, pictures: Mapping[str, Picture]) -> Html:
    """Count what is included: class by probe and kind, patterns, sources."""
    included = collection.included
    if not included:
        return empty("No recording of this collection is included.")
    pictured = [manifest for manifest in included if pictures[manifest.id].strip is not None]
    parts = [_class_by_probe(included, "Included recordings by class, probe and kind")]
    if pictured and len(pictured) < len(included):
        parts.append(_class_by_probe(pictured, "Of these, recordings that this page can show"))
    return join(
        [
            section(
                "Class by probe",
                *parts,
                lead="A group with recordings of two classes counts in both rows, and once in the sum.",
            ),
            section("Patterns", _patterns(included), lead="What all readers of a recording, taken together, say."),
            section("Sources", _sources(included)),
        ]
    )


def _class_by_probe(manifests: Sequence[Manifest], caption: str) -> Html:
    kinds, groups = enumeration("kind"), group_ids(manifests)
    there = {(manifest.probe, manifest.kind) for manifest in manifests}
    probes = [probe for probe in enumeration("probe") if any((probe, kind) in there for kind in kinds)]
    columns = [(probe, kind) for probe in probes for kind in kinds]
    count = Counter((manifest.class_name, manifest.probe, manifest.kind) for manifest in manifests)
    classes = [name for name in enumeration("class") if any((name, *column) in count for column in columns)]

    def line(head: Cell, members: Sequence[Manifest], numbers: list[int]) -> list[Cell]:
        return [head, *numbers, sum(numbers), len({groups[manifest.id] for manifest in members})]

    rows = [
        line(
            class_cell(name),
            [manifest for manifest in manifests if manifest.class_name == name],
            [count[name, *column] for column in columns],
        )
        for name in classes
    ]
    sums = [sum(count[name, *column] for name in classes) for column in columns]
    return table(
        rows,
        head=["class", *(f"{kind}s" for _, kind in columns), "sum", "groups"],
        caption=caption,
        foot=line("sum", manifests, sums),
        groups=[("", 1), *((probe, len(kinds)) for probe in probes), ("", 2)],
    )


def _patterns(manifests: Sequence[Manifest]) -> Html:
    said = [verdicts(manifest) for manifest in manifests]
    read = sum(map(bool, said))
    if not read:
        return empty("No recording has been read for patterns yet.")
    rows: list[list[Cell]] = []
    for name in pattern_names():
        count = Counter(words[name] for words in said if name in words)
        if count:
            share = count["present"] / len(manifests)
            numbers = [count[word] for word in ("present", "absent", "disagree", "unknown")]
            rows.append([pattern_word(name), bar(share), *numbers, len(manifests) - sum(numbers)])
    head = ["pattern", "share present", "present", "absent", "readers disagree", "unknown", "not read"]
    return table(rows, head=head, caption=f"Patterns: {read:,} of {len(manifests):,} recordings were read")


def _sources(manifests: Sequence[Manifest]) -> Html:
    by_source = _grouped(manifests, lambda manifest: manifest.provider)
    rows: list[list[Cell]] = [
        [
            name,
            bar(len(members) / len(manifests)),
            len(members),
            len(set(group_ids(members).values())),
            sum(manifest.sha256 is not None for manifest in members),
            sum(rights_of(manifest).publish for manifest in members),
            _classes_of(members),
        ]
        for name, members in by_source.items()
    ]
    head = ["source", "share", "recordings", "groups", "with a digest", "publishable", "classes"]
    return table(rows, head=head, caption=f"{len(by_source):,} sources")


def _classes_of(manifests: Iterable[Manifest]) -> Html:
    count = Counter(manifest.class_name for manifest in manifests)
    held = [name for name in enumeration("class") if name in count]
    return join((join([class_cell(name), f" {count[name]}"]) for name in held), by=", ")


def folds_panel(collection: Collection, report: AuditReport | None, trouble: str = "") -> Html:
    """Show what each fold holds, and which groups are in it."""
    if report is None:
        return empty(f"No folds: {trouble}")
    split = report.split
    if split.by_frame:
        return section("Folds", empty("This split tears recordings apart by frame: every recording is in all folds."))
    groups = unit_ids(collection.manifests, "patient")
    classes = [name for name in enumeration("class") if any(cell.class_name == name for cell in report.balance)]
    most = max((cell.recordings for cell in report.balance), default=1)
    rows: list[list[Cell]] = []
    for fold in split.folds:
        held = {cell.class_name: cell for cell in report.balance if cell.fold == fold}
        members = {place.recording for place in split.places if place.fold == fold}
        shares = [_share(held.get(name), name, most) for name in classes]
        frames = sum(cell.frames for cell in held.values())
        rows.append([f"fold {fold}", *shares, len(members), len({groups[name] for name in members}), frames])
    head: list[Cell] = ["", *map(class_cell, classes), "recordings", "groups", "frames"]
    counted = table(rows, head=head, caption="Recordings / groups / expected frames of each fold")
    return join(
        [
            section("What each fold holds", counted, lead=_split_words(report)),
            section("Who is in which fold", *_members(report)),
        ]
    )


def _share(counted: Balance | None, class_name: str, most: int) -> Html:
    if counted is None:
        return join([bar(0, class_name=class_name), Html("<small>none</small>")])
    numbers = f"{counted.recordings:,} / {counted.groups:,} / {counted.frames:,}"
    return join([bar(counted.recordings / most, class_name=class_name), Html(f"<small>{numbers}</small>")])


def _split_words(report: AuditReport) -> str:
    table_ = report.split.table
    words = report.split.source
    if table_ is not None:
        words += f"; balanced for {table_.rate_hz:g} frames a second, at most {table_.max_frames} of a recording"
    return words


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
        words = f"Fold {fold}: {len(names):,} recordings"
        parts.append(folded(words + (f" in {len(units):,} units" if table_ else ""), lines))
    return parts


def rights_panel(collection: Collection) -> Html:
    """Say by licence what may be done, and for which recordings something may not."""
    included = collection.included
    if not included:
        return empty("No recording of this collection is included.")
    rows: list[list[Cell]] = []
    for name, members in _grouped(included, lambda manifest: str(manifest.licence["id"])).items():
        licence, rights = members[0].licence, [rights_of(manifest) for manifest in members]
        rows.append(
            [
                link(str(licence["url"]), name) if "url" in licence else name,
                len(members),
                sum(right.fetch for right in rights),
                sum(right.build for right in rights),
                sum(right.publish for right in rights),
                "yes" if licence["commercial"] else "no",
                "yes" if licence["share_alike"] else "no",
            ]
        )
    head = ["licence", "recordings", "may be fetched", "built locally", "published", "commercial use", "share alike"]
    barred = _grouped([m for m in included if rights_of(m).reason], lambda manifest: rights_of(manifest).reason)
    why = [folded(f"{len(members):,} recordings: {reason}", _listed(members)) for reason, members in barred.items()]
    return join(
        [
            section("By licence", table(rows, head=head, caption="What may be done with the included recordings")),
            section("What may not be published", *(why or [empty("Everything here may be published.")])),
        ]
    )


def audit_panel(report: AuditReport | None, trouble: str = "") -> Html:
    """Show the verdict of an audit, and every finding under the question that it answers."""
    if report is None:
        return empty(f"Nothing was audited: {trouble}")
    errors = sum(finding.level == "error" for _, finding in report.findings)
    words = (
        "Clean: nobody stands on two sides."
        if report.clean
        else (f"Not clean: {errors:,} leaks. Scores on this split are not scores on new patients.")
    )
    verdict = Html(f'<p class="verdict {"good" if report.clean else "bad"}">{words}</p>')
    questions = {check.name: _sentence(check.question) for check in CHECKS}
    names = dict.fromkeys([*questions, *(name for name, _ in report.findings)])
    found = {name: report.of(name) for name in names}
    parts = [section("Verdict", verdict, lead=f"Audited: {report.split.source}")]
    for name, findings in found.items():
        if findings:
            parts.append(section(questions.get(name, _sentence(name.replace("-", " "))), _findings(findings)))
    quiet = [join([Html("<li>"), questions[name], Html("</li>")]) for name in names if not found[name]]
    if quiet:
        parts.append(section("Asked, and nothing found", join([Html('<ul class="quiet">'), *quiet, Html("</ul>")])))
    return join(parts)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _findings(findings: Sequence[Finding]) -> Html:
    items = []
    for finding in findings:
        places = join(
            (join([recording_link(place.recording), f" in fold {place.fold}"]) for place in finding.places), by=", "
        )
        items.append(
            join(
                [
                    Html(f'<li class="finding"><span class="level {finding.level}">{finding.level}</span><div><code>'),
                    finding.code,
                    Html("</code> <b>"),
                    finding.subject,
                    Html("</b>: "),
                    finding.message,
                    Html(f'<div class="quiet">{places}</div>' if finding.places else ""),
                    Html("</div></li>"),
                ]
            )
        )
    return join([Html('<ul class="findings">'), *items, Html("</ul>")])


def missing_panel(collection: Collection, pictures: Mapping[str, Picture]) -> Html:
    """Say which pictures are not here, why, and what to do; and which facts nobody has written down yet."""
    missing = [manifest for manifest in collection.manifests if pictures[manifest.id].strip is None]
    by_reason = _grouped(missing, lambda manifest: _why(pictures[manifest.id]))
    parts = []
    for why, members in by_reason.items():
        code = pictures[members[0].id].code
        details = {manifest.id: pictures[manifest.id].detail for manifest in members}
        step = [note(f"What to do: {_NEXT_STEPS[code]}.")] if code in _NEXT_STEPS else []
        parts.append(folded(f"{len(members):,} {why}", _listed(members, details), before=step))
    included = collection.included
    known = [(label, sum(map(has, included))) for label, has in _FACTS.items()]
    rows: list[list[Cell]] = [
        [label, bar(number / len(included)), number, len(included) - number] for label, number in known if included
    ]
    facts = table(rows, head=["fact", "share known", "known", "missing"], caption="Facts of the included recordings")
    return join(
        [
            section(
                "Pictures that are not here",
                *(parts or [empty("Every recording has its picture.")]),
                lead=f"{len(missing):,} of {len(collection.manifests):,} recordings, whatever their state.",
            ),
            section("Facts that nobody wrote down yet", facts if included else empty("No recording is included.")),
        ]
    )


_FACTS: Mapping[str, Callable[[Manifest], bool]] = {
    "digest of the file": lambda manifest: manifest.sha256 is not None,
    "an address of the file": lambda manifest: bool(manifest.locations),
    "page of the source": lambda manifest: "page" in manifest.data["source"],
    "a licence": lambda manifest: manifest.licence["id"] != "LicenseRef-None",
    "what the class rests on": lambda manifest: manifest.data["class_basis"] != "unknown",
    "patterns, by a reader": lambda manifest: bool(manifest.patterns),
    "severity": lambda manifest: bool(manifest.data.get("severity")),
    "zone of the chest": lambda manifest: "view" in manifest.data,
    "the patient, not only the clip": lambda manifest: manifest.group_basis == "patient",
    "age": lambda manifest: "age_band" in manifest.data.get("patient", {}),
    "sex": lambda manifest: "sex" in manifest.data.get("patient", {}),
    "a crop": lambda manifest: manifest.crop is not None,
    "fingerprint": lambda manifest: "fingerprint" in manifest.data,
}
"""Facts that a manifest may have, and the test for each."""


def _why(picture: Picture) -> str:
    return f"{picture.code}: {picture.reason}"


def _listed(manifests: Iterable[Manifest], details: Mapping[str, str] | None = None) -> list[Html]:
    """Return a line for each recording: a link, and what there is to say."""
    told = details or {}
    return [
        join([recording_link(manifest.id), f": {told[manifest.id]}" if told.get(manifest.id) else ""])
        for manifest in manifests
    ]


def _grouped(manifests: Iterable[Manifest], key: Callable[[Manifest], str]) -> dict[str, list[Manifest]]:
    """Sort recordings into groups, the largest first."""
    found: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        found.setdefault(key(manifest), []).append(manifest)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))
