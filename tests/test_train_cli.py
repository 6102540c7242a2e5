"""The command line of train/ where its extra is missing: help at once, and one line that names the extra."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import train
from lusdata import command_line
from train import cli
from train.configs import CONFIGS
from train.models import MODELS

HOME = Path(train.__path__[0]).parent
# As Python behaves where the extra's packages are not installed.
WITHOUT = f"import sys; sys.modules.update(dict.fromkeys({sorted(cli.EXTRA.packages)!r}))\n"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = WITHOUT + f"from {train.__name__}.cli import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_help_lists_commands_models_and_protocols_without_the_extra():
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    words = set(done.stdout.split())
    assert {*cli.COMMANDS, *MODELS, "nested", "patient"} <= words
    assert {name.partition(":")[0] for name in CONFIGS} == set(MODELS)


def test_every_model_stands_in_the_help_with_its_parameters_and_the_papers():
    details = cli.PROGRAM.details()
    for name, entry in MODELS.items():
        (line,) = [line for line in details.splitlines() if line.split()[:1] == [name]]
        paper = f"{entry.paper_parameters:,}" if entry.paper_parameters else "-"
        assert line.split()[1:3] == [f"{entry.parameters:,}", paper]
        assert line.endswith(f"{entry.title}; {entry.source}")
    assert "For research, not for diagnosis." in details


def test_what_is_completed_for_a_model_can_be_fitted():
    assert list(cli.PROGRAM.completers["MODEL[:VARIANT]"]()) == list(CONFIGS)


def test_help_is_instant():
    code = (
        f"import sys, time; from {train.__name__}.cli import main; main(['--help'])\n"
        "print(time.process_time(), *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    spent_s, *loaded = done.stdout.splitlines()[-1].split()
    assert {"keras", "numpy", "pandas", "av"} & set(loaded) == set()
    # Of the processor, since the machine may be busy; it is a tenth of a second, and Keras takes several.
    assert float(spent_s) < 1


@pytest.fixture(scope="module")
def helps() -> dict[str, list[object]]:
    """Ask for the help of each command, all in one process, since starting one takes longer than they do."""
    code = WITHOUT + (
        "import contextlib, io, json\n"
        f"from {train.__name__}.cli import COMMANDS, main\n"
        "found = {}\n"
        "for command in COMMANDS:\n"
        "    out, err = io.StringIO(), io.StringIO()\n"
        "    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):\n"
        "        status = main([command, '--help'])\n"
        "    found[command] = [status, out.getvalue(), err.getvalue()]\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself_without_the_extra(helps, command):
    status, out, err = helps[command]
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: {train.PROGRAM} {command}")


def test_a_command_without_the_extra_is_one_line_that_names_it():
    done = run("crossval", "mobilenet_v2")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"train: {train.PROGRAM} crossval needs the package '")
    assert done.stderr.endswith("run: python -m pip install 'lusdata[train]'\n")
    assert done.stderr.count("\n") == 1


def test_python_dash_m_runs_it_under_its_name():
    done = subprocess.run(
        [sys.executable, "-m", train.__name__, "--help"], capture_output=True, text=True, check=True, cwd=HOME
    )
    assert f"python -m {train.__name__}" == train.PROGRAM
    assert done.stdout.startswith(f"usage: {train.PROGRAM} COMMAND")


def test_a_fault_of_our_own_has_an_exit_code_of_its_own(monkeypatch, capsys):
    def run(arguments):
        raise ModuleNotFoundError("No module named 'train.nothing'", name="train.nothing")

    module = SimpleNamespace(__doc__="Fail.", configure=lambda parser: None, run=run)
    monkeypatch.setattr(command_line, "command_module", lambda program, command: module)
    monkeypatch.delenv("LUSDATA_TRACEBACK", raising=False)
    assert cli.main(["report"]) == 4
    told = capsys.readouterr().err
    assert told.startswith("train: a fault of lusdata or of its installation")
    assert told.count("\n") == 1
    monkeypatch.setenv("LUSDATA_TRACEBACK", "1")
    assert cli.main(["report"]) == 4
    assert capsys.readouterr().err.startswith("Traceback")
