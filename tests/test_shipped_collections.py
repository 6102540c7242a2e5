"""What the collections that ship with lusdata say of themselves is borne out by their manifests."""

from __future__ import annotations

import pytest

from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import ABOUT
from lusdata.catalog.importers.table import IMPORTERS
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.shipped import manifests_root

ROOT = manifests_root()
NAMES = sorted(name for name, importer in IMPORTERS.items() if importer.committed)


@pytest.fixture(scope="module", params=NAMES)
def shipped(request: pytest.FixtureRequest) -> Collection:
    return open_collection(ROOT / request.param)


def test_each_says_whose_it_is_and_how_to_cite_it(shipped):
    about = shipped.about
    assert (ROOT / shipped.name / ABOUT).is_file()
    assert all((about.title, about.owner, about.citation, about.data.get("contact")))
    assert not about.private


def test_each_task_has_a_value_of_each_kind_somewhere(shipped):
    for task in shipped.about.tasks.values():
        found = {task.value_of(manifest) for manifest in shipped.manifests} - {None}
        assert found == set(task.values), task.name


def test_every_reader_is_named_once_and_reads_something(shipped):
    said = {
        entry["reader"]
        for manifest in shipped.manifests
        for field in ("patterns", "severity", "labels", "quality")
        for entry in manifest.data.get(field, ())
        if "reader" in entry
    }
    assert said == {reader["id"] for reader in shipped.about.data.get("readers", ())}


def test_every_score_stands_on_a_scale_that_somebody_defines(shipped):
    used = {entry["scale"] for manifest in shipped.manifests for entry in manifest.data.get("severity", ())}
    assert used <= set(shipped.about.scales)


def test_nobody_gave_one_file_to_two_recordings():
    seen: dict[str, str] = {}
    for name in NAMES:
        for manifest in open_collection(ROOT / name).manifests:
            if manifest.sha256 is not None:
                assert seen.setdefault(manifest.sha256, manifest.id) == manifest.id
