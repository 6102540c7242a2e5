"""The tab of rights: what may be done under each licence, and for which recordings something may not."""

from __future__ import annotations

from lusdata.catalog.collection import Collection
from lusdata.catalog.rights import rights_of
from lusdata.publish.gallery.html import Cell, Html, empty, folded, join, link, section, table
from lusdata.publish.gallery.panels.parts import grouped, listed
from lusdata.wording import counted

__all__ = ["rights_panel"]


def rights_panel(collection: Collection) -> Html:
    """Say by licence what may be done, and for which recordings something may not."""
    included = collection.included
    if not included:
        return empty("No recording of this collection is included.")
    rows: list[list[Cell]] = []
    for name, members in grouped(included, lambda manifest: str(manifest.licence["id"])).items():
        licence, rights = members[0].licence, [rights_of(manifest) for manifest in members]
        rows.append(
            [
                link(str(licence["url"]), name) if "url" in licence else name,
                len(members),
                sum(right.fetch for right in rights),
                sum(right.build for right in rights),
                sum(right.publish for right in rights),
                "yes" if licence["commercial"] else "no",
                "yes" if licence["share_alike"] else "no",
            ]
        )
    head = ["licence", "recordings", "may be fetched", "built locally", "published", "commercial use", "share alike"]
    barred = grouped([m for m in included if rights_of(m).reason], lambda manifest: rights_of(manifest).reason)
    why = [
        folded(f"{counted(len(members), 'recording')}: {reason}", listed(members)) for reason, members in barred.items()
    ]
    return join(
        [
            section("By licence", table(rows, head=head, caption="What may be done with the included recordings")),
            section("What may not be published", *(why or [empty("Everything here may be published.")])),
        ]
    )
