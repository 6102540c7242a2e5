"""Check this installation: Python, packages, codecs, the cache folder, free disk and the shipped collections."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from lusdata import __version__
from lusdata.catalog.folders import manifest_files, shipped_names
from lusdata.catalog.schema import NEWEST
from lusdata.catalog.shipped import manifests_root
from lusdata.commands.layout import table

__all__ = ["Finding", "configure", "examine", "run"]

# Distribution and import name of what every command may need; each is loaded, since an installed package can still
# lack a library of the system.
CORE = {
    "av": "av",
    "google-crc32c": "google_crc32c",
    "imageio-ffmpeg": "imageio_ffmpeg",
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
# Distribution, import name and the extra that brings it; looked for without loading, since TensorFlow takes seconds.
EXTRAS = {
    "tensorflow": ("tensorflow", "tf"),
    "torch": ("torch", "torch"),
    "pydicom": ("pydicom", "dicom"),
    "ray": ("ray", "ray"),
    "datasets": ("datasets", "publish"),
    "scikit-learn": ("sklearn", "train"),
}
# Every codec of the public collections and of common devices, and what the demo writes.
CODECS = ("gif", "h264", "hevc", "libx264", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "png", "rawvideo", "vp9")
_LITTLE_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What was looked at.
    state : {"ok", "absent", "fault"}
        Whether it works; an optional part may be absent.
    detail : str
        Its version or place, or what to do.
    """

    name: str
    state: Literal["ok", "absent", "fault"]
    detail: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata doctor``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print what was found; exit code 3 if anything needed does not work."""
    findings = list(examine())
    faults = [finding for finding in findings if finding.state == "fault"]
    if args.json:
        print(json.dumps({"version": __version__, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        print(table([[f.name, f.state, f.detail] for f in findings], numbers=False))
        print(f"\n{len(faults)} faults" if len(faults) != 1 else "\n1 fault")
    return 3 if faults else 0


def examine() -> Iterator[Finding]:
    """Yield one finding after the other; nothing is changed, and nothing outside this machine is asked."""
    yield Finding("lusdata", "ok", f"{__version__}, manifest schema {NEWEST}, in {Path(__file__).parents[1]}")
    supported = (3, 11) <= sys.version_info[:2] < (3, 14)
    system = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("Python", "ok" if supported else "fault", system if supported else f"{system}; needs 3.11 to 3.13")
    for distribution, module in CORE.items():
        yield _core_package(distribution, module)
    for distribution, (module, extra) in EXTRAS.items():
        yield _extra_package(distribution, module, extra)
    yield _codecs()
    yield from _cache()
    yield from _collections()


def _core_package(distribution: str, module: str) -> Finding:
    try:
        importlib.import_module(module)
    # A shared library that is missing or of another machine shows as an OSError.
    except (ImportError, OSError) as error:
        return Finding(distribution, "fault", f"{error}; run: python -m pip install --force-reinstall {distribution}")
    return Finding(distribution, "ok", _version(distribution))


def _extra_package(distribution: str, module: str, extra: str) -> Finding:
    if importlib.util.find_spec(module) is None:
        return Finding(distribution, "absent", f"optional; python -m pip install 'lusdata[{extra}]'")
    return Finding(distribution, "ok", _version(distribution))


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        # The same module may come from a sibling, such as opencv-python in place of its headless build.
        return "installed under another name"


def _codecs() -> Finding:
    try:
        known = importlib.import_module("av").codecs_available
    except (ImportError, OSError):
        return Finding("codecs", "fault", "PyAV does not load")
    missing = sorted(set(CODECS) - set(known))
    if missing:
        return Finding("codecs", "fault", f"this build of PyAV lacks {', '.join(missing)}; install PyAV's own wheel")
    return Finding("codecs", "ok", ", ".join(CODECS))


def _cache() -> Iterator[Finding]:
    from lusdata.media.cache import cache_dir

    folder = cache_dir()
    # The cache is made at the first fetch; until then its nearest existing parent must let us make it.
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        yield Finding("cache", "fault", f"{folder}: {error.strerror}; set LUSDATA_CACHE to a folder of yours")
    else:
        yield Finding("cache", "ok", f"{folder}{'' if folder.exists() else ' (made at the first fetch)'}")
    free_bytes = shutil.disk_usage(place).free
    free = f"{free_bytes / 1e9:,.1f} GB beside the cache"
    enough = free_bytes >= _LITTLE_DISK_BYTES
    yield Finding(
        "free disk",
        "ok" if enough else "fault",
        free if enough else f"{free}; datasets need 1 GB or more",
    )


def _collections() -> Iterator[Finding]:
    names = shipped_names()
    if not names:
        yield Finding("collections", "fault", f"none in {manifests_root()}; install lusdata again")
    for name in names:
        yield Finding(f"collection {name}", "ok", f"{len(manifest_files(manifests_root() / name)):,} manifests")
