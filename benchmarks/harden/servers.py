"""Hostile servers: each tells a few lies, drawn and varied by the seed, to a fetch that wants an honest file as well.

The lies are those of the tests, one by one; here they come in a row, with other headers, cut, slow, and under another
status. All servers are on this machine. ``python -m benchmarks.harden.servers SEED NUMBER`` tries one again.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harden.crew import ask, serve
from benchmarks.harden.home import ROOT, Home
from benchmarks.harden.tally import Tally

if TYPE_CHECKING:
    from media_server import Answer

__all__ = ["TRIES", "answers_of", "failures_of", "run"]

TRIES = 100
_DEADLINE_S = 120.0
_LONGEST_S = 40.0
_HEADERS = (
    ("Content-Encoding", "gzip"), ("Content-Encoding", "identity, identity"), ("Transfer-Encoding", "chunked"),
    ("Content-Range", "bytes 0-1/2"), ("Content-Range", "bytes */*"), ("Accept-Ranges", "bytes"), ("ETag", '"a"'),
    ("ETag", "W/\"a\""), ("Retry-After", "1"), ("Retry-After", "-1"), ("Location", "/hostile"), ("Location", "//[::1"),
    ("Content-Type", "text/html"), ("Content-Type", "\x1b[31m"), ("Connection", "keep-alive"), ("Set-Cookie", "a=b"),
    ("Content-Length", "5"), ("Content-MD5", "!"), ("Refresh", "0; url=/x"), ("Content-Disposition", 'filename="/x"'),
)  # fmt: skip
_STATUSES = (200, 200, 200, 206, 206, 301, 304, 307, 400, 403, 408, 410, 416, 429, 500, 503, 520)


def _lies() -> Any:
    """Return the tests of fetching from hostile servers, which know the lies and the server that tells them."""
    folder = str(ROOT / "tests")
    if folder not in sys.path:
        sys.path.append(folder)
    import test_hostile_servers

    return test_hostile_servers


def answers_of(seed: int, number: int) -> tuple[list[str], list[Answer]]:
    """Return the names of the lies of one server, and its answers, of which the last is repeated."""
    known = _lies()
    draw = random.Random(f"{seed} {number}")
    names, answers = [], []
    for _ in range(draw.choice((1, 2, 3, 4))):
        name = draw.choice(sorted(known.SERVERS))
        told = known.SERVERS[name][1][:2]
        varied = [_varied(answer, draw) if draw.random() < 0.6 else answer for answer in told]
        names.append(name)
        answers += varied
    if draw.random() < 0.3:
        # Some come right in the end.
        names.append("honest")
        answers.append(known.Answer(known.CLIP, ranges=draw.random() < 0.5))
    return names, answers


def _varied(answer: Answer, draw: random.Random) -> Answer:
    if answer.raw is not None:
        return replace(answer, wait_s=draw.choice((0.0, 0.05, 0.5)))
    headers = {**answer.headers, **dict(draw.sample(_HEADERS, draw.choice((0, 1, 2))))}
    return replace(
        answer,
        headers=headers,
        status=draw.choice((answer.status, *_STATUSES)),
        sent_bytes=draw.choice((answer.sent_bytes, None, 0, draw.randrange(2000))),
        wait_s=draw.choice((0.0, 0.0, 0.05, 0.5)),
        drip_s=draw.choice((0.0, 0.0, 0.0, 0.0005)),
        ranges=draw.random() < 0.4,
        announced=draw.random() < 0.8,
    )


def run(home: Home, *, tries: int, seed: int) -> list[Tally]:
    """Fetch from `tries` hostile servers; return one row."""
    tally = Tally("hostile servers")
    for answer in ask("benchmarks.harden.servers", ["--serve", str(seed)], range(tries), deadline_s=_DEADLINE_S):
        tally.tries += 1
        for failure, what in answer.failures:
            tally.fail(
                failure, f"server {seed} {answer.number} ({', '.join(answers_of(seed, answer.number)[0])}): {what}"
            )
    return [tally]


def failures_of(seed: int, number: int, cache: Path) -> list[tuple[str, str]]:
    """Fetch from one hostile server, and return what fails."""
    from lusdata.media.fetch.collection import fetch

    known = _lies()
    _, answers = answers_of(seed, number)
    found: list[tuple[str, str]] = []
    limits = replace(known.LIMITS, host_failures=99)
    began_s = time.monotonic()
    with known.running_server() as server:
        hostile = known.recording("hostile", known.CLIP, locations=[server.put("/hostile", *answers)])
        good = known.recording("good", known.GOOD, locations=[server.put("/good", known.GOOD)])
        try:
            report = fetch([hostile, good], cache=cache, mirrors=[server.url("/")], limits=limits)
        except Exception as error:
            return [("traceback", f"fetch: {type(error).__name__}: {error}")]
        asked = len(server.asked("/hostile"))
    lasted_s = time.monotonic() - began_s
    told, honest = report.results
    if not all(line.isprintable() for line in report.text().split("\n")):
        found.append(("traceback", f"the report is not printable: {told.detail!r}"))
    if honest.state != "fetched":
        found.append(("silent wrong value", f"the honest file beside it is {honest.state}: {honest.detail}"))
    for result, right in ((told, known.CLIP), (honest, known.GOOD)):
        if result.path is not None and result.path.read_bytes() != right:
            found.append(("silent wrong value", f"{result.id} holds other bytes"))
    # A redirect is followed without a try of its own, up to five times.
    most = 2 * limits.tries * (1 + limits.redirects)
    if asked > most or lasted_s > _LONGEST_S:
        found.append(("hang", f"{asked} requests, {lasted_s:.0f} s"))
    return found


def _try(seed: int, number: int) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="harden-servers-") as cache:
        return failures_of(seed, number, Path(cache))


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(lambda number: _try(int(sys.argv[2]), number))
    else:
        sys.stdout.write(f"{_try(int(sys.argv[1]), int(sys.argv[2])) or 'nothing fails'}\n")
