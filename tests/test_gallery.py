"""The page: complete, escaped, the same each time, and silent towards the network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError, OutsideError
from lusdata.media.pictures.thumbnail import Strip
from lusdata.publish.gallery.html import Html, island, join, link, table
from lusdata.publish.gallery.media import GalleryPicture
from lusdata.publish.gallery.page import Gallery, gallery_page, make_gallery, write_gallery
from lusdata.publish.gallery.panels.audit import audit_panel
from lusdata.splits.audit.finding import Finding
from lusdata.splits.audit.names import Placement
from lusdata.splits.audit.report import AuditReport
from lusdata.splits.audit.split import AuditedSplit

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u2028&amp;\"'{{data}}"
SHOWN = GalleryPicture(Strip(b"RIFF....WEBP", 4, 5.0), whole=True)
GONE = GalleryPicture(None, "gone", "its manifest knows no address any more", EVIL)


def collection_of(*manifests: Manifest) -> Collection:
    return Collection("test", Path("test"), tuple(sorted(manifests, key=lambda manifest: manifest.id)))


def usual(count: int = 12) -> Collection:
    classes = ("covid-19", "healthy", "bacterial-pneumonia")
    reading = {"reader": "sheet", "b_lines": "present", "a_lines": "absent"}
    other = {"reader": "second", "a_lines": "present"}
    return collection_of(
        *(
            recording(
                f"r{n:02d}",
                classes[n % 3],
                f"patient-{n // 2}",
                patterns=[reading, other] if n % 2 else (),
                licence="LicenseRef-None" if n == 0 else "CC-BY-4.0",
                kind="image" if n == 5 else "video",
            )
            for n in range(count)
        ),
        recording("out", state="excluded"),
    )


def pictures_of(collection: Collection, picture: GalleryPicture = SHOWN) -> dict[str, GalleryPicture]:
    absent = GalleryPicture(None, "excluded", "the recording is excluded", "not wanted in this test")
    return {m.id: picture if m.state == "included" else absent for m in collection.manifests}


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    collection = usual()
    return make_gallery(collection, pictures_of(collection))


@pytest.fixture(scope="module")
def page(gallery: Gallery) -> str:
    return gallery_page(gallery)


def data_of(page: str) -> dict[str, Any]:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


class Elements(HTMLParser):
    """Collects elements with their attributes, and checks that they close in order."""

    VOID = frozenset({"meta", "input", "link", "img", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(page)
    assert parser.open == []
    return parser.found


def panel(page: str, name: str) -> str:
    return re.search(rf'id="panel-{name}".*?(?=<div role="tabpanel"|</main>)', page, re.S)[0]


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def test_the_page_is_well_formed_and_every_tab_has_its_panel(page):
    found = elements(page)
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    tabs = [attributes for _, attributes in found if attributes.get("role") == "tab"]
    assert [tab["id"] for tab in tabs] == [
        f"tab-{name}" for name in ("recordings", "counts", "folds", "rights", "audit", "missing")
    ]
    assert all(tab["aria-controls"] in ids for tab in tabs)


def test_nothing_on_the_page_asks_for_anything(page):
    for tag, attributes in elements(page):
        assert tag not in {"link", "iframe", "object", "embed", "base", "form", "img", "video", "audio"}
        assert not {"src", "srcset", "style", "ping", "background"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_exactly_the_script_and_style_of_the_page(page):
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    for element in ("script", "style"):
        content = re.search(rf"<{element}>(.*?)</{element}>", page, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_the_same_gallery_gives_the_same_page(gallery, page):
    assert gallery_page(gallery) == page


def test_every_recording_is_in_the_data_with_its_strip(page):
    data = data_of(page)
    assert [record["id"] for record in data["recordings"]][-1] == "test/out"
    records = {record["id"]: record for record in data["recordings"]}
    assert len(records) == 13
    first = records["test/r01"]
    assert first["f"]["class"] == ["healthy"]
    assert first["f"]["pattern"] == ["B-lines"]
    assert first["patterns"] == [["B-lines", "present"], ["A-lines", "disagree"]]
    assert first["group"] == "test/patient-0"
    assert first["f"]["fold"][0].isdecimal()
    assert (first["frames"], first["hz"], first["seconds"]) == (4, 5.0, 3.0)
    assert f'<script type="text/plain" id="strip-{first["strip"]}">' in page
    assert records["test/out"]["why"] == ["excluded", "the recording is excluded"]
    assert records["test/r00"]["f"]["rights"] == ["local only"]


def test_the_crop_is_told_in_percent_of_the_square(page):
    # Without a stated crop, the largest centred square of 400 x 300 px.
    record = data_of(page)["recordings"][0]
    assert record["crop"] == [12.5, 12.5, 75.0, 75.0]
    assert record["stated"] is False


def test_a_crop_that_does_not_fit_is_told_and_not_drawn():
    manifest = recording("r")
    crop = {"left_px": 390, "top_px": 0, "width_px": 300, "height_px": 300, "method": "manual"}
    collection = collection_of(Manifest({**manifest.data, "crop": crop}))
    record = data_of(gallery_page(make_gallery(collection, pictures_of(collection))))["recordings"][0]
    assert "crop" not in record
    assert "does not fit" in record["window"]


def test_the_name_of_the_file_is_told_where_the_id_does_not_tell_it():
    own = recording("video-0123456789ab", aliases=["ward 7/p1_L1.mp4"])
    collection = collection_of(own, recording("cov-clip", aliases=["Cov_Clip.gif"]), recording("none"))
    records = data_of(gallery_page(make_gallery(collection, pictures_of(collection))))["recordings"]
    told = {record["id"]: record.get("name") for record in records}
    assert told == {"test/video-0123456789ab": "ward 7/p1_L1.mp4", "test/cov-clip": None, "test/none": None}


def evil_collection() -> Collection:
    manifest = recording("r", aliases=[EVIL])
    source = {**manifest.data["source"], "attribution": EVIL, "page": "javascript:alert(1)", "path": EVIL}
    status = {"state": "excluded", "since": "2026-01-01", "reason": EVIL}
    review = [{"of": "class", "role": "curator", "on": "2026-01-01", "decision": EVIL}]
    bad = Manifest({**manifest.data, "source": source, "status": status, "review": review})
    return collection_of(bad, *(recording(f"s{n}", group=f"p{n}") for n in range(6)))


def test_markup_in_a_manifest_stays_text():
    collection = evil_collection()
    pictures = {manifest.id: GONE for manifest in collection.manifests}
    page = gallery_page(make_gallery(collection, pictures))
    found = elements(page)
    assert not [tag for tag, _ in found if tag == "img"]
    scripts = [attributes for tag, attributes in found if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "data"}, {}]
    assert "\u2028" not in re.search(r'id="data">(.*?)</script>', page, re.S)[1]
    detail = json.dumps(data_of(page), ensure_ascii=False)
    shown = EVIL.replace("\u2028", "?")
    assert json.dumps(shown, ensure_ascii=False)[1:-1] in detail
    assert shown in html.unescape(panel(page, "missing"))


def test_only_addresses_of_the_web_become_links():
    page = gallery_page(make_gallery(evil_collection(), {m.id: GONE for m in evil_collection().manifests}))
    records = data_of(page)["recordings"]
    lines = [line for record in records for _, lines in record["detail"] for line in lines]
    assert ["Page", "javascript:alert(1)"] in lines
    assert all(line[2].startswith(("http://", "https://")) for line in lines if len(line) == 3)
    assert str(link("javascript:alert(1)", "<b>")) == "&lt;b&gt;"


def test_a_lone_surrogate_does_not_stop_the_page(tmp_path):
    collection = usual()
    path = tmp_path / "page.html"
    gallery = make_gallery(
        collection, pictures_of(collection, GalleryPicture(None, "dead", "gone for good", "<x\ud800.mp4>"))
    )
    assert write_gallery(path, gallery) == path.stat().st_size
    assert "&lt;x?.mp4&gt;" in path.read_text("utf-8")


def test_class_by_probe_is_counted_as_in_a_paper(page):
    counted = text(panel(page, "counts"))
    assert "covid-19 4 0 4 4" in counted
    assert "bacterial-pneumonia 3 1 4 4" in counted
    # Six patients, most of them with recordings of two classes.
    assert "sum 11 1 12 6" in counted
    assert "B-lines 6 0 0 0 0 6" in counted


def test_the_folds_show_everyone_once(page):
    shown = panel(page, "folds")
    assert "folds by patient, k=5, seed=0" in shown
    assert len(re.findall(r'href="#id=test/r\d\d"', shown)) == 12
    assert re.search(r"Fold 0: \d recordings? in \d groups?", text(shown))


def test_the_folds_say_how_many_recordings_stand_in_none():
    collection = Collection(
        "test", Path("test"), tuple(recording(f"r{n:02d}", group=f"patient-{n // 2}", pinned=n < 12) for n in range(15))
    )
    unpinned = {
        m.id: GalleryPicture(None, "unpinned", "its manifest has no digest yet")
        for m in collection.manifests
        if not m.sha256
    }
    gallery = make_gallery(collection, pictures_of(collection) | unpinned)
    told = text(panel(gallery_page(gallery), "folds"))
    assert "12 of 15 included recordings stand in a fold" in told
    assert "3 of the others cannot be built, since their manifests have no digest yet" in told


def test_the_rights_name_the_licence_that_bars(page):
    shown = text(panel(page, "rights"))
    assert "CC-BY-4.0 11 11 11 11" in shown
    assert "LicenseRef-None 1 1 1 0" in shown
    assert "1 recording: LicenseRef-None does not allow passing it on" in shown


def test_the_audit_gives_its_verdict_and_names_what_it_asked(page):
    shown = text(panel(page, "audit"))
    assert "Clean: nobody stands on two sides." in shown
    assert "Asked, and nothing found" in shown


def test_a_split_of_somebody_else_is_audited_and_its_folder_kept_quiet(tmp_path):
    split = tmp_path / "published.json"
    split.write_text(json.dumps({"a": ["r00.mp4", "r02.mp4"], "b": ["r01.mp4"]}), "utf-8")
    collection = usual()
    page = gallery_page(make_gallery(collection, pictures_of(collection), folds=split))
    told = text(panel(page, "audit"))
    assert "NOT CLEAN: scores on this split are not scores on new patients." in told
    assert "Leaks by id: 1 group stands in several folds, 2 recordings concerned." in told
    assert "Put all recordings of a group into one fold" in told
    assert "published.json" in page
    assert str(tmp_path) not in page
    facets = {record["id"]: record["f"]["fold"] for record in data_of(page)["recordings"]}
    assert (facets["test/r00"], facets["test/r05"]) == (["a"], ["none"])


def test_a_split_by_frame_is_explained(tmp_path):
    from lusdata.splits.folds.make import make_folds

    collection = usual()
    path = tmp_path / "folds.json"
    path.write_text(make_folds(collection.manifests, by="frame").to_json(), "utf-8")
    page = gallery_page(make_gallery(collection, pictures_of(collection), folds=path))
    assert "tears recordings apart" in panel(page, "folds")


def test_a_file_that_is_no_split_is_an_error(tmp_path):
    path = tmp_path / "split.json"
    path.write_text("[1]", "utf-8")
    with pytest.raises(DataError, match="not a split"):
        make_gallery(usual(), pictures_of(usual()), folds=path)


def test_the_banner_counts_pictures_that_may_not_be_published(gallery, page):
    assert gallery.unpublishable == 1
    banner = text(re.search(r'<p class="banner warn".*?</p>', page, re.S)[0])
    assert banner.startswith("For this machine only. This page holds pictures that may not be published: 1 recording.")


def test_a_publishable_page_says_what_it_leaves_out():
    collection = usual()
    withheld = GalleryPicture(None, "not-publishable", "left out because this page holds only what may be published")
    pictures = {**pictures_of(collection), "test/r00": withheld}
    page = gallery_page(make_gallery(collection, pictures, publishable=True))
    assert "banner warn" not in page
    assert "Pictures of 1 recording are left out" in page


def test_what_is_missing_is_grouped_by_its_reason(page):
    shown = text(panel(page, "missing"))
    assert "1 excluded: the recording is excluded test/out : not wanted in this test" in shown
    assert "digest of the file 12 0" in shown


def test_too_few_recordings_for_folds_give_an_empty_tab_and_no_error():
    collection = collection_of(recording("r"))
    gallery = make_gallery(collection, pictures_of(collection))
    assert gallery.audit is None
    page = gallery_page(gallery)
    assert "No folds: " in panel(page, "folds")
    assert "Nothing was audited: " in panel(page, "audit")


def test_a_collection_with_nothing_included_still_has_a_page():
    collection = collection_of(recording("r", state="withdrawn"))
    page = gallery_page(make_gallery(collection, pictures_of(collection)))
    assert "No recording of this collection is included." in panel(page, "counts")
    assert "No recording of this collection is included." in panel(page, "rights")
    elements(page)


def test_a_page_that_cannot_be_written_is_one_line(gallery, tmp_path):
    with pytest.raises(OutsideError, match="cannot write the page"):
        write_gallery(tmp_path / "nowhere" / "page.html", gallery)


def test_an_island_closes_no_script():
    assert island({"a": "<!--</script>&\u2028"}) == '{"a":"\\u003c!--\\u003c/script\\u003e\\u0026?"}'


def test_cells_are_escaped_unless_they_are_markup():
    made = str(table([["<a>", Html("<b>x</b>"), 1234]], head=["<h>", "", ""], caption="<c>"))
    assert "&lt;a&gt;" in made
    assert "<b>x</b>" in made
    assert '<td class="n">1,234</td>' in made
    assert "<caption>&lt;c&gt;</caption>" in made
    assert str(join(["<", Html("<i>")])) == "&lt;<i>"


def test_columns_of_numbers_stand_to_the_right_with_their_heads():
    shown = str(table([["a", 3, "0.64 to 0.82", "text"]], head=["name", "count", "interval", "words"]))
    assert '<th scope="col" class="n">count</th><th scope="col" class="n">interval</th>' in shown
    assert '<td class="n">3</td><td class="n">0.64 to 0.82</td><td>text</td>' in shown


def test_what_looks_alike_gets_places_for_both_pictures():
    places = (Placement("0", "test/a", "a"), Placement("1", "test/<b>", "b"))
    leak = Finding("LEAK_PIXELS", "error", "test/a", "looks like test/<b>", places)
    report = AuditReport("test", AuditedSplit("folds", ("0", "1"), places), (("pixels", leak),), ())
    shown = str(audit_panel(report))
    assert shown.count("<figure>") == 2
    assert '<a class="pictured" href="#id=test/a">test/a</a><small>fold 0</small>' in shown
    assert '<a class="pictured" href="#id=test/%3Cb%3E">test/&lt;b&gt;</a>' in shown
    assert "<code>--pictures DIR</code>" in shown
    assert "Leaks by pixels: 1 pair in several folds." in shown
