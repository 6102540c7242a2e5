"""Recordings of an import that another collection has already, so that nobody becomes a second patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.folders import find_collection, manifest_files
from lusdata.catalog.importers.table import IMPORTERS
from lusdata.catalog.leads import telling_names
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import read_data

__all__ = ["Known", "known_elsewhere", "of_other_collections", "with_links"]

_AGREEMENTS = ("digest", "address", "name", "pictures", "publication")
"""What may agree, the strongest first."""


@dataclass(frozen=True)
class Known:
    """A recording of an import beside one of another collection.

    Attributes
    ----------
    recording : str
        Id of the imported one.
    other : Manifest
        The other one.
    agrees : str
        The strongest that agrees: ``digest``, ``address``, ``name``, ``pictures`` or ``publication``.
    """

    recording: str
    other: Manifest
    agrees: str


def of_other_collections(collection: str) -> list[Manifest]:
    """Return every manifest of the collections that come with lusdata, but for one.

    Raises
    ------
    DataError
        If one of them is no manifest.
    """
    # Not by the folders that are there: what is never committed must not be named by what is.
    names = [name for name, importer in IMPORTERS.items() if importer.committed and name != collection]
    paths = [path for name in names for path in manifest_files(find_collection(name))]
    return [Manifest(migrate_data(read_data(path))[1]) for path in paths]


def known_elsewhere(manifests: Sequence[Mapping[str, Any]], others: Sequence[Manifest]) -> list[Known]:
    """Find the recordings that are there already.

    Parameters
    ----------
    manifests : sequence of Mapping
        What is imported, with digests and fingerprints where the file was there.
    others : sequence of Manifest
        Recordings of other collections.

    Returns
    -------
    list of Known
        In the order of the imported; for each pair the strongest that agrees. A name agrees within one provider alone,
        where one may have something in front of the other. A publication agrees if its DOI does.
    """
    by_key: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    names: dict[str, list[tuple[str, Manifest]]] = defaultdict(list)
    for other in others:
        for key in _keys(other):
            by_key[key].append(other)
        names[other.provider] += [(name, other) for name in sorted(_names(other))]
    alike = _alike(manifests, others)
    found: list[Known] = []
    for data in manifests:
        manifest = Manifest(data)
        own = _names(manifest)
        pairs = [(other, kind) for kind, value in _keys(manifest) for other in by_key[kind, value]]
        pairs += [(other, "name") for name, other in names[manifest.provider] if _is_one_of(name, own)]
        pairs += [(other, "pictures") for other in alike[manifest.id]]
        best: dict[str, Known] = {}
        for other, agrees in sorted(pairs, key=lambda pair: (_AGREEMENTS.index(pair[1]), pair[0].id)):
            best.setdefault(other.id, Known(manifest.id, other, agrees))
        found += best.values()
    return found


def with_links(data: Mapping[str, Any], known: Iterable[Known]) -> dict[str, Any]:
    """Return a manifest whose group is joined to those of the same recordings elsewhere.

    What its owner took back there is not used here either.
    """
    group, status = data["group"], data["status"]
    links = {link["id"]: link for link in group.get("linked", ())}
    for one in known:
        # The link says what the group that it leads to rests on.
        basis = "near-duplicate" if one.agrees == "pictures" else one.other.group_basis
        basis = "near-duplicate" if basis == "unknown" else basis
        links.setdefault(one.other.group_id, {"id": one.other.group_id, "basis": basis})
        if one.other.state == "withdrawn" and one.agrees != "publication" and status["state"] == "included":
            status = {**status, "state": "excluded", "reason": f"withdrawn as {one.other.id}"}
    if links:
        group = {**group, "linked": list(links.values())}
    return {**data, "status": status, "group": group}


def _keys(manifest: Manifest) -> Iterator[tuple[str, str]]:
    source = manifest.data["source"]
    digests = {**source.get("other_digests", {}), **({"sha256": manifest.sha256} if manifest.sha256 else {})}
    yield from (("digest", f"{kind} {value}") for kind, value in digests.items())
    yield from (("address", address.partition("://")[2].partition("#")[0]) for address in manifest.locations)
    if "doi" in source:
        yield "publication", source["doi"].casefold()


def _names(manifest: Manifest) -> set[str]:
    path = manifest.source_path
    return telling_names([*((path,) if path else ()), *manifest.data.get("aliases", ()), *manifest.locations])


def _is_one_of(name: str, own: set[str]) -> bool:
    pairs = [pair for one in own for pair in ((name, one), (one, name))]
    return any(long == short or long.endswith(("-" + short, "_" + short)) for long, short in pairs)


def _alike(manifests: Sequence[Mapping[str, Any]], others: Sequence[Manifest]) -> Mapping[str, list[Manifest]]:
    """Return for each imported recording those whose pictures agree."""
    from lusdata.catalog.near_duplicates import find_duplicates

    prints = {data["id"]: data["fingerprint"] for data in manifests if "fingerprint" in data}
    there = {other.id: other for other in others if "fingerprint" in other.data}
    alike: dict[str, list[Manifest]] = defaultdict(list)
    if not prints or not there:
        return alike
    for match in find_duplicates({**prints, **{one: there[one].data["fingerprint"] for one in there}}):
        for mine, other in ((match.first, match.second), (match.second, match.first)):
            if mine in prints and other in there:
                alike[mine].append(there[other])
    return alike
