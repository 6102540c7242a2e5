"""Commands of lusdata as forks of one process that has imported them: many a minute, killed amid their work."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Command", "begin", "begin_call", "import_commands"]

_LOOK_EVERY_S = 0.002


@dataclass(frozen=True)
class Command:
    """A command that runs, or ran.

    Attributes
    ----------
    pid : int
        Its process.
    folder : Path
        Where the files `out` and `err` hold what it prints.
    """

    pid: int
    folder: Path

    def wait(self, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Wait for its end, and return code, output and what was said; subprocess.TimeoutExpired if it goes on."""
        deadline = time.monotonic() + timeout_s
        while True:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("lusdata", timeout_s)
            time.sleep(_LOOK_EVERY_S)
        said = [(self.folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err")]
        return subprocess.CompletedProcess("lusdata", os.waitstatus_to_exitcode(status), *said)


def import_commands() -> None:
    """Import once what every command needs; this process must not start threads of its own."""
    import lusdata.commands

    for module in pkgutil.iter_modules(lusdata.commands.__path__, "lusdata.commands."):
        importlib.import_module(module.name)


def begin(arguments: Sequence[object], *, env: Mapping[str, str], cwd: Path, folder: Path) -> Command:
    """Begin a command of lusdata in a fork, with this environment, folder to work in, and folder for what it prints."""
    from lusdata.cli import main

    return begin_call(lambda: main([str(argument) for argument in arguments]), env=env, cwd=cwd, folder=folder)


def begin_call(call: Callable[[], int | None], *, env: Mapping[str, str], cwd: Path, folder: Path) -> Command:
    """Begin any call in a fork; it ends with the code that is returned, or with 1 and a traceback."""
    pid = os.fork()
    if pid:
        return Command(pid, folder)
    code = 1
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        code = call() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
