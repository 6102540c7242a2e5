"""Two classes in one group are told in every command, in one wording, and stop none that may go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogs import recording, write_catalog
from small_datasets import build_here, small_collection
from small_datasets import changed as changed_one

import lusdata
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.mixed_groups import mixed_groups, mixed_note
from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main

WORDS = "2 classes in one group"
REVIEW = [{"of": "class", "role": "curator", "on": "2024-01-01", "decision": "Two lungs, two findings."}]


def changed(manifest: Manifest, **fields: object) -> Manifest:
    return Manifest({**manifest.data, **fields})


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a collection of which one group has two classes."""
    classes = ("covid-19", "healthy")
    return write_catalog(
        tmp_path_factory.mktemp("mixed") / "manifests" / "clinic",
        [
            *(recording(f"r{n}", classes[n % 2], f"patient-{n % 8}", provider=f"site-{n % 8}") for n in range(16)),
            recording("odd", "healthy", "patient-0", provider="site-0"),
        ],
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("validate", "{}"), 0),
        (("folds", "{}", "--k", "3"), 0),
        (("folds", "{}", "--k", "3", "--json"), 0),
        (("audit", "{}", "--k", "3"), 0),
        (("stats", "{}"), 0),
        (("cite", "{}"), 0),
        (("report", "{}", "--out", "page.html", "--offline"), 0),
        (("export", "card", "{}"), 0),
        (("fetch", "{}", "--offline"), 3),
        (("build", "{}", "--out", "data", "--offline"), 1),
        (("release", "{}", "--version", "1.0.0", "--date", "2031-01-01"), 0),
    ],
    ids=lambda words: words[0] if isinstance(words, tuple) else "",
)
def test_every_command_tells_it(mixed, tmp_path, monkeypatch, capsys, words, code):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "manifests" / "clinic"
    write_catalog(folder, open_collection(mixed).manifests)
    assert main([word.format(folder) for word in words]) == code
    said = capsys.readouterr()
    told = f"{WORDS}, test/patient-0: covid-19 (clinic/r0, clinic/r8); healthy (clinic/odd)"
    assert told in said.out + said.err
    if words[0] == "report":
        assert WORDS in (tmp_path / "page.html").read_text(encoding="utf-8")
    if words[1] == "card":
        assert told in said.out


def test_a_dataset_and_whoever_loads_it_tell_it(tmp_path, capsys):
    collection = changed_one(small_collection(tmp_path, videos=2, images=2), "small/video-00", **{"class": "healthy"})
    folder = build_here(collection, tmp_path, tmp_path / "built").out
    with pytest.warns(UserWarning, match=f"{WORDS}, small/patient-0: .*; correct the class, or the group"):
        lusdata.load(folder)
    for words in (("report", "--out", tmp_path / "page.html"), ("cite",), ("export", "card"), ("export", "croissant")):
        place = 2 if words[0] == "export" else 1
        assert main([*map(str, (*words[:place], folder, *words[place:]))]) == 0
        assert WORDS in capsys.readouterr().err


def test_which_groups_have_two_classes():
    patient = [recording("a", group="patient-1"), recording("b", "healthy", group="patient-1")]
    (found,) = mixed_groups(patient)
    assert (found.group, dict(found.classes)) == ("test/patient-1", {"covid-19": ("test/a",), "healthy": ("test/b",)})
    assert mixed_note([patient[0], changed(patient[1], review=REVIEW)]) == ""
    assert mixed_groups([patient[0], changed(patient[1], review=REVIEW)], reviewed=True)
    # Two copies of one recording, of nobody known: one of the labels is wrong.
    unknown = [changed(one, group={"id": f"test/unknown-{n}", "basis": "unknown"}) for n, one in enumerate(patient)]
    assert mixed_note(unknown) == ""
    link = [{"id": "test/unknown-0", "basis": "near-duplicate"}]
    unknown[1] = changed(unknown[1], group={**unknown[1].data["group"], "linked": link})
    assert mixed_note(unknown).startswith(WORDS)
    # A publication has many patients.
    group = {"id": "test/publication-x", "basis": "publication"}
    assert mixed_note([changed(one, group=group) for one in patient]) == ""
    more = [recording(name, word, group="patient-2") for name, word in (("c", "covid-19"), ("d", "healthy"))]
    assert "(and 1 more such group); correct the class" in mixed_note([*patient, *more])
