"""Mutated manifests: validated, migrated, dealt into folds and audited; jsonschema judges what is accepted.

Everything hangs on the seed and the number of a try. A file that fails is kept under a name that says both, and is
tried again by ``python -m benchmarks.harden.manifests FILE ...``.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.harden.crew import ask, serve
from benchmarks.harden.home import ROOT, Home
from benchmarks.harden.tally import Tally
from benchmarks.harden.texts import changed_text

__all__ = ["TRIES", "failures_of", "mutant", "run"]

TRIES = 50_000
_DEADLINE_S = 60.0
_EVERY = 15
"""Of the shipped manifests: there are hundreds of few forms."""

T = TypeVar("T")


@cache
def _seeds() -> tuple[dict[str, Any], ...]:
    """Return manifests of every schema version: golden ones that show every field, and some of the shipped ones."""
    from lusdata.catalog.schema import schema_faults, versions

    paths = sorted((ROOT / "tests" / "data" / "manifests").glob("*/*/manifest.json"))
    paths += [path for path in sorted((ROOT / "manifests").glob("*/*.json")) if path.name != "collection.json"][
        ::_EVERY
    ]
    found = []
    for path in paths:
        try:
            data = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(data, dict) and (version := data.get("schema_version")) in versions():
            found += [] if schema_faults(data, version) else [data]
    return tuple(found)


def mutant(seed: int, number: int) -> tuple[str, bytes]:
    """Return the name and the bytes of one try: the manifests take turns."""
    data = _seeds()[number % len(_seeds())]
    return f"manifest-{seed}-{number}.json", changed_text(data, random.Random(f"{seed} {number}"))


def run(home: Home, *, tries: int, seed: int) -> list[Tally]:
    """Read `tries` mutated manifests; return one row."""
    tally = Tally("mutated manifests")
    arguments = ["--serve", str(seed)]
    for answer in ask("benchmarks.harden.manifests", arguments, range(tries), deadline_s=_DEADLINE_S):
        tally.tries += 1
        if answer.failures:
            name, data = mutant(seed, answer.number)
            home.keep(name, data)
            for failure, what in answer.failures:
                tally.fail(failure, f"{name}: {what}")
    return [tally]


def failures_of(path: Path) -> list[tuple[str, str]]:
    """Hand one file to everything that reads manifests, and return what fails."""
    from lusdata.catalog.migrate import migrate_data
    from lusdata.catalog.reading import read_data
    from lusdata.catalog.validate import check_files

    found: list[tuple[str, str]] = []
    checked = _tried(lambda: check_files([path], strict=True, release=True), "validate", found)
    if checked is not None:
        found += [
            ("traceback", f"validate: more than a line: {one!r}")
            for one in checked.issues
            if not str(one).isprintable()
        ]
    data = _tried(lambda: read_data(path), "read", found)
    migrated = None if data is None else _tried(lambda: migrate_data(data)[1], "migrate", found)
    if migrated is not None and not _judge(str(migrated["schema_version"])).is_valid(migrated):
        found.append(("silent wrong value", "migrated into what the schema refuses"))
    if checked is None or not checked.manifests:
        return found
    if refused := _refused(path):
        found.append(("silent wrong value", f"accepted, but {refused}"))
    for manifest in checked.manifests:
        _used(manifest, found)
    return found


def _refused(path: Path) -> str:
    """Return why the judge refuses a file: jsonschema, and the grammar of JSON with every key once."""

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            message = "a key stands twice"
            raise ValueError(message)
        return dict(pairs)

    def constant(name: str) -> Any:
        message = f"{name} is no JSON"
        raise ValueError(message)

    try:
        data = json.loads(path.read_bytes().decode("utf-8"), object_pairs_hook=once, parse_constant=constant)
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except ValueError as error:
        return str(error)
    error = next(_judge(data["schema_version"]).iter_errors(data), None)
    return "" if error is None else f"jsonschema says: {error.message}"


@cache
def _judge(version: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads((ROOT / "schemas" / "manifest" / f"{version}.json").read_bytes()))


@cache
def _others() -> tuple[Any, ...]:
    from lusdata.catalog.manifest import Manifest
    from lusdata.catalog.open_collection import open_collection

    found: tuple[Manifest, ...] = open_collection("pocus").included[:8]
    return found


def _used(manifest: Any, found: list[tuple[str, str]]) -> None:
    """Deal an accepted manifest into folds beside others, and audit them."""
    from lusdata.catalog.collection import Collection
    from lusdata.splits.audit.report import audit_split
    from lusdata.splits.audit.split import split_of_table
    from lusdata.splits.folds.make import make_folds

    manifests = (manifest, *(one for one in _others() if one.id != manifest.id))
    collection = Collection("mixed", Path(), manifests)
    for by in ("patient", "video", "source"):
        table = _tried(lambda by=by: make_folds(manifests, by=by, k=2, unknown="together"), f"folds by {by}", found)
        if table is not None and by == "patient":
            split = split_of_table(table, manifests, source="harden")
            _tried(lambda split=split: audit_split(collection, split).as_dict(), "audit", found)


def _tried(call: Callable[[], T], name: str, found: list[tuple[str, str]]) -> T | None:
    from lusdata.errors import LusdataError

    try:
        return call()
    except LusdataError as error:
        if not str(error).isprintable():
            found.append(("traceback", f"{name}: more than a line: {error!r}"))
    except Exception as error:
        found.append(("traceback", f"{name}: {type(error).__name__}: {error}"))
    return None


def _serve(seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="harden-manifests-") as scratch:

        def make_try(number: int) -> list[tuple[str, str]]:
            # Of a folder as people have it: the collection's name comes from the id, which is what changes.
            path = Path(scratch) / "pocus" / "manifest.json"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(mutant(seed, number)[1])
            return failures_of(path)

        serve(make_try)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        _serve(int(sys.argv[2]))
    else:
        for argument in sys.argv[1:]:
            sys.stdout.write(f"{argument}: {failures_of(Path(argument)) or 'nothing fails'}\n")
