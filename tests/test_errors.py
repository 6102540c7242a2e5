"""Errors are data first, and one line of text last."""

from __future__ import annotations

import pickle
import re

import pytest

from lusdata.catalog.reading import UnreadableError
from lusdata.cli import main
from lusdata.errors import (
    DataError,
    DecodeError,
    InternalError,
    Issue,
    LusdataError,
    MissingExtraError,
    OutsideError,
    UsageError,
)
from lusdata.wording import counted


def test_an_error_says_where_what_expected_found_and_what_to_do_in_one_line():
    error = DataError("the digest differs", where="a.mp4", expected="9f2c", found="07aa", hint="look at the source")
    assert str(error) == "a.mp4: the digest differs; expected 9f2c; found 07aa; look at the source"


def test_what_is_not_known_is_left_out_of_the_line():
    assert str(UsageError("no such fold")) == "no such fold"
    assert str(UsageError("no such fold", found="9")) == "no such fold; found 9"


def test_a_strangers_line_breaks_do_not_break_the_line():
    assert str(DataError("bad\nname", where="a\r\n\tb")) == "a b: bad name"


def test_a_strangers_file_name_does_not_steer_the_terminal(capsys):
    name = "a\x1b[31m\x07\u202egpm.mp4"
    assert str(DataError("bad", where=name)) == "a?[31m??gpm.mp4: bad"
    assert "\x1b" not in Issue(name, "$", "X", "error", "bad").line()
    assert main([name]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [(DataError, 1), (DecodeError, 1), (UsageError, 2), (OutsideError, 3), (LusdataError, 1)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_every_kind_of_error_has_its_exit_code(kind: type[LusdataError], exit_code: int):
    assert kind("x").exit_code == exit_code


@pytest.mark.parametrize(
    "error",
    [
        DecodeError("truncated", where="a.mp4", found="10 of 20 bytes"),
        MissingExtraError("torch", extra="torch", purpose="to_torch"),
        UnreadableError("NOT_JSON", "not valid JSON", where="a.json", hint="look"),
        InternalError("TypeError: x", where="a", trace="Traceback"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_raised_in_a_worker_process_arrives_whole(error: Exception):
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_a_fault_of_ours_is_no_error_after_which_a_command_may_go_on():
    assert not issubclass(InternalError, LusdataError)


def test_a_fault_of_ours_names_the_line_of_lusdata_that_it_came_through():
    with pytest.raises(ValueError, match="Cannot specify") as caught:
        counted("many", "frame")  # type: ignore[arg-type]
    fault = InternalError.of(caught.value, where="a.mp4")
    assert re.match(r"a\.mp4: a fault of lusdata .*ValueError: .* \(lusdata/wording\.py, line \d+\)", str(fault))
    assert fault.trace.startswith("Traceback")
    assert InternalError.of(fault) is fault


def test_a_missing_extra_names_the_command_that_installs_it():
    error = MissingExtraError("torch", extra="torch", purpose="to_torch")
    assert "python -m pip install 'lusdata[torch]'" in str(error)
    assert error.exit_code == 2


def test_issues_sort_by_file_then_place():
    issues = [
        Issue("b", "$.a", "X", "error", "m"),
        Issue("a", "$.z", "X", "error", "m"),
        Issue("a", "$.b", "X", "error", "m"),
    ]
    assert [(issue.file, issue.json_path) for issue in sorted(issues)] == [("a", "$.b"), ("a", "$.z"), ("b", "$.a")]


def test_an_issue_is_one_line_that_leads_to_its_place():
    issue = Issue("m/a.json", "$.crop.width_px", "CROP_OUTSIDE_FRAME", "error", "too wide", "640", "700", "reduce it")
    expected = "error CROP_OUTSIDE_FRAME m/a.json $.crop.width_px: too wide; expected 640; found 700; reduce it"
    assert issue.line() == expected
    assert Issue("a", "$", "X", "warning", "m").line() == "warning X a $: m"


def test_an_issue_is_plain_data_for_json():
    assert Issue("a", "$", "X", "error", "m").as_dict() == {
        "file": "a",
        "json_path": "$",
        "code": "X",
        "level": "error",
        "message": "m",
        "expected": "",
        "found": "",
        "hint": "",
    }
