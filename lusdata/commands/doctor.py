"""Check this installation: Python, packages, codecs, the cache folder, free disk and the shipped collections.

A clip of every container and codec is made on the spot and decoded the way a build does. Exit code 4 if a part of the
installation does not work, 3 if the cache folder or the disk does not.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lusdata import __version__
from lusdata.catalog.folders import manifest_files, shipped_names
from lusdata.catalog.schema import NEWEST
from lusdata.catalog.shipped import manifests_root
from lusdata.commands.layout import table
from lusdata.errors import InternalError, UsageError
from lusdata.scratch import sweep
from lusdata.wording import counted, one_line

__all__ = ["EXAMPLES", "JSON_KEYS", "CheckUp", "configure", "examine", "run"]

EXAMPLES = {
    "": "look at this installation",
    "--clean data": "remove what killed runs left",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "version": "of lusdata",
    "findings": "each with name, state and detail; with --clean it is 'removed', the files",
}
"""The keys of the document that ``--json`` prints."""

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)
# Distribution and import name of what every command may need; each is loaded, since an installed package can still
# lack a library of the system.
CORE = {
    "argcomplete": "argcomplete",
    "av": "av",
    "google-crc32c": "google_crc32c",
    "jsonschema": "jsonschema",
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "pandas": "pandas",
    "pillow": "PIL",
    "platformdirs": "platformdirs",
    "pyarrow": "pyarrow",
    "requests": "requests",
    "tqdm": "tqdm",
    "urllib3": "urllib3",
}
# Comes with lusdata, and is needed for codecs alone that PyAV lacks; PyAV's own wheels lack none.
SPARE = {"imageio-ffmpeg": "imageio_ffmpeg"}
# Distribution, import name and the extra that brings it; looked for without loading, since TensorFlow takes seconds.
EXTRAS = {
    "tensorflow": ("tensorflow", "tf"),
    "torch": ("torch", "torch"),
    "pydicom": ("pydicom", "dicom"),
    "ray": ("ray", "ray"),
    "datasets": ("datasets", "publish"),
    "openpyxl": ("openpyxl", "xlsx"),
    "scikit-learn": ("sklearn", "train"),
}
# Every codec of the public collections and of common devices, and what the demo writes.
CODECS = ("gif", "h264", "hevc", "libx264", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "png", "rawvideo", "vp9")
_LITTLE_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True)
class CheckUp:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What was looked at.
    state : {"ok", "absent", "fault"}
        Whether it works; an optional part may be absent.
    detail : str
        Its version or place, or what to do.
    outside : bool
        Whether a fault lies outside of the installation.
    """

    name: str
    state: Literal["ok", "absent", "fault"]
    detail: str
    outside: bool = False


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata doctor``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--clean",
        metavar="DIR",
        nargs="*",
        help="remove what killed runs left: temporary files, unfinished ones of the cache, and scratch below each DIR",
    )


def run(args: argparse.Namespace) -> int:
    """Print what was found, and tell by the exit code what does not work."""
    if args.clean is not None:
        return _clean([Path(name).expanduser() for name in args.clean], as_json=args.json)
    findings = list(examine())
    faults = [finding for finding in findings if finding.state == "fault"]
    if args.json:
        told = [{"name": finding.name, "state": finding.state, "detail": finding.detail} for finding in findings]
        print(json.dumps({"version": __version__, "findings": told}, indent=2))
    else:
        print(table([[f.name, f.state, f.detail] for f in findings], numbers=False))
        print(f"\n{len(faults)} faults" if len(faults) != 1 else "\n1 fault")
    if not faults:
        return 0
    return 3 if all(fault.outside for fault in faults) else 4


def _clean(folders: Sequence[Path], *, as_json: bool) -> int:
    from lusdata.media.cache import cache_dir
    from lusdata.media.fetch.leftovers import sweep_cache

    for folder in folders:
        if not folder.is_dir():
            raise UsageError("no such folder", where=str(folder), expected="a folder to clean")
    gone = [*sweep(), *sweep_cache(cache_dir(), everything=True)]
    for root in (cache_dir(), *folders):
        gone += [path for folder, _, _ in os.walk(root) for path in sweep(Path(folder))]
    if as_json:
        print(json.dumps({"version": __version__, "removed": [str(path) for path in gone]}, indent=2))
    else:
        for path in gone:
            print(f"removed {path}")
        print(f"{counted(len(gone), 'leftover')} of killed runs removed")
    return 0


def examine() -> Iterator[CheckUp]:
    """Yield one finding after the other; nothing is changed, and nothing outside this machine is asked."""
    yield CheckUp("lusdata", "ok", f"{__version__}, manifest schema {NEWEST}, in {Path(__file__).parents[1]}")
    supported = OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON
    system = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    known = " to ".join(".".join(map(str, version)) for version in (OLDEST_PYTHON, NEWEST_PYTHON))
    yield CheckUp("Python", "ok" if supported else "fault", system if supported else f"{system}; needs {known}")
    for distribution, module in CORE.items():
        yield _core_package(distribution, module)
    for distribution, module in SPARE.items():
        yield _spare_package(distribution, module)
    for distribution, (module, extra) in EXTRAS.items():
        yield _extra_package(distribution, module, extra)
    yield _codecs()
    yield from _clips()
    yield from _cache()
    yield from _collections()


def _core_package(distribution: str, module: str) -> CheckUp:
    try:
        importlib.import_module(module)
    # A library that is missing shows as an OSError, two packages that do not fit as almost anything.
    except Exception as error:
        detail = f"{one_line(str(error))}; run: python -m pip install --force-reinstall {distribution}"
        return CheckUp(distribution, "fault", detail)
    return CheckUp(distribution, "ok", _version(distribution))


def _spare_package(distribution: str, module: str) -> CheckUp:
    if importlib.util.find_spec(module) is None:
        detail = f"only for codecs that PyAV lacks; python -m pip install {distribution}"
        return CheckUp(distribution, "absent", detail)
    return CheckUp(distribution, "ok", _version(distribution))


def _extra_package(distribution: str, module: str, extra: str) -> CheckUp:
    if importlib.util.find_spec(module) is None:
        return CheckUp(distribution, "absent", f"optional; python -m pip install 'lusdata[{extra}]'")
    return CheckUp(distribution, "ok", _version(distribution))


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        # The same module may come from a sibling, such as opencv-python in place of its headless build.
        return "installed under another name"


def _codecs() -> CheckUp:
    try:
        known = importlib.import_module("av").codecs_available
    # A library of C that does not fit its package fails with almost anything, and telling it is this command's work.
    except Exception as error:
        return CheckUp("codecs", "fault", f"PyAV does not load ({type(error).__name__})")
    missing = sorted(set(CODECS) - set(known))
    if missing:
        return CheckUp("codecs", "fault", f"this build of PyAV lacks {', '.join(missing)}; install PyAV's own wheel")
    return CheckUp("codecs", "ok", ", ".join(CODECS))


def _clips() -> Iterator[CheckUp]:
    try:
        from lusdata.dataset.building.trial import try_decoding

        tried: dict[str, str | None] = {item.name: item.fault for item in try_decoding()}
        if importlib.util.find_spec("pydicom") is not None:
            from lusdata.media.dicom.trial import try_dicom

            tried.update(try_dicom())
    except Exception as error:
        # Whatever is broken is what this command is asked to tell.
        yield CheckUp("clips", "fault", f"none can be decoded: {one_line(InternalError.of(error).found)}")
        return
    by_fault: dict[str | None, list[str]] = {}
    for name, fault in tried.items():
        by_fault.setdefault(fault, []).append(name)
    right, unwritten = by_fault.pop("", []), by_fault.pop(None, [])
    if right:
        yield CheckUp("clips", "ok", f"{len(right)} made and decoded: {_listed(right)}")
    for words, names in by_fault.items():
        yield CheckUp("clips", "fault", f"{_listed(names)}: {one_line(str(words))}")
    if unwritten:
        yield CheckUp("clips", "absent", f"not tried, since this build of PyAV cannot write them: {_listed(unwritten)}")


def _listed(names: Iterable[str]) -> str:
    """Return containers with their codecs.

    Examples
    --------
    >>> _listed(["MP4, H.264", "MP4, AV1", "GIF"])
    'MP4 (H.264, AV1), GIF'
    """
    codecs: dict[str, list[str]] = {}
    for name in names:
        container, _, codec = name.partition(", ")
        codecs.setdefault(container, []).extend([codec] if codec else [])
    return ", ".join(f"{container} ({', '.join(found)})" if found else container for container, found in codecs.items())


def _cache() -> Iterator[CheckUp]:
    from lusdata.media.cache import cache_dir

    folder = cache_dir()
    # The cache is made at the first fetch; until then its nearest existing parent must let us make it.
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        detail = f"{folder}: {error.strerror}; set LUSDATA_CACHE to a folder of yours"
        yield CheckUp("cache", "fault", detail, outside=True)
    else:
        yield CheckUp("cache", "ok", f"{folder}{'' if folder.exists() else ' (made at the first fetch)'}")
    free_bytes = shutil.disk_usage(place).free
    free = f"{free_bytes / 1e9:,.1f} GB beside the cache"
    enough = free_bytes >= _LITTLE_DISK_BYTES
    yield CheckUp(
        "free disk",
        "ok" if enough else "fault",
        free if enough else f"{free}; datasets need 1 GB or more",
        outside=not enough,
    )


def _collections() -> Iterator[CheckUp]:
    names = shipped_names()
    if not names:
        yield CheckUp("collections", "fault", f"none in {manifests_root()}; install lusdata again")
    for name in names:
        yield CheckUp(f"collection {name}", "ok", f"{len(manifest_files(manifests_root() / name)):,} manifests")
