"""The tab of gaps: pictures that are not here, and facts that nobody wrote down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.publish.gallery.html import Cell, Html, bar, empty, folded, join, note, section, table
from lusdata.publish.gallery.media import GalleryPicture
from lusdata.publish.gallery.panels.parts import grouped, listed

__all__ = ["missing_panel"]

_NEXT_STEPS: Mapping[str, str] = {
    "unpinned": "lusdata fetch --pin gets the file and adds its digest, for review",
    "offline": "run again without --offline, or name a folder with --mirror",
    "unreachable": "run again later",
    "truncated": "run again later",
    "empty": "run again later",
    "dead": "find another address, and add it to the manifest's locations",
    "gone": "find an address, and add it to the manifest's locations",
    "manual": "get the file from its page by hand, and name its folder with --mirror",
    "changed": "look at the new file, and review the manifest",
    "undecodable": "lusdata doctor checks the decoders; the file itself may be damaged",
    "not-publishable": "make the page without --publishable, for your own machine",
}
"""What somebody can do about a picture that is not there."""

_FACTS: Mapping[str, Callable[[Manifest], bool]] = {
    "digest of the file": lambda manifest: manifest.sha256 is not None,
    "an address of the file": lambda manifest: bool(manifest.locations),
    "page of the source": lambda manifest: "page" in manifest.data["source"],
    "a licence": lambda manifest: manifest.licence["id"] != "LicenseRef-None",
    "what the class rests on": lambda manifest: manifest.data["class_basis"] != "unknown",
    "patterns, by a reader": lambda manifest: bool(manifest.patterns),
    "severity": lambda manifest: bool(manifest.data.get("severity")),
    "zone of the chest": lambda manifest: "view" in manifest.data,
    "the patient, not only the clip": lambda manifest: manifest.group_basis == "patient",
    "age": lambda manifest: "age_band" in manifest.data.get("patient", {}),
    "sex": lambda manifest: "sex" in manifest.data.get("patient", {}),
    "a crop": lambda manifest: manifest.crop is not None,
    "fingerprint": lambda manifest: "fingerprint" in manifest.data,
}
"""Facts that a manifest may have, and the test for each."""


def missing_panel(whole: Collection, pictures: Mapping[str, GalleryPicture], *, facts_of: Collection) -> Html:
    """Say which pictures are not here, why, and what to do; and which facts nobody has written down yet."""
    missing = [manifest for manifest in whole.manifests if pictures[manifest.id].strip is None]
    by_reason = grouped(missing, lambda manifest: _why(pictures[manifest.id]))
    parts = []
    for why, members in by_reason.items():
        code = pictures[members[0].id].code
        details = {manifest.id: pictures[manifest.id].detail for manifest in members}
        step = [note(f"What to do: {_NEXT_STEPS[code]}.")] if code in _NEXT_STEPS else []
        parts.append(folded(f"{len(members):,} {why}", listed(members, details), before=step))
    included = facts_of.included
    known = [(label, sum(map(has, included))) for label, has in _FACTS.items()]
    rows: list[list[Cell]] = [
        [label, bar(number / len(included)), number, len(included) - number] for label, number in known if included
    ]
    facts = table(rows, head=["fact", "share known", "known", "missing"], caption="Facts of the included recordings")
    return join(
        [
            section(
                "Pictures that are not here",
                *(parts or [empty("Every recording has its picture.")]),
                lead=f"{len(missing):,} of {len(whole.manifests):,} recordings, whatever their state.",
            ),
            section("Facts that nobody wrote down yet", facts if included else empty("No recording is included.")),
        ]
    )


def _why(picture: GalleryPicture) -> str:
    return f"{picture.code}: {picture.reason}"
