"""The page of all collections is made of the files beside it, and each of them is valid."""

from __future__ import annotations

import itertools
import json
import runpy
from pathlib import Path

import pytest

from lusdata.catalog.documents import read_document
from lusdata.errors import DataError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "collections"
if not FOLDER.is_dir():
    pytest.skip("the tests run outside a checkout of the repository", allow_module_level=True)
MAKER = runpy.run_path(str(FOLDER / "__main__.py"))
LISTINGS = {path.stem: read_document(path, kind="listing") for path in sorted(FOLDER.glob("*.json"))}


def test_the_page_is_up_to_date():
    made = MAKER["page"](LISTINGS.values())
    assert (ROOT / "docs" / "collections.md").read_text(encoding="utf-8") == made, "run: make collections"


def test_the_order_of_the_files_does_not_matter():
    few = list(LISTINGS.values())[:3]
    assert len({MAKER["page"](order) for order in itertools.permutations(few)}) == 1


def test_every_collection_stands_on_the_page_once():
    text = (ROOT / "docs" / "collections.md").read_text(encoding="utf-8")
    assert [text.count(f"**{listing['name']}**") for listing in LISTINGS.values()] == [1] * len(LISTINGS)


def test_every_collection_that_ships_is_listed_with_its_name():
    shipped = {path.parent.name for path in (ROOT / "manifests").glob("*/CURATION.md")}
    assert {listing["here"] for listing in LISTINGS.values() if "here" in listing} == shipped


def test_a_sign_of_the_table_in_a_text_does_not_break_it():
    listing = {**LISTINGS["covid-blues"], "holds": "a | b\nc"}
    (row,) = [line for line in MAKER["page"]([listing]).splitlines() if line.startswith("| **")]
    assert "a \\| b c" in row


@pytest.mark.parametrize(
    ("key", "value"), [("access", "maybe"), ("links", []), ("links", ["http://plain.example"]), ("extra", 1)]
)
def test_a_listing_of_another_form_is_refused(tmp_path, key, value):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**LISTINGS["covid-blues"], key: value}), encoding="utf-8")
    with pytest.raises(DataError, match="not a valid listing file"):
        read_document(path, kind="listing")
