"""A web server on this machine that misbehaves to order."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server says to one request.

    ``sent_bytes`` cuts the body off after that many bytes of the announced length; ``drip_s`` waits that long after
    every byte, ``wait_s`` before the first; ``ranges`` lets it answer range requests with 206 or 416. ``raw`` are
    pieces of bytes that stand for the whole answer, head and all, each sent ``drip_s`` after the one before.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None
    wait_s: float = 0.0
    drip_s: float = 0.0
    header_drip_s: float = 0.0
    ranges: bool = False
    announced: bool = True
    raw: Iterable[bytes] | None = None


def status(code: int, **headers: str) -> Answer:
    """Return an answer that is only a status; underscores in header names stand for hyphens."""
    return Answer(b"no", code, {name.replace("_", "-"): value for name, value in headers.items()})


def page(title: str = "Video not found") -> Answer:
    """Return a web page, as sites send in place of a file that is gone."""
    body = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>Sorry.</body></html>"
    # Sites say what they like about the type; the bytes are what counts.
    return Answer(body.encode(), headers={"Content-Type": "video/mp4"})


def redirect(target: str, code: int = 302) -> Answer:
    """Return a redirect."""
    return Answer(b"", code, {"Location": target})


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    path: str
    headers: Mapping[str, str]


class MediaServer:
    """The server: each path has a list of answers, of which the last one is repeated."""

    def __init__(self, http: ThreadingHTTPServer) -> None:
        self.requests: list[Request] = []
        self.most_at_once = 0
        self._answers: dict[str, list[Answer]] = {}
        self._waiting = 0
        self._lock = threading.Lock()
        self._port = http.server_address[1]

    def url(self, path: str = "/") -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self._port}{path}"

    def put(self, path: str, *answers: Answer | bytes) -> str:
        """Say how a path answers, and return its address."""
        self._answers[path] = [Answer(answer) if isinstance(answer, bytes) else answer for answer in answers]
        return self.url(path)

    def asked(self, path: str) -> Sequence[Request]:
        """Return the requests for a path so far."""
        return [request for request in self.requests if request.path == path]

    def _next(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            answers = self._answers.get(request.path, [status(404)])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self._waiting += 1
            self.most_at_once = max(self.most_at_once, self._waiting)
        # Counted only while nothing is sent yet: a client may be done before the server knows.
        time.sleep(answer.wait_s)
        with self._lock:
            self._waiting -= 1
        return answer


@contextmanager
def running_server() -> Iterator[MediaServer]:
    """Run a server until the end of the block."""
    servers: list[MediaServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                self._give(servers[0]._next(Request(self.path, dict(self.headers))))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _give(self, answer: Answer) -> None:
            if answer.raw is not None:
                self.close_connection = True
                for piece in answer.raw:
                    self.wfile.write(piece)
                    time.sleep(answer.drip_s)
                return
            code, headers, body = answer.status, dict(answer.headers), answer.body
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            fresh = self.headers.get("If-Range", headers.get("ETag")) == headers.get("ETag")
            if answer.ranges and wanted and fresh:
                start = int(wanted[1])
                if start >= len(body):
                    code, headers["Content-Range"], body = 416, f"bytes */{len(body)}", b""
                else:
                    code, headers["Content-Range"] = 206, f"bytes {start}-{len(body) - 1}/{len(body)}"
                    body = body[start:]
            if answer.header_drip_s:
                self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000, answer.header_drip_s)
                return
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            if answer.announced:
                self.send_header("Content-Length", str(len(body)))
            else:
                self.close_connection = True
            self.end_headers()
            if answer.sent_bytes is not None:
                body = body[: answer.sent_bytes]
                self.close_connection = True
            if answer.drip_s:
                self._drip(body, answer.drip_s)
            else:
                self.wfile.write(body)

        def _drip(self, data: bytes, pause_s: float) -> None:
            for byte in data:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(pause_s)
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            # A client that hangs up, as one should on a slow drip, is no fault of the server.
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)

    with Server(("127.0.0.1", 0), Handler) as http:
        servers.append(MediaServer(http))
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield servers[0]
        finally:
            http.shutdown()
            thread.join()


def free_ports(count: int) -> int:
    """Return the first of some ports in a row that nobody listens on at this moment."""
    while True:
        with contextlib.ExitStack() as held:
            first = held.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                for number in range(1, count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port + number))
            except (OSError, OverflowError):
                continue
            return port
