"""``README.md`` of a dataset folder: what it is, how to open it, whom to name, what may not be passed on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.dataset.formats.columns import FRAME_COLUMNS, Column
from lusdata.dataset.formats.table import FORMATS, ShardFormat
from lusdata.markdown import plain, table

__all__ = ["readme"]


def readme(data: Mapping[str, Any], manifests: Sequence[Manifest], columns: Sequence[Column]) -> str:
    """Write the page.

    Parameters
    ----------
    data : Mapping
        The content of ``dataset.json``.
    manifests : sequence of Manifest
        The recordings that were built.
    columns : sequence of Column
        The columns of their facts.

    Returns
    -------
    str
        Markdown with a head that tells Hugging Face where the rows are. Equal datasets give equal pages.
    """
    counts, form = data["counts"], FORMATS[data["format"]]
    blocks = [
        _head(form, columns, counts["recordings_by_class"]),
        f"# {data['name']}: {counts['recordings']:,} lung-ultrasound recordings as {counts['frames']:,} frames\n",
        f"Made by lusdata {data['versions']['lusdata']}{_from(data)}: {data['recipe_text']}.\n`dataset.json` says from "
        "what, where each recording lies, and what was left out and why;\n`manifests.jsonl` holds all that is known "
        "about them.\n",
        _classes(counts),
        "## Open it\n\n" + form.opening + "\n",
        "Split by `group`, never by frame or recording: the recordings of one group show one patient or belong\n"
        'together otherwise. `lusdata.load("FOLDER").fold(0)` does.\n',
        _rights(manifests),
        _attributions(manifests),
    ]
    return "\n".join(blocks)


def _from(data: Mapping[str, Any]) -> str:
    return f" from release {data['release']['version']}" if "release" in data else ""


_FEATURES: Mapping[str, str] = {
    "text": "dtype: string",
    "number": "dtype: float64",
    "integer": "dtype: int32",
    "image": "dtype: image",
    "crop": "sequence: int32",
}


def _head(form: ShardFormat, columns: Sequence[Column], classes: Iterable[str]) -> str:
    """Return what Hugging Face `datasets` reads: where the rows are, and that ``class`` is a class label."""
    if not form.is_table:
        return ""
    lines = ["configs:", "- config_name: default", f'  data_files: "{form.files}"', "dataset_info:", "  features:"]
    for column in (*columns, *FRAME_COLUMNS):
        lines.append(f"  - name: {column.name}")
        if column.name == "class":
            lines += ["    dtype:", "      class_label:", "        names:"]
            lines += [f"          '{number}': {name}" for number, name in enumerate(classes)]
        else:
            lines.append(f"    {_FEATURES[column.kind]}")
    return "---\n" + "\n".join(lines) + "\n---\n"


def _classes(counts: Mapping[str, Any]) -> str:
    rows = (
        (name, f"{number:,}", f"{counts['frames_by_class'][name]:,}")
        for name, number in counts["recordings_by_class"].items()
    )
    return table(("class", "recordings", "frames"), rows)


def _rights(manifests: Sequence[Manifest]) -> str:
    reasons = {manifest.id: rights_of(manifest).reason for manifest in manifests if not rights_of(manifest).publish}
    if not reasons:
        return "## Rights\n\nEvery licence below allows passing the frames on, under its own conditions.\n"
    lines = [f"- `{name}`: {plain(reason)}" for name, reason in reasons.items()]
    return (
        f"## Rights\n\n**Do not publish this folder.** {len(reasons):,} of its {len(manifests):,} recordings may not\n"
        "be passed on; it was made for use on the machine that built it. `--select publish=yes` builds a dataset\n"
        "without these:\n\n" + "\n".join(lines) + "\n"
    )


def _attributions(manifests: Iterable[Manifest]) -> str:
    uses = Counter(
        (
            manifest.provider,
            str(manifest.licence["id"]),
            str(manifest.data["source"].get("attribution", "")),
        )
        for manifest in manifests
    )
    rows = ((provider, licence, whom, f"{number:,}") for (provider, licence, whom), number in sorted(uses.items()))
    listed = table(("source", "licence", "attribution", "recordings"), rows)
    return f"## Name the sources\n\n{listed}\n`lusdata cite FOLDER` prints them with DOIs and pages as BibTeX.\n"
