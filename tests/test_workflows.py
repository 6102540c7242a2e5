"""The forms and workflows of the repository: they are read by GitHub alone, so that a fault in one shows late."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lusdata.catalog.schema import enumeration
from lusdata.cli import main

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="the tests run outside of the repository")

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in loaded(path)["jobs"].values() for step in job["steps"]]


def script_of(name: str) -> str:
    (script,) = [step["run"] for step in steps(ROOT / ".github" / "workflows" / name) if "lusdata check" in str(step)]
    return script


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_grants_nothing_but_reading_and_keeps_no_credentials(path):
    document = loaded(path)
    assert document["permissions"] == {}
    for name, job in document["jobs"].items():
        # What publishes the site may write to its pages; it gets a finished folder and runs no script.
        publishes = (path.stem, name) == ("pages", "publish")
        allowed = {"pages": "write", "id-token": "write"} if publishes else {"contents": "read"}
        assert job["permissions"] == allowed
        assert not publishes or [set(step) for step in job["steps"]] == [{"uses"}]
    assert all("timeout-minutes" in job for job in document["jobs"].values())
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_workflow_runs_a_strangers_text_or_with_rights_that_a_fork_must_not_have(path):
    # YAML 1.1 reads the key "on" as true.
    triggers = loaded(path)[True]
    assert set(triggers) <= {"push", "pull_request"}
    scripts = [step["run"] for step in steps(path) if "run" in step]
    named = {name for script in scripts for name in re.findall(r"\$\{\{\s*([\w.]+)", script)}
    assert {name for name in named if not name.startswith("matrix.")} == set()


def test_actions_are_pinned_alike_everywhere():
    uses = [step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step]
    versions = {
        name: {use.split("@")[1] for use in uses if use.startswith(f"{name}@")}
        for name in {use.split("@")[0] for use in uses}
    }
    assert {name for name, pins in versions.items() if len(pins) != 1} == set()


def test_the_check_of_manifests_runs_where_they_change_with_all_history():
    document = loaded(ROOT / ".github" / "workflows" / "manifests.yml")
    assert "manifests/**" in document[True]["pull_request"]["paths"]
    checkout = steps(ROOT / ".github" / "workflows" / "manifests.yml")[0]
    assert checkout["with"]["fetch-depth"] == 0


def test_the_check_of_manifests_names_options_that_there_are(capsys):
    assert main(["check", "--help"]) == 0
    known = set(re.findall(r"--[a-z]+", capsys.readouterr().out))
    hooks = loaded(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"] + loaded(ROOT / ".pre-commit-hooks.yaml")
    entries = [hook["entry"] for hook in hooks if "lusdata check" in hook["entry"]]
    assert len(entries) == 2
    used = set(re.findall(r"--[a-z]+", script_of("manifests.yml") + " ".join(entries)))
    assert {"--against", "--publishable", "--tracked"} <= used <= known


def test_the_scripts_of_the_workflows_are_shell():
    for path in WORKFLOWS:
        for script in [step["run"] for step in steps(path) if "run" in step]:
            plain = re.sub(r"\$\{\{.*?\}\}", "x", script)
            done = subprocess.run(["bash", "-n"], input=plain, text=True, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_is_one_that_github_takes(path):
    form = loaded(path)
    assert {"name", "description", "body"} <= set(form) <= {"name", "description", "title", "labels", "body"}
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0
    for part in form["body"]:
        assert part["type"] in {"markdown", "input", "textarea", "dropdown", "checkboxes"}
        if part["type"] == "markdown":
            assert part["attributes"]["value"]
            continue
        assert part["attributes"]["label"]
        if part["type"] in ("dropdown", "checkboxes"):
            options = part["attributes"]["options"]
            assert len(options) == len({str(option) for option in options}) > 0


def test_the_form_for_a_recording_speaks_the_words_of_the_schema():
    form = loaded(ROOT / ".github" / "ISSUE_TEMPLATE" / "recording.yml")
    parts = {part.get("id"): part for part in form["body"]}
    for field, left_out in (("class", {"uninformative", "unknown"}), ("probe", {"unknown"})):
        offered = parts[field]["attributes"]["options"]
        assert offered[-1] == "I do not know"
        assert set(offered[:-1]) == set(enumeration(field)) - left_out
    assert all(option["required"] for option in parts["consent"]["attributes"]["options"])


def test_there_is_a_form_for_whatever_brings_people_here():
    assert {path.stem for path in FORMS} == {"bug", "correction", "recording", "withdrawal"}
