"""What a licence allows, and what follows for a recording."""

from __future__ import annotations

import datetime

import pytest
from catalogs import recording

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import LICENCES, licence_entry, rights_of, rights_on
from lusdata.errors import DataError


def _under(licence: str, *, state: str = "included", access: str = "direct") -> Manifest:
    data = dict(recording("a", state=state).data)
    data["source"] = {**data["source"], "licence": licence_entry(licence), "access": access}
    return Manifest(data)


@pytest.mark.parametrize(
    ("licence", "publish", "why_not"),
    [
        ("CC0-1.0", True, ""),
        ("CC-BY-4.0", True, ""),
        ("CC-BY-NC-SA-3.0", True, ""),  # not for sale, but free to pass on
        ("MIT", True, ""),
        ("ODbL-1.0", True, ""),
        ("LicenseRef-COVID-19-Emergency", False, "ended on 2023-05-05"),
        ("LicenseRef-Private", False, "private: it stays with its owner"),
        ("LicenseRef-DUA-ward-7", False, "the agreement ward-7 keeps it with its users"),
        ("CC-BY-NC-ND-4.0", False, "does not allow passing on crops or frames"),  # a frame is a derivative
        ("CC-BY-ND-2.0", False, "does not allow passing on crops or frames"),
        ("LicenseRef-None", False, "does not allow passing it on"),  # all rights reserved
    ],
)
def test_what_a_licence_allows(licence: str, publish: bool, why_not: str):
    rights = rights_of(_under(licence))
    assert (rights.fetch, rights.build, rights.publish) == (True, True, publish)
    assert why_not in rights.reason
    assert bool(rights.reason) is not publish


def test_nothing_is_done_with_what_was_withdrawn():
    rights = rights_of(_under("CC0-1.0", state="withdrawn"))
    assert (rights.fetch, rights.build, rights.publish) == (False, False, False)
    assert rights.reason.startswith("withdrawn: ")


def test_what_needs_a_contract_is_not_fetched():
    rights = rights_of(_under("CC0-1.0", access="restricted"))
    assert (rights.fetch, rights.publish) == (False, False)


@pytest.mark.parametrize("licence", sorted(LICENCES))
def test_the_flags_follow_from_the_letters(licence: str):
    entry = licence_entry(licence)
    if licence.startswith("CC-"):
        parts = licence.split("-")
        assert entry["derive"] is ("ND" not in parts)
        assert entry["commercial"] is ("NC" not in parts)
        assert entry["share_alike"] is ("SA" in parts)
        assert entry["url"].startswith("https://creativecommons.org/licenses/")
    assert {"id", "redistribute", "derive", "commercial", "share_alike"} <= entry.keys()


@pytest.mark.parametrize(("day", "publish"), [("2023-05-05", True), ("2023-05-06", False)])
@pytest.mark.parametrize("stated", [True, False], ids=["as stated", "as in the table"])
def test_a_permission_holds_until_its_last_day(day: str, publish: bool, stated: bool):
    manifest = _under("LicenseRef-COVID-19-Emergency")
    if not stated:  # manifests of schema 1.0.0 could not say it
        manifest.data["source"]["licence"].pop("valid_until")
    assert rights_on(manifest, datetime.date.fromisoformat(day)).publish is publish


def test_what_may_not_be_learnt_from_is_not_passed_on():
    manifest = _under("CC-BY-4.0")
    manifest.data["source"]["licence"]["machine_learning"] = "forbidden"
    rights = rights_of(manifest)
    assert (rights.build, rights.publish) == (True, False)
    assert "machine learning" in rights.reason


@pytest.mark.parametrize("name", ["GPL-3.0-only", "LicenseRef-DUA-", "LicenseRef-DUA-a b", "LicenseRef-Mine"])
def test_an_unknown_licence_is_refused_with_the_known_ones(name: str):
    with pytest.raises(DataError, match=r"unknown licence; expected one of Apache-2\.0, .*LicenseRef-DUA-NAME"):
        licence_entry(name)
