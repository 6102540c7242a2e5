"""Citations of exactly the recordings that were used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bibtex_reader import read_bibtex
from catalogs import recording, write_catalog
from hypothesis import given
from hypothesis import strategies as st
from small_datasets import build_here, small_collection

from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.rights import licence_entry
from lusdata.cli import main
from lusdata.publish.bibtex import bibtex, escape_bibtex
from lusdata.publish.citations import CitedWork, cite, subject_of_collection

SUBJECT = CitedWork(
    "test@1.0.0", "test, release 1.0.0", "1.0.0", "0" * 64, "the release", "2026", included=9, buildable=7
)


def used(name: str, **source: Any) -> Manifest:
    manifest = recording(name, provider=source.pop("provider", "clinic-a"))
    licence = licence_entry(source.pop("licence", "CC-BY-4.0"))
    return Manifest({**manifest.data, "source": {**manifest.data["source"], "licence": licence, **source}})


RECORDINGS = [
    used("a", doi="10.1000/ABC_1", page="https://example.org/1", attribution="A & B, 50 %", provider="journal"),
    used("b", doi="10.1000/abc_1", page="https://example.org/2", attribution="A & B, 50 %", provider="mirror-site"),
    used("c", page="https://example.org/case/4?x=1&y=50%25", attribution="An Atlas", licence="CC-BY-NC-SA-4.0"),
    used("d", page="https://example.org/case/4?x=1&y=50%25", attribution="An Atlas", licence="CC-BY-NC-SA-4.0"),
    used("e", page="https://example.org/case/4?x=2", attribution="An Atlas", licence="CC-BY-NC-ND-4.0"),
    used("f", licence="LicenseRef-None", provider="clinic-z"),
]


def test_there_is_one_source_for_each_doi_and_one_for_each_page_without() -> None:
    citations = cite(SUBJECT, reversed(RECORDINGS))
    assert [(source.key, source.address, source.recordings) for source in citations.sources] == [
        ("doi-10-1000-abc-1", "https://doi.org/10.1000/ABC_1", ("test/a", "test/b")),
        ("clinic-a-4", "https://example.org/case/4?x=1&y=50%25", ("test/c", "test/d")),
        ("clinic-a-4-2", "https://example.org/case/4?x=2", ("test/e",)),
        ("clinic-z", "", ("test/f",)),
    ]
    assert citations.recordings == 6


def test_every_recording_is_named_once() -> None:
    named = [name for source in cite(SUBJECT, RECORDINGS).sources for name in source.recordings]
    assert sorted(named) == [manifest.id for manifest in RECORDINGS]


def test_licences_are_counted_with_what_they_ask() -> None:
    licences = {use.id: (use.recordings, use.asks) for use in cite(SUBJECT, RECORDINGS).licences}
    assert licences == {
        "CC-BY-4.0": (2, ("name the source",)),
        "CC-BY-NC-SA-4.0": (
            2,
            ("name the source", "no commercial use", "pass changes on under the same licence"),
        ),
        "CC-BY-NC-ND-4.0": (1, ("name the source", "pass on no crops or frames", "no commercial use")),
        "LicenseRef-None": (1, ("name the source", "pass nothing on", "no commercial use")),
    }
    (use,) = cite(SUBJECT, [used("a", licence="CC0-1.0")]).licences
    assert use.asks == ()


def test_the_bibtex_is_this() -> None:
    assert bibtex(cite(SUBJECT, RECORDINGS[:3])) == (
        r"""% Licences of the recordings, and what they ask:
% 2 recordings under CC-BY-4.0: name the source <https://creativecommons.org/licenses/by/4.0/>
% 1 recording under CC-BY-NC-SA-4.0: name the source, no commercial use, pass changes on under the same licence """
        r"""<https://creativecommons.org/licenses/by-nc-sa/4.0/>

@misc{lusdata,
  author = {{The lusdata contributors}},
  title = {{lusdata: curated lung-ultrasound video with leak-free folds}},
  note = {Version 1.0.0},
}

@misc{lusdata-test-1-0-0,
  author = {{The lusdata contributors}},
  title = {{test, release 1.0.0}},
  year = {2026},
  note = {3 recordings from 3 sources, of 9 included and 7 buildable; sha256 of the release: """
        + "0" * 64
        + r"""},
}

@misc{doi-10-1000-abc-1,
  howpublished = {\url{https://doi.org/10.1000/ABC_1}},
  doi = {10.1000/ABC_1},
  note = {A \& B, 50 \%. 2 recordings used},
}

@misc{clinic-a-4,
  howpublished = {\url{https://example.org/case/4?x=1&y=50%25}},
  note = {An Atlas. 1 recording used},
}
"""
    )


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "doi": st.from_regex(r"10\.[0-9]{4}/[!-~é{}\\@]{1,12}", fullmatch=True),
                "page": st.from_regex(r"https://[a-z]{1,3}/[!-~é{}\\@\[\]]{0,12}", fullmatch=True),
                "attribution": st.text(max_size=20),
            },
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_manifests_hold_the_bibtex_is_valid(sources: list[dict[str, str]]) -> None:
    recordings = [used(f"r{number}", **source) for number, source in enumerate(sources)]
    citations = cite(SUBJECT, recordings)
    entries = read_bibtex(bibtex(citations))
    assert set(entries) == {"lusdata", "lusdata-test-1-0-0", *(source.key for source in citations.sources)}


@given(st.text(max_size=30))
def test_escaped_text_is_one_line_with_braces_in_pairs(text: str) -> None:
    escaped = escape_bibtex(text)
    assert escaped.isprintable()
    assert escaped.count("{") == escaped.count("}")
    (fields,) = read_bibtex(f"@misc{{a,\n  note = {{{escaped}}},\n}}").values()
    assert fields["note"] == escaped


@pytest.mark.parametrize("text", ["@misc{a", "@misc{a, note = {x_y},}", "@misc{a,b={1},}@misc{a,b={1},}"])
def test_the_reader_of_these_tests_is_strict(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_bibtex(text)


@pytest.mark.parametrize("name", ["pocus", "blues"])
def test_the_shipped_collections_can_be_cited(name: str) -> None:
    collection = open_collection(name)
    citations = cite(subject_of_collection(collection), collection.buildable)
    assert len(read_bibtex(bibtex(citations))) == len(citations.sources) + 2
    assert sum(use.recordings for use in citations.licences) == len(collection.buildable)


def test_of_a_dataset_exactly_what_was_built_is_cited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    collection = small_collection(tmp_path, videos=2, images=4)
    (tmp_path / "media" / "image-02.png").unlink()
    index = build_here(collection, tmp_path, tmp_path / "out").index
    assert main(["cite", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    named = [name for source in told["sources"] for name in source["recordings"]]
    assert sorted(named) == sorted(entry.id for entry in index.entries)
    assert "small/image-02" not in named
    assert told["subject"]["digest"] == index.rows_sha256


def test_of_a_release_what_was_withdrawn_since_is_not_cited(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", str(clinic), "--version", "1.0.0", "--date", "2026-01-31"]) == 0
    (clinic / "r0.json").unlink()
    capsys.readouterr()
    assert main(["cite", f"{clinic}@1.0.0", "--format", "text"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(
        "clinic, release 1.0.0: 15 recordings from 8 sources, of 15 included and 15 buildable\nto name in 8 citations\n"
    )
    assert "withdrawn since" in shown.err


def test_a_selection_and_leads_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_catalog(
        tmp_path / "clinic",
        [
            recording("a"),
            recording("b", probe="linear"),
            recording("c", pinned=False),
            recording("d", state="excluded"),
        ],
    )
    assert main(["cite", str(folder), "--select", "probe=convex", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [source["recordings"] for source in told["sources"]] == [["clinic/a"]]
    assert main(["cite", str(folder), "--select", "kind=image"]) == 1
    assert "there is nothing to cite" in capsys.readouterr().err
    assert main(["cite", str(folder), "--json", "--format", "text"]) == 2


def test_the_order_of_recordings_plays_no_role() -> None:
    collection = Collection("test", Path(), tuple(RECORDINGS))
    assert cite(SUBJECT, RECORDINGS) == cite(SUBJECT, reversed(RECORDINGS))
    assert subject_of_collection(collection).digest_of == "the ids and digests of all manifests"


@pytest.mark.parametrize(
    ("licence", "about", "owner"),
    [
        ("LicenseRef-Private", {}, "the owner of clinic"),
        ("LicenseRef-Private", {"title": "Ours", "owner": "A Clinic", "private": True}, "A Clinic"),
        ("LicenseRef-None", {"title": "Ours", "owner": "A Clinic", "private": True}, "A Clinic"),
        ("LicenseRef-None", {"title": "Ours", "owner": "A Clinic", "private": False}, ""),
    ],
)
def test_what_is_private_is_cited_by_its_owner(licence, about, owner) -> None:
    manifests = (recording("a", licence=licence), recording("b", licence=licence, state="excluded"))
    collection = Collection("clinic", Path("clinic"), manifests, about=About(about))
    subject = subject_of_collection(collection)
    assert subject.owner == owner
    author = owner or "The lusdata contributors"
    assert bibtex(cite(subject, manifests)).count(f"author = {{{{{author}}}}}") == (2 if not owner else 1)
