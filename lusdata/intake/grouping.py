"""Who is probably one patient: proposals from what is at hand, each with its reason, for a person to judge. No I/O."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from lusdata.intake.codes import patient_key
from lusdata.intake.question import Ask, Question
from lusdata.wording import counted, one_line

__all__ = ["KINDS", "Group", "GroupEvidence", "Kind", "ask_groups", "evidence", "group_by", "name_key"]

Kind = Literal["table", "dicom", "name", "time", "folder", "unknown"]
KINDS: Mapping[Kind, str] = {
    "table": "the table's column of patients",
    "dicom": "the patient, or else the study, that DICOM files name",
    "name": "numbers of patients in names, or names that differ in a running number, a day or a zone alone",
    "time": "days and minutes in names and tags, device and size of pictures: one examination, not one patient",
    "folder": "the folder that a file lies in",
    "unknown": "nobody knows: each recording stands alone, and folds by patient are refused",
}
"""What groups may rest on, the strongest first."""

_PATIENT = re.compile(
    r"(?:^|[^a-z0-9])(?:patient|pat|pt|subject|subj|proband|case|p)[\s_+.#-]*(\d{1,6})(?!\d)", re.IGNORECASE
)
_TAIL = re.compile(
    r"(?:^|(?<=[\s_+.()#-])|(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z]))"
    r"(?:(?:day|tag|jour|min|minute|minutes|image|img|video|vid|clip|loop|cine|frame|series|scan|view|zone|set|part|mov"
    r"|exam|export|file|lung|lus|rec|recording|untitled|us|nr|no|v|i)?[\s_+.#-]*\d{1,6}|[lr][1-7]?|left|right|links|rechts|lul|rul|lll|rll|ruq|luq|copy|crop)"
    r"[\s_+.()#-]*$",
    re.IGNORECASE,
)
_ENDS = " _+.()#-"
_SHOWN = 3


@dataclass(frozen=True)
class GroupEvidence:
    """What speaks for a file's belonging to a patient.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    key : str
        The same for files of one patient; stays in memory.
    reason : str
        For people, as a clause.
    basis : {"patient", "study", "unknown"}
        What the group then rests on, in the schema's words.
    """

    kind: Kind
    key: str
    reason: str
    basis: Literal["patient", "study", "unknown"] = "patient"


@dataclass(frozen=True)
class Group:
    """Files that are taken for one patient's.

    Attributes
    ----------
    key, reason, basis
        Of the evidence.
    kind : str
        A key of `KINDS`.
    files : tuple of str
        Their names.
    """

    kind: Kind
    key: str
    reason: str
    basis: Literal["patient", "study", "unknown"]
    files: tuple[str, ...]


def name_key(name: str) -> tuple[str, str]:
    """Return what files of one patient share in their names, and why; empty if nothing tells.

    Examples
    --------
    >>> name_key("patient_10_L1.mp4"), name_key("a/pat2Image_181602.avi")[0], name_key("Cov-Atlas-Day+3.gif")[0]
    (('10', "the name says 'patient_10'"), '2', 'cov-atlas')
    >>> name_key("clip_07.mp4")[0], name_key("scan_2024-03-14.mp4")[0], name_key("northumbria_0409_set1_vid2.avi")[0]
    ('', '', 'northumbria')
    """
    stem = PurePosixPath(name).stem
    if found := _PATIENT.search(re.sub(r"(?<=\d)(?=[A-Za-z])", "_", stem)):
        return patient_key(found[1]), f"the name says '{one_line(found[0].strip(_ENDS))}'"
    rest = stem
    while (shorter := _TAIL.sub("", rest).rstrip(_ENDS)) != rest:
        rest = shorter
    key = patient_key(rest)
    return key, f"names begin with '{one_line(rest, most=40)}' and differ in numbers, days or zones" if key else ""


def evidence(
    kind: Kind, name: str, *, table: str = "", dicom: tuple[str, str] = ("", ""), moment: tuple[str, str] = ("", "")
) -> GroupEvidence:
    """Return what one kind of evidence says of a file.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    name : str
        Path below the folder.
    table : str
        The patient in the table; empty if it says none.
    dicom : (str, str)
        The patient and the study that its header names, already as codes; empty where it names none.
    moment : (str, str)
        What is the same for files of its examination, and why; see `lusdata.intake.moments.examinations`.
    """
    if kind == "table" and table:
        return GroupEvidence("table", patient_key(table), "the table says so")
    if kind == "dicom" and dicom[0]:
        return GroupEvidence("dicom", dicom[0], "the DICOM files name one patient")
    if kind == "dicom" and dicom[1]:
        return GroupEvidence("dicom", dicom[1], "the DICOM files name one study", "study")
    if kind == "name" and (found := name_key(name))[0]:
        return GroupEvidence("name", *found)
    if kind == "time" and moment[0]:
        return GroupEvidence("time", *moment, "study")
    if kind == "folder" and (folder := str(PurePosixPath(name).parent)) != ".":
        return GroupEvidence("folder", patient_key(folder), f"they lie in the folder '{one_line(folder, most=40)}'")
    return GroupEvidence("unknown", name, "patient not known", "unknown")


def group_by(said: Mapping[str, GroupEvidence]) -> list[Group]:
    """Put files of one key together.

    Parameters
    ----------
    said : Mapping of str to GroupEvidence
        For each file.

    Returns
    -------
    list of Group
        The largest first; those of nobody known last.
    """
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, one in said.items():
        members[one.basis, one.key].append(name)
    first = {key: said[names[0]] for key, names in members.items()}
    groups = [
        Group(first[key].kind, first[key].key, first[key].reason, first[key].basis, tuple(sorted(names)))
        for key, names in members.items()
    ]
    return sorted(groups, key=lambda group: (group.basis == "unknown", -len(group.files), group.files))


def ask_groups(ask: Ask, proposals: Mapping[Kind, Callable[[], Sequence[Group]]]) -> list[Group]:
    """Show who would be one patient, and let a person accept, split or join.

    Parameters
    ----------
    ask : callable
        Puts one question to whoever is there.
    proposals : Mapping of str to callable
        By kind of evidence, the likeliest first, what gives the groups.
    """
    groups = list(next(iter(proposals.values()))())
    while True:
        listed = "\n".join(f"  {n}. {_shown(group)}" for n, group in enumerate(groups, start=1))
        others = ", ".join(proposals)
        question = Question(
            f"Is each of them one patient? yes, 'split 2', 'join 1 3', or go by {others}",
            default="yes",
            fault=functools.partial(_fault, groups=tuple(groups), proposals=proposals),
            note=f"who would be one patient:\n{listed}",
        )
        words = (ask(question) or "yes").split()
        if words[0] == "yes":
            return groups
        if kind := next((kind for kind in proposals if kind == words[0]), None):
            groups = list(proposals[kind]())
        elif words[0] == "split":
            whole = groups.pop(int(words[1]) - 1)
            groups += [Group("unknown", name, "set apart by you", "unknown", (name,)) for name in whole.files]
        else:
            places = sorted({int(word) - 1 for word in words[1:]}, reverse=True)
            joined = [groups.pop(place) for place in places]
            named = next((one for one in reversed(joined) if one.basis != "unknown"), joined[-1])
            files = tuple(sorted(name for one in joined for name in one.files))
            basis = named.basis if named.basis != "unknown" else "patient"
            groups.insert(0, replace(named, basis=basis, files=files, reason="joined by you"))


def _fault(text: str, groups: Sequence[Group], proposals: Mapping[Kind, object]) -> str:
    words = text.split()
    if not words or words[0] == "yes" or words[0] in proposals:
        return ""
    numbers = words[1:]
    fits = all(word.isdigit() and 1 <= int(word) <= len(groups) for word in numbers)
    wanted = {"split": len(numbers) == 1, "join": len(set(numbers)) > 1}
    if wanted.get(words[0]) and fits:
        return ""
    return f"yes, {', '.join(proposals)}, 'split 2' or 'join 1 3' with numbers from 1 to {len(groups)}"


def _shown(group: Group) -> str:
    names = ", ".join(one_line(name, most=40) for name in group.files[:_SHOWN])
    more = f" and {len(group.files) - _SHOWN} more" if len(group.files) > _SHOWN else ""
    return f"{counted(len(group.files), 'file')}: {group.reason} ({names}{more})"
