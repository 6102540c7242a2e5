"""The dataset card: Markdown for people, with a head that Hugging Face reads.

Every figure is counted from the data, every text of a manifest is escaped, and equal datasets give equal cards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lusdata.dataset.formats.table import FORMATS
from lusdata.markdown import link, plain, table
from lusdata.publish.bibtex import bibtex
from lusdata.publish.citations import cite
from lusdata.publish.export import sentences
from lusdata.publish.export.export_subject import ExportSubject, require_whole
from lusdata.publish.export.facts import class_rows, reasons, source_rows

__all__ = ["Config", "card"]

_HUB_LICENCES = frozenset(
    {
        "cc0-1.0",
        *(f"cc-by-{version}" for version in ("2.0", "2.5", "3.0", "4.0")),
        *(f"cc-by-sa-{version}" for version in ("3.0", "4.0")),
        *(f"cc-by-nc-{version}" for version in ("2.0", "3.0", "4.0")),
        *(f"cc-by-nc-sa-{version}" for version in ("2.0", "3.0", "4.0")),
        *(f"cc-by-nc-nd-{version}" for version in ("3.0", "4.0")),
        "cc-by-nd-4.0",
    }
)
"""The Creative Commons licences that Hugging Face has a word for; any other is 'other' there."""

_TAGS = ("lung-ultrasound", "ultrasound", "medical", "point-of-care-ultrasound", "lusdata")
_DISCLAIMER = "**For research, not for diagnosis.**\n"


@dataclass(frozen=True)
class Config:
    """One way to open a folder with Hugging Face `datasets`.

    Attributes
    ----------
    name : str
        The word to open it by.
    files : Mapping
        For each split the paths of its files, relative to the folder.
    """

    name: str
    files: Mapping[str, Sequence[str]]


def card(
    subject: ExportSubject, *, configs: Sequence[Config] = (), opening: str = "", split: Sequence[str] | None = None
) -> str:
    """Write the card.

    Parameters
    ----------
    subject : ExportSubject
        What it describes.
    configs : sequence of Config
        The ways to open the folder that the card lies in; the first is the default. None for a card alone.
    opening : str
        Markdown that tells how to open it; by default that of a dataset folder.
    split : sequence of str, optional
        Sentences on the split, as plain text; by default that there is none.

    Returns
    -------
    str
        Markdown.
    """
    if not configs:
        require_whole(subject)
    if not configs and subject.index is not None and FORMATS[subject.index.format].is_table:
        configs = [Config("default", {"train": [FORMATS[subject.index.format].files]})]
    blocks = [
        _head(subject, configs),
        f"# {plain(subject.label)}: {sentences.headline(subject)}\n",
        _DISCLAIMER,
        *_warning(subject),
        _section("What it is", sentences.collection(subject)),
        opening or _opening(subject),
        "## Classes\n\n" + _classes(subject) + "\n" + plain(sentences.labels(subject)) + "\n",
        _section("Patients", sentences.patients(subject)),
        "## Sources and licences\n\n" + plain(sentences.rights(subject)) + "\n\n" + _sources(subject),
        _section("How the frames were made", sentences.frames_made(subject)),
        _section("Splits", sentences.splits(subject) if split is None else split),
        _section("Known biases", [*sentences.biases(subject), *sentences.limits(subject)], listed=True),
        "## What was left out\n\n" + _left_out(subject),
        _section("Intended use", sentences.uses()),
        _section("Privacy", sentences.privacy(subject)),
        "## Cite\n\n" + _citation(subject),
        "## Digests\n\n" + _digests(subject),
    ]
    return "\n".join(blocks)


def _head(subject: ExportSubject, configs: Sequence[Config]) -> str:
    """Return the YAML block. Every text is written as JSON, which YAML reads, so that none can turn into a key."""
    licences = sorted({str(manifest.licence["id"]) for manifest in subject.recordings})
    word = licences[0].lower() if len(licences) == 1 else ""
    size = subject.total_frames if subject.index is not None else len(subject.recordings)
    lines = [
        f"pretty_name: {_yaml(f'{subject.label} (lusdata)')}",
        f"license: {word if word in _HUB_LICENCES else 'other'}",
    ]
    if word not in _HUB_LICENCES:
        lines += [f"license_name: {_licence_id(licences)}", 'license_link: "README.md"']
    lines += [
        "task_categories:",
        "- image-classification",
        "- video-classification",
        "size_categories:",
        f"- {_size_category(size)}",
        "tags:",
        *(f"- {tag}" for tag in _TAGS),
    ]
    if configs:
        lines.append("configs:")
    for number, config in enumerate(configs):
        lines.append(f"- config_name: {_yaml(config.name)}")
        if number == 0 and len(configs) > 1:
            lines.append("  default: true")
        lines.append("  data_files:")
        for name, files in config.files.items():
            lines += [f"  - split: {name}", "    path:", *(f"    - {_yaml(file)}" for file in files)]
    return "---\n" + "\n".join(lines) + "\n---\n"


def _licence_id(licences: Sequence[str]) -> str:
    """Return a name of the licences as Hugging Face takes it: letters, digits, hyphens and points."""
    return licences[0].lower() if len(licences) == 1 else "mixed-licences-by-recording"


def _yaml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _size_category(count: int) -> str:
    """Return Hugging Face's word for a number of rows.

    >>> _size_category(999), _size_category(1_000), _size_category(10_000_000)
    ('n<1K', '1K<n<10K', '10M<n<100M')
    """
    words = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
    power = len(str(count)) - 4
    return "n<1K" if power < 0 else f"{words[power]}<n<{words[power + 1]}"


def _warning(subject: ExportSubject) -> list[str]:
    if not subject.private or subject.index is None:
        return []
    return [
        f"> **DO NOT PUBLISH.** Frames of {len(subject.private):,} of {len(subject.recordings):,} recordings may not "
        "be passed on: the table\n> of sources tells whose they are, and `manifests.jsonl` names each.\n"
    ]


def _section(head: str, lines: Iterable[str], *, listed: bool = False) -> str:
    mark = "- " if listed else ""
    gap = "\n" if listed else "\n\n"
    return f"## {head}\n\n" + gap.join(mark + plain(line) for line in lines) + "\n"


def _opening(subject: ExportSubject) -> str:
    if subject.index is None:
        return f"```sh\nlusdata build {json.dumps(subject.label)} --out DIR\n```\n"
    return '```python\nimport lusdata\n\ndataset = lusdata.load("DIR")    # this folder\n```\n'


def _classes(subject: ExportSubject) -> str:
    rows = class_rows(subject)
    probes = list(dict.fromkeys(probe for row in rows for probe in row.by_probe))
    built = subject.index is not None
    lines = [
        [
            row.class_name,
            *(f"{row.by_probe.get(probe, 0):,}" for probe in probes),
            f"{row.recordings:,}",
            f"{row.groups:,}",
            *([f"{row.frames:,}"] if built else []),
        ]
        for row in rows
    ]
    total = [
        "total",
        *(f"{sum(row.by_probe.get(probe, 0) for row in rows):,}" for probe in probes),
        f"{len(subject.recordings):,}",
        # Not the sum: recordings of one group may differ in class.
        f"{len({subject.groups[manifest.id] for manifest in subject.recordings}):,}",
        *([f"{subject.total_frames:,}"] if built else []),
    ]
    head = ["class", *(f"{probe} recordings" for probe in probes), "recordings", "patient groups"]
    return table([*head, "frames"] if built else head, [*lines, total])


def _sources(subject: ExportSubject) -> str:
    rows = (
        (
            row.provider,
            link(row.licence_url, row.licence),
            f"{row.recordings:,}",
            "yes" if row.publish else f"no: {row.reason}",
            row.attribution,
            link(f"https://doi.org/{row.doi}", f"doi:{row.doi}") if row.doi else link(row.page),
        )
        for row in source_rows(subject.recordings)
    )
    return table(
        ("source", "licence", "recordings", "frames may be passed on", "whom to name", "publication or page"), rows
    )


def _left_out(subject: ExportSubject) -> str:
    if not subject.left_out:
        return "Nothing: every recording of the collection is in it.\n"
    rows = ((item.code, f"{item.recordings:,}", item.reason) for item in reasons(subject.left_out))
    return plain(sentences.missing(subject)) + "\n\n" + table(("code", "recordings", "why"), rows)


def _citation(subject: ExportSubject) -> str:
    entries = bibtex(cite(subject.cited, subject.recordings)).rstrip("\n").split("\n")
    # Indented and not fenced: no text of a manifest can end such a block.
    return (
        "Name the data by its digest, the fold table that was used, and everyone whose recordings were used; most\n"
        "licences ask for it.\n\n" + "\n".join(f"    {line}".rstrip() for line in entries) + "\n"
    )


def _digests(subject: ExportSubject) -> str:
    if subject.index is None:
        return table(("of", "sha256"), [(subject.cited.digest_of, subject.digest)])
    data = subject.index.data
    ledger = data["manifests"]
    rows = [
        ("the rows: frames, labels and groups, whatever the format", subject.digest),
        ("the recipe", subject.index.recipe.digest),
        (f"the manifests of the collection, {ledger['file']} of the dataset", str(ledger["sha256"])),
    ]
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    return table(("of", "sha256"), rows) + "\n" + plain(f"Made with {versions}.") + "\n"
