"""`subprocess.run` for scripts that call lusdata hundreds of times: each call is a fork of one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.harden.forked import begin, begin_call, import_commands


def run(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    timeout: float = 600,
    env: Mapping[str, str] | None = None,
    **others: bool,
) -> subprocess.CompletedProcess[str]:
    """Run `lusdata ...` or `python -c ...`, and return what `subprocess.run` does."""
    assert set(others) <= {"capture_output", "text"}, others
    program, *words = map(os.fspath, arguments)
    with tempfile.TemporaryDirectory() as name:
        where = {"env": env or os.environ, "cwd": Path.cwd(), "folder": Path(name)}
        if program == "lusdata":
            command = begin(words, **where)
        else:
            assert (program, words[0]) == ("python", "-c")
            command = begin_call(lambda: exec(compile(words[1], "<string>", "exec"), {}), **where)
        try:
            return command.wait(timeout)
        except subprocess.TimeoutExpired:
            os.kill(command.pid, signal.SIGKILL)
            command.wait(timeout)
            raise


def run_script(script: str, moved: Mapping[str, str]) -> None:
    """Run a script of others, with the paths that are other ones today, and each program that it calls as a fork."""
    import_commands()
    subprocess.run = run  # type: ignore[assignment]
    text = Path(script).read_text(encoding="utf-8")
    for then, now in moved.items():
        text = text.replace(then, now)
    sys.argv = [script]
    exec(compile(text, script, "exec"), {"__name__": "__main__"})
