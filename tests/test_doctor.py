from __future__ import annotations

import collections
import importlib
import json
import shutil
import tempfile

import pytest

from lusdata.cli import main
from lusdata.commands import doctor


def findings() -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in doctor.examine()}


def test_a_sound_installation_has_no_fault(capsys):
    assert main(["doctor"]) == 0
    assert "0 faults" in capsys.readouterr().out


def test_json_is_one_document(capsys):
    main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert {"name", "state", "detail"} == set(report["findings"][0])


def test_a_package_that_does_not_load_is_a_fault_with_the_way_out(monkeypatch, capsys):
    original = importlib.import_module

    def import_module(name, package=None):
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file")
        return original(name, package)

    monkeypatch.setattr(importlib, "import_module", import_module)
    assert main(["doctor"]) == 3
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("opencv"))
    assert "libGL" in line
    assert "pip install" in line


def test_a_missing_extra_is_no_fault_and_names_its_extra(monkeypatch):
    monkeypatch.setattr(doctor, "EXTRAS", {"no-such-package": ("no_such_package", "dicom")})
    found = findings()["no-such-package"]
    assert found.state == "absent"
    assert "lusdata[dicom]" in found.detail


def test_a_build_without_a_codec_of_the_collections_is_a_fault(monkeypatch):
    monkeypatch.setattr(doctor, "CODECS", ("h264", "codec-of-the-future"))
    found = findings()["codecs"]
    assert found.state == "fault"
    assert "codec-of-the-future" in found.detail


def test_a_cache_folder_that_is_not_there_yet_is_fine_and_is_not_made(tmp_path, monkeypatch):
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "a" / "b"))
    assert findings()["cache"].state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_cache_folder_that_refuses_files_is_a_fault(tmp_path, monkeypatch):
    def refuse(*, dir):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    found = findings()["cache"]
    assert found.state == "fault"
    assert "LUSDATA_CACHE" in found.detail


def test_little_disk_is_a_fault(monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    assert findings()["free disk"].state == "fault"


@pytest.mark.parametrize("name", ["pocus", "blues"])
def test_each_shipped_collection_is_counted(name):
    assert findings()[f"collection {name}"].detail.endswith(" manifests")


def test_no_shipped_collection_is_a_fault(monkeypatch):
    monkeypatch.setattr(doctor, "shipped_names", lambda: ())
    assert findings()["collections"].state == "fault"
