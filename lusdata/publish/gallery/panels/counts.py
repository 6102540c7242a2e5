"""The tab that counts: class by probe as in a paper, patterns, sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from lusdata.catalog.collection import Collection
from lusdata.catalog.counts import count_recordings
from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import VERDICTS, pattern_names, pattern_word, verdicts
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import enumeration
from lusdata.publish.gallery.html import Cell, Html, bar, beside, empty, join, section, table
from lusdata.publish.gallery.media import GalleryPicture
from lusdata.publish.gallery.panels.parts import class_cell, grouped
from lusdata.wording import counted

__all__ = ["counts_panel"]


def counts_panel(collection: Collection, pictures: Mapping[str, GalleryPicture]) -> Html:
    """Count what is included: class by probe and kind, patterns, sources."""
    included = collection.included
    if not included:
        return empty("No recording of this collection is included.")
    pictured = [manifest for manifest in included if pictures[manifest.id].strip is not None]
    parts = [_class_by_probe(included, "Included recordings by class, probe and kind")]
    if pictured and len(pictured) < len(included):
        parts.append(_class_by_probe(pictured, "Of these, recordings that this page can show"))
    counts = count_recordings(collection.manifests)
    told = (
        f"{counts['included']:,} included in {counted(counts['groups'], 'group')} from "
        f"{counted(counts['sources'], 'source')}, {counts['buildable']:,} of them buildable and "
        f"{counts['obtainable']:,} obtainable. "
    )
    return join(
        [
            section(
                "Class by probe",
                beside(parts),
                lead=told + "A group with recordings of two classes counts in both rows, and once in the sum.",
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
            numbers = [count[word] for word in VERDICTS]
            rows.append([pattern_word(name), bar(share), *numbers, len(manifests) - sum(numbers)])
    head = ["pattern", "share present", "present", "absent", "readers disagree", "unknown", "not assessed", "not read"]
    return table(rows, head=head, caption=f"Patterns: {read:,} of {len(manifests):,} recordings were read")


def _sources(manifests: Sequence[Manifest]) -> Html:
    by_source = grouped(manifests, lambda manifest: manifest.provider)
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
    return table(rows, head=head, caption=counted(len(by_source), "source"))


def _classes_of(manifests: Iterable[Manifest]) -> Html:
    count = Counter(manifest.class_name for manifest in manifests)
    held = [name for name in enumeration("class") if name in count]
    return join((join([class_cell(name), f" {count[name]}"]) for name in held), by=", ")
