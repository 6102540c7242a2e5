"""The house rules that a reader of one file cannot see: who may import whom, and where each package enters.

Every rule is a function from sources to faults, so that each is also tested on a small house built to break it.
"""

from __future__ import annotations

import ast
import fnmatch
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import lusdata

PACKAGE = Path(lusdata.__file__).parent
ROOT = PACKAGE.parent

# Rooms in the order the data walks. A room imports itself and what stands left of it, never what stands right.
ROOMS = ("foundation", "catalog", "splits", "releases", "media", "intake", "dataset", "publish", "commands", "hall")
FOUNDATION = (
    "lusdata.wording",
    "lusdata.markdown",
    "lusdata.errors",
    "lusdata.atomic",
    "lusdata.budget",
    "lusdata.intact",
    "lusdata.scratch",
    "lusdata.signals",
    "lusdata.limits",
    "lusdata.serving",
    "lusdata.workers",
    "lusdata.suggestion",
    "lusdata.arguments",
    "lusdata.terminal",
    "lusdata.progress",
    "lusdata.completion",
    "lusdata.command_parser",
    "lusdata.command_line",
)
HALL = ("lusdata", "lusdata.cli", "lusdata.__main__")

# One third-party package, one door: the files that may import it. A package that is not listed may not be imported.
DOORS = {
    "argcomplete": ("lusdata.completion",),
    "PIL": ("lusdata.media.decode*", "lusdata.media.beside.stills"),
    "av": ("lusdata.media.beside.streams", "lusdata.media.decode*", "lusdata.media.lossless", "lusdata.media.phantom*"),
    "cv2": ("lusdata.media.*",),
    "datasets": ("lusdata.publish.*",),
    "google_crc32c": ("lusdata.dataset.formats.tfrecord",),
    "imageio_ffmpeg": ("lusdata.media.decode.fallback",),
    "jsonschema": ("lusdata.catalog.schema",),
    "numpy": (
        "lusdata.catalog.fingerprint",
        "lusdata.catalog.likeness",
        "lusdata.catalog.near_duplicates",
        "lusdata.splits.*",
        "lusdata.media.*",
        "lusdata.intake.*",
        "lusdata.dataset.*",
        "lusdata.publish.*",
        "lusdata.commands.demo",
    ),
    "openpyxl": ("lusdata.catalog.workbook",),
    "pandas": ("lusdata.dataset.*",),
    "platformdirs": ("lusdata.media.cache",),
    "pyarrow": ("lusdata.dataset.*", "lusdata.publish.export.hub_rows"),
    "pydicom": ("lusdata.media.dicom*",),
    "ray": ("lusdata.dataset.*",),
    "requests": ("lusdata.media.fetch*",),
    "tensorflow": ("lusdata.dataset.*",),
    "torch": ("lusdata.dataset.*",),
    "tqdm": ("lusdata.progress",),
    "urllib3": ("lusdata.media.fetch.body", "lusdata.media.fetch.http", "lusdata.media.fetch.session"),
}
# Only inside the function that needs them: they are extras, and slow to load.
IN_FUNCTIONS_ONLY = {"argcomplete", "datasets", "jsonschema", "openpyxl", "pydicom", "ray", "tensorflow", "torch"}
# What neither `import lusdata` nor `lusdata --help` may load.
HEAVY = (
    "argcomplete",
    "difflib",
    "numpy",
    "pandas",
    "pyarrow",
    "cv2",
    "av",
    "PIL",
    "tensorflow",
    "keras",
    "torch",
    "ray",
    "jsonschema",
    "requests",
    "tqdm",
)

# Modules that only decide. They touch no file, no network, no clock and no shared randomness.
PURE = (
    "lusdata.budget",
    "lusdata.catalog.age",
    "lusdata.catalog.groups",
    "lusdata.catalog.joining.about",
    "lusdata.catalog.joining.copies",
    "lusdata.catalog.leads",
    "lusdata.catalog.rights",
    "lusdata.catalog.rules.*",
    "lusdata.splits.folds.census",
    "lusdata.splits.folds.dealer",
    "lusdata.splits.folds.make",
    "lusdata.dataset.recipe",
    "lusdata.intake.folder.changes",
    "lusdata.intake.folder.columns",
    "lusdata.intake.folder.drafts",
    "lusdata.intake.folder.labels",
    "lusdata.intake.folder.match",
    "lusdata.intake.folder.rows",
    "lusdata.intake.folder.values",
    "lusdata.intake.grouping",
    "lusdata.intake.moments",
    "lusdata.media.beside.item",
    "lusdata.media.beside.judge",
    "lusdata.media.crop",
    "lusdata.media.dicom.colour",
    "lusdata.media.dicom.grey",
    "lusdata.media.dicom.mark",
    "lusdata.media.dicom.regions",
    "lusdata.media.dicom.tables",
    "lusdata.media.dicom.times",
    "lusdata.media.dicom.values",
    "lusdata.media.sample",
    "lusdata.publish.review.counts",
    "lusdata.publish.review.escape",
    "lusdata.publish.review.files",
    "lusdata.publish.review.fold_impact",
    "lusdata.publish.review.ids",
    "lusdata.publish.review.likeness",
)
IMPURE_IMPORTS = {"io", "os", "random", "requests", "shutil", "socket", "subprocess", "tempfile", "time", "urllib"}
IMPURE_CALLS = {
    "exists",
    "glob",
    "is_dir",
    "is_file",
    "iterdir",
    "mkdir",
    "open",
    "read_bytes",
    "read_text",
    "stat",
    "touch",
    "unlink",
    "write_bytes",
    "write_text",
}


@dataclass(frozen=True)
class Import:
    """One import: who, what, where, and whether it runs when the importing module is loaded."""

    importer: str
    target: str
    line: int
    at_load: bool
    for_types_only: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


def sources_of(folder: Path) -> dict[str, str]:
    """Return every module of a package with its source, keyed by dotted name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


@cache
def imports_of(name: str, source: str, *, is_package: bool = False) -> tuple[Import, ...]:
    """Return every import of one module; ``from a import b`` counts as ``a.b``, since b may be a module."""
    around = name.split(".") if is_package else name.split(".")[:-1]

    def walk(node: ast.AST, at_load: bool, types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(name, alias.name, child.lineno, at_load, types) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    base = ".".join([*around[: len(around) + 1 - child.level], *([base] if base else [])])
                yield from (Import(name, f"{base}.{a.name}", child.lineno, at_load, types) for a in child.names)
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            guard = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
            yield from walk(child, at_load and not inside, types or guard)

    return tuple(walk(ast.parse(source), True, False))


def all_imports(sources: Mapping[str, str]) -> list[Import]:
    packages = {name.rpartition(".")[0] for name in sources}
    return [
        found for name, source in sources.items() for found in imports_of(name, source, is_package=name in packages)
    ]


def room_of(module: str) -> str | None:
    """Return the room of a module of lusdata, or None for a module of a room that does not exist."""
    if module in FOUNDATION:
        return "foundation"
    if module in HALL:
        return "hall"
    room = module.split(".")[1]
    return room if room in ROOMS else None


def resolve(target: str, sources: Mapping[str, str]) -> str:
    """Return the module that an import target stands for: itself, or the module that holds the name."""
    return target if target in sources else target.rpartition(".")[0]


def homeless(sources: Mapping[str, str]) -> list[str]:
    return [f"{name} stands in no room" for name in sources if room_of(name) is None]


def rightward_imports(sources: Mapping[str, str]) -> list[str]:
    faults = []
    for found in all_imports(sources):
        target = resolve(found.target, sources)
        if target not in sources or found.for_types_only or target == "lusdata":
            continue
        here, there = room_of(found.importer), room_of(target)
        if here and there and ROOMS.index(there) > ROOMS.index(here):
            faults.append(f"{found}: {here} may not import {there}")
    return faults


def cycles(sources: Mapping[str, str]) -> list[str]:
    """Return one line per ring of modules that need each other to be loaded."""
    graph: dict[str, set[str]] = {name: set() for name in sources}
    for found in all_imports(sources):
        target = resolve(found.target, sources)
        if found.at_load and not found.for_types_only and target in sources and target != found.importer:
            graph[found.importer].add(target)
    reached = {name: _reached_from(name, graph) for name in graph}
    rings = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return sorted(" -> ".join(ring) for ring in rings)


def _reached_from(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - seen
        seen |= new
        waiting.extend(new)
    return seen


def wrong_doors(sources: Mapping[str, str], doors: Mapping[str, tuple[str, ...]] = DOORS) -> list[str]:
    faults = []
    for found in all_imports(sources):
        package = found.target.split(".")[0]
        if package in sys.stdlib_module_names or package == "lusdata":
            continue
        if package not in doors:
            faults.append(f"{found}: no door is listed for {package}")
        elif found.for_types_only:
            continue
        elif not any(fnmatch.fnmatch(found.importer, door) for door in doors[package]):
            faults.append(f"{found}: its doors are {', '.join(doors[package])}")
        # Every command loads the catalog, so nothing that stands there may be slow to load.
        elif found.at_load and (package in IN_FUNCTIONS_ONLY or room_of(found.importer) == "catalog"):
            faults.append(f"{found}: only inside the function that needs it")
    return faults


def impurities(name: str, source: str) -> list[str]:
    """Return what a module does besides deciding."""
    faults = [str(found) for found in imports_of(name, source) if found.target.split(".")[0] in IMPURE_IMPORTS]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in IMPURE_CALLS:
                faults.append(f"{name}:{node.lineno} calls {called}()")
    return faults


def loose_talk(sources: Mapping[str, str]) -> list[str]:
    """Return uses of print outside commands, and of assert anywhere: it guards no input and vanishes under -O.

    A print into a named stream is a message from one process to another, not talk to the user.
    """
    faults = []
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assert):
                faults.append(f"{name}:{node.lineno} asserts")
            talks = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
            if talks and room_of(name) != "commands" and "file" not in {keyword.arg for keyword in node.keywords}:
                faults.append(f"{name}:{node.lineno} prints")
    return faults


HOUSE = sources_of(PACKAGE)


def test_every_module_stands_in_a_room():
    assert homeless(HOUSE) == []


def test_rooms_import_only_leftwards():
    assert rightward_imports(HOUSE) == []


def test_no_modules_need_each_other():
    assert cycles(HOUSE) == []


def test_each_package_enters_by_its_door():
    assert wrong_doors(HOUSE) == []


def test_pure_modules_touch_nothing_outside():
    pure = [name for name in HOUSE if any(fnmatch.fnmatch(name, pattern) for pattern in PURE)]
    assert {"lusdata.catalog.groups", "lusdata.media.crop", "lusdata.media.sample"} <= set(pure)
    assert [fault for name in pure for fault in impurities(name, HOUSE[name])] == []


def test_library_code_neither_prints_nor_asserts():
    assert loose_talk(HOUSE) == []


def test_no_module_is_a_drawer_for_everything():
    assert [name for name in HOUSE if name.rsplit(".", 1)[-1] in {"utils", "util", "helpers", "misc"}] == []


def test_lusdata_never_imports_train():
    assert [str(found) for found in all_imports(HOUSE) if found.target.split(".")[0] == "train"] == []


# What train takes besides public names: the frame of both command lines with what it stands on, phantoms, and the copy
# of a DICOM file without its header, which users make by `lusdata add`.
SHARED_WITH_TRAIN = (
    *(f"lusdata.{name}" for name in ("atomic", "command_line", "progress", "scratch", "suggestion")),
    "lusdata.media.phantom",
)
TAKEN_BY_TRAIN = {"lusdata.intake.clean_copy.copy_of_dicom"}


def test_train_uses_only_public_names():
    public = {"lusdata"} | {f"lusdata.{name}" for name in lusdata.__all__}
    folder = ROOT / "train"
    sources = sources_of(folder) if folder.is_dir() else {}
    private = [
        found
        for found in all_imports(sources)
        if found.target.split(".")[0] == "lusdata"
        and found.target not in public
        and found.target.rpartition(".")[0] not in SHARED_WITH_TRAIN
    ]
    assert [str(found) for found in private if found.target not in TAKEN_BY_TRAIN] == []
    assert {found.target for found in private} == (TAKEN_BY_TRAIN if sources else set()), "no longer taken"


def test_the_extra_of_train_names_every_package_that_train_imports_and_lusdata_does_not_bring():
    cli = pytest.importorskip("train.cli", reason="the benchmark is not there")
    folder = Path(cli.__file__).parent
    imported = {found.target.split(".")[0] for found in all_imports(sources_of(folder))}
    # PyTorch gives the gradients where it is what Keras runs on.
    brought = {folder.name, "lusdata", "numpy", "pandas", "torch"}
    assert imported - sys.stdlib_module_names - brought == cli.EXTRA.packages


@pytest.mark.parametrize(
    "statement",
    ["import lusdata", "import lusdata, contextlib, lusdata.cli; lusdata.cli.main(['--help'])"],
    ids=["import lusdata", "lusdata --help"],
)
def test_starting_up_loads_nothing_heavy(statement):
    code = f"{statement}\nimport json, sys; print(); print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.splitlines()[-1]) == []


def test_a_rightward_import_is_found():
    house = {"lusdata.catalog.a": "from lusdata.media import b", "lusdata.media.b": "", "lusdata.media": ""}
    assert rightward_imports(house) == ["lusdata.catalog.a:1 imports lusdata.media.b: catalog may not import media"]


def test_a_rightward_import_inside_a_function_is_found():
    house = {"lusdata.errors": "def f():\n    from lusdata.cli import main", "lusdata.cli": "main = 1"}
    assert rightward_imports(house) == ["lusdata.errors:2 imports lusdata.cli.main: foundation may not import hall"]


def test_a_relative_import_is_followed():
    house = {"lusdata.catalog.a": "from ..media import b", "lusdata.media": "", "lusdata.media.b": ""}
    assert len(rightward_imports(house)) == 1


def test_a_relative_import_of_a_package_starts_in_the_package():
    house = {"lusdata.catalog": "from ..media import b\nfrom .a import c", "lusdata.catalog.a": "", "lusdata.media": ""}
    assert [found.target for found in all_imports(house)] == ["lusdata.media.b", "lusdata.catalog.a.c"]


def test_a_ring_is_found_and_a_ring_for_types_is_not():
    ring = {"lusdata.media.a": "import lusdata.media.b", "lusdata.media.b": "from lusdata.media.a import x"}
    typed = {**ring, "lusdata.media.b": "if TYPE_CHECKING:\n    from lusdata.media.a import x"}
    assert cycles(ring) == ["lusdata.media.a -> lusdata.media.b"]
    assert cycles(typed) == []


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("lusdata.catalog.a", "import requests", "its doors are"),
        ("lusdata.dataset.a", "import tensorflow as tf", "only inside the function"),
        ("lusdata.catalog.fingerprint", "import numpy as np", "only inside the function"),
        ("lusdata.media.a", "import leftpad", "no door is listed"),
    ],
)
def test_a_package_through_the_wall_is_found(module, source, fault):
    (found,) = wrong_doors({module: source})
    assert fault in found


def test_a_package_inside_its_function_is_welcome():
    assert wrong_doors({"lusdata.dataset.a": "def f():\n    import tensorflow as tf"}) == []


@pytest.mark.parametrize("source", ["import os", "open('x')", "path.read_text()", "from time import time"])
def test_an_impure_line_is_found(source):
    assert len(impurities("lusdata.media.sample", source)) == 1


def test_print_and_assert_are_found_but_commands_may_print():
    house = {"lusdata.media.a": "print(1)\nassert True", "lusdata.commands.a": "print(1)"}
    assert sorted(loose_talk(house)) == ["lusdata.media.a:1 prints", "lusdata.media.a:2 asserts"]
