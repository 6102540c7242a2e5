"""Fetch against a web server that misbehaves to order, and against mirror folders."""

from __future__ import annotations

import errno
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fetch_cases import mp4, recording, sha256
from media_server import Answer, MediaServer, page, redirect, running_server, status

from lusdata.catalog.manifest import Manifest
from lusdata.errors import OutsideError, UsageError
from lusdata.media.cache import Cache
from lusdata.media.fetch import collection as fetch_module
from lusdata.media.fetch.collection import fetch
from lusdata.media.fetch.lock import alone
from lusdata.media.fetch.patience import Limits, World
from lusdata.media.fetch.report import FetchReport, FetchResult

PATIENT = Limits(connect_s=10.0, read_s=10.0, tries=3, first_delay_s=1.0)
"""A busy machine is no silent server."""
IMPATIENT = replace(PATIENT, read_s=0.3)
CLIP = mp4()


@pytest.fixture(scope="module")
def module_server() -> Iterator[MediaServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def server(module_server: MediaServer) -> MediaServer:
    module_server.requests.clear()
    module_server.most_at_once = 0
    return module_server


class Sleeps:
    """Waits nothing and remembers what it should have waited."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.asked_s.append(seconds)

    def world(self) -> World:
        return World(sleep=self, jitter=lambda: 1.0)


def fetch_from(server: MediaServer, *manifests: Manifest, cache: Path, **options: object) -> FetchReport:
    """Fetch with the server vouched for by naming it as a mirror; without a path nothing is asked there."""
    settings = {"limits": PATIENT, "world": Sleeps().world(), "mirrors": [server.url("/")]} | options
    return fetch(manifests, cache=cache, **settings)  # type: ignore[arg-type]


def fetch_one(server: MediaServer, *answers: Answer | bytes, cache: Path, **options: object) -> FetchResult:
    url = server.put("/clip.mp4", *answers)
    return fetch_from(server, recording(data=CLIP, locations=[url]), cache=cache, **options).results[0]


def leftovers(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and len(path.name) != 64)


def test_a_recording_arrives_verified_under_its_digest(server: MediaServer, tmp_path: Path) -> None:
    result = fetch_one(server, CLIP, cache=tmp_path)
    assert (result.state, result.sha256, result.size_bytes) == ("fetched", sha256(CLIP), len(CLIP))
    assert result.path == tmp_path / "objects" / sha256(CLIP)[:2] / sha256(CLIP)
    assert result.path.read_bytes() == CLIP
    assert result.location == server.url("/clip.mp4")
    assert leftovers(tmp_path) == []


def test_what_is_there_is_not_asked_for_again_and_shared_by_collections(server: MediaServer, tmp_path: Path) -> None:
    fetch_one(server, CLIP, cache=tmp_path)
    other = replace(recording("other", CLIP, locations=[server.url("/elsewhere.mp4")]))
    assert fetch_from(server, other, cache=tmp_path).results[0].state == "present"
    assert len(server.requests) == 1


def test_one_file_of_two_recordings_travels_once(server: MediaServer, tmp_path: Path) -> None:
    url = server.put("/clip.mp4", Answer(CLIP))
    twice = [recording(name, CLIP, locations=[url]) for name in ("a", "b")]
    report = fetch_from(server, *twice, cache=tmp_path)
    assert sorted(result.state for result in report.results) == ["fetched", "present"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [403, 404, 410, 451, 501])
def test_an_answer_that_will_not_change_is_dead_at_the_first_try(
    code: int, server: MediaServer, tmp_path: Path
) -> None:
    result = fetch_one(server, status(code), cache=tmp_path)
    assert result.state == "dead"
    assert str(code) in result.detail
    assert len(server.requests) == 1


def test_the_next_location_is_tried_after_a_dead_one(server: MediaServer, tmp_path: Path) -> None:
    first, second = server.put("/old.mp4", status(404)), server.put("/new.mp4", CLIP)
    result = fetch_from(server, recording(data=CLIP, locations=[first, second]), cache=tmp_path).results[0]
    assert (result.state, result.location) == ("fetched", second)
    assert [failure.location for failure in result.failures] == [first]


@pytest.mark.parametrize("code", [500, 502, 503, 504, 408])
def test_an_answer_that_may_pass_is_tried_again_after_longer_and_longer_waits(
    code: int, server: MediaServer, tmp_path: Path
) -> None:
    sleeps = Sleeps()
    result = fetch_one(server, status(code), status(code), CLIP, cache=tmp_path, world=sleeps.world())
    assert result.state == "fetched"
    assert sleeps.asked_s == [1.0, 2.0]


def test_tries_end(server: MediaServer, tmp_path: Path) -> None:
    result = fetch_one(server, status(503), cache=tmp_path)
    assert result.state == "unreachable"
    assert "503 Service Unavailable (3 tries)" in result.detail
    assert len(server.requests) == 3


def test_too_many_requests_waits_as_long_as_the_server_asks(server: MediaServer, tmp_path: Path) -> None:
    sleeps = Sleeps()
    result = fetch_one(server, status(429, Retry_After="7"), CLIP, cache=tmp_path, world=sleeps.world())
    assert (result.state, sleeps.asked_s) == ("fetched", [7.0])


def test_a_server_that_asks_for_an_hour_is_left_alone(server: MediaServer, tmp_path: Path) -> None:
    sleeps = Sleeps()
    result = fetch_one(server, status(429, Retry_After="3600"), CLIP, cache=tmp_path, world=sleeps.world())
    assert (result.state, sleeps.asked_s) == ("unreachable", [])
    assert "3600 s" in result.detail


def test_a_short_body_is_continued_where_it_broke_off(server: MediaServer, tmp_path: Path) -> None:
    etag = {"ETag": '"v1"'}
    short = Answer(CLIP, sent_bytes=700, ranges=True, headers=etag)
    result = fetch_one(server, short, Answer(CLIP, ranges=True, headers=etag), cache=tmp_path)
    assert result.state == "fetched"
    assert server.requests[1].headers["Range"] == "bytes=700-"
    assert server.requests[1].headers["If-Range"] == '"v1"'
    assert leftovers(tmp_path) == []


def test_a_body_that_stays_short_is_truncated_and_the_part_waits_for_the_next_run(
    server: MediaServer, tmp_path: Path
) -> None:
    result = fetch_one(server, Answer(CLIP, sent_bytes=700), cache=tmp_path)
    assert result.state == "truncated"
    assert "ended before the file did" in result.detail
    assert leftovers(tmp_path) == [f"{sha256(CLIP)}.part", f"{sha256(CLIP)}.part.json"]
    server.requests.clear()
    assert fetch_one(server, Answer(CLIP, ranges=True), cache=tmp_path).state == "fetched"
    assert server.requests[0].headers["Range"] == "bytes=700-"
    assert leftovers(tmp_path) == []


def test_a_server_without_ranges_begins_anew(server: MediaServer, tmp_path: Path) -> None:
    result = fetch_one(server, Answer(CLIP, sent_bytes=700), Answer(CLIP), cache=tmp_path)
    assert result.state == "fetched"
    assert "Range" in server.requests[1].headers


def test_a_part_is_continued_at_another_location(server: MediaServer, tmp_path: Path) -> None:
    first = server.put("/breaks.mp4", Answer(CLIP, sent_bytes=700, headers={"ETag": '"a"'}))
    second = server.put("/works.mp4", Answer(CLIP, ranges=True, headers={"ETag": '"b"'}))
    result = fetch_from(server, recording(data=CLIP, locations=[first, second]), cache=tmp_path).results[0]
    assert (result.state, result.location) == ("fetched", second)
    asked = server.asked("/works.mp4")[0].headers
    assert asked["Range"] == "bytes=700-"
    assert "If-Range" not in asked


def test_a_file_that_changed_in_between_is_fetched_anew(server: MediaServer, tmp_path: Path) -> None:
    """The server ignores If-Range but tells another ETag; the two halves do not belong together."""
    old = Answer(mp4(9), sent_bytes=700, ranges=True, headers={"ETag": '"old"'})
    new = Answer(CLIP, ranges=True, headers={"ETag": '"new"'})
    assert fetch_one(server, old, new, cache=tmp_path).state == "fetched"


def test_a_beginning_that_does_not_fit_is_thrown_away_once(server: MediaServer, tmp_path: Path) -> None:
    """Without any ETag only the digest can tell; what came in one piece then speaks for the address."""
    old = Answer(mp4(9), sent_bytes=700, ranges=True)
    assert fetch_one(server, old, Answer(CLIP, ranges=True), cache=tmp_path).state == "fetched"
    assert [request.headers.get("Range") for request in server.requests] == [None, "bytes=700-", None]


def test_a_range_that_the_server_does_not_have_begins_anew(server: MediaServer, tmp_path: Path) -> None:
    result = fetch_one(server, Answer(CLIP, sent_bytes=700), status(416), CLIP, cache=tmp_path)
    assert result.state == "fetched"
    assert server.requests[2].headers.get("Range") is None


def test_a_complete_part_needs_no_network(server: MediaServer, tmp_path: Path) -> None:
    part = Cache(tmp_path).part_path(sha256(CLIP))
    part.parent.mkdir(parents=True)
    part.write_bytes(CLIP)
    part.with_name(part.name + ".json").write_text('{"url": "https://a.example/clip", "validator": ""}')
    assert fetch_one(server, status(404), cache=tmp_path).state == "fetched"
    assert server.requests == []


def test_a_part_whose_note_is_garbage_is_not_continued(server: MediaServer, tmp_path: Path) -> None:
    part = Cache(tmp_path).part_path(sha256(CLIP))
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 10)
    part.with_name(part.name + ".json").write_text("[]")
    assert fetch_one(server, Answer(CLIP, ranges=True), cache=tmp_path).state == "fetched"
    assert "Range" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("body", "state"),
    [
        pytest.param(page("Gone").body, "html-page", id="html-in-place-of-a-video"),
        pytest.param(mp4(5), "changed", id="wrong-digest"),
        pytest.param(mp4(5, payload_bytes=90_000), "changed", id="wrong-digest-and-longer"),
        pytest.param(CLIP[:-48], "truncated", id="a-short-file"),
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b'{"error": "quota"}', "not-media", id="json"),
        pytest.param(b"%PDF-1.4 paper", "not-media", id="pdf"),
    ],
)
def test_what_arrives_is_judged_by_its_bytes_and_deleted(
    body: bytes, state: str, server: MediaServer, tmp_path: Path
) -> None:
    result = fetch_one(server, Answer(body, headers={"Content-Type": "video/mp4"}), cache=tmp_path)
    assert (result.state, result.path) == (state, None)
    assert f"expected sha256:{sha256(CLIP)}" in result.detail
    assert "found" in result.detail
    assert leftovers(tmp_path) == []
    assert len(server.requests) == 1


def test_no_more_is_taken_than_the_size_in_the_manifest(server: MediaServer, tmp_path: Path) -> None:
    endless = Answer(mp4(5, payload_bytes=900_000), announced=False)
    result = fetch_one(server, endless, cache=tmp_path)
    assert result.state == "changed"
    assert leftovers(tmp_path) == []


def test_an_unannounced_body_of_the_right_size_is_fine(server: MediaServer, tmp_path: Path) -> None:
    assert fetch_one(server, Answer(CLIP, announced=False), cache=tmp_path).state == "fetched"


def test_a_digest_that_fits_with_a_size_that_does_not_is_a_fault_of_the_manifest(
    server: MediaServer, tmp_path: Path
) -> None:
    manifest = recording(data=CLIP, locations=[server.put("/clip.mp4", CLIP)])
    source = {**manifest.data["source"], "size_bytes": len(CLIP) + 1}
    wrong = Manifest({**manifest.data, "source": source})
    result = fetch_from(server, wrong, cache=tmp_path).results[0]
    assert result.state == "changed"
    assert "the size in the manifest does not" in result.detail


def test_a_slow_drip_is_broken_off(server: MediaServer, tmp_path: Path) -> None:
    began_s = time.monotonic()
    result = fetch_one(server, Answer(CLIP, drip_s=0.05), cache=tmp_path, limits=replace(IMPATIENT, tries=2))
    assert result.state == "too-slow"
    assert "too slow" in result.detail
    assert time.monotonic() - began_s < 3


def test_headers_that_drip_are_broken_off(server: MediaServer, tmp_path: Path) -> None:
    began_s = time.monotonic()
    result = fetch_one(server, Answer(header_drip_s=0.05), cache=tmp_path, limits=replace(IMPATIENT, tries=1))
    assert result.state == "unreachable"
    assert time.monotonic() - began_s < 3


def test_silence_is_a_timeout_and_tried_again(server: MediaServer, tmp_path: Path) -> None:
    silent = Answer(CLIP, drip_s=1.0)
    result = fetch_one(server, silent, Answer(CLIP, ranges=True), cache=tmp_path, limits=IMPATIENT)
    assert result.state == "fetched"
    assert len(server.requests) == 2


def test_nobody_listening_is_unreachable(server: MediaServer, tmp_path: Path) -> None:
    manifest = recording(data=CLIP, locations=["http://127.0.0.1:9/clip.mp4"])
    result = fetch_from(server, manifest, cache=tmp_path, mirrors=["http://127.0.0.1:9/"]).results[0]
    assert result.state == "unreachable"
    assert "refused" in result.detail


def test_redirects_are_followed(server: MediaServer, tmp_path: Path) -> None:
    server.put("/new%20place/%C3%BC.mp4", CLIP)
    as_sent = "/new%20place/ü.mp4".encode().decode("latin-1")
    result = fetch_one(server, redirect(as_sent), cache=tmp_path)
    assert result.state == "fetched"
    assert result.location == server.url("/clip.mp4")


def test_a_redirect_loop_ends(server: MediaServer, tmp_path: Path) -> None:
    result = fetch_one(server, redirect("/clip.mp4"), cache=tmp_path)
    assert result.state == "dead"
    assert "more than 5 redirects" in result.detail
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "http://2130706433:2/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "//user:password@127.0.0.1/a",
    ],
)
def test_a_redirect_into_a_private_network_or_off_the_web_is_refused(
    target: str, server: MediaServer, tmp_path: Path
) -> None:
    result = fetch_one(server, redirect(target), cache=tmp_path)
    assert result.state == "refused"
    assert len(server.requests) == 1


def test_a_manifest_may_not_point_into_a_private_network(server: MediaServer, tmp_path: Path) -> None:
    manifest = recording(data=CLIP, locations=[server.put("/clip.mp4", CLIP)])
    result = fetch_from(server, manifest, cache=tmp_path, mirrors=[]).results[0]
    assert result.state == "refused"
    assert server.requests == []


def test_a_name_server_that_changes_its_mind_is_seen_through(server: MediaServer, tmp_path: Path) -> None:
    """The look-up before the request says public, the connection itself ends on this machine."""
    manifest = recording(data=CLIP, locations=[server.put("/clip.mp4", CLIP)])
    world = replace(Sleeps().world(), resolve=lambda host, port: ["93.184.216.34"])
    result = fetch_from(server, manifest, cache=tmp_path, mirrors=[], world=world).results[0]
    assert result.state == "refused"
    assert server.requests == []


def test_no_password_and_no_cookie_is_sent(
    server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    fetch_one(server, status(503, Set_Cookie="track=1"), CLIP, cache=tmp_path / "cache")
    assert len(server.requests) == 2
    for request in server.requests:
        assert not {"Authorization", "Cookie"} & set(request.headers)


def test_a_body_that_is_compressed_on_the_way_is_unpacked_but_never_continued(
    server: MediaServer, tmp_path: Path
) -> None:
    packed = Answer(gzip.compress(CLIP), headers={"Content-Encoding": "gzip"}, ranges=True)
    assert fetch_one(server, replace(packed, sent_bytes=100), packed, cache=tmp_path).state == "fetched"
    assert [request.headers.get("Range") for request in server.requests] == [None, None]
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


def test_behind_a_proxy_names_are_the_proxys_business(
    server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_names(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setenv("http_proxy", server.url())
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.put("http://clinic.example/clip.mp4", CLIP)
    far, near = "http://clinic.example/clip.mp4", "http://10.0.0.7/clip.mp4"
    world = replace(Sleeps().world(), resolve=no_names)
    for url, state in ((near, "refused"), (far, "fetched")):
        manifest = recording(data=CLIP, locations=[url])
        assert fetch_from(server, manifest, cache=tmp_path, mirrors=[], world=world).results[0].state == state


def test_a_name_that_nobody_knows_is_unreachable(server: MediaServer, tmp_path: Path) -> None:
    def no_names(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    manifest = recording(data=CLIP, locations=["https://clinic.example/clip.mp4"])
    world = replace(Sleeps().world(), resolve=no_names)
    result = fetch_from(server, manifest, cache=tmp_path, world=world).results[0]
    assert result.state == "unreachable"
    assert "name is not known" in result.detail


def test_a_host_that_fails_again_and_again_is_left_alone(server: MediaServer, tmp_path: Path) -> None:
    url = server.put("/down.mp4", status(503))
    manifests = [recording(f"clip-{seed}", mp4(seed), locations=[url]) for seed in range(8)]
    limits = replace(PATIENT, tries=1, host_failures=3)
    report = fetch_from(server, *manifests, cache=tmp_path, limits=limits, workers=1)
    assert report.counts == {"unreachable": 8}
    assert len(server.requests) == 3
    assert "not asked" in report.results[-1].detail


def test_a_host_gets_few_requests_at_a_time(server: MediaServer, tmp_path: Path) -> None:
    clips = {seed: mp4(seed, payload_bytes=12) for seed in range(8)}
    manifests = [
        recording(f"clip-{seed}", clip, locations=[server.put(f"/{seed}", Answer(clip, wait_s=0.03))])
        for seed, clip in clips.items()
    ]
    report = fetch_from(server, *manifests, cache=tmp_path, limits=replace(PATIENT, per_host=2), workers=8)
    assert report.counts == {"fetched": 8}
    assert server.most_at_once == 2


def test_a_web_mirror_is_asked_first_and_accepted_by_digest_only(server: MediaServer, tmp_path: Path) -> None:
    server.put("/mirror/convex/Day%2B1.mp4", mp4(5))
    own = server.put("/mirror/own.mp4", CLIP)
    manifest = recording(data=CLIP, path="convex/Day+1.mp4", locations=[own])
    result = fetch_from(server, manifest, cache=tmp_path, mirrors=[server.url("/mirror")]).results[0]
    assert (result.state, result.location) == ("fetched", own)
    assert [(failure.state, failure.mirror) for failure in result.failures] == [("changed", True)]
    assert "here, but not from everywhere" in FetchReport((result,), tmp_path).text()


def copies(folder: Path, path: str, data: bytes) -> Path:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target


def from_folder(folder: Path, path: str, *, cache: Path) -> FetchResult:
    return fetch([recording(data=CLIP, path=path)], mirrors=[folder], cache=cache, offline=True).results[0]


def test_a_mirror_folder_gives_a_copy_that_survives_it(tmp_path: Path) -> None:
    original = copies(tmp_path / "mirror", "convex/Day+1.mp4", CLIP)
    result = from_folder(tmp_path / "mirror", "convex/Day+1.mp4", cache=tmp_path / "cache")
    assert (result.state, result.location) == ("fetched", str(original))
    original.write_bytes(b"edited in place")
    assert result.path is not None
    assert result.path.read_bytes() == CLIP
    assert leftovers(tmp_path / "cache") == []


@pytest.mark.parametrize("data", [mp4(5), mp4(5, payload_bytes=10)], ids=["same-size", "another-size"])
def test_a_mirror_folder_with_another_file_is_reported(data: bytes, tmp_path: Path) -> None:
    original = copies(tmp_path / "mirror", "a.mp4", data)
    result = from_folder(tmp_path / "mirror", "a.mp4", cache=tmp_path / "cache")
    assert result.state == "changed"
    assert f"found sha256:{sha256(data)}" in result.detail
    assert original.read_bytes() == data
    assert leftovers(tmp_path / "cache") == []


def test_a_mirror_folder_without_the_file_says_nothing_about_it(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    result = from_folder(tmp_path / "mirror", "a.mp4", cache=tmp_path / "cache")
    assert result.state == "gone"


def test_upper_and_lower_case_count_in_a_mirror(tmp_path: Path) -> None:
    copies(tmp_path / "mirror", "A.MP4", CLIP)
    assert from_folder(tmp_path / "mirror", "a.mp4", cache=tmp_path / "cache").path is None


def test_a_link_may_not_lead_out_of_a_mirror(tmp_path: Path) -> None:
    outside = copies(tmp_path, "secret.mp4", CLIP)
    inside = copies(tmp_path / "mirror", "store/x", CLIP)
    try:
        (tmp_path / "mirror" / "out.mp4").symlink_to(outside)
        (tmp_path / "mirror" / "in.mp4").symlink_to(inside)
        (tmp_path / "mirror" / "loop.mp4").symlink_to(tmp_path / "mirror" / "loop.mp4")
    except OSError:
        pytest.skip("this system makes no links")
    assert from_folder(tmp_path / "mirror", "out.mp4", cache=tmp_path / "cache").state == "refused"
    assert from_folder(tmp_path / "mirror", "loop.mp4", cache=tmp_path / "cache").state == "unreachable"
    assert from_folder(tmp_path / "mirror", "in.mp4", cache=tmp_path / "cache").state == "fetched"


def test_a_mirror_that_does_not_exist_is_refused_before_anything_starts(server: MediaServer, tmp_path: Path) -> None:
    manifest = recording(data=CLIP, locations=[server.put("/clip.mp4", CLIP)])
    with pytest.raises(UsageError, match="the mirror does not exist"):
        fetch([manifest], mirrors=[server.url(), tmp_path / "nowhere"], cache=tmp_path / "cache")
    assert server.requests == []
    assert not (tmp_path / "cache").exists()


def test_offline_touches_no_network(server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_web(*args: object, **options: object) -> None:
        pytest.fail("the web client was opened")

    monkeypatch.setattr(fetch_module, "_open_client", no_web)
    manifests = [
        recording("a", CLIP, path="a.mp4", locations=[server.url("/a")]),
        recording("b", locations=["https://b.example/"]),
    ]
    report = fetch_from(server, *manifests, cache=tmp_path, offline=True)
    assert [result.state for result in report.results] == ["offline", "unpinned"]
    assert server.requests == []


def test_excluded_and_withdrawn_recordings_are_passed_over(server: MediaServer, tmp_path: Path) -> None:
    manifests = [
        recording(state, CLIP, locations=[server.url("/a")], state=state) for state in ("excluded", "withdrawn")
    ]
    report = fetch_from(server, *manifests, cache=tmp_path)
    assert (report.results, report.left_out, report.exit_code) == ((), 2, 0)
    assert server.requests == []


def test_results_keep_the_order_of_the_manifests(server: MediaServer, tmp_path: Path) -> None:
    clips = {f"clip-{seed}": mp4(seed) for seed in range(12)}
    manifests = [recording(name, clip, locations=[server.put(f"/{name}", clip)]) for name, clip in clips.items()]
    report = fetch_from(server, *manifests, cache=tmp_path)
    assert [result.id for result in report.results] == [manifest.id for manifest in manifests]
    assert list(report.paths) == [manifest.id for manifest in manifests]


def test_a_damaged_cache_is_mended_by_verify(server: MediaServer, tmp_path: Path) -> None:
    path = fetch_one(server, CLIP, cache=tmp_path).path
    assert path is not None
    path.write_bytes(bytes(len(CLIP)))
    assert fetch_one(server, CLIP, cache=tmp_path).state == "present"
    assert fetch_one(server, CLIP, cache=tmp_path, verify=True).state == "fetched"
    assert path.read_bytes() == CLIP


def test_a_cached_file_of_the_wrong_size_is_fetched_again(server: MediaServer, tmp_path: Path) -> None:
    path = fetch_one(server, CLIP, cache=tmp_path).path
    assert path is not None
    path.write_bytes(b"cut")
    assert fetch_one(server, CLIP, cache=tmp_path).state == "fetched"


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    copies(tmp_path / "mirror", "a.mp4", CLIP)
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.raises(OutsideError, match="the cache cannot be written") as caught:
        from_folder(tmp_path / "mirror", "a.mp4", cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_line_and_keeps_what_was_finished(
    server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_one(server, CLIP, cache=tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("lusdata.media.fetch.admit.os.fsync", full)
    other = recording("other", mp4(1), locations=[server.put("/other", mp4(1))])
    with pytest.raises(OutsideError, match="the disk of the cache is full"):
        fetch_from(server, other, cache=tmp_path)
    assert Cache(tmp_path).is_intact(sha256(CLIP))


@pytest.mark.parametrize("options", [{"workers": 0}, {"pin": True, "offline": True}], ids=["workers", "pin-offline"])
def test_a_call_that_makes_no_sense_is_refused(options: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"workers|offline"):
        fetch([], cache=tmp_path, **options)  # type: ignore[arg-type]


def test_two_runs_do_not_write_one_part_file(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    order: list[str] = []

    def second() -> None:
        with alone(part, wait=lambda seconds: time.sleep(0.01)):
            order.append("second")

    with alone(part, wait=lambda seconds: None):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_many_runs_at_once_agree_on_one_file(server: MediaServer, tmp_path: Path) -> None:
    url = server.put("/clip.mp4", Answer(CLIP))
    states: list[str] = []

    def run() -> None:
        states.append(fetch_from(server, recording(data=CLIP, locations=[url]), cache=tmp_path).results[0].state)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == ["fetched"] + ["present"] * 5
    assert leftovers(tmp_path) == []
