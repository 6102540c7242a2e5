"""``lusdata check`` as contributors and CI meet it: real git and files, exit codes, one line where it cannot go on."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from catalogs import recording
from repositories import ENVIRONMENT, NEEDS_GIT, commit_all, git, make_repository

from lusdata.atomic import write_text
from lusdata.catalog.about import about_header
from lusdata.catalog.manifest import Manifest, dumps
from lusdata.catalog.rights import licence_entry
from lusdata.cli import main
from lusdata.media.facts import pin
from lusdata.media.phantom import draw
from lusdata.media.phantom.media import write_video
from lusdata.media.phantom.spec import typical
from lusdata.publish.review.codes import CHANGE_RULES

pytestmark = NEEDS_GIT

UNIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names, links or scripts")
CLASSES = ("covid-19", "healthy", "bacterial-pneumonia")


def manifest_text(manifest: Manifest, collection: str = "drawn") -> str:
    data = json.loads(json.dumps(dict(manifest.data)).replace("test/", f"{collection}/"))
    data["source"]["licence"] = licence_entry(data["source"]["licence"]["id"])
    return dumps(data)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a small collection on main, and the current folder in it."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    files = {
        f"manifests/drawn/clip-{n}.json": manifest_text(recording(f"clip-{n}", CLASSES[n % 3], f"patient-{n}"))
        for n in range(6)
    }
    root = make_repository(tmp_path / "repository", {**files, "README.md": "a page\n"})
    monkeypatch.chdir(root)
    return root


def add(root: Path, name: str = "new", *, collection: str = "drawn", **changes: object) -> Path:
    """Write one more manifest."""
    settings = {"group": f"patient-{name}", "since": "2026-02-03"} | changes
    path = root / "manifests" / collection / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    write_text(path, manifest_text(recording(name, **settings), collection))
    return path


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["check", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[tuple[str, str]]:
    """Return the codes that were found, each with its file."""
    _, out, _ = check(capsys, "--json", *arguments)
    return {(issue["code"], issue["file"]) for issue in json.loads(out)["issues"]}


def test_without_a_change_there_is_nothing_to_say(repository, capsys):
    code, out, err = check(capsys)
    assert (code, err) == (0, "")
    assert "No recording changes" in out


def test_a_new_manifest_counts_before_it_is_committed_and_after(repository, capsys):
    git(repository, "switch", "--quiet", "--create", "mine")
    add(repository)
    code, before, _ = check(capsys)
    assert code == 0
    assert "Added: `drawn/new`" in before
    assert "gains 1 patient group, 1 recording" in before
    commit_all(repository)
    assert check(capsys)[1] == before


def test_an_error_makes_the_exit_code_1_and_a_warning_0(repository, capsys):
    add(repository)
    assert check(capsys)[0] == 0
    assert ("PIXELS_UNSEEN", "manifests/drawn/new.json") in found(capsys)
    (repository / "manifests" / "drawn" / "clip-0.json").unlink()
    assert check(capsys)[0] == 1


def test_what_others_did_on_main_since_is_no_part_of_the_change(repository, capsys):
    git(repository, "switch", "--quiet", "--create", "mine")
    add(repository)
    commit_all(repository)
    git(repository, "switch", "--quiet", "main")
    add(repository, "theirs")
    commit_all(repository)
    git(repository, "switch", "--quiet", "mine")
    assert found(capsys, "--against", "main") == {("PIXELS_UNSEEN", "manifests/drawn/new.json")}


def test_without_a_main_branch_only_what_is_not_committed_counts(repository, capsys):
    git(repository, "branch", "--move", "trunk")
    add(repository, "committed")
    commit_all(repository)
    add(repository)
    _, out, _ = check(capsys)
    assert "no main branch is known here" in out
    assert "Added: `drawn/new`" in out
    assert "drawn/committed" not in out


def test_a_fork_is_held_against_the_original(repository, tmp_path, monkeypatch, capsys):
    git(tmp_path, "clone", "--quiet", str(repository), str(tmp_path / "fork"))
    add(repository, "theirs")
    commit_all(repository)
    fork = tmp_path / "fork"
    git(fork, "remote", "add", "upstream", str(repository))
    git(fork, "fetch", "--quiet", "upstream")
    git(fork, "merge", "--quiet", "upstream/main")
    add(fork)
    monkeypatch.chdir(fork)
    _, out, _ = check(capsys)
    assert "Held against `upstream/main`" in out
    assert "Recordings: 1 added" in out


def test_a_removed_and_a_renamed_manifest_are_errors(repository, capsys):
    folder = repository / "manifests" / "drawn"
    (folder / "clip-0.json").unlink()
    text = (folder / "clip-1.json").read_text(encoding="utf-8").replace('"drawn/clip-1"', '"drawn/one"')
    (folder / "one.json").write_text(text, encoding="utf-8")
    (folder / "clip-1.json").unlink()
    names = {("ID_REMOVED", f"manifests/drawn/clip-{n}.json") for n in (0, 1)}
    assert names <= found(capsys)


def test_an_id_that_was_removed_in_an_earlier_commit_is_not_given_again(repository, capsys):
    (repository / "manifests" / "drawn" / "clip-0.json").unlink()
    commit_all(repository)
    add(repository, "clip-0")
    assert ("ID_REUSED", "manifests/drawn/clip-0.json") in found(capsys)


def test_the_first_manifest_of_a_collection_folder_is_a_collection_of_its_own(repository, capsys):
    add(repository, "first", collection="another")
    code, out, _ = check(capsys)
    assert code == 0
    assert "### Collection `another`" in out
    assert "1 patient group with a digest cannot fill 5 folds" in out


def test_a_broken_manifest_is_found_and_does_not_stop_the_rest(repository, capsys):
    add(repository)
    (repository / "manifests" / "drawn" / "broken.json").write_text("{", encoding="utf-8")
    assert found(capsys) == {
        ("NOT_JSON", "manifests/drawn/broken.json"),
        ("PIXELS_UNSEEN", "manifests/drawn/new.json"),
    }


def test_a_known_manifest_that_cannot_be_read_any_more_is_broken_and_not_removed(repository, capsys):
    (repository / "manifests" / "drawn" / "clip-0.json").write_text("{", encoding="utf-8")
    assert found(capsys) == {("NOT_JSON", "manifests/drawn/clip-0.json")}
    add(repository)
    told = check(capsys)[1]
    assert told.startswith("## Recordings: 1 added, 1 that cannot be read")
    assert "1 manifest that cannot be read counts on neither side." in told


def test_a_second_manifest_of_an_id_is_named_without_the_folders_of_this_machine(repository, capsys):
    manifest = repository / "manifests" / "drawn" / "clip-0.json"
    (manifest.parent / "twin.json").write_text(manifest.read_text(encoding="utf-8"), encoding="utf-8")
    told = check(capsys)[1]
    assert "found `drawn/clip-0 also in twin.json`" in told
    assert str(repository) not in told


def test_a_manifest_that_could_not_be_read_before_counts_as_new(repository, capsys):
    path = repository / "manifests" / "drawn" / "clip-0.json"
    good = path.read_text(encoding="utf-8")
    path.write_text("{", encoding="utf-8")
    commit_all(repository)
    path.write_text(good, encoding="utf-8")
    code, out, _ = check(capsys)
    assert code == 0
    assert "could not be read as it was before, and counts as new" in out
    assert "Added: `drawn/clip-0`" in out


def test_a_fault_that_a_change_brings_to_an_unchanged_manifest_is_found(repository, capsys):
    old = json.loads((repository / "manifests" / "drawn" / "clip-5.json").read_text(encoding="utf-8"))
    # Of two recordings with one file the rule names the later one by id, which is the one that was there.
    add(repository, "a-copy", sha256=old["source"]["sha256"])
    assert ("DIGEST_TWICE", "manifests/drawn/clip-5.json") in found(capsys)


def test_a_fault_that_was_there_before_is_not_held_against_the_change(repository, capsys):
    path = repository / "manifests" / "drawn" / "clip-5.json"
    path.write_text("{", encoding="utf-8")
    commit_all(repository)
    add(repository)
    assert found(capsys) == {("PIXELS_UNSEEN", "manifests/drawn/new.json")}


@UNIX
def test_media_large_files_links_and_edited_schemas_are_found(repository, capsys):
    schema = repository / "schemas" / "manifest"
    schema.mkdir(parents=True)
    for version in ("0.9.0", "1.0.0"):
        (schema / f"{version}.json").write_text("{}", encoding="utf-8")
    commit_all(repository)
    (schema / "0.9.0.json").write_text('{"a": 1}', encoding="utf-8")
    (repository / "notes.txt").write_bytes(b"GIF89a" + bytes(20))
    (repository / "table.csv").write_bytes(b"1,2\n" * 300_000)
    (repository / "manifests" / "drawn" / "link.json").symlink_to("/etc/hostname")
    git(repository, "add", "--all")
    assert found(capsys) == {
        ("SCHEMA_EDITED", "schemas/manifest/0.9.0.json"),
        ("MEDIA_IN_CHANGE", "notes.txt"),
        ("FILE_LARGE", "table.csv"),
        ("FILE_LINK", "manifests/drawn/link.json"),
    }


def test_what_git_does_not_track_is_a_draft_if_a_manifest_and_otherwise_no_part_of_the_change(repository, capsys):
    add(repository)
    (repository / "clip.mp4").write_bytes(b"x")
    (repository / "table.csv").write_bytes(b"1,2\n" * 300_000)
    assert found(capsys) == {("PIXELS_UNSEEN", "manifests/drawn/new.json"), ("MEDIA_BESIDE", "clip.mp4")}
    assert check(capsys)[0] == 0
    assert found(capsys, "--tracked") == set()
    git(repository, "add", "clip.mp4")
    assert found(capsys, "--tracked") == {("MEDIA_IN_CHANGE", "clip.mp4")}


@UNIX
def test_names_of_files_may_hold_anything(repository, capsys):
    (repository / "a `b` <img src=x> ü.mp4").write_bytes(b"x")
    git(repository, "add", "--all")
    code, out, _ = check(capsys)
    assert code == 1
    assert "in ``a `b` <img src=x> ü.mp4``:" in out


def test_paths_and_names_of_collections_limit_the_review(repository, capsys):
    new = add(repository)
    add(repository, "first", collection="another", pinned=False)
    assert found(capsys, "another") == set()
    assert found(capsys, "drawn") == found(capsys, str(new)) == {("PIXELS_UNSEEN", "manifests/drawn/new.json")}
    assert found(capsys, "manifests/drawn/clip-0.json") == set()


def test_a_collection_outside_of_manifests_is_found_by_its_path(repository, capsys):
    path = add(repository, "mine")
    (repository / "own" / "drawn").mkdir(parents=True)
    path.rename(repository / "own" / "drawn" / "mine.json")
    assert found(capsys) == set()
    _, out, _ = check(capsys, "own")
    assert "Added: `drawn/mine`" in out


@pytest.mark.parametrize("revision", ["--output=x", "-x", "", "a b", "HEAD:README.md", "main..HEAD", "a\nb"])
def test_what_is_no_name_of_a_revision_never_reaches_git(repository, capsys, revision):
    code, out, err = check(capsys, f"--against={revision}")
    assert (code, out) == (2, "")
    assert err.startswith("lusdata: --against: not the name of a revision")
    assert err.count("\n") == 1
    assert not (repository / "x").exists()


def test_an_unknown_revision_is_one_line(repository, capsys):
    code, _, err = check(capsys, "--against", "origin/nowhere")
    assert code == 2
    assert err.startswith("lusdata: --against: git knows no such revision; found origin/nowhere")
    assert err.count("\n") == 1


def test_an_unknown_path_is_one_line_that_lists_the_collections(repository, capsys):
    code, _, err = check(capsys, "pokus")
    assert code == 2
    assert "one of drawn" in err
    assert err.count("\n") == 1


def test_outside_a_repository_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "nothing"
    folder.mkdir()
    monkeypatch.chdir(folder)
    code, out, err = check(capsys)
    assert (code, out) == (2, "")
    assert "not in a git repository" in err
    assert err.count("\n") == 1


@UNIX
def test_without_git_it_says_so(repository, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(repository))
    code, out, err = check(capsys)
    assert (code, out) == (3, "")
    assert "git is not installed" in err
    assert err.count("\n") == 1


def test_a_repository_without_a_commit_is_all_new(tmp_path, repository, monkeypatch, capsys):
    root = tmp_path / "fresh"
    root.mkdir()
    git(root, "init", "--quiet")
    monkeypatch.chdir(root)
    (root / "manifests").mkdir()
    add(root)
    code, out, _ = check(capsys)
    assert code == 0
    assert "everything is new" in out
    assert "Added: `drawn/new`" in out


def test_a_shallow_clone_is_compared_with_what_it_has(repository, tmp_path, monkeypatch, capsys):
    git(repository, "switch", "--quiet", "--create", "mine")
    add(repository)
    commit_all(repository)
    for name in ("main", "mine"):
        git(repository, "switch", "--quiet", name)
        (repository / "README.md").write_text(name, encoding="utf-8")
        commit_all(repository)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", repository.as_uri(), str(shallow))
    monkeypatch.chdir(shallow)
    code, out, _ = check(capsys, "--against", "origin/main")
    assert code == 0
    assert "holds only a part of the history" in out
    assert "Added: `drawn/new`" in out


@UNIX
def test_settings_of_a_strange_repository_run_nothing(repository, tmp_path, capsys):
    marker = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch '{marker}'\n", encoding="utf-8")
    script.chmod(0o755)
    for name in ("diff.external", "core.fsmonitor", "diff.x.command", "diff.x.textconv"):
        git(repository, "config", name, str(script))
    (repository / ".gitattributes").write_text("*.json diff=x\n", encoding="utf-8")
    path = repository / "manifests" / "drawn" / "clip-0.json"
    path.write_text(path.read_text(encoding="utf-8").replace("convex", "linear"), encoding="utf-8")
    _, out, _ = check(capsys)
    assert "$.probe" in out
    assert not marker.exists()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    spec = replace(typical("covid-19", variant=1), frame_count=8, burned_in=False, width_px=320, height_px=240)
    write_video(folder / "plain.mp4", draw(spec, 1).frames, rate_hz=8)
    spec = replace(spec, burned_in=True, width_px=480, height_px=360)
    write_video(folder / "written.mp4", draw(spec, 1).frames, rate_hz=8)
    return folder


def add_clip(root: Path, mirror: Path, clip: Path, name: str, **changes: object) -> Path:
    """Add a manifest that describes a file, and put the file into a mirror."""
    path = add(root, name, **changes)
    target = mirror / json.loads(path.read_text(encoding="utf-8"))["source"]["path"]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(clip.read_bytes())
    data = pin(json.loads(path.read_text(encoding="utf-8")), target)
    path.write_text(dumps(data), encoding="utf-8")
    return path


def test_pictures_lie_beside_the_summary_and_are_only_named_on_the_terminal(repository, clips, tmp_path, capsys):
    add_clip(repository, tmp_path / "mirror", clips / "plain.mp4", "new")
    out_file = tmp_path / "out" / "review.md"
    out_file.parent.mkdir()
    code, out, err = check(capsys, "--out", str(out_file), "--mirror", str(tmp_path / "mirror"))
    picture = tmp_path / "out" / "review-pictures" / "drawn-new.png"
    assert code == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"
    if os.name != "nt":
        assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    assert "](<review-pictures/drawn-new.png>)" in out_file.read_text(encoding="utf-8")
    assert "Picture: `drawn-new.png`" in out
    assert "](" not in out
    assert "1 picture" in err


def test_text_that_nobody_signed_for_is_a_warning(repository, clips, tmp_path, capsys):
    add_clip(repository, tmp_path / "mirror", clips / "written.mp4", "new")
    options = ("--pictures", str(tmp_path / "pictures"), "--mirror", str(tmp_path / "mirror"))
    assert found(capsys, *options) == {("TEXT_UNREAD", "manifests/drawn/new.json")}


@pytest.mark.parametrize(
    ("title", "code"), [("MUSTERFRAU^ERIKA", "BESIDE_PRIVATE"), ("Left lung", "BESIDE_UNREAD"), ("", None)]
)
def test_what_stands_beside_the_pictures_gets_the_verdict_of_add(repository, clips, tmp_path, capsys, title, code):
    tagged = tmp_path / "tagged.mp4"
    with av.open(clips / "plain.mp4") as old, av.open(tagged, "w") as new:
        new.metadata.update({"title": title} if title else {})
        copy = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                new.mux(packet)
    add_clip(repository, tmp_path / "mirror", tagged, "new")
    options = ("--pictures", str(tmp_path / "pictures"), "--mirror", str(tmp_path / "mirror"))
    assert found(capsys, *options) == ({(code, "manifests/drawn/new.json")} if code else set())
    status, out, _ = check(capsys, *options)
    assert status == (1 if code == "BESIDE_PRIVATE" else 0)
    assert "MUSTERFRAU" not in out
    assert ("Left lung" in out) == (title == "Left lung")


def test_another_class_of_a_known_recording_is_judged_by_its_picture(repository, clips, tmp_path, capsys):
    path = add_clip(repository, tmp_path / "mirror", clips / "written.mp4", "known")
    commit_all(repository)
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(dumps(data | {"class": "healthy"}), encoding="utf-8")
    options = ("--pictures", str(tmp_path / "pictures"), "--mirror", str(tmp_path / "mirror"))
    # Writing that was in the picture before is no matter of this change.
    assert found(capsys, *options) == set()
    assert (tmp_path / "pictures" / "drawn-known.png").is_file()
    path.write_text(dumps(data | {"class_basis": "publication"}), encoding="utf-8")
    (tmp_path / "pictures" / "drawn-known.png").unlink()
    check(capsys, *options)
    assert not (tmp_path / "pictures" / "drawn-known.png").exists()


def test_what_may_not_be_passed_on_is_not_drawn_for_others(repository, clips, tmp_path, capsys):
    add_clip(repository, tmp_path / "mirror", clips / "plain.mp4", "new", licence="LicenseRef-None")
    options = ("--pictures", str(tmp_path / "pictures"), "--mirror", str(tmp_path / "mirror"))
    code, out, _ = check(capsys, *options, "--publishable")
    assert code == 0
    assert "its licence does not allow passing frames on" in out
    assert not (tmp_path / "pictures").exists()
    check(capsys, *options)
    assert (tmp_path / "pictures" / "drawn-new.png").is_file()


def test_a_file_that_is_no_recording_is_an_error(repository, clips, tmp_path, capsys):
    path = add_clip(repository, tmp_path / "mirror", clips / "plain.mp4", "new")
    data = json.loads(path.read_text(encoding="utf-8"))
    broken = (clips / "plain.mp4").read_bytes()[:2000]
    (tmp_path / "mirror" / data["source"]["path"]).write_bytes(broken)
    data["source"] |= {"sha256": hashlib.sha256(broken).hexdigest(), "size_bytes": len(broken)}
    path.write_text(dumps(data), encoding="utf-8")
    options = ("--pictures", str(tmp_path / "pictures"), "--mirror", str(tmp_path / "mirror"))
    assert ("MEDIA_BROKEN", "manifests/drawn/new.json") in found(capsys, *options)


def test_a_copy_of_a_known_recording_is_shown_beside_it(repository, clips, tmp_path, capsys):
    add_clip(repository, tmp_path / "mirror", clips / "plain.mp4", "known")
    commit_all(repository)
    again = tmp_path / "again.mp4"
    spec = replace(typical("covid-19", variant=1), width_px=320, height_px=240, frame_count=8, burned_in=False)
    frames = draw(spec, 1).frames
    write_video(again, np.ascontiguousarray(frames[:, 4:-4, 4:-4]), rate_hz=8)
    add_clip(repository, tmp_path / "mirror", again, "again")
    options = ("--pictures", str(tmp_path / "pictures"), "--mirror", str(tmp_path / "mirror"))
    assert ("LOOKS_ALIKE", "manifests/drawn/again.json") in found(capsys, *options)
    assert (tmp_path / "pictures" / "drawn-again-beside-known.png").is_file()


def test_a_summary_into_a_folder_that_is_not_there_is_refused_before_the_work(repository, capsys):
    code, out, err = check(capsys, "--out", "no/such/folder.md")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_options_about_pictures_without_pictures_are_refused(repository, capsys):
    code, _, err = check(capsys, "--fetch")
    assert code == 2
    assert "--fetch: this option is about pictures" in err


def test_json_is_one_document(repository, capsys):
    add(repository)
    code, out, err = check(capsys, "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["passes"] is True
    (collection,) = document["collections"]
    assert [(change["id"], change["kind"], change["weight"]) for change in collection["changes"]] == [
        ("drawn/new", "added", "minor")
    ]
    assert document["base"]["name"] == "main"


def test_the_codes_of_a_change_are_listed(capsys):
    assert main(["check", "--rules"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in listed] == list(CHANGE_RULES)


def test_it_runs_from_any_folder_of_the_repository(repository):
    add(repository)
    inside = repository / "manifests" / "drawn"
    command = [sys.executable, "-m", "lusdata", "check", "new.json"]
    done = subprocess.run(command, cwd=inside, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "Added: `drawn/new`" in done.stdout


def test_a_release_in_a_change_must_be_whole(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = "manifests/drawn"
    assert main(["release", folder, "--version", "1.0.0", "--date", "2026-02-03"]) == 0
    commit_all(repository)
    assert main(["check", "--against", "HEAD~1", "--json"]) == 0
    capsys.readouterr()
    new = add(repository)
    assert "**Folds** (by patient, 5 folds, kept from `drawn@1.0.0`): Fold" in check(capsys)[1]
    new.unlink()
    table = repository / "manifests" / "releases" / "drawn" / "1.0.0" / "folds-video.json"
    write_text(table, table.read_text(encoding="utf-8").replace('"fold": 1', '"fold": 2'))
    commit_all(repository)
    capsys.readouterr()
    assert main(["check", "--against", "HEAD~2", "--json"]) == 1
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert (issue["code"], issue["file"]) == ("RELEASE_BROKEN", "manifests/releases/drawn/1.0.0/folds-video.json")
    assert main(["check", "--against", "HEAD~1", "--json"]) == 1
    codes = {issue["code"] for issue in json.loads(capsys.readouterr().out)["issues"]}
    assert codes == {"RELEASE_BROKEN", "RELEASE_EDITED"}


@pytest.mark.parametrize("by", ["collection", "recording", "nobody"])
def test_the_page_of_what_is_private_carries_a_mark_with_its_owner(repository, capsys, by):
    about = {**about_header(), "title": "Ours", "owner": "A Clinic | <b>", "private": by == "collection"}
    write_text(repository / "manifests" / "drawn" / "collection.json", dumps(about))
    add(repository, licence="LicenseRef-None" if by != "recording" else "LicenseRef-Private")
    main(["check"])
    page = capsys.readouterr().out
    assert ("**Private.** It belongs to A Clinic" in page) == (by != "nobody")
    assert "<b>" not in page
    assert "pull request" not in page
    main(["check", "--json"])
    (part,) = json.loads(capsys.readouterr().out)["collections"]
    assert part["private"] == (None if by == "nobody" else "A Clinic | <b>")
