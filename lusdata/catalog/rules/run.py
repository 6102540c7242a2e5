"""Rules that need more than one manifest: what must be unique, and what recordings of one group share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.mixed_groups import MIXED_HINT, mixed_groups
from lusdata.catalog.rules.rule import Breach, RunRule
from lusdata.catalog.spelling import spelt_alike

__all__ = ["RUN_RULES"]


def _shared(
    manifests: Sequence[Manifest], key: Callable[[Manifest], Hashable | None]
) -> Iterator[tuple[Any, list[Manifest]]]:
    """Yield each key that several manifests have, None apart, with those manifests."""
    by_key: dict[Hashable, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        by_key[key(manifest)].append(manifest)
    yield from ((value, members) for value, members in by_key.items() if value is not None and len(members) > 1)


def _names(manifests: Sequence[Manifest]) -> str:
    return ", ".join(manifest.id for manifest in manifests[:3]) + (" …" if len(manifests) > 3 else "")


def _path_from(member: Manifest, other: Manifest) -> str:
    """Return where the other manifest lies below the last folder that both share: others read it on their machines."""
    if member.path is None or other.path is None:
        return "a manifest without a file"
    shared = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(member.path.parts, other.path.parts, strict=False))
    )
    return "/".join(other.path.parts[shared:])


def _apart(one: Manifest, other: Manifest) -> bool:
    """Tell whether two recordings use different moments of one file."""
    if not ("trim" in one.data and "trim" in other.data):
        return False
    first, second = sorted((one.trim, other.trim), key=lambda trim: trim.start_s)
    return first.end_s is not None and first.end_s <= second.start_s


def _ids_unique(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    for recording, members in _shared(manifests, lambda manifest: manifest.id):
        message, hint = f"{len(members)} manifests have one id", "give one of them another id and file name"
        for member in members:
            others = ", ".join(sorted(_path_from(member, other) for other in members if other is not member))
            yield member, Breach("$.id", message, "an id of its own", f"{recording} also in {others}", hint)


def _files_unique(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    included = [manifest for manifest in manifests if manifest.state == "included"]
    message, hint = "the very file of another recording", "exclude one of them, or trim both apart"
    for digest, members in _shared(included, lambda manifest: manifest.sha256):
        for number, member in enumerate(members[1:], start=1):
            # One id twice has its own rule.
            same = [other for other in members[:number] if not _apart(member, other) and other.id != member.id]
            if same:
                found = f"{digest[:12]}… of {_names(same)}"
                yield member, Breach("$.source.sha256", message, "a file of its own", found, hint)


def _paths_unique(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    included = [manifest for manifest in manifests if manifest.state == "included"]
    message, expected = "the path of another recording", "a path of its own"

    def place(manifest: Manifest) -> tuple[str, str] | None:
        return None if manifest.source_path is None else (manifest.id.split("/")[0], manifest.source_path)

    for (_, path), members in _shared(included, place):
        for number, member in enumerate(members[1:], start=1):
            # One id or one digest twice has its own rule.
            others = (other for other in members[:number] if other.id != member.id and not _apart(member, other))
            same = [other for other in others if member.sha256 is None or other.sha256 != member.sha256]
            if same:
                yield member, Breach("$.source.path", message, expected, f"{path} of {_names(same)}")


def _names_spelt_once(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    # Disks of macOS and Windows take such names for one, and so does whoever types them.
    first_of: dict[tuple[str, str, str], tuple[str, Manifest]] = {}
    for manifest in manifests:
        for kind, path, name in _names_of(manifest):
            key = kind, manifest.id.split("/")[0], spelt_alike(name)
            other, first = first_of.setdefault(key, (name, manifest))
            if other != name and first.id != manifest.id:
                message, hint = f"the {kind} of another recording, spelt otherwise", "spell one name one way"
                found = f"{name}, and {other} in {first.id}"
                yield manifest, Breach(path, message, "a name that differs by more", found, hint)


def _names_of(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Yield what a recording is called: the kind of the name, its place, and the name."""
    yield "id", "$.id", manifest.id
    yield "group", "$.group.id", manifest.group_id
    if manifest.state == "included":
        if manifest.source_path is not None:
            yield "path", "$.source.path", manifest.source_path
        for number, alias in enumerate(manifest.data.get("aliases", ())):
            yield "alias", f"$.aliases[{number}]", alias


def _links_lead_somewhere(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    groups = {manifest.group_id for manifest in manifests}
    group_of = {manifest.id: manifest.group_id for manifest in manifests}
    # Recordings may also meet in a group that none of them states, such as one study.
    links = {(manifest.id, link["id"]) for manifest in manifests for link in manifest.data["group"].get("linked", ())}
    linking = Counter(target for _, target in links)
    for manifest in manifests:
        for number, link in enumerate(manifest.data["group"].get("linked", ())):
            target = link["id"]
            if target in groups or (linking[target] > 1 and target not in group_of):
                continue
            message, expected = "the link leads to no group, so it joins nothing", "the group of another recording"
            hint = "correct the id, or take the link out"
            if target in group_of:
                message, hint = "the link leads to a recording, not to its group", f"link {group_of[target]}"
            yield manifest, Breach(f"$.group.linked[{number}].id", message, expected, target, hint)


def _unknown_alone(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    expected = "what joins them: patient, study, publication or near-duplicate"
    for group, members in _shared(manifests, lambda manifest: manifest.group_id):
        message = f"the group {group} holds {len(members)} recordings"
        for member in (member for member in members if member.group_basis == "unknown"):
            # One id twice has its own rule.
            others = [other for other in members if other.id != member.id]
            if others:
                yield member, Breach("$.group.basis", message, expected, f"unknown, beside {_names(others)}")


def _group_has_one_basis(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    # A recording of nobody known among others has its own rule.
    joined = [manifest for manifest in manifests if manifest.group_basis != "unknown"]
    for group, members in _shared(joined, lambda manifest: manifest.group_id):
        message, expected = f"the group {group} rests on something else elsewhere", members[0].group_basis
        for member in (member for member in members if member.group_basis != expected):
            found = member.group_basis
            yield member, Breach("$.group.basis", message, f"{expected} as in {members[0].id}", found)


def _patient_is_one_person(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    # Where they disagree, an id was mistyped or used for two people.
    patients = [manifest for manifest in manifests if manifest.group_basis == "patient"]
    for field in ("sex", "age_band"):
        stated = [manifest for manifest in patients if field in manifest.data.get("patient", {})]
        for group, members in _shared(stated, lambda manifest: manifest.group_id):
            first = members[0]
            for member in members[1:]:
                expected, found = first.data["patient"][field], member.data["patient"][field]
                # One patient may be seen before and after a birthday, so neighbouring bands are no contradiction.
                if expected != found and (field == "sex" or not _neighbours(expected, found)):
                    message, hint = f"two patients in the group {group}?", "check the ids; a wrong one leaks or splits"
                    yield member, Breach(f"$.patient.{field}", message, f"{expected} as in {first.id}", found, hint)


def _group_has_one_class(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Breach]]:
    by_id = {manifest.id: manifest for manifest in manifests}
    for mixed in mixed_groups(manifests):
        first = min(name for names in mixed.classes.values() for name in names)
        expected, hint = f"{by_id[first].class_name} as in {first}", f"{MIXED_HINT}, or keep both and {_SIGN}"
        for class_name, names in mixed.classes.items():
            for member in (by_id[name] for name in names if class_name != by_id[first].class_name):
                yield member, Breach("$.class", str(mixed), expected, class_name, hint)


_SIGN = "add a review of 'class' that says why"

_YEARS = {"neonate": [0, 0], "infant": [0, 0], "toddler": [1, 2], "preschool": [3, 5], "90+": [90, 200]}


def _neighbours(one: str, other: str) -> bool:
    first, second = sorted(_YEARS.get(band) or [int(age) for age in band.split("-")] for band in (one, other))
    return second[0] <= first[1] + 1


RUN_RULES = (
    RunRule("ID_TWICE", "error", "No two manifests have one id.", _ids_unique),
    RunRule("DIGEST_TWICE", "error", "No two included recordings are the same moments of one file.", _files_unique),
    RunRule("PATH_TWICE", "error", "No two included recordings lie at one path of a mirror.", _paths_unique),
    RunRule("GROUP_UNKNOWN", "error", "A recording of nobody known stands in a group of its own.", _unknown_alone),
    RunRule("NAME_SPELT_TWICE", "error", "No two names differ by case or Unicode's forms alone.", _names_spelt_once),
    RunRule("LINK_NOWHERE", "error", "A link leads to a group of another recording.", _links_lead_somewhere),
    RunRule("GROUP_BASES", "warning", "The recordings of a group name one basis.", _group_has_one_basis),
    RunRule("PATIENT_DIFFERS", "warning", "Recordings of one patient agree on sex and age.", _patient_is_one_person),
    RunRule("PATIENT_CLASSES", "warning", "Recordings of one group have one class.", _group_has_one_class),
)
