"""Whatever one answer holds costs one recording: a bounded number of tries, one line, and the others are fetched."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3
from fetch_cases import mp4, recording
from media_server import Answer, MediaServer, running_server

from lusdata.budget import BUDGET
from lusdata.catalog.manifest import Manifest, dumps
from lusdata.media.fetch import body, room
from lusdata.media.fetch.collection import fetch
from lusdata.media.fetch.patience import Limits, World
from lusdata.media.fetch.report import FetchResult

LIMITS = Limits(connect_s=2.0, read_s=0.3, tries=3, first_delay_s=0.01, longest_delay_s=0.05, transfer_s=2.0)
CLIP, GOOD = mp4(), mp4(7)
LENGTH = f"Content-Length: {len(CLIP)}".encode()


@pytest.fixture(scope="module")
def server() -> Iterator[MediaServer]:
    with running_server() as server:
        yield server


def raw(*lines: bytes, body: Iterable[bytes] = (), drip_s: float = 0.0) -> Answer:
    """Return an answer given byte by byte: its status line and headers, and its body in pieces."""
    return Answer(raw=[b"\r\n".join((*lines, b"", b"")), *body], drip_s=drip_s)


@dataclass(frozen=True)
class Endless:
    """Pieces of an answer that never ends."""

    head: bytes
    piece: bytes

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        yield from repeat(self.piece)


def endless(head: bytes, piece: bytes) -> Answer:
    """Return an answer of which one piece is repeated until the client hangs up."""
    return Answer(raw=Endless(head, piece))


def to(target: str) -> Answer:
    """Return a redirect to whatever text, as UTF-8."""
    return raw(b"HTTP/1.1 302 Found", b"Location: " + target.encode(), b"Content-Length: 0", b"Connection: close")


def lie(body: bytes, said: str, status: int = 206, etag: str = '"a"') -> Answer:
    """Return what a server says to a request for the rest of a file."""
    return Answer(body, status, {"Content-Range": said, "ETag": etag})


def packed(*layers: str, body: bytes = CLIP) -> Answer:
    for _ in layers:
        body = gzip.compress(body)
    return Answer(body, headers={"Content-Encoding": ", ".join(layers)})


OK = b"HTTP/1.1 200 OK"
BOMB = zlib.compressobj(9, zlib.DEFLATED, 31)
BOMB_BYTES = BOMB.compress(bytes(64 << 20)) + BOMB.flush()

HALF = Answer(CLIP, sent_bytes=900, headers={"ETag": '"a"'})
REST = len(CLIP) - 900
SAID = f"bytes 900-{len(CLIP) - 1}/{len(CLIP)}"

SERVERS: dict[str, tuple[str, tuple[Answer, ...]]] = {
    # Lengths.
    "digits": ("fetched", (raw(OK, b"Content-Length: " + b"9" * 5000, body=[CLIP]),)),
    "negative": ("fetched", (raw(OK, b"Content-Length: -5", body=[CLIP]),)),
    "two-lengths": ("unreachable", (raw(OK, b"Content-Length: 10", b"Content-Length: 20", body=[CLIP]),)),
    "huge": ("fetched", (raw(OK, b"Content-Length: 999999999999", body=[CLIP]),)),
    "never-ends": ("not-media", (endless(OK + b"\r\n\r\n", bytes(1 << 16)),)),
    "closed": ("truncated", (raw(OK, LENGTH, body=[CLIP[:900]]),)),
    "no-content": ("dead", (raw(b"HTTP/1.1 204 No Content"),)),
    # Chunks.
    "chunk-lies": ("unreachable", (raw(OK, b"Transfer-Encoding: chunked", body=[b"FFFFFFFFFFFFFFFF\r\nabc"]),)),
    "chunk-negative": ("unreachable", (raw(OK, b"Transfer-Encoding: chunked", body=[b"-5\r\nabc\r\n0\r\n\r\n"]),)),
    "chunk-no-number": ("unreachable", (raw(OK, b"Transfer-Encoding: chunked", body=[b"zz\r\nabc"]),)),
    "chunk-extension": (
        "unreachable",
        (endless(OK + b"\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"a" * 4096),),
    ),
    "chunk-drips": (
        "unreachable",
        (raw(OK, b"Transfer-Encoding: chunked", body=[b"5", b";", *[b"a"] * 500], drip_s=0.02),),
    ),
    # Ranges. Each begins with half of a file, so that the next request asks for the rest.
    "range-other-bytes": ("truncated", (HALF, lie(b"X" * REST, SAID)) * 20),
    "range-of-the-whole": ("truncated", (HALF, lie(CLIP, f"bytes 0-{len(CLIP) - 1}/{len(CLIP)}")) * 20),
    "range-without-saying": ("truncated", (HALF, Answer(CLIP[900:], 206)) * 20),
    "range-of-digits": ("truncated", (HALF, lie(CLIP, "bytes 900" + "0" * 5000 + "-9/9")) * 20),
    "range-another-version": ("truncated", (HALF, lie(CLIP[900:], SAID, etag='"b"')) * 20),
    "range-too-long": ("fetched", (HALF, lie(CLIP[900:] * 40, SAID)) * 20),
    "range-never-there": ("truncated", (HALF, lie(b"", "bytes */5", 416)) * 20),
    "range-unasked": ("dead", (lie(CLIP, SAID),)),
    "always-half": ("truncated", (HALF,)),
    # Packed.
    "gzip": ("fetched", (packed("gzip"),)),
    "gzip-twice": ("unreachable", (packed("gzip", "gzip"),)),
    "gzip-cut": ("truncated", (Answer(gzip.compress(CLIP)[:-200], headers={"Content-Encoding": "gzip"}),)),
    "gzip-not": ("unreachable", (Answer(CLIP, headers={"Content-Encoding": "gzip"}),)),
    "gzip-bomb": ("not-media", (Answer(BOMB_BYTES, headers={"Content-Encoding": "gzip"}),)),
    "unknown-coding": ("unreachable", (Answer(CLIP, headers={"Content-Encoding": "br, \x1b[31mevil"}),)),
    # Heads.
    "not-http": ("unreachable", (Answer(raw=[CLIP]),)),
    "noise": ("unreachable", (Answer(raw=[bytes(range(256)) * 20 + b"\r\n\r\n"]),)),
    "nothing": ("unreachable", (Answer(raw=[b""]),)),
    "many-headers": ("unreachable", (raw(OK, *[b"X-%d: a" % number for number in range(5000)], LENGTH, body=[CLIP]),)),
    "long-header": ("unreachable", (raw(OK, b"X: " + b"a" * 1_000_000, LENGTH, body=[CLIP]),)),
    "headers-never-end": ("unreachable", (endless(OK + b"\r\nX: ", b"a" * 4096),)),
    "not-latin": ("fetched", (raw(OK, "X-Name: \u6f22\u202e\x9b".encode(), LENGTH, body=[CLIP]),)),
    "folded": ("fetched", (raw(OK, b"X: a", b" b", LENGTH, body=[CLIP]),)),
    "cookie": ("fetched", (raw(OK, b"Set-Cookie: a=" + b"b" * 9000, LENGTH, body=[CLIP]),)),
    "disposition": ("fetched", (raw(OK, b'Content-Disposition: attachment; filename="../../x"', LENGTH, body=[CLIP]),)),
    "steering-reason": ("dead", (raw(b"HTTP/1.1 404 \x1b]0;evil\x07\x1b[31mred", b"Content-Length: 0"),)),
    "status-999": ("dead", (raw(b"HTTP/1.1 999 Whatever", b"Content-Length: 0"),)),
    "status-digits": ("unreachable", (raw(b"HTTP/1.1 " + b"2" * 5000 + b" OK", b"Content-Length: 0"),)),
    "informational": ("unreachable", (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),)),
    "early-hints": ("dead", (raw(b"HTTP/1.1 103 Early Hints", b"Link: </x>"),)),
    # Waiting.
    "retry-digits": ("unreachable", (Answer(b"", 503, {"Retry-After": "9" * 5000}),)),
    "retry-year": ("unreachable", (Answer(b"", 503, {"Retry-After": "Wed, 31 Dec 99999 23:59:59 GMT"}),)),
    "retry-zone": ("unreachable", (Answer(b"", 503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 +9999999999"}),)),
    "retry-negative": ("unreachable", (Answer(b"", 503, {"Retry-After": "-7"}),)),
    "retry-past": ("unreachable", (Answer(b"", 429, {"Retry-After": "Wed, 21 Oct 1026 07:28:00 -2359"}),)),
    "drip": ("too-slow", (Answer(CLIP, drip_s=0.02),)),
    # Redirects.
    "no-port": ("refused", (to("http://127.0.0.1:99999/x"),)),
    "bracket": ("refused", (to("http://[::1/x"),)),
    "bracket-inside": ("refused", (to("//[x]y/"),)),
    "letters": ("refused", (to("http://\u2100.example/"),)),
    "nothing-in-it": ("dead", (to("http://"),)),
    "steering-address": ("refused", (to("http://127.0.0.2/\x1b]0;evil\x07"),)),
    "file": ("refused", (to("file:///etc/passwd"),)),
    "data": ("refused", (to("data:video/mp4;base64,AAAA"),)),
    "private": ("refused", (to("http://169.254.169.254/latest/meta-data/"),)),
    "decimal": ("refused", (to("http://2130706433/x"),)),
    "octal": ("refused", (to("http://0177.0.0.1/x"),)),
    "hexadecimal": ("refused", (to("http://0x7f000001/x"),)),
    "short": ("refused", (to("http://127.1/x"),)),
    "wide": ("refused", (to("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/x"),)),
    "user": ("refused", (to("http://a:b@127.0.0.1/x"),)),
    "split": ("dead", (to("/x\r\nX-Injected: 1"),)),
    "empty-target": ("dead", (to(""),)),
    "long-target": ("refused", (to("http://127.0.0.2/" + "a" * 60_000),)),
}


def fetched_with_another(
    server: MediaServer, answers: Sequence[Answer], cache: Path, **options: Any
) -> tuple[FetchResult, FetchResult]:
    """Fetch a recording from a server that lies, and another one from a server that does not."""
    server.requests.clear()
    hostile = recording("hostile", CLIP, locations=[server.put("/hostile", *answers)])
    good = recording("good", GOOD, locations=[server.put("/good", GOOD)])
    settings = {"limits": replace(LIMITS, host_failures=99), "mirrors": [server.url("/")]} | options
    report = fetch([hostile, good], cache=cache, **settings)
    assert all(line.isprintable() for line in report.text().split("\n"))
    return report.results[0], report.results[1]


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_lies_costs_one_recording(name: str, server: MediaServer, tmp_path: Path) -> None:
    state, answers = SERVERS[name]
    began_s = time.monotonic()
    hostile, good = fetched_with_another(server, answers, tmp_path)
    assert time.monotonic() - began_s < 20
    assert good.state == "fetched"
    assert hostile.state == state, hostile.detail
    assert len(server.asked("/hostile")) <= 2 * LIMITS.tries
    assert len(hostile.detail) < 700


def unpinned(url: str, folder: Path) -> Manifest:
    path = folder / "clip.json"
    manifest = recording("clip", locations=[url], file=path)
    path.write_text(dumps(manifest.data))
    return manifest


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(raw(OK, b"Content-Length: " + b"9" * 15), "too-large", id="announced"),
        pytest.param(endless(OK + b"\r\n\r\n", bytes(1 << 12)), "too-large", id="endless"),
        pytest.param(Answer(BOMB_BYTES, headers={"Content-Encoding": "gzip"}), "too-large", id="bomb"),
    ],
)
def test_of_a_file_of_unknown_size_no_more_is_taken_than_the_budget(
    answer: Answer, state: str, server: MediaServer, tmp_path: Path
) -> None:
    manifest = unpinned(server.put("/hostile", answer), tmp_path)
    limits = replace(LIMITS, largest_bytes=100_000)
    result = fetch([manifest], cache=tmp_path, mirrors=[server.url("/")], limits=limits, pin=True).results[0]
    assert (result.state, result.path) == (state, None)
    assert "at most 100,000 bytes" in result.detail
    assert list(tmp_path.rglob("*.part")) == []


def test_a_manifest_that_states_more_than_the_budget_is_not_asked_for(server: MediaServer, tmp_path: Path) -> None:
    manifest = recording("clip", CLIP, path="clip.mp4", locations=[server.put("/hostile", CLIP)])
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "clip.mp4").write_bytes(CLIP)
    server.requests.clear()
    limits = replace(LIMITS, largest_bytes=len(CLIP) - 1)
    for mirrors in ([server.url("/")], [tmp_path / "mirror"]):
        result = fetch([manifest], cache=tmp_path / "cache", mirrors=mirrors, limits=limits).results[0]
        assert result.state == "too-large"
        assert f"found {len(CLIP):,} bytes" in result.detail
    assert [request.path for request in server.requests if request.path == "/hostile"] == []


def test_all_tries_together_end(server: MediaServer, tmp_path: Path) -> None:
    """A server that sends a little faster than the slowest pace that is accepted."""
    slow = raw(OK, b"Content-Length: 999999", body=[b"a" * 40] * 1000, drip_s=0.02)
    limits = replace(LIMITS, transfer_s=0.7, slowest_bytes_per_s=1.0, host_failures=99)
    began_s = time.monotonic()
    big = Manifest(
        {**(clip := recording("hostile", CLIP)).data, "source": {**clip.data["source"], "size_bytes": 999_999}}
    )
    big.data["source"]["locations"].append(server.put("/hostile", slow))
    result = fetch([big], cache=tmp_path, mirrors=[server.url("/")], limits=limits).results[0]
    assert (result.state, time.monotonic() - began_s < 2) == ("too-slow", True)
    assert "not there after 1 s" in result.detail


@pytest.mark.parametrize("mirror", [False, True])
def test_a_disk_without_room_costs_no_transfer(
    mirror: bool, server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_bytes = BUDGET.spare_bytes + len(CLIP) - 1
    monkeypatch.setattr(room.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free_bytes))
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "clip.mp4").write_bytes(CLIP)
    server.requests.clear()
    manifest = recording("clip", CLIP, path="clip.mp4", locations=[server.put("/hostile", CLIP)])
    mirrors = [tmp_path / "mirror"] if mirror else [server.url("/elsewhere/")]
    report = fetch([manifest], cache=tmp_path / "cache", mirrors=mirrors, world=World(resolve=lambda *_: ["8.8.8.8"]))
    assert report.results[0].state == "no-space"
    assert report.exit_code == 3
    assert "lacks 1 bytes" in report.results[0].detail
    assert [request.path for request in server.requests if request.path == "/hostile"] == []


def test_a_disk_that_fills_up_during_a_transfer_ends_it(
    server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([1 << 40] * 2)
    monkeypatch.setattr(body, "EVERY_BYTES", 4096)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda folder: SimpleNamespace(free=next(free, 0)))
    manifest = unpinned(server.put("/hostile", endless(OK + b"\r\n\r\n", bytes(1 << 12))), tmp_path)
    result = fetch([manifest], cache=tmp_path, mirrors=[server.url("/")], limits=LIMITS, pin=True).results[0]
    assert result.state == "no-space"


def test_a_redirect_from_https_to_http_needs_a_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def get(session: object, address: str, **_: object) -> requests.Response:
        asked.append(address)
        answer = requests.Response()
        answer.status_code, answer.raw = 302, urllib3.HTTPResponse(io.BytesIO(), preload_content=False)
        answer.headers["Location"] = "http://clinic.example/clip.mp4"
        return answer

    monkeypatch.setattr(requests.Session, "get", get)
    world = World(resolve=lambda *_: ["93.184.216.34"])
    url = "https://clinic.example/clip.mp4"
    result = fetch([unpinned(url, tmp_path)], cache=tmp_path, limits=LIMITS, world=world, pin=True).results[0]
    assert (result.state, asked) == ("refused", [url])
    assert "from https to http" in result.detail
    fetch([recording("clip", CLIP, locations=[url])], cache=tmp_path, limits=LIMITS, world=world)
    assert "http://clinic.example/clip.mp4" in asked
