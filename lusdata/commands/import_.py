"""Turn a folder of your own, or a public collection's metadata, into manifests.

'lusdata import folder DIR --labels TABLE --out mine' makes a private collection of your own recordings: it says how it
understood every column, which files have no row, and who would be one patient, and writes when nothing is open.
--dry-run shows the same and writes nothing. Run it again when more clips came: only what is new is looked at.

Of a public collection every row becomes a manifest or a line of CURATION.md that says why not. Files under --media are
decoded and pinned: digest, size, technical facts and fingerprint. Of files that are not there these come from the
manifests of --pins, and from what an older manifest in the output folder already has. Recordings that another
collection of lusdata has, by digest, address, name, pictures or publication, are told and joined to its groups. The
same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.catalog.importers.table import IMPORTERS
from lusdata.commands.importing import folder as importing
from lusdata.errors import DataError, UsageError

if TYPE_CHECKING:
    from lusdata.catalog.importers.common import Imported
    from lusdata.catalog.importers.known import Known

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "folder clips --labels labels.csv --out mine --dry-run": "how a folder and its table are understood",
    "folder clips --labels labels.csv --out mine --map patient=pid,class=diagnosis": "state two columns",
    "pocus upstream --media media": "a public collection's metadata",
}
"""Arguments, each with what such a call does; in the help."""

_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    folders = "; ".join(f"{name}: {importer.folder}" for name, importer in IMPORTERS.items())
    parser.add_argument("collection", choices=("folder", *IMPORTERS), help="what is imported")
    parser.add_argument("folder", metavar="DIR", help=f"your recordings, or the upstream metadata ({folders})")
    parser.add_argument(
        "--media", metavar="DIR", help="folder of the files, laid out as upstream (default for a checkout: DIR itself)"
    )
    parser.add_argument(
        "--pins",
        metavar="FILE|DIR",
        type=Path,
        action="append",
        default=[],
        help="manifests, in a folder or one a line, that have digests of files which are not there",
    )
    parser.add_argument(
        "--since",
        metavar="DATE",
        type=_day,
        help="day from which a recording takes part whose manifest was there and gets its digest now (default: today)",
    )
    parser.add_argument("--out", metavar="DIR", help="folder of the manifests (default of public ones: manifests/NAME)")
    importing.configure(parser)


def _day(text: str) -> str:
    return datetime.date.fromisoformat(text).isoformat()


def run(args: argparse.Namespace) -> int:
    """Draft, pin and write; return the exit code."""
    if args.collection == "folder":
        if other := next((name for name in ("media", "pins", "since") if getattr(args, name)), None):
            raise UsageError("an option for public collections", where=f"--{other}", hint="leave it out")
        return importing.run(args)
    if given := [name for name in importing.OPTIONS if getattr(args, name) is not None]:
        where = f"--{given[0].replace('_', '-').replace('licence', 'license')}"
        raise UsageError("an option for a folder of your own", where=where, hint="leave it out")
    folder = Path(args.folder)
    if not folder.is_dir():
        raise UsageError("no such folder", where=args.folder, expected="the folder of the upstream metadata")
    media = _media_folder(args, folder)
    here = () if media is None else tuple(sorted(_files(media)))
    imported = IMPORTERS[args.collection].imported(folder, here)
    out = Path(args.out) if args.out else Path("manifests") / args.collection
    since = args.since or datetime.datetime.now(datetime.UTC).date().isoformat()
    pins = _pins(args.pins, imported)
    manifests, faults = _pinned(imported, media, out, pins, since=since)
    manifests, known = _joined(imported, manifests)
    _write(imported, manifests, faults, known, out)
    _report(imported, manifests, faults, known, out)
    return 1 if faults else 0


def _media_folder(args: argparse.Namespace, folder: Path) -> Path | None:
    if args.media is None:
        return folder if IMPORTERS[args.collection].media_is_folder else None
    if not Path(args.media).is_dir():
        raise UsageError("no such folder", where=args.media, expected="the folder of the files")
    return Path(args.media)


def _files(media: Path) -> Iterator[str]:
    for path in media.rglob("*"):
        if path.is_file():
            yield path.relative_to(media).as_posix()


def _pins(sources: list[Path], imported: Imported) -> dict[str, dict[str, Any]]:
    """Return the manifests with digests of all that is named; each must be of a recording that is imported."""
    from lusdata.catalog.importers.pins import joined, read_pins

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
    from lusdata.catalog.importers.pins import joined, with_pin
    from lusdata.media.facts import pin

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
    from lusdata.catalog.importers.known import known_elsewhere, of_other_collections, with_links

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
    from lusdata.catalog.manifest import read_data
    from lusdata.catalog.migrate import migrate_data

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
    from lusdata.atomic import write_text
    from lusdata.catalog.folders import ABOUT
    from lusdata.catalog.importers.curation import curation_log
    from lusdata.catalog.manifest import dumps, write_manifest

    out.mkdir(parents=True, exist_ok=True)
    for data in manifests:
        write_manifest(out / _file_name(data), data)
    # A draft, which people correct: what stands there is theirs.
    if imported.about and not (out / ABOUT).exists():
        write_text(out / ABOUT, dumps(imported.about))
    # Written last: a log that is there speaks of manifests that are there.
    write_text(out / "CURATION.md", curation_log(imported, manifests, faults, known))


def _report(
    imported: Imported, manifests: list[dict[str, Any]], faults: Mapping[str, str], known: list[Known], out: Path
) -> None:
    from lusdata.catalog.folders import json_files

    included = sum(data["status"]["state"] == "included" for data in manifests)
    pinned = sum("sha256" in data["source"] for data in manifests)
    lines = [
        f"{imported.rows} rows, {len(manifests)} manifests, {len(imported.unmade)} rows without one",
        f"{included} included, {len(manifests) - included} excluded, {pinned} with a digest",
        f"written to {out}; why is in {out / 'CURATION.md'}",
    ]
    if same := {one.recording for one in known if one.agrees != "publication"}:
        there = ", ".join(sorted({one.other.id.split("/")[0] for one in known}))
        lines.append(f"{len(same)} are in other collections already ({there}), and joined to their groups there")
    made = {_file_name(data) for data in manifests}
    stale = sorted(path.name for path in json_files(out) if path.name not in made)
    if stale:
        shown = ", ".join(stale[:_SHOWN]) + (" …" if len(stale) > _SHOWN else "")
        lines.append(f"{len(stale)} manifests there are not made by this import and were left as they are: {shown}")
    lines += [f"not pinned: {identifier}: {fault}" for identifier, fault in sorted(faults.items())]
    sys.stdout.write("\n".join(lines) + "\n")
