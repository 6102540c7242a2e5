"""Every example on the site runs: cheap ones on a tiny demo, the others on what `lusdata demo` leaves."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest
from page_snippets import blocks_of, run_page, runs
from small_datasets import build_here, small_collection

from lusdata.cli import main
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import write_fold_table

DOCS = Path(__file__).resolve().parent.parent / "docs"
if not (DOCS / "site").is_dir():
    pytest.skip("the tests run outside a checkout of the repository", allow_module_level=True)

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
ELSEWHERE = {
    "import-folder.md": "speaks of a folder that only its reader has; howto/folder.md walks it on phantoms",
    "measured.md": "its commands are benchmarks of half an hour",
}
"""Pages whose examples are not run here, with the reason."""

PAGES = {page.relative_to(DOCS).as_posix(): page for page in sorted(DOCS.rglob("*.md"))}
WITH_EXAMPLES = [name for name, page in PAGES.items() if name not in ELSEWHERE and any(map(runs, blocks_of(page)))]
SLOW = {
    "howto/dicom.md": "decodes a DICOM file",
    "howto/folder.md": "starts processes that look at files",
    "howto/huggingface.md": "loads datasets",
    "howto/jax.md": "loads JAX",
    "howto/keras.md": "loads TensorFlow and fits",
    "howto/lightning.md": "loads PyTorch and fits",
    "howto/pytorch.md": "loads PyTorch",
    "howto/report.md": "draws pages",
    "howto/several.md": "compares two public collections",
    "howto/sklearn.md": "fits",
    "tutorials/add.md": "decodes a clip and compares it with a collection",
}
"""Pages that cost more than a moment, with the reason."""


@pytest.fixture(scope="module")
def tiny_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `lusdata demo` leaves, with recordings of a few pixels."""
    home = tmp_path_factory.mktemp("tiny")
    collection = small_collection(home / "demo" / "phantoms", name="phantom", videos=8, images=4)
    build_here(collection, home / "demo" / "phantoms", home / "demo" / "dataset", cache=home / "demo" / "cache")
    write_fold_table(home / "demo" / "folds.json", make_folds(collection.manifests, by="patient"))
    return home


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LUSDATA_CONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [name for name in WITH_EXAMPLES if name not in SLOW])
def test_the_examples_of_a_page_run(name, tiny_demo, desk):
    shutil.copytree(tiny_demo / "demo", desk / "demo")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ran = run_page(PAGES[name], outputs=False)
    assert ran == sum(map(runs, blocks_of(PAGES[name])))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--out", str(home / "demo")]) == 0
    return home


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_print_what_the_page_says(name, demo, desk):
    shutil.copytree(demo / "demo", desk / "demo")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ran = run_page(PAGES[name], outputs=True)
    assert ran == sum(map(runs, blocks_of(PAGES[name])))


def test_the_pages_that_are_named_here_are_there():
    assert set(SLOW) | set(ELSEWHERE) <= set(PAGES)


def test_what_is_not_run_says_why():
    notes = {(block.note, bool(block.why)) for page in PAGES.values() for block in blocks_of(page) if block.note}
    assert notes <= {("not-run", True), ("needs", True)}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_no_outputs(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert [cell["outputs"] for cell in cells if cell["cell_type"] == "code" and cell["outputs"]] == []


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_offline_from_top_to_bottom(notebook, demo, desk, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    shutil.copytree(demo / "demo", desk / "demo")
    names = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), notebook.name, "exec"), names)
    if "scores" in names:
        assert sum(names["scores"]["frame"]) > sum(names["scores"]["patient"])
