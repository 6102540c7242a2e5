"""A recording without a digest is fetched on request only, and what arrived is written into its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fetch_cases import mp4, recording, sha256
from media_server import Answer, MediaServer, page, running_server

from lusdata.catalog.manifest import Manifest, read_manifest, write_manifest
from lusdata.errors import OutsideError
from lusdata.media.fetch.collection import fetch
from lusdata.media.fetch.patience import Limits, World
from lusdata.media.fetch.report import FetchReport
from lusdata.media.phantom.media import write_video

QUICK = Limits(tries=3)


@pytest.fixture(scope="module")
def module_server() -> Iterator[MediaServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def server(module_server: MediaServer) -> MediaServer:
    module_server.requests.clear()
    return module_server


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_video(path, np.full((6, 32, 48), 90, np.uint8), rate_hz=10.0)
    return path.read_bytes()


@pytest.fixture
def manifest(server: MediaServer, tmp_path: Path) -> Manifest:
    path = tmp_path / "clip.json"
    write_manifest(path, recording(locations=[server.url("/clip")]).data)
    return read_manifest(path)


def fetch_pinning(server: MediaServer, manifest: Manifest, *, cache: Path, pin: bool = True) -> FetchReport:
    world = World(sleep=lambda seconds: None)
    return fetch([manifest], mirrors=[server.url()], cache=cache, pin=pin, limits=QUICK, world=world)


def test_without_pin_nothing_is_asked(server: MediaServer, manifest: Manifest, tmp_path: Path) -> None:
    report = fetch_pinning(server, manifest, cache=tmp_path / "cache", pin=False)
    assert (report.results[0].state, report.exit_code) == ("unpinned", 0)
    assert server.requests == []


def test_pin_writes_digest_size_and_decoded_facts(
    server: MediaServer, manifest: Manifest, clip: bytes, tmp_path: Path
) -> None:
    server.put("/clip", clip)
    result = fetch_pinning(server, manifest, cache=tmp_path / "cache").results[0]
    assert (result.state, result.pinned, result.sha256) == ("fetched", True, sha256(clip))
    assert manifest.path is not None
    pinned = read_manifest(manifest.path)
    assert (pinned.sha256, pinned.size_bytes) == (sha256(clip), len(clip))
    assert pinned.media["frame_count"] == 6
    assert (pinned.media["width_px"], pinned.media["height_px"]) == (48, 32)
    assert pinned.data["group"] == manifest.data["group"]
    again = fetch_pinning(server, pinned, cache=tmp_path / "cache").results[0]
    assert (again.state, again.path) == ("present", result.path)
    assert [path for path in (tmp_path / "cache").rglob("*.part*")] == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(page(), "html-page", id="web-page"),
        pytest.param(Answer(b""), "empty", id="nothing"),
        pytest.param(Answer(b'{"a": 1}'), "not-media", id="json"),
        pytest.param(Answer(mp4()[:-48]), "truncated", id="truncated"),
        pytest.param(Answer(mp4()), "not-media", id="boxes-without-pictures"),
    ],
)
def test_nothing_but_a_medium_that_decodes_is_pinned(
    answer: Answer, state: str, server: MediaServer, manifest: Manifest, tmp_path: Path
) -> None:
    assert manifest.path is not None
    before = manifest.path.read_bytes()
    server.put("/clip", answer)
    report = fetch_pinning(server, manifest, cache=tmp_path / "cache")
    assert report.counts == {state: 1}
    assert manifest.path.read_bytes() == before
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_beginning_is_continued_only_if_the_server_vouches_for_its_version(
    server: MediaServer, manifest: Manifest, clip: bytes, tmp_path: Path
) -> None:
    """Without a digest, two halves of two versions would go unnoticed."""
    server.put("/clip", Answer(clip, sent_bytes=300, ranges=True), Answer(clip, ranges=True))
    assert fetch_pinning(server, manifest, cache=tmp_path / "a").results[0].state == "fetched"
    assert [request.headers.get("Range") for request in server.requests] == [None, None]
    server.requests.clear()
    etag = {"ETag": '"v1"'}
    server.put(
        "/clip", Answer(clip, sent_bytes=300, ranges=True, headers=etag), Answer(clip, ranges=True, headers=etag)
    )
    assert fetch_pinning(server, manifest, cache=tmp_path / "b").results[0].state == "fetched"
    assert [request.headers.get("Range") for request in server.requests] == [None, "bytes=300-"]


def test_a_file_of_unknown_size_has_a_limit(
    server: MediaServer, manifest: Manifest, clip: bytes, tmp_path: Path
) -> None:
    for announced in (True, False):
        server.put("/clip", Answer(clip, announced=announced))
        report = fetch(
            [manifest], mirrors=[server.url()], cache=tmp_path / "cache", pin=True, limits=Limits(largest_bytes=500)
        )
        assert report.results[0].state == "too-large"
        assert "expected at most 500 bytes" in report.results[0].detail


def test_a_manifest_without_a_file_is_fetched_and_says_so(
    server: MediaServer, manifest: Manifest, clip: bytes, tmp_path: Path
) -> None:
    server.put("/clip", clip)
    result = fetch_pinning(server, Manifest(manifest.data), cache=tmp_path / "cache").results[0]
    assert (result.state, result.pinned) == ("fetched", False)
    assert "no manifest file" in result.detail


def test_a_fault_of_ours_is_charged_to_no_address(
    server: MediaServer, manifest: Manifest, clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> None:
        raise AttributeError("a package has changed")

    monkeypatch.setattr("lusdata.media.facts.survey", broken)
    server.put("/clip", clip)
    with pytest.raises(AttributeError, match="a package has changed"):
        fetch_pinning(server, manifest, cache=tmp_path / "cache")


def test_a_manifest_that_cannot_be_written_is_named(
    server: MediaServer, manifest: Manifest, clip: bytes, tmp_path: Path
) -> None:
    server.put("/clip", clip)
    lost = Manifest(manifest.data, tmp_path / "nowhere" / "clip.json")
    with pytest.raises(OutsideError, match=r"nowhere.clip\.json: the manifest cannot be written"):
        fetch_pinning(server, lost, cache=tmp_path / "cache")
