"""Whose recordings are whose, when several come in together: asked or said once, before anything is looked at."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lusdata.errors import DataError, LusdataError
from lusdata.intake.codes import Codes
from lusdata.intake.folder.examine import Examined, ExamineJob
from lusdata.intake.folder.rows import read_rows
from lusdata.intake.folder.table import read_table
from lusdata.intake.grouping import Group, Kind
from lusdata.intake.proposals import Proposer, chosen_groups
from lusdata.intake.question import Ask
from lusdata.intake.source import is_address
from lusdata.media.cache import cache_dir
from lusdata.media.dicom.identity import identity_of
from lusdata.media.dicom.recording import is_dicom
from lusdata.media.facts import sha256_of

__all__ = ["groups_of", "short_names", "twin_names"]


def groups_of(
    sources: Sequence[str | Path],
    codes: Codes,
    *,
    group_by: Kind | None,
    table: Path | None,
    ask: Ask | None,
    look: Callable[[Sequence[ExamineJob]], Mapping[str, Examined]],
) -> dict[str, Group]:
    """Return who is one patient among what comes in.

    Parameters
    ----------
    sources : sequence of str or Path
        Files, and web addresses.
    codes : Codes
        Makes codes of patients' numbers.
    group_by : str or None
        The kind of evidence that the user names.
    table : Path or None
        A table with a column of files and one of patients.
    ask : callable or None
        Puts questions to whoever is there.
    look : callable
        Looks at files, where only their inside tells, as `lusdata.intake.folder.crew.examine_all` does.

    Returns
    -------
    dict of str to Group
        By the source as it is named.

    Raises
    ------
    UsageError
        If nobody says it, or what is named tells nothing.
    DataError
        If the table cannot be followed.
    """
    short = short_names(sources)
    paths = {short[str(one)]: Path(one) for one in sources if not is_address(str(one)) and Path(one).is_file()}
    patients = _patients(table, list(short.values())) if table is not None else {}

    def look_at(names: Sequence[str]) -> Mapping[str, Examined]:
        return look(_jobs({name: paths[name] for name in names if name in paths}))

    proposer = Proposer(list(short.values()), patients, _studies(paths, codes), {}, look_at)
    groups = chosen_groups(proposer, group_by=group_by, by_table=table is not None, ask=ask)
    group_of = {name: group for group in groups for name in group.files}
    return {source: group_of[name] for source, name in short.items()}


def twin_names(sources: Sequence[str | Path]) -> dict[str, tuple[str, ...]]:
    """Return what else each file is called among what comes in; what cannot be read is left for adding it to tell."""
    named: dict[str, list[str]] = defaultdict(list)
    for source in (str(one) for one in sources if not is_address(str(one)) and Path(one).is_file()):
        with contextlib.suppress(OSError):
            named[sha256_of(Path(source))].append(source)
    return {one: tuple(other for other in same if other != one) for same in named.values() for one in same}


def short_names(sources: Sequence[str | Path]) -> dict[str, str]:
    """Return each source's path below the folder that all have in common, or the path of its address.

    Examples
    --------
    >>> short_names([Path("/d/a/1.mp4"), Path("/d/b/1.mp4"), "https://example.org/c%201.gif"])
    {'/d/a/1.mp4': 'a/1.mp4', '/d/b/1.mp4': 'b/1.mp4', 'https://example.org/c%201.gif': 'example.org/c 1.gif'}
    """
    files = {str(one): Path(one).absolute() for one in sources if not is_address(str(one))}
    root = Path(os.path.commonpath([path.parent for path in files.values()])) if files else Path()
    names = {}
    for source in map(str, sources):
        if source in files:
            names[source] = files[source].relative_to(root).as_posix()
        else:
            parts = urlsplit(source)
            names[source] = f"{parts.hostname or ''}{unquote(parts.path)}"
    return names


def _patients(table: Path, names: Sequence[str]) -> dict[str, str]:
    rows = read_rows([read_table(table, {})], names, told={}, values={})
    faults = [doubt for doubt in rows.doubts if doubt.kind != "value"]
    if faults:
        raise DataError(faults[0].what, where=faults[0].where, hint=faults[0].hint or None)
    if not rows.patient_of:
        expected = "a column of files and one of patients"
        raise DataError("the table names no patient of these files", where=table.name, expected=expected)
    return rows.patient_of


def _studies(paths: dict[str, Path], codes: Codes) -> dict[str, tuple[str, str]]:
    found = {}
    for name, path in paths.items():
        try:
            if not is_dicom(path):
                continue
            one = identity_of(path)
        except (LusdataError, OSError):
            # Adding the file tells what is wrong with it.
            continue
        patient = codes.of(one.patient, "dicom-patient") if one.patient else ""
        found[name] = (patient, codes.of(one.study, "dicom-study") if one.study else "")
    return found


def _jobs(paths: dict[str, Path]) -> list[ExamineJob]:
    results, media = str(cache_dir() / "import"), str(cache_dir() / "own" / "added")
    return [
        ExamineJob(name, str(path), sha256_of(path), is_dicom(path), media, results) for name, path in paths.items()
    ]
