"""`subprocess.run` for scripts that call lusdata hundreds of times: each call is a fork of one process."""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas  # noqa: F401 (imported once, for every fork)

import lusdata
import lusdata.commands
from lusdata.cli import main


def run(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    timeout: float = 600,
    env: Mapping[str, str] | None = None,
    **others: bool,
) -> subprocess.CompletedProcess[str]:
    """Run `lusdata ...` or `python -c ...`, and return what `subprocess.run` does."""
    assert set(others) <= {"capture_output", "text"}, others
    words = [os.fspath(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        pid = os.fork()
        if pid == 0:
            _become(words, out, err, env or {})
        ends = time.monotonic() + timeout
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() > ends:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                raise subprocess.TimeoutExpired(words, timeout)
            time.sleep(0.002)
        said = [path.read_text(encoding="utf-8", errors="replace") for path in (out, err)]
    return subprocess.CompletedProcess(words, os.waitstatus_to_exitcode(status), *said)


def _become(words: list[str], out: Path, err: Path, env: Mapping[str, str]) -> None:
    code = 1
    try:
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
        os.environ.update(env)
        if words[0] == "lusdata":
            code = main(words[1:])
        else:
            assert words[:2] == ["python", "-c"], words
            exec(compile(words[2], "<string>", "exec"), {})
            code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run_script(script: str, moved: Mapping[str, str]) -> None:
    """Run a script of others, with the paths that are other ones today, and each program that it calls as a fork."""
    for module in pkgutil.iter_modules(lusdata.commands.__path__, "lusdata.commands."):
        importlib.import_module(module.name)
    assert callable(lusdata.load)
    subprocess.run = run  # type: ignore[assignment]
    text = Path(script).read_text(encoding="utf-8")
    for then, now in moved.items():
        text = text.replace(then, now)
    sys.argv = [script]
    exec(compile(text, script, "exec"), {"__name__": "__main__"})
