"""Rules about what manifests say beside what their collection says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lusdata.catalog.about import About
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rules.rule import Breach
from lusdata.errors import Level

__all__ = ["ABOUT_RULES", "AboutRule", "about_findings"]


@dataclass(frozen=True)
class AboutRule:
    """A rule that needs the collection's own file: its code, its level and its sentence."""

    code: str
    level: Level
    sentence: str


FILE = AboutRule("COLLECTION_FILE", "error", "A collection.json is valid, and names nothing twice.")
_LABEL = AboutRule("LABEL_TASK", "error", "A label is a value of a task that its collection defines.")
_SCALE = AboutRule("SEVERITY_SCALE", "warning", "A score stands on a scale of the registry or of its collection.")
_LICENCE = AboutRule("PRIVATE_LICENCE", "error", "A private collection holds no licence that allows passing on.")

ABOUT_RULES = (FILE, _LABEL, _SCALE, _LICENCE)


def about_findings(about: About, manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, AboutRule, Breach]]:
    """Yield what manifests say that their collection does not bear out.

    Parameters
    ----------
    about : About
        What the collection says of itself.
    manifests : sequence of Manifest
        Its recordings.

    Yields
    ------
    manifest, rule, finding
        Which manifest, by which rule, and where.
    """
    for manifest in manifests:
        for number, label in enumerate(manifest.data.get("labels", ())):
            task, path = about.tasks.get(label["task"]), f"$.labels[{number}]"
            if task is None:
                expected = ", ".join(about.tasks) or "a task in collection.json"
                message = "the collection has no such task"
                yield manifest, _LABEL, Breach(f"{path}.task", message, expected, label["task"])
            elif not task.takes(label["value"]):
                message, expected = f"no value of the task {task.name}", task.range_words()
                yield manifest, _LABEL, Breach(f"{path}.value", message, expected, repr(label["value"])[:80])
        for number, entry in enumerate(manifest.data.get("severity", ())):
            scale, path = about.scales.get(entry["scale"]), f"$.severity[{number}]"
            if scale is None:
                hint = "define it in collection.json, or add it to manifests/severity-scales.json"
                message, known = "a scale that nobody defines", ", ".join(about.scales)
                yield manifest, _SCALE, Breach(f"{path}.scale", message, known, entry["scale"], hint)
        if about.private and manifest.licence["redistribute"]:
            hint = "LicenseRef-Private, or say in collection.json that it is not private"
            message, found = "the collection is private", manifest.licence["id"]
            yield manifest, _LICENCE, Breach("$.source.licence.id", message, "no such right", found, hint)
