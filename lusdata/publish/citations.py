"""Whom to name, and what licences ask, for exactly the recordings that were used.

Only what manifests hold is told: DOI, page, provider, attribution, licence. Titles and authors of publications are not
among it, and nothing is made up; a DOI leads to them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from lusdata import __version__
from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.counts import count_recordings, counts_clause
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import is_private
from lusdata.dataset.reading.index import Index
from lusdata.splits.folds.units import catalog_digest

__all__ = [
    "Citations",
    "CitedWork",
    "LicenceUse",
    "Reference",
    "cite",
    "subject_of_collection",
    "subject_of_dataset",
]

_RESOLVER = "https://doi.org/"
_LONGEST_SLUG = 40


@dataclass(frozen=True)
class CitedWork:
    """What was used, as a whole.

    Attributes
    ----------
    label : str
        Name, such as ``pocus@1.0.0``.
    title : str
        The same for people.
    lusdata : str
        Version of lusdata that made it.
    digest : str
        Sha256 that tells whether somebody else has the same.
    digest_of : str
        What that digest is taken over.
    year : str
        Year of a release; empty if it is none.
    owner, citation : str
        Who owns a private collection, and how they want it to be cited; empty for any other.
    included, buildable : int
        How many recordings the collection has, as `lusdata.catalog.counts.count_recordings` counts them.
    """

    label: str
    title: str
    lusdata: str
    digest: str
    digest_of: str
    year: str = ""
    owner: str = ""
    citation: str = ""
    included: int = 0
    buildable: int = 0


@dataclass(frozen=True)
class Reference:
    """A publication, or a page that is none.

    Attributes
    ----------
    key : str
        Citation key, unique among the sources of one call.
    doi : str
        DOI of the publication; empty if it has none.
    page : str
        Page of a provider, where there is no DOI; empty if no page is known.
    provider : str
        Slug of the provider.
    attributions : tuple of str
        Whom to name, as their owners put it; sorted.
    licences : tuple of str
        Licences of its recordings; sorted.
    recordings : tuple of str
        Ids of the recordings; sorted.
    """

    key: str
    doi: str
    page: str
    provider: str
    attributions: tuple[str, ...]
    licences: tuple[str, ...]
    recordings: tuple[str, ...]

    @property
    def address(self) -> str:
        """Where it can be seen; empty if no place is known."""
        return f"{_RESOLVER}{self.doi}" if self.doi else self.page


@dataclass(frozen=True)
class LicenceUse:
    """A licence, and how many of the recordings have it.

    Attributes
    ----------
    id : str
        SPDX identifier, or ``LicenseRef-…``.
    recordings : int
        How many.
    asks : tuple of str
        What it asks of who uses them; empty for a licence that asks nothing.
    url : str
        Address of its text; empty if it has none.
    """

    id: str
    recordings: int
    asks: tuple[str, ...]
    url: str


@dataclass(frozen=True)
class Citations:
    """What a paper has to say about its data.

    Attributes
    ----------
    subject : CitedWork
        The data as a whole.
    recordings : int
        How many recordings were used.
    sources : tuple of Reference
        Publications first, then pages; each by key.
    licences : tuple of LicenceUse
        The most frequent first.
    providers : int
        How many sources there are, as everywhere else: who provided recordings. One may have several publications.
    """

    subject: CitedWork
    recordings: int
    sources: tuple[Reference, ...]
    licences: tuple[LicenceUse, ...]
    providers: int

    @property
    def clause(self) -> str:
        """How many recordings are cited, from how many sources, and of how many."""
        subject = self.subject
        return counts_clause(self.recordings, self.providers, included=subject.included, buildable=subject.buildable)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data for JSON."""
        return asdict(self)


def subject_of_collection(collection: Collection) -> CitedWork:
    """Describe a collection, or a release of one."""
    release, whole = collection.release, collection.manifests
    if release is None:
        digest = catalog_digest(collection.manifests)
        of = "the ids and digests of all manifests"
        return _owned(CitedWork(collection.label, collection.name, __version__, digest, of), collection.about, whole)
    made = str(release.data["versions"]["lusdata"])
    title, date = f"{release.collection}, release {release.version}", str(release.data["date"])
    subject = CitedWork(release.label, title, made, release.digest, "the release", date[:4])
    return _owned(subject, collection.about, whole)


def subject_of_dataset(index: Index) -> CitedWork:
    """Describe a dataset that was built."""
    title = index.name if index.release is None else f"{index.name}, release {index.release['version']}"
    year = "" if index.release is None else str(index.release["date"])[:4]
    made = str(index.data["versions"]["lusdata"])
    title = f"{title}; {index.recipe.text()}"
    subject = CitedWork(index.label, title, made, index.rows_sha256, "the frames, rows_sha256", year)
    return _owned(subject, index.about, index.manifests)


def _owned(subject: CitedWork, about: About, whole: Sequence[Manifest]) -> CitedWork:
    """Count the collection, and name the owner of a private one: it is not the contributors' own."""
    counts = count_recordings(whole)
    subject = replace(subject, included=counts["included"], buildable=counts["buildable"])
    held = [manifest for manifest in whole if manifest.state == "included"]
    if about.private or (held and all(map(is_private, held))):
        return replace(subject, owner=about.owner or f"the owner of {subject.label}", citation=about.citation)
    return subject


def cite(subject: CitedWork, manifests: Iterable[Manifest]) -> Citations:
    """Gather the sources and licences of some recordings.

    Parameters
    ----------
    subject : CitedWork
        What they were used as.
    manifests : iterable of Manifest
        Exactly the recordings that were used, in any order.

    Returns
    -------
    Citations
        One source for each DOI, and one for each page of a provider without a DOI.
    """
    used = sorted(manifests, key=lambda manifest: manifest.id)
    members: dict[tuple[bool, str, str], list[Manifest]] = {}
    for manifest in used:
        doi = str(manifest.data["source"].get("doi", "")).lower()
        place = doi or str(manifest.data["source"].get("page", ""))
        # The same DOI is the same publication, whoever provided the file.
        members.setdefault((not doi, "" if doi else manifest.provider, place), []).append(manifest)
    taken: set[str] = set()
    sources = [_source(place, bool(no_doi), some, taken) for (no_doi, _, place), some in sorted(members.items())]
    counts = Counter(str(manifest.licence["id"]) for manifest in used)
    example = {str(manifest.licence["id"]): manifest.licence for manifest in used}
    order = sorted(counts, key=lambda name: (-counts[name], name))
    licences = [
        LicenceUse(name, counts[name], _asks(example[name]), str(example[name].get("url", ""))) for name in order
    ]
    return Citations(subject, len(used), tuple(sources), tuple(licences), len({m.provider for m in used}))


def _source(place: str, no_doi: bool, manifests: Sequence[Manifest], taken: set[str]) -> Reference:
    provider = manifests[0].provider
    return Reference(
        key=_key(f"doi-{place}" if not no_doi else f"{provider}-{_last_part(place)}", taken),
        # As it is written first; case plays no role in a DOI.
        doi="" if no_doi else str(manifests[0].data["source"]["doi"]),
        page=place if no_doi else "",
        provider=provider,
        attributions=tuple(sorted({text for m in manifests if (text := m.data["source"].get("attribution"))})),
        licences=tuple(sorted({str(manifest.licence["id"]) for manifest in manifests})),
        recordings=tuple(manifest.id for manifest in manifests),
    )


def _last_part(page: str) -> str:
    try:
        path = urlsplit(page).path
    except ValueError:
        # No address that can be taken apart; the provider's name alone makes the key.
        return ""
    return PurePosixPath(path).stem


def _key(text: str, taken: set[str]) -> str:
    """Return a citation key: ASCII letters, digits and hyphens, unlike every one before it."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")
    slug = slug if slug.startswith("doi-") else slug[:_LONGEST_SLUG].strip("-")
    key, number = slug, 1
    while key in taken:
        number += 1
        key = f"{slug}-{number}"
    taken.add(key)
    return key


def _asks(licence: Mapping[str, Any]) -> tuple[str, ...]:
    asks = []
    if licence["id"] != "CC0-1.0":
        asks.append("name the source")
    if not licence["redistribute"]:
        asks.append("pass nothing on")
    elif not licence["derive"]:
        asks.append("pass on no crops or frames")
    if not licence["commercial"]:
        asks.append("no commercial use")
    if licence["share_alike"]:
        asks.append("pass changes on under the same licence")
    return tuple(asks)
