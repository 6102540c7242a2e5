"""What is told about a change: ids, files, folds, likeness, and Markdown in which strangers' text does nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import golden_reviews
import pytest
from catalogs import recording
from repositories import NEEDS_GIT

from lusdata.catalog.changes import compare_manifests
from lusdata.catalog.manifest import Manifest
from lusdata.errors import Issue
from lusdata.media.fetch.report import Failure, FetchResult
from lusdata.publish.review.codes import CHANGE_RULES
from lusdata.publish.review.counts import compare_counts
from lusdata.publish.review.escape import code, plain, table
from lusdata.publish.review.files import LARGEST_BYTES, find_file_faults
from lusdata.publish.review.fold_impact import find_fold_faults, fold_impact
from lusdata.publish.review.ids import find_id_faults
from lusdata.publish.review.markdown import render
from lusdata.publish.review.pictures import find_media_faults
from lusdata.publish.review.repository import FileChange
from lusdata.publish.review.states import CollectionChange
from lusdata.splits.folds.make import make_folds

CLASSES = ("covid-19", "healthy", "bacterial-pneumonia")
HOSTILE = [
    "<script>alert(1)</script>",
    "![x](https://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "[click][ref]\n\n[ref]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example and www.evil.example and mailto:a@evil.example",
    "` <img src=x onerror=alert(1)> `",
    "``` ` <b> `` ```",
    "a | <img src=x> | b",
    "a \\| <img src=x> \\\\| `<b>`",
    "ends with a backslash \\",
    "\\`<img src=x>\\`",
    "&lt;b&gt; &#60;b&#62;",
    "line\n\n# heading\n\n- list\n\n<div>\n",
    "</code></td></table><h1>",
    "<!-- comment",
    "$$x$$ **bold** _it_ ~~gone~~ {{a}}",
]


def catalog(count: int = 12, **changes: object) -> list[Manifest]:
    return [recording(f"clip-{n:02}", CLASSES[n % 3], f"patient-{n:02}", **changes) for n in range(count)]


def found_ids(before: Sequence[Manifest], after: Sequence[Manifest], **context: object) -> list[Issue]:
    settings = {"known": before, "removed_before": (), "place": {}} | context
    return list(find_id_faults(compare_manifests(before, after), **settings))


def codes(issues: Sequence[Issue]) -> list[str]:
    return [issue.code for issue in issues]


# ids


def test_a_manifest_may_not_be_removed():
    before = catalog()
    (issue,) = found_ids(before, before[1:])
    assert issue.code == "ID_REMOVED"
    assert "withdrawn" in issue.hint


def test_a_renamed_manifest_is_told_apart_from_a_removed_one():
    before = [recording("old", sha256="a" * 64)]
    (issue,) = found_ids(before, [recording("new", sha256="a" * 64)])
    assert (issue.code, issue.expected, issue.found) == ("ID_REMOVED", "test/old", "test/new")
    assert "keep the old id" in issue.hint


def test_a_renamed_manifest_is_known_by_its_source_where_nobody_has_seen_the_file():
    before = recording("old", pinned=False, path="a.mp4")
    after = Manifest({**before.data, "id": "test/new"})
    (issue,) = found_ids([before], [after])
    assert issue.found == "test/new"


def test_an_id_of_earlier_days_is_not_given_again():
    assert codes(found_ids([], [recording("new")], removed_before={"test/new"})) == ["ID_REUSED"]
    assert codes(found_ids([], [recording("new")])) == []


def test_another_file_under_a_known_id_is_a_warning_and_under_a_withdrawn_one_an_error():
    one, other = recording("clip", sha256="a" * 64), recording("clip", sha256="b" * 64)
    withdrawn = recording("clip", sha256="a" * 64, state="withdrawn")
    assert codes(found_ids([one], [other])) == ["DIGEST_CHANGED"]
    assert codes(found_ids([withdrawn], [other])) == ["ID_REUSED"]


def test_a_file_that_is_pinned_for_the_first_time_is_no_other_file():
    assert found_ids([recording("clip", pinned=False)], [recording("clip")]) == []


def test_who_brings_back_a_withdrawn_recording_is_asked_for_the_permission():
    before = [recording("clip", state="withdrawn")]
    assert codes(found_ids(before, [recording("clip")])) == ["WITHDRAWN_BACK"]


@pytest.mark.parametrize(("state", "code"), [("withdrawn", "WITHDRAWN_AGAIN"), ("excluded", "FILE_KNOWN")])
def test_the_file_of_a_recording_that_was_taken_out_is_known(state, code):
    old = recording("old", state=state, sha256="a" * 64)
    (issue,) = found_ids([old], [old, recording("new", sha256="a" * 64)])
    assert issue.code == code
    assert "test/old" in issue.found


# files


def found_files(*changes: FileChange, base: Sequence[str] = (), size: int = 10, format_name: str = "") -> list[Issue]:
    return list(
        find_file_faults(changes, base_files=base, size_bytes=lambda _: size, format_name=lambda _: format_name)
    )


@pytest.mark.parametrize("name", ["clip.mp4", "manifests/pocus/a.gif", "x/CASE.DCM", "docs/clip.mov", "a.JPG"])
def test_a_recording_in_a_change_is_found_by_its_name(name):
    assert codes(found_files(FileChange(name, "added"))) == ["MEDIA_IN_CHANGE"]


def test_a_recording_in_a_change_is_found_by_its_bytes():
    (issue,) = found_files(FileChange("notes.txt", "added"), format_name="MP4 video")
    assert (issue.code, issue.found) == ("MEDIA_IN_CHANGE", "MP4 video")


def test_a_drawing_of_the_pages_is_no_recording():
    assert found_files(FileChange("docs/figure.png", "added"), format_name="PNG image") == []


def test_a_large_file_is_found_and_a_removed_one_is_not():
    large = FileChange("table.csv", "added")
    assert codes(found_files(large, size=LARGEST_BYTES + 1)) == ["FILE_LARGE"]
    assert found_files(large, size=LARGEST_BYTES) == []
    assert found_files(FileChange("table.csv", "removed"), size=LARGEST_BYTES + 1) == []


def test_a_link_in_the_place_of_a_manifest_is_refused():
    assert codes(found_files(FileChange("manifests/pocus/a.json", "added", is_link=True))) == ["FILE_LINK"]


@pytest.mark.parametrize("kind", ["changed", "removed"])
def test_an_older_schema_never_changes_and_the_newest_only_before_a_release(kind):
    schemas = ["schemas/manifest/0.9.0.json", "schemas/manifest/0.10.0.json"]
    older, newest = (FileChange(name, kind) for name in schemas)
    assert codes(found_files(older, base=schemas)) == ["SCHEMA_EDITED"]
    assert found_files(newest, base=schemas) == []
    released = [*schemas, "manifests/releases/pocus/1.0.0.json"]
    assert codes(found_files(newest, base=released)) == ["SCHEMA_EDITED"]
    assert found_files(FileChange("schemas/manifest/0.11.0.json", "added"), base=released) == []


def test_a_release_is_added_but_never_edited():
    name = "manifests/releases/pocus/1.0.0.json"
    assert found_files(FileChange(name, "added")) == []
    assert codes(found_files(FileChange(name, "changed"), FileChange(name, "removed"))) == ["RELEASE_EDITED"] * 2


# media and addresses


def test_what_a_recordings_own_address_gives_in_its_place_is_an_error():
    page = Failure("https://example.org/a.mp4", "html-page", "a web page titled 'Gone'")
    (issue,) = find_media_faults("a.json", FetchResult("test/a", "html-page", failures=(page,)))
    assert issue.code == "MEDIA_DIFFERS"
    assert "https://example.org/a.mp4" in issue.found


@pytest.mark.parametrize(
    "failure",
    [
        Failure("mirror/a.mp4", "changed", "another file", mirror=True),
        Failure("https://example.org/a.mp4", "unreachable", "no answer"),
        Failure("https://example.org/a.mp4", "dead", "404"),
    ],
    ids=["a mirror's other file", "no answer", "a dead link"],
)
def test_what_says_nothing_about_the_recording_is_no_fault(failure):
    assert list(find_media_faults("a.json", FetchResult("test/a", failure.state, failures=(failure,)))) == []


def test_a_new_recording_that_only_its_owner_has_is_a_warning():
    new = recording("new")
    alone = Manifest({**new.data, "source": {**new.data["source"], "locations": []}})
    assert codes(found_ids([], [alone])) == ["ADDRESS_NONE"]
    assert codes(found_ids([alone], [Manifest({**alone.data, "class": "healthy"})])) == []


# folds


def test_a_new_patient_comes_to_one_fold_and_nobody_moves():
    before = catalog()
    impact = fold_impact(before, [*before, recording("new", "healthy", "patient-99", since="2026-02-01")])
    (sentence,) = impact.sentences
    assert re.fullmatch(r"fold [0-4] gains 1 patient group, 1 recording", sentence)
    assert (impact.moves, impact.anew) == ((), ())


def test_a_new_recording_of_a_known_patient_follows_the_patient():
    before = catalog()
    impact = fold_impact(before, [*before, recording("new", "healthy", "patient-01", since="2026-02-01")])
    (sentence,) = impact.sentences
    assert sentence.endswith("gains 1 recording of a patient group that is there already")
    assert impact.moves == ()


def test_who_moves_when_groups_are_joined_is_named():
    before = catalog()
    table_before = {sentence: None for sentence in fold_impact(before, before).sentences}
    assert table_before == {}
    moved = None
    for other in range(1, 12):
        joined = recording("clip-00", CLASSES[0], "patient-00", linked=[f"patient-{other:02}"])
        after = [joined, *before[1:]]
        impact = fold_impact(before, after)
        if impact.moves:
            moved = impact, after
            break
    assert moved is not None, "every pair of groups stood in one fold"
    impact, after = moved
    change = CollectionChange("test", tuple(before), tuple(after), compare_manifests(before, after))
    found = list(find_fold_faults(change, impact, {}))
    assert [issue.code for issue in found if issue.code == "FOLD_MOVED"] == ["FOLD_MOVED"] * len(impact.moves)
    assert "test/clip-00" in found[0].found


@pytest.mark.parametrize("day", ["2020-01-01", "2026-01-01"], ids=["earlier", "the same day"])
def test_a_new_recording_that_is_dated_back_is_found(day):
    before = catalog(since="2026-01-01")
    after = [*before, *(recording(f"new-{n}", CLASSES[n % 3], f"patient-9{n}", since=day) for n in range(6))]
    impact = fold_impact(before, after)
    assert impact.anew
    assert impact.moves == ()
    change = CollectionChange("test", tuple(before), tuple(after), compare_manifests(before, after))
    found = list(find_fold_faults(change, impact, {}))
    assert codes(found) == ["FOLD_DATED_BACK"] * 6
    assert found[0].expected == "a day after 2026-01-01, the newest that was there"


def test_folds_that_a_release_froze_are_kept():
    before = catalog()
    new = recording("new", "healthy", "patient-99", since="2026-02-01")
    # As after corrections: folds that are made from the manifests alone are others than those of the release.
    frozen = make_folds(before, k=5, seed=1)
    assert frozen.fold_of != make_folds(before, k=5).fold_of
    released = make_folds([*before, new], k=5, previous=frozen)
    impact = fold_impact(before, [*before, new], frozen=frozen, release="test@1.0.0")
    assert impact.sentences == (
        f"fold {released.fold_of[released.unit_of[new.id]]} gains 1 patient group, 1 recording",
    )
    assert (impact.moves, impact.anew, impact.release) == ((), (), "test@1.0.0")
    assert impact.sentences != fold_impact(before, [*before, new]).sentences


def test_a_correction_that_no_fold_rests_on_changes_none():
    before = catalog()
    after = [recording("clip-00", CLASSES[0], "patient-00", aliases=["another-name"]), *before[1:]]
    assert fold_impact(before, after) == fold_impact(before, before)


def test_too_few_patients_make_no_folds():
    assert fold_impact([], catalog(3)).trouble == "3 patient groups with a digest cannot fill 5 folds"


def test_the_first_recordings_of_a_collection_fill_all_folds():
    impact = fold_impact([], catalog(10))
    assert len(impact.sentences) == 5
    assert all("gains 2 patient groups, 2 recordings" in sentence for sentence in impact.sentences)


def test_counts_name_what_changes():
    before = catalog(3)
    after = [*before[:2], recording("clip-02", CLASSES[2], "patient-02", state="withdrawn"), recording("new")]
    rows = {count.name: (count.before, count.after) for count in compare_counts(before, after)}
    assert rows["recordings included"] == (3, 3)
    assert rows["recordings withdrawn"] == (0, 1)
    assert rows["class covid-19"] == (1, 2)
    assert "probe convex" not in rows


# Markdown


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("escape", [code, plain])
def test_a_strangers_text_stays_text(text, escape):
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = f"- before {escape(text)} after\n\n" + table(["head", "more"], [[escape(text), "end"], ["next", "row"]])
    html = parser.render(page)
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= {"ul", "li", "p", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert html.count("<tr>") == 3
    assert html.count("<td>") == 4
    assert "<td>end</td>" in html


@pytest.mark.parametrize("word", ["@octocat", "https://evil.example", "www.evil.example", "GH-12", "#12"])
def test_prose_makes_no_mention_no_link_and_no_reference_of_its_own(word):
    assert word not in plain(f"see {word} there")


def test_invisible_characters_are_shown_by_their_number():
    assert code("a\u202egnp.exe\x1b[2J\u200b") == "`a\\u{202e}gnp.exe\\u{1b}[2J\\u{200b}`"


def test_long_text_is_cut():
    assert len(code("x" * 10_000)) <= 302


@NEEDS_GIT
@pytest.mark.parametrize("case", golden_reviews.CASES, ids=lambda path: path.name)
def test_a_change_is_told_as_it_was_agreed(case):
    expected = (case / "summary.txt").read_text(encoding="utf-8")
    assert golden_reviews.summary(case) == expected, f"a wanted change of the answer? run: {golden_reviews.RENEW}"


@NEEDS_GIT
def test_a_hostile_change_makes_no_markup(tmp_path: Path):
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    review = golden_reviews.review_of(golden_reviews.FOLDER / "hostile-text", tmp_path / "repository")
    html = (
        markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(render(review))
    )
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= set(
        ["h2", "h3", "h4", "p", "ul", "li", "strong", "em", "code", "table", "thead", "tbody", "tr", "th", "td"]
    )
    outside_code = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    for word in ("@everyone", "https://", "www.evil"):
        assert word not in outside_code
    assert "evil.example" in html


def test_every_code_of_a_change_is_new_to_the_rules():
    from lusdata.catalog.rules.table import codes as rule_codes

    assert not {entry.code for entry in rule_codes()} & set(CHANGE_RULES)
