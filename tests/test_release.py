"""Releases: made, read, opened, held against their seals and against git."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording, write_catalog
from golden import MIGRATED
from hypothesis import given
from hypothesis import strategies as st
from repositories import commit_all, make_repository

from lusdata.catalog.manifest import Manifest, read_manifest, write_manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.release import (
    find_release,
    manifest_files_of,
    read_release,
    releases_folder,
    releases_of,
    seal,
)
from lusdata.catalog.version import parse_version
from lusdata.cli import main
from lusdata.errors import DataError, OutsideError, UsageError
from lusdata.releases import check as release_check
from lusdata.releases import make as releasing
from lusdata.releases.check import broken_releases
from lusdata.releases.folds import frozen_table
from lusdata.releases.make import last_release, plan_release
from lusdata.splits.folds.make import make_folds

Edit = Callable[[dict[str, Any]], Any]


def edit(clinic: Path, name: str, change: Edit) -> None:
    """Change one manifest in place."""
    path = clinic / f"{name}.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def correct(data: dict[str, Any]) -> None:
    data["source"]["attribution"] = "A clinic"


def relabel(data: dict[str, Any]) -> None:
    data["class"] = "bacterial-pneumonia"


def withdraw(data: dict[str, Any]) -> None:
    data["status"] = {"state": "withdrawn", "since": "2026-02-01", "reason": "consent was taken back"}
    data["source"]["locations"] = []


def add(clinic: Path, name: str, group: str = "patient-new") -> None:
    data = json.loads((clinic / "r0.json").read_text(encoding="utf-8"))
    data |= {"id": f"clinic/{name}", "group": {"id": f"test/{group}", "basis": "patient"}}
    data["source"] |= {"sha256": f"{len(list(clinic.iterdir())):064x}", "path": f"videos/{name}.mp4"}
    (clinic / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")


def release(clinic: Path, version: str, *options: str) -> int:
    return main(["release", str(clinic), "--version", version, "--date", "2026-01-31", *options])


@pytest.fixture
def released(clinic: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert release(clinic, "1.0.0", "--notes", "The first.") == 0
    capsys.readouterr()
    return clinic


def folder_of(clinic: Path, version: str = "1.0.0") -> Path:
    return releases_folder(clinic) / version


# --- making ---


def test_a_release_holds_manifests_folds_counts_and_what_an_audit_found(released: Path) -> None:
    made = find_release(released, "1.0.0")
    assert sorted(path.name for path in made.folder.iterdir()) == [
        "folds-patient.json",
        "folds-source.json",
        "folds-video.json",
        "manifests-0.jsonl",
        "release.json",
    ]
    assert made.manifests == open_collection(released).manifests
    assert made.recordings == {manifest.id: manifest.digest for manifest in made.manifests}
    assert (made.data["date"], made.data["notes"], made.data["previous"]) == ("2026-01-31", "The first.", None)
    assert made.data["counts"]["class"] == {"covid-19": 8, "healthy": 8}
    assert made.data["audit"]["leaks"] == 0
    assert made.data["audit"]["rights"] == {"included": 16, "fetch": 16, "build": 16, "publish": 16}
    assert made.data["audit"]["confounding"] == []  # four groups of a class are too few to measure it
    table = frozen_table(made, "patient")
    assert table is not None
    assert (table.k, len(table.units), len(table.recordings)) == (5, 8, 16)


def test_the_figure_of_confounding_is_kept_where_it_can_be_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sites = {"healthy": "a-school", "covid-19": "a-clinic"}
    found = [
        recording(f"{word}-{n}", word, f"{word}-{n}", provider=site) for word, site in sites.items() for n in range(6)
    ]
    clinic = write_catalog(tmp_path / "manifests" / "clinic", found)
    assert release(clinic, "1.0.0") == 0
    assert "told from source alone, the class is right with balanced accuracy 1.00" in capsys.readouterr().out
    rows = find_release(clinic, "1.0.0").data["audit"]["confounding"]
    assert [row["told_from"] for row in rows] == ["source", "file", "source and file"]
    assert (rows[0]["balanced_accuracy"], rows[0]["chance"]) == (1.0, 0.5)


def test_the_same_collection_gives_the_same_bytes(released: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "clinic"
    shutil.copytree(released, copy)
    assert release(copy, "1.0.0", "--notes", "The  first.") == 0
    for path in folder_of(released).iterdir():
        assert (folder_of(copy) / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.0.0", "the version was given before; expected above 1.0.0"),
        ("0.9.9", "the version is not above the last one; expected above 1.0.0"),
        ("1.0", "not a version of a release; expected three numbers"),
        ("1.0.0-rc1", "not a version of a release"),
        ("01.0.0", "not a version of a release"),
    ],
)
def test_a_version_that_cannot_follow_is_refused(
    released: Path, version: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(released, "r0", correct)
    assert release(released, version) == 2
    assert message in capsys.readouterr().err
    assert releases_of(releases_folder(released)) == ("1.0.0",)


@pytest.mark.parametrize(
    ("change", "too_low", "enough", "reason"),
    [
        (lambda clinic: edit(clinic, "r0", relabel), "1.9.9", "2.0.0", r"clinic/r0 \(\$\.class\)"),
        (lambda clinic: edit(clinic, "r0", withdraw), "1.1.0", "2.0.0", r"clinic/r0 \(withdrawn\)"),
        (lambda clinic: add(clinic, "new"), "1.0.1", "1.1.0", r"clinic/new \(added\)"),
        (lambda clinic: edit(clinic, "r0", correct), None, "1.0.1", ""),
    ],
    ids=["label", "withdrawal", "addition", "correction"],
)
def test_a_version_must_rise_by_what_the_changes_weigh(
    released: Path,
    change: Callable[[Path], None],
    too_low: str | None,
    enough: str,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(released)
    if too_low is not None:
        assert release(released, too_low) == 2
        told = capsys.readouterr().err
        assert f"expected at least {enough}" in told
        assert reason.replace("\\", "") in told
        assert releases_of(releases_folder(released)) == ("1.0.0",)
    assert release(released, enough) == 0
    made = find_release(released, enough)
    assert made.data["previous"] == {"version": "1.0.0", "sha256": find_release(released, "1.0.0").digest}
    assert broken_releases(released) == ()


def test_a_release_without_a_change_is_refused(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release(released, "1.0.1") == 1
    assert "clinic@1.0.0: nothing changed" in capsys.readouterr().err


def test_a_recording_that_is_gone_must_be_withdrawn_instead(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (released / "r3.json").unlink()
    assert release(released, "2.0.0") == 1
    assert 'set its status to "withdrawn" with a reason' in capsys.readouterr().err
    collection, previous = open_collection(released), find_release(released, "1.0.0")
    with pytest.raises(DataError, match="clinic/r3: a recording of the last release has no manifest any more"):
        plan_release(collection, previous, version="2.0.0", date="2026-01-31")
    assert [issue.code for issue in broken_releases(released)] == ["RELEASE_RECORDING_GONE"]


def test_a_collection_with_a_fault_is_not_released(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(clinic, "r0", lambda data: data.pop("probe"))
    assert release(clinic, "1.0.0") == 1
    assert "SCHEMA_REQUIRED" in capsys.readouterr().err
    assert not releases_folder(clinic).exists()


def test_folds_that_leak_are_not_released(
    clinic: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def by_video(manifests: Any, *, by: str, **settings: Any) -> Any:
        return make_folds(manifests, by="video", **settings)

    monkeypatch.setattr(releasing, "make_folds", by_video)
    assert release(clinic, "1.0.0") == 1
    assert "the folds leak: " in capsys.readouterr().err
    assert not releases_folder(clinic).exists()


def test_a_disk_that_is_full_leaves_nothing_half_written(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert release(clinic, "1.0.0") == 3
    assert list(releases_folder(clinic).iterdir()) == []


def test_groups_keep_their_folds_in_the_next_release(released: Path) -> None:
    before = frozen_table(find_release(released, "1.0.0"), "patient")
    edit(released, "r1", withdraw)
    for number in range(6):
        add(released, f"early-{number}", group=f"early-{number // 2}")
        edit(released, f"early-{number}", lambda data: data["status"].update(since="2019-01-01"))
    add(released, "second", group="patient-3")
    assert release(released, "2.0.0") == 0
    after = frozen_table(find_release(released, "2.0.0"), "patient")
    assert before is not None
    assert after is not None
    kept = [name for name in before.recordings if name != "clinic/r1"]
    assert [after.fold_of[after.unit_of[name]] for name in kept] == [
        before.fold_of[before.unit_of[name]] for name in kept
    ]
    assert after.unit_of["clinic/second"] == after.unit_of["clinic/r3"]
    assert len(after.recordings) == 16 - 1 + 7


def test_releases_are_listed_with_what_may_follow(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", str(released)]) == 0
    assert "nothing changed since 1.0.0" in capsys.readouterr().out
    add(released, "new")
    assert main(["release", str(released)]) == 0
    assert "the changes since 1.0.0 are minor: the next release is at least 1.1.0" in capsys.readouterr().out
    assert main(["release", str(released), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert ([row["version"] for row in told["releases"]], told["next"]) == (["1.0.0"], "1.1.0")


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["COLLECTION", "--notes", "x"],
        ["COLLECTION", "--against", "HEAD"],
        ["COLLECTION", "--check", "--version", "1.0.0"],
        ["COLLECTION@1.0.0", "--version", "2.0.0"],
        ["COLLECTION", "--version", "2.0.0", "--date", "yesterday"],
    ],
    ids=" ".join,
)
def test_a_call_that_makes_no_sense_is_refused(released: Path, options: list[str]) -> None:
    assert main(["release", *(option.replace("COLLECTION", str(released)) for option in options)]) == 2


# --- sealing ---

JSON = st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3) | st.booleans(), max_size=4)


@given(JSON, st.text(max_size=3).filter(lambda key: key != "sha256"), st.integers() | st.text(max_size=3))
def test_a_seal_shows_any_change(data: dict[str, Any], key: str, value: Any) -> None:
    sealed = seal(data)
    touched = {**sealed, key: value}
    same = json.dumps(touched, sort_keys=True) == json.dumps(sealed, sort_keys=True)
    assert (seal(touched) == touched) is same


@pytest.mark.parametrize("name", ["release.json", "folds-patient.json", "folds-video.json", "manifests-0.jsonl"])
@pytest.mark.parametrize("harm", ["flip", "empty", "remove"])
def test_any_file_that_was_touched_breaks_a_release(released: Path, name: str, harm: str) -> None:
    path = folder_of(released) / name
    content = bytearray(path.read_bytes())
    # A digit in the middle, so that the file stays what a parser takes.
    place = next(i for i in range(len(content) // 2, len(content)) if chr(content[i]).isdigit())
    content[place] = ord("1") if content[place] != ord("1") else ord("2")
    if harm == "remove":
        path.unlink()
    else:
        path.write_bytes(bytes(content) if harm == "flip" else b"")
    issues = broken_releases(released)
    assert {issue.code for issue in issues} == {"RELEASE_BROKEN"}
    assert name in issues[0].file
    if name in ("release.json", "manifests-0.jsonl"):
        with pytest.raises(DataError):
            open_collection(f"{released}@1.0.0")


def test_a_release_that_is_sealed_anew_breaks_the_chain(released: Path) -> None:
    edit(released, "r0", correct)
    assert release(released, "1.0.1") == 0
    path = folder_of(released) / "release.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(seal({**data, "notes": "Nothing to see."})), encoding="utf-8")
    assert [issue.code for issue in broken_releases(released)] == ["RELEASE_CHAIN"]
    shutil.rmtree(folder_of(released))
    assert [issue.code for issue in broken_releases(released)] == ["RELEASE_CHAIN"]
    edit(released, "r1", correct)
    assert release(released, "1.0.2") == 1


@pytest.mark.parametrize("name", ["notes.txt", "1.0.0/more.json", "1.0"])
def test_a_file_that_does_not_belong_there_is_told(released: Path, name: str) -> None:
    (releases_folder(released) / name).write_text("x", encoding="utf-8")
    assert [issue.code for issue in broken_releases(released)] == ["RELEASE_STRAY"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"release_format": "9.0.0"}, "not a release that this lusdata knows"),
        ({"collection": "another"}, "a release lies in another place"),
        ({"files": {"../../secret.json": {"sha256": "0"}}}, r"\$\.files\['../../secret\.json'\]: unknown field"),
        ({"files": {"folds-patient.json": 3}}, r"\$\.files\['folds-patient\.json'\]: wrong type, expected an object"),
        ({"recordings": ["a"]}, r"\$\.recordings: wrong type, expected an object"),
        ({"recordings": {"a": 1}}, r"\$\.recordings\.a: wrong type, expected a text"),
        ({"notes": None}, r"\$\.notes: wrong type, expected a text, found null"),
        ({"counts": {}}, r"\$\.counts\.buildable: a required field is missing"),
        ({"versions": {}}, r"\$\.versions\.lusdata: a required field is missing"),
        ({"previous": "1.0"}, r"\$\.previous: wrong type, expected an object or nothing"),
    ],
)
def test_a_release_that_somebody_else_sealed_is_not_trusted(
    released: Path, change: dict[str, Any], message: str
) -> None:
    path = folder_of(released) / "release.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(seal({**data, **change})), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_release(path.parent)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[]", "no manifest"),
        (b"{", "not valid JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"id": 1}', "no manifest"),
    ],
    ids=["a list", "no JSON", "a tower", "no id"],
)
def test_manifests_that_somebody_else_sealed_are_not_trusted(released: Path, line: bytes, message: str) -> None:
    path = folder_of(released) / "release.json"
    (path.parent / "manifests-0.jsonl").write_bytes(line + b"\n")
    data = json.loads(path.read_text(encoding="utf-8"))
    data["files"]["manifests-0.jsonl"]["sha256"] = hashlib.sha256(line + b"\n").hexdigest()
    path.write_text(json.dumps(seal(data)), encoding="utf-8")
    (issue,) = broken_releases(released)
    assert issue.code == "RELEASE_BROKEN"
    assert message in issue.message


def test_manifests_are_cut_into_files_that_a_page_can_show(released: Path) -> None:
    manifests = open_collection(released).manifests
    files = manifest_files_of(reversed(manifests), part_bytes=3000)
    assert list(files) == [f"manifests-{number}.jsonl" for number in range(len(files))]
    assert max(map(len, files.values())) <= 3000
    lines = b"".join(files.values()).decode("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [manifest.id for manifest in manifests]


def test_versions_are_ordered_as_numbers(tmp_path: Path) -> None:
    for name in ("1.10.0", "1.9.0", "2.0.0", "1.0", "latest"):
        (tmp_path / name).mkdir()
    assert releases_of(tmp_path) == ("1.9.0", "1.10.0", "2.0.0")
    assert parse_version("0.0.1") < parse_version("0.1.0")


def test_every_code_has_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "--rules", "--json"]) == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    source = (Path(release_check.__file__)).read_text(encoding="utf-8")
    used = set(re.findall(r'"(RELEASE_[A-Z_]+)"', source.partition("def broken_releases")[2]))
    assert {rule["code"] for rule in rules} == used
    assert all(rule["sentence"].endswith(".") for rule in rules)


# --- git ---


@pytest.fixture
def committed(released: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    make_repository(released.parent)
    commit_all(released.parent)
    return released


def test_a_committed_release_that_was_made_anew_is_told(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", str(committed), "--check"]) == 0
    assert "clinic: 1 release, unchanged; held against HEAD" in capsys.readouterr().out
    path = folder_of(committed) / "release.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(seal({**data, "notes": "Another first."})), encoding="utf-8")
    assert main(["release", str(committed), "--check"]) == 1
    told = capsys.readouterr().out
    assert "error RELEASE_ALTERED" in told
    assert "git checkout HEAD -- " in told
    commit_all(committed)
    assert broken_releases(committed) == ()
    assert {issue.code for issue in broken_releases(committed, against="HEAD~1")} == {"RELEASE_ALTERED"}


def test_a_committed_release_that_was_removed_is_told(committed: Path) -> None:
    shutil.rmtree(committed.parent / "releases")
    issues = broken_releases(committed)
    assert {issue.code for issue in issues} == {"RELEASE_ALTERED"}
    assert len(issues) == 5


def test_a_new_release_alters_no_old_one(committed: Path) -> None:
    edit(committed, "r0", correct)
    assert release(committed, "1.0.1") == 0
    assert broken_releases(committed, against="HEAD") == ()


def test_a_revision_that_is_none_is_refused(committed: Path, clinic: Path) -> None:
    for name in ("nothing", "--output=x"):
        with pytest.raises(UsageError, match="no such revision"):
            broken_releases(committed, against=name)


def test_without_a_repository_the_seals_alone_are_checked(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", str(released), "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "collections": [{"collection": "clinic", "folder": str(released), "releases": 1, "against": None}],
        "errors": 0,
        "issues": [],
    }


# --- opening ---


def test_a_release_opens_as_it_was(released: Path) -> None:
    before = open_collection(released).manifests
    edit(released, "r0", relabel)
    add(released, "new")
    opened = open_collection(f"{released}@1.0.0")
    assert opened.manifests == before
    assert (opened.name, opened.label, opened.withdrawn_since) == ("clinic", "clinic@1.0.0", ())


def test_a_release_that_is_none_is_refused_with_those_that_there_are(released: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such release; expected one of 1\.0\.0"):
        open_collection(f"{released}@1.0.1")
    (tmp_path / "bare").mkdir()
    with pytest.raises(UsageError, match="none was made yet"):
        open_collection(f"{tmp_path / 'bare'}@1.0.0")


def test_a_folder_whose_name_looks_like_a_release_is_a_folder(released: Path) -> None:
    odd = released.parent / "clinic@1.0.0"
    shutil.copytree(released, odd)
    opened = open_collection(odd)
    assert (opened.root, opened.release, len(opened.manifests)) == (odd, None, 16)


def test_what_was_withdrawn_since_is_withdrawn_from_every_release(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(released, "r2", withdraw)
    opened = open_collection(f"{released}@1.0.0")
    assert opened.withdrawn_since == ("clinic/r2",)
    tombstone = opened.by_id["clinic/r2"].data["status"]
    assert tombstone == {
        "state": "withdrawn",
        "since": "2026-02-01",
        "reason": "withdrawn since release 1.0.0: consent was taken back",
    }
    assert len(opened.buildable) == 15
    assert main(["stats", f"{released}@1.0.0"]) == 0
    shown = capsys.readouterr()
    assert "clinic@1.0.0: a recording was withdrawn since and may not be built any more: clinic/r2" in shown.err
    assert "15 included in 8 groups from 8 sources, 0 excluded, 1 withdrawn" in shown.out


def test_what_has_no_manifest_any_more_counts_as_withdrawn(released: Path) -> None:
    (released / "r2.json").unlink()
    opened = open_collection(f"{released}@1.0.0")
    assert opened.withdrawn_since == ("clinic/r2",)
    assert "its manifest was removed" in opened.by_id["clinic/r2"].data["status"]["reason"]


@pytest.mark.parametrize("content", ["{", "[]", '{"status": "withdrawn"}'])
def test_a_release_stays_shut_while_nobody_can_tell_what_was_withdrawn(released: Path, content: str) -> None:
    (released / "r2.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"nobody can tell whether clinic/r2 of clinic@1\.0\.0 was withdrawn since"):
        open_collection(f"{released}@1.0.0")


def test_an_older_schema_version_in_a_release_is_brought_to_the_newest(released: Path) -> None:
    case = next(path for path in MIGRATED if (path.parent / "after.json").is_file())
    old = Manifest(json.loads(case.read_text(encoding="utf-8")))
    path = folder_of(released) / "release.json"
    (path.parent / "manifests-0.jsonl").write_bytes(manifest_files_of([old])["manifests-0.jsonl"])
    data = json.loads(path.read_text(encoding="utf-8"))
    digest = hashlib.sha256((path.parent / "manifests-0.jsonl").read_bytes()).hexdigest()
    data["files"]["manifests-0.jsonl"]["sha256"] = digest
    path.write_text(json.dumps(seal({**data, "recordings": {old.id: old.digest}})), encoding="utf-8")
    (manifest,) = read_release(path.parent).manifests
    assert manifest.data == json.loads((case.parent / "after.json").read_text(encoding="utf-8"))


def test_the_commands_take_a_release(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frozen = (folder_of(released) / "folds-patient.json").read_text(encoding="utf-8")
    for number in range(3):
        add(released, f"early-{number}", group=f"early-{number}")
        edit(released, f"early-{number}", lambda data: data["status"].update(since="2019-01-01"))
    assert main(["folds", f"{released}@1.0.0", "--json"]) == 0
    assert capsys.readouterr().out == frozen
    assert main(["folds", f"{released}@1.0.0", "--json", "--k", "4"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["k"] == 4
    assert main(["audit", f"{released}@1.0.0"]) == 0
    told = capsys.readouterr().out
    assert "audit of clinic@1.0.0: folds by patient, k=5, seed=0, frozen in release 1.0.0" in told
    assert main(["stats", f"{released}@1.0.0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["release"] == "1.0.0"
    assert main(["fetch", f"{released}@1.0.0", "--pin"]) == 2
    assert main(["folds", f"{released}@1.0.0", "--previous", "x.json"]) == 2
    assert main(["folds", str(released), "--out", str(folder_of(released) / "folds-patient.json")]) == 2
    assert broken_releases(released) == ()


def test_a_manifest_that_is_written_again_in_another_layout_is_the_same(released: Path) -> None:
    path = released / "r0.json"
    write_manifest(path, dict(read_manifest(path).data))
    collection = open_collection(released)
    last = last_release(collection)
    with pytest.raises(DataError, match="nothing changed"):
        plan_release(collection, last, version="1.0.1", date="2026-01-31")


def test_a_release_that_cannot_be_read_is_told(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path, *arguments: Any, **options: Any) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(OutsideError, match="cannot read the release; found Permission denied"):
        read_release(folder_of(released))
