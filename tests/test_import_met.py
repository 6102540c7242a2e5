"""The same file twice, whatever the order and the state of the first: never two recordings."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lusdata.catalog.folders import json_files
from lusdata.catalog.manifest import Manifest, read_manifest, write_manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main
from lusdata.intake import add
from lusdata.intake.folder.examine import ExamineJob, examine
from lusdata.intake.folder.plan import plan_import
from lusdata.intake.folder.request import Request
from lusdata.intake.folder.write import carry_out
from lusdata.intake.look import look
from lusdata.media.facts import sha256_of
from lusdata.media.phantom import draw
from lusdata.media.phantom.media import write_video
from lusdata.media.phantom.spec import typical

CLIP, OTHER = "skip-lesion-2.mp4", "other-view.mp4"
SAID = ("--license", "CC-BY-4.0", "--provider", "a-clinic", "--class", "covid-19", "--probe", "convex", "--yes")
TODAY = datetime.date(2031, 1, 2)
GONE = {"state": "withdrawn", "since": "2026-01-01", "reason": "consent taken back"}
EXCLUDED = {"state": "excluded", "since": "2026-01-01", "reason": "not a lung"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return two clips, which are looked at once, for `add` and for `import folder`."""
    root = tmp_path_factory.mktemp("met")
    looks = {}
    for seed, name in enumerate((CLIP, OTHER), start=70):
        spec = replace(typical("covid-19", variant=seed), burned_in=False, width_px=160, height_px=120, frame_count=3)
        path = root / name
        write_video(path, draw(spec, seed).frames, rate_hz=10)
        looks[sha256_of(path)] = look(path)
        assert examine(ExamineJob(name, str(path), sha256_of(path), False, str(root), str(root / "import"))).fault == ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(add, "look", lambda path: looks.get(sha256_of(path)) or look(path))
        yield root


@pytest.fixture
def desk(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with `clips/`, which holds one clip, in which collections may stand beside each other."""
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    shutil.copytree(drawn / "import", tmp_path / "cache" / "import")
    (tmp_path / "clips").mkdir()
    shutil.copyfile(drawn / CLIP, tmp_path / "clips" / CLIP)
    return tmp_path


def bring(desk: Path, out: str = "mine", *arguments: object) -> int:
    said = ("--group-by", "name", "--license", "CC-BY-4.0", "--provider", "a-clinic", "--workers", 1)
    return main(["import", "folder", *map(str, (desk / "clips", "--out", desk / out, *said, *arguments))])


def add_clip(desk: Path, out: str, *clips: Path, more: tuple[object, ...] = ()) -> int:
    (desk / out).mkdir(exist_ok=True)
    given = (*(clips or (desk / "clips" / CLIP,)), "--collection", desk / out, *SAID, *more)
    return main(["add", *map(str, given), "--preview", str(desk / "seen")])


def recordings(desk: Path) -> list[Manifest]:
    """Return what stands in all collections of a desk."""
    folders = [path for path in desk.iterdir() if path.name not in ("cache", "clips", "seen", "settings")]
    return [read_manifest(path) for folder in folders if folder.is_dir() for path in json_files(folder)]


def change(desk: Path, **fields: Any) -> None:
    """Change the one recording that is there."""
    (one,) = recordings(desk)
    data = {key: value for key, value in {**one.data, **fields}.items() if value is not None}
    if fields.get("status") == GONE:
        data["source"] = {**data["source"], "locations": []}
        data.pop("patient", None)
    assert one.path is not None
    write_manifest(one.path, data)


def as_lead(desk: Path) -> None:
    """Take out of the one recording that is there what its file told, so that nobody has seen it."""
    (one,) = recordings(desk)
    facts = ("sha256", "size_bytes")
    source = {key: value for key, value in one.data["source"].items() if key not in facts}
    kept = {key: value for key, value in one.data.items() if key not in ("media", "fingerprint", "crop")}
    assert one.path is not None
    write_manifest(one.path, {**kept, "source": {**source, "path": f"atlas/{CLIP.upper()}"}})


ORDERS = [
    (first, state, where)
    for number, state in enumerate(("included", "excluded", "withdrawn", "lead", "withdrawn lead"))
    for first, where in zip(("add", "import"), ("mine", "beside") if number % 2 else ("beside", "mine"), strict=True)
]


@pytest.mark.parametrize(("first", "state", "where"), ORDERS)
def test_a_file_that_is_there_comes_in_no_second_time(desk, capsys, first, state, where):
    assert (add_clip(desk, where) if first == "add" else bring(desk, where)) == 0
    if "lead" in state:
        as_lead(desk)
    if state not in ("included", "lead"):
        change(desk, status=EXCLUDED if state == "excluded" else GONE)
    (there,) = before = [one.data for one in recordings(desk)]
    capsys.readouterr()
    # The dry run tells it, before anything is decoded.
    assert bring(desk, "mine", "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["waited_for" if "lead" in state else "there_already"] == {CLIP: there["id"]}
    bring(desk, "mine", "--dry-run")
    told = f"{CLIP}: {there['id']}{', withdrawn: consent taken back' if 'withdrawn' in state else ''}"
    assert (told in capsys.readouterr().out) == ((where, state) != ("mine", "included"))
    bring(desk, "mine")
    assert [one.data for one in recordings(desk)] == before
    assert add_clip(desk, "mine") == 1
    assert [one.data for one in recordings(desk)] == before


def test_a_folder_of_which_everything_stands_next_door_makes_no_empty_collection(desk, capsys):
    assert bring(desk, "beside") == 0
    (there,) = recordings(desk)
    capsys.readouterr()
    assert bring(desk, "mine") == 1
    error = capsys.readouterr().err
    assert f"every file is there already; found 1 file, such as {CLIP} as {there.id}; use that collection" in error
    assert not (desk / "mine").exists()


def test_a_lead_is_completed_by_a_folder_when_somebody_says_so(desk, capsys, tmp_path):
    assert bring(desk, "beside") == 0
    as_lead(desk)
    # One content under two names, the other one of which tells.
    shutil.copyfile(desk / "clips" / CLIP, desk / "clips" / "again.mp4")
    request = Request(desk / "clips", desk / "beside", group_by="name", licence="CC-BY-4.0", provider="a-clinic")
    asked = []

    def ask(question):
        asked.append(question.note)
        return "yes"

    plan = plan_import(request, tmp_path)
    done = carry_out(plan, workers=1, advance=lambda *_: None, today=TODAY, ask=ask)
    (one,) = recordings(desk)
    assert asked == [f"{one.id} waits for such a file: the same name"]
    assert (one.sha256, one.since) == (sha256_of(desk / "clips" / CLIP), "2031-01-02")
    assert (done.added, set(done.known.values()), done.failed) == ({}, {one.id}, {})
    # It is found in the folder that it came from.
    assert main(["build", str(desk / "beside"), "--out", str(desk / "seen"), "--size", "32", "--workers", "1"]) == 0


def test_a_file_of_a_patient_who_stands_next_door_is_linked_to_that_patient(desk, drawn):
    assert bring(desk, "beside") == 0
    (there,) = recordings(desk)
    shutil.copyfile(drawn / OTHER, desk / "clips" / OTHER)
    (desk / "who.csv").write_text(f"file,patient\n{CLIP},7\n{OTHER},7\n")
    said = ("--labels", desk / "who.csv", "--license", "CC-BY-4.0", "--workers", 1)
    assert main(["import", "folder", *map(str, (desk / "clips", "--out", desk / "mine", *said))]) == 0
    (new,) = open_collection(desk / "mine").manifests
    assert new.data["group"]["linked"] == [{"id": there.group_id, "basis": there.group_basis}]


@pytest.mark.parametrize("where", ["mine", "beside"])
@pytest.mark.parametrize(
    ("fields", "source", "told"),
    [
        ({"status": GONE}, {}, "the pictures were taken back (looks like {id}, withdrawn: consent taken back)"),
        ({}, {"upstream_changes": ["conversion"]}, "there already"),
    ],
    ids=["withdrawn", "clean copy"],
)
def test_what_shows_the_same_in_another_form_is_no_second_recording(desk, capsys, where, fields, source, told):
    assert bring(desk, where) == 0
    (there,) = recordings(desk)
    change(desk, **fields, source={**there.data["source"], "sha256": "a" * 64, "locations": [], **source}, crop=None)
    before = [one.data for one in recordings(desk)]
    capsys.readouterr()
    bring(desk, "mine")
    said = capsys.readouterr()
    assert told.format(id=there.id) in said.out + said.err
    assert [one.data for one in recordings(desk)] == before


@pytest.mark.parametrize("option", ["--same-patient", "--link"])
@pytest.mark.parametrize("where", ["mine", "beside"])
def test_a_recording_of_nobody_known_can_be_named_as_the_same_patients(desk, drawn, option, where):
    assert add_clip(desk, where) == 0
    (there,) = recordings(desk)
    assert there.group_basis == "unknown"
    assert add_clip(desk, "mine", drawn / OTHER, more=(option, there.id)) == 0
    assert len(recordings(desk)) == 2
