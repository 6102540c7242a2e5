"""Tables and texts beside recordings: told with what in them may name a person, whatever their form."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from lusdata.catalog.rules.cells import private_cells
from lusdata.errors import DataError
from lusdata.intake.sidecars import private_in_sidecar, refuse_sidecar

CELLS = {
    "file": ["a.mp4", "b.mp4"],
    "Patient Name": ["Maier, Hans", "Muster, Eva"],
    "notes": ["seen 13.03.2020", "call +49 30 1234567"],
}


def meanings(table: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(one.column, one.meaning) for one in private_cells(table)}


@pytest.mark.parametrize(
    ("title", "cell", "meaning"),
    [
        ("Patient name", "E. M.", "name"),
        ("patientName", "Hans", "name"),
        ("Nachname", "Maier", "name"),
        ("notes", "MAIER^HANS", "name"),
        ("notes", "Maier, Hans", "name"),
        ("notes", "read by Dr. Muster", "name"),
        ("DOB", "1950", "day"),
        ("notes", "4. März 1950", "day"),
        ("notes", "20200304101112", "day"),
        ("MRN", "4711", "identifier"),
        ("notes", "case 12345678", "identifier"),
        ("notes", "1.2.840.113619.2.387.27122776.1", "identifier"),
        ("notes", "ask hans@example.org", "contact"),
        ("Telefon", "1234", "contact"),
        ("Hospital", "St. Mary", "place"),
        ("age", "93", "age"),
        ("notes", "a 93-year-old", "age"),
    ],
)
def test_what_may_name_a_person_is_found_by_its_title_or_its_words(title, cell, meaning):
    assert (title, meaning) in meanings({title: [cell]})


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("file name", "Image_181602.mp4"),
        ("class", "covid-19"),
        ("age", "54"),
        ("score", "0.1234567"),
        ("width_px", "1024"),
        ("patient", "c-07"),
        ("doi", "10.1186/s13089-020-00177-4"),
        ("Patient name", ""),
    ],
)
def test_what_names_nobody_is_passed_over(title, cell):
    assert private_cells({title: [cell]}) == ()


def csv_text(delimiter: str) -> str:
    rows = [list(CELLS), *zip(*CELLS.values(), strict=True)]
    return "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        strings = "".join(f"<si><t>{cell}</t></si>" for cells in CELLS.values() for cell in cells)
        archive.writestr("xl/sharedStrings.xml", f"<sst>{strings}</sst>")
    return out.getvalue()


FORMS = {
    "commas.csv": csv_text(",").encode(),
    "semicolons.csv": csv_text(";").encode("utf-8-sig"),
    "sep.csv": ("sep=;\n" + csv_text(";")).encode("cp1252"),
    "tabs.tsv": csv_text("\t").encode("utf-16"),
    "text.txt": csv_text(" ").encode(),
    "rows.json": json.dumps([dict(zip(CELLS, row, strict=True)) for row in zip(*CELLS.values(), strict=True)]).encode(),
    "columns.json": json.dumps(CELLS).encode(),
    "book.xlsx": workbook(),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_sidecar_of_any_form_is_looked_through(tmp_path, name):
    (tmp_path / name).write_bytes(FORMS[name])
    found = {one.meaning for one in private_in_sidecar(tmp_path / name)}
    assert {"day", "contact"} <= found
    assert "name" in found or name == "text.txt"


def test_a_name_in_the_head_of_a_table_without_one_is_found(tmp_path):
    (tmp_path / "a.csv").write_text('a.mp4,"MAIER^HANS"\nb.mp4,x\n')
    assert [one.meaning for one in private_in_sidecar(tmp_path / "a.csv")] == ["name"]


def test_add_tells_a_sidecar_and_what_is_in_it(tmp_path):
    (tmp_path / "a.csv").write_bytes(FORMS["commas.csv"])
    with pytest.raises(DataError) as caught:
        refuse_sidecar(tmp_path / "a.csv", "a.csv")
    assert "which add does not read" in caught.value.what
    assert "column 'Patient Name' may hold a name in 2 cells" in str(caught.value.found)
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(DataError, match="nobody can tell whom it names"):
        refuse_sidecar(tmp_path / "b.xlsx", "b.xlsx")
    refuse_sidecar(tmp_path / "a.mp4", "a.mp4")
