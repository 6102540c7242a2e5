"""The body of an answer into a part file, within limits of bytes, time and disk."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import urllib3

from lusdata.media.fetch import unfinished
from lusdata.media.fetch.patience import Limits
from lusdata.media.fetch.room import EVERY_BYTES, missing_bytes
from lusdata.media.fetch.session import hang_up
from lusdata.media.fetch.trouble import Trouble, failure

__all__ = ["Transfer", "length_of"]

_CHUNK_BYTES = 64 * 1024
_LONGEST_NUMBER = 15


def length_of(headers: Mapping[str, str]) -> int | None:
    """Return the length that an answer announces, or None where it announces none that means something."""
    text = headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


@dataclass(frozen=True)
class Transfer:
    """One answer on its way into a part file.

    Attributes
    ----------
    url : str
        Address that was asked.
    part : Path
        The part file.
    size_bytes : int or None
        Size that the file should have.
    limits : Limits
        Bounds.
    clock : callable
        Seconds that only rise.
    ends_s : float
        When the time for this address is over, by that clock.
    pause : callable
        Waits for seconds; raises to stop the run.
    """

    url: str
    part: Path
    size_bytes: int | None
    limits: Limits
    clock: Callable[[], float]
    ends_s: float
    pause: Callable[[float], None]

    def receive(self, answer: urllib3.BaseHTTPResponse, *, begun_bytes: int) -> unfinished.Arrival:
        """Write the body behind what the part file holds.

        Parameters
        ----------
        answer : urllib3.BaseHTTPResponse
            The answer, of which nothing was read.
        begun_bytes : int
            Bytes of the part file that are kept.

        Raises
        ------
        FetchFailure
            If there is more than may be taken, or no room for it.
        Trouble
            If the transfer is too slow or breaks off.
        """
        limit = self.limits.largest_bytes if self.size_bytes is None else self.size_bytes
        rest = length_of(answer.headers)
        announced = None if rest is None or unfinished.is_coded(answer.headers) else begun_bytes + rest
        too_long = announced is not None and announced > limit
        if self.size_bytes is None and too_long:
            raise self._too_large(limit, f"{announced:,} bytes")
        # Of a file that cannot be the right one, its beginning is enough to tell what it is.
        take = min(limit, _CHUNK_BYTES) if too_long else limit
        self._check_room(min(take, announced or 0) - begun_bytes)
        with self.part.open("ab" if begun_bytes else "wb") as stream:
            received, more = self._copy(answer, stream, begun_bytes=begun_bytes, limit=take)
        if not more and not too_long:
            return unfinished.Arrival(resumed=begun_bytes > 0)
        if self.size_bytes is None:
            unfinished.discard(self.part)
            raise self._too_large(limit)
        return unfinished.Arrival(resumed=begun_bytes > 0, announced_bytes=announced or received)

    def _too_large(self, limit: int, found: str = "") -> Exception:
        return failure(self.url, "too-large", "more than is taken", expected=f"at most {limit:,} bytes", found=found)

    def _check_room(self, wanted_bytes: int) -> None:
        missing = missing_bytes(self.part.parent, max(0, wanted_bytes))
        if missing:
            raise failure(self.url, "no-space", f"the disk of the cache lacks {missing:,} bytes for it")

    def _copy(
        self, answer: urllib3.BaseHTTPResponse, stream: BinaryIO, *, begun_bytes: int, limit: int
    ) -> tuple[int, bool]:
        """Copy a body up to a limit; return the bytes seen in all, and whether there was more than the limit."""
        received, began_s, looked_bytes = begun_bytes, self.clock(), begun_bytes
        with _watched(answer, self.limits.read_s) as seen:
            for chunk in _unpacked(answer, self.url, seen):
                stream.write(chunk[: max(0, limit - received)])
                received += len(chunk)
                if received > limit:
                    return received, True
                if received - looked_bytes >= EVERY_BYTES:
                    looked_bytes = received
                    self._check_room(0)
                self.pause(0.0)
                self._check_pace(stream, received - begun_bytes, self.clock() - began_s)
        return received, False

    def _check_pace(self, stream: BinaryIO, arrived_bytes: int, lasted_s: float) -> None:
        found = f"{arrived_bytes:,} bytes in {lasted_s:.0f} s"
        if self.clock() > self.ends_s:
            raise failure(self.url, "too-slow", f"not there after {self.limits.transfer_s:,.0f} s", found=found)
        if lasted_s > self.limits.read_s and arrived_bytes < lasted_s * self.limits.slowest_bytes_per_s:
            stream.flush()
            raise Trouble("too-slow", f"too slow: {found}")


def _unpacked(answer: urllib3.BaseHTTPResponse, url: str, seen: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a body as it comes; if it was packed on the way, though nobody asked for that, then unpacked.

    What is unpacked comes in small pieces, however tightly it was packed, and of one layer only.
    """
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise failure(url, "unreachable", "packed in a way that was not asked for", found=coding[:40])
    # 32 more than the largest window: the header tells gzip from zlib.
    packed = None if coding in ("", "identity") else zlib.decompressobj(wbits=47)
    # read1 returns what has come; read would wait for a whole chunk, and a slow drip would never time out.
    while chunk := answer.read1(_CHUNK_BYTES, decode_content=False):
        seen(len(chunk))
        if packed is None:
            yield chunk
            continue
        while chunk and not packed.eof:
            try:
                plain = packed.decompress(chunk, _CHUNK_BYTES)
            except zlib.error as error:
                raise Trouble("unreachable", f"the body is said to be {coding} and is not") from error
            chunk = packed.unconsumed_tail
            yield plain
    if packed is not None and not packed.eof:
        raise Trouble("truncated", "the connection ended before the file did")


@contextmanager
def _watched(answer: urllib3.BaseHTTPResponse, silence_s: float) -> Iterator[Callable[[int], None]]:
    """Hang up when no byte of the body came for a while: a drip of what frames a body resets every timeout.

    Yields a function to be told of bytes that came.
    """
    over = threading.Event()
    arrived_bytes = 0

    def tell(count: int) -> None:
        nonlocal arrived_bytes
        arrived_bytes += count

    def watch() -> None:
        before = -1
        while not over.wait(silence_s):
            if arrived_bytes == before:
                hang_up(answer)
                return
            before = arrived_bytes

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        over.set()
