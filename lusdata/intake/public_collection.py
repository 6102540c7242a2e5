"""Turning a public collection's metadata, and the files of it that are there, into a folder of manifests."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lusdata.atomic import write_text
from lusdata.catalog.folders import ABOUT, json_files
from lusdata.catalog.importers.common import Imported
from lusdata.catalog.importers.curation import curation_log
from lusdata.catalog.importers.other_collections import Known, known_elsewhere, of_other_collections, with_links
from lusdata.catalog.importers.pins import joined, read_pins, with_pin
from lusdata.catalog.importers.table import IMPORTERS
from lusdata.catalog.manifest import dumps, read_data, write_manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.schema import schema_faults
from lusdata.errors import DataError, UsageError
from lusdata.media.facts import pin

__all__ = ["ImportedCollection", "import_collection"]


@dataclass(frozen=True)
class ImportedCollection:
    """What became of an import.

    Attributes
    ----------
    imported : Imported
        Every row, and what was decided of it.
    manifests : tuple of dict
        What was written, sorted by id.
    faults : Mapping of str to str
        For each recording whose file cannot be pinned the reason.
    known : tuple of Known
        The recordings that other collections have already.
    out : Path
        The folder of the manifests.
    """

    imported: Imported
    manifests: tuple[dict[str, Any], ...]
    faults: Mapping[str, str]
    known: tuple[Known, ...]
    out: Path

    @property
    def stale(self) -> tuple[str, ...]:
        """Manifests in the folder that this import did not make."""
        made = {_file_name(data) for data in self.manifests}
        return tuple(sorted(path.name for path in json_files(self.out) if path.name not in made))

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        states = Counter(data["status"]["state"] for data in self.manifests)
        return {
            "collection": self.imported.collection,
            "out": str(self.out),
            "rows": self.imported.rows,
            "manifests": len(self.manifests),
            "included": states["included"],
            "excluded": len(self.manifests) - states["included"],
            "with_digest": sum("sha256" in data["source"] for data in self.manifests),
            "unmade": [asdict(row) for row in self.imported.unmade],
            "known": [{"recording": one.recording, "other": one.other.id, "agrees": one.agrees} for one in self.known],
            "stale": list(self.stale),
            "not_pinned": dict(sorted(self.faults.items())),
        }


def import_collection(
    name: str,
    folder: Path,
    *,
    out: Path,
    media: Path | None = None,
    pins: Iterable[Path] = (),
    since: str | None = None,
) -> ImportedCollection:
    """Write a manifest for every row of a public collection's metadata, and a log of what was decided.

    Parameters
    ----------
    name : str
        A key of `lusdata.catalog.importers.table.IMPORTERS`.
    folder : Path
        The upstream metadata.
    out : Path
        Folder of the manifests. What an older manifest there knows of a file is kept.
    media : Path, optional
        Folder of the files, laid out as upstream; by default `folder`, where a checkout holds both.
    pins : iterable of Path
        Manifests with digests of files that are not there.
    since : str, optional
        Day from which a recording takes part whose manifest was there and gets its digest now; today by default.

    Returns
    -------
    ImportedCollection
        What was written.

    Raises
    ------
    UsageError
        If a folder does not exist.
    DataError
        If the metadata are not as expected, two rows become one recording, a row becomes no valid manifest, or digests
        would be lost; nothing is written then.
    OutsideError
        If a file cannot be read or written.
    """
    if not folder.is_dir():
        raise UsageError("no such folder", where=str(folder), expected="the folder of the upstream metadata")
    if media is not None and not media.is_dir():
        raise UsageError("no such folder", where=str(media), expected="the folder of the files")
    if media is None and IMPORTERS[name].media_is_folder:
        media = folder
    imported = IMPORTERS[name].imported(folder, () if media is None else tuple(sorted(_files(media))))
    _require_each_once(imported)
    since = since or datetime.datetime.now(datetime.UTC).date().isoformat()
    manifests, faults = _pinned(imported, media, out, _pins(pins, imported), since=since)
    manifests, known = _joined(imported, manifests)
    _require_valid(imported, manifests)
    _write(imported, manifests, faults, known, out)
    return ImportedCollection(imported, tuple(manifests), faults, tuple(known), out)


def _files(media: Path) -> Iterator[str]:
    for path in media.rglob("*"):
        if path.is_file():
            yield path.relative_to(media).as_posix()


def _require_each_once(imported: Imported) -> None:
    counts = Counter(draft["id"] for draft in imported.drafts)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise DataError(
            "two rows become one recording, and one of them would be lost; nothing was written",
            where=imported.collection,
            expected="each id once",
            found=f"{twice[0]} {counts[twice[0]]} times",
        )


def _require_valid(imported: Imported, manifests: Sequence[Mapping[str, Any]]) -> None:
    for data in manifests:
        faults = schema_faults(data)
        if faults:
            raise DataError(
                f"a row becomes no valid manifest, so that nothing was written: {faults[0].message}",
                where=f"row {imported.row_of.get(data['id'], 0)}, {data['id']} {faults[0].json_path}",
                expected=faults[0].expected,
                found=faults[0].found,
            )


def _pins(sources: Iterable[Path], imported: Imported) -> dict[str, dict[str, Any]]:
    """Return the manifests with digests of all that is named; each must be of a recording that is imported."""
    pins: dict[str, dict[str, Any]] = {}
    known = {draft["id"] for draft in imported.drafts}
    for source in sources:
        for identifier, data in read_pins(source).items():
            if identifier not in known:
                hint = "leave it out, or import the collection that it belongs to"
                raise DataError(
                    "digest of a recording that is not imported", where=str(source), found=identifier, hint=hint
                )
            pins[identifier] = joined(pins.get(identifier), data, where=str(source))
    return pins


def _pinned(
    imported: Imported, media: Path | None, out: Path, pins: Mapping[str, dict[str, Any]], *, since: str
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the manifests with digests, and for each file that cannot be pinned the reason."""
    manifests, faults, lost = [], {}, []
    for draft in imported.drafts:
        before, file = _before(draft, out), _file(draft, media)
        was_seen = before is not None and "sha256" in before["source"]
        known = with_pin(draft, pins[draft["id"]]) if draft["id"] in pins else None
        if before is not None and was_seen:
            if before["source"].get("path") == draft["source"].get("path"):
                known = with_pin(draft, joined(before, known or before, where=str(out / _file_name(draft))))
            elif known is None and file is None:
                lost.append(draft["id"])
        data = known or draft
        if file is not None:
            try:
                data = pin(data, file)
            except DataError as error:
                data = draft
                faults[draft["id"]] = f"{error.what}" + (f", {error.found}" if error.found else "")
            else:
                if known is not None:
                    joined(known, data, where=str(file))
        if before is not None and not was_seen and "sha256" in data["source"]:
            data = {**data, "status": {**data["status"], "since": max(data["status"]["since"], since)}}
        manifests.append(data)
    if lost:
        raise DataError(
            "the import would drop digests that the manifests there have; nothing was written",
            where=str(out),
            found=f"{len(lost)} such manifests, {lost[0]} first",
            hint="give --media with their files, --pins with their facts, or another --out",
        )
    return manifests, faults


def _joined(imported: Imported, manifests: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Known]]:
    """Return the manifests joined to what other collections have, and what that is."""
    known = known_elsewhere(manifests, of_other_collections(imported.collection))
    of: dict[str, list[Known]] = defaultdict(list)
    for one in known:
        of[one.recording].append(one)
    return [with_links(data, of[data["id"]]) for data in manifests], known


def _file(draft: Mapping[str, Any], media: Path | None) -> Path | None:
    path = draft["source"].get("path")
    if media is None or path is None:
        return None
    file = media / path
    return file if file.is_file() else None


def _before(draft: Mapping[str, Any], out: Path) -> dict[str, Any] | None:
    """Return the manifest that is there already, in the newest schema version."""
    path = out / _file_name(draft)
    if not path.is_file():
        return None
    try:
        return migrate_data(read_data(path))[1]
    except DataError as error:
        error.where = str(path)
        raise


def _file_name(data: Mapping[str, Any]) -> str:
    return f"{data['id'].split('/')[1]}.json"


def _write(
    imported: Imported, manifests: list[dict[str, Any]], faults: Mapping[str, str], known: list[Known], out: Path
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for data in manifests:
        write_manifest(out / _file_name(data), data)
    # A draft, which people correct: what stands there is theirs.
    if imported.about and not (out / ABOUT).exists():
        write_text(out / ABOUT, dumps(imported.about))
    # Written last: a log that is there speaks of manifests that are there.
    write_text(out / "CURATION.md", curation_log(imported, manifests, faults, known))
