"""ZIP files and workbooks whose parts do not unpack: one line at every door, whatever the packing."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from lusdata.catalog.workbook import read_workbook
from lusdata.errors import DataError
from lusdata.intake.folder.files import list_folder
from lusdata.intake.sidecars import refuse_sidecar

METHODS = {"deflate": zipfile.ZIP_DEFLATED, "bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA}


def damaged(name: str, method: int) -> bytes:
    """Return a ZIP file whose directory is whole, and whose one part cannot be unpacked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, b"<t>Maier</t>" * 200)
        start = archive.getinfo(name).header_offset + 30 + len(name)
    content = bytearray(packed.getvalue())
    content[start : start + 24] = bytes([255]) * 24
    return bytes(content)


@pytest.mark.parametrize("method", METHODS)
def test_a_workbook_that_does_not_unpack_is_refused(method, tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(damaged("xl/workbook.xml", METHODS[method]))
    with pytest.raises(DataError, match="nobody can tell whom it names"):
        refuse_sidecar(path, path.name)
    pytest.importorskip("openpyxl")
    with pytest.raises(DataError, match="not readable as a workbook"):
        read_workbook(path.read_bytes(), where=path.name)


@pytest.mark.parametrize("method", METHODS)
def test_a_member_that_does_not_unpack_is_refused_alone(method, tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "ward.zip").write_bytes(damaged("clip.mp4", METHODS[method]))
    (tmp_path / "scratch").mkdir()
    listing = list_folder(tmp_path / "clips", tmp_path / "scratch")
    assert [name for name, _ in listing.refused] == ["ward.zip/clip.mp4"]


def test_a_workbook_whose_parts_were_changed_is_read_or_refused():
    openpyxl = pytest.importorskip("openpyxl")
    book, whole = openpyxl.Workbook(), io.BytesIO()
    for number in range(5):
        book.active.append([f"clip{number}", number])
    book.save(whole)
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    refused = 0
    for seed in range(60):
        chance = random.Random(seed)
        changed = dict(parts)
        name = chance.choice(list(parts))
        content = bytearray(parts[name])
        content[chance.randrange(len(content))] = chance.choice(b'<>"/0a= ')
        changed[name] = bytes(content)
        again = io.BytesIO()
        with zipfile.ZipFile(again, "w") as archive:
            for part, data in changed.items():
                archive.writestr(part, data)
        try:
            assert read_workbook(again.getvalue(), where="book.xlsx").rows
        except DataError:
            refused += 1
    assert 0 < refused < 60
