"""The examples on a page of the site, run from top to bottom in one folder, as a reader would."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lusdata.cli import main

_BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[a-z-]+): (?P<why>[^\n]+) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_SHELL = {"git", "mkdir", "cp"}
_INSTALLS = ("python -m pip install", "make ")


@dataclass(frozen=True)
class Block:
    """One example.

    Attributes
    ----------
    language : str
        ``python`` and ``sh`` are run; ``text`` is what the block before prints, or a part of it.
    code : str
        The example.
    line : int
        Its first line on the page.
    note, why : str
        ``not-run``, ``needs`` or ``slow``, and the reason or the packages; empty for most.
    """

    language: str
    code: str
    line: int
    note: str = ""
    why: str = ""


def blocks_of(page: Path) -> list[Block]:
    """Return the examples of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        indent = match["indent"]
        code = "".join(line.removeprefix(indent) for line in match["code"].splitlines(keepends=True))
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Block(match["language"], code, line, match["note"] or "", match["why"] or ""))
    return found


def runs(block: Block) -> bool:
    """Tell whether an example is run, and not only shown."""
    return block.language in ("python", "sh") and block.note != "not-run"


def run_page(page: Path, *, outputs: bool) -> int:
    """Run every example of a page in the current folder.

    Parameters
    ----------
    page : Path
        The page.
    outputs : bool
        Also hold what the page says is printed against what was.

    Returns
    -------
    int
        How many examples ran.
    """
    ran = 0
    names: dict[str, Any] = {"__name__": page.stem}
    printed: str | None = ""
    for block in blocks_of(page):
        if block.note == "not-run":
            # What it would print is not known either.
            printed = None
            continue
        if block.note == "needs":
            for package in block.why.split(", "):
                pytest.importorskip(package, reason=f"{page.name} needs {package}")
        place = f"{page.name}:{block.line}"
        ran += runs(block)
        if block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                exec(compile(block.code, place, "exec"), names)
            printed = shown.getvalue()
        elif block.language == "sh":
            printed = "".join(_run(command, place) for command in _commands(block.code))
        elif block.language == "text" and outputs and printed is not None:
            missing = [line for line in _lines(block.code) if line not in _lines(printed) and line != "..."]
            assert missing == [], f"{place}: not printed"
    return ran


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _commands(code: str) -> list[str]:
    joined = code.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _run(command: str, place: str) -> str:
    """Run one line of a shell example, and return what it printed; a line that fails says so with `|| true`."""
    may_fail = command.partition("#")[0].rstrip().endswith("|| true")
    words = shlex.split(command.replace("|| true", ""), comments=True)
    if command.startswith(_INSTALLS):
        return ""
    if words[0] == "lusdata":
        with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.redirect_stderr(io.StringIO()) as errors:
            code = main(words[1:])
        assert code == 0 or (may_fail and code == 1), f"{place}: {command}\n{shown.getvalue()}{errors.getvalue()}"
        return shown.getvalue()
    if words[0] == "cd":
        os.chdir(words[1])
        return ""
    assert words[0] in (*_SHELL, "python"), f"{place}: {words[0]} is no command that a page may show"
    if words[0] == "python":
        words[0] = sys.executable
    assert shutil.which(words[0]) is not None
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or may_fail, f"{place}: {command}\n{done.stdout}{done.stderr}"
    return done.stdout
