"""Are the releases of a collection still what they were? Seals, the chain of versions, tombstones, and git."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from lusdata.catalog.history import altered_since, has_revision
from lusdata.catalog.release import INDEX, Release, read_release, releases_folder, releases_of
from lusdata.catalog.validate import shown_path
from lusdata.catalog.version import is_version
from lusdata.errors import Issue, LusdataError, UsageError

__all__ = ["RELEASE_RULES", "broken_releases"]

RELEASE_RULES: Mapping[str, str] = {
    "RELEASE_BROKEN": "A release is whole, and holds what its seal says.",
    "RELEASE_STRAY": "A folder of releases holds releases, and a release its own files, and nothing else.",
    "RELEASE_CHAIN": "A release names the one before it, with its seal.",
    "RELEASE_ALTERED": "A release that was committed stays as it was.",
    "RELEASE_RECORDING_GONE": "What a release holds keeps its manifest; what may no longer be used is withdrawn.",
}
"""For each code the sentence that is broken."""


def broken_releases(folder: Path, *, against: str | None = None) -> tuple[Issue, ...]:
    """Check every release of a collection.

    Parameters
    ----------
    folder : Path
        The collection's folder, such as ``manifests/pocus``. Its releases lie in ``manifests/releases/pocus``.
    against : str, optional
        A revision of the repository that the folder lies in; what was released there must be unchanged. By default
        ``HEAD``, where there is a repository.

    Returns
    -------
    tuple of Issue
        Every fault, sorted; empty where there is no release. All of them are errors.

    Raises
    ------
    UsageError
        If `against` is no revision there.
    OutsideError
        If git fails.
    """
    releases = releases_folder(folder)
    issues = [*_altered(releases, against)]
    if releases.is_dir():
        issues += _strays(releases)
        whole: list[Release] = []
        for version in releases_of(releases):
            try:
                release = read_release(releases / version)
                # Reading holds every file against its digest.
                _ = release.manifests, [release.folds_text(by) for by in release.fold_units]
            except LusdataError as error:
                issues.append(_broken(releases / version, error))
                continue
            whole.append(release)
        issues += [*_chain(releases, whole), *_missing(folder, whole)]
    return tuple(sorted(set(issues)))


def _broken(folder: Path, error: LusdataError) -> Issue:
    where = shown_path(Path(error.where)) if error.where else shown_path(folder)
    return _issue("RELEASE_BROKEN", where, error.what, error.expected, error.found, error.hint)


def _strays(releases: Path) -> Iterator[Issue]:
    for path in sorted(releases.iterdir()):
        if path.name.startswith("."):
            continue
        if not is_version(path.name) or not path.is_dir():
            yield _issue("RELEASE_STRAY", shown_path(path), "not a release", "folders named after versions")
            continue
        try:
            known = {INDEX, *read_release(path).data["files"]}
        except LusdataError:
            # Told under a code of its own.
            continue
        for inner in sorted(path.iterdir()):
            if inner.name not in known:
                yield _issue("RELEASE_STRAY", shown_path(inner), "not a file of the release", f"what {INDEX} names")


def _chain(releases: Path, whole: list[Release]) -> Iterator[Issue]:
    """Hold each release against the one before it; those that are broken are told elsewhere."""
    seals = {release.version: release.digest for release in whole}
    order = releases_of(releases)
    earlier = {later: version for version, later in pairwise(order)}
    for release in whole:
        before = earlier.get(release.version)
        if before is not None and before not in seals:
            continue
        expected = None if before is None else {"version": before, "sha256": seals[before]}
        if release.data["previous"] != expected:
            place = shown_path(release.folder / INDEX)
            named = release.data["previous"] or {"version": "none", "sha256": ""}
            yield _issue(
                "RELEASE_CHAIN",
                place,
                "names another release before it",
                "none" if expected is None else f"{before} with the seal {seals[str(before)][:12]}…",
                f"{named['version']} {named['sha256'][:12]}".strip(),
                path="$.previous",
            )


def _missing(folder: Path, whole: list[Release]) -> Iterator[Issue]:
    holders: dict[str, str] = {}
    for release in whole:
        for name in release.recordings:
            holders[name] = release.version
    for name, version in sorted(holders.items()):
        path = folder / f"{name.split('/')[1]}.json"
        if not path.is_file():
            hint = 'bring the file back; to take a recording out, set its status to "withdrawn" with a reason'
            yield _issue(
                "RELEASE_RECORDING_GONE",
                shown_path(path),
                f"the manifest of a released recording is gone; release {version} holds it",
                hint=hint,
            )


def _altered(releases: Path, against: str | None) -> Iterator[Issue]:
    home = releases
    while not home.is_dir():
        # Whoever removes a release may remove its folder with it.
        home = home.parent
    if not has_revision(home, against or "HEAD"):
        if against is not None:
            raise UsageError("no such revision", where=str(home), found=repr(against))
        return
    for word, path in altered_since(home, against or "HEAD"):
        if path.is_relative_to(releases):
            what = f"a file of a release was {'removed' if word == 'gone' else 'changed'} since {against or 'HEAD'}"
            hint = f"git checkout {against or 'HEAD'} -- {shown_path(path)}"
            yield _issue("RELEASE_ALTERED", shown_path(path), what, hint=hint)


def _issue(
    code: str,
    file: str,
    message: str,
    expected: str | None = None,
    found: str | None = None,
    hint: str | None = None,
    *,
    path: str = "$",
) -> Issue:
    return Issue(file, path, code, "error", message, expected or "", found or "", hint or "")
