"""What an import would do, put together before anything is decoded or written, for a person to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from lusdata.catalog.about import About, read_about
from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import ABOUT, json_files
from lusdata.catalog.mixed_groups import MIXED_HINT, mixed_words
from lusdata.catalog.neighbours import neighbours_of
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.rights import PRIVATE, is_private
from lusdata.errors import LusdataError, UsageError
from lusdata.intake.answers import slug_of
from lusdata.intake.codes import Codes, open_codes, patient_key
from lusdata.intake.comparison import blind_notes
from lusdata.intake.folder.crew import jobs_of
from lusdata.intake.folder.examine import Examined, examined_before
from lusdata.intake.folder.files import FolderFile, Listing, list_folder
from lusdata.intake.folder.known_files import Met, met_by
from lusdata.intake.folder.labels import Vocabulary, vocabulary_of
from lusdata.intake.folder.request import Request
from lusdata.intake.folder.rows import Doubt, RowsRead, Said, read_rows
from lusdata.intake.folder.table import read_table
from lusdata.intake.grouping import Group, Kind
from lusdata.intake.proposals import Proposer, chosen_groups
from lusdata.intake.question import Ask, Question
from lusdata.media.cache import settings_dir
from lusdata.media.dicom.identity import identity_of
from lusdata.wording import counted, one_line

__all__ = ["ImportPlan", "Look", "plan_import"]

Look = Callable[[Sequence[FolderFile]], Mapping[str, Examined]]
"""Looks at files, for what only their inside tells; by name."""


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do.

    Attributes
    ----------
    request : Request
        The wish.
    collection : str
        Namespace.
    there : Collection or None
        The collection as it is; None if it is new.
    about : About
        What it says of itself.
    listing : Listing
        The folder.
    rows : RowsRead
        The tables.
    taken : tuple of FolderFile
        The files that become recordings, one for each content.
    met : Met
        What of them is there already, in the collection or beside it.
    twins : Mapping of str to str
        Files with the very content of another one, by name.
    without_row : tuple of str
        Files that no table names, and that are therefore left.
    groups : tuple of Group
        Who would be one patient; empty while nobody has said by what.
    proposals : Mapping of str to tuple of Group
        The same by each kind of evidence that tells anything.
    dicom : Mapping of str to (str, str)
        Codes of patient and study of each DICOM file.
    words : Vocabulary
        Scale and tasks.
    codes : Codes
        Makes codes for patients.
    doubts : tuple of Doubt
        What stops the import.
    notes : tuple of str
        What a person should know, a clause each.
    names : frozenset of str
        Words that name persons, in lower case; they stay in memory.
    numbers : Mapping of str to str
        The patient's number in each DICOM file, as a table would be matched with it; stays in memory.
    """

    request: Request
    collection: str
    there: Collection | None
    about: About
    listing: Listing
    rows: RowsRead
    taken: tuple[FolderFile, ...]
    met: Met
    twins: Mapping[str, str]
    without_row: tuple[str, ...]
    groups: tuple[Group, ...]
    proposals: Mapping[Kind, tuple[Group, ...]]
    dicom: Mapping[str, tuple[str, str]]
    words: Vocabulary
    codes: Codes
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()
    names: frozenset[str] = field(default_factory=frozenset, repr=False)
    numbers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def new(self) -> tuple[FolderFile, ...]:
        """The files that become new recordings."""
        return tuple(file for file in self.taken if file.name not in self.met.of_file)

    @property
    def known(self) -> Mapping[str, str]:
        """Ids of recordings of the collection that are there already, by the file's name."""
        return self.met.known

    @property
    def provider(self) -> str:
        """Who the recordings are from, in whose namespace patients' numbers lie."""
        return self.request.provider or self.collection

    @cached_property
    def group_of(self) -> Mapping[str, Group]:
        """The group of each file."""
        return {name: group for group in self.groups for name in group.files}

    def said_of(self, name: str) -> Said:
        """Return what the tables say of a file, by its own row before its patient's."""
        return {**self._of_patient(name), **self.rows.of_file.get(name, {})}

    def has_row(self, name: str) -> bool:
        """Tell whether a table speaks of a file or its patient."""
        return name in self.rows.of_file or bool(self._of_patient(name))

    def patient_keys(self, name: str) -> tuple[str, ...]:
        """Return under which keys a table of patients may have a file's patient: the DICOM number, and the group's."""
        group = self.group_of.get(name)
        keys = (self.numbers.get(name, ""), group.key if group is not None and group.basis != "unknown" else "")
        return tuple(filter(None, keys))

    def _of_patient(self, name: str) -> Said:
        known = self.rows.of_patient
        return next((known[key] for key in self.patient_keys(name) if key in known), {})


def plan_import(request: Request, scratch: Path, *, ask: Ask | None = None, look: Look | None = None) -> ImportPlan:
    """Read folder and tables, and find out what would become of them.

    Parameters
    ----------
    request : Request
        The wish.
    scratch : Path
        Folder where members of ZIP files are unpacked; it must last as long as the plan is used.
    ask : callable, optional
        Puts questions to whoever is there; nobody is asked without it.
    look : callable, optional
        Looks at files if what their tags tell is wanted; without it, only what an earlier run saw counts.

    Raises
    ------
    LusdataError
        If folder, table or collection cannot be read at all.
    OSError
        If the disk fails.
    """
    collection = _namespace(request.out)
    there = open_collection(request.out) if request.out.is_dir() and json_files(request.out) else None
    about = read_about(request.out) if (request.out / ABOUT).is_file() else About()
    tables = [read_table(path, request.columns) for path in request.tables]
    listing = list_folder(request.folder, scratch)
    files = {file.name: file for file in listing.files}
    rows = read_rows(tables, sorted(files), told=request.columns, values=request.values)
    codes = open_codes(collection, settings_dir())
    dicom, names, broken = _identities(listing.files, codes)
    numbers = {name: one.number for name, one in dicom.items() if one.number}
    wanted = [name for name in sorted(files) if not rows.labelled or request.all_files or name in rows.of_file]
    taken, twins = _once([files[name] for name in wanted if name not in broken], rows)
    neighbours = neighbours_of(request.out)
    before = {job.name: seen for job in jobs_of(taken, collection) if (seen := examined_before(job)) is not None}
    met = met_by(taken, twins, before, there.manifests if there else (), neighbours.manifests)
    study_of = {name: (one.patient, one.study) for name, one in dicom.items()}
    proposer = _proposer(taken, rows, study_of, before, look)
    doubts = list(rows.doubts)
    groups: list[Group] = []
    try:
        by_table = rows.says_patients and bool(rows.patient_of)
        groups = chosen_groups(proposer, group_by=request.group_by, by_table=by_table, ask=ask)
    except UsageError as error:
        # Told with whatever else is open, and not alone.
        if error.where != "--group-by":
            raise
        doubts.append(Doubt(error.where, error.what, error.hint or ""))
    notes = [*rows.notes, *blind_notes((), neighbours.unread)]
    plan = ImportPlan(
        request=request,
        collection=collection,
        there=there,
        about=about,
        listing=replace(listing, refused=(*listing.refused, *sorted(broken.items()))),
        rows=rows,
        taken=tuple(taken),
        met=met,
        twins=twins,
        without_row=tuple(name for name in sorted(files) if name not in wanted),
        groups=tuple(groups),
        proposals=proposer.told(),
        dicom=study_of,
        numbers=numbers,
        words=Vocabulary(None, False, {}, ()),
        codes=codes,
        names=frozenset(rows.names | names),
    )
    if there and not about.private and request.licence == PRIVATE and not all(map(is_private, there.included)):
        hint = "bring private ones into a folder of their own, or say --license"
        doubts.append(Doubt("--out", "recordings there are not private", hint))
    said = {file.name: plan.said_of(file.name) for file in taken}
    words = vocabulary_of(said, about, scale=request.scale, most_severe=rows.most_severe)
    doubts += [*words.doubts, *_twin_doubts(twins, rows)]
    zones = sum("zone" in said for said in rows.of_file.values())
    if zones and not request.view_scheme:
        notes.append(f"{counted(zones, 'zone')} without a scheme: only the side is kept; --view-scheme keeps them")
    if words.own_scale and words.scale is not None:
        name = words.scale.name
        notes.append(f"the severity's scale was not named; the collection calls it {name} (--scale names it)")
    used = {key for file in taken for key in plan.patient_keys(file.name)}
    if left := len(rows.of_patient.keys() - used):
        notes.append(f"{counted(left, 'patient')} of the tables without a recording")
    notes += _two_classes(plan)
    return replace(plan, words=words, doubts=tuple(_settled(doubts, request, ask, notes)), notes=tuple(notes))


def _two_classes(plan: ImportPlan) -> list[str]:
    """Return who has two diagnoses: one of them is wrong, or it is two patients."""
    notes = []
    for group in (group for group in plan.groups if group.basis not in ("unknown", "publication")):
        held: dict[str, list[str]] = {}
        for name in group.files:
            held.setdefault(str(plan.said_of(name).get("class", "unknown")), []).append(one_line(name, most=40))
        classes = {word: held[word] for word in sorted(held) if word not in ("unknown", "uninformative")}
        if len(classes) > 1:
            notes.append(f"{mixed_words(classes)}; {MIXED_HINT}")
    return notes


def _namespace(out: Path) -> str:
    name = out.resolve().name
    if slug_of(name) != name:
        hint = f"call it {slug_of(name) or 'my-clinic'}"
        expected = "lower-case letters, digits and single hyphens"
        what = "the folder's name cannot begin the recordings' ids"
        raise UsageError(what, where="--out", expected=expected, found=repr(name), hint=hint)
    return name


@dataclass(frozen=True)
class _Numbered:
    patient: str
    study: str
    number: str


def _identities(files: Sequence[FolderFile], codes: Codes) -> tuple[dict[str, _Numbered], set[str], dict[str, str]]:
    """Return codes of patient and study by file, words of patients' names, and files that cannot be read."""
    dicom: dict[str, _Numbered] = {}
    names: set[str] = set()
    broken: dict[str, str] = {}
    for file in (file for file in files if file.dicom):
        try:
            found = identity_of(file.path)
        except LusdataError as error:
            broken[file.name] = error.what
            continue
        names |= found.names
        dicom[file.name] = _Numbered(
            codes.of(found.patient, "dicom-patient") if found.patient else "",
            codes.of(found.study, "dicom-study") if found.study else "",
            patient_key(found.number) if found.number else "",
        )
    return dicom, names, broken


def _once(files: Sequence[FolderFile], rows: RowsRead) -> tuple[list[FolderFile], dict[str, str]]:
    """Keep one file of each content, one that a table names if there is such."""
    first: dict[str, FolderFile] = {}
    twins: dict[str, str] = {}
    for file in sorted(files, key=lambda file: (file.name not in rows.of_file, file.name)):
        other = first.setdefault(file.sha256, file)
        if other is not file:
            twins[file.name] = other.name
    return sorted(first.values(), key=lambda file: file.name), twins


def _twin_doubts(twins: Mapping[str, str], rows: RowsRead) -> list[Doubt]:
    found = []
    for name, other in twins.items():
        both = (rows.of_file.get(name), rows.of_file.get(other))
        patients = {rows.patient_of[one] for one in (name, other) if one in rows.patient_of}
        if None not in both and (both[0] != both[1] or len(patients) > 1):
            what = f"the very file of {one_line(other)}, and the table says other things of it"
            found.append(Doubt(one_line(name), what, "correct the table, or take one of the files out"))
    return found


def _proposer(
    taken: Sequence[FolderFile],
    rows: RowsRead,
    dicom: Mapping[str, tuple[str, str]],
    before: Mapping[str, Examined],
    look: Look | None,
) -> Proposer:
    of_name = {file.name: file for file in taken}

    def look_at(names: Sequence[str]) -> Mapping[str, Examined]:
        return look([of_name[name] for name in names]) if look is not None else {}

    return Proposer(list(of_name), rows.patient_of, dicom, before, look_at if look is not None else None)


def _settled(doubts: Sequence[Doubt], request: Request, ask: Ask | None, notes: list[str]) -> list[Doubt]:
    """Let a person wave through what is only doubtful; faults stay."""
    left = []
    for doubt in doubts:
        if doubt.kind == "fault":
            left.append(doubt)
        elif request.accepts:
            notes.append(f"taken as proposed: {doubt.line()}")
        elif ask is None:
            left.append(doubt)
        else:
            text = "Is it one patient?" if doubt.kind == "spelling" else "Leave it unsaid?"
            if ask(Question(text, ("yes", "no"), default="no", note=doubt.line())) == "yes":
                notes.append(f"as you say: {doubt.line()}")
            else:
                left.append(doubt)
    return left
