"""Fixtures that several test files share."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A property is no statement about the speed of the machine, which may be busy with something else.
settings.register_profile("lusdata", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lusdata")

# The wheel has the benchmark under a name of its own; in a checkout it is `train`.
if importlib.util.find_spec("train") is None and importlib.util.find_spec("lusdata_train") is not None:
    sys.modules["train"] = importlib.import_module("lusdata_train")
# The wheel is tested without the rest of the repository; benchmarks/ is no part of it.
_MISSING = [name for name in ("benchmarks", "train") if importlib.util.find_spec(name) is None]
collect_ignore_glob = [f"test_{name}*.py" for name in _MISSING]

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("LUSDATA_SHARED", ROOT.parent / "shared"))


def _shared(name: str, holds: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no {holds} at {folder}; set LUSDATA_SHARED to the folder that has {name}/")
    return folder


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own key and folders out of every test."""
    monkeypatch.setenv("LUSDATA_CONFIG", str(tmp_path / "settings"))


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """Return the mirror of the public POCUS recordings."""
    return _shared("corpus", "public recordings")


@pytest.fixture(scope="session")
def blues_dir() -> Path:
    """Return the mirror of the BLUE-protocol recordings with their tables."""
    return _shared("corpus_blues", "BLUE-protocol recordings")


@pytest.fixture(scope="session")
def facts_dir() -> Path:
    """Return the published metadata of the POCUS recordings."""
    return _shared("facts", "published metadata")


@pytest.fixture(scope="session")
def cases_dir() -> Path:
    """Return the inputs that were refused or read wrong in the field, with the scripts that make them."""
    return _shared("cases", "inputs of the field")


@pytest.fixture(scope="module")
def _looks() -> dict[str, object]:
    return {}


@pytest.fixture
def looked_at_once(_looks: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `add` look at each content once in a module, since looking takes nearly all the time that adding does."""
    from lusdata.intake import add
    from lusdata.media.facts import sha256_of

    look = add.look

    def look_once(path: Path) -> object:
        content = sha256_of(path)
        if content not in _looks:
            _looks[content] = look(path)
        return _looks[content]

    monkeypatch.setattr(add, "look", look_once)


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """Return a small collection of 16 recordings of 8 patients, which a test may change."""
    from catalogs import recording, write_catalog

    classes = ("healthy", "covid-19")
    return write_catalog(
        tmp_path / "manifests" / "clinic",
        [recording(f"r{n}", classes[n % 2], f"patient-{n % 8}", provider=f"site-{n % 8}") for n in range(16)],
    )


@dataclass(frozen=True)
class PhantomCollection:
    """A phantom collection on disk: its manifests, a mirror of its media, and the folder around both."""

    root: Path
    manifests: Path
    media: Path


@pytest.fixture(scope="session")
def phantom_collection(tmp_path_factory: pytest.TempPathFactory) -> PhantomCollection:
    """Return 12 small recordings of 6 patients in every container and codec; read only, shared by the session."""
    from lusdata.media.phantom import write_collection

    root = tmp_path_factory.mktemp("phantom")
    manifests = write_collection(root, seed=1, recordings=12)
    return PhantomCollection(root=root, manifests=manifests, media=root / "media")
