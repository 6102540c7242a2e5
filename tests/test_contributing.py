"""The path that CONTRIBUTING.md leads with, walked by its own commands in a scratch clone, up to the pushed branch."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from repositories import ENVIRONMENT, commit_all, git, make_repository

from lusdata.media.phantom import draw
from lusdata.media.phantom.media import write_video
from lusdata.media.phantom.spec import typical

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "CONTRIBUTING.md"

pytestmark = [
    pytest.mark.skipif(not GUIDE.is_file(), reason="the tests run outside of the repository"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
    pytest.mark.skipif(os.name == "nt", reason="the guide speaks to a Unix shell"),
]


def guide_commands() -> list[str]:
    """Return the sh blocks of the guide's first part."""
    part = GUIDE.read_text(encoding="utf-8").split("\n## ")[1]
    assert part.startswith("Add a recording")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", part, re.MULTILINE | re.DOTALL)
    return [re.sub(r"^ {3}", "", block, flags=re.MULTILINE) for block in blocks]


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with a clip, a fork on a server that is a folder, and an environment that is made already."""
    origin = make_repository(tmp_path / "origin")
    shutil.copytree(ROOT / "manifests" / "pocus", origin / "manifests" / "pocus")
    shutil.copy(ROOT / ".gitignore", origin)
    commit_all(origin)
    git(tmp_path, "clone", "--quiet", "--bare", str(origin), str(tmp_path / "server" / "YOU" / "lusdata"))
    config = f'[url "{(tmp_path / "server").as_uri()}/"]\n\tinsteadOf = https://github.com/\n'
    (tmp_path / "gitconfig").write_text(config, encoding="utf-8")
    spec = replace(typical("covid-19", variant=4), burned_in=False, width_px=320, height_px=240, frame_count=12)
    (tmp_path / "desk").mkdir()
    write_video(tmp_path / "desk" / "clip.mp4", draw(spec, 4).frames, rate_hz=12)
    tools = tmp_path / "tools"
    tools.mkdir()
    tool(tools, "lusdata", f'exec "{sys.executable}" -m lusdata "$@"')
    # The environment is that of the tests; what is left of making it is that the chore exists.
    tool(tools, "make", f'grep -q "^$1:" "{ROOT / "Makefile"}" && mkdir -p .venv/bin && touch .venv/bin/activate')
    return tmp_path


def run_guide(desk: Path) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = {
        **inherited,
        **ENVIRONMENT,
        "GIT_CONFIG_GLOBAL": str(desk / "gitconfig"),
        "LUSDATA_CACHE": str(desk / "cache"),
        # The clone holds no code: the tests' own lusdata walks the path.
        "PYTHONPATH": str(ROOT),
        "PATH": f"{desk / 'tools'}{os.pathsep}{os.environ['PATH']}",
    }
    script = "set -eu\n" + "\n".join(guide_commands())
    return subprocess.run(
        ["sh", "-c", script],
        cwd=desk / "desk",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_the_path_from_a_clone_to_a_pushed_branch_works_as_it_is_written(desk):
    done = run_guide(desk)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This passes" in done.stdout
    assert "Added: `pocus/my-clip`" in done.stdout
    server = desk / "server" / "YOU" / "lusdata"
    changed = git(server, "diff", "--name-only", "main", "add-my-clip").split()
    assert changed == ["manifests/pocus/my-clip.json"]
    (picture,) = (desk / "cache" / "previews" / "pocus").iterdir()
    assert str(picture) in done.stdout


def test_the_guide_shows_every_step_that_the_test_takes():
    text = "\n".join(guide_commands())
    assert [
        word for word in ("git clone", "make setup", "lusdata add", "lusdata check", "git push") if word in text
    ] == [
        "git clone",
        "make setup",
        "lusdata add",
        "lusdata check",
        "git push",
    ]
