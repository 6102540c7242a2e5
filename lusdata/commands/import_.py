"""Turn a public collection's metadata into manifests.

Every row becomes a manifest or a line of CURATION.md that says why not. Files under --media are decoded and pinned:
digest, size, technical facts and fingerprint. Files that are not there give manifests without them; what an older
manifest in the output folder already has of the same file is kept. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.errors import DataError, UsageError

if TYPE_CHECKING:
    from lusdata.catalog.importers.common import Imported

__all__ = ["configure", "run"]

_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("collection", choices=("pocus", "blues"), help="which importer")
    parser.add_argument("folder", metavar="DIR", help="folder of the upstream metadata")
    parser.add_argument(
        "--media", metavar="DIR", help="folder of the files, laid out as upstream (default for blues: DIR itself)"
    )
    parser.add_argument("--out", metavar="DIR", help="folder of the manifests (default: manifests/COLLECTION)")


def run(args: argparse.Namespace) -> int:
    """Draft, pin and write; return the exit code."""
    folder = Path(args.folder)
    if not folder.is_dir():
        raise UsageError("no such folder", where=args.folder, expected="the folder of the upstream metadata")
    media = _media_folder(args, folder)
    imported = _draft(args.collection, folder, media)
    out = Path(args.out) if args.out else Path("manifests") / args.collection
    manifests, faults = _pinned(imported, media, out)
    _write(imported, manifests, faults, out)
    _report(imported, manifests, faults, out)
    return 1 if faults else 0


def _media_folder(args: argparse.Namespace, folder: Path) -> Path | None:
    if args.media is None:
        return folder if args.collection == "blues" else None
    if not Path(args.media).is_dir():
        raise UsageError("no such folder", where=args.media, expected="the folder of the files")
    return Path(args.media)


def _draft(collection: str, folder: Path, media: Path | None) -> Imported:
    here = () if media is None else tuple(sorted(_files(media)))
    if collection == "pocus":
        from lusdata.catalog.importers.pocus import collection as pocus

        return pocus.draft(pocus.read(folder, here))
    from lusdata.catalog.importers import blues

    return blues.draft(blues.read(folder))


def _files(media: Path) -> Iterator[str]:
    for path in media.rglob("*"):
        if path.is_file():
            yield path.relative_to(media).as_posix()


def _pinned(imported: Imported, media: Path | None, out: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the manifests with digests, and for each file that cannot be pinned the reason."""
    from lusdata.media.facts import pin

    manifests, faults, lost = [], {}, []
    for draft in imported.drafts:
        data = draft
        file = _file(draft, media)
        before = _before(draft, out)
        if file is not None:
            try:
                data = pin(_with_pin_of(draft, before) if before else draft, file)
            except DataError as error:
                faults[draft["id"]] = f"{error.what}" + (f", {error.found}" if error.found else "")
        elif before and before["source"].get("path") == draft["source"].get("path"):
            data = _with_pin_of(draft, before)
        elif before:
            lost.append(draft["id"])
        manifests.append(data)
    if lost:
        raise DataError(
            "the import would drop digests that the manifests there have; nothing was written",
            where=str(out),
            found=f"{len(lost)} such manifests, {lost[0]} first",
            hint="give --media with their files, or another --out",
        )
    return manifests, faults


def _file(draft: Mapping[str, Any], media: Path | None) -> Path | None:
    path = draft["source"].get("path")
    if media is None or path is None:
        return None
    file = media / path
    return file if file.is_file() else None


def _before(draft: Mapping[str, Any], out: Path) -> dict[str, Any] | None:
    """Return the manifest that is there already, if it has a digest."""
    from lusdata.catalog.manifest import read_data

    path = out / _file_name(draft)
    if not path.is_file():
        return None
    data = read_data(path)
    is_pinned = isinstance(data, dict) and isinstance(data.get("source"), dict) and "sha256" in data["source"]
    return data if is_pinned else None


def _with_pin_of(draft: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    facts = {key: before["source"][key] for key in ("sha256", "size_bytes") if key in before["source"]}
    media = {key: before[key] for key in ("media", "fingerprint") if key in before}
    return {**draft, "source": {**draft["source"], **facts}, **media}


def _file_name(data: Mapping[str, Any]) -> str:
    return f"{data['id'].split('/')[1]}.json"


def _write(imported: Imported, manifests: list[dict[str, Any]], faults: Mapping[str, str], out: Path) -> None:
    from lusdata.atomic import write_text
    from lusdata.catalog.importers.curation import curation_log
    from lusdata.catalog.manifest import write_manifest

    out.mkdir(parents=True, exist_ok=True)
    for data in manifests:
        write_manifest(out / _file_name(data), data)
    # Written last: a log that is there speaks of manifests that are there.
    write_text(out / "CURATION.md", curation_log(imported, manifests, faults))


def _report(imported: Imported, manifests: list[dict[str, Any]], faults: Mapping[str, str], out: Path) -> None:
    from lusdata.catalog.folders import json_files

    included = sum(data["status"]["state"] == "included" for data in manifests)
    pinned = sum("sha256" in data["source"] for data in manifests)
    lines = [
        f"{imported.rows} rows, {len(manifests)} manifests, {len(imported.unmade)} rows without one",
        f"{included} included, {len(manifests) - included} excluded, {pinned} with a digest",
        f"written to {out}; why is in {out / 'CURATION.md'}",
    ]
    made = {_file_name(data) for data in manifests}
    stale = sorted(path.name for path in json_files(out) if path.name not in made)
    if stale:
        shown = ", ".join(stale[:_SHOWN]) + (" …" if len(stale) > _SHOWN else "")
        lines.append(f"{len(stale)} manifests there are not made by this import and were left as they are: {shown}")
    lines += [f"not pinned: {identifier}: {fault}" for identifier, fault in sorted(faults.items())]
    sys.stdout.write("\n".join(lines) + "\n")
