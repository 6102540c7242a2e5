"""SECURITY.md says what the software does."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from lusdata.budget import BUDGET
from lusdata.catalog.schema import load_schema
from lusdata.media.fetch.report import STATES

PATH = Path(__file__).parents[1] / "SECURITY.md"
if not PATH.is_file():
    pytest.skip("the tests run outside a checkout of the repository", allow_module_level=True)
PAGE = PATH.read_text(encoding="utf-8")


def test_the_page_states_every_limit_of_the_budget_and_its_value() -> None:
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| ([\d,]+)", PAGE, re.MULTILINE)
    assert {name: float(value.replace(",", "")) for name, value in rows} == asdict(BUDGET)


def test_the_schemas_largest_values_are_the_budgets() -> None:
    properties = load_schema()["properties"]
    media, crop, trim = (properties[name]["properties"] for name in ("media", "crop", "trim"))
    largest = {
        "file_bytes": [properties["source"]["properties"]["size_bytes"]["maximum"]],
        "frames": [media["frame_count"]["maximum"]],
        "duration_s": [field["maximum"] for field in (media["duration_s"], *trim.values())],
        "rate_hz": [media["rate_hz"]["maximum"]],
        "side_px": [
            table[f"{prefix}{side}"]["maximum"]
            for table, prefix in ((media, ""), (crop, ""), (crop, "source_"))
            for side in ("width_px", "height_px")
        ],
    }
    for name, found in largest.items():
        assert set(found) == {getattr(BUDGET, name)}, name
    # A crop ends inside the frame, so it begins one pixel before its edge at the latest.
    assert {crop[edge]["maximum"] + 1 for edge in ("left_px", "top_px")} == {BUDGET.side_px}


def test_the_states_that_the_page_names_are_told_by_fetch() -> None:
    assert {"too-large", "too-slow"} <= set(STATES)
    assert "`too-large` or `too-slow`" in PAGE
