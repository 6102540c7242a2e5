"""The frame of both command lines: suggestions, help, versions, completion, colour and progress."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lusdata
import train
import train.cli
from lusdata import cli, command_line
from lusdata.command_line import Program
from lusdata.errors import UsageError
from lusdata.progress import show_progress
from lusdata.suggestion import meant, unknown_word
from lusdata.terminal import gated, has_colour

PROGRAMS = {"lusdata": cli, "train": train.cli}
HOME = Path(lusdata.__file__).parents[1]


@pytest.fixture(params=PROGRAMS)
def program(request):
    """Return the module of each of the two command lines."""
    return PROGRAMS[request.param]


# --- what both do alike ---


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_both_tell_the_version(program, option, capsys):
    assert program.main([option]) == 0
    assert capsys.readouterr().out == f"{program.PROGRAM.name} {lusdata.__version__}\n"


def test_help_about_a_command_is_what_the_command_says_of_itself(program, capsys):
    command = "report"
    assert program.main([command, "--help"]) == 0
    own = capsys.readouterr().out
    assert program.main(["help", command]) == 0
    assert capsys.readouterr().out == own
    assert own.startswith(f"usage: {program.PROGRAM.call} {command}")


@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"], ["--help"]], ids=" ".join)
def test_help_lists_every_command_and_exit_code(program, arguments, capsys):
    assert program.main(arguments) == 0
    printed = capsys.readouterr().out
    assert [name for name in program.COMMANDS if f"\n  {name} " not in printed] == []
    assert [code for code in range(5) if f"{code} " not in printed[printed.index("exit codes:") :]] == []


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["reprot"], "'report'"),
        (["REPORT"], "'report'"),
        (["help", "reprot"], "'report'"),
        (["--verison"], "'--version'"),
        (["report", "--oout", "x"], "'--out'"),
        (["report", "--oout=x"], "'--out'"),
        (["report", "x", "--out", "y", "--oppen"], ""),
    ],
    ids=" ".join,
)
def test_a_misspelt_word_is_one_line_with_the_word_that_was_meant(program, arguments, near, capsys):
    assert program.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"{program.PROGRAM.name}: ")
    assert (f"did you mean {near}" in captured.err) or not near
    assert f"{program.PROGRAM.call} " in captured.err


def test_a_word_that_is_near_to_none_is_answered_with_all(program, capsys):
    assert program.main(["xyzzy"]) == 2
    told = capsys.readouterr().err
    assert "did you mean" not in told
    assert [name for name in program.COMMANDS if name not in told] == []


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["build", "pocus", "--out", "x", "--format", "parquett"], "'parquet'"),
        (["export", "croisant", "pocus"], "'croissant'"),
        (["import", "folderr", "x"], "'folder'"),
        (["completion", "bsh"], "'bash'"),
        (["export", "hf", "x", "--oout", "y"], "'--out'"),
    ],
    ids=" ".join,
)
def test_a_misspelt_value_is_one_line_with_the_value_that_was_meant(arguments, near, capsys):
    assert cli.main(arguments) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"did you mean {near}? see: lusdata {arguments[0]}" in told


def test_an_option_may_stand_for_itself_behind_two_dashes_and_in_short(capsys):
    # Neither is a misspelt option; what is told is the missing collection.
    assert cli.main(["stats", "--", "--josn"]) == 2
    assert "no such collection" in capsys.readouterr().err
    assert cli.main(["build", "--max", "3"]) == 2
    assert "required: COLLECTION, --out" in capsys.readouterr().err


def test_one_collection_too_many_names_the_commands_that_take_several(capsys):
    assert cli.main(["build", "pocus", "blues", "--out", "x"]) == 2
    assert "folds, audit, report, stats take several" in capsys.readouterr().err


@pytest.mark.parametrize(("word", "near"), [("Tfrecord", "tfrecord"), ("tf", ""), ("", ""), ("parket", "parquet")])
def test_what_was_meant_is_near(word, near):
    assert meant(word, ["parquet", "tfrecord"]) == (f"did you mean {near!r}?" if near else "")


@pytest.mark.parametrize("word", [None, 3, ["parquet"], "x" * 1000])
def test_a_word_of_another_kind_is_an_error_of_one_short_line(word):
    error = unknown_word("unknown format", word, [f"n{number}" for number in range(400)])
    assert isinstance(error, UsageError)
    assert "one of 400 names, such as n0" in str(error)
    assert len(str(error)) < 250


def test_a_package_of_the_extra_that_is_missing_is_told_and_another_is_a_fault_of_our_own(monkeypatch, capsys):
    def missing(name):
        def module(program, command):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

        return module

    monkeypatch.setattr(command_line, "command_module", missing("keras"))
    assert train.cli.main(["fit"]) == 2
    assert "lusdata[train]" in capsys.readouterr().err
    assert cli.main(["build"]) == 4
    monkeypatch.setattr(command_line, "command_module", missing("nothing"))
    assert train.cli.main(["fit"]) == 4


# --- examples and keys in help ---

EVERY = [(name, command) for name, module in PROGRAMS.items() for command in module.COMMANDS]


@pytest.mark.parametrize(("name", "command"), EVERY)
def test_every_command_has_examples_that_its_parser_takes(name, command):
    program = PROGRAMS[name].PROGRAM
    module = command_line.command_module(program, command)
    text = command_line.command_parser(program, command, module).format_help()
    assert module.EXAMPLES
    for arguments, purpose in module.EXAMPLES.items():
        parser = command_line.command_parser(program, command, module)
        command_line.parsed(program, parser, shlex.split(arguments))
        assert f"  {program.call} {command} {arguments}".rstrip() + f"\n      {purpose}\n" in text


@pytest.mark.parametrize(
    ("arguments", "home"),
    [
        (["validate", "cit"], "validate"),
        (["migrate", "cit", "--dry-run"], "migrate"),
        (["stats", "cit"], "stats"),
        (["diff", "cit", "cit"], "diff"),
        (["fetch", "cit", "--offline"], "fetch"),
        (["report", "cit", "--offline", "--out", "page.html"], "report"),
        (["cite", "blues"], "cite"),
        (["folds", "blues", "--unknown", "together"], "folds"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_help_names_the_keys_of_the_one_document_that_is_printed(arguments, home, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert cli.main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == list(command_line.command_module(cli.PROGRAM, home).JSON_KEYS)
    cli.main([home, "--help"])
    printed = capsys.readouterr().out
    assert [key for key in document if f"\n  {key} " not in printed] == []


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: lusdata.load("pocus", format="parquett"), "unknown format; .* did you mean 'parquet'"),
        (lambda: lusdata.load("pocuss"), "no such collection; .* did you mean 'pocus'"),
        (lambda: lusdata.open_collection("pocus@1.0.1"), "no such release; .* did you mean '1.0.0'"),
        (lambda: lusdata.make_folds("cit", by="patients"), "unknown split unit; .* did you mean 'patient'"),
        (lambda: lusdata.load("pocus", select="prob=convex"), "unknown key in a selection; .* did you mean 'probe'"),
    ],
    ids=["format", "collection", "release", "unit", "key"],
)
def test_the_library_answers_a_misspelt_name_with_the_one_that_was_meant(call, hint):
    with pytest.raises(UsageError, match=hint):
        call()


# --- completion ---

_BASH = """
source code.bash
complete -p lusdata > /dev/null || exit 9
COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9
read -ra COMP_WORDS <<< "$1"
[[ "$1" == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_python_argcomplete lusdata
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def ask_bash(tmp_path_factory):
    """Return a function that tells what bash offers behind a line."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "lusdata"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lusdata "$@"\n')
    program.chmod(0o755)
    code = subprocess.run(
        [sys.executable, "-m", "lusdata", "completion", "bash"], capture_output=True, text=True, cwd=HOME, check=True
    )
    (folder / "code.bash").write_text(code.stdout)
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(HOME)}

    def ask(line: str) -> list[str]:
        done = subprocess.run(
            [bash, "--norc", "-c", _BASH, "bash", line], capture_output=True, text=True, cwd=folder, env=environment,
            check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    return ask


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lusdata bui", ["build"]),
        ("lusdata help st", ["stats"]),
        ("lusdata export c", ["croissant", "card"]),
        ("lusdata build pocus --form", ["--format"]),
        ("lusdata build pocus --format ", ["parquet", "tfrecord"]),
        ("lusdata audit po", ["pocus"]),
        ("lusdata fetch --offline bl", ["blues"]),
    ],
)
def test_bash_completes_commands_options_values_and_collections(ask_bash, line, offered):
    assert ask_bash(line) == offered


@pytest.mark.skipif(sys.platform == "win32", reason="the answer goes through a pipe that Windows does not hand on")
def test_completion_of_train_needs_no_keras_and_names_its_models():
    line = f"{train.PROGRAM} fit mobile"
    read, write = os.pipe()
    code = (
        f"import os; os.dup2({write}, 8); from train.cli import main; main()"
        if train.__name__ == "train"
        else f"import os; os.dup2({write}, 8); from lusdata_train.cli import main; main()"
    )
    environment = {
        **os.environ, "PYTHONPATH": str(HOME), "_ARGCOMPLETE": "3", "COMP_LINE": line, "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_IFS": "\n",
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", code], env=environment, pass_fds=(write,)) as run:
        os.close(write)
        with os.fdopen(read) as answer:
            offered = answer.read().split()
        assert run.wait() == 0
    assert "mobilenet_v2" in offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh", "powershell"])
def test_every_shell_has_its_script(shell, capsys):
    assert cli.main(["completion", shell]) == 0
    assert "lusdata" in capsys.readouterr().out


# --- colour ---


class Stream(io.StringIO):
    """A text stream that is a terminal or not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_colour_is_for_terminals_and_the_environment_decides(terminal, environment, expected, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert has_colour(Stream(terminal), environment) is expected


@pytest.fixture
def shown(monkeypatch):
    """Return a function that writes pieces through the gate and tells what reaches the stream behind it."""

    def show(*pieces: str, terminal: bool) -> str:
        for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
            monkeypatch.delenv(name, raising=False)
        stream = Stream(terminal)
        monkeypatch.setattr(sys, "stdout", stream)
        with gated():
            for piece in pieces:
                sys.stdout.write(piece)
        monkeypatch.undo()
        return stream.getvalue()

    return show


@pytest.mark.skipif(sys.platform == "win32", reason="its consoles are told by another sign")
def test_the_first_word_of_a_finding_is_painted_on_a_terminal_alone(shown):
    pieces = ("error E1 a.json: no error\n", "4 errors\nwarning W1", " warning: x\n", "lusdata: x\n")
    painted = shown(*pieces, terminal=True)
    assert painted == (
        "\x1b[1;31merror\x1b[0m E1 a.json: no error\n4 errors\n"
        "\x1b[1;33mwarning\x1b[0m W1 warning: x\n\x1b[1mlusdata:\x1b[0m x\n"
    )
    assert shown(*pieces, terminal=False) == "".join(pieces)


def test_text_of_strangers_is_escaped_before_anything_is_painted(shown):
    assert "\x1b[5m" not in shown("error \x1b[5mblinks\n", terminal=True)
    assert "\\u001b[5m" in shown("error \x1b[5mblinks\n", terminal=True)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals there")
@pytest.mark.parametrize(("environment", "expected"), [({}, True), ({"NO_COLOR": "1"}, False)], ids=["", "NO_COLOR"])
def test_on_a_real_terminal_help_has_coloured_headings_and_a_pipe_has_none(environment, expected):
    import pty

    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOME), "TERM": "xterm", **environment}
    command = [sys.executable, "-m", "lusdata", "stats", "--help"]
    leader, follower = pty.openpty()
    with subprocess.Popen(command, stdout=follower, env=environment) as run:
        os.close(follower)
        text = b""
        try:
            while piece := os.read(leader, 4096):
                text += piece
        except OSError:  # so Linux tells that the other side was closed
            pass
        os.close(leader)
        assert run.wait() == 0
    assert (b"\x1b[1musage:\x1b[0m" in text and b"\x1b[1moptions:\x1b[0m" in text) is expected
    assert (b"\x1b" in text) is expected
    piped = subprocess.run(command, capture_output=True, env=environment, check=True).stdout
    assert b"\x1b" not in piped
    assert re.sub(rb"\x1b\[[0-9;]*m", b"", text).replace(b"\r\n", b"\n") == piped


# --- progress ---


def test_off_a_terminal_a_line_every_ten_seconds_tells_counts_and_time_left(capsys):
    now = iter([0.0, 4.0, 10.0, 12.0, 19.0, 21.0, 100.0])
    with show_progress(6, doing="fetch", clock=lambda: next(now)) as advance:
        for _ in range(6):
            advance()
    captured = capsys.readouterr()
    assert captured.out == ""
    # The end tells itself.
    assert captured.err.splitlines() == [
        "lusdata: fetch: 2 of 6 recordings, about 20 s left",
        "lusdata: fetch: 5 of 6 recordings, about 4 s left",
    ]


def test_what_an_earlier_run_did_takes_no_time(capsys):
    now = iter([0.0, 10.0])
    with show_progress(100, doing="frozen part", unit="batch", done=90, clock=lambda: next(now)) as advance:
        advance.to(95)
    assert capsys.readouterr().err == "lusdata: frozen part: 95 of 100 batches, about 10 s left\n"


def test_on_a_terminal_a_bar_is_drawn(monkeypatch):
    stream = Stream(terminal=True)
    monkeypatch.setattr(sys, "stderr", stream)
    with show_progress(2, doing="build") as advance:
        advance()
        advance.to(2)
    assert "\rbuild: 100%" in stream.getvalue()
    assert "2/2" in stream.getvalue()


def test_who_wants_no_progress_gets_none(monkeypatch):
    stream = Stream(terminal=True)
    monkeypatch.setattr(sys, "stderr", stream)
    with show_progress(2, doing="build", shown=False) as advance:
        advance()
    assert stream.getvalue() == ""


def test_a_program_needs_no_more_than_its_words(capsys):
    bare = Program(name="bare", call="bare", summary="Do.", commands={"do": "do it"}, package="nowhere")
    assert command_line.run_program(bare, []) == 0
    assert "bare help COMMAND" in capsys.readouterr().out
    assert command_line.run_program(bare, ["do"]) == 4
