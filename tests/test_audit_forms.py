"""However people write a split down, the audit reads it right or refuses it; it is never clean with names unmatched."""

from __future__ import annotations

import codecs
import json
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from catalogs import recording
from hypothesis import example, given
from hypothesis import strategies as st

from lusdata.catalog.collection import Collection
from lusdata.catalog.sheet import parse_sheet
from lusdata.catalog.spelling import spellings, spelt_alike
from lusdata.cli import main
from lusdata.errors import DataError, OutsideError, UsageError
from lusdata.splits.audit.frames import clips_of_frame
from lusdata.splits.audit.names import Named, match_names
from lusdata.splits.audit.report import AuditReport, audit_split
from lusdata.splits.audit.split import read_split

FILES = ["Müller Lunge 01.mp4", "Müller Lunge 02.mp4", "clip b.MP4", "clip c.avi", "Ärmel,links.mov", "Łódź é.mp4"]
FOLDS = [0, 1, 1, 2, 0, 2]
MANIFESTS = tuple(recording(f"r{n}", group=f"p{max(n, 1)}", path=f"videos/{file}") for n, file in enumerate(FILES))


def audited(path: Path) -> AuditReport:
    whole = Collection("test", Path("test"), MANIFESTS)
    return audit_split(whole, read_split(path, MANIFESTS))


def finds_the_leak(path: Path) -> bool:
    """Tell whether the verdict is the one of the plain file: the patient p1 in two folds, and every name known."""
    report = audited(path)
    return (
        not report.clean
        and [finding.subject for finding in report.leaked_groups] == ["test/p1"]
        and report.split.unmapped == ()
        and sorted(report.split.folds) == ["0", "1", "2"]
    )


def table(
    files: Sequence[str] = FILES,
    folds: Sequence[object] = FOLDS,
    *,
    sep: str = ",",
    head: str = "file,fold",
    end: str = "\n",
    tail: str = "",
) -> str:
    lines = [sep.join(head.split(",")), *(f'"{file}"{sep}{fold}' for file, fold in zip(files, folds, strict=True))]
    return "".join(line + tail + end for line in lines)


WESTERN = [*FILES[:5], "clip é.mp4"]
FORMS: dict[str, bytes] = {
    "plain": table().encode(),
    "byte order mark": table().encode("utf-8-sig"),
    "semicolons": table(sep=";").encode(),
    "tabs": table(sep="\t").encode(),
    "bars": table(sep="|").encode(),
    "UTF-16 with its mark": table(sep="\t").encode("utf-16"),
    "UTF-16 big-endian": codecs.BOM_UTF16_BE + table().encode("utf-16-be"),
    "UTF-16 without a mark": table().encode("utf-16-le"),
    "UTF-32": table().encode("utf-32"),
    "sep= line": b"sep=;\r\n" + table(sep=";", end="\r\n").encode(),
    "sep= line of a tab": b"sep=\t\n" + table(sep="\t").encode(),
    "quoted sep= line": b'"sep=;"\n' + table(sep=";").encode(),
    "CR LF": table(end="\r\n").encode(),
    "CR alone": table(end="\r").encode(),
    "trailing commas": table(tail=",,").encode(),
    "blank lines at the end": (table(end="\r\n") + ",\r\n,\r\n\r\n").encode(),
    "blank lines between": table(end="\n\n").encode(),
    "other case of heads": table(head="File Name,FOLD").encode(),
    "quoted heads": table(head='"FILE_NAME","Fold"').encode(),
    "spaces round heads": table(head=" file , fold ").encode(),
    "a caption above": ("Split of the clinic,\n\n" + table()).encode(),
    "an index column": ("".join(f"{n},{line}\n" for n, line in enumerate(table().splitlines())))
    .replace("0,file", ",file")
    .encode(),
    "decimal folds": table(folds=[f"{fold}.0" for fold in FOLDS]).encode(),
    "decimal commas": table(folds=[f"{fold},0" for fold in FOLDS], sep=";").encode(),
    "padded folds": table(folds=[f"{fold:02d}" for fold in FOLDS]).encode(),
    "decomposed letters": table([unicodedata.normalize("NFD", file) for file in FILES]).encode(),
    "percent-encoded": table([quote(file) for file in FILES]).encode(),
    "twice percent-encoded": table([quote(quote(file)) for file in FILES]).encode(),
    "addresses": table([f"https://example.org/v/{quote(file)}?raw=1#t=2" for file in FILES]).encode(),
    "UTF-8 taken for Windows-1252": table(
        [file.encode().decode("cp1252", errors="ignore") for file in FILES[:5]] + ["r5"]
    ).encode(),
    "paths": table([f"/data/lung/{file}" for file in FILES]).encode(),
    "Windows paths": table([f"C:\\data\\lung\\{file}" for file in FILES]).encode(),
    "upper case": table([file.upper() for file in FILES]).encode(),
    "without extension": table([file.rpartition(".")[0] for file in FILES]).encode(),
    "other extension": table([file.rpartition(".")[0] + ".jpg" for file in FILES]).encode(),
    "frames": table([file + "_frame0012.jpg" for file in FILES]).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_verdict_of_the_plain_one(form: str, tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(FORMS[form])
    assert finds_the_leak(path)


def test_windows_1252_is_read_and_told_where_a_name_fits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(table([*FILES[:5], "r5"]).encode("cp1252"))
    assert finds_the_leak(path)
    path.write_bytes(table([*FILES[:5], "Lodz é.mp4"]).encode("cp1252"))
    report = audited(path)
    assert not report.clean
    (guess,) = report.of("names", "TEXT_GUESSED")
    assert "read as Windows-1252" in guess.message
    assert guess.advice == "save the file as CSV UTF-8"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            {f"{fold}": [f for f, n in zip(FILES, FOLDS, strict=True) if n == fold] for fold in range(3)}, id="by fold"
        ),
        pytest.param(dict(zip(FILES, FOLDS, strict=True)), id="by name"),
        pytest.param(dict(zip(FILES, map(float, FOLDS), strict=True)), id="decimal folds"),
        pytest.param(
            [{"File Name": f, "Fold": float(n)} for f, n in zip(FILES, FOLDS, strict=True)], id="rows of other case"
        ),
        pytest.param(
            {unicodedata.normalize("NFD", f): str(n) for f, n in zip(FILES, FOLDS, strict=True)}, id="decomposed"
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_form_of_json_gives_the_same_verdict(content: object, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    path.write_bytes(json.dumps(content, ensure_ascii=False).encode(encoding))
    assert finds_the_leak(path)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(lambda stem, file: f"{stem}_frame12.png", id="frame"),
        pytest.param(lambda stem, file: f"{unicodedata.normalize('NFD', stem)}-0012.jpg", id="ffmpeg"),
        pytest.param(lambda stem, file: f"{stem}0012.tif", id="ImageJ"),
        pytest.param(lambda stem, file: f"{file}_snapshot_00.12_[2021.03.04_11.22.33].jpg", id="player"),
        pytest.param(lambda stem, file: f"{stem} (3).png", id="counted by Windows"),
        pytest.param(lambda stem, file: f"{stem}/frame_0001.png", id="a folder for each clip"),
        pytest.param(lambda stem, file: f"{file}/0001.png", id="a folder named after the file"),
        pytest.param(lambda stem, file: f"covid/{stem.replace(' ', '_')}_t=1.5s.png", id="time"),
        pytest.param(lambda stem, file: f"frame_12_{stem}.png", id="number first"),
        pytest.param(lambda stem, file: f"{quote(file)}_frame3.jpg", id="percent-encoded"),
    ],
)
def test_folders_of_frames_give_the_same_verdict(name: Callable[[str, str], str], tmp_path: Path) -> None:
    for file, fold in zip(FILES, FOLDS, strict=True):
        path = tmp_path / "split" / str(fold) / name(file.rpartition(".")[0], file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        for left in (".DS_Store", "Thumbs.db", "desktop.ini"):
            (path.parent / left).touch()
    assert finds_the_leak(tmp_path / "split")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"PK\x03\x04" + bytes(60), "a workbook of Excel.*save it as CSV UTF-8", id="xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(60), "an old Excel.*save it as CSV UTF-8", id="xls"),
        pytest.param(b"%PDF-1.7 file,fold\n", "a PDF", id="pdf"),
        pytest.param(b"<table><tr><td>file</td></tr></table>", "a web page", id="html"),
        pytest.param(b"\x1f\x8b\x08" + bytes(30), "compressed", id="gzip"),
        pytest.param("file,fold\nM\x81ller.mp4,0\n".encode("latin-1"), "not a text file.*save it as", id="DOS"),
        pytest.param(b"file,fold\na.mp4,0,1\n", "csv:2: a line has more cells than the head", id="too many cells"),
        pytest.param(
            "file,fold\nÄrmel,links.mov,0\n".encode(), "put a name that holds a ',' into quotation", id="comma"
        ),
        pytest.param(b'file,fold\n"a.mp4,0\nb.mp4,1\n', "csv:2: not readable as CSV", id="a quote never closed"),
        pytest.param(b"file,fold\na.mp4,\n", "csv:2: a line without name or fold", id="no fold"),
        pytest.param(b"\n\nfile,fold\n\na.mp4,0\n,1\n", "csv:6: a line without name or fold", id="no name"),
        pytest.param(b"a.mp4,0\nb.mp4,1\n", "give the columns these titles in the first line", id="no head"),
    ],
)
def test_what_cannot_be_read_says_how_to_save_it(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_split(path, MANIFESTS)


def test_a_workbook_by_its_own_name_says_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "split.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(60))
    with pytest.raises(DataError, match="save it as CSV UTF-8"):
        read_split(path, MANIFESTS)


def test_a_split_that_is_not_there_or_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no such split"):
        read_split(tmp_path / "no.csv", MANIFESTS)
    path = tmp_path / "split.csv"
    path.write_text(table())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutsideError, match="cannot read the split; found Permission denied"):
        read_split(path, MANIFESTS)


def test_words_for_folds_are_one_whatever_their_case(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_text("file,split\nr0,Train\nr1,train \nr2,TEST\nr3,Test\nr4,train\nr5,test\n")
    report = audited(path)
    assert report.split.folds == ("Train", "TEST")
    assert report.clean


def test_the_verdict_says_how_many_names_are_unmatched_and_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from catalogs import write_catalog

    folder = write_catalog(tmp_path / "coll", MANIFESTS)
    split = tmp_path / "split.csv"
    split.write_text("file,fold\nr0,0\nr1,0\nr2,1\n" + "".join(f"unknown-{n}.mp4,1\n" for n in range(9)))
    assert main(["audit", str(folder), "--folds", str(split)]) == 1
    shown = capsys.readouterr().out
    verdict = (
        "NOT CLEAN: 9 of 12 names fit no single recording "
        "(unknown-0.mp4, unknown-1.mp4, unknown-2.mp4 and 6 more), and may stand on any side"
    )
    assert " ".join(shown.rpartition("\n\n")[2].split()) == verdict
    assert main(["audit", str(folder), "--folds", str(split), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["clean"], document["verdict"], document["split"]["unmatched"]) == (False, verdict, 9)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=6, unique=True), st.integers(0, 5))
def test_no_split_with_an_unmatched_name_is_clean(names: list[str], kept: int) -> None:
    named = [Named(str(n % 2), name) for n, name in enumerate([*names, *(f"r{n}" for n in range(kept))])]
    places, unmapped = match_names(named, MANIFESTS)
    assert sum(max(place.frames, 1) for place in places) + len(unmapped) == len(named)


FOLDERS = (
    recording("a1", path="site-a/1.mp4"),
    recording("b1", path="site-b/1.mp4"),
    recording("c12", path="c/p1-2.mp4"),
    recording("d", path="d/scan.mp4"),
    recording("e", path="e/photo.png", kind="image"),
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("D:\\copy\\SITE-A\\1.mp4", ["test/a1"], id="the folder decides"),
        pytest.param("elsewhere/1.mp4", ["test/a1", "test/b1"], id="no folder decides"),
        pytest.param("p12.mp4", [], id="numbers are not joined"),
        pytest.param("P1_2.avi", ["test/c12"], id="what stands between numbers may be written otherwise"),
        pytest.param("scan_7.png", ["test/d"], id="a numbered picture of a video"),
        pytest.param("scan_7.mp4", [], id="a numbered video is another video"),
        pytest.param("scan_7", [], id="a numbered name is another recording"),
        pytest.param("photo_7.png", [], id="an image has no frames"),
    ],
)
def test_a_name_is_never_taken_for_a_neighbour(name: str, found: list[str]) -> None:
    places, unmapped = match_names([Named("0", name)], FOLDERS)
    assert [place.recording for place in places] + [c for entry in unmapped for c in entry.candidates] == found


def test_the_examples_hold() -> None:
    import doctest

    from lusdata.catalog import sheet, spelling
    from lusdata.splits.audit import forms, frames

    for module in (sheet, spelling, forms, frames):
        assert doctest.testmod(module).failed == 0
        assert doctest.testmod(module).attempted > 0


_PIECES = [*"ab01 ._-/\\%#?[]()=:@\u0308", "frame", "img", "t", "s", ".png", "..", "http://", "%20", ".mp4"]


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(_PIECES), max_size=9).map("".join)))
@example("img0..")
def test_spellings_and_frames_take_any_name(name: str) -> None:
    assert next(spellings(name)) is not None
    assert spelt_alike(name) == spelt_alike(unicodedata.normalize("NFD", name))
    assert all(clip != spelling for spelling in spellings(name) for clip, _ in clips_of_frame(spelling))


@given(
    st.lists(
        st.tuples(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12), st.integers(0, 9)), max_size=8
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8-sig", "utf-16", "utf-8"]),
)
def test_what_is_written_as_csv_is_read_back(
    rows: list[tuple[str, int]], delimiter: str, end: str, encoding: str
) -> None:
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end)
    writer.writerows([("file", "fold"), *rows])
    content = stream.getvalue().encode(encoding)
    sheet = parse_sheet(content, where="x", columns={"name": ["file"], "fold": ["fold"]})
    assert [row.cells for row in sheet.rows] == [(name.strip(), str(fold)) for name, fold in rows]


@pytest.mark.real
@pytest.mark.parametrize("form", ["nfd.csv", "pct.csv", "trailing_blank.csv", "upper_head.csv", "utf16.txt"])
def test_the_cases_of_the_field_are_read_right(
    form: str, cases_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run([sys.executable, str(cases_dir / "field" / "cases_csv.py"), str(tmp_path)], check=True)
    assert main(["audit", str(tmp_path / "coll"), "--folds", str(tmp_path / form), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    leaks = [finding["subject"] for finding in document["findings"] if finding["code"] == "GROUP_LEAKS"]
    assert (leaks, document["split"]["unmatched"]) == (["coll/p1"], 0)
