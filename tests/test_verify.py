"""Damaged files are named, set aside and never deleted, and a build makes them again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_datasets import build_here, changed, dead_scratch, files_of, index_of, small_collection

import lusdata
from lusdata.catalog.collection import Collection
from lusdata.cli import main
from lusdata.dataset.building.build import build
from lusdata.dataset.reading.index import open_index
from lusdata.dataset.reading.verify import build_command, verify_dataset
from lusdata.dataset.recipe import Recipe
from lusdata.errors import DataError, OutsideError
from lusdata.media.cache import Cache


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("verify")


@pytest.fixture(scope="module")
def collection(home: Path) -> Collection:
    return small_collection(home, videos=2, images=4)


@pytest.fixture(scope="module", params=["parquet", "tfrecord"])
def built(request: pytest.FixtureRequest, collection: Collection, home: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lusdata.dataset.building.assemble.SHARD_BYTES", 500)
        return build_here(collection, home, home / request.param, format=request.param).out


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "copy"))


def flip_a_bit(path: Path, at: int = 40) -> bytes:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    return bytes(data)


def shards_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("data/part-*"))


def built_again(collection: Collection, home: Path, folder: Path, **options: object) -> object:
    return build_here(collection, home, folder, format=open_index(folder).format, **options)


def test_a_whole_dataset_is_left_as_it_is(folder: Path, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder)]) == 0
    shards = len(shards_of(folder))
    assert capsys.readouterr().out == f"{shards + 2} files of the dataset intact, 0 damaged: {folder}\n"
    assert files_of(folder) == files_of(built)


def test_damaged_files_of_a_dataset_are_named_and_set_aside(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    victim, gone = shards_of(folder)[1:3]
    lost = flip_a_bit(victim)
    gone.unlink()
    assert main(["verify", str(folder), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["kind"] == "dataset"
    assert [(item["file"], item["moved_to"]) for item in report["damages"]] == [
        (f"data/{victim.name}", f"damaged/data/{victim.name}"),
        (f"data/{gone.name}", None),
    ]
    assert all(item["how"].startswith("lusdata build small --out") for item in report["damages"])
    assert not victim.exists()
    assert (folder / "damaged" / "data" / victim.name).read_bytes() == lost


def test_a_build_makes_again_what_is_damaged_and_nothing_else(
    collection: Collection, home: Path, folder: Path, built: Path
) -> None:
    victim = shards_of(folder)[1]
    lost = flip_a_bit(victim)
    (folder / "manifests.jsonl").unlink()
    untouched = {path: path.stat().st_mtime_ns for path in shards_of(folder) if path != victim}
    report = built_again(collection, home, folder)
    assert (report.up_to_date, report.mended) == (False, (f"data/{victim.name}", "manifests.jsonl"))
    assert {path: path.stat().st_mtime_ns for path in untouched} == untouched
    found = files_of(folder)
    assert found.pop(f"damaged/data/{victim.name}") == lost
    assert found == files_of(built)
    assert built_again(collection, home, folder).up_to_date


def test_what_verify_set_aside_is_made_again(collection: Collection, home: Path, folder: Path, built: Path) -> None:
    flip_a_bit(shards_of(folder)[0])
    assert main(["verify", str(folder)]) == 1
    assert built_again(collection, home, folder).mended == (f"data/{shards_of(built)[0].name}",)
    assert {name: data for name, data in files_of(folder).items() if "damaged" not in name} == files_of(built)


def test_a_shard_whose_recording_cannot_be_had_stays_as_it_is(
    collection: Collection, home: Path, folder: Path, tmp_path: Path
) -> None:
    flip_a_bit(shards_of(folder)[0])
    before = files_of(folder)
    with pytest.raises(DataError, match=r"is damaged and cannot be mended; .* whose file cannot be had; name a folder"):
        built_again(collection, home, folder, mirrors=[], cache=tmp_path / "empty")
    assert files_of(folder) == before


def test_a_changed_index_is_told_and_not_built_upon(collection: Collection, home: Path, folder: Path) -> None:
    path = folder / "dataset.json"
    path.write_text(path.read_text().replace('"crop": [4,', '"crop": [5,', 1))
    with pytest.raises(DataError, match=r"dataset\.json: the file was changed since the dataset was built"):
        built_again(collection, home, folder)
    with pytest.raises(DataError, match=r"dataset\.json: the file was changed since the dataset was built"):
        lusdata.load(folder)
    (damage,) = verify_dataset(open_index(folder, unchanged=False)).damages
    assert (damage.file, damage.moved_to, damage.how) == ("dataset.json", None, "build into a new folder")
    assert path.is_file()


def test_a_dataset_without_a_seal_is_of_an_earlier_version_and_fine(folder: Path) -> None:
    data = index_of(folder)
    del data["sha256"]
    (folder / "dataset.json").write_text(json.dumps(data))
    assert verify_dataset(open_index(folder)).damages == ()


def test_the_command_names_every_setting(home: Path, collection: Collection, tmp_path: Path) -> None:
    recipe = Recipe(size_px=16, rate_hz=1.5, select="kind=image")
    index = build_here(collection, home, tmp_path / "a folder", recipe=recipe, format="tfrecord").index
    told = build_command(index)
    assert told.startswith(f"lusdata build small --out '{tmp_path}/a folder' --format tfrecord --rate-hz 1.5 ")
    assert told.endswith("--size 16 --select kind=image")


def test_a_killed_mend_leaves_nothing_that_stops_the_next(collection: Collection, home: Path, folder: Path) -> None:
    (folder / ".parts").mkdir()
    dead_scratch(folder)
    dead_scratch(folder / ".parts")
    for name in ("lock", f"{'a' * 64}.part", "inputs.json"):
        (folder / ".parts" / name).write_bytes(b"left")
    assert built_again(collection, home, folder).up_to_date
    assert not (folder / ".parts").exists()
    assert list(folder.rglob(".lusdata-*")) == []


def test_what_a_stranger_put_beside_the_parts_stays(collection: Collection, home: Path, folder: Path) -> None:
    (folder / ".parts").mkdir()
    (folder / ".parts" / "notes.txt").write_text("mine")
    assert built_again(collection, home, folder).up_to_date
    assert files_of(folder / ".parts") == {"notes.txt": b"mine"}


def test_the_cache_is_held_against_its_names(
    collection: Collection, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache"
    build(collection, out=tmp_path / "out", mirrors=[home / "media"], cache=cache, offline=True, engine="here")
    assert main(["verify", "--cache", str(cache)]) == 0
    victim = Cache(cache).object_path(collection.by_id["small/video-01"].sha256)
    lost = flip_a_bit(victim)
    capsys.readouterr()
    assert main(["verify", "--cache", str(cache), "--collection", str(collection.root)]) == 1
    out = capsys.readouterr().out
    assert f"moved to damaged/{victim.name}; get it again: lusdata fetch small" in out
    assert "5 files in the cache intact, 1 damaged" in out
    assert (cache / "damaged" / victim.name).read_bytes() == lost
    assert main(["verify", "--cache", str(cache)]) == 0


def test_a_mirror_is_held_against_the_manifests(
    collection: Collection, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    media = Path(shutil.copytree(home / "media", tmp_path / "media"))
    (media / "sub").mkdir()
    (media / "sub" / "mine.txt").write_text("mine")
    name = collection.by_id["small/video-01"].source_path
    lost = flip_a_bit(media / name)
    assert main(["verify", str(media), "--collection", str(collection.root)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: the file does not have its digest; expected sha256")
    assert "5 files of recordings intact, 1 damaged" in out
    assert "1 file that no manifest names" in out
    assert (media / "damaged" / name).read_bytes() == lost
    assert main(["verify", str(media)]) == 2
    assert "no file here is known by a manifest" in capsys.readouterr().err


def test_a_path_that_leads_out_of_the_mirror_moves_nothing(collection: Collection, home: Path, tmp_path: Path) -> None:
    from lusdata.media.verify import verify_media

    (tmp_path / "media").mkdir()
    (tmp_path / "outside.mp4").write_bytes(b"precious")
    source = {**collection.by_id["small/video-01"].data["source"], "path": "../outside.mp4"}
    strange = changed(collection, "small/video-01", source=source)
    verdict = verify_media(tmp_path / "media", strange.manifests, how=str)
    assert (verdict.intact, verdict.damages) == (0, ())
    assert (tmp_path / "outside.mp4").read_bytes() == b"precious"


def test_what_cannot_be_moved_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flip_a_bit(shards_of(folder)[0])

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutsideError, match="a damaged file cannot be set aside; found Permission denied"):
        verify_dataset(open_index(folder))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected either a folder or --cache"),
        (["x", "--cache"], "expected either a folder or --cache"),
        (["nowhere"], "no such folder"),
        (["--cache", "nowhere"], "no such cache"),
    ],
    ids=["nothing", "both", "no folder", "no cache"],
)
def test_a_wrong_call_is_told(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", *arguments]) == 2
    assert message in capsys.readouterr().err
