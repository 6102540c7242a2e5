"""The main job: recordings to a dataset folder."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_datasets import (
    SMALL,
    build_here,
    changed,
    dead_scratch,
    files_of,
    grey_of_frame,
    grey_of_image,
    index_of,
    small_collection,
)

from lusdata import workers
from lusdata.catalog.collection import Collection
from lusdata.dataset.building import build as build_module
from lusdata.dataset.building import engine_local
from lusdata.dataset.building.build import BuildReport, build
from lusdata.dataset.building.clip_file import ClipJob, Outcome, make_part
from lusdata.dataset.building.engine_local import Report, run_here, run_local
from lusdata.dataset.building.plan import inputs_of
from lusdata.dataset.building.shards import cut
from lusdata.dataset.folder import claim
from lusdata.dataset.reading.index import open_index
from lusdata.dataset.reading.shard_rows import verify
from lusdata.dataset.recipe import Recipe
from lusdata.dataset.view.dataset import Dataset
from lusdata.errors import DataError, InternalError, MissingExtraError, OutsideError, UsageError


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def collection(home: Path) -> Collection:
    return small_collection(home)


@pytest.fixture(scope="module")
def report(collection: Collection, home: Path) -> BuildReport:
    return build_here(collection, home, home / "first")


def test_pixels_times_and_places_follow_from_the_recordings(report: BuildReport) -> None:
    frames = Dataset(report.index).to_numpy()
    for number in range(6):
        of_video = frames.recordings == f"small/video-{number:02d}"
        assert frames.frame_indices[of_video].tolist() == [0, 2, 4, 6, 8, 10]
        assert frames.times_s[of_video].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3], abs=1e-6)
        expected = [grey_of_frame(number, index) for index in range(0, 12, 2)]
        found = frames.images[of_video].mean(axis=(1, 2))
        assert np.abs(found - expected).max() <= 2
    for number in range(6, 12):
        image = frames.images[frames.recordings == f"small/image-{number:02d}"]
        assert np.unique(image).tolist() == [grey_of_image(number)]


def test_rows_are_in_the_order_of_the_ids(report: BuildReport) -> None:
    ids = [entry.id for entry in report.index.entries]
    assert ids == sorted(ids)
    assert len(ids) == 12


def test_the_index_counts_what_is_there(report: BuildReport) -> None:
    counts = report.index.data["counts"]
    assert counts["recordings"] == 12
    assert counts["frames"] == 6 * 6 + 6
    assert sum(counts["frames_by_class"].values()) == counts["frames"]
    assert list(counts["frames_by_class"]) == ["covid-19", "bacterial-pneumonia", "healthy"]
    assert counts["not_publishable"] == 6
    assert report.left_out == ()
    verify(report.index, deep=True)


def test_a_finished_folder_holds_nothing_unfinished(report: BuildReport) -> None:
    assert sorted(files_of(report.out)) == ["README.md", "data/part-00000.parquet", "dataset.json", "manifests.jsonl"]
    assert not (report.out / ".parts").exists()


def test_the_page_names_sources_and_what_may_not_be_published(report: BuildReport) -> None:
    page = (report.out / "README.md").read_text(encoding="utf-8")
    assert "**Do not publish this folder.** 6 of its 12 recordings" in page
    assert "`small/image-08`" in page
    # What strangers wrote cannot become markup.
    assert r"A \| \<b\>clinic\</b\>" in page


@pytest.mark.parametrize("workers", [1, 3])
def test_worker_processes_give_the_same_bytes_as_this_one(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path, workers: int
) -> None:
    build_here(collection, home, tmp_path / "out", engine="local", workers=workers)
    assert files_of(tmp_path / "out") == files_of(report.out)


def test_both_formats_hold_the_same_rows(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path
) -> None:
    other = build_here(collection, home, tmp_path / "out", format="tfrecord")
    ours, theirs = Dataset(report.index).to_numpy(), Dataset(other.index).to_numpy()
    assert all(np.array_equal(one, two) for one, two in zip(ours, theirs, strict=True))
    assert other.index.data["rows_sha256"] == report.index.data["rows_sha256"]
    verify(other.index, deep=True)


def test_many_shards_hold_the_rows_of_one(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lusdata.dataset.building.assemble.SHARD_BYTES", 3000)
    index = build_here(collection, home, tmp_path / "out").index
    assert len(index.data["shards"]) > 2
    assert index.data["rows_sha256"] == report.index.data["rows_sha256"]
    assert np.array_equal(Dataset(index).to_numpy().images, Dataset(report.index).to_numpy().images)


def test_colour_is_kept_when_the_recipe_asks_for_it(collection: Collection, home: Path, tmp_path: Path) -> None:
    recipe = Recipe(size_px=16, colour="rgb", select="kind=image")
    images = Dataset(build_here(collection, home, tmp_path / "out", recipe=recipe).index).to_numpy().images
    assert images.shape == (6, 16, 16, 3)


def test_a_changed_pixel_changes_the_logical_digest(collection: Collection, home: Path, report: BuildReport) -> None:
    other = build_here(collection, home, home / "other", recipe=Recipe(size_px=17)).index
    assert other.data["rows_sha256"] != report.index.data["rows_sha256"]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([5], [(0, 1)]),
        ([500], [(0, 1)]),
        ([60, 40, 1], [(0, 2), (2, 3)]),
        ([500, 1, 500], [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_shards_are_cut_between_recordings(sizes: list[int], expected: list[tuple[int, int]]) -> None:
    assert [(part.start, part.stop) for part in cut(sizes, target_bytes=100)] == expected


# --- what is left out ---


def test_every_recording_that_is_not_built_has_its_reason(collection: Collection, home: Path, tmp_path: Path) -> None:
    status = {"since": "2026-02-01", "reason": "shows the neck"}
    broken = changed(collection, "small/video-00", status={"state": "excluded", **status})
    broken = changed(broken, "small/video-01", status={"state": "withdrawn", **status})
    source = {name: value for name, value in broken.by_id["small/video-02"].data["source"].items()}
    unpinned = {name: value for name, value in source.items() if name not in ("sha256", "size_bytes")}
    broken = changed(broken, "small/video-02", source=unpinned)
    broken = changed(broken, "small/video-03", source={**source, "path": "gone.mp4", "sha256": "0" * 64})
    report = build_here(broken, home, tmp_path / "out", recipe=Recipe(size_px=16, select="class!=healthy"))
    codes = {item.id: item.code for item in report.left_out}
    assert codes["small/video-00"] == "excluded"
    assert codes["small/video-01"] == "withdrawn"
    assert codes["small/image-08"] == "not-selected"
    written = {item["id"]: item["code"] for item in index_of(report.out)["left_out"]}
    assert written == codes
    assert all(item["reason"] for item in index_of(report.out)["left_out"])
    assert set(codes) | {entry.id for entry in report.index.entries} == set(broken.by_id)
    again = build_here(broken, home, tmp_path / "all")
    codes = {item.id: item.code for item in again.left_out}
    assert codes["small/video-02"] == "unpinned"
    assert codes["small/video-03"] == "gone"


def test_a_recording_that_will_not_decode_is_left_out_and_stops_nothing(tmp_path: Path) -> None:
    collection = small_collection(tmp_path, videos=2, images=2)
    path = tmp_path / "media" / "video-00.mp4"
    data = path.read_bytes()
    collection = _with_file(collection, "small/video-00", path, data[: len(data) // 3])
    collection = _with_file(collection, "small/video-01", tmp_path / "media" / "video-01.mp4", b"just some text")
    report = build_here(collection, tmp_path, tmp_path / "out", engine="local", workers=2)
    assert [(item.id, item.code) for item in report.left_out] == [
        ("small/video-00", "undecodable"),
        ("small/video-01", "undecodable"),
    ]
    assert str(tmp_path) not in json.dumps(index_of(report.out))
    assert report.index.data["counts"]["recordings"] == 2


def _with_file(collection: Collection, id_: str, path: Path, data: bytes) -> Collection:
    import hashlib

    path.write_bytes(data)
    source = dict(collection.by_id[id_].data["source"])
    source |= {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
    return changed(collection, id_, source=source)


def test_a_decoder_that_crashes_takes_one_recording_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        engine_local,
        "_START",
        "import json, os, sys\n"
        "print('ready', flush=True)\n"
        "for line in sys.stdin:\n"
        "    job = json.loads(line)\n"
        "    if job['id'] == 'bad': os._exit(9)\n"
        "    print(json.dumps({'id': job['id'], 'code': 'made', 'reason': ''}), flush=True)\n",
    )
    found: list[Outcome] = []
    run_local([_job(name) for name in ("a", "bad", "b", "bad", "c")], workers=2, report=found.append)
    assert sorted((outcome.id, outcome.code) for outcome in found) == [
        ("a", "made"),
        ("b", "made"),
        ("bad", "crashed"),
        ("bad", "crashed"),
        ("c", "made"),
    ]
    assert any("exit status 9" in outcome.reason for outcome in found)


def test_a_job_whose_process_was_killed_once_gets_a_second_chance(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        engine_local,
        "_START",
        "import json, os, pathlib, sys\n"
        "print('ready', flush=True)\n"
        "for line in sys.stdin:\n"
        f"    seen = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        "    if not seen.exists(): seen.touch(); os.write(1, b'half a li'); os._exit(1)\n"
        "    print(json.dumps({'id': json.loads(line)['id'], 'code': 'made', 'reason': ''}), flush=True)\n",
    )
    found: list[Outcome] = []
    run_local([_job("a"), _job("b")], workers=1, report=found.append)
    assert [(outcome.id, outcome.code) for outcome in found] == [("a", "made"), ("b", "made")]


def test_a_worker_that_answers_nonsense_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_local, "_START", "print('ready\\nnonsense', flush=True); input()")
    with pytest.raises(InternalError, match="found JSONDecodeError"):
        run_local([_job("a")], workers=1, report=lambda outcome: None)


def test_a_worker_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_local, "_START", "raise ImportError('no decoder here')")
    with pytest.raises(InternalError, match=r"starting a worker process: .*found ImportError: no decoder here"):
        run_local([_job("a")], workers=1, report=lambda outcome: None)


def test_a_worker_that_the_system_does_not_start_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(workers.subprocess, "Popen", refuse)
    with pytest.raises(OutsideError, match="a worker process failed; found Cannot allocate memory"):
        run_local([_job("a")], workers=1, report=lambda outcome: None)


@pytest.mark.parametrize(
    "error",
    [
        "TypeError('an unexpected keyword argument')",
        "AttributeError('no attribute bitwise_count')",
        "ImportError('libavcodec.so')",
        "UsageError('our own call is wrong')",
    ],
)
def test_what_no_recording_did_stops_the_run_and_is_charged_to_none(
    monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    monkeypatch.setattr(
        engine_local,
        "_START",
        "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
        "import lusdata.media.frames\n"
        "from lusdata.dataset.building.worker import main\n"
        "from lusdata.errors import UsageError\n"
        f"def broken(*args, **options): raise {error}\n"
        "lusdata.media.frames.read_frames = broken; main()",
    )
    found: list[Outcome] = []
    run_local([_job("a")], workers=1, report=found.append)
    assert [outcome.code for outcome in found] == ["fault"]
    assert error.partition("(")[0] in found[0].reason
    assert "in broken" in found[0].trace


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "failed"), (errno.EMFILE, "failed"), (errno.EIO, "unreadable")]
)
def test_a_machine_that_has_run_out_of_something_is_told_from_a_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("lusdata.media.frames.read_frames", refuse)
    assert make_part(_job("a")) == Outcome("a", code, os.strerror(number))


def test_a_fault_of_ours_stops_a_build_by_name_and_the_next_one_goes_on(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("lusdata.media.png.encode_png", lambda image: image.no_such_thing)
        with pytest.raises(InternalError, match=r"^small/[a-z0-9-]+: a fault of lusdata .*no_such_thing"):
            build_here(collection, home, out)
        assert not (out / "dataset.json").exists()
    build_here(collection, home, out)
    assert files_of(out) == files_of(report.out)


def _job(name: str) -> ClipJob:
    from lusdata.catalog.manifest import Trim

    return ClipJob(name, "", "", "", "video", None, Trim(), 3.0, 30, 16, "grey")


def test_nothing_at_all_is_a_fault_of_the_data(collection: Collection, home: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not one recording can be built; found 12 gone"):
        build_here(collection, home, tmp_path / "out", mirrors=(), cache=tmp_path / "empty")
    assert not (tmp_path / "out").exists()


# --- stopping and going on ---


class _Stopped(Exception):
    pass


def _stopping_after(count: int) -> Any:
    def engine(jobs: Sequence[ClipJob], *, workers: int, report: Report) -> None:
        run_here(jobs[:count], workers=workers, report=report)
        raise _Stopped

    return engine


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_why_a_mirror_is_refused_is_told_when_nothing_can_be_built(
    collection: Collection, home: Path, tmp_path: Path
) -> None:
    mirror = tmp_path / "links"
    for path in (home / "media").rglob("*.*"):
        link = mirror / path.relative_to(home / "media")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    with pytest.raises(DataError, match=r"found 12 refused \(a link leads out of the mirror"):
        build_here(collection, home, tmp_path / "out", mirrors=[mirror], cache=tmp_path / "empty")


def test_an_interrupted_build_goes_on_and_gives_the_same_bytes(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    monkeypatch.setitem(build_module.ENGINES, "stops", _stopping_after(5))  # type: ignore[arg-type]
    with pytest.raises(_Stopped):
        build_here(collection, home, out, engine="stops")
    assert not (out / "dataset.json").exists()
    with pytest.raises(DataError, match="the dataset is not finished"):
        open_index(out)
    # A worker that is stopped while it writes a part cannot clean up.
    dead_scratch(out / ".parts")
    dead_scratch(out)
    done: list[str] = []

    def counting(jobs: Sequence[ClipJob], *, workers: int, report: Report) -> None:
        done.extend(job.id for job in jobs)
        run_here(jobs, workers=workers, report=report)

    monkeypatch.setitem(build_module.ENGINES, "counts", counting)  # type: ignore[arg-type]
    build_here(collection, home, out, engine="counts")
    assert len(done) == 12 - 5
    assert files_of(out) == files_of(report.out)
    assert not (out / ".parts").exists()


def test_a_damaged_part_is_made_again(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    monkeypatch.setitem(build_module.ENGINES, "stops", _stopping_after(12))  # type: ignore[arg-type]
    with pytest.raises(_Stopped):
        build_here(collection, home, out, engine="stops")
    one, two, *_ = sorted((out / ".parts").glob("*.part"))
    one.write_bytes(one.read_bytes()[:-1])
    two.write_bytes(b"")
    build_here(collection, home, out)
    assert files_of(out) == files_of(report.out)


def test_a_build_that_stops_while_writing_shards_goes_on(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("lusdata.dataset.building.assemble.write_bytes", full)
        with pytest.raises(OutsideError, match="cannot write the dataset; found No space left on device"):
            build_here(collection, home, out)
    assert not (out / "dataset.json").exists()
    assert len(list((out / ".parts").glob("*.part"))) == 12
    build_here(collection, home, out)
    assert files_of(out) == files_of(report.out)


def test_a_killed_build_goes_on(collection: Collection, home: Path, report: BuildReport, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import os, sys\n"
        "from lusdata.dataset.building import engine_local\n"
        "made = engine_local.Outcome.from_json\n"
        "def last(line, seen=[]):\n"
        "    seen.append(line)\n"
        "    os._exit(77) if len(seen) == 4 else None\n"
        "    return made(line)\n"
        "engine_local.Outcome.from_json = last\n"
        "from pathlib import Path\n"
        "from lusdata.catalog.collection import Collection\n"
        "from lusdata.catalog.manifest import read_manifest\n"
        "from lusdata.dataset.building.build import build\n"
        "from lusdata.dataset.recipe import Recipe\n"
        "root, home, out = map(Path, sys.argv[1:])\n"
        "found = tuple(sorted(map(read_manifest, root.glob('*.json')), key=lambda manifest: manifest.id))\n"
        "build(Collection('small', root, found), out=out, recipe=Recipe(size_px=16), mirrors=[home / 'media'],\n"
        "      cache=home / 'cache', offline=True, workers=1)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, collection.root, home, out], check=False, timeout=60)
    assert run.returncode == 77
    assert list((out / ".parts").glob("*.part"))
    build_here(collection, home, out)
    assert files_of(out) == files_of(report.out)


# --- the output folder ---


def test_a_finished_folder_is_up_to_date_and_nothing_is_touched(
    collection: Collection, home: Path, report: BuildReport
) -> None:
    before = {path: path.stat().st_mtime_ns for path in report.out.iterdir()}
    again = build_here(collection, home, report.out)
    assert again.up_to_date
    assert again.as_dict() == {**report.as_dict(), "up_to_date": True}
    assert {path: path.stat().st_mtime_ns for path in report.out.iterdir()} == before


def test_a_finished_folder_with_a_missing_shard_is_a_fault(collection: Collection, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_here(collection, home, out)
    (out / "data" / "part-00000.parquet").unlink()
    with pytest.raises(DataError, match="a file of the dataset is missing"):
        verify(open_index(out))
    with pytest.raises(DataError, match=r"part-00000.parquet: a file of the dataset is missing"):
        Dataset(open_index(out)).to_numpy()
    (out / "manifests.jsonl").unlink()
    with pytest.raises(DataError, match=r"manifests\.jsonl: a file of the dataset is missing"):
        Dataset(open_index(out))


def test_more_recordings_than_when_it_was_built_need_a_new_folder(tmp_path: Path) -> None:
    collection = small_collection(tmp_path, videos=1, images=2)
    late = tmp_path / "media" / "image-02.png"
    late.rename(tmp_path / "late.png")
    out = tmp_path / "out"
    assert [item.code for item in build_here(collection, tmp_path, out).left_out] == ["gone"]
    assert build_here(collection, tmp_path, out).up_to_date
    (tmp_path / "late.png").rename(late)
    with pytest.raises(UsageError, match=r"more recordings can be had now; .* found 1 more, such as small/image-02"):
        build_here(collection, tmp_path, out)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": Recipe(size_px=32)}, "a finished dataset of other inputs; expected size_px=32; found size_px=16"),
        ({"format": "tfrecord"}, "expected format=tfrecord; found format=parquet"),
    ],
    ids=["size", "format"],
)
def test_a_finished_folder_of_other_inputs_is_refused(
    collection: Collection, home: Path, report: BuildReport, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        build_here(collection, home, report.out, **options)
    verify(report.index)


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(
    collection: Collection, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match=r"the output folder is not empty; .* found thesis.tex"):
        build_here(collection, home, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(UsageError, match="the output is not a folder"):
        build_here(collection, home, tmp_path / "thesis.tex")


def test_two_builds_do_not_mix_in_one_folder(collection: Collection, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        claim(out, inputs_of(collection, SMALL, "parquet")),
        pytest.raises(OutsideError, match="another build is working in this folder"),
    ):
        build_here(collection, home, out)
    assert not build_here(collection, home, out).up_to_date


def test_what_a_user_put_beside_the_parts_stays(collection: Collection, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with claim(out, inputs_of(collection, SMALL, "parquet")) as parts:
        (parts / "note.txt").write_text("mine", encoding="utf-8")
    build_here(collection, home, out)
    assert [path.name for path in (out / ".parts").iterdir()] == ["note.txt"]


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid"), reason="permissions work otherwise there")
def test_a_folder_that_cannot_be_written_is_told_in_one_line(
    collection: Collection, home: Path, tmp_path: Path
) -> None:
    if os.geteuid() == 0:
        # The administrator may write everywhere but into files' insides.
        (tmp_path / "file").write_text("", encoding="utf-8")
        target = tmp_path / "file" / "out"
    else:
        (tmp_path / "locked").mkdir(mode=0o500)
        target = tmp_path / "locked" / "out"
    with pytest.raises(OutsideError, match="cannot write the dataset; found"):
        build_here(collection, home, target)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("limit_bytes", [600, 9000], ids=["while decoding", "while assembling"])
def test_a_full_disk_stops_with_one_line_and_keeps_what_is_finished(
    collection: Collection, home: Path, report: BuildReport, tmp_path: Path, limit_bytes: int
) -> None:
    out = tmp_path / "out"
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}))\n"
        "from lusdata.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = ["build", collection.root, "--out", out, "--mirror", home / "media", "--cache", home / "cache"]
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, command), "--size", "16", "--offline"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (3, "")
    assert "cannot write the dataset; found File too large; recordings that are finished are kept" in run.stderr
    assert run.stderr.count("\n") == 1
    assert not [path for path in out.iterdir() if path.name != ".parts"]
    assert not list(out.rglob(".lusdata-*"))
    build_here(collection, home, out)
    assert files_of(out) == files_of(report.out)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "too few workers; expected at least 1; found 0"),
        ({"format": "zip"}, "unknown format; expected one of parquet, tfrecord; found 'zip'"),
        ({"engine": "steam"}, "unknown engine; expected one of here, local, ray; found 'steam'"),
        ({"mirrors": ["nowhere"]}, "nowhere: the mirror does not exist"),
        ({"recipe": Recipe(size_px=16, select="provider=x")}, "no recording has this provider; expected one of clin"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_call_is_refused_before_anything_is_written(
    collection: Collection, home: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        build_here(collection, home, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_missing_engine_is_told_before_anything_is_written(
    collection: Collection, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"the engine 'ray' needs the package 'ray'.*'lusdata\[ray\]'"):
        build_here(collection, home, tmp_path / "out", engine="ray")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_ray_gives_the_same_bytes(collection: Collection, home: Path, report: BuildReport, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lusdata[ray]'")
    build_here(collection, home, tmp_path / "out", engine="ray", workers=2)
    assert files_of(tmp_path / "out") == files_of(report.out)


# --- the index ---


def test_a_dataset_of_another_version_is_refused_with_both(report: BuildReport, tmp_path: Path) -> None:
    data = index_of(report.out) | {"format_version": "9.0.0"}
    (tmp_path / "dataset.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(
        DataError, match=r"expected format version 1\.0\.0 or 1\.1\.0; found 9\.0\.0; .* the lusdata that made it"
    ):
        open_index(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "of another version"),
        ("{}", "of another version"),
        ('{"format_version": "1.0.0", "format": "parquet"}', r"found \$\.counts: a required field is missing"),
    ],
    ids=["cut", "list", "empty", "without fields"],
)
def test_a_broken_index_is_a_fault_of_the_data(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "dataset.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        open_index(tmp_path)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("recordings",), 3, r"found \$\.recordings: wrong type, expected a list, found 3"),
        (("recordings", 0, "shard"), 7, r"found \$\.recordings\[0\]\.shard is none of the 1 shards"),
        (("recordings", 0, "rows"), 99, r"shards\[0\]\.rows is \d+, but its recordings have"),
        (("recordings", 1, "id"), None, r"\$\.recordings\[1\]\.id: wrong type, expected a text"),
        (
            ("recordings", 0, "crop"),
            [0, 0, -1, 5],
            r"recordings\[0\]\.crop\[2\]: out of range, expected at least 0",
        ),
        (("shards", 0, "file"), "../data/part-00000.parquet", r"\$\.shards\[0\]\.file: malformed value"),
        (("recipe", "size_px"), 5, r"found \$\.recipe\.size_px: out of range, expected at least 16"),
        (("versions",), {}, r"\$\.versions\.lusdata: a required field is missing"),
        (("left_out",), [{}], r"\$\.left_out\[0\]\.code: a required field is missing"),
        (("release",), {"folds": []}, r"\$\.release\.date: a required field is missing"),
        (
            ("release",),
            {"version": "1.0.0", "date": "2026-01-01", "sha256": "0", "folds": [{"file": "../folds.json"}]},
            r"\$\.release\.folds\[0\]\.file: malformed value",
        ),
    ],
)
def test_an_index_at_odds_with_itself_is_refused(
    report: BuildReport, tmp_path: Path, place: tuple[object, ...], value: object, message: str
) -> None:
    data = index_of(report.out)
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    (tmp_path / "dataset.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(DataError, match="the dataset is damaged; .*" + message):
        open_index(tmp_path)


def test_manifests_that_were_changed_are_not_believed(report: BuildReport, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_bytes((report.out / "dataset.json").read_bytes())
    ledger = (report.out / "manifests.jsonl").read_bytes()
    (tmp_path / "manifests.jsonl").write_bytes(ledger.replace(b"healthy", b"Healthy"))
    with pytest.raises(DataError, match="a file of the dataset was changed; expected sha256"):
        _ = open_index(tmp_path).manifests


def test_a_folder_without_an_index_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not a dataset; expected a folder with dataset.json"):
        open_index(tmp_path)


def test_a_changed_shard_is_found_by_its_digest(collection: Collection, home: Path, tmp_path: Path) -> None:
    index = build_here(collection, home, tmp_path / "out").index
    path = index.shard_path(0)
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="a file of the dataset was changed"):
        verify(index)


@pytest.mark.real
def test_every_pinned_recording_whose_file_is_there_is_built(corpus_dir: Path, tmp_path: Path) -> None:
    from lusdata.catalog.open_collection import open_collection

    collection = open_collection("pocus")
    report = build(collection, out=tmp_path / "out", mirrors=[corpus_dir], cache=tmp_path / "cache", offline=True)
    built = {entry.id for entry in report.index.entries}
    here = {manifest.id for manifest in collection.buildable if (corpus_dir / str(manifest.source_path)).is_file()}
    assert built == here
    assert built | {item.id for item in report.left_out} == set(collection.by_id)
    verify(report.index, deep=True)
