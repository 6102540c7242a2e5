"""Every fault of every file in one run, and the command around it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from catalogs import recording, write_catalog
from golden import FOLDER, RENEW, VALIDATED, case_id, issues

from lusdata.catalog.folders import shipped_names
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.schema import NEWEST
from lusdata.catalog.schema_version import version_fault
from lusdata.catalog.selection import select_files
from lusdata.catalog.shipped import manifests_root
from lusdata.catalog.validate import check_files, shown_path
from lusdata.cli import main
from lusdata.errors import DataError, UsageError

NOT_UNIX = sys.platform == "win32"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("manifest", VALIDATED, ids=case_id)
def test_a_golden_manifest_gets_exactly_its_issues(manifest: Path):
    expected = (manifest.parent / "issues.txt").read_text(encoding="utf-8")
    assert issues(manifest) == expected, f"if the new answer is the wanted one, run: {RENEW}"


def test_every_fault_of_every_file_is_found_in_one_run(here: Path):
    write_catalog(here / "test", [recording("a"), recording("b")])
    (here / "test" / "c.json").write_text("{", encoding="utf-8")
    (here / "test" / "d.json").write_text('{"schema_version": "9.0.0"}', encoding="utf-8")
    (here / "test" / "e.json").mkdir()
    broken = json.loads((here / "test" / "a.json").read_text(encoding="utf-8"))
    broken |= {"class": "covid", "probe": "x"}
    (here / "test" / "f.json").write_text(json.dumps(broken), encoding="utf-8")
    checked = check_files(select_files(["test"]))
    assert [(issue.code, issue.file) for issue in checked.issues] == [
        ("NOT_JSON", "test/c.json"),
        ("SCHEMA_NEWER", "test/d.json"),
        ("FILE_UNREADABLE", "test/e.json"),
        ("SCHEMA_VALUE", "test/f.json"),
        ("SCHEMA_VALUE", "test/f.json"),
    ]
    assert [manifest.id for manifest in checked.manifests] == ["test/a", "test/b"]
    assert checked.file_count == 6


def test_the_issues_do_not_depend_on_the_order_of_files(here: Path):
    write_catalog(here / "test", [recording(name, sha256="a" * 64) for name in "abc"])
    files = select_files(["test"])
    assert check_files(files).issues == check_files(files[::-1]).issues
    assert len(check_files(files).issues) == 2


def test_a_file_given_twice_is_looked_at_once(here: Path):
    write_catalog(here / "test", [recording("a")])
    assert len(select_files(["test", "test/a.json", str(here / "test")])) == 1
    path = here / "test" / "a.json"
    assert check_files([path, path]).file_count == 1


@pytest.mark.skipif(NOT_UNIX or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="the superuser reads everything")
def test_a_file_that_may_not_be_read_is_an_issue(here: Path):
    write_catalog(here / "test", [recording("a")])
    (here / "test" / "a.json").chmod(0)
    assert [(issue.code, issue.found) for issue in check_files(select_files(["test"])).issues] == [
        ("FILE_UNREADABLE", "Permission denied")
    ]


def test_an_outside_fault_while_reading_is_an_issue_too(here: Path, monkeypatch: pytest.MonkeyPatch):
    write_catalog(here / "test", [recording("a")])

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", fail)
    checked = check_files(select_files(["test"]))
    assert [issue.line() for issue in checked.issues] == [
        "error FILE_UNREADABLE test/a.json $: the file cannot be read; found Permission denied"
    ]


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (NEWEST, None),
        ("0.9.0", "SCHEMA_OLDER"),
        ("1.0.0", "SCHEMA_OLDER"),
        ("1.1.1", "SCHEMA_NEWER"),
        ("10.0.0", "SCHEMA_NEWER"),
        ("0.1.0", "SCHEMA_VERSION"),  # never existed
        ("1.0", "SCHEMA_VERSION"),
        ("v2.0.0", "SCHEMA_VERSION"),
        ("9" * 5000 + ".0.0", "SCHEMA_VERSION"),  # too long for a number
        ("１.0.1", "SCHEMA_VERSION"),  # noqa: RUF001 - digits of another script
        (2, "SCHEMA_VERSION"),
        (None, "SCHEMA_VERSION"),
        (["1.0.0"], "SCHEMA_VERSION"),
    ],
    ids=lambda value: f"{value!r:.30}",
)
def test_every_kind_of_version_has_its_answer(version: object, code: str | None):
    fault = version_fault({"schema_version": version})
    assert (fault and fault[0]) == code


def test_paths_are_shown_from_the_current_folder_with_forward_slashes(here: Path):
    assert shown_path(here / "a" / "b.json") == "a/b.json"
    assert shown_path(Path("a") / "b.json") == "a/b.json"
    assert shown_path(here.parent / "b.json") == (here.parent / "b.json").as_posix()


# Which files are meant.


def test_a_folder_of_collections_means_all_of_them_but_no_releases(here: Path):
    for name in ("one", "two", "releases", ".hidden"):
        write_catalog(here / "all" / name, [recording("a")])
    assert [shown_path(path) for path in select_files(["all"])] == ["all/one/a.json", "all/two/a.json"]


def test_no_argument_means_what_is_shipped():
    below = [
        path
        for path in manifests_root().glob("*/*.json")
        if path.parent.name != "releases" and path.name != "collection.json"
    ]
    if not below:
        pytest.skip("no collection is shipped yet")
    assert set(select_files([])) == set(below)
    assert select_files([shipped_names()[0]])[0].parent.name == shipped_names()[0]


def test_what_does_not_exist_is_a_wrong_call(here: Path):
    with pytest.raises(UsageError, match=r"^nowhere: no such file, folder or collection; expected a path or one of"):
        select_files(["nowhere"])


def test_an_empty_folder_is_a_fault_of_the_data(here: Path):
    (here / "empty").mkdir()
    with pytest.raises(DataError, match=r"^empty: the folder holds no manifest; expected files named"):
        select_files(["empty"])


# The command.


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["validate", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_clean_collection_is_one_line_and_exit_0(here: Path, capsys: pytest.CaptureFixture[str]):
    write_catalog(here / "test", [recording("a"), recording("b", pinned=False), recording("c", state="excluded")])
    assert _run(capsys, "test") == (
        0,
        "3 manifests without a fault; 2 included, 1 of them without a digest  (test)\n",
        "",
    )


def test_faults_come_first_and_counts_last(here: Path, capsys: pytest.CaptureFixture[str]):
    write_catalog(here / "test", [recording("a"), recording("b", patterns=[{"reader": "r", "normal": "present"}])])
    code, out, err = _run(capsys, "test")
    lines = out.splitlines()
    assert (code, err, len(lines)) == (1, "", 2)
    assert lines[0].startswith("error CLASS_CALLED_NORMAL test/b.json $.patterns[0].normal: ")
    assert lines[1] == "1 error, 0 warnings in 1 of 2 manifests; 2 included, 0 of them without a digest  (test)"


def test_warnings_alone_are_no_failure(here: Path, capsys: pytest.CaptureFixture[str]):
    write_catalog(here / "test", [recording("a", pinned=False)])
    assert _run(capsys, "test", "--release")[0] == 0
    assert "warning UNPINNED" in _run(capsys, "test", "--release")[1]
    assert "warning RECOMMENDED" in _run(capsys, "test", "--strict")[1]


def test_json_is_one_document_and_nothing_else(here: Path, capsys: pytest.CaptureFixture[str]):
    write_catalog(here / "test", [recording("a"), recording("b", sha256=recording("a").sha256)])
    code, out, err = _run(capsys, "test", "--json")
    document = json.loads(out)
    assert (code, err) == (1, "")
    assert {key: value for key, value in document.items() if key != "issues"} == {
        "schema_version": NEWEST,
        "folders": ["test"],
        "files": 2,
        "errors": 1,
        "warnings": 0,
        "included": 2,
        "unpinned": 0,
    }
    assert document["issues"][0]["code"] == "DIGEST_TWICE"
    assert document["issues"][0]["file"] == "test/b.json"


def test_the_rules_can_be_listed(capsys: pytest.CaptureFixture[str]):
    code, out, _ = _run(capsys, "--rules")
    assert code == 0
    assert "error   CROP_OUTSIDE_FRAME " in out
    listed = json.loads(_run(capsys, "--rules", "--json")[1])["rules"]
    assert len(listed) == len(out.splitlines())
    assert set(listed[0]) == {"code", "level", "asked", "sentence"}


@pytest.mark.skipif(NOT_UNIX, reason="pipes end in another way there")
def test_a_reader_who_has_seen_enough_is_no_fault(here: Path):
    import subprocess

    program = [sys.executable, "-m", "lusdata", "validate", "--rules"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as command:
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 141


BAD_INPUT = [
    ("an empty folder", {}, "the folder holds no manifest"),
    ("invalid JSON", {"a.json": "{"}, "NOT_JSON"),
    ("an unknown field", {"a.json": "unknown-fields"}, "SCHEMA_UNKNOWN_FIELD"),
    ("a future schema version", {"future-version.json": "future-version"}, "SCHEMA_NEWER"),
    ("a box outside the frame", {"crop-outside-frame.json": "crop-outside-frame"}, "CROP_OUTSIDE_FRAME"),
    ("two manifests with one id", {"complete-video.json": "complete-video", "b.json": "complete-video"}, "ID_TWICE"),
]


@pytest.mark.parametrize(("files", "said"), [case[1:] for case in BAD_INPUT], ids=[case[0] for case in BAD_INPUT])
def test_bad_input_is_answered_in_clear_lines_with_exit_1(
    here: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], said: str
):
    (here / "golden").mkdir()
    for name, content in files.items():
        case = FOLDER / NEWEST / content / "manifest.json"
        if content.isidentifier() or "-" in content:
            shutil.copy(case, here / "golden" / name)
        else:
            (here / "golden" / name).write_text(content, encoding="utf-8")
    code, out, err = _run(capsys, "golden")
    assert code == 1
    assert said in out + err
    assert "Traceback" not in out + err


def test_a_wrong_path_is_exit_2(here: Path, capsys: pytest.CaptureFixture[str]):
    code, out, err = _run(capsys, "nowhere")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("lusdata: nowhere: no such file")


def test_a_dead_link_given_by_name_is_an_issue(here: Path, capsys: pytest.CaptureFixture[str]):
    if NOT_UNIX:
        pytest.skip("links need permission there")
    (here / "a.json").symlink_to(here / "gone.json")
    code, out, _ = _run(capsys, "a.json")
    assert code == 1
    assert out.startswith("error FILE_UNREADABLE a.json $: not a file; expected a JSON file; found a link to nothing")


def test_a_good_collection_never_loads_the_explaining_validator(here: Path):
    import subprocess

    write_catalog(here / "test", [recording("a")])
    program = (
        "import sys; from lusdata.catalog.open_collection import open_collection; open_collection('test'); "
        "sys.exit('jsonschema' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0


def test_hundreds_of_manifests_are_checked_in_a_moment(here: Path):
    import time

    write_catalog(here / "test", [recording(f"r-{number}", group=f"patient-{number // 3}") for number in range(400)])
    files = select_files(["test"])
    started = time.process_time()
    checked = check_files(files)
    assert time.process_time() - started < 1.5
    assert checked.issues == ()


def test_a_link_may_lead_to_a_group_of_a_collection_beside(tmp_path: Path) -> None:
    write_catalog(tmp_path / "other", [recording("b", group="p")])
    for path in (tmp_path / "other").iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace('"test/', '"other/'), encoding="utf-8")
    write_catalog(tmp_path / "test", [recording("a", linked=["p"])])
    path = tmp_path / "test" / "a.json"
    here = path.read_text(encoding="utf-8")
    path.write_text(here.replace('"test/p"', '"other/p"'), encoding="utf-8")
    assert "LINK_NOWHERE" not in {issue.code for issue in check_files([path]).issues}
    path.write_text(here.replace('"test/p"', '"other/q"'), encoding="utf-8")
    assert "LINK_NOWHERE" in {issue.code for issue in check_files([path]).issues}


def test_a_link_into_a_collection_that_is_not_here_is_a_warning(tmp_path: Path) -> None:
    folder = write_catalog(tmp_path / "test", [recording("a", linked=["p"])])
    path = folder / "a.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"test/p"', '"ward-7/p"'), encoding="utf-8")
    (issue,) = check_files([path]).issues
    assert (issue.code, issue.level, issue.found) == ("LINK_AWAY", "warning", "ward-7/p")
    assert open_collection(folder).included


def test_one_file_is_held_against_the_groups_beside_it(tmp_path: Path) -> None:
    folder = write_catalog(tmp_path / "test", [recording("a", linked=["p"]), recording("b", group="p")])
    (folder / "broken.json").write_text("{", encoding="utf-8")
    assert check_files([folder / "a.json"]).issues == ()
    (folder / "b.json").unlink()
    (issue,) = check_files([folder / "a.json"]).issues
    assert (issue.code, issue.found) == ("LINK_NOWHERE", "test/p")


def test_an_older_manifest_is_read_as_what_it_is_today_with_a_warning(here: Path, capsys: pytest.CaptureFixture[str]):
    older = {
        **recording("a", group="p").data,
        "schema_version": "1.0.0",
        "$schema": "../../schemas/manifest/1.0.0.json",
    }
    (here / "test").mkdir()
    (here / "test" / "a.json").write_text(json.dumps(older), encoding="utf-8")
    checked = check_files([here / "test" / "a.json"])
    assert [(issue.level, issue.code) for issue in checked.issues] == [("warning", "SCHEMA_OLDER")]
    assert [manifest.data["schema_version"] for manifest in checked.manifests] == [NEWEST]
    assert main(["stats", str(here / "test")]) == 0
    older["source"]["size_bytes"] = -1
    (here / "test" / "a.json").write_text(json.dumps(older), encoding="utf-8")
    assert main(["stats", str(here / "test")]) == 1
    assert "SCHEMA_OLDER_FAULTY: not a valid 1.0.0 manifest at $.source.size_bytes" in capsys.readouterr().err
