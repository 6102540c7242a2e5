"""What several tabs of a gallery share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lusdata.catalog.manifest import Manifest
from lusdata.publish.gallery.html import Html, join, recording_link

__all__ = ["class_cell", "grouped", "listed"]


def class_cell(name: str) -> Html:
    """Return a class in words, with its colour as a dot before it."""
    return Html(f'<span class="class" data-class="{name}">{name}</span>')


def listed(manifests: Iterable[Manifest], details: Mapping[str, str] | None = None) -> list[Html]:
    """Return a line for each recording: a link, and what there is to say."""
    told = details or {}
    return [
        join([recording_link(manifest.id), f": {told[manifest.id]}" if told.get(manifest.id) else ""])
        for manifest in manifests
    ]


def grouped(manifests: Iterable[Manifest], key: Callable[[Manifest], str]) -> dict[str, list[Manifest]]:
    """Sort recordings into groups, the largest first."""
    found: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        found.setdefault(key(manifest), []).append(manifest)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))
