"""Parsing a JSON file that may come from a stranger."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from lusdata.errors import DataError

__all__ = ["LONGEST_INDEX_BYTES", "UNREADABLE", "UnreadableError", "parse_data", "read_data"]

_LONGEST_MANIFEST_BYTES = 1_000_000
LONGEST_INDEX_BYTES = 32_000_000
"""Most that is read of a file that lists a whole collection: a dataset, a release, a fold table."""

_DEEPEST_LEVELS = 32
_LARGEST_INTEGER = 2**53

UNREADABLE = {
    "FILE_UNREADABLE": "A manifest is a regular file that can be opened.",
    "FILE_TOO_LARGE": f"A manifest is at most {_LONGEST_MANIFEST_BYTES:,} bytes long.",
    "NOT_UTF8": "A manifest is UTF-8 text without a byte order mark.",
    "NOT_JSON": "A manifest is valid JSON; NaN and Infinity are not.",
    "KEY_TWICE": "No object repeats a key.",
    "TOO_DEEP": f"A manifest is nested at most {_DEEPEST_LEVELS} levels deep.",
}
"""For each code under which a file is refused the sentence that it breaks."""


class UnreadableError(DataError):
    """A file holds no JSON document that lusdata takes.

    Parameters
    ----------
    code : str
        A key of `UNREADABLE`.
    what, where, expected, found, hint : str
        As for every `LusdataError`.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what, where=where, expected=expected, found=found, hint=hint)
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from all fields, the code among them."""
        return _rebuild, (self.code, self.what, self.where, self.expected, self.found, self.hint)


def _rebuild(
    code: str, what: str, where: str | None, expected: str | None, found: str | None, hint: str | None
) -> UnreadableError:
    return UnreadableError(code, what, where=where, expected=expected, found=found, hint=hint)


def read_data(path: Path, *, what: str = "a manifest", most_bytes: int = _LONGEST_MANIFEST_BYTES) -> Any:
    """Parse one JSON file that may come from a stranger.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What it should be, for the message.
    most_bytes : int
        Longer files are refused unread.

    Returns
    -------
    object
        The parsed document, not yet validated. Its numbers are finite and its texts can be written as UTF-8.

    Raises
    ------
    UnreadableError
        If it is no regular file, too large, no UTF-8 JSON, repeats a key, or is nested very deeply.
    OSError
        If it cannot be opened.
    """
    where = str(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "a link to nothing" if path.is_symlink() else "nothing, or a device"
        raise UnreadableError("FILE_UNREADABLE", "not a file", where=where, expected="a JSON file", found=found)
    return parse_data(_content(path, what, most_bytes), where)


def parse_data(content: bytes, where: str) -> Any:
    """Parse the content of a JSON file that may come from a stranger.

    Parameters
    ----------
    content : bytes
        All of it.
    where : str
        Where it came from, for the error.

    Raises
    ------
    UnreadableError
        As for `read_data`.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        what, hint = "the file begins with a byte order mark", "save the file as UTF-8 without BOM"
        raise UnreadableError("NOT_UTF8", what, where=where, hint=hint)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        what, found = "not UTF-8 text", f"byte 0x{content[error.start]:02x} at position {error.start}"
        raise UnreadableError("NOT_UTF8", what, where=where, found=found, hint="save the file as UTF-8") from error
    data = _parse(text, where)
    if _depth_exceeds(data, _DEEPEST_LEVELS):
        raise _too_deep(where)
    return data


def _content(path: Path, what: str, most_bytes: int) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise UnreadableError(
            "FILE_TOO_LARGE",
            f"too large for {what}",
            where=str(path),
            expected=f"at most {most_bytes:,} bytes",
            found=f"{path.stat().st_size:,} bytes",
        )
    return content


def _parse(text: str, where: str) -> Any:
    try:
        data = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_exact,
        )
        if "\\u" in text:
            # An escape may stand for half a character, which no file can hold.
            json.dumps(data, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        found = "an empty file" if not text.strip() else f"{error.msg} (line {error.lineno}, column {error.colno})"
        hint = "check commas, quotes and brackets at that place"
        raise UnreadableError("NOT_JSON", "not valid JSON", where=where, found=found, hint=hint) from error
    except _RepeatedKeyError as error:
        what, found = "a key stands twice in one object", error.args[0]
        raise UnreadableError("KEY_TWICE", what, where=where, expected="every key once", found=found) from error
    except UnicodeEncodeError as error:
        found = f"the escape \\u{ord(error.object[error.start]):04x}, half a character"
        raise UnreadableError("NOT_JSON", "not valid JSON", where=where, found=found) from error
    except RecursionError as error:
        raise _too_deep(where) from error
    except ValueError as error:
        raise UnreadableError("NOT_JSON", "not valid JSON", where=where, found=str(error)) from error
    return data


class _RepeatedKeyError(Exception):
    """Leaves the parser with the names of the keys."""


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(", ".join(sorted({repr(key)[:80] for key in keys if keys.count(key) > 1})))
    return data


def _no_constant(name: str) -> float:
    message = f"{name}, which is no JSON number"
    raise ValueError(message)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        message = f"the number {text[:40]}, too large to be held"
        raise ValueError(message)
    return number


def _exact(text: str) -> int:
    # Other readers of the file hold integers as floats; beyond this they would read another number.
    if len(text) > 17 or abs(int(text)) > _LARGEST_INTEGER:
        message = f"the integer {text[:20]}{'…' * (len(text) > 20)}, too large to be held exactly"
        raise ValueError(message)
    return int(text)


def _too_deep(where: str) -> UnreadableError:
    expected = f"at most {_DEEPEST_LEVELS} levels"
    return UnreadableError("TOO_DEEP", "nested too deeply", where=where, expected=expected)


def _depth_exceeds(data: Any, limit: int) -> bool:
    # A loop, because a document made to hurt is deeper than Python's own stack.
    layer = [data]
    for _ in range(limit):
        layer = [
            inner
            for value in layer
            if isinstance(value, (dict, list))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not layer:
            return False
    return any(isinstance(value, (dict, list)) for value in layer)
