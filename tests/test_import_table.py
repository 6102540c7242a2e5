"""What a user's table is understood to mean, without any picture."""

from __future__ import annotations

import pytest

from lusdata.catalog.about import About
from lusdata.catalog.schema import enumeration
from lusdata.errors import DataError, UsageError
from lusdata.intake.codes import Codes, open_codes, patient_key, private_name
from lusdata.intake.folder.columns import meanings, parse_map, understand_columns
from lusdata.intake.folder.labels import day_offsets, fields_of, vocabulary_of
from lusdata.intake.folder.match import match_names
from lusdata.intake.folder.rows import read_rows
from lusdata.intake.folder.table import read_table
from lusdata.intake.folder.values import day_order, parse_values, read_day, read_value
from lusdata.intake.grouping import ask_groups, evidence, group_by, name_key
from lusdata.intake.proposals import Proposer

FILES = [f"clip{n}.mp4" for n in range(1, 5)]


def rows_of(tmp_path, text, *, files=FILES, told="", values=(), name="labels.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    mapped = parse_map(told)
    return read_rows([read_table(path, mapped)], files, told=mapped, values=parse_values(values))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("file,pid,diagnosis,score\nclip1.mp4,7,COVID-19,2\n", "utf-8"),
        ("Score;Diagnosis;File;PID\n2,0;Corona;clip1;7\n", "utf-8-sig"),
        ("sep=;\nVideo;Patient ID;Klasse;Severity Score\nCLIP1.MP4;7;covid;2\n", "cp1252"),
        ("My clips 2024\n\nClip\tSubject\tDx\tLUS\nfolder\\clip1.mp4\t7\tSARS-CoV-2\t2\n", "utf-16"),
    ],
    ids=["commas", "semicolons in another order", "a line for Excel", "tabs below a caption"],
)
def test_one_row_is_understood_in_every_dialect(tmp_path, text, encoding):
    read = rows_of(tmp_path, text, encoding=encoding)
    assert read.doubts == []
    assert read.of_file == {"clip1.mp4": {"class": "covid-19", "severity": 2}}
    assert read.patient_of == {"clip1.mp4": "7"}


def test_no_head_has_two_meanings():
    heads = [word for words in meanings().values() for word in words]
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize("name", enumeration("class"))
def test_every_class_of_the_schema_is_understood_as_it_is_written(name):
    assert read_value("class", name) == name
    assert read_value("class", name.replace("-", " ").upper()) == name


@pytest.mark.parametrize(
    ("meaning", "cell"),
    [("class", "pneumonia"), ("severity", "-1"), ("severity", "mild"), ("age", "130"), ("zone", "left"), ("sex", "2")],
)
def test_what_may_mean_several_things_is_not_guessed(meaning, cell):
    with pytest.raises(ValueError, match=cell):
        read_value(meaning, cell)


def test_two_columns_that_may_be_the_class_are_asked_about():
    found = understand_columns(["file", "label", "diagnosis"], {})
    assert len(found.doubts) == 1
    assert "class" not in found.places
    assert understand_columns(["file", "label", "diagnosis"], {"class": "diagnosis"}).places["class"] == 2


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        ("file,pid\nclip1,1\nclip1,2\n", "", "labels.csv:3: 'clip1' stands in line 2, too, with other values"),
        ("file,pid\nclip1,P01\nclip2,p1\n", "", "one patient in several spellings? 'P01', 'p1'"),
        ("file,class\nclip1,covid\nclip2,covit\n", "", "labels.csv:3: class 'covit' is not understood"),
        ("file,name\nclip1,Erika\n", "", "column 'name' may hold a name in 1 cell"),
        ("file,remark\nclip1,ask a@b.org\n", "", "column 'remark' may hold a way to reach a person"),
        ("file,class\nclip1,covid\n", "severity=score", "no table has the column 'score'"),
        ("remark,class\nx,covid\n", "", "no column of files and none of patients"),
        ("file,date\nclip1,03/04/2020\n", "", "a cell of the column of days is not understood"),
        ("file,class\nmp4,covid\nclip9.mp4,covid\n", "", ""),
    ],
    ids=[
        "file twice",
        "spellings",
        "value",
        "names",
        "contact",
        "no column",
        "no files",
        "day or month",
        "no such file",
    ],
)
def test_a_fault_of_the_table_is_one_line(tmp_path, text, told, line):
    lines = [doubt.line() for doubt in rows_of(tmp_path, text, told=told).doubts]
    assert len(lines) == (1 if line else 0)
    assert line in "".join(lines)


def test_a_column_of_names_is_left_out_when_asked_and_its_words_are_kept_out_of_aliases(tmp_path):
    read = rows_of(tmp_path, "file,name\nclip1,Erika Muster\n", told="name=-")
    assert read.doubts == []
    assert private_name("muster_L1.mp4", frozenset(read.names))
    assert not private_name("patient_10_L1.mp4", frozenset(read.names))


def test_rows_that_say_the_same_twice_are_told_and_not_refused(tmp_path):
    read = rows_of(tmp_path, "file,class\nclip1,covid\nclip1.mp4,Corona\n")
    assert read.doubts == []
    assert "says the same" in read.notes[0]


def test_a_cell_means_what_the_user_says(tmp_path):
    read = rows_of(tmp_path, "file,class,sex\nclip1,Covit,1\n", values=["class:covit=covid-19", "sex:1=-"])
    assert read.doubts == []
    assert read.of_file["clip1.mp4"] == {"class": "covid-19"}


def test_ten_thousand_rows_are_read_and_counted(tmp_path):
    text = "file,class\n" + "".join(f"clip{n}.mp4,healthy\n" for n in range(10_000))
    read = rows_of(tmp_path, text)
    assert len(read.of_file) == 4
    assert len(read.without_file) == 9_996


def test_a_file_column_is_found_by_what_stands_in_it(tmp_path):
    assert rows_of(tmp_path, "what,class\nclip1.mp4,healthy\nclip2.mp4,healthy\n").of_file.keys() == {
        "clip1.mp4",
        "clip2.mp4",
    }


def test_a_table_of_patients_speaks_of_all_their_files(tmp_path):
    read = rows_of(tmp_path, "patient_id,pat_sex,age\n7,f,93\n", told="sex=pat_sex")
    assert read.of_patient == {"7": {"sex": "female", "age": "90+"}}
    assert not read.labelled


def test_a_formula_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"labels\.csv:2: a cell holds a formula"):
        rows_of(tmp_path, "file,score\nclip1,=1+1\n")


@pytest.fixture
def workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")

    def make(*rows, sheets=1):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for _ in range(sheets - 1):
            book.create_sheet().append(["more"])
        book.save(tmp_path / "labels.xlsx")
        return read_table(tmp_path / "labels.xlsx", {})

    return make


def test_a_workbook_is_read_as_its_csv_would_be(workbook):
    table = workbook(["My clips"], [], ["Clip", "PID", "Severity"], ["clip1", 7, 2.0], ["clip2", 8, 0.5], sheets=2)
    assert table.head == ("Clip", "PID", "Severity")
    assert [row.cells for row in table.rows] == [("clip1", "7", "2"), ("clip2", "8", "0.5")]
    assert [row.line for row in table.rows] == [4, 5]
    assert "1 other sheet" in table.notes[0]


def test_a_formula_in_a_workbook_is_refused(workbook):
    with pytest.raises(DataError, match="formula"):
        workbook(["file", "score"], ["clip1", "=SUM(A1:A2)"])


def test_a_zip_file_that_is_no_workbook_is_told(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "labels.xlsx", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(DataError, match="not a workbook of Excel"):
        read_table(tmp_path / "labels.xlsx", {})


@pytest.mark.parametrize("text", ["patient", "planet=pid", "patient=", "patient=a,patient=b", "task:Big=a"])
def test_a_mapping_that_is_none_is_refused(text):
    with pytest.raises(UsageError):
        parse_map(text)


def test_names_are_matched_by_as_much_of_a_path_as_there_is():
    files = ["a/x.mp4", "b/x.mp4", "b/Y.MOV"]
    found = match_names(["/media/me/b/x.mp4", "x", "y", "D:\\data\\a\\x.mp4", "z"], files)
    assert found.file_of == {0: "b/x.mp4", 2: "b/Y.MOV", 3: "a/x.mp4"}
    assert found.ambiguous == {1: ("a/x.mp4", "b/x.mp4")}


@pytest.mark.parametrize("code", ["Meier", "4711081", "Li", "12345678", "\u60a3\u8005", "john-doe", ""])
def test_what_could_be_a_name_or_a_hospitals_number_becomes_a_code(code):
    codes = Codes("mine", b"k" * 32)
    made = codes.of_patient(patient_key(code))
    assert code.casefold() not in made or not code
    assert len(made) == 15
    assert made == codes.of_patient(patient_key(code))
    assert made != Codes("theirs", b"k" * 32).of_patient(patient_key(code))
    assert made != Codes("mine", b"l" * 32).of_patient(patient_key(code))


def test_a_plain_code_stays_readable():
    assert Codes("mine", b"k" * 32).of_patient(patient_key("P 007")) == "7"
    assert Codes("mine", b"k" * 32).of_patient(patient_key("A-012")) == "a-12"


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path):
    codes = open_codes("mine", tmp_path / "s")
    assert open_codes("mine", tmp_path / "s") == codes
    assert (tmp_path / "s" / "patient-key").stat().st_mode & 0o077 == 0
    (tmp_path / "s" / "patient-key").write_text("short")
    with pytest.raises(DataError, match="not the key"):
        open_codes("mine", tmp_path / "s")


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["patient_1_L1.mp4", "patient_1_R2.mp4", "patient_10_L1.mp4"], 2),
        (["pat1Image_181602.mp4", "pat1Image_181703.mp4", "pat2Image_1.mp4"], 2),
        (["Cov-Atlas-Day+1.gif", "Cov-Atlas-Day+2.gif", "Reg-Atlas.gif"], 2),
        (["northumbria_0409_set1_vid1.avi", "northumbria_0409_set2_vid1.avi"], 1),
        (["01.mp4", "02.mp4"], 2),
    ],
)
def test_files_of_one_patient_are_found_by_their_names(names, groups):
    assert len(group_by({name: evidence("name", name) for name in names})) == groups


def test_numbers_alone_say_nothing_of_a_patient():
    assert name_key("0007.mp4") == ("", "")
    assert evidence("name", "0007.mp4").basis == "unknown"


def test_a_person_splits_and_joins_groups():
    names = ["a_1.mp4", "a_2.mp4", "b_1.mp4"]
    proposals = Proposer(names, {}, {}, {}, None).asked()
    answers = iter(["split 1", "join 1 2", "yes"])
    asked = []

    def ask(question):
        asked.append(question)
        return next(answers)

    groups = ask_groups(ask, proposals)
    assert sorted(group.files for group in groups) == [("a_1.mp4", "b_1.mp4"), ("a_2.mp4",)]
    assert {group.basis for group in groups} == {"patient", "unknown"}
    fault = asked[0].fault
    assert fault is not None
    assert [bool(fault(text)) for text in ("split 9", "join 1", "join 1 2", "unknown", "folder", "")] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]


def test_days_become_distances_from_a_patients_first():
    days = {"a": "14.03.2020", "b": "2020-03-17", "c": "01.04.2020"}
    order = day_order(days.values())
    numbers = {name: read_day(cell, order).toordinal() for name, cell in days.items()}
    assert day_offsets(numbers, {"a": "p", "b": "p", "c": "q"}) == {"a": 0, "b": 3, "c": 0}


def test_tasks_and_scale_come_from_the_values():
    said = {
        "a": {"severity": 1, "task:icu": "yes", "task:lung": "left", "task:crp": "1,5"},
        "b": {"severity": 3, "task:icu": "no", "task:lung": "right", "task:crp": "100.25"},
    }
    words = vocabulary_of(said, About(), scale="")
    assert words.scale is not None
    assert (words.scale.name, words.own_scale) == ("severity-0-3", True)
    assert {name: task.kind for name, task in words.tasks.items()} == {
        "crp": "number",
        "icu": "binary",
        "lung": "categorical",
    }
    fields = fields_of(said["a"], words, view_scheme="")
    assert [(label["task"], label["value"]) for label in fields["labels"]] == [
        ("crp", 1.5),
        ("icu", "present"),
        ("lung", "left"),
    ]


def test_what_is_outside_a_task_or_scale_is_told_by_the_file():
    about = About({"tasks": [{"name": "icu", "kind": "binary", "meaning": "ICU", "values": ["no", "yes"]}]})
    words = vocabulary_of({"a": {"severity": 7, "task:icu": "perhaps"}}, about, scale="lus-0-3")
    lines = [doubt.line() for doubt in words.doubts]
    assert "a: severity 7 is not on the scale lus-0-3; it has whole numbers from 0 to 3" in lines
    assert "a: 'perhaps' is no value of the task icu; one of no, yes" in lines


def test_a_zone_without_a_scheme_keeps_its_side_alone():
    words = vocabulary_of({}, About(), scale="")
    assert fields_of({"zone": "R3"}, words, view_scheme="")["view"] == {"side": "right"}
    assert fields_of({"zone": "R3"}, words, view_scheme="blue")["view"] == {
        "scheme": "blue",
        "zone": "R3",
        "side": "right",
    }
