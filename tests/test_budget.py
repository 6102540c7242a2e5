"""What one recording may cost: past it the recording is too large or too slow, in one line, and the run goes on."""

from __future__ import annotations

import gc
import json
import re
import struct
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from clips import plane_of, write_clip
from dicom_files import dicom_file
from small_datasets import build_here, small_collection

from lusdata.budget import BUDGET, Budget
from lusdata.catalog.manifest import Trim
from lusdata.dataset.building.clip_file import ClipJob, Outcome
from lusdata.dataset.building.engine_local import run_local
from lusdata.errors import TooLargeError, TooSlowError
from lusdata.intake.look import look
from lusdata.media import facts as facts_module
from lusdata.media.decode import spending as spending_module
from lusdata.media.decode.decoder import decode, survey
from lusdata.media.decode.spending import spending
from lusdata.media.dicom.recording import read as read_dicom
from lusdata.media.facts import media_facts
from lusdata.media.fingerprint import fingerprint
from lusdata.media.frames import read_frames

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process so")


def every(times_s: np.ndarray) -> np.ndarray:
    return np.arange(times_s.size)


READERS: dict[str, Callable[[Path], object]] = {
    "decode": lambda path: decode(path, every, plane_of),
    "survey": survey,
    "facts": media_facts,
    "frames": read_frames,
    "fingerprint": fingerprint,
    "look": look,
}


def gif(path: Path, side_px: int, count: int) -> Path:
    """Write an animated GIF of one-pixel frames on a large canvas: 20 bytes a frame, whatever the side."""
    head = b"GIF89a" + struct.pack("<HHBBB", side_px, side_px, 0xF0, 0, 0) + bytes([0, 0, 0, 255, 255, 255])
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    delay = b"\x21\xf9\x04" + struct.pack("<BHB", 0, 4, 0) + b"\x00"
    path.write_bytes(
        head + loop + (delay + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00") * count + b";"
    )
    return path


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def animated_png(path: Path, *chunks: bytes, side_px: int = 64) -> Path:
    """Write a grey PNG film of one frame, which FFmpeg reads, with further chunks in front of its pixels."""
    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\x00" + b"\x55" * side_px) * side_px)
    film = chunk(b"acTL", struct.pack(">II", 1, 0))
    shown = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, side_px, side_px, 0, 0, 1, 25, 0, 0))
    pieces = (chunk(b"IHDR", head), film, *chunks, shown, chunk(b"IDAT", rows), chunk(b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(pieces))
    return path


def with_budget(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    monkeypatch.setattr(spending_module, "BUDGET", replace(BUDGET, **limits))


@pytest.mark.parametrize("name", READERS)
def test_small_files_of_many_large_pictures_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A canvas of 512 pixels and 300 frames are 79 million pixels in 6 kB."""
    path = gif(tmp_path / "canvas.gif", 512, 300)
    with_budget(monkeypatch, pixels=512 * 512 * 299)
    began_s = time.process_time()
    with pytest.raises(TooLargeError, match=r"at most 78,381,056 pixels \(frames x width x height\); found 78,643,200"):
        READERS[name](path)
    assert time.process_time() - began_s < 10
    with_budget(monkeypatch, pixels=512 * 512 * 300)
    if name != "look":
        READERS[name](path)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("limits", [{"processor_s": -1.0}, {"wall_s": -1.0}], ids=str)
def test_decoding_ends_when_its_time_is_over(
    limits: dict[str, float], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for path in (gif(tmp_path / "a.gif", 64, 20), write_clip(tmp_path / "a.mp4", codec="libx264")):
        with_budget(monkeypatch, **limits)
        with pytest.raises(TooSlowError, match=rf"^{re.escape(str(path))}: too slow to decode; expected at most "):
            READERS[name](path)


def test_a_recording_is_charged_for_all_that_is_decoded_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = gif(tmp_path / "a.gif", 64, 20)
    with_budget(monkeypatch, wall_s=0.2)

    def looked_at_twice() -> None:
        with spending(path):
            survey(path)
            time.sleep(0.25)
            survey(path)

    with pytest.raises(TooSlowError):
        looked_at_twice()
    survey(path)


TEXT = zlib.compress(bytes(1 << 24), 9)


@pytest.mark.parametrize(
    "pieces",
    [
        [chunk(b"zTXt", b"k\x00\x00" + TEXT)] * 5,
        [chunk(b"iTXt", b"k\x00\x01\x00\x00\x00" + TEXT)] * 5,
        [chunk(b"iCCP", b"k\x00\x00" + zlib.compress(bytes(80 << 20), 9))],
    ],
    ids=["zTXt", "iTXt", "iCCP"],
)
@pytest.mark.parametrize("name", ["decode", "survey"])
def test_texts_of_a_picture_that_unpack_to_gigabytes_are_refused(pieces: list[bytes], name: str, tmp_path: Path):
    with pytest.raises(TooLargeError, match="unpack to more than those of a picture"):
        READERS[name](animated_png(tmp_path / "a.png", *pieces))
    READERS[name](animated_png(tmp_path / "b.png", *pieces[1:4]))


def test_memory_that_runs_out_is_the_recordings_affair(tmp_path: Path):
    path = gif(tmp_path / "a.gif", 64, 3)

    def too_much(frame: object) -> object:
        return np.empty(1 << 60, dtype=np.uint8)

    with pytest.raises(TooLargeError, match="to decode within 4,294,967,296 bytes of memory"):
        decode(path, every, too_much)


@pytest.mark.slow
def test_frames_that_were_seen_are_not_kept(tmp_path: Path):
    """A cycle of references would keep each frame until cycles are looked for; large frames fill the memory first."""

    def alive() -> int:
        # Not isinstance, which some lazy objects of other libraries answer with a warning.
        return sum(type(one) is VideoFrame for one in gc.get_objects())

    path = gif(tmp_path / "a.gif", 64, 20)
    gc.collect()
    gc.disable()
    try:
        before, most = alive(), 0

        def count(frame: VideoFrame) -> None:
            nonlocal most
            most = max(most, alive() - before)

        decode(path, every, count)
        survey(path)
        assert 1 <= most <= 5
        assert alive() - before <= 5
    finally:
        gc.enable()


def test_a_dicom_file_is_held_to_the_same_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = dicom_file(tmp_path / "a.dcm", np.zeros((3, 48, 64), dtype=np.uint8))
    assert len(read_dicom(path).frames) == 3
    with_budget(monkeypatch, processor_s=-1.0)
    with pytest.raises(TooSlowError, match="too slow to decode"):
        read_dicom(path)


def test_facts_that_a_manifest_may_not_state_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The last frame is shown until after the limit, though it begins before."""
    path = gif(tmp_path / "a.gif", 64, 20)
    assert media_facts(path).duration_s == 0.8
    for limit in ({"duration_s": 0.79}, {"rate_hz": 24.0}):
        monkeypatch.setattr(facts_module, "BUDGET", replace(BUDGET, **limit))
        with pytest.raises(TooLargeError, match="too large for a recording"):
            media_facts(path)


# --- in a build ---


def job(path: Path, folder: Path) -> ClipJob:
    import hashlib

    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return ClipJob(path.stem, str(path), str(folder / path.stem), sha256, "video", None, Trim(), 3.0, 30, 16, "grey")


def run(paths: list[Path], folder: Path, budget: Budget, *, workers: int = 1) -> dict[str, Outcome]:
    found: list[Outcome] = []
    run_local([job(path, folder) for path in paths], workers=workers, report=found.append, budget=budget)
    return {outcome.id: outcome for outcome in found}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such timers")
@pytest.mark.parametrize("limits", [{"processor_s": -4.5}, {"wall_s": -2.5}], ids=str)
def test_a_worker_that_does_not_come_back_is_ended_and_the_run_goes_on(limits: dict[str, float], tmp_path: Path):
    """With what a worker gets on top, enough for a small clip on a busy machine, and not for large pictures."""
    slow, quick = gif(tmp_path / "slow.gif", 4096, 150), gif(tmp_path / "quick.gif", 32, 3)
    found = run([slow, quick, slow.rename(tmp_path / "again.gif")][1:], tmp_path, replace(BUDGET, **limits))
    assert {name: outcome.code for name, outcome in found.items()} == {"again": "too-slow", "quick": "made"}
    assert found["again"].reason == "too slow to decode; expected at most 300 s of a processor and 900 s in all"


@LINUX_ONLY
def test_a_worker_gets_no_more_memory_than_the_budget(tmp_path: Path):
    large, small = gif(tmp_path / "large.gif", 4096, 2), gif(tmp_path / "small.gif", 32, 3)
    found = run([large, small], tmp_path, replace(BUDGET, memory_bytes=40 << 20))
    assert {name: outcome.code for name, outcome in found.items()} == {"large": "too-large", "small": "made"}
    assert run([large], tmp_path, BUDGET)["large"].code == "made"


def test_a_build_leaves_out_what_is_too_large_and_is_finished_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    collection = small_collection(tmp_path, videos=2, images=1)
    with_budget(monkeypatch, pixels=10_000)
    for up_to_date in (False, True):
        report = build_here(collection, tmp_path, tmp_path / "out", engine="here")
        assert report.up_to_date is up_to_date
        assert [(item.id, item.code) for item in report.left_out] == [
            ("small/video-00", "too-large"),
            ("small/video-01", "too-large"),
        ]
        assert "at most 10,000 pixels" in report.left_out[0].reason
    document = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert [item["code"] for item in document["left_out"]] == ["too-large", "too-large"]
