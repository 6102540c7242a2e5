"""``lusdata add`` as a contributor meets it: what is written, what is asked, what is turned away."""

from __future__ import annotations

import datetime
import errno
import io
import json
import os
import re
import shutil
import socket
import stat
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from catalogs import recording, write_catalog
from media_server import running_server

from lusdata.atomic import write_text
from lusdata.catalog.about import about_header
from lusdata.catalog.manifest import dumps, read_manifest, write_manifest
from lusdata.catalog.rights import licence_entry
from lusdata.cli import main
from lusdata.commands.adding import ask as add_ask
from lusdata.errors import DataError
from lusdata.intake import add as intake_add
from lusdata.intake.beside import beside_findings, refuse_beside
from lusdata.intake.source import check_file, download
from lusdata.media.facts import sha256_of
from lusdata.media.fingerprint import fingerprint
from lusdata.media.phantom import draw
from lusdata.media.phantom.media import write_image, write_video
from lusdata.media.phantom.spec import typical

SAID = ("--license", "CC-BY-4.0", "--provider", "a-clinic", "--class", "covid-19", "--probe", "convex")
FRAMES = 6
"""As few as tell what moves from what stands still: each is looked at for what makes it known again."""


def clean(seed: int, **changes: object) -> np.ndarray:
    """Return a phantom without any writing, shape (FRAMES, 240, 320)."""
    spec = replace(typical("covid-19", variant=seed), burned_in=False, width_px=320, height_px=240, frame_count=FRAMES)
    return draw(replace(spec, **changes), seed).frames


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings, drawn once: one that is in the collection, one that is not; and one with a name inside."""
    folder = tmp_path_factory.mktemp("clips")
    write_video(folder / "known.mp4", clean(1), rate_hz=15)
    write_video(folder / "new.mp4", clean(2), rate_hz=15)
    write_video(folder / "named.mp4", clean(3, patient_name="MUSTERFRAU ERIKA", width_px=400, height_px=304))
    return folder


@pytest.fixture(scope="session")
def signature(clips: Path) -> str:
    found = fingerprint(clips / "known.mp4")
    assert found is not None
    return found


@dataclass(frozen=True)
class Place:
    """A contributor's desk: a collection, clips, and folders for what comes out."""

    root: Path

    @property
    def manifests(self) -> Path:
        return self.root / "manifests" / "test"

    @property
    def previews(self) -> Path:
        return self.root / "previews"

    def add(self, *arguments: object) -> int:
        """Run the command without a terminal."""
        options = ("--collection", self.manifests, "--preview", self.previews, "--media", self.root / "media")
        return main(["add", *map(str, (*arguments, *options))])

    def written(self) -> list[Path]:
        """Return the manifests that were not there at the start."""
        return sorted(path for path in self.manifests.iterdir() if path.stem != "known")

    def the_new(self) -> dict:
        (path,) = self.written()
        return dict(read_manifest(path).data)


@pytest.fixture
def place(tmp_path: Path, signature: str, looked_at_once: None, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    folder = write_catalog(tmp_path / "manifests" / "test", [recording("known", group="patient-7")])
    path = folder / "known.json"
    data = read_manifest(path).data
    write_manifest(path, {**data, "id": "test/known", "fingerprint": signature})
    return Place(tmp_path)


def test_a_clip_becomes_a_manifest_that_validates_and_a_picture(place, clips, capsys):
    assert place.add(clips / "new.mp4", *SAID) == 0
    data = place.the_new()
    out = capsys.readouterr().out
    assert data["id"].startswith("test/covid-19-convex-")
    assert data["status"] == {"state": "included", "since": datetime.datetime.now(datetime.UTC).date().isoformat()}
    assert data["media"]["frame_count"] == FRAMES
    assert data["fingerprint"].startswith("points-")
    assert data["group"] == {"id": data["id"].replace("test/", "test/unknown-"), "basis": "unknown"}
    assert data["crop"]["method"] == "sector"
    assert data["crop"]["sha256"] == data["source"]["sha256"]
    assert (place.root / "media" / data["source"]["path"]).read_bytes() == (clips / "new.mp4").read_bytes()
    (picture,) = place.previews.iterdir()
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert "lusdata validate" in out
    assert "pull request" in out
    assert main(["validate", str(place.manifests)]) == 0


def test_the_files_name_stays_out_of_everything(place, clips, tmp_path, capsys):
    shutil.copy(clips / "new.mp4", tmp_path / "Erika Musterfrau 21.03.1954.mp4")
    assert place.add(tmp_path / "Erika Musterfrau 21.03.1954.mp4", *SAID) == 0
    (path,) = place.written()
    assert "usterfrau" not in path.read_text(encoding="utf-8").lower() + path.name
    assert not [file for file in place.previews.iterdir() if "usterfrau" in file.name.lower()]


def test_in_a_clone_the_next_step_is_the_check_of_a_pull_request(place, clips, capsys):
    (place.root / ".git").mkdir()
    assert place.add(clips / "new.mp4", *SAID, "--id", "a-clip") == 0
    out = capsys.readouterr().out
    assert f"lusdata check {place.manifests}" in out
    assert "git commit -m 'Add test/a-clip'" in out


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such bits")
def test_a_picture_that_may_show_a_name_is_its_owners_alone(place, clips):
    place.add(clips / "new.mp4", *SAID)
    (picture,) = place.previews.iterdir()
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600


def test_everything_missing_is_named_at_once_without_a_terminal(place, clips, capsys):
    assert place.add(clips / "new.mp4", "--class", "covid-19") == 2
    error = capsys.readouterr().err
    assert "--license, --probe, --provider" in error
    assert error.count("\n") == 1
    assert place.written() == []


def test_yes_accepts_the_transducer_that_the_picture_shows(place, clips):
    assert place.add(clips / "new.mp4", *SAID[:-2], "--yes") == 0
    assert place.the_new()["probe"] == "convex"


def test_the_same_file_is_refused_by_name(place, clips, capsys):
    assert place.add(clips / "new.mp4", *SAID) == 0
    capsys.readouterr()
    assert place.add(clips / "new.mp4", *SAID) == 1
    assert f"already there; found {place.the_new()['id']}" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["included", "excluded", "withdrawn"])
@pytest.mark.parametrize("collection", ["test", "elsewhere"])
def test_the_same_file_is_refused_whatever_it_is_called_and_whatever_became_of_the_first(
    place, clips, tmp_path, capsys, collection, state
):
    data = read_manifest(place.manifests / "known.json").data
    source = {**data["source"], "sha256": sha256_of(clips / "known.mp4")}
    if state == "withdrawn":
        source |= {"locations": [], "access": "restricted"}
    status = {"state": state, "since": "2030-01-01"} | ({} if state == "included" else {"reason": "as its owner asked"})
    folder = place.manifests.parent / collection
    folder.mkdir(exist_ok=True)
    known = {**data, "id": f"{collection}/known", "source": source, "status": status}
    known["group"] = {**data["group"], "id": f"{collection}/patient-7"}
    write_manifest(folder / "known.json", known)
    shutil.copy(clips / "known.mp4", tmp_path / "case-12.mp4")
    assert place.add(tmp_path / "case-12.mp4", *SAID) == 1
    error = capsys.readouterr().err
    assert f"this very file is already there; found {collection}/known" in error
    assert state == "included" or f"{state}: as its owner asked" in error
    assert place.written() == []


def test_what_lies_beside_and_is_no_valid_manifest_is_told_as_not_compared(place, clips, capsys):
    folder = write_catalog(place.manifests.parent / "elsewhere", [recording("fine"), recording("broken")])
    (folder / "broken.json").write_text("{}", encoding="utf-8")
    # What holds no manifest at all is no collection.
    (place.manifests.parent / "notes").mkdir()
    (place.manifests.parent / "notes" / "todo.json").write_text("[]", encoding="utf-8")
    assert place.add(clips / "new.mp4", *SAID) == 0
    out = capsys.readouterr().out
    assert "elsewhere/broken.json is no valid manifest, and was not compared" in out
    assert "todo.json" not in out


def test_a_copy_that_was_cropped_mirrored_and_encoded_again_is_refused_by_the_right_name(place, tmp_path, capsys):
    changed = np.ascontiguousarray(clean(1)[:, 14:230, 306:20:-1])
    write_video(tmp_path / "mine.mp4", changed, rate_hz=12)
    assert place.add(tmp_path / "mine.mp4", *SAID) == 1
    error = capsys.readouterr().err
    assert "looks like test/known" in error
    assert "--link test/known" in error
    assert place.written() == []


def test_a_duplicate_is_shown_beside_its_original_where_that_can_be_had(place, clips, tmp_path, capsys):
    mirror = tmp_path / "mirror" / "videos"
    mirror.mkdir(parents=True)
    shutil.copy(clips / "known.mp4", mirror / "known.mp4")
    data = read_manifest(place.manifests / "known.json").data
    source = {**data["source"], "sha256": sha256_of(clips / "known.mp4"), "path": "videos/known.mp4"}
    write_manifest(place.manifests / "known.json", {**data, "source": source})
    write_video(tmp_path / "again.mp4", clean(1)[1:], rate_hz=15)
    assert place.add(tmp_path / "again.mp4", *SAID, "--mirror", tmp_path / "mirror") == 1
    (picture,) = place.previews.iterdir()
    assert "beside-known" in picture.name
    assert str(picture) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "group"),
    [
        ("--link", {"basis": "unknown", "linked": [{"id": "test/patient-7", "basis": "near-duplicate"}]}),
        ("--same-patient", {"basis": "patient", "id": "test/patient-7"}),
    ],
)
def test_another_cut_joins_the_group_of_the_first(place, tmp_path, option, group):
    write_video(tmp_path / "cut.mp4", clean(1)[:-1], rate_hz=15)
    assert place.add(tmp_path / "cut.mp4", *SAID, option, "test/known") == 0
    found = place.the_new()["group"]
    assert {key: found[key] for key in group} == group


def test_a_named_recording_must_be_there(place, clips, capsys):
    assert place.add(clips / "new.mp4", *SAID, "--link", "test/know") == 2
    assert "test/known" in capsys.readouterr().err


def test_a_clip_of_a_known_patient_joins_the_patient_and_moves_nobody(place, clips):
    from lusdata.catalog.open_collection import open_collection
    from lusdata.splits.folds.make import make_folds

    others = [recording(f"r{number}", group=f"patient-{number}") for number in range(20, 40)]
    for other in others:
        name = other.id.split("/")[1]
        write_manifest(place.manifests / f"{name}.json", other.data)
    before = make_folds(open_collection(place.manifests).manifests, by="patient", k=5, seed=0)
    assert place.add(clips / "new.mp4", *SAID, "--provider", "clinic-a", "--patient", "7") == 0
    after = make_folds(open_collection(place.manifests).manifests, by="patient", k=5, seed=0)

    def folds(table):
        return {name: fold for fold in range(5) for name in table.split(fold).test}

    old, new = folds(before), folds(after)
    (added,) = set(new) - set(old)
    assert {name: new[name] for name in old} == old
    assert new[added] == new["test/known"]


def test_a_code_means_something_to_one_provider_alone(place, clips):
    assert place.add(clips / "new.mp4", *SAID, "--patient", "7") == 0
    assert place.the_new()["group"] == {"id": "test/patient-a-clinic-7", "basis": "patient"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--license", "GPL-3.0-only"), "unknown licence"),
        (("--license", "LicenseRef-None"), "needs a licence"),
        (("--patient", "erika-musterfrau"), "four letters in a row may be a name"),
        (("--patient", "4711000"), "seven digits in a row may be a hospital's number"),
        (("--patient", "em"), "a code has a digit"),
        (("--patient", "E 7"), "only lower-case letters"),
        (("--attribution", "<b>Me</b>"), "markup"),
        (("--attribution", "A\x1b[31mB"), "control characters"),
        (("--provider", "My Clinic"), "such as my-clinic"),
        (("--crop", "1,2"), "not a crop"),
        (("--crop", "0,0,900"), "does not lie inside"),
        (("--rate-hz", "-1"), "no frame rate"),
        (("--reviewer", "Dr. Who"), "not a slug"),
        (("--kind", "image"), "KIND_FRAMES"),
        (("--attribution", "ask me@example.org"), "PRIVACY_CONTACT"),
        (("--source-url", "http://10.0.0.7/a.mp4"), "ADDRESS_PRIVATE"),
        (("--source-url", "javascript:alert(1)"), "--source-url: not a web address"),
        (("--source-url", "https://example.org/<script>.mp4"), "--source-url: markup"),
        (("--page", "see example.org"), "--page: not a web address"),
        (("--source-url", "https://example.org/known.mp4"), "already there"),
    ],
)
def test_what_may_not_be_is_refused_in_a_line_and_nothing_is_written(place, clips, capsys, options, message):
    assert place.add(clips / "new.mp4", *SAID, *options) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert place.written() == []
    assert not (place.root / "media").exists()


def test_a_persons_crop_goes_before_the_finders(place, clips):
    assert place.add(clips / "new.mp4", *SAID, "--crop", "30,20,200", "--reviewer", "physician") == 0
    crop = place.the_new()["crop"]
    assert [crop[edge] for edge in ("left_px", "top_px", "width_px", "height_px")] == [30, 20, 200, 200]
    assert (crop["method"], crop["reviewer"]) == ("manual", "physician")


@pytest.fixture(scope="session")
def two_scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("screens") / "two.mp4"
    bar = np.full((FRAMES, 30, 640), 90, np.uint8)
    both = np.concatenate([clean(seed, margin=0.05) for seed in (5, 6)], axis=2)
    write_video(path, np.concatenate([bar, both], axis=1), rate_hz=15)
    return path


def test_of_several_scans_on_a_screen_one_is_cropped_and_the_others_are_named(place, two_scans, capsys):
    assert place.add(two_scans, *SAID) == 0
    crop = place.the_new()["crop"]
    assert crop["left_px"] + crop["width_px"] <= 320
    assert crop["top_px"] >= 30
    out = capsys.readouterr().out
    (other,) = re.findall(r"the screen shows 2 scans.* --crop (\d+,\d+,\d+) takes another", out)
    left_px, _, size_px = map(int, other.split(","))
    assert left_px >= 320
    assert left_px + size_px <= 640


def test_of_several_scans_a_person_says_which(place, two_scans, monkeypatch, capsys):
    answers(monkeypatch, "", "yes")
    assert place.add(two_scans, *SAID, "--class-basis", "pcr", "--attribution", "A", "--patient", "c-07") == 0
    assert place.the_new()["crop"]["left_px"] < 320
    assert "the screen shows 2 scans" in capsys.readouterr().err


def test_a_still_picture_is_an_image_and_so_is_an_animation_of_one_frame(place, tmp_path):
    write_image(tmp_path / "still.png", clean(4)[0])
    write_video(tmp_path / "still.gif", clean(5)[:1], rate_hz=10)
    for name in ("still.png", "still.gif"):
        assert place.add(tmp_path / name, *SAID, "--text-reviewed", "physician") == 0
    assert [read_manifest(path).kind for path in place.written()] == ["image", "image"]
    assert main(["validate", str(place.manifests)]) == 0


def test_a_picture_too_small_for_a_lung_is_refused_and_one_that_shows_nothing_is_told(place, tmp_path, capsys):
    write_image(tmp_path / "a.png", np.full((2, 320), 90, dtype=np.uint8))
    assert place.add(tmp_path / "a.png", *SAID) == 1
    assert "too small for a recording; expected at least 32 px on a side; found 320 x 2 px" in capsys.readouterr().err
    write_image(tmp_path / "b.png", np.zeros((240, 320), dtype=np.uint8))
    assert place.add(tmp_path / "b.png", *SAID) == 0
    out = capsys.readouterr().out
    assert "too little is seen for a fingerprint" in out
    # Nothing was taken out.
    assert "Keep it to yourself" not in out


def test_a_name_in_the_picture_stops_it_and_is_shown(place, clips, capsys):
    assert place.add(clips / "named.mp4", *SAID) == 1
    error = capsys.readouterr().err
    assert "text is burned into the picture" in error
    assert "--text-reviewed ROLE" in error
    (picture,) = place.previews.iterdir()
    assert str(picture) in error
    assert place.written() == []


def test_text_that_was_read_is_signed_for_in_the_manifest(place, clips):
    assert place.add(clips / "named.mp4", *SAID, "--text-reviewed", "physician") == 0
    (review,) = place.the_new()["review"]
    assert (review["of"], review["role"]) == ("burned-in-text", "physician")


def test_a_clean_copy_has_the_text_blacked_and_says_so(place, clips, capsys):
    from lusdata.intake.look import sampled_frames
    from lusdata.media.text.finder import find_text

    assert place.add(clips / "named.mp4", *SAID, "--clean-copy", "--black-text", "all", "--json") == 0
    (added,) = json.loads(capsys.readouterr().out)["added"]
    # The name stands over the scan, of which no more than its own box is lost.
    assert 0 < added["scan_lost"]["area"] < 0.05
    assert 0 < added["scan_lost"]["light"] < 0.15
    assert any("of the scan's area and" in note for note in added["notes"])
    data = place.the_new()
    assert data["source"]["upstream_changes"] == ["artifact-removal", "conversion"]
    assert data["media"]["codec"] == "ffv1"
    copy = place.root / "media" / data["source"]["path"]
    assert find_text(sampled_frames(copy)).regions == ()


def tagged(path: Path, source: Path, **tags: str) -> Path:
    import av

    with av.open(source) as old, av.open(path, "w") as new:
        new.metadata.update(tags)
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        copy.metadata.update(tags)
        for packet in old.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                new.mux(packet)
    return path


def test_markup_in_a_files_own_title_steers_nothing_and_goes_nowhere(place, clips, tmp_path, capsys):
    path = tagged(tmp_path / "a.mp4", clips / "new.mp4", title="<script>alert(1)</script>\x1b[31m")
    assert place.add(path, *SAID) == 0
    assert "script" not in place.written()[0].read_text(encoding="utf-8")
    out = capsys.readouterr().out
    assert "this goes with the file: tag 'title'" in out
    assert "\x1b" not in out


def test_a_title_does_not_drown_among_the_numbers_that_programs_write(place, clips, tmp_path, capsys):
    path = tagged(tmp_path / "a.mp4", clips / "new.mp4", title="Left lung", album="1", date="2", genre="3", track="4")
    assert place.add(path, *SAID) == 0
    out = capsys.readouterr().out
    assert "this goes with the file: tag 'title' 'Left lung'," in out
    assert out.index("Left lung") < out.index("tag 'album' '1'")


def test_a_name_in_a_files_own_title_stops_it(place, clips, tmp_path, capsys):
    path = tagged(tmp_path / "a.mp4", clips / "new.mp4", title="MUSTERFRAU^ERIKA")
    assert place.add(path, *SAID) == 1
    assert "--clean-copy" in capsys.readouterr().err
    assert place.add(path, *SAID, "--clean-copy") == 0
    assert b"MUSTERFRAU" not in (place.root / "media" / place.the_new()["source"]["path"]).read_bytes()


@pytest.mark.parametrize(
    "tags",
    [{"artist": "Dr. Muster"}, {"handler_name": "MUSTERFRAU^ERIKA"}, {"location": "+48.1371+011.5754/"}],
    ids=lambda tags: next(iter(tags)),
)
def test_who_made_it_and_where_stop_it_too(clips, tmp_path, tags):
    path = tagged(tmp_path / "a.mp4", clips / "new.mp4", **tags)
    with pytest.raises(DataError, match=f"tag '{next(iter(tags))}'.* may not go with"):
        refuse_beside(beside_findings(path), "a.mp4")


def test_the_day_of_an_upload_is_told_and_stops_nothing(place, clips, tmp_path, capsys):
    path = tagged(tmp_path / "a.mp4", clips / "new.mp4", date="20200825")
    assert place.add(path, *SAID) == 0
    assert (
        "goes with the file: tag 'date' '20200825'; a day there may be that of the examination"
        in capsys.readouterr().out
    )
    named = tagged(tmp_path / "b.mp4", clips / "new.mp4", date="MUSTERFRAU^ERIKA")
    with pytest.raises(DataError, match="tag 'date' may not go with"):
        refuse_beside(beside_findings(named), "b.mp4")


def test_a_name_in_a_pictures_own_comment_stops_it(tmp_path):
    write_image(tmp_path / "plain.jpg", clean(4)[0])
    whole = (tmp_path / "plain.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[:2] + b"\xff\xfe\0\x12MUSTERFRAU^ERIKA" + whole[2:])
    refuse_beside(beside_findings(tmp_path / "plain.jpg"), "plain.jpg")
    with pytest.raises(DataError, match="COM may not go with"):
        refuse_beside(beside_findings(tmp_path / "a.jpg"), "a.jpg")


def test_a_copy_with_private_tags_is_told_to_be_a_copy_first(place, clips, tmp_path, capsys):
    path = tagged(tmp_path / "a.mp4", clips / "known.mp4", title="MUSTERFRAU^ERIKA")
    assert place.add(path, *SAID) == 1
    error = capsys.readouterr().err
    assert "looks like test/known" in error
    assert "MUSTERFRAU" not in error


def test_a_known_clip_small_on_a_grey_screen_is_refused_by_the_right_name(place, tmp_path, capsys):
    screen = np.pad(clean(1), ((0, 0), (180, 180), (240, 240)), constant_values=60)
    write_video(tmp_path / "screen.mp4", screen, rate_hz=15)
    assert place.add(tmp_path / "screen.mp4", *SAID) == 1
    assert "looks like test/known" in capsys.readouterr().err


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize(
    ("name", "head", "found"),
    [
        ("a.heic", b"\0\0\0\x1cftypheic" + bytes(200), "HEIF picture"),
        ("a.webp", b"RIFF\xd2\0\0\0WEBPVP8X\x0a\0\0\0\x02" + bytes(197), "animated WebP"),
        (
            "a.png",
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0))
            + chunk(b"IDAT")
            + chunk(b"IEND"),
            "400,000,000 px in all",
        ),
    ],
)
def test_a_picture_that_cannot_be_read_is_called_what_it_is(place, tmp_path, capsys, name, head, found):
    (tmp_path / name).write_bytes(head)
    assert place.add(tmp_path / name, *SAID) == 1
    error = capsys.readouterr().err
    assert found in error
    assert error.count("\n") == 1


def bad_files(folder: Path) -> Path:
    folder.mkdir()
    (folder / "empty.mp4").touch()
    (folder / "page.mp4").write_text("<!doctype html><title>gone</title>", encoding="utf-8")
    (folder / ".hidden").write_text("not looked at", encoding="utf-8")
    (folder / "notes.txt").write_text("patient 7, left side", encoding="utf-8")
    return folder


def test_one_bad_file_does_not_stop_the_others(place, clips, tmp_path, capsys):
    folder = bad_files(tmp_path / "export")
    shutil.copy(clips / "new.mp4", folder / "new.mp4")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
        (folder / "link.mp4").symlink_to(clips / "known.mp4")
    assert place.add(folder, *SAID, "--group-by", "unknown") == 1
    out = capsys.readouterr().out
    assert len(place.written()) == 1
    assert "the file is empty" in out
    assert ".hidden" not in out
    if hasattr(os, "mkfifo"):
        assert "found a pipe" in out
        assert "a symbolic link" in out
        assert "1 added, 5 refused" in out


def test_what_may_not_be_read_is_told_and_does_not_stop_the_others(place, clips, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "export"
    (folder / "locked").mkdir(parents=True)
    shutil.copy(clips / "named.mp4", folder / "a.mp4")
    shutil.copy(clips / "new.mp4", folder / "b.mp4")
    scan, prepare = os.scandir, intake_add.prepare

    def refusing(name):
        raise PermissionError(errno.EACCES, "Permission denied", str(name))

    # Neither is in the way of a superuser, who may well run this.
    monkeypatch.setattr(os, "scandir", lambda path: (refusing if str(path).endswith("locked") else scan)(path))
    monkeypatch.setattr(
        intake_add, "prepare", lambda file, *rest: refusing(file) if file.stem == "a" else prepare(file, *rest)
    )
    assert place.add(folder, *SAID, "--group-by", "unknown") == 3
    out = capsys.readouterr().out
    assert "1 added, 2 refused" in out
    assert "Permission denied" in out
    assert "the folder may not be read" in out
    assert len(place.written()) == 1


def test_a_socket_is_called_one(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "s"))
        with pytest.raises(DataError, match="found a socket"):
            check_file(tmp_path / "s")


def test_an_empty_word_is_not_taken_for_the_folder_at_hand(place, clips, monkeypatch, capsys):
    monkeypatch.chdir(clips)
    assert place.add("", *SAID) == 2
    assert "nothing is named" in capsys.readouterr().err
    assert place.written() == []


def test_json_is_one_document_with_what_was_added_and_refused(place, clips, tmp_path, capsys):
    folder = bad_files(tmp_path / "export")
    shutil.copy(clips / "new.mp4", folder / "new.mp4")
    assert place.add(folder, *SAID, "--group-by", "unknown", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    (added,) = document["added"]
    assert added["id"] == place.the_new()["id"]
    assert sorted(Path(one["source"]).name for one in document["refused"]) == ["empty.mp4", "notes.txt", "page.mp4"]


@pytest.mark.parametrize(
    ("name", "code"), [("nothing.mp4", 2), ("empty-folder", 1), ("empty.mp4", 1), ("cut.mp4", 1), ("huge.png", 1)]
)
def test_bad_input_is_told_in_one_line(place, clips, tmp_path, capsys, name, code):
    (tmp_path / "empty-folder").mkdir()
    (tmp_path / "empty.mp4").touch()
    whole = (clips / "new.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (20_000).to_bytes(4, "big") * 2 + b"\1\0\0\0\0" + bytes(4)
    (tmp_path / "huge.png").write_bytes(header + b"\0\0\0\0IEND\xaeB`\x82")
    assert place.add(tmp_path / name, *SAID) == code
    assert capsys.readouterr().err.count("\n") == 1
    assert place.written() == []


def test_a_folder_that_cannot_begin_an_id_is_refused_before_the_clip_is_decoded(place, clips, tmp_path, capsys):
    folder = tmp_path / "manifests" / "My Clinic"
    folder.mkdir()
    assert main(["add", str(clips / "new.mp4"), *SAID, "--collection", str(folder)]) == 2
    assert "found 'My Clinic'; call it my-clinic" in capsys.readouterr().err


def test_text_over_the_scan_is_blacked_only_when_a_person_says_so(place, clips, capsys):
    assert place.add(clips / "named.mp4", *SAID, "--clean-copy") == 1
    assert "--black-text all blacks what lies over the scan, too" in capsys.readouterr().err
    assert place.written() == []
    assert place.add(clips / "named.mp4", *SAID, "--black-text", "all") == 2
    assert "text is blacked in a copy only" in capsys.readouterr().err


def test_text_that_a_clean_copy_leaves_is_not_answered_with_a_clean_copy(place, clips, monkeypatch, capsys):
    from lusdata.intake import clean_copy

    nothing = clean_copy.find_text(np.zeros((1, 64, 64, 3), dtype=np.uint8))
    monkeypatch.setattr(clean_copy, "find_text", lambda frames, sector: nothing)
    assert place.add(clips / "named.mp4", *SAID, "--clean-copy", "--black-text", "all") == 1
    error = capsys.readouterr().err
    assert "text is left in the picture" in error
    assert "do not add it" in error
    assert "--clean-copy" not in error


def test_a_file_that_is_still_being_written_is_not_described(place, clips, tmp_path, monkeypatch, capsys):
    path = Path(shutil.copy(clips / "new.mp4", tmp_path / "clip.mp4"))
    look = intake_add.look

    def then_it_grows(seen: Path):
        found = look(seen)
        path.write_bytes(path.read_bytes() + b"more")
        return found

    monkeypatch.setattr(intake_add, "look", then_it_grows)
    assert place.add(path, *SAID) == 1
    assert "the file changed while it was looked at" in capsys.readouterr().err
    assert place.written() == []


def test_three_hours_are_refused_before_they_are_decoded(place, tmp_path, capsys):
    times_s = [0.0, *(10_800.0 + second for second in range(3))]
    write_video(tmp_path / "long.mp4", clean(2)[:4], times_s=times_s)
    assert place.add(tmp_path / "long.mp4", *SAID) == 1
    assert "too large for a recording; expected at most 3,600 s" in capsys.readouterr().err


def test_the_collections_of_an_installed_package_are_not_written_to(place, clips, tmp_path, capsys):
    shipped = tmp_path / "_shipped" / "manifests" / "test"
    shipped.mkdir(parents=True)
    assert main(["add", str(clips / "new.mp4"), *SAID, "--collection", str(shipped)]) == 2
    assert "clone the repository" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("licence", "private", "public"),
    [("CC-BY-4.0", False, True), ("LicenseRef-Private", False, False), ("LicenseRef-None", True, False)],
)
def test_nobody_is_asked_to_publish_what_is_private(place, clips, capsys, licence, private, public):
    if private:
        about = {**about_header(), "title": "Ours", "owner": "Us", "private": True}
        write_text(place.manifests / "collection.json", dumps(about))
        known = recording("known", group="patient-7", licence="LicenseRef-None")
        source = {**known.data["source"], "licence": licence_entry("LicenseRef-None")}
        write_manifest(place.manifests / "known.json", {**known.data, "source": source})
    page = ("--page", "https://example.org/case") if licence == "LicenseRef-None" else ()
    assert place.add(clips / "new.mp4", "--license", licence, *page, *SAID[2:]) == 0
    out = capsys.readouterr().out
    assert ("pull request" in out, "Publish the file" in out, "It is private" in out) == (public, public, not public)


def test_an_address_is_fetched_and_names_the_recording(place, clips, monkeypatch, tmp_path):
    def download(address: str, folder: Path) -> Path:
        return Path(shutil.copy(clips / "new.mp4", folder / "Cov-Clip_3.mp4"))

    monkeypatch.setattr("lusdata.intake.prepare.download", download)
    assert place.add("https://example.org/media/Cov-Clip_3.mp4?x=1", *SAID[:2], *SAID[4:]) == 0
    data = place.the_new()
    assert data["id"] == "test/cov-clip-3"
    assert data["source"]["locations"] == ["https://example.org/media/Cov-Clip_3.mp4?x=1"]
    # Everything else from that host is from this source.
    assert data["source"]["provider"] == "clinic-a"


@pytest.mark.parametrize(
    "name", ["a%00b.mp4", "..a%3F", "a" * 300 + ".mp4", "a%0Ab.mp4"], ids=["nul", "dots", "long", "line"]
)
def test_a_server_may_call_a_file_what_it_likes(clips, tmp_path, name):
    with running_server() as server:
        address = server.put(f"/{name}", (clips / "new.mp4").read_bytes())
        arrived = download(address, tmp_path, allowed=[server.url("/")])
    assert arrived.parent == tmp_path
    assert arrived.name in ("arrived", "arrived.mp4")


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(add_ask, "is_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_person_on_a_terminal_is_asked_for_what_is_missing(place, clips, monkeypatch, capsys):
    page = "https://example.org/case/4"
    lines = (
        "covid",
        "pcr",
        page,
        "CC-BY-9",
        "CC-BY-4.0",
        "",
        "The Clinic",
        "Erika",
        "c-07",
        "",
        "9,9,999",
        "10,20,200",
    )
    answers(monkeypatch, *lines)
    assert place.add(clips / "new.mp4") == 0
    data = place.the_new()
    assert (data["class"], data["class_basis"], data["probe"]) == ("covid-19", "pcr", "convex")
    assert (data["source"]["provider"], data["source"]["attribution"]) == ("clinic-a", "The Clinic")
    assert data["group"]["id"] == "test/patient-clinic-a-c-07"
    assert data["crop"]["left_px"] == 10
    asked = capsys.readouterr().err
    assert "never a name" in asked
    assert "not among" in asked


def test_a_page_that_is_no_address_is_asked_for_again(place, clips, monkeypatch, capsys):
    answers(monkeypatch, "https://example.org/a page", "https://example.org/a-page", "", "yes")
    said = (*SAID, "--class-basis", "pcr", "--attribution", "A Clinic", "--patient", "c-07")
    assert place.add(clips / "new.mp4", *said) == 0
    assert "an address has no blanks" in capsys.readouterr().err
    assert place.the_new()["source"]["page"] == "https://example.org/a-page"


def test_a_person_may_sign_for_text_on_the_terminal(place, clips, monkeypatch):
    answers(monkeypatch, "", "https://example.org/4", "", "", "", "physician")
    assert place.add(clips / "named.mp4", *SAID) == 0
    assert place.the_new()["review"][0]["role"] == "physician"


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_person_is_asked_whether_what_stands_beside_the_pictures_names_somebody(
    place, clips, tmp_path, monkeypatch, capsys, answer
):
    path = tagged(tmp_path / "a.mp4", clips / "new.mp4", title="Left lung", date="20200825")
    answers(monkeypatch, answer, "https://example.org/4", "", "yes")
    said = (*SAID, "--class-basis", "pcr", "--attribution", "A Clinic", "--patient", "c-07")
    assert place.add(path, *said) == (1 if answer == "yes" else 0)
    asked = capsys.readouterr().err
    assert "tag 'title' 'Left lung'" in asked
    assert "tag 'date' '20200825': it says a day, which may be that of the examination" in asked
    assert ("what stands beside the pictures names somebody" in asked) == (answer == "yes")
    assert len(place.written()) == (answer == "no")


def test_a_copy_that_holds_more_than_pictures_and_times_is_a_fault_of_ours(place, clips, tmp_path, monkeypatch, capsys):
    from lusdata.intake import clean_copy

    named = tagged(tmp_path / "a.mkv", clips / "new.mp4", title="MUSTERFRAU^ERIKA").read_bytes()
    monkeypatch.setattr(clean_copy, "lossless_bytes", lambda frames, times_s: named)
    assert place.add(clips / "new.mp4", *SAID, "--clean-copy") == 4
    assert "a copy that holds more than pictures and times: tag 'title'" in capsys.readouterr().err
    assert place.written() == []


def test_a_name_in_the_address_that_a_manifest_keeps_is_refused(place, clips, capsys):
    address = "https://example.org/MUSTERFRAU%5EERIKA.mp4"
    for options in ((), ("--clean-copy",)):
        assert place.add(clips / "new.mp4", *SAID, "--source-url", address, *options) == 1
        assert "publish the file under a name of no person" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["known.mp4", "nothing.mp4"])
def test_nobody_is_asked_about_what_may_not_be_added(place, clips, monkeypatch, capsys, tmp_path, name):
    if name == "known.mp4":
        write_video(tmp_path / name, clean(1)[1:], rate_hz=15)
    answers(monkeypatch)
    assert place.add(tmp_path / name) in (1, 2)
    error = capsys.readouterr().err
    assert "?" not in error
    assert error.count("\n") == 1


def test_answers_hold_for_all_files_of_a_folder(place, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "export"
    folder.mkdir()
    for seed in (2, 4):
        write_video(folder / f"{seed}.mp4", clean(seed), rate_hz=15)
    page = "https://example.org/4"
    said = ("covid", "pcr", page, "CC-BY-4.0", "A Clinic", "", "convex", "", "convex", "")
    answers(monkeypatch, "join 1 2", "yes", *said)
    assert place.add(folder) == 0
    asked = capsys.readouterr().err
    assert asked.count("Diagnosis") == 1
    # Who is one patient was settled before, for all of them.
    assert "1. 1 file: patient not known (2.mp4)" in asked
    assert "Your own code for the patient" not in asked
    written = [read_manifest(path).data for path in place.written()]
    assert len({one["group"]["id"] for one in written}) == 1
    assert {one["group"]["basis"] for one in written} == {"patient"}
    assert {one["source"]["provider"] for one in written} == {"a-clinic"}


def test_what_was_never_published_needs_a_licence_and_the_question_says_so(place, clips, monkeypatch, capsys):
    answers(monkeypatch, "", "", "LicenseRef-None", "CC-BY-4.0", "a-clinic", "", "", "")
    assert place.add(clips / "new.mp4", "--class", "covid-19", "--probe", "convex") == 0
    assert "never published" in capsys.readouterr().err


def test_the_end_of_input_writes_nothing(place, clips, monkeypatch, capsys):
    answers(monkeypatch, "covid-19")
    assert place.add(clips / "new.mp4") == 2
    assert "nothing was written" in capsys.readouterr().err
    assert place.written() == []


def test_help_and_import_stay_light():
    code = "import sys, lusdata.commands.add; print([n for n in ('numpy','cv2','av','pydicom') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
