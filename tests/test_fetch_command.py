"""``lusdata fetch`` from the outside: its table, its JSON, its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from fetch_cases import mp4, recording

from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A collection named cases, a mirror beside it."""
    (tmp_path / "cases").mkdir()
    (tmp_path / "mirror").mkdir()
    return tmp_path


def put(folder: Path, manifest: Manifest) -> None:
    media = {"container": "mp4", "codec": "h264", "width_px": 64, "height_px": 64, "frame_count": 9}
    media |= {"duration_s": 0.9, "rate_hz": 10.0, "variable_frame_rate": False}
    known = {"media": media} if manifest.sha256 is not None else {}
    write_manifest(folder / "cases" / f"{manifest.id.split('/')[1]}.json", {**manifest.data, **known})


def fetch(folder: Path, *options: str) -> int:
    return main(["fetch", str(folder / "cases"), "--cache", str(folder / "cache"), "--offline", *options])


def with_mirror(folder: Path) -> Sequence[str]:
    return "--mirror", str(folder / "mirror")


def test_a_run_ends_with_a_table_and_a_reason_for_everything_that_is_not_here(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, recording("here", mp4(1), path="here.mp4"))
    put(folder, recording("unseen", locations=["https://clinic.example/a.mp4"]))
    put(folder, recording("talk", mp4(2), access="manual", page="https://clinic.example/talk"))
    put(folder, recording("contract", mp4(3), access="restricted"))
    put(folder, recording("neck", mp4(4), state="excluded"))
    (folder / "mirror" / "here.mp4").write_bytes(mp4(1))
    assert fetch(folder, *with_mirror(folder)) == 0
    seen = capsys.readouterr()
    assert seen.err == ""
    counts = {words[0]: words[1] for words in map(str.split, seen.out.split("\n\n")[0].splitlines()[1:])}
    assert counts == {"fetched": "1", "blocked": "1", "manual": "1", "unpinned": "1", "total": "4"}
    assert "1 excluded or withdrawn" in seen.out
    assert "https://clinic.example/talk" in seen.out
    assert "contract or login" in seen.out
    assert "lusdata fetch --pin" in seen.out


def test_json_is_one_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, recording("here", mp4(1), path="here.mp4"))
    (folder / "mirror" / "here.mp4").write_bytes(mp4(1))
    assert fetch(folder, *with_mirror(folder), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["collection"] == "cases"
    assert document["counts"] == {"fetched": 1}
    (result,) = document["recordings"]
    assert Path(result["path"]).read_bytes() == mp4(1)
    assert None not in result.values()


def test_a_mirror_with_another_file_is_a_fault_of_the_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, recording("here", mp4(1), path="here.mp4"))
    (folder / "mirror" / "here.mp4").write_bytes(mp4(2))
    assert fetch(folder, *with_mirror(folder)) == 1
    assert "changed" in capsys.readouterr().out


def test_what_is_missing_offline_is_the_outside_worlds_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, recording("away", mp4(1), locations=["https://clinic.example/a.mp4"]))
    assert fetch(folder) == 3
    assert "run again without --offline" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--mirror", "nowhere"], "nowhere: the mirror does not exist", id="mirror"),
        pytest.param(["--mirror", "ftp://a.example/"], "not a mirror", id="ftp-mirror"),
        pytest.param(["--workers", "0"], "too few workers", id="workers"),
        pytest.param(["--pin"], "nowhere to look", id="pin-offline"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(
    options: Sequence[str], words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, recording("here", mp4(1), path="here.mp4"))
    assert fetch(folder, *options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_cache_that_cannot_be_written_is_one_line_and_exit_code_3(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, recording("here", mp4(1), path="here.mp4"))
    (folder / "mirror" / "here.mp4").write_bytes(mp4(1))
    (folder / "cache").write_text("in the way")
    assert fetch(folder, *with_mirror(folder)) == 3
    error = capsys.readouterr().err
    assert "the cache cannot be written" in error
    assert error.count("\n") == 1


def test_a_full_cache_needs_no_web_packages(folder: Path) -> None:
    """A build asks for every file; with all of them there it must not pay for loading what talks to the web."""
    put(folder, recording("here", mp4(1), path="here.mp4"))
    (folder / "mirror" / "here.mp4").write_bytes(mp4(1))
    assert fetch(folder, *with_mirror(folder)) == 0
    script = (
        "import sys; from lusdata.catalog.open_collection import open_collection\n"
        "from lusdata.media.fetch.collection import fetch\n"
        "report = fetch(open_collection(sys.argv[1]).manifests, cache=sys.argv[2])\n"
        "assert report.counts == {'present': 1}, report\n"
        "assert not {'requests', 'urllib3', 'av', 'tqdm'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", script, str(folder / "cases"), str(folder / "cache")]
    subprocess.run(command, check=True)


@pytest.mark.real
def test_the_real_collections_come_from_their_mirrors(
    corpus_dir: Path, blues_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, mirror, files in (("pocus", corpus_dir, 136), ("blues", blues_dir, 58)):
        main(["fetch", name, "--mirror", str(mirror), "--offline", "--cache", str(tmp_path), "--json"])
        counts = json.loads(capsys.readouterr().out)["counts"]
        assert 0.9 * files < counts["fetched"] <= files
        assert not {"changed", "not-media", "html-page", "truncated", "empty", "refused"} & set(counts)


def test_many_recordings_that_are_missing_for_one_reason_are_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path))
    assert main(["fetch", "cit", "--offline"]) == 0
    told = capsys.readouterr().out.partition("not here:\n")[2].splitlines()
    assert told == [
        "  unpinned     51 recordings  no digest in its manifest; lusdata fetch --pin gets it for review",
        "  (--json names every recording)",
    ]
