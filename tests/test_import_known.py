"""Recordings of an import that another collection has already, and the registry of the providers' terms."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording

from lusdata.catalog.documents import read_document
from lusdata.catalog.folders import json_files
from lusdata.catalog.importers.other_collections import known_elsewhere, of_other_collections, with_links
from lusdata.catalog.importers.table import IMPORTERS
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import licence_of
from lusdata.catalog.schema import schema_faults
from lusdata.catalog.shipped import manifests_root
from lusdata.catalog.terms import REGISTRY, known_terms
from lusdata.errors import DataError

ROOT = manifests_root()


def one(name: str, group: str = "patient-1", **source: Any) -> dict[str, Any]:
    """Return a manifest of the collection before the slash, with nothing that agrees with another."""
    collection, _, clip = name.partition("/")
    data: dict[str, Any] = json.loads(json.dumps(recording(clip, "healthy", group).data))
    data["id"] = name
    data["group"] = {"id": f"{collection}/{group}", "basis": group.split("-")[0]}
    data["source"] |= {"locations": [], "sha256": hashlib.sha256(name.encode()).hexdigest(), **source}
    return data


def agrees(mine: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [known.agrees for known in known_elsewhere([mine], [Manifest(other)])]


ADDRESS = "https://example.org/clip-a.mp4"


@pytest.mark.parametrize(
    ("mine", "other", "told"),
    [
        ({"sha256": "a" * 64}, {"sha256": "a" * 64}, ["digest"]),
        ({"other_digests": {"md5": "b" * 32}}, {"other_digests": {"md5": "b" * 32}}, ["digest"]),
        ({"locations": [ADDRESS]}, {"locations": [ADDRESS.replace("https", "http")]}, ["address"]),
        ({"locations": [ADDRESS + "?id=1"]}, {"locations": [ADDRESS + "?id=2"]}, []),
        ({"path": "x/Cov-Consolidation.mp4"}, {"path": "y/consolidation.MP4"}, ["name"]),
        ({"path": "x/Consolidation.mp4"}, {"path": "y/Consolidation_Example 2.mp4"}, []),
        ({"path": "x/consolidation.mp4", "provider": "other-site"}, {"path": "y/consolidation.mp4"}, []),
        ({"path": "x/video.mp4"}, {"path": "y/video.mp4"}, []),
        ({"doi": "10.1000/AB"}, {"doi": "10.1000/ab"}, ["publication"]),
        ({"doi": "10.1000/ab", "locations": [ADDRESS]}, {"doi": "10.1000/ab", "locations": [ADDRESS]}, ["address"]),
        ({}, {}, []),
    ],
)
def test_the_strongest_that_agrees_is_told(mine, other, told):
    given = [{"provider": "site", "path": f"{name}/x.mp4", **source} for name, source in (("a", mine), ("b", other))]
    assert agrees(one("mine/a", **given[0]), one("there/b", **given[1])) == told


def test_pictures_that_agree_are_found_in_another_collection():
    shown = [manifest for manifest in of_other_collections("blues") if "fingerprint" in manifest.data][:3]
    mine = one("mine/a", path="mine.mp4")
    mine["fingerprint"] = shown[0].data["fingerprint"]
    assert [(known.other.id, known.agrees) for known in known_elsewhere([mine], shown)] == [(shown[0].id, "pictures")]


@pytest.mark.parametrize(
    ("group", "source", "basis"),
    [
        ("patient-9", {"sha256": "a" * 64}, "patient"),
        ("publication-9", {"sha256": "a" * 64}, "publication"),
        ("unknown-9", {"sha256": "a" * 64}, "near-duplicate"),
    ],
)
def test_a_link_says_what_the_group_there_rests_on(group, source, basis):
    mine, other = one("mine/a", **source), one("there/b", group, **source)
    data = with_links(mine, known_elsewhere([mine], [Manifest(other)]))
    assert data["group"]["linked"] == [{"id": f"there/{group}", "basis": basis}]
    assert list(schema_faults(data)) == []


def test_what_was_withdrawn_there_is_not_used_here():
    mine, other = one("mine/a", sha256="a" * 64), one("there/b", sha256="a" * 64)
    other["status"] = {"state": "withdrawn", "since": "2026-01-01", "reason": "consent taken back"}
    data = with_links(mine, known_elsewhere([mine], [Manifest(other)]))
    assert (data["status"]["state"], data["status"]["reason"]) == ("excluded", "withdrawn as there/b")


def test_nothing_is_joined_to_a_collection_that_is_never_committed():
    assert {manifest.id.split("/")[0] for manifest in of_other_collections("pocus")} == {"blues", "atlas", "cit"}


def shipped() -> list[dict[str, Any]]:
    names = [name for name, importer in IMPORTERS.items() if importer.committed]
    files = [path for name in names for path in json_files(ROOT / name)]
    return [json.loads(path.read_bytes()) for path in files]


def test_the_terms_of_every_provider_were_looked_at_and_fit_its_recordings():
    stated: dict[str, set[str]] = {}
    for data in shipped():
        source = data["source"]
        stated.setdefault(source["provider"], set()).add(source["licence"]["id"])
        beside = {key: source["licence"][key] for key in ("machine_learning", "terms") if key in source["licence"]}
        assert known_terms()[source["provider"]].licence == beside, data["id"]
    assert {provider: set(known_terms()[provider].data["licences"]) for provider in stated} == stated
    assert all(licence_of(name) for terms in known_terms().values() for name in terms.data["licences"])


def test_each_provider_stands_in_the_registry_once_and_in_the_log_of_its_collection():
    names = [entry["provider"] for entry in read_document(ROOT / REGISTRY, kind="terms")["providers"]]
    assert names == sorted(set(names))
    for data in shipped():
        collection, provider = data["id"].split("/")[0], data["source"]["provider"]
        log = (ROOT / collection / "CURATION.md").read_text(encoding="utf-8")
        assert f"[{known_terms()[provider].data['name']}](" in log


def test_terms_that_nobody_saw_name_who_recorded_them(tmp_path: Path):
    document = read_document(ROOT / REGISTRY, kind="terms")
    entry = next(entry for entry in document["providers"] if entry["seen"] == "not-reached")
    del entry["recorded_by"]
    path = tmp_path / REGISTRY
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match="recorded_by"):
        read_document(path, kind="terms")
