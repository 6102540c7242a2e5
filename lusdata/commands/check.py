"""Check what changed in manifests, as a pull request is checked, and print a summary in Markdown.

The change is held against the commit at which it left the main branch; what is not committed yet counts, too. Looks at
rules, ids, duplicates by digest and by pixels, rights, folds, and files that may not be there. With --out or --pictures
the recordings are drawn, where their files can be had. Exits 1 on an error, 0 with warnings.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.errors import OutsideError, UsageError
from lusdata.wording import counted

if TYPE_CHECKING:
    from lusdata.publish.review.pictures import PictureMaker
    from lusdata.publish.review.review import Review

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "": "what changed since the main branch",
    "pocus --against v1.0.0 --out review.md": "one collection since a tag, with pictures",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "passes": "false on an error",
    "base": "the commit that was compared with",
    "broken": "files that cannot be read",
    "notes": "remarks",
    "errors": "number of errors",
    "warnings": "number of warnings",
    "issues": "findings: file, json_path, code, level, message, expected, found, hint",
    "collections": "what changed in each",
    "alike": "recordings that look alike",
    "compared": "how many were compared",
    "pictures": "by recording, those that were drawn",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        metavar="PATH|COLLECTION",
        help="look only at the change of these (default: everything that differs)",
    )
    add("--against", metavar="REV", help="branch, tag or commit to compare with (default: the main branch)")
    add("--tracked", action="store_true", help="leave out new files that git does not track yet")
    add("--out", metavar="FILE.md", type=Path, help="also write the summary to this file, with pictures in it")
    add(
        "--pictures",
        metavar="DIR",
        type=Path,
        help="folder for the pictures (default: with --out, a folder of its name beside it)",
    )
    add(
        "--mirror",
        metavar="DIR",
        action="append",
        default=[],
        help="folder that holds recordings under the manifests' source.path; may be given several times",
    )
    add("--cache", metavar="DIR", type=Path, help="cache folder (default: LUSDATA_CACHE, else the user's cache folder)")
    add("--fetch", action="store_true", help="for pictures, also fetch recordings from where they were published")
    add("--publishable", action="store_true", help="draw only what may be passed on, for a page that others can see")
    add("--rules", action="store_true", help="list every code that only a change can break, and stop")
    add("--json", action="store_true", help="print one JSON document instead of Markdown")


def run(args: argparse.Namespace) -> int:
    """Print the review; 1 if a finding is an error."""
    from lusdata.publish.review.markdown import render
    from lusdata.publish.review.places import find_places
    from lusdata.publish.review.repository import open_repository
    from lusdata.publish.review.review import make_review

    if args.rules:
        print(_rules(as_json=args.json))
        return 0
    gallery = _gallery(args)
    start = Path.cwd()
    repository = open_repository(_folder_of(args.paths, start), sees_untracked=not args.tracked)
    base = repository.base(args.against)
    files = repository.files() | repository.base_files(base)
    places = find_places(repository.root, args.paths, files=files, start=start)
    review = make_review(repository, base, places, gallery=gallery)
    if args.out is not None:
        _write(args.out, render(review, beside=args.out.parent))
    if args.json:
        print(json.dumps(review.as_dict(), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(render(review))
    if args.out is not None:
        sys.stderr.write(f"written: {args.out}{_drawn(review, gallery)}\n")
    return 0 if review.passes else 1


def _gallery(args: argparse.Namespace) -> PictureMaker | None:
    """Return how pictures are made, or None if nobody asks for any."""
    out: Path | None = args.out
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        found = "a folder" if out.is_dir() else "no such folder"
        raise UsageError("cannot write the summary there", where=str(out), expected="a file in a folder", found=found)
    folder: Path | None = args.pictures
    if folder is None and out is not None:
        folder = out.with_name(f"{out.stem}-pictures")
    if folder is None:
        given = [f"--{name}" for name in ("mirror", "cache", "fetch", "publishable") if getattr(args, name)]
        if given:
            hint = "add --out FILE.md or --pictures DIR"
            raise UsageError("this option is about pictures, and none are asked for", where=", ".join(given), hint=hint)
        return None
    from lusdata.media.cache import cache_dir
    from lusdata.publish.review.pictures import PictureMaker

    # Copies that `lusdata add` made lie there, under the path that the manifest names.
    own = cache_dir() / "contributions"
    mirrors = [*args.mirror, *([own] if own.is_dir() else [])]
    return PictureMaker(folder, mirrors, args.cache, online=args.fetch, publishable=args.publishable)


def _folder_of(paths: list[str], start: Path) -> Path:
    """Return a folder of the repository that is meant: that of the first path, or where the user stands."""
    for name in paths:
        path = Path(name).expanduser()
        if path.is_absolute() or "/" in name:
            folder = start / path
            while not folder.is_dir():
                folder = folder.parent
            return folder
    return start


def _write(path: Path, text: str) -> None:
    from lusdata.atomic import write_text

    try:
        write_text(path, text)
    except OSError as error:
        raise OutsideError("cannot write the summary", where=str(path), found=error.strerror) from error


def _drawn(review: Review, gallery: PictureMaker | None) -> str:
    count = sum(picture.path is not None for found in (review.pictures or {}).values() for picture in found)
    if gallery is None or not count:
        return ", without pictures"
    return f", {counted(count, 'picture')} in {gallery.folder}"


def _rules(*, as_json: bool) -> str:
    from lusdata.publish.review.codes import CHANGE_RULES

    rows = [{"code": code, "level": level, "sentence": text} for code, (level, text) in CHANGE_RULES.items()]
    if as_json:
        return json.dumps({"rules": rows}, indent=2, ensure_ascii=False)
    width = max(map(len, CHANGE_RULES))
    return "\n".join(f"{row['level']:<7} {row['code']:<{width}}  {row['sentence']}" for row in rows)
