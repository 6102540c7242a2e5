from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording, write_catalog

from lusdata.catalog.about import about_header, read_about
from lusdata.catalog.folders import ABOUT
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.severity import known_scales
from lusdata.catalog.validate import check_files
from lusdata.cli import main
from lusdata.errors import DataError

ICU = {"name": "icu", "kind": "binary", "meaning": "Went to intensive care.", "values": ["no", "yes"]}


def _about(folder: Path, **facts: Any) -> None:
    data = {**about_header(), "title": "Ward 7", "owner": "A hospital", "private": False, **facts}
    (folder / ABOUT).write_text(json.dumps(data), encoding="utf-8")


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    folder = tmp_path / "test"
    write_catalog(folder, [recording("a"), recording("b")])
    return folder


def _change(folder: Path, name: str, **facts: Any) -> None:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **facts}), encoding="utf-8")


def _codes(folder: Path) -> list[str]:
    return [issue.code for issue in check_files(sorted(set(folder.glob("*.json")) - {folder / ABOUT})).issues]


def test_the_collections_own_file_is_no_manifest_and_is_opened_with_it(ward: Path):
    _about(ward, tasks=[ICU], citation="Ward 7, 2026")
    collection = open_collection(ward)
    assert [manifest.id for manifest in collection.manifests] == ["test/a", "test/b"]
    assert (collection.about.title, collection.about.citation, list(collection.about.tasks)) == (
        "Ward 7",
        "Ward 7, 2026",
        ["icu"],
    )
    assert main(["validate", str(ward)]) == 0


def test_a_collection_without_such_a_file_says_nothing_of_itself(ward: Path):
    about = open_collection(ward).about
    assert (about.title, about.private, dict(about.tasks)) == ("", False, {})
    assert about.scales == known_scales()


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"schema_version": "9.0.0"}, "not a collection file that this lusdata knows"),
        ({"colour": "red"}, "unknown field"),
        ({"tasks": [ICU, ICU]}, "tasks holds one name twice; found icu"),
        ({"tasks": [{**ICU, "values": ["yes"]}]}, "too few or too many values"),
        ({"readers": [{"id": "r"}, {"id": "r"}]}, "readers holds one name twice"),
    ],
)
def test_a_fault_of_the_file_is_one_line_and_an_issue(ward: Path, facts: dict[str, Any], message: str, capsys: Any):
    _about(ward, **facts)
    with pytest.raises(DataError, match=message):
        read_about(ward)
    assert main(["validate", str(ward)]) == 1
    out = capsys.readouterr().out
    assert "COLLECTION_FILE" in out
    assert message.split(";")[0] in out


def test_labels_are_values_of_the_collections_tasks(ward: Path):
    _change(ward, "a", labels=[{"task": "icu", "value": "maybe"}])
    _change(ward, "b", labels=[{"task": "death", "value": "no"}])
    assert _codes(ward) == ["LABEL_TASK", "LABEL_TASK"]
    _about(ward, tasks=[ICU, {**ICU, "name": "death"}])
    assert _codes(ward) == ["LABEL_TASK"]
    _change(ward, "a", labels=[{"task": "icu", "value": "yes"}])
    assert _codes(ward) == []


def test_a_scale_is_the_registrys_or_the_collections_own(ward: Path):
    _change(ward, "a", severity=[{"scale": "ours-0-9", "value": 7, "reader": "r"}])
    assert _codes(ward) == ["SEVERITY_SCALE"]
    scale = {"name": "ours-0-9", "title": "Ours", "minimum": 0, "maximum": 9, "definition": "The more, the worse."}
    _about(ward, severity_scales=[scale])
    assert _codes(ward) == []


def test_a_private_collection_holds_private_recordings(ward: Path):
    _about(ward, private=True)
    assert _codes(ward) == ["PRIVATE_LICENCE", "PRIVATE_LICENCE"]
    for name in "ab":
        source = json.loads((ward / f"{name}.json").read_text(encoding="utf-8"))["source"]
        _change(ward, name, source={**source, "licence": licence_entry("LicenseRef-Private"), "locations": []})
    assert "PRIVATE_LICENCE" not in _codes(ward)


def test_every_scale_of_the_registry_says_what_its_scores_mean():
    for scale in known_scales().values():
        assert scale.minimum < scale.maximum
        assert scale.doi.startswith("10.")
        assert len(scale.definition) > 40
