"""The hostile inputs that were handed to us, run where they lie."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fetch_cases import mp4, recording
from media_server import free_ports

from lusdata.cli import main
from lusdata.errors import TooLargeError
from lusdata.media.facts import media_facts
from lusdata.media.fetch.collection import fetch
from lusdata.media.fetch.patience import Limits
from lusdata.media.frames import read_frames

pytestmark = pytest.mark.real

LIMITS = Limits(
    connect_s=2.0, read_s=0.5, tries=3, first_delay_s=0.01, longest_delay_s=0.05, transfer_s=5.0, host_failures=999
)
CLIP = mp4(payload_bytes=100_000)


def script_of(cases_dir: Path, name: str) -> Path:
    path = cases_dir / "hostile" / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    return path


def started(command: list[str], folder: Path, port: int) -> subprocess.Popen[bytes]:
    import socket

    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    pytest.fail("the server does not start")


@pytest.fixture
def lying_server(cases_dir: Path, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """Run the server that lies; give its address and the paths for which it does."""
    script = script_of(cases_dir, "net.py")
    work = tmp_path / "hostile-work"
    work.mkdir()
    (work / "new.mp4").write_bytes(CLIP)
    source = script.read_text(encoding="utf-8")
    kinds = sorted(set(re.findall(r'kind == "(\w+)"', source)) - {"good", "redir"})
    targets = re.findall(r'"(\w+)":', re.search(r"t = \{(.*?)\}\[path", source, re.DOTALL)[1])
    port = free_ports(2)
    process = started([sys.executable, str(script), str(port)], tmp_path, port)
    try:
        yield f"http://127.0.0.1:{port}/", [*kinds, *(f"redir/{target}" for target in targets)]
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_each_lie_costs_one_recording(lying_server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, lies = lying_server
    assert len(lies) > 60
    bad = [recording(f"lie-{number}", mp4(number), locations=[address + lie]) for number, lie in enumerate(lies)]
    good = [recording(f"good-{number}", CLIP, locations=[f"{address}good"]) for number in range(3)]
    began_s = time.monotonic()
    report = fetch([*bad, *good], cache=tmp_path / "cache", mirrors=[address], limits=LIMITS)
    assert time.monotonic() - began_s < 240
    assert [result.state for result in report.results[len(lies) :]].count("dead") == 0
    assert {result.state for result in report.results[len(lies) :]} <= {"fetched", "present"}
    assert {result.state for result in report.results[: len(lies)]} <= {
        *("changed", "html-page", "not-media", "refused", "too-slow", "truncated", "empty", "dead", "unreachable"),
    }
    assert all(line.isprintable() for line in report.text().split("\n"))
    log = (tmp_path / "hostile-work" / "net.log").read_text(encoding="utf-8")
    for lie in ("rangelies", "rangeshift", "etag", "trunc"):
        assert log.count(f"GET /{lie} ") <= 2 * LIMITS.tries, lie


@pytest.mark.parametrize("target", ["http://[::1/x", "//[x]y/", "http://\\u2100.example/", "\\x00\\x1b", "9" * 5000])
def test_a_redirect_that_cannot_be_parsed_costs_one_recording(target: str, cases_dir: Path, tmp_path: Path) -> None:
    script, port = script_of(cases_dir, "redir_crash.py"), free_ports(1)
    process = started([sys.executable, str(script), str(port), target], tmp_path, port)
    try:
        address = f"http://127.0.0.1:{port}/"
        bad = [recording("bad", CLIP, locations=[f"{address}a"])]
        result = fetch(bad, cache=tmp_path / "cache", mirrors=[address], limits=replace(LIMITS, tries=2)).results[0]
        assert result.state in ("refused", "dead", "unreachable")
    finally:
        process.kill()
        process.wait()


def test_a_canvas_of_many_pixels_is_refused_at_once(cases_dir: Path) -> None:
    path = script_of(cases_dir, "gif8192x300.gif")
    began_s = time.process_time()
    with pytest.raises(TooLargeError, match="at most 10,000,000,000 pixels"):
        read_frames(path)
    with pytest.raises(TooLargeError, match="at most 10,000,000,000 pixels"):
        media_facts(path)
    assert time.process_time() - began_s < 2


@pytest.mark.parametrize(("name", "slug"), [("big.json", "big"), ("duration-1e308.json", "patient-01-view-1")])
@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_a_number_beyond_the_budget_ends_no_command_in_a_traceback(
    name: str, slug: str, version: str, cases_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = script_of(cases_dir, name).read_text(encoding="utf-8").replace("1.0.0", version)
    folder = tmp_path / "phantom"
    folder.mkdir()
    (folder / f"{slug}.json").write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    for command in (
        ["validate", str(folder)],
        ["migrate", str(folder), "--check"],
        ["stats", str(folder)],
        ["folds", str(folder)],
        ["audit", str(folder)],
        ["report", str(folder), "--out", str(out)],
        ["release", str(folder), "--version", "1.0.0", "--notes", "none"],
        ["fetch", str(folder), "--offline"],
        ["build", str(folder), "--offline", "--out", str(out)],
        ["cite", str(folder)],
        ["diff", str(folder), str(folder)],
    ):
        assert main(command) in (1, 2), command
        found = capsys.readouterr()
        assert len(found.err.splitlines()) <= 1 or command[0] == "migrate", found.err
    if version == "1.1.0":
        assert main(["validate", str(folder), "--json"]) == 1
        paths = {issue["json_path"] for issue in json.loads(capsys.readouterr().out)["issues"]}
        assert paths & {"$.source.size_bytes", "$.media.duration_s"}
