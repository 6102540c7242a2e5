"""The documentation site: its pages are complete, made from the code, and lead somewhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
if not (ROOT / "docs" / "site").is_dir():
    pytest.skip("the tests run outside a checkout of the repository", allow_module_level=True)

yaml = pytest.importorskip("yaml", reason="the site's settings are read by PyYAML, which is not installed")

import lusdata  # noqa: E402
from docs.site.__main__ import stage  # noqa: E402
from docs.site.commands import commands_page, escaped, parser_of  # noqa: E402
from docs.site.links import REPOSITORY, links_from  # noqa: E402
from lusdata.catalog.rules.table import codes  # noqa: E402
from lusdata.catalog.schema import NEWEST, load_schema  # noqa: E402
from lusdata.cli import COMMANDS, main  # noqa: E402
from lusdata.publish.review.codes import CHANGE_RULES  # noqa: E402


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "docs"
    stage(target)
    return target


def text_of(staged: Path, page: str) -> str:
    return (staged / page).read_text(encoding="utf-8")


def listed(nav: object) -> list[str]:
    """Return the pages of the site's menu."""
    if isinstance(nav, str):
        return [nav]
    entries = nav.values() if isinstance(nav, dict) else nav
    return [page for entry in entries for page in listed(entry)]


def settings() -> dict:
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def test_the_menu_lists_every_page_once(staged):
    pages = sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*.md"))
    assert sorted(listed(settings()["nav"])) == pages


def test_no_mark_is_left_unfilled(staged):
    assert [path.name for path in staged.rglob("*.md") if "<!-- made" in path.read_text(encoding="utf-8")] == []


def test_the_python_reference_has_every_public_name(staged):
    names = re.findall(r"^::: lusdata\.(\w+)$", text_of(staged, "reference/api.md"), re.M)
    assert sorted(names) == sorted(name for name in lusdata.__all__ if name != "__version__")


def test_the_commands_are_all_there_in_their_order(staged):
    assert re.findall(r"^## lusdata (\w+)$", text_of(staged, "reference/commands.md"), re.M) == list(COMMANDS)


@pytest.mark.parametrize("command", ["build", "export"])
def test_a_command_has_every_option_that_its_help_has(command, capsys):
    section = re.split(r"^## ", commands_page(), flags=re.M)[1 + list(COMMANDS).index(command)]
    assert main([command, "--help"] if command == "build" else [command, "hf", "--help"]) == 0
    options = set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.M))
    assert options
    assert [option for option in options if f"<code>{option}" not in section] == []


def test_what_a_parser_hides_is_not_on_the_page():
    assert "SUPPRESS" not in commands_page()
    assert "%(" not in commands_page()
    assert parser_of("import").prog == "lusdata import"


def test_every_field_of_a_manifest_is_explained(staged):
    fields = set(re.findall(r"^\| `([^`]+)`", text_of(staged, "reference/manifest.md"), re.M))
    assert set(load_schema(NEWEST)["properties"]) <= fields
    assert {"source.licence.id", "patterns[].b_lines", "group.linked[].basis"} <= fields


def test_every_code_is_listed(staged):
    named = re.findall(r"^\| `([A-Z0-9_]+)`", text_of(staged, "reference/rules.md"), re.M)
    assert named == [*(code.code for code in codes()), *CHANGE_RULES]


def test_every_place_names_the_same_repository():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == settings()["repo_url"] == REPOSITORY
    assert citation["url"] == settings()["site_url"]
    assert load_schema(NEWEST)["$id"].startswith(f"{REPOSITORY}/")


def test_text_is_shown_as_it_is():
    assert escaped("a|b <b> *x* `y` [z]").translate({ord(c): None for c in "&#;0123456789"}) == "ab b x y z"


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("../CONTRIBUTING.md", "../contributing.md"),
        ("../CONTRIBUTING.md#add", "../contributing.md#add"),
        ("reference/x.md", "../reference/x.md"),
        ("../LICENSE", f"{REPOSITORY}/blob/main/LICENSE"),
        ("../manifests", f"{REPOSITORY}/tree/main/manifests"),
        ("https://example.org/a", "https://example.org/a"),
        ("#here", "#here"),
    ],
)
def test_links_hold_where_the_site_puts_a_page(link, there):
    pages = {
        ROOT / "CONTRIBUTING.md": Path("contributing.md"),
        ROOT / "docs" / "reference" / "x.md": Path("reference/x.md"),
    }
    text = f"[a]({link})\n\n```text\n[a]({link})\n```\n"
    made = links_from(text, ROOT / "docs" / "page.md", Path("deep/page.md"), pages, ROOT)
    assert made == f"[a]({there})\n\n```text\n[a]({link})\n```\n"


def test_every_file_that_the_page_on_the_code_names_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.py|/))`", text))
    places = [path for top in ("lusdata", "train", "schemas", "tests") for path in (ROOT / top).rglob("*")]
    there = [f"/{path.relative_to(ROOT).as_posix()}{'/' * path.is_dir()}" for path in [*places, *ROOT.iterdir()]]
    there += ["/lusdata/", "/train/"]
    gone = [name for name in named if not any(path.endswith(f"/{name}") for path in there)]
    assert len(named) > 50
    assert gone == []


def test_the_words_of_the_glossary_stand_in_order_and_once():
    words = re.findall(r"^\| ([A-Za-z -]+) \|", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.M)
    words.remove("word")
    assert len(words) == len(set(words)) > 40
    # A-line and B-line lead.
    assert [word for word in words if word[1] != "-"] == sorted(words[2:])


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(staged, tmp_path):
    builder = shutil.which("zensical", path=str(Path(sys.executable).parent)) or shutil.which("zensical")
    if builder is None:
        pytest.skip("the builder is not installed (lusdata[docs])")
    shutil.copytree(staged, tmp_path / "docs")
    config = {**settings(), "docs_dir": "docs", "site_dir": "out"}
    config["plugins"][1]["mkdocstrings"]["handlers"]["python"]["paths"] = [str(ROOT)]
    (tmp_path / "mkdocs.yml").write_text(json.dumps(config), encoding="utf-8")
    command = [builder, "build", "--strict", "--config-file", str(tmp_path / "mkdocs.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lusdata.Dataset.fold" in (tmp_path / "out" / "reference" / "api" / "index.html").read_text(encoding="utf-8")
