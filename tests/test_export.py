"""The dataset card and the Croissant file, and the command that writes them."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from damage import damaged
from golden import CARD, RENEW, masked
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow.parquet import read_schema, read_table
from small_datasets import SMALL, build_here, changed, small_collection

from lusdata.atomic import write_text
from lusdata.catalog.about import about_header
from lusdata.catalog.manifest import write_manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.release import find_release
from lusdata.catalog.rights import licence_entry
from lusdata.cli import main
from lusdata.dataset.formats.tfrecord import decode_example
from lusdata.dataset.reading.index import open_index
from lusdata.dataset.view.dataset import Dataset
from lusdata.errors import LusdataError
from lusdata.publish.export.card import card
from lusdata.publish.export.croissant import croissant
from lusdata.publish.export.export_subject import subject_of_collection, subject_of_dataset


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    build_here(small_collection(folder, class_basis="publication"), folder, folder / "dataset")
    return folder


@pytest.fixture(scope="module")
def described(home: Path) -> dict[str, Any]:
    return croissant(subject_of_dataset(home / "dataset"))


def head_of(page: str) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with datasets: pip install 'lusdata[publish]'")
    return yaml.safe_load(page.split("---\n")[1])


def test_the_card_of_a_small_dataset_is_the_golden_one(home):
    page = masked(card(subject_of_dataset(home / "dataset")))
    assert page == CARD.read_text("utf-8"), f"if the change is wanted, run: {RENEW}"


def test_the_cards_head_is_yaml_that_hugging_face_knows(home):
    head = head_of(card(subject_of_dataset(home / "dataset")))
    assert head["license"] == "other"
    assert head["license_name"] == "mixed-licences-by-recording"
    assert head["size_categories"] == ["n<1K"]
    assert head["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": ["data/*.parquet"]}]}
    ]


def test_a_single_licence_is_told_by_hugging_faces_word(tmp_path):
    collection = small_collection(tmp_path, videos=0, images=2)
    for manifest in collection.manifests:
        licence = {"id": "CC-BY-SA-4.0", "redistribute": True, "derive": True, "commercial": True, "share_alike": True}
        source = {**manifest.data["source"], "licence": licence}
        write_manifest(manifest.path, {**manifest.data, "source": source})
    head = head_of(card(subject_of_collection(open_collection(collection.root))))
    assert head["license"] == "cc-by-sa-4.0"
    assert "license_name" not in head
    assert "configs" not in head


def test_nothing_of_a_manifest_turns_into_markup_or_a_key(tmp_path):
    collection = small_collection(tmp_path, videos=0, images=2)
    source = {
        **collection.manifests[0].data["source"],
        "attribution": "| a | [b](javascript:alert(1)) <img src=x>\n# c",
        "page": "https://example.org/a|b>c",
        "doi": "10.1000/a|b)<c>",
    }
    collection = changed(collection, collection.manifests[0].id, source=source)
    build_here(collection, tmp_path, tmp_path / "dataset")
    page = card(subject_of_dataset(tmp_path / "dataset"))
    assert head_of(page)["license"] == "other"
    assert r"\| a \| \[b\](javascript:alert(1)) \<img src=x\> \# c" in page
    assert "(https://doi.org/10.1000/a%7Cb%29%3Cc%3E)" in page
    # Indented lines show what they hold.
    shown = [line for line in page.splitlines() if not line.startswith("    ")]
    assert not any(re.search(r"(?<!\\)<img|^# c", line) for line in shown)


def test_a_card_of_a_collection_tells_what_can_be_built(home):
    page = card(subject_of_collection(open_collection(home / "manifests" / "small")))
    assert "# small: 12 lung-ultrasound recordings\n" in page
    assert "No frames yet" in page
    assert "Nothing: every recording of the collection is in it." in page


def test_drawn_recordings_are_called_drawn(tmp_path):
    page = card(subject_of_collection(open_collection(small_collection(tmp_path, videos=0, images=2).root)))
    assert "drawn by a program and not recorded" in page
    assert "Health data" not in page


def test_croissant_lists_every_file_with_its_digest(described, home):
    files = {item["@id"]: item for item in described["distribution"] if item["@type"] == "cr:FileObject"}
    data = json.loads((home / "dataset" / "dataset.json").read_text("utf-8"))
    assert set(files) == {"data/part-00000.parquet", "manifests.jsonl"}
    for item in [*data["shards"], data["manifests"]]:
        assert files[item["file"]]["sha256"] == item["sha256"]
        assert files[item["file"]]["contentSize"] == f"{item['size_bytes']} B"
        assert files[item["file"]]["contentUrl"] == item["file"]


def test_croissant_has_a_field_for_every_column(described, home):
    (frames,) = [item for item in described["recordSet"] if item["@id"] == "frames"]
    columns = {field["name"]: field["source"]["extract"]["column"] for field in frames["field"]}
    assert list(columns) == read_schema(home / "dataset" / "data" / "part-00000.parquet").names
    assert all(name == column for name, column in columns.items())
    assert {field["dataType"] for field in frames["field"] if field["name"] == "image"} == {"sc:ImageObject"}


def test_croissant_tells_the_licence_of_every_recording(described):
    (recordings,) = [item for item in described["recordSet"] if item["@id"] == "recordings"]
    named = {field["@id"] for field in recordings["field"]}
    assert all(record.keys() == named for record in recordings["data"])
    licences = {record["recordings/recording"]: record["recordings/licence"] for record in recordings["data"]}
    assert len(licences) == 12
    assert licences["small/video-00"] == "LicenseRef-None"
    assert sum(record["recordings/publish"] for record in recordings["data"]) == 6


def test_croissant_cites_the_digest_and_says_that_there_is_no_split(described, home):
    digest = json.loads((home / "dataset" / "dataset.json").read_text("utf-8"))["rows_sha256"]
    assert f"sha256 of the frames, rows\\_sha256: {digest}" in described["citeAs"]
    assert "The rows carry no split." in described["description"]
    assert "Source may tell class" in described["rai:dataBiases"][0]


def test_every_key_of_croissant_is_in_the_vocabulary(described):
    schema_org = {"sameAs", "creator", "license", "url", "version", "citation", "keywords", "distribution", "sha256"}
    schema_org |= {"identifier", "contentUrl", "contentSize", "encodingFormat", "datePublished", "isAccessibleForFree"}
    known = {key for key in described["@context"] if not key.startswith("@")} | schema_org

    def strangers(node: object) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(strangers, node))
        if not isinstance(node, dict):
            return set()
        own = {key for key in node if key not in known and not key.startswith(("@", "rai:"))}
        return own.union(*(strangers(value) for key, value in node.items() if key != "data"))

    assert strangers({key: value for key, value in described.items() if key != "@context"}) == set()


# Its own packages warn of each other.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_mlcroissant_finds_no_fault_and_reads_the_records(home):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is no dependency: pip install mlcroissant")
    file = home / "dataset" / "croissant.json"
    assert main(["export", "croissant", str(home / "dataset"), "--out", str(file)]) == 0
    dataset = mlcroissant.Dataset(str(file))
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert len(list(dataset.records("recordings"))) == 12
    assert next(iter(dataset.records("frames")))["frames/image"].size == (SMALL.size_px, SMALL.size_px)


def test_tfrecord_shards_are_listed_with_their_features_and_have_no_record_set(tmp_path):
    build_here(small_collection(tmp_path, videos=0, images=2), tmp_path, tmp_path / "dataset", format="tfrecord")
    described = croissant(subject_of_dataset(tmp_path / "dataset"))
    assert [item["@id"] for item in described["recordSet"]] == ["recordings", "severity"]
    *_, shards = described["distribution"]
    names = ["data/part-00000.tfrecord", "manifests.jsonl", "shards"]
    assert [item["@id"] for item in described["distribution"]] == names
    assert shards["includes"] == "data/*.tfrecord"
    assert "they have no record set here" in described["description"]
    with (tmp_path / "dataset" / names[0]).open("rb") as stream:
        length_bytes = int.from_bytes(stream.read(12)[:8], "little")
        example = decode_example(stream.read(length_bytes))
    told = dict(pair.split(": ") for pair in shards["description"].rpartition("features ")[2].rstrip(".").split("; "))
    kinds = {bytes: "bytes", float: "a float", int: "an int64"}
    for name, values in example.items():
        assert told[name].startswith("four int64" if len(values) == 4 else kinds[type(values[0])]), name
    assert set(told) == set(example)


# Its own packages warn of each other, and of whatever runs beside them.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["dataset", "hub"])
def test_tensorflow_datasets_builds_every_record_set(home, tmp_path, form):
    pytest.importorskip("apache_beam", reason="tensorflow-datasets is no dependency: pip install it and apache-beam")
    path = "tensorflow_datasets.core.dataset_builders.croissant_builder"
    builders = pytest.importorskip(path, reason="tensorflow-datasets is no dependency: pip install tensorflow-datasets")
    file = home / "dataset" / "croissant.json"
    if form == "hub":
        assert main(["export", "hf", str(home / "dataset"), "--out", str(tmp_path / "hub"), "--k", "2"]) == 0
        file = tmp_path / "hub" / "croissant.json"
    else:
        assert main(["export", "croissant", str(home / "dataset"), "--out", str(file)]) == 0
    expected = {item["name"]: len(item.get("data", ())) for item in json.loads(file.read_bytes())["recordSet"]}
    assert set(expected) == {"splits", "recordings", "severity", "frames"}
    for name, count in expected.items():
        builder = builders.CroissantBuilder(
            jsonld=str(file), record_set_ids=[name], data_dir=str(tmp_path / name), file_format="array_record"
        )
        builder.download_and_prepare()
        assert str(builder.info.version) == "0.0.0"
        assert builder.info.splits["default"].num_examples == count or name == "frames"


def test_a_collection_is_described_by_the_files_at_their_sources(tmp_path):
    collection = small_collection(tmp_path, videos=1, images=1)
    first = collection.manifests[0]
    addresses = ["https://example.org/a.png", "https://example.org/b.png"]
    write_manifest(first.path, {**first.data, "source": {**first.data["source"], "locations": addresses}})
    described = croissant(subject_of_collection(open_collection(collection.root)))
    (file,) = described["distribution"]
    assert (file["@id"], file["sha256"]) == (first.id, first.sha256)
    assert (file["contentUrl"], file["sameAs"]) == (addresses[0], addresses[1:])
    assert file["encodingFormat"] == "image/png"
    assert len(described["recordSet"][0]["data"]) == 2


def test_a_release_is_described_under_its_version(tmp_path, capsys):
    folder = small_collection(tmp_path, videos=2, images=8).root
    assert main(["release", str(folder), "--version", "1.0.0", "--date", "2026-01-31"]) == 0
    capsys.readouterr()
    assert main(["export", "croissant", f"{folder}@1.0.0"]) == 0
    described = json.loads(capsys.readouterr().out)
    digest = find_release(folder, "1.0.0").digest
    assert (described["name"], described["version"]) == ("small@1.0.0", "1.0.0")
    assert described["identifier"] == f"sha256:{digest}"
    assert described["datePublished"] == "2026-01-31"


def test_the_command_prints_or_writes(home, tmp_path, capsys):
    assert main(["export", "croissant", str(home / "dataset")]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "small"
    out = tmp_path / "card.md"
    assert main(["export", "card", str(home / "dataset"), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"written: {out}\n"
    assert out.read_text("utf-8").startswith("---\npretty_name:")


@pytest.mark.parametrize("form", ["croissant", "card", "hf"])
def test_several_are_not_exported_as_one_and_the_way_is_named(home, tmp_path, capsys, form):
    out = ("--out", str(tmp_path / "out"))
    assert main(["export", form, str(home / "dataset"), "blues", *out]) == 2
    error = capsys.readouterr().err
    assert "several cannot be exported as one" in error
    assert f"export each: lusdata export {form} {home / 'dataset'}; lusdata export {form} blues" in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_croissant_beside_another_folder_is_told_to_move(home, tmp_path, capsys):
    assert main(["export", "croissant", str(home / "dataset"), "--out", str(tmp_path / "c.json")]) == 0
    assert f"keep it in {home / 'dataset'}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("subject", "out", "code", "line"),
    [
        ("nowhere", "c.json", 2, "no such collection"),
        ("dataset", "missing/c.json", 2, "cannot write the file there"),
        ("dataset", ".", 2, "found a folder"),
    ],
)
def test_a_wrong_call_is_one_line_and_writes_nothing(home, tmp_path, capsys, subject, out, code, line):
    name = str(home / subject) if subject == "dataset" else subject
    assert main(["export", "croissant", name, "--out", str(tmp_path / out)]) == code
    complaint = capsys.readouterr().err
    assert line in complaint
    assert complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_changed_shard_is_not_described(tmp_path, capsys):
    build_here(small_collection(tmp_path, videos=0, images=2), tmp_path, tmp_path / "dataset")
    with (tmp_path / "dataset" / "data" / "part-00000.parquet").open("ab") as stream:
        stream.write(b"x")
    assert main(["export", "card", str(tmp_path / "dataset")]) == 1
    assert "a file of the dataset was changed" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [None, True, 3, "x", [], {}], ids=repr)
def test_a_key_of_another_kind_is_answered_in_one_line(home, tmp_path, wrong):
    whole = json.loads((home / "dataset" / "dataset.json").read_text("utf-8"))
    refused = {}
    for key in whole:
        write_text(tmp_path / "dataset.json", json.dumps({**whole, key: wrong}))
        # Whatever else is raised is a fault.
        try:
            subject_of_dataset(tmp_path)
        except LusdataError as error:
            refused[key] = str(error)
    assert {"format", "format_version", "name", "recordings"} <= refused.keys()
    assert all(str(tmp_path) in line and "\n" not in line for line in refused.values())


@settings(max_examples=40)
@given(data=st.data())
def test_a_damaged_index_is_answered_in_one_line_or_does_no_harm(home, data):
    whole = json.loads((home / "dataset" / "dataset.json").read_text("utf-8"))
    index = data.draw(damaged(whole))
    with tempfile.TemporaryDirectory() as root:
        for path in (home / "dataset").iterdir():
            (Path(root) / path.name).symlink_to(path)
        (Path(root) / "dataset.json").unlink()
        write_text(Path(root) / "dataset.json", json.dumps(index))
        # Whatever else is raised is a fault.
        with contextlib.suppress(LusdataError):
            subject = subject_of_dataset(Path(root))
            assert card(subject).startswith("---\n")
            croissant(subject)
            repr(Dataset(subject.index))


def test_a_collection_without_digests_has_nothing_to_describe(tmp_path, capsys):
    collection = small_collection(tmp_path, videos=0, images=2)
    for manifest in collection.manifests:
        status = {"state": "excluded", "since": "2026-01-01", "reason": "too dark"}
        write_manifest(manifest.path, {**manifest.data, "status": status})
    assert main(["export", "card", str(collection.root)]) == 1
    assert "there is nothing to describe" in capsys.readouterr().err


# --- private collections, versions and splits ---


def _private(folder: Path, *, names: Sequence[str] = ()) -> Path:
    """Return a built dataset in which some recordings are private; all, and the collection with them, without names."""
    collection = small_collection(folder, videos=0, images=10)
    licence = licence_entry("LicenseRef-Private")
    for manifest in collection.manifests:
        if not names or manifest.id in names:
            data = {**manifest.data, "source": {**manifest.data["source"], "licence": licence}}
            write_manifest(manifest.path, data)
    if not names:
        about = {
            **about_header(),
            "title": "Ward 7",
            "owner": "Ward & Seven",
            "private": True,
            "citation": "Seven, 2026.",
        }
        (collection.root / "collection.json").write_text(json.dumps(about), encoding="utf-8")
    build_here(open_collection(collection.root), folder, folder / "dataset")
    return folder / "dataset"


def test_what_is_private_reaches_no_exporter(tmp_path, capsys):
    dataset = _private(tmp_path)
    root = tmp_path / "manifests" / "small"
    for words in (
        ["croissant", str(dataset)],
        ["card", str(dataset)],
        ["card", str(root)],
        ["hf", str(dataset), "--out", str(tmp_path / "hub"), "--include-private"],
    ):
        assert main(["export", *words]) == 1
        assert "a private collection is not exported; found it stays with Ward & Seven" in capsys.readouterr().err
    assert not (tmp_path / "hub").exists()


def test_private_recordings_among_others_are_left_out_and_named_nowhere(tmp_path, capsys):
    dataset = _private(tmp_path, names=["small/image-00", "small/image-07"])
    for form in ("croissant", "card"):
        assert main(["export", form, str(dataset)]) == 1
        assert "the dataset holds private recordings; found 2, such as small/image-00" in capsys.readouterr().err
        assert main(["export", form, str(tmp_path / "manifests" / "small")]) == 0
        assert "image-07" not in capsys.readouterr().out
    assert main(["export", "hf", str(dataset), "--out", str(tmp_path / "hub"), "--k", "2", "--include-private"]) == 0
    for path in (tmp_path / "hub").rglob("*"):
        if path.is_file():
            assert b"image-00" not in path.read_bytes()
            assert b"image-07" not in path.read_bytes()


def test_a_private_collection_is_cited_by_its_owner_and_its_page_is_marked(tmp_path, capsys):
    dataset = _private(tmp_path)
    assert main(["cite", str(dataset), "--format", "bibtex"]) == 0
    out = capsys.readouterr().out
    assert r"author = {{Ward \& Seven}}" in out
    assert "Seven, 2026. 10 recordings" in out
    assert main(["report", str(dataset), "--out", str(tmp_path / "page.html")]) == 0
    assert "<b>Private.</b> This collection belongs to Ward &amp; Seven" in (tmp_path / "page.html").read_text("utf-8")


def test_the_version_has_three_numbers_and_the_digest_is_the_identifier(described, home):
    assert described["version"] == "0.0.0"
    assert described["identifier"] == f"sha256:{open_index(home / 'dataset').rows_sha256}"


def test_splits_of_every_round_are_told(described, home):
    table = Dataset(open_index(home / "dataset")).fold_table()
    (recordings,) = [item for item in described["recordSet"] if item["@id"] == "recordings"]
    for record in recordings["data"]:
        for number in range(5):
            assert record[f"recordings/fold_{number}"] == table.part(number, record["recordings/recording"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_mlcroissant_reads_the_folder_for_hugging_face(home, tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is no dependency: pip install mlcroissant")
    assert main(["export", "hf", str(home / "dataset"), "--out", str(tmp_path / "hub"), "--k", "2"]) == 0
    dataset = mlcroissant.Dataset(str(tmp_path / "hub" / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert len(list(dataset.records("frames"))) == len(read_table(tmp_path / "hub" / "data", columns=["recording"]))
