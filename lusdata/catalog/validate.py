"""Checking manifest files: every fault of every file in one run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.arguments import path_of
from lusdata.catalog.about import About, read_about
from lusdata.catalog.folders import ABOUT, json_files
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import UnreadableError, read_data
from lusdata.catalog.rules.about import FILE, about_findings
from lusdata.catalog.rules.rule import Breach
from lusdata.catalog.rules.table import AWAY, LINK, broken_rules
from lusdata.catalog.schema import schema_faults
from lusdata.catalog.schema_version import version_fault
from lusdata.catalog.selection import select_files
from lusdata.catalog.shipped import manifests_root
from lusdata.errors import DataError, Issue, OutsideError

__all__ = ["Checked", "check_files", "shown_path", "validate"]


@dataclass(frozen=True)
class Checked:
    """What a run found.

    Attributes
    ----------
    manifests : tuple of Manifest
        Every manifest that the schema accepts, in the order of the files; rules may still object to them.
    issues : tuple of Issue
        Every fault, sorted by file and place.
    files : tuple of Path
        Every file that was looked at, in their order.
    """

    manifests: tuple[Manifest, ...]
    issues: tuple[Issue, ...]
    files: tuple[Path, ...]

    @property
    def file_count(self) -> int:
        """How many files were looked at."""
        return len(self.files)

    @property
    def errors(self) -> tuple[Issue, ...]:
        """The issues that make data unusable."""
        return tuple(issue for issue in self.issues if issue.level == "error")

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """The issues that ask for a look."""
        return tuple(issue for issue in self.issues if issue.level == "warning")

    @property
    def included(self) -> tuple[Manifest, ...]:
        """The recordings that take part in datasets."""
        return tuple(manifest for manifest in self.manifests if manifest.state == "included")

    @property
    def unpinned(self) -> tuple[Manifest, ...]:
        """The included recordings that no dataset can hold, since nobody has seen their file."""
        return tuple(manifest for manifest in self.included if manifest.sha256 is None)


def validate(*names_or_paths: str | Path, strict: bool = False, release: bool = False) -> Checked:
    """Check manifests against the schema and the rules; every fault of every file at once.

    Parameters
    ----------
    *names_or_paths : str or Path
        Each the name of a collection, a file, or a folder; see `lusdata.catalog.selection.select_files`. None at all
        means every collection of ``./manifests``, or else those that come with lusdata.
    strict, release : bool
        See `check_files`.

    Returns
    -------
    Checked
        What was found; nothing is raised for a fault.

    Raises
    ------
    UsageError
        If there is no such collection, file or folder.
    DataError
        If a folder holds no manifest.

    Examples
    --------
    >>> validate("pocus").errors
    ()
    """
    names = [str(path_of(name, where="names_or_paths")) for name in names_or_paths]
    return check_files(select_files(names), strict=strict, release=release)


def check_files(paths: Iterable[Path], *, strict: bool = False, release: bool = False) -> Checked:
    """Check manifest files against the schema, then against the rules.

    Parameters
    ----------
    paths : iterable of Path
        The files. Rules about several manifests, such as unique ids, hold among these.
    strict : bool
        Also warn of recommended fields that are missing.
    release : bool
        Also warn of what a release should have.

    Returns
    -------
    Checked
        The manifests, each as it is in the newest schema version, and every fault. A file that cannot be read is a
        fault, not an exception.
    """
    manifests: list[Manifest] = []
    issues: list[Issue] = []
    files = list(dict.fromkeys(paths))
    for path in files:
        data, found = _read(path)
        issues += found
        if not any(issue.level == "error" for issue in found):
            manifests.append(Manifest(data, path))
    broken = list(broken_rules(manifests, strict=strict, release=release))
    leading = {finding.found for _, rule, finding in broken if rule.code == LINK}
    beside = _groups_beside(files, leading) if leading else frozenset()
    for manifest, rule, finding in broken:
        if rule.code == LINK and finding.found in beside:
            continue
        file = shown_path(manifest.path) if manifest.path else manifest.id
        if rule.code == LINK and not _is_here(files, manifest, finding.found):
            away = Breach(
                finding.json_path,
                "the link leads to a collection that is not here, so it joins nothing",
                found=finding.found,
                hint="put that collection beside this one to keep the two from being torn apart",
            )
            issues.append(away.issue(AWAY[0], "warning", file))
            continue
        issues.append(finding.issue(rule.code, rule.level, file))
    issues += _beside_collection(manifests, files)
    return Checked(tuple(manifests), tuple(sorted(issues)), tuple(files))


def _beside_collection(manifests: Sequence[Manifest], files: Sequence[Path]) -> Iterator[Issue]:
    """Yield what is wrong with the collections' own files, and with manifests beside them."""
    for folder in sorted({path.parent for path in files}):
        path, about = folder / ABOUT, About()
        try:
            about = read_about(folder)
        except (DataError, OSError) as error:
            found = error if isinstance(error, DataError) else OutsideError(error.strerror or str(error))
            finding = Breach("$", found.what, found.expected or "", found.found or "", found.hint or "")
            yield finding.issue(FILE.code, FILE.level, shown_path(path))
        members = [manifest for manifest in manifests if manifest.path and manifest.path.parent == folder]
        for manifest, rule, finding in about_findings(about, members):
            yield finding.issue(rule.code, rule.level, shown_path(folder / f"{manifest.id.split('/')[1]}.json"))


def _is_here(files: Sequence[Path], manifest: Manifest, link: str) -> bool:
    """Tell whether the collection of a link is there: the manifest's own, one beside it, or one that is shipped."""
    name = link.partition("/")[0]
    roots = {path.absolute().parent.parent for path in files} | {manifests_root()}
    return name == manifest.collection or any((root / name).is_dir() for root in roots)


def _groups_beside(files: Sequence[Path], links: Collection[str]) -> frozenset[str]:
    """Return the groups of manifests beside some files: in their collections, and in others that links name.

    Those lie beside the files' own, or come with lusdata.
    """
    given = {path.absolute() for path in files}
    folders = {path.parent for path in given}
    # A case may be in two collections: its group in the other one begins with that one's name.
    roots = {folder.parent for folder in folders} | {manifests_root()}
    folders |= {root / link.partition("/")[0] for root in roots for link in links}
    groups = set()
    for path in sorted({other for folder in folders if folder.is_dir() for other in json_files(folder)} - given):
        try:
            group = read_data(path)["group"]
            groups |= {group["id"], *(link["id"] for link in group.get("linked", ()))}
        except (UnreadableError, OSError, KeyError, TypeError, AttributeError):
            # It is not among the files to check, and a file that is no manifest states no group.
            continue
    return frozenset(groups)


def _read(path: Path) -> tuple[Any, list[Issue]]:
    try:
        data = read_data(path)
    except UnreadableError as error:
        finding = Breach("$", error.what, error.expected or "", error.found or "", error.hint or "")
        return None, [finding.issue(error.code, "error", shown_path(path))]
    except OSError as error:
        finding = Breach("$", "the file cannot be read", found=error.strerror or type(error).__name__)
        return None, [finding.issue("FILE_UNREADABLE", "error", shown_path(path))]
    wrong_version = version_fault(data)
    if wrong_version is not None:
        return _of_other_version(data, *wrong_version, file=shown_path(path))
    faults = schema_faults(data)
    findings = [(one.code, Breach(one.json_path, one.message, one.expected, one.found, one.hint)) for one in faults]
    return data, [finding.issue(code, "error", shown_path(path)) for code, finding in findings]


def _of_other_version(data: Any, code: str, finding: Breach, *, file: str) -> tuple[Any, list[Issue]]:
    """Read an older manifest as what it is in the newest version; nothing is known of one that is newer, or of none."""
    if code != "SCHEMA_OLDER":
        # Held against another version's schema, every field would be a fault.
        return None, [finding.issue(code, "error", file)]
    try:
        return migrate_data(data)[1], [finding.issue(code, "warning", file)]
    except DataError as error:
        fault = Breach("$", error.what, error.expected or "", error.found or "", error.hint or "")
        return None, [fault.issue("SCHEMA_OLDER_FAULTY", "error", file)]


def shown_path(path: Path) -> str:
    """Return a path for a message: relative to the current folder where it lies below it, with forward slashes."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
