"""The page of all collections is made of the files beside it, and each of them is valid."""

from __future__ import annotations

import csv
import itertools
import json
import re
import runpy
from pathlib import Path

import pytest

from lusdata.catalog.documents import read_document
from lusdata.catalog.importers.table import IMPORTERS
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
    shipped = {name for name, importer in IMPORTERS.items() if importer.committed}
    assert {listing["here"] for listing in LISTINGS.values() if "here" in listing} == shipped


@pytest.mark.real
def test_every_collection_of_the_facts_is_listed(facts_dir):
    with (facts_dir / "collections.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    listed = _letters(" ".join(listing["name"] for listing in LISTINGS.values()))
    links = " ".join(link for listing in LISTINGS.values() for link in listing["links"]).casefold()
    for row in rows:
        places = [word for word in re.split(r"[;,:\s]+", row["where"].casefold()) if "/" in word]
        names = [_letters(name.partition(" (")[0]) for name in row["name"].split(";")]
        assert all(name in listed for name in names) or any(place in links for place in places), row["name"]


def _letters(text: str) -> str:
    return "".join(re.findall(r"[a-z0-9]", text.casefold()))


@pytest.mark.parametrize(("access", "fits"), [("private", True), ("open", False), ("gated", False), ("gone", False)])
def test_only_what_nobody_gives_out_may_have_no_address(tmp_path, access, fits):
    path = tmp_path / "x.json"
    listing = {**LISTINGS["covid-blues"], "access": access, "links": []}
    path.write_text(json.dumps(listing), encoding="utf-8")
    if not fits:
        with pytest.raises(DataError, match="not a valid listing file"):
            read_document(path, kind="listing")
    else:
        assert read_document(path, kind="listing") == listing


def test_one_file_more_is_one_row_more(tmp_path):
    """A pull request adds one file; the rest of the page follows from it."""
    added = {**LISTINGS["covid-blues"], "name": "A new one"}
    del added["here"]
    path = tmp_path / "a-new-one.json"
    path.write_text(json.dumps(added), encoding="utf-8")
    before = MAKER["page"](LISTINGS.values()).splitlines()
    after = MAKER["page"]([*LISTINGS.values(), read_document(path, kind="listing")]).splitlines()
    assert [line for line in after if line not in before] == [line for line in after if "**A new one**" in line]
    assert len(after) == len(before) + 1


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
