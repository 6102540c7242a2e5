from __future__ import annotations

import errno
import json
import pkgutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from lusdata import cli, command_line, commands
from lusdata.errors import DataError, OutsideError, UsageError

HEAVY = {"numpy", "pandas", "pyarrow", "cv2", "av", "tensorflow", "torch", "ray", "jsonschema", "requests"}


@pytest.fixture
def failing_command(monkeypatch):
    """Put a command in place of `stats` that raises what it is told to."""

    def install(error: BaseException) -> None:
        def run(args):
            raise error

        module = SimpleNamespace(__doc__="Fail.", configure=lambda parser: None, run=run)
        monkeypatch.setattr(command_line, "command_module", lambda program, command: module)

    return install


def test_no_argument_prints_every_command_and_exits_with_0(capsys):
    assert cli.main([]) == 0
    printed = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"  {name} " not in printed] == []


def test_the_version_is_printed(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("lusdata 1.")


def test_an_unknown_command_is_a_wrong_call_and_names_the_known_ones(capsys):
    assert cli.main(["biuld"]) == 2
    complaint = capsys.readouterr().err
    assert "biuld" in complaint
    assert "build" in complaint


def test_an_unknown_option_is_a_wrong_call(capsys):
    assert cli.main(["doctor", "--loud"]) == 2
    assert "--loud" in capsys.readouterr().err


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself_without_loading_anything_heavy(command):
    code = (
        "import json, sys; from lusdata.cli import main; code = main([sys.argv[1], '--help']);"
        f"print(); print(json.dumps([code, sorted({HEAVY!r} & set(sys.modules))]))"
    )
    run = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True, check=True)
    assert run.stdout.startswith(f"usage: lusdata {command}")
    assert json.loads(run.stdout.splitlines()[-1]) == [0, []]


def test_every_module_that_has_a_command_is_listed_and_none_is_missing():
    found = {module.name for module in pkgutil.iter_modules(commands.__path__)}
    listed = {"import_" if name == "import" else name for name in cli.COMMANDS}
    assert listed <= found


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("no frames", where="a.mp4"), 1),
        (UsageError("too few folds", expected="at least 2", found="1"), 2),
        (OutsideError("the disk is full"), 3),
        (OSError(errno.ENOSPC, "No space left on device", "out/part-0.parquet"), 3),
        (KeyboardInterrupt(), 130),
    ],
    ids=["data", "call", "outside", "disk", "interrupt"],
)
def test_each_kind_of_failure_is_one_line_and_its_exit_code(failing_command, capsys, error, code):
    failing_command(error)
    assert cli.main(["stats"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lusdata: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), MemoryError(), ImportError("libav"), RecursionError()])
def test_a_fault_of_our_own_has_a_line_and_an_exit_code_of_its_own(failing_command, capsys, monkeypatch, error):
    monkeypatch.delenv("LUSDATA_TRACEBACK", raising=False)
    failing_command(error)
    assert cli.main(["stats"]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    for words in ("a fault of lusdata or of its installation", type(error).__name__, str(error), "please report this"):
        assert words in captured.err


def test_the_traceback_of_a_fault_of_our_own_is_shown_to_those_who_ask(failing_command, capsys, monkeypatch):
    monkeypatch.setenv("LUSDATA_TRACEBACK", "1")
    failing_command(ZeroDivisionError("ours"))
    assert cli.main(["stats"]) == 4
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most recent call last):")
    assert "test_cli.py" in told
    assert told.splitlines()[-1].startswith("lusdata: a fault of lusdata")


def test_the_help_names_every_exit_code(capsys):
    cli.main(["--help"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "4 lusdata or its installation has a fault" in printed
    assert [code for code in range(5) if f" {code} " not in printed] == []


def test_python_dash_m_runs_the_same_program():
    run = subprocess.run([sys.executable, "-m", "lusdata", "nonsense"], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_stops_early_brings_no_traceback():
    # As in `lusdata --help | head -0`: nobody reads any more when the text is written.
    code = "import sys, time; sys.stdin.read(); from lusdata.cli import main; sys.exit(main(['--help']))"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as run:
        run.stdout.close()
        run.stdin.close()
        complaint = run.stderr.read()
    assert "Traceback" not in complaint
    assert "Exception ignored" not in complaint
