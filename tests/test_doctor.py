from __future__ import annotations

import collections
import importlib
import json
import os
import re
import shutil
import sys
from dataclasses import replace

import pytest

from lusdata.cli import main
from lusdata.commands import doctor
from lusdata.commands.doctor import JSON_KEYS
from lusdata.dataset.building import engine_local, trial
from lusdata.media.decode import codecs, open_file
from lusdata.media.dicom.recording import read
from lusdata.media.phantom.trial import TRIALS, write_trial


@pytest.fixture(autouse=True)
def few_clips(monkeypatch):
    """Try two forms in each test, since all take seconds."""
    monkeypatch.setattr(trial, "TRIALS", [form for form in TRIALS if form.suffix in (".mkv", ".webm")][:2])


@pytest.fixture
def no_clips(monkeypatch):
    """Leave the clips to those tests that are about them."""
    monkeypatch.setattr(doctor, "_clips", lambda: iter(()))


def findings() -> dict[str, doctor.CheckUp]:
    return {finding.name: finding for finding in doctor.examine()}


def test_a_sound_installation_has_no_fault(capsys, monkeypatch):
    monkeypatch.setattr(trial, "TRIALS", TRIALS)
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "0 faults" in out
    assert re.search(r"^clips +ok +\d\d made and decoded: MP4 \(H\.264, ", out, re.M)


def test_json_is_one_document(no_clips, capsys):
    main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert list(report) == list(JSON_KEYS)
    assert {"name", "state", "detail"} == set(report["findings"][0])


def test_a_package_that_does_not_load_is_a_fault_with_the_way_out(no_clips, monkeypatch, capsys):
    original = importlib.import_module

    def import_module(name, package=None):
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file")
        return original(name, package)

    monkeypatch.setattr(importlib, "import_module", import_module)
    assert main(["doctor"]) == 4
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("opencv"))
    assert "libGL" in line
    assert "pip install" in line


def test_a_missing_extra_is_no_fault_and_names_its_extra(no_clips, monkeypatch):
    monkeypatch.setattr(doctor, "EXTRAS", {"no-such-package": ("no_such_package", "dicom")})
    found = findings()["no-such-package"]
    assert found.state == "absent"
    assert "lusdata[dicom]" in found.detail


def test_a_spare_package_that_is_not_there_is_no_fault(no_clips, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert findings()["imageio-ffmpeg"].state == "absent"
    assert main(["doctor"]) == 0


def worker_in_which(sabotage: str) -> str:
    return (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
        "import av, numpy, lusdata.media.frames as frames\n"
        f"{sabotage}\n"
        "from lusdata.dataset.building.worker import main; main()"
    )


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        ("def broken(*a, **k): raise TypeError('no such argument')\nav.open = broken", "TypeError: no such argument"),
        ("import os\nframes.read_frames = lambda *a, **k: os._exit(9)", "crashed"),
        (
            "frames._fit = lambda image, size: numpy.zeros((size, size), numpy.uint8)",
            "wrong pictures; expected greys 60",
        ),
        ("raise ImportError('libavcodec.so')", "none can be decoded: ImportError: libavcodec.so"),
    ],
    ids=["PyAV changed", "decoder crashes", "black pictures", "worker does not start"],
)
def test_clips_that_do_not_decode_are_a_fault_that_names_them(sabotage, words, monkeypatch, capsys):
    monkeypatch.setattr(engine_local, "_START", worker_in_which(sabotage))
    if words == "crashed":
        # A worker has to be started again after each clip.
        monkeypatch.setattr(trial, "TRIALS", trial.TRIALS[:1])
    assert main(["doctor"]) == 4
    lines = [line for line in capsys.readouterr().out.splitlines() if re.match(r"clips +fault", line)]
    assert len(lines) == 1
    assert words in lines[0]
    named = "Matroska (FFV1)" if words == "crashed" else "Matroska (FFV1), WebM (VP8)"
    assert named in lines[0] or "none can be decoded" in lines[0]


def test_one_codec_that_does_not_decode_is_told_from_the_others(monkeypatch):
    patch = "decode = frames.decode\ndef broken(path, *a):\n    if path.suffix == '.webm': raise OSError(5, 'no VP8')\n"
    monkeypatch.setattr(
        engine_local, "_START", worker_in_which(f"{patch}    return decode(path, *a)\nframes.decode = broken")
    )
    faults = [finding.detail for finding in doctor.examine() if finding.state == "fault"]
    assert faults == ["WebM (VP8): unreadable: no VP8"]


def test_a_dicom_file_that_is_read_wrong_is_a_fault(monkeypatch):
    pytest.importorskip("pydicom")

    def inverted(path):
        recording = read(path)
        return replace(recording, frames=255 - recording.frames)

    monkeypatch.setattr("lusdata.media.dicom.trial.read", inverted)
    (fault,) = [finding.detail for finding in doctor.examine() if finding.state == "fault"]
    assert fault.startswith("DICOM (uncompressed, RLE, JPEG, JPEG 2000): wrong pictures")


def test_every_container_that_is_let_in_is_tried(tmp_path):
    tried = set()
    for form in TRIALS:
        path = write_trial(form, tmp_path)
        assert path is not None, f"{form.name} cannot be written with PyAV's own wheel"
        with open_file.open_container(path) as container:
            tried.update(container.format.name.split(","))
    # A raw file of Motion JPEG is several JPEG pictures, and refused as such.
    assert set(open_file._FORMATS.split(",")) - tried - {"mjpeg"} == set()


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no classes of priority")
def test_no_encoder_leaves_the_process_at_another_priority(tmp_path):
    (av1,) = (form for form in TRIALS if form.encoder == "libsvtav1")
    before = os.sched_getscheduler(0)
    write_trial(av1, tmp_path)
    assert os.sched_getscheduler(0) == before


def test_every_codec_that_a_decoding_way_names_is_tried():
    names = {"h264": "libx264", "hevc": "libx265", "prores": "prores_ks"}
    tried = {form.encoder for form in TRIALS} | {"ffv1"}
    assert {names.get(codec, codec) for codec in codecs.CODECS} - tried == set()


def test_a_build_without_a_codec_of_the_collections_is_a_fault(no_clips, monkeypatch):
    monkeypatch.setattr(doctor, "CODECS", ("h264", "codec-of-the-future"))
    found = findings()["codecs"]
    assert (found.state, found.outside) == ("fault", False)
    assert "codec-of-the-future" in found.detail


def test_a_cache_folder_that_is_not_there_yet_is_fine_and_is_not_made(no_clips, tmp_path, monkeypatch):
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "a" / "b"))
    assert findings()["cache"].state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_cache_folder_that_refuses_files_is_a_fault(no_clips, tmp_path, monkeypatch):
    def refuse(*, dir=None):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path))
    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    found = findings()["cache"]
    assert found.state == "fault"
    assert "LUSDATA_CACHE" in found.detail
    assert main(["doctor"]) == 3


def test_little_disk_is_a_fault(no_clips, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    assert findings()["free disk"].state == "fault"


@pytest.mark.parametrize("name", ["pocus", "blues"])
def test_each_shipped_collection_is_counted(no_clips, name):
    assert findings()[f"collection {name}"].detail.endswith(" manifests")


def test_no_shipped_collection_is_a_fault(no_clips, monkeypatch):
    monkeypatch.setattr(doctor, "shipped_names", lambda: ())
    assert findings()["collections"].state == "fault"
