"""What the tables say of each file and each patient: cells turned into values, doubts turned into lines. No I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lusdata.catalog.rules.cells import CellFinding, private_cells
from lusdata.intake.codes import patient_key
from lusdata.intake.folder.columns import LEFT_OUT, Columns, meanings, plain_title, understand_columns
from lusdata.intake.folder.match import match_names
from lusdata.intake.folder.table import LabelTable
from lusdata.intake.folder.values import NOT_SAID, CellValue, day_order, plain_cell, read_day, read_value
from lusdata.wording import counted, one_line

__all__ = ["Doubt", "RowsRead", "Said", "ShownColumn", "read_rows"]

Said = dict[str, CellValue]
"""Values by meaning; labels of the user's own stand under ``task:NAME``."""

_PRIVATE_ALWAYS = frozenset({"name", "contact"})


@dataclass(frozen=True)
class Doubt:
    """Something that stops an import until it is decided.

    Attributes
    ----------
    where : str
        Table and line, or file.
    what : str
        The finding, as a clause.
    hint : str
        What to do.
    kind : {"fault", "spelling", "value"}
        ``spelling`` and ``value`` a person may wave through.
    """

    where: str
    what: str
    hint: str = ""
    kind: str = "fault"

    def line(self) -> str:
        """Return it as one line."""
        return one_line(f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else ""))


@dataclass(frozen=True)
class ShownColumn:
    """How a column was understood.

    Attributes
    ----------
    table, title : str
        Where it stands.
    meaning : str
        What it means; empty if it is not used.
    why : str
        Why it is not used; empty if it is.
    values : tuple of (str, str, int)
        Cells with what they mean and how often they are there; of free text none.
    """

    table: str
    title: str
    meaning: str
    why: str = ""
    values: tuple[tuple[str, str, int], ...] = ()


@dataclass
class RowsRead:
    """What the tables say.

    Attributes
    ----------
    of_file : dict
        By name of the file.
    of_patient : dict
        By `patient_key`, from tables without a column of files.
    patient_of : dict
        The patient of a file as the table writes it.
    columns : list of ShownColumn
        For a person to look at.
    doubts : list of Doubt
        What has to be decided first.
    without_file : list of str
        Rows that name no file that is there.
    notes : list of str
        What a person should know, a clause each.
    names : set of str
        Words that a column of names holds: files that have them in their own names lose these.
    labelled : bool
        Whether a table has a column of files.
    says_patients : bool
        Whether a table of files has a column of patients.
    most_severe : float
        The highest score of any row, also of one without a file: the scale goes so far.
    """

    of_file: dict[str, Said] = field(default_factory=dict)
    of_patient: dict[str, Said] = field(default_factory=dict)
    patient_of: dict[str, str] = field(default_factory=dict)
    columns: list[ShownColumn] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    without_file: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    labelled: bool = False
    says_patients: bool = False
    most_severe: float = 0.0
    spellings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def read_rows(
    tables: Sequence[LabelTable],
    files: Sequence[str],
    *,
    told: Mapping[str, str],
    values: Mapping[tuple[str, str], str],
) -> RowsRead:
    """Understand tables of labels.

    Parameters
    ----------
    tables : sequence of LabelTable
        The tables.
    files : sequence of str
        Names of the files of the folder.
    told, values : Mapping
        See `lusdata.intake.folder.request.Request`.
    """
    read = RowsRead()
    found = [(table, understand_columns(table.head, told)) for table in tables]
    titles = {plain_title(title) for table in tables for title in table.head}
    known = {meaning for _, columns in found for meaning in columns.places}
    for meaning, column in told.items():
        named = meaning if column == LEFT_OUT else column
        if plain_title(named) not in titles and not (column == LEFT_OUT and named in known | meanings().keys()):
            what = f"no table has the column {one_line(named, most=40)!r}"
            read.doubts.append(Doubt("--map", what, f"the columns are {_listed(tables)}"))
    for table, columns in found:
        read.notes += [f"{table.name}: {note}" for note in table.notes]
        read.doubts += [Doubt(table.name, doubt) for doubt in columns.doubts]
        _private(table, columns, read)
        file_column = columns.places.get("file", _column_of_files(table, columns, files))
        if file_column is not None:
            read.labelled = True
            _of_files(table, columns, file_column, files, values, read)
        elif "patient" in columns.places:
            _of_patients(table, columns, values, read)
        else:
            hint = "say which with --map file=..., or --map patient=... for a table of patients"
            read.doubts.append(Doubt(table.name, "no column of files and none of patients", hint))
    for _, written in sorted(read.spellings.items()):
        if len(written) > 1:
            names = ", ".join(repr(one_line(word, most=40)) for word in sorted(written))
            hint = "spell it one way, or say with --yes that it is one patient"
            read.doubts.append(Doubt("patients", f"one patient in several spellings? {names}", hint, "spelling"))
    return read


def _listed(tables: Sequence[LabelTable]) -> str:
    return ", ".join(one_line(title, most=30) for table in tables for title in table.head[:20]) or "none"


def _private(table: LabelTable, columns: Columns, read: RowsRead) -> None:
    """Refuse columns that name persons unless the user left them out; remember their words."""
    exempt = {columns.places.get(name) for name in ("file", "patient", "date")}
    cells = {title: table.column(n) for n, title in enumerate(table.head) if n not in exempt}
    left_out = {table.head[n] for n in columns.left_out}
    unused = {table.head[n] for n in columns.unused}
    patient = columns.places.get("patient")
    if patient is not None and patient not in columns.left_out:
        # A cell without a digit is no number: codes take its place, and names of files lose its words.
        named = [cell for cell in table.column(patient) if not any(sign.isdigit() for sign in cell)]
        read.names |= {word.casefold() for cell in named for word in _letters(cell) if len(word) > 2}
    for finding in private_cells(cells):
        if finding.meaning == "name":
            texts = cells.get(finding.column, ())
            read.names |= {word.casefold() for text in texts for word in _letters(text) if len(word) > 2}
        if finding.column in left_out:
            continue
        if finding.meaning in _PRIVATE_ALWAYS or (finding.column not in unused and finding.meaning != "age"):
            hint = f"take the column out, or leave it unread with --map '{one_line(finding.column, most=40)}=-'"
            read.doubts.append(Doubt(table.name, _told_private(finding), hint))


def _told_private(finding: CellFinding) -> str:
    kind = {"contact": "a way to reach a person", "identifier": "an identifier"}.get(
        finding.meaning, f"a {finding.meaning}"
    )
    return f"column '{one_line(finding.column, most=40)}' may hold {kind} in {counted(finding.count, 'cell')}"


def _letters(text: str) -> list[str]:
    return "".join(sign if sign.isalpha() else " " for sign in text).split()


def _column_of_files(table: LabelTable, columns: Columns, files: Sequence[str]) -> int | None:
    """Return the column in which most cells are names of files that are there, if its head does not tell."""
    free = [n for n in columns.unused if table.head[n]]
    scores = {n: len(match_names([row.cells[n] for row in table.rows], files).file_of) for n in free}
    best = max(scores, key=lambda n: scores[n], default=None)
    return best if best is not None and scores[best] > len(table.rows) / 2 else None


def _of_files(
    table: LabelTable,
    columns: Columns,
    file_column: int,
    files: Sequence[str],
    values: Mapping[tuple[str, str], str],
    read: RowsRead,
) -> None:
    matched = match_names(table.column(file_column), files)
    said = _values(table, columns, file_column, values, read)
    patient = columns.places.get("patient")
    read.says_patients |= patient is not None
    line_of: dict[str, int] = {}
    for place, row in enumerate(table.rows):
        cell = one_line(row.cells[file_column], most=60)
        if place in matched.ambiguous:
            names = ", ".join(matched.ambiguous[place][:3])
            read.doubts.append(Doubt(f"{table.name}:{row.line}", f"'{cell}' may be {names}", "write more of its path"))
        elif place not in matched.file_of:
            read.without_file.append(f"{table.name}:{row.line} {cell or '(empty)'}")
        else:
            name = matched.file_of[place]
            code = row.cells[patient] if patient is not None and row.cells[patient].casefold() not in NOT_SAID else ""
            if name in line_of:
                same = read.of_file[name] == {**read.of_file[name], **said[place]} and (
                    not code or patient_key(code) == patient_key(read.patient_of.get(name, ""))
                )
                if not same:
                    what = f"'{cell}' stands in line {line_of[name]}, too, with other values"
                    read.doubts.append(Doubt(f"{table.name}:{row.line}", what, "keep one of the rows"))
                else:
                    read.notes.append(f"{table.name}:{row.line} says the same of '{cell}' as line {line_of[name]}")
                continue
            line_of[name] = row.line
            read.of_file[name] = {**said[place], **read.of_file.get(name, {})}
            if code:
                read.patient_of[name] = code
                read.spellings[patient_key(code)].add(code.strip())


def _of_patients(table: LabelTable, columns: Columns, values: Mapping[tuple[str, str], str], read: RowsRead) -> None:
    said = _values(table, columns, None, values, read)
    place_of: dict[str, int] = {}
    for place, row in enumerate(table.rows):
        code = row.cells[columns.places["patient"]]
        key = patient_key(code) if code.casefold() not in NOT_SAID else ""
        if not key:
            continue
        if key in place_of:
            if said[place] != said[place_of[key]]:
                what = f"the patient '{one_line(code, most=40)}' stands in line {table.rows[place_of[key]].line}, too"
                read.doubts.append(Doubt(f"{table.name}:{row.line}", what, "keep one of the rows"))
            continue
        place_of[key] = place
        read.of_patient[key] = {**said[place], **read.of_patient.get(key, {})}


def _values(
    table: LabelTable,
    columns: Columns,
    file_column: int | None,
    values: Mapping[tuple[str, str], str],
    read: RowsRead,
) -> list[Said]:
    """Return what each row says, and note how every column was understood."""
    said: list[Said] = [{} for _ in table.rows]
    meaning_of = {place: meaning for meaning, place in columns.places.items()}
    if file_column is not None:
        meaning_of[file_column] = "file"
    for n, title in enumerate(table.head):
        meaning = meaning_of.get(n, "")
        shown = one_line(title, most=40)
        if not meaning:
            why = "left out, as you say" if n in columns.left_out else "not used"
            read.columns.append(ShownColumn(table.name, shown, "", why))
        elif meaning in ("file", "patient"):
            count = len({cell for cell in table.column(n) if cell})
            read.columns.append(ShownColumn(table.name, shown, meaning, "", (("", counted(count, "value"), count),)))
        elif meaning == "date":
            _days(table, n, said, read)
            read.columns.append(ShownColumn(table.name, shown, "date", "only days from the first examination are kept"))
        else:
            read.columns.append(_column(table, n, meaning, values, said, read))
    scores = [float(one["severity"]) for one in said if "severity" in one]
    read.most_severe = max([read.most_severe, *scores])
    return said


def _column(
    table: LabelTable,
    n: int,
    meaning: str,
    values: Mapping[tuple[str, str], str],
    said: list[Said],
    read: RowsRead,
) -> ShownColumn:
    shown: Counter[tuple[str, str]] = Counter()
    lost: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(table.rows):
        cell = row.cells[n]
        word = values.get((meaning, plain_cell(cell)))
        try:
            value = _stated(meaning, word) if word is not None else _read(meaning, cell)
        except ValueError:
            lost[cell].append(row.line)
            shown[cell, "?"] += 1
            continue
        shown[cell, "" if value is None else str(value)] += 1
        if value is not None:
            said[place][meaning] = value
    for cell, lines in lost.items():
        where = f"{table.name}:{lines[0]}"
        more = f" and {counted(len(lines) - 1, 'more row')}" if len(lines) > 1 else ""
        words = one_line(cell, most=40)
        hint = f"say what it means with --value '{meaning}:{words}=...' (- for nothing)"
        read.doubts.append(Doubt(where, f"{meaning} '{words}' is not understood{more}", hint, "value"))
    listed = tuple((one_line(cell, most=30), value, count) for (cell, value), count in shown.most_common())
    return ShownColumn(table.name, one_line(table.head[n], most=40), meaning, "", listed)


def _stated(meaning: str, word: str) -> CellValue | None:
    return None if word == "-" else _read(meaning, word)


def _read(meaning: str, cell: str) -> CellValue | None:
    if meaning.startswith("task:"):
        return None if cell.strip().casefold() in NOT_SAID else cell.strip()
    return read_value(meaning, cell)


def _days(table: LabelTable, n: int, said: list[Said], read: RowsRead) -> None:
    """Keep each row's day as a number of days; what is written is only its distance from the patient's first."""
    order = day_order(table.column(n))
    for place, row in enumerate(table.rows):
        cell = row.cells[n]
        if cell.strip().casefold() in NOT_SAID:
            continue
        try:
            said[place]["date"] = read_day(cell, order).toordinal()
        except ValueError:
            hint = "write days as 2024-03-31, or leave the column out"
            what = "a cell of the column of days is not understood"
            read.doubts.append(Doubt(f"{table.name}:{row.line}", what, hint, "value"))
