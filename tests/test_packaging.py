"""What is shipped: versions in step, pins that fit, a repository without machine paths, registries or heavy files."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from test_layering import DOORS

import lusdata
from lusdata.atomic import new_folder, write_text
from lusdata.catalog.folders import find_collection, shipped_names
from lusdata.catalog.schema import NEWEST, load_schema, versions
from lusdata.cli import COMMANDS
from lusdata.commands import doctor
from lusdata.releases.check import broken_releases

ROOT = Path(__file__).parent.parent
CHECKOUT = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the tests run outside a checkout of the repository")
LARGEST_FILE_BYTES = 1_000_000
# Folders that exist on one machine alone: a home of root, a mounted workplace, a user's own folder.
MACHINE_PATH = re.compile(r"(?:^|[^\w./-])/(?:work|farm|root|home/\w+|Users/\w+|tmp/\w)/")
# Where packages come from is the user's own setting; a project that names a registry overrides it.
REGISTRY = re.compile(
    r"--(?:extra-)?index-url|--find-links|(?:^|\W)index-url\s*=|pypi\.org|pythonhosted\.org", re.IGNORECASE
)


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def tracked_lines(*, skip: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Return every line of every tracked text file, with its place."""
    lines = []
    for path in tracked_files():
        content = path.read_bytes()
        name = path.relative_to(ROOT).as_posix()
        if b"\0" not in content[:8000] and name not in skip:
            text = content.decode("utf-8").splitlines()
            lines += [(f"{name}:{number}", line) for number, line in enumerate(text, start=1)]
    return lines


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def requirement(text: str) -> tuple[str, str]:
    """Split ``name>=bound`` into its name and lower bound."""
    name, _, bound = re.split(r"(>=)", text)
    return name, bound


def test_the_installed_version_is_the_one_that_the_package_states():
    assert importlib.metadata.version("lusdata") == lusdata.__version__


def test_the_package_says_that_it_is_typed():
    assert (Path(lusdata.__file__).parent / "py.typed").is_file()


def test_both_collections_and_every_schema_version_are_shipped():
    assert {"blues", "pocus"} <= set(shipped_names())
    assert NEWEST in versions()


def test_links_of_the_description_lead_somewhere_on_a_package_index_too():
    described = str(importlib.metadata.metadata("lusdata").get_payload())
    links = re.findall(r"\]\(([^)\s]+)\)", described)
    assert len(links) > 10
    assert [link for link in links if not link.startswith("https://")] == []


@pytest.mark.parametrize("name", shipped_names())
def test_every_release_that_is_shipped_is_whole(name):
    assert [issue.line() for issue in broken_releases(find_collection(name))] == []


@pytest.mark.parametrize("version", versions())
def test_a_schema_names_its_own_version(version):
    assert load_schema(version)["properties"]["schema_version"]["const"] == version


@pytest.mark.skipif((ROOT / "lusdata").is_dir(), reason="the tests run in a checkout, not beside an installed wheel")
def test_the_wheel_puts_no_other_names_into_the_environment_than_its_own():
    files = importlib.metadata.files("lusdata") or []
    assert {file.parts[0] for file in files if file.suffix == ".py"} == {"lusdata", "lusdata_train"}
    assert not [file for file in files if "results" in file.parts]


@CHECKOUT
def test_no_module_lies_where_git_and_builders_of_wheels_do_not_look():
    modules = [str(path.relative_to(ROOT)) for room in ("lusdata", "train") for path in (ROOT / room).rglob("*.py")]
    told = subprocess.run(
        ["git", "check-ignore", "--stdin"],
        cwd=ROOT,
        input="\n".join(modules),
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode == 128:
        pytest.skip("this is no git repository")
    assert told.stdout.split() == []
    # Left out by linters and by whoever searches a tree, whatever git says.
    assert [name for name in modules if {"build", "dist", "venv"} & set(Path(name).parts)] == []


@CHECKOUT
def test_the_wheel_carries_what_is_committed_of_the_manifests_and_nothing_else():
    listed = subprocess.run(["git", "ls-files", "manifests"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git repository")
    committed = {"/".join(path.split("/")[:2]) for path in listed.stdout.splitlines()}
    included = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {source for source in included if source.startswith("manifests")} == committed
    assert all(target == f"lusdata/_shipped/{source}" for source, target in included.items())


@CHECKOUT
def test_the_oldest_pins_are_the_lower_bounds():
    extras = project()["project"]["optional-dependencies"]
    judges = [text for text in extras["test"] if requirement(text)[0] in ("imagecodecs", "tifffile")]
    base = project()["project"]["dependencies"]
    wanted = [*base, *extras["dicom"], *extras["publish"], *extras["xlsx"], *judges]
    bounds = dict(requirement(text) for text in wanted)
    oldest = pins("constraints-oldest.txt")
    assert set(oldest) == set(bounds)
    for name, pin in oldest.items():
        assert _padded(pin)[: len(_padded(bounds[name]))] == _padded(bounds[name]), name


@CHECKOUT
def test_every_place_names_the_same_versions_of_python():
    oldest, newest = doctor.OLDEST_PYTHON[1], doctor.NEWEST_PYTHON[1]
    assert project()["project"]["requires-python"] == f">=3.{oldest},<3.{newest + 1}"
    assert f"whatever Python 3.{oldest} to 3.{newest} is found" in (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in ("README.md", "CONTRIBUTING.md"):
        assert f"Python 3.{oldest} to 3.{newest}" in (ROOT / page).read_text(encoding="utf-8"), page
    classified = re.findall(r"Python :: 3\.(\d+)", " ".join(project()["project"]["classifiers"]))
    assert set(map(int, classified)) <= set(range(oldest, newest + 1))


@CHECKOUT
def test_every_requirement_is_pinned():
    extras = project()["project"]["optional-dependencies"]
    told = ("dev", "dicom", "docs", "publish", "test", "tf", "torch", "train", "xlsx")
    wanted = [*project()["project"]["dependencies"], *(text for name in told for text in extras[name])]
    names = {requirement(text)[0] for text in wanted if not text.startswith("lusdata[")}
    assert names - set(pins("constraints.txt")) == set()


@CHECKOUT
def test_every_requirement_of_the_core_is_imported_somewhere():
    modules = {
        "google-crc32c": "google_crc32c",
        "imageio-ffmpeg": "imageio_ffmpeg",
        "opencv-python-headless": "cv2",
        "pillow": "PIL",
    }
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "lusdata").rglob("*.py"))
    names = [requirement(text)[0] for text in project()["project"]["dependencies"]]
    unused = [name for name in names if not re.search(rf"^\s*(import|from) {modules.get(name, name)}\b", code, re.M)]
    assert unused == []


@CHECKOUT
def test_every_package_that_the_core_imports_is_required():
    names = {
        "PIL": "pillow",
        "cv2": "opencv-python-headless",
        "google_crc32c": "google-crc32c",
        "imageio_ffmpeg": "imageio-ffmpeg",
    }
    required = {requirement(text)[0] for text in project()["project"]["dependencies"]}
    extras = {"datasets", "openpyxl", "pydicom", "ray", "tensorflow", "torch"}
    assert {names.get(package, package) for package in set(DOORS) - extras} == required
    assert set(doctor.CORE) | set(doctor.SPARE) == required


@CHECKOUT
def test_the_citation_names_this_version():
    assert f"\nversion: {lusdata.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@CHECKOUT
def test_no_tracked_file_is_large():
    large = [path.name for path in tracked_files() if path.stat().st_size > LARGEST_FILE_BYTES]
    assert large == []


@CHECKOUT
def test_no_tracked_file_names_a_path_of_one_machine():
    assert [place for place, line in tracked_lines() if MACHINE_PATH.search(line)] == []


@CHECKOUT
def test_no_tracked_file_names_a_package_registry():
    assert [place for place, line in tracked_lines(skip=("tests/test_packaging.py",)) if REGISTRY.search(line)] == []


@CHECKOUT
def test_what_a_stopped_run_leaves_is_no_part_of_a_commit(tmp_path, monkeypatch):
    left: list[str] = []
    monkeypatch.setattr(Path, "replace", lambda path, target: left.append(path.name))
    write_text(tmp_path / "clip.json", "{}")
    with new_folder(tmp_path / "1.0.0"):
        pass
    assert len(left) == 2
    for name in left:
        subprocess.run(["git", "check-ignore", "--quiet", f"manifests/pocus/{name}"], cwd=ROOT, check=True)


@CHECKOUT
def test_every_manifest_and_schema_ends_with_one_line_break():
    folders = (ROOT / "manifests", ROOT / "schemas")
    files = [path for path in tracked_files() if path.suffix == ".json"]
    shipped = [path for path in files if any(path.is_relative_to(folder) for folder in folders)]
    ragged = [path.name for path in shipped if not path.read_text(encoding="utf-8").endswith("}\n")]
    assert ragged == []


@CHECKOUT
def test_workflows_pin_every_action_by_commit_and_grant_nothing_by_default():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        loose = [use for use in re.findall(r"uses: (\S+)", text) if not re.search(r"@[0-9a-f]{40}$", use)]
        assert loose == []
        assert "\npermissions: {}\n" in text


@CHECKOUT
def test_every_chore_that_the_pages_name_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    chores = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))
    pages = [*ROOT.glob("*.md"), ROOT / ".ci" / "run", *(ROOT / ".github").rglob("*.yml")]
    named = {
        chore
        for page in pages
        for chore in re.findall(r"(?:^|`)\s*make ([a-z-]+)", page.read_text(encoding="utf-8"), re.M)
    }
    assert named - chores == set()
    assert {"demo", "test", "check", "bench", "manifests"} <= chores


@CHECKOUT
def test_the_readme_lists_every_command():
    listed = re.findall(r"^\| `lusdata (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert listed == list(COMMANDS)


@CHECKOUT
def test_links_between_the_pages_lead_somewhere():
    broken = []
    for page in [path for path in tracked_files() if path.suffix == ".md"]:
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("/" + "root/.cache", True),
        ("see '/" + "work/main'", True),
        ("/" + "home/ada/videos", True),
        ("https://example.org/work/x", False),
        ("lusdata/work/x", False),
        ("path/to/media", False),
    ],
)
def test_a_path_of_one_machine_is_told_from_an_address(line, is_one):
    assert bool(MACHINE_PATH.search(line)) is is_one


def test_a_manifest_example_on_the_page_is_valid(tmp_path):
    page = ROOT / "manifests" / "README.md"
    if not page.is_file():
        pytest.skip("the tests run outside a checkout of the repository")
    from lusdata.catalog.validate import check_files

    data = json.loads(re.search(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.S)[1])
    folder = tmp_path / "pocus"
    folder.mkdir()
    path = folder / "an-example.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert [issue.line() for issue in check_files([path]).issues if issue.level == "error"] == []


def _padded(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
