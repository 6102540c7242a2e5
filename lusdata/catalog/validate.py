"""Checking manifest files: every fault of every file in one run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.catalog.about import About, read_about
from lusdata.catalog.folders import ABOUT, json_files
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.reading import UnreadableError, read_data
from lusdata.catalog.rules.about import FILE, about_findings
from lusdata.catalog.rules.rule import Finding
from lusdata.catalog.rules.table import broken_rules
from lusdata.catalog.schema import NEWEST, schema_faults, version_key, versions
from lusdata.errors import DataError, Issue, OutsideError

__all__ = ["Checked", "check_files", "shown_path", "version_fault"]


_LINK = "LINK_NOWHERE"
"""The one rule about several manifests that fewer of them break more often: a link may lead to a manifest that was not
given."""


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
        The manifests and every fault. A file that cannot be read is a fault, not an exception.
    """
    manifests: list[Manifest] = []
    issues: list[Issue] = []
    files = list(dict.fromkeys(paths))
    for path in files:
        data, found = _read(path)
        issues += found
        if not found:
            manifests.append(Manifest(data, path))
    broken = list(broken_rules(manifests, strict=strict, release=release))
    beside = _groups_beside(files) if any(rule.code == _LINK for _, rule, _ in broken) else frozenset()
    for manifest, rule, finding in broken:
        if rule.code == _LINK and finding.found in beside:
            continue
        file = shown_path(manifest.path) if manifest.path else manifest.id
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
            finding = Finding("$", found.what, found.expected or "", found.found or "", found.hint or "")
            yield finding.issue(FILE.code, FILE.level, shown_path(path))
        members = [manifest for manifest in manifests if manifest.path and manifest.path.parent == folder]
        for manifest, rule, finding in about_findings(about, members):
            yield finding.issue(rule.code, rule.level, shown_path(folder / f"{manifest.id.split('/')[1]}.json"))


def _groups_beside(files: Sequence[Path]) -> frozenset[str]:
    """Return the groups of manifests that lie beside some files and are not among them: links may lead there."""
    given = {path.absolute() for path in files}
    groups = set()
    for path in sorted({other for folder in {path.parent for path in given} for other in json_files(folder)} - given):
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
        finding = Finding("$", error.what, error.expected or "", error.found or "", error.hint or "")
        return None, [finding.issue(error.code, "error", shown_path(path))]
    except OSError as error:
        finding = Finding("$", "the file cannot be read", found=error.strerror or type(error).__name__)
        return None, [finding.issue("FILE_UNREADABLE", "error", shown_path(path))]
    return data, [finding.issue(code, "error", shown_path(path)) for code, finding in _schema_findings(data)]


def _schema_findings(data: Any) -> Iterator[tuple[str, Finding]]:
    wrong_version = version_fault(data)
    if wrong_version is not None:
        # Held against another version's schema, every field would be a fault.
        yield wrong_version
        return
    for fault in schema_faults(data):
        yield fault.code, Finding(fault.json_path, fault.message, fault.expected, fault.found, fault.hint)


def version_fault(data: Any) -> tuple[str, Finding] | None:
    """Say why a document's schema version keeps it from being checked.

    Parameters
    ----------
    data : object
        The parsed document.

    Returns
    -------
    (code, finding) or None
        None for the newest version, and for a document that states none, which the schema itself objects to.

    Examples
    --------
    >>> version_fault({"schema_version": "99.0.0"})[0], version_fault({"schema_version": "1.1.0"})
    ('SCHEMA_NEWER', None)
    """
    if not isinstance(data, dict) or data.get("schema_version", NEWEST) == NEWEST:
        return None
    path, version, known = "$.schema_version", data["schema_version"], ", ".join(versions())
    if version in versions():
        message, hint = "an older schema version", "lusdata migrate brings it to the newest"
        return "SCHEMA_OLDER", Finding(path, message, NEWEST, version, hint)
    is_version = isinstance(version, str) and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){2}", version)
    if is_version and version_key(version) > version_key(NEWEST):
        message, hint = "a newer schema version than this lusdata knows", "python -m pip install --upgrade lusdata"
        return "SCHEMA_NEWER", Finding(path, message, f"one of {known}", version, hint)
    return "SCHEMA_VERSION", Finding(path, "no such schema version", f"one of {known}", repr(version)[:80])


def shown_path(path: Path) -> str:
    """Return a path for a message: relative to the current folder where it lies below it, with forward slashes."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
