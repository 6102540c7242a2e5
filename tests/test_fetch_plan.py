"""The decisions of fetch, without disk and network."""

from __future__ import annotations

import socket
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fetch_cases import mp4, recording

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.networks import is_public
from lusdata.errors import UsageError
from lusdata.media.fetch.address import refusal
from lusdata.media.fetch.patience import Limits, may_pass, retry_after_s, retry_delay_s
from lusdata.media.fetch.plan import (
    Attempt,
    FetchPlan,
    FolderMirror,
    Mirror,
    WebMirror,
    by_turns,
    parse_mirror,
    plan_recording,
    safe_parts,
)
from lusdata.media.fetch.report import STATES, Failure, FetchReport, FetchResult, State, decisive

FOLDER = FolderMirror(Path("copies"))
WEB = WebMirror("https://mirror.example/lung/")
URL = "https://clinic.example/clip.mp4"


def plan(
    manifest: Manifest,
    *,
    cached: bool = False,
    mirrors: tuple[Mirror, ...] = (),
    offline: bool = False,
    pin: bool = False,
) -> FetchPlan:
    return plan_recording(manifest, cached=cached, mirrors=mirrors, offline=offline, pin=pin)


def places(plan: FetchPlan) -> list[str]:
    return [attempt.location for attempt in plan.attempts]


def test_what_is_cached_is_not_asked_for_again() -> None:
    assert plan(recording(data=mp4(), locations=[URL]), cached=True) == FetchPlan(
        recording(data=mp4(), locations=[URL]), "present"
    )


def test_mirrors_come_first_in_the_users_order_then_the_locations() -> None:
    manifest = recording(data=mp4(), path="convex/Day+1 a.mp4", locations=[URL, URL + "?copy"])
    assert places(plan(manifest, mirrors=(WEB, FOLDER))) == [
        "https://mirror.example/lung/convex/Day%2B1%20a.mp4",
        str(Path("copies/convex/Day+1 a.mp4")),
        URL,
        URL + "?copy",
    ]


def test_offline_leaves_only_folders() -> None:
    manifest = recording(data=mp4(), path="a.mp4", locations=[URL])
    found = plan(manifest, mirrors=(WEB, FOLDER), offline=True)
    assert (found.state, places(found)) == ("offline", [str(Path("copies/a.mp4"))])


def test_an_unpinned_recording_waits_for_pin_and_is_then_looked_for_like_any_other() -> None:
    manifest = recording(path="a.mp4", locations=[URL])
    assert plan(manifest, mirrors=(FOLDER,)).state == "unpinned"
    assert plan(manifest, mirrors=(FOLDER,)).attempts == ()
    in_folder, on_web = str(Path("copies/a.mp4")), "https://mirror.example/lung/a.mp4"
    assert places(plan(manifest, mirrors=(FOLDER, WEB), pin=True)) == [in_folder, on_web, URL]
    offline = plan(manifest, mirrors=(WEB, FOLDER), pin=True, offline=True)
    assert (offline.state, places(offline)) == ("offline", [in_folder])


def test_an_unpinned_recording_that_is_got_by_hand_may_lie_in_a_mirror() -> None:
    manifest = recording(path="a.mp4", access="manual", page="https://clinic.example/talk")
    found = plan(manifest, mirrors=(FOLDER,), pin=True)
    assert (found.state, places(found)) == ("manual", [str(Path("copies/a.mp4"))])
    assert "lusdata pin" in found.reason
    assert plan(manifest, mirrors=(FOLDER,)).attempts == ()


def test_a_manual_recording_names_its_page_and_is_taken_from_a_mirror() -> None:
    manifest = recording(data=mp4(), path="a.mp4", locations=[URL], access="manual", page="https://clinic.example/talk")
    found = plan(manifest, mirrors=(FOLDER, WEB))
    assert found.state == "manual"
    assert "https://clinic.example/talk" in found.reason
    assert places(found) == [str(Path("copies/a.mp4")), "https://mirror.example/lung/a.mp4"]


def test_a_restricted_recording_is_blocked_on_the_web_but_may_lie_in_the_users_own_folder() -> None:
    manifest = recording(data=mp4(), path="a.mp4", locations=[URL], access="restricted")
    found = plan(manifest, mirrors=(WEB, FOLDER))
    assert (found.state, places(found)) == ("blocked", [str(Path("copies/a.mp4"))])
    assert "contract" in found.reason


def test_a_recording_without_any_address_is_gone() -> None:
    assert plan(recording(data=mp4())).state == "gone"
    assert plan(recording(), pin=True).state == "gone"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("../a.mp4", id="up"),
        pytest.param("a/../../b.mp4", id="up-later"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param("C:/a.mp4", id="drive"),
        pytest.param("a\\..\\b.mp4", id="backslash"),
        pytest.param("a//b.mp4", id="empty-name"),
        pytest.param("./a.mp4", id="dot"),
        pytest.param("a/", id="folder"),
        pytest.param("a\x00.mp4", id="null"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_path_that_could_leave_a_mirror_is_not_looked_for(path: str) -> None:
    assert safe_parts(path) is None
    manifest = recording(data=mp4(), path=path, locations=[URL])
    assert places(plan(manifest, mirrors=(FOLDER, WEB))) == [URL]


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        pytest.param("copies", FolderMirror(Path("copies")), id="folder"),
        pytest.param("../copies of 2021", FolderMirror(Path("../copies of 2021")), id="relative-folder"),
        pytest.param("C:\\copies", FolderMirror(Path("C:\\copies")), id="windows-folder"),
        pytest.param(Path("https:/x"), FolderMirror(Path("https:/x")), id="path-object"),
        pytest.param("https://mirror.example/lung", WEB, id="address"),
        pytest.param("http://127.0.0.1:8000", WebMirror("http://127.0.0.1:8000/"), id="address-without-path"),
    ],
)
def test_a_mirror_is_a_folder_or_an_address(text: str | Path, mirror: Mirror) -> None:
    assert parse_mirror(text) == mirror


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("ftp://mirror.example/lung", "not a mirror", id="ftp"),
        pytest.param("file:///copies", "not a mirror", id="file"),
        pytest.param("https://me:secret@mirror.example/", "user name or password", id="password"),
        pytest.param("https://mirror.example/?dir=a", "query", id="query"),
        pytest.param("https://", "not a mirror", id="no-host"),
    ],
)
def test_an_address_that_cannot_be_a_mirror_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_mirror(text)
    assert "secret" not in str(caught.value)


def test_neighbours_ask_different_hosts() -> None:
    def one(url: str) -> FetchPlan:
        return FetchPlan(recording(), "dead", attempts=(Attempt(url),))

    plans = [one(f"https://{host}.example/{number}") for host in "ab" for number in range(3)]
    order = [plan.attempts[0].location.split("//")[1].replace(".example", "") for plan in by_turns(plans)]
    assert order == ["a/0", "b/0", "a/1", "b/1", "a/2", "b/2"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.20.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("no address", False),
        ("0.1.2.3", False),
        ("100.127.255.255", False),
        ("100.128.0.0", True),
        ("172.32.0.1", True),
        ("192.0.0.8", False),
        ("192.0.0.9", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("198.19.255.255", False),
        ("198.20.0.0", True),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("239.255.255.255", False),
        ("240.0.0.1", False),
        ("::", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("::ffff:8.8.8.8", True),
        ("::ffff:0:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::808:808", False),
        ("100::1", False),
        ("2001::1", False),
        ("2001:0:7f00:1::", False),
        ("2001:10::1", False),
        ("2001:20::1", False),
        ("2001:db8::1", False),
        ("2002:808:808::", True),
        ("2002:a00:1::", False),
        ("2a00:1450::5efe:10.0.0.1", False),
        ("2a00:1450::200:5efe:192.168.0.1", False),
        ("3fff::1", False),
        ("4000::1", False),
        ("5f00::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def names(host: str, port: int) -> Collection[str]:
    known = {
        "clinic.example": ["93.184.216.34"],
        "inside.example": ["93.184.216.34", "10.0.0.7"],
        "10.0.0.7": ["10.0.0.7"],
    }
    if host not in known:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return known[host]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("https://clinic.example/a", "", id="public"),
        pytest.param("https://inside.example/a", "private network", id="one-private-address-is-enough"),
        pytest.param("http://10.0.0.7/a", "private network", id="private-by-number"),
        pytest.param("https://me@clinic.example/a", "user name", id="user"),
        pytest.param("https://me:pw@clinic.example/a", "password", id="password"),
        pytest.param("file:///etc/passwd", "only http and https", id="file"),
        pytest.param("ftp://clinic.example/a", "only http and https", id="ftp"),
        pytest.param("data:text/plain,a", "only http and https", id="data"),
        pytest.param("//clinic.example/a", "only http and https", id="no-scheme"),
        pytest.param("https:///a", "names no host", id="no-host"),
        pytest.param("https://clinic.example:99999/a", "not a valid address", id="port"),
        pytest.param("https://clinic.example/a b", "not a valid address", id="space"),
        pytest.param("https://clinic.example\\@inside.example/", "not a valid address", id="backslash"),
        pytest.param("https://[::1/a", "not a valid address", id="bracket"),
        pytest.param("https://clinic.example/\x7f", "not a valid address", id="delete"),
        pytest.param("https://clinic.example/\x9b31m", "not a valid address", id="steering"),
        pytest.param("https://clinic.example/\u202egpm.4pm", "not a valid address", id="turned-round"),
        pytest.param(f"https://{'a' * 64}.example/", "not a valid address", id="label"),
        pytest.param("https://a..example/", "not a valid address", id="empty-label"),
        pytest.param("https://clinic.example/" + "a" * 5000, "not a valid address", id="long"),
        pytest.param("https://clinic.example:" + "9" * 5000 + "/", "not a valid address", id="digits"),
    ],
)
def test_strangers_may_not_point_into_private_networks(url: str, words: str) -> None:
    reason = refusal(url, allowed=(), resolve=names)
    assert words in reason
    assert bool(reason) is bool(words)


def test_a_private_address_that_the_user_named_is_allowed_with_its_port_only() -> None:
    allowed = {"http://10.0.0.7:8000/copies/"}
    assert refusal("http://10.0.0.7:8000/copies/a", allowed=allowed, resolve=names) == ""
    assert "private" in refusal("http://10.0.0.7:9000/", allowed=allowed, resolve=names)


@pytest.mark.parametrize(
    "path",
    [
        "admin",
        "",
        "copies",
        "copies-2/a",
        "COPIES/a",
        "copies/../admin",
        "copies/%2e%2e/admin",
        "copies/.%2e/admin",
        "copies/%252e%252e/admin",
        "copies/%25252e%25252e/admin",
        "copies/%25252525252525252e/admin",
        "copies/..;x/admin",
        "copies/a%2f..%2f..%2fadmin",
        "copies%2f..%2fadmin",
        "copies/..%5cadmin",
        "//copies/a",
    ],
)
def test_a_mirror_is_allowed_and_not_what_lies_beside_it(path: str) -> None:
    allowed = {"http://10.0.0.7/copies/"}
    assert "private" in refusal(f"http://10.0.0.7/{path}", allowed=allowed, resolve=names)


@pytest.mark.parametrize("path", ["a.mp4", "deep/a b.mp4", "a..b/...mp4", "%C3%BC/a.mp4?x=../y", "a;v=1.mp4"])
def test_what_lies_below_a_mirror_is_allowed(path: str) -> None:
    allowed = {"http://10.0.0.7/my%20copies/"}
    for address in (f"http://10.0.0.7/my%20copies/{path}", f"HTTP://10.0.0.7:80/my%20copies/{path}"):
        assert refusal(address.replace("a b", "a%20b"), allowed=allowed, resolve=names) == ""


def test_a_mirror_named_with_a_way_up_is_no_mirror() -> None:
    for address in ("http://10.0.0.7/copies/../", "http://10.0.0.7/copies/%2e%2e"):
        with pytest.raises(UsageError, match=r"'\.\.' in its path"):
            parse_mirror(address)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_these_statuses_may_pass(status: int) -> None:
    assert may_pass(status)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 405, 410, 451, 501, 505])
def test_these_statuses_will_not_pass(status: int) -> None:
    assert not may_pass(status)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param("30", 30.0, id="seconds"),
        pytest.param(" 0 ", 0.0, id="at-once"),
        pytest.param("Mon, 23 Nov 2026 08:01:00 GMT", 60.0, id="date"),
        pytest.param("Mon, 23 Nov 2026 07:00:00 GMT", 0.0, id="past-date"),
        pytest.param("soon", None, id="nonsense"),
        pytest.param("-5", None, id="negative"),
        pytest.param("٣", None, id="other-digits"),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text, now=datetime(2026, 11, 23, 8, 0, tzinfo=UTC)) == seconds


def test_waiting_doubles_with_jitter_and_ends() -> None:
    limits = Limits(tries=5, first_delay_s=1.0, longest_delay_s=6.0)
    assert [retry_delay_s(n, limits=limits, jitter=0.0) for n in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, None]
    full = [retry_delay_s(n, limits=limits, jitter=1.0) for n in range(1, 5)]
    assert full == [1.0, 2.0, 4.0, 6.0]


def test_a_server_gets_the_pause_it_asks_for_unless_that_is_too_long() -> None:
    limits = Limits(longest_delay_s=60.0)
    assert retry_delay_s(1, limits=limits, jitter=0.5, asked_s=17.0) == 17.0
    assert retry_delay_s(1, limits=limits, jitter=0.5, asked_s=61.0) is None


def failure(state: State, *, mirror: bool = False) -> Failure:
    return Failure(f"https://{state}.example", state, state, mirror)


def test_the_manifests_own_addresses_speak_before_a_wrong_mirror() -> None:
    assert decisive((failure("changed", mirror=True), failure("unreachable"))).state == "unreachable"
    assert decisive((failure("changed", mirror=True),)).state == "changed"


def test_a_finding_about_the_file_speaks_before_a_silent_address() -> None:
    assert decisive((failure("dead"), failure("changed"), failure("unreachable"))).state == "changed"
    assert decisive((failure("dead"), failure("unreachable"))).state == "unreachable"


@pytest.mark.parametrize(
    ("states", "code"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param(["present", "fetched"], 0, id="all-here"),
        pytest.param(["present", "manual", "blocked", "unpinned", "gone"], 0, id="known-not-to-be-had"),
        pytest.param(["present", "dead"], 3, id="dead"),
        pytest.param(["offline"], 3, id="offline"),
        pytest.param(["unreachable", "changed"], 1, id="both"),
        pytest.param(["html-page"], 1, id="page"),
    ],
)
def test_the_exit_code_follows_from_the_states(states: list[State], code: int) -> None:
    results = tuple(FetchResult(f"cases/{state}", state) for state in states)
    assert FetchReport(results, Path("cache")).exit_code == code


def test_every_state_has_a_meaning_and_an_exit_code() -> None:
    assert set(STATES) == set(State.__args__)  # type: ignore[attr-defined]
    assert all(code in (0, 1, 3) and words for code, words in STATES.values())
