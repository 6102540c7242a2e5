"""The blinded study: page, key, answers and statistics."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="needs the extra 'train'")

from scipy import stats  # noqa: E402
from tiny_runs import CLASSES, TinyRun, tiny_run  # noqa: E402

from lusdata.errors import DataError  # noqa: E402
from train.cli import main  # noqa: E402
from train.explain.study import (  # noqa: E402
    Key,
    StudyItem,
    choose_recordings,
    plan_study,
    read_key,
    write_key,
)
from train.explain.study_answers import read_answers, statistics  # noqa: E402
from train.explain.study_page import study_page  # noqa: E402

RECORDINGS = [(f"tiny/clip-{number:02d}", CLASSES[number % 3]) for number in range(12)]


def key_of(count: int = 4) -> Key:
    items = tuple(
        StudyItem(
            f"{number + 1:02d}",
            f"r{number}",
            CLASSES[number % 3],
            *(("train", "test") if number % 2 else ("test", "train")),
        )
        for number in range(count)
    )
    return Key("abc", "run", "digest", 0, items)


def row(
    item: str, score_a: int | None = 1, score_b: int | None = 0, preferred: str | None = "a", **more: object
) -> dict:
    lists = {"visible": [], "highlighted_a": [], "highlighted_b": []}
    return {
        "item": item,
        "score_a": score_a,
        "score_b": score_b,
        "preferred": preferred,
        "comment": "",
        **lists,
        **more,
    }


def answers_file(path: Path, rows: list[dict], *, rater: str = "one", study: str = "abc") -> Path:
    path.write_text(json.dumps({"study": study, "rater": rater, "answers": rows}))
    return path


def test_order_and_places_are_random_by_seed_and_cover_every_video():
    key = plan_study(RECORDINGS, run="r", config_digest="d", seed=1)
    assert sorted((item.recording, item.class_name) for item in key.items) == RECORDINGS
    assert [item.recording for item in key.items] != [name for name, _ in RECORDINGS]
    assert {item.map_a for item in key.items} == {"train", "test"}
    assert key == plan_study(list(reversed(RECORDINGS)), run="r", config_digest="d", seed=1)
    assert key.study != plan_study(RECORDINGS, run="r", config_digest="d", seed=2).study


def test_the_key_survives_writing_and_faults_in_it_are_told(tmp_path: Path):
    write_key(tmp_path / "k.json", key_of())
    assert read_key(tmp_path / "k.json") == key_of()
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(DataError, match="not the key of a study"):
        read_key(tmp_path / "bad.json")
    write_key(tmp_path / "none.json", replace(key_of(), items=()))
    with pytest.raises(DataError, match="it names no video"):
        read_key(tmp_path / "none.json")


def test_only_recognised_videos_are_shown_unless_all_are_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tiny_run(tmp_path / "run", monkeypatch)
    predictions = run.folder.predictions
    wrong = predictions["recording"] == "tiny/clip-00"
    predictions.loc[wrong, [f"p_{name}" for name in CLASSES]] = (0.1, 0.8, 0.1)
    single = predictions.drop(predictions.index[predictions["recording"] == "tiny/clip-01"][1:])
    chosen = [name for name, _ in choose_recordings(single, CLASSES, wrong_too=False)]
    assert len(chosen) == 10
    assert "tiny/clip-00" in [name for name, _ in choose_recordings(single, CLASSES, wrong_too=True)]


def test_the_page_is_whole_offline_and_tells_nothing():
    key = replace(key_of(2), study="</script><b>&")
    rng = np.random.default_rng(0)
    asked: list[str] = []

    def clip_of(recording: str):
        asked.append(recording)
        return (
            rng.integers(0, 255, (3, 32, 32)).astype(np.uint8),
            rng.normal(size=(3, 7, 7)),
            rng.normal(size=(3, 7, 7)),
        )

    page = study_page(key, clip_of)
    assert asked == ["r0", "r1"]
    assert not re.search(r"(?:https?:)?//[a-z]", re.sub(r"base64,[^\"]*|\"(?:plain|a|b)\":\"[^\"]*\"", "", page))
    text = re.sub(r'"(plain|a|b)":"[^"]*"', "", page)
    assert not any(word in text for word in (*CLASSES, "r0", "test-cam", "train"))
    assert page.count("</script>") == 2
    data = json.loads(re.search(r'id="study">(.*?)</script>', page, re.DOTALL)[1])
    assert data["study"] == key.study
    assert [item["item"] for item in data["items"]] == ["01", "02"]
    assert base64.b64decode(data["items"][0]["a"])[4:8] == b"ftyp"
    assert data["items"][0]["a"] != data["items"][0]["b"]


def test_answers_are_unblinded_by_the_key_whatever_their_form(tmp_path: Path):
    rows = [
        row("01", 3, -1, "a", visible=["b_lines"], highlighted_a=["b_lines"]),
        row("02", 2, 2, "none"),
        row("03", None),
    ]
    found = read_answers(answers_file(tmp_path / "one.json", rows), key_of())
    assert (found.rater, len(found.ratings), found.open_items) == ("one", 2, 2)
    assert found.ratings["01"].score == {"test": 3, "train": -1}
    assert found.ratings["01"].preferred == "test"
    assert found.ratings["01"].highlighted["test"] == {"b_lines"}
    assert found.ratings["02"].preferred == "none"
    for delimiter in ",;":
        text = io.StringIO()
        names = ["study", "rater", *rows[0]]
        writer = csv.DictWriter(text, names, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for one in rows:
            flat = {name: ";".join(value) if isinstance(value, list) else value for name, value in one.items()}
            writer.writerow({"study": "abc", "rater": "one", **flat, "item": one["item"].lstrip("0")})
        (tmp_path / "one.csv").write_text("\ufeff" + text.getvalue(), encoding="utf-8")
        assert read_answers(tmp_path / "one.csv", key_of()) == found


@pytest.mark.parametrize(
    ("rows", "study", "message"),
    [
        ([row("01")], "other", "answers to another study"),
        ([row("09")], "abc", "no such video in the study"),
        ([row("01"), row("01")], "abc", "a video twice"),
        ([row("01", 4)], "abc", "not a score; expected -3 to 3; found 4"),
        ([row("01", True)], "abc", "not a score"),
        ([row("01", 1.5)], "abc", "not a score"),
        ([row("01", preferred="test")], "abc", "not a preference"),
        ([row("01", visible=["stars"])], "abc", "no such pattern"),
        ([row("01", visible=5)], "abc", "not a list of patterns"),
        ([row("01", visible=[{}])], "abc", "not a list of patterns"),
        ([row("01", None)], "abc", "no complete rating"),
    ],
    ids=["study", "item", "twice", "high", "truth", "half", "preference", "pattern", "number", "objects", "empty"],
)
def test_answers_that_the_page_cannot_give_are_refused(tmp_path: Path, rows, study, message):
    with pytest.raises(DataError, match=message):
        read_answers(answers_file(tmp_path / "bad.json", rows, study=study), key_of())


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"answers": 3}', "a,b\n\x00"], ids=["empty", "list", "torn", "number", "nul"]
)
def test_files_that_are_no_answers_are_one_line(tmp_path: Path, text: str):
    for name in ("bad.json", "bad.csv"):
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match="not a file of answers"):
            read_answers(tmp_path / name, key_of())


def test_statistics_are_those_of_the_paper(tmp_path: Path):
    key = key_of(4)
    senior = [
        row("01", 2, 0, "a", visible=["consolidation"], highlighted_a=["consolidation"]),
        row("02", 1, 3, "b", visible=["consolidation"], highlighted_a=["consolidation"], highlighted_b=[]),
        row("03", 0, 0, "none", highlighted_a=["other_tissue"]),
        row("04", -3, 1, "b"),
    ]
    junior = [row("01", 1, 0, "a"), row("02", 3, 0, "a"), row("03", 1, 0, "a"), row("04", 0, 0, "none")]
    both = [
        read_answers(answers_file(tmp_path / f"{name}.json", rows, rater=name), key)
        for name, rows in (("senior", senior), ("junior", junior))
    ]
    found = statistics(both, classes=CLASSES)
    # Videos 01 and 03 have the test map at A, 02 and 04 at B.
    test = [2, 3, 0, 1, 1, 0, 1, 0]
    train = [0, 1, 0, -3, 0, 3, 0, 0]
    assert found["scores"]["all"] == {"ratings": 8, "train": np.mean(train), "test": np.mean(test)}
    assert found["scores"]["classes"]["covid-19"]["ratings"] == 4
    assert found["preference"] == {"train": 1, "test": 5, "none": 2, "share_test": 5 / 6}
    (agreement,) = found["agreement"]
    assert agreement["same_preference"] == 0.25
    assert agreement["opposed_preference"] == 0.25
    differences = [1.5, -0.5, 0.5, 2.0]
    assert found["wilcoxon"]["p"] == pytest.approx(stats.wilcoxon(differences, method="asymptotic").pvalue)
    assert found["figure_4"]["consolidation"] == {"visible": 2, "highlighted": 1}
    assert found["patterns"]["consolidation"]["senior"] == {"visible": 2, "train": 1, "test": 1}
    assert found["patterns"]["other_tissue"]["senior"] == {"train": 0, "test": 1}


def test_raters_without_a_preference_or_difference_leave_numbers_open(tmp_path: Path):
    rows = [row(f"0{number}", 0, 0, "none") for number in (1, 2)]
    found = statistics([read_answers(answers_file(tmp_path / "a.json", rows), key_of())], classes=CLASSES)
    assert found["preference"]["share_test"] is None
    assert found["wilcoxon"]["p"] is None


def study_of(run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from train.commands import study
    from train.commands.options import Material

    monkeypatch.setattr(study, "material_from", lambda *_: Material(run.samples, None, None))


def test_the_command_makes_a_page_and_reads_answers_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    run = tiny_run(tmp_path / "run", monkeypatch)
    study_of(run, tmp_path, monkeypatch)
    make = ["study", "make", str(run.folder.path), "--out", str(tmp_path / "page"), "--videos", "4"]
    assert main(make) == 0
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == ["index.html"]
    page = (tmp_path / "page" / "index.html").read_text()
    assert "clip-" not in page
    key = read_key(tmp_path / "page.key.json")
    assert len(key.items) == 4
    assert main(make) == 2
    # Ended between the key and the page: the same study goes on, and another one is refused.
    shutil.rmtree(tmp_path / "page")
    assert main([*make, "--seed", "1"]) == 2
    assert "page.key.json: is there already" in capsys.readouterr().err
    assert main(make) == 0
    assert (tmp_path / "page" / "index.html").read_text() == page
    rows = [row(item.item, 2, -1, "a") for item in key.items]
    answers = answers_file(tmp_path / "one.json", rows, study=key.study)
    capsys.readouterr()
    read = ["study", "read", str(run.folder.path), "--answers", str(answers), "--key", str(tmp_path / "page.key.json")]
    assert main([*read, "--out", str(tmp_path / "result")]) == 0
    assert "Wilcoxon signed-rank" in capsys.readouterr().out
    assert (tmp_path / "result" / "figure-4.png").stat().st_size > 1000
    assert json.loads((tmp_path / "result" / "study.json").read_text())["raters"][0]["videos"] == 4
    assert main([*read, "--out", str(tmp_path / "result")]) == 2
    assert "the folder is not empty" in capsys.readouterr().err
    for option in ("--seed", "--videos"):
        assert main([*make[:3], "--out", str(tmp_path / "other"), option, "-1"]) == 2
        assert f"{option}: too small; expected at least 0; found -1" in capsys.readouterr().err


def test_a_key_among_the_raters_files_or_of_another_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    run = tiny_run(tmp_path / "run", monkeypatch)
    study_of(run, tmp_path, monkeypatch)
    out = tmp_path / "page"
    assert main(["study", "make", str(run.folder.path), "--out", str(out), "--key", str(out / "key.json")]) == 2
    assert "must not lie in the folder" in capsys.readouterr().err
    write_key(tmp_path / "k.json", key_of())
    answers = answers_file(tmp_path / "one.json", [row("01")])
    read = ["study", "read", str(run.folder.path), "--answers", str(answers), "--key", str(tmp_path / "k.json")]
    assert main(read) == 1
    assert "belongs to another run" in capsys.readouterr().err
