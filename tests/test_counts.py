"""Numbers mean the same in every command, card and page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording, write_catalog

from lusdata.catalog.counts import count_recordings, is_obtainable
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main
from lusdata.commands.stats import summarise
from lusdata.publish.citations import cite, subject_of_collection
from lusdata.publish.export.card import card
from lusdata.publish.export.export_subject import subject_of_collection as described
from lusdata.publish.gallery.panels.counts import counts_panel
from lusdata.publish.review.counts import compare_counts
from lusdata.releases.make import plan_release


def changed(name: str, *, licence: str = "CC-BY-4.0", **source: Any) -> Manifest:
    data = json.loads(json.dumps(recording(name, licence=licence).data))
    data["source"] |= source
    return Manifest(data)


@pytest.mark.parametrize(
    ("manifest", "obtainable"),
    [
        (recording("a"), True),
        (recording("a", state="excluded"), False),
        (recording("a", pinned=False), False),
        (changed("a", locations=[]), False),
        (changed("a", access="manual"), False),
        (changed("a", access="restricted"), False),
        (changed("a", licence="LicenseRef-Private", locations=[], access="restricted"), True),
        (changed("a", licence="LicenseRef-DUA-ward-7", locations=[], access="restricted"), True),
    ],
)
def test_a_recording_is_obtainable_by_an_address_or_by_its_owner(manifest, obtainable):
    assert is_obtainable(manifest) is obtainable


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a collection of which every kind of count has another number."""
    classes = ("healthy", "covid-19")
    rows = [recording(f"r{n}", classes[n % 2], f"patient-{n % 10}", provider=f"site-{n % 4}") for n in range(20)]
    rows += [recording("lead", "healthy", "patient-20", provider="site-5", pinned=False)]
    rows += [changed("gone", locations=[]), recording("out", group="patient-0", linked=["patient-1"], state="excluded")]
    return write_catalog(tmp_path_factory.mktemp("counts") / "manifests" / "clinic", rows)


def test_every_door_tells_the_same_numbers(folder, capsys):
    collection = open_collection(folder)
    counts = count_recordings(collection.manifests)
    numbers = {
        name: counts[name] for name in ("recordings", "included", "buildable", "obtainable", "groups", "sources")
    }
    # Groups that an excluded recording joins are joined: 10 patients, less one, and two more recordings.
    assert numbers == {
        "recordings": 23,
        "included": 22,
        "buildable": 21,
        "obtainable": 20,
        "groups": 11,
        "sources": 6,
    }
    summary = summarise(collection)
    told = {
        "recordings": summary["recordings"]["total"],
        "groups": summary["groups"],
        "sources": len(summary["sources"]),
    }
    told |= {name: summary["recordings"][name] for name in ("included", "buildable", "obtainable")}
    assert told == numbers
    release = json.loads(plan_release(collection, None, version="1.0.0", date="2026-01-01").files["release.json"])
    assert {name: release["counts"][name] for name in numbers} == numbers
    (row,) = [count for count in compare_counts((), collection.manifests) if count.name == "sources"]
    assert row.after == numbers["sources"]
    panel = re.sub(r"<[^>]+>", "", str(counts_panel(collection, {m.id: _Nothing for m in collection.manifests})))
    assert "22 included in 11 groups from 6 sources, 21 of them buildable and 20 obtainable." in panel
    clause = "21 recordings from 5 sources, of 22 included and 21 buildable"
    assert cite(subject_of_collection(collection), collection.buildable).clause == clause
    assert main(["cite", str(folder)]) == 0
    assert clause in capsys.readouterr().out
    assert clause in card(described(collection))


class _Nothing:
    strip = None
