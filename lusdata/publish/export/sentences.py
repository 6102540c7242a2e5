"""What a card and a Croissant file both say, as plain sentences without markup, each computed from the data."""

from __future__ import annotations

from collections import Counter

from lusdata.catalog.counts import counts_clause
from lusdata.catalog.groups import unknown_clause
from lusdata.catalog.mixed_groups import mixed_note
from lusdata.catalog.schema import enumeration
from lusdata.publish.export.export_subject import ExportSubject
from lusdata.publish.export.facts import confounding_of, words_of
from lusdata.wording import counted

__all__ = [
    "biases",
    "collection",
    "frames_made",
    "headline",
    "labels",
    "limits",
    "missing",
    "patients",
    "privacy",
    "rights",
    "splits",
    "uses",
]


def headline(subject: ExportSubject) -> str:
    """Return what it is, in one clause."""
    recordings = counted(len(subject.recordings), "lung-ultrasound recording")
    return f"{recordings} as {counted(subject.total_frames, 'frame')}" if subject.index else recordings


def collection(subject: ExportSubject) -> list[str]:
    """Tell how the recordings came together."""
    kinds = Counter(manifest.kind for manifest in subject.recordings)
    providers = {manifest.provider for manifest in subject.recordings}
    what = " and ".join(counted(kinds[kind], kind) for kind in enumeration("kind") if kinds[kind])
    clause = counts_clause(
        len(subject.recordings),
        len(providers),
        included=subject.cited.included,
        buildable=subject.cited.buildable,
    )
    if _drawn(subject):
        return [f"{what}, drawn by a program and not recorded: good for tests and teaching, and for no conclusion."]
    return [
        f"{what}: {clause} in the collection, gathered from what clinics, publications and teaching sites made "
        "public. It is no sample of any population: recordings were published because they show something.",
        "One reviewed manifest per recording names its source, licence, sha256, class and patient group. A file is "
        "accepted by its sha256 alone.",
    ]


def missing(subject: ExportSubject) -> str:
    """Tell how much of the collection is not there."""
    return (
        f"{len(subject.left_out):,} of {len(subject.manifests):,} recordings of the collection are left out, each with "
        "its reason."
    )


def frames_made(subject: ExportSubject) -> list[str]:
    """Tell how frames were made of files, or that none were."""
    if subject.index is None:
        return ["No frames yet: this is a collection of manifests, from which lusdata build makes a dataset."]
    recipe = subject.index.recipe
    stated = sum(manifest.crop is not None for manifest in subject.recordings)
    upstream = sum(bool(m.data["source"].get("upstream_changes")) for m in subject.recordings)
    found = [
        f"Settings: {recipe.text()}.",
        f"Frames are the nearest to an even grid of {recipe.rate_hz:g} per second of presentation time; none is "
        f"repeated, and a recording gives at most {recipe.max_frames}.",
        f"Each is cropped to the window that its manifest states ({stated:,} of {len(subject.recordings):,} "
        f"recordings), else to the largest centred square, and resized to {recipe.size_px} x {recipe.size_px} pixels "
        f"({recipe.colour}). Pictures are stored as PNG, so nothing is lost after that.",
    ]
    if upstream:
        found.append(
            f"{upstream:,} recordings had been changed (cropped, trimmed or converted) before they were published "
            "where lusdata gets them."
        )
    return found


def labels(subject: ExportSubject) -> str:
    """Tell what the classes rest on."""
    basis = Counter(str(manifest.data["class_basis"]) for manifest in subject.recordings)
    told = ", ".join(f"{name} {count:,}" for name, count in basis.most_common())
    return (
        "The class is the diagnosis of the patient, not a description of the picture: a frame of a patient may look "
        f"normal. What the classes rest on, by recording: {told}."
    )


def patients(subject: ExportSubject) -> list[str]:
    """Tell what is known of the patients."""
    held = Counter(subject.groups[manifest.id] for manifest in subject.recordings)
    bases = Counter(manifest.group_basis for manifest in subject.recordings)
    ages = words_of(subject.recordings, "patient", "age_band")
    sexes = words_of(subject.recordings, "patient", "sex")
    found = [
        f"{counted(len(held), 'group')}, of which the largest holds {counted(max(held.values()), 'recording')}. "
        "A group is one patient, or recordings that are linked otherwise, such as by a publication or by "
        f"near-duplicate pictures. Stated groups rest on: {_listed(bases)} (by recording)."
        + (f" {clause}." if (clause := unknown_clause(subject.recordings)) else "")
        + (f" {mixed}." if (mixed := mixed_note(subject.recordings)) else "")
    ]
    if ages or sexes:
        found.append(
            f"Published of the patients, by recording: an age band of {ages.total():,}"
            + (f" ({_listed(ages, by_name=True)})" if ages else "")
            + f"; the sex of {sexes.total():,}"
            + (f" ({_listed(sexes)})" if sexes else "")
            + "."
        )
    return found


def splits(subject: ExportSubject) -> list[str]:
    """Tell that there is no split in the files, and how one is made that does not leak."""
    return [
        "The rows carry no split. Folds follow from the manifests alone: recordings of one group, and groups that "
        "share a file, never stand on two sides; classes and probes are spread evenly; additions of a later "
        "day move nobody.",
        "A split by frame or by recording puts one patient on both sides, and its scores are too high. How much that "
        "is worth was measured: python -m train ladder runs one model over splits by frame, recording, patient and "
        "source, and its reference results are in train/results of lusdata's repository.",
    ]


def biases(subject: ExportSubject) -> list[str]:
    """Tell the biases that can be measured or counted."""
    found = []
    measured = confounding_of(subject)
    if measured:
        for item in measured:
            found.append(f"{'Source tells class' if item.found else 'Does source tell class'}: {item.text()}.")
        found.append(
            "A model can learn the source in place of the lung. Compare any score with these numbers, and test with "
            "whole sources left out."
        )
    else:
        found.append(
            "Source may tell class; there are too few patient groups of each class to measure how well. Test with "
            "whole sources left out."
        )
    providers = Counter(manifest.provider for manifest in subject.recordings)
    name, count = providers.most_common(1)[0]
    found.append(
        f"The largest source, {name}, has {count:,} of {len(subject.recordings):,} recordings."
        if len(providers) > 1
        else f"All recordings come from one source, {name}: another hospital may look different."
    )
    alone = {
        manifest.class_name: {m.provider for m in subject.recordings if m.class_name == manifest.class_name}
        for manifest in subject.recordings
    }
    single = sorted(word for word, sources in alone.items() if len(sources) == 1 and len(providers) > 1)
    if single:
        found.append(f"All recordings of these classes come from one source each: {', '.join(single)}.")
    return found


def limits(subject: ExportSubject) -> list[str]:
    """Tell what cannot be concluded from the data."""
    few = sorted(
        name
        for name in {manifest.class_name for manifest in subject.recordings}
        if len({subject.groups[m.id] for m in subject.recordings if m.class_name == name}) < 5
    )
    found = ["Files were encoded by their publishers, many of them lossily and at small sizes."]
    if few:
        found.append(f"Fewer than five patient groups: {', '.join(few)}. Scores of such classes say next to nothing.")
    return found


def uses() -> list[str]:
    """Tell what it is for, and what not."""
    return [
        "Meant for research on methods: classification of frames and videos, detection of ultrasound patterns, "
        "studies of data leakage and confounding, teaching.",
        "Not for diagnosis. Nothing here was approved as a medical device, and no score on it says how a model does "
        "in a hospital.",
    ]


def privacy(subject: ExportSubject) -> list[str]:
    """Tell what of patients is in it."""
    if _drawn(subject):
        return ["Nobody's: every recording was drawn."]
    signed = sum(
        any(item["of"] == "burned-in-text" for item in manifest.data.get("review", ()))
        for manifest in subject.recordings
    )
    return [
        "Health data of people who are not named: recordings that were public before, a class, and at most an age "
        "band, sex and symptoms as published. No names, no exact dates; ages of 90 and over are one band.",
        "Frames carry no header of the original files. Writing may be burned into pictures: a person signed off "
        f"{signed:,} of {len(subject.recordings):,} recordings for it. Do not try to find out who a patient is.",
        "Whether patients agreed is known to the publishers alone. A recording that is taken back becomes withdrawn "
        "in the collection, and the next build leaves it out: build again before you publish.",
    ]


def rights(subject: ExportSubject) -> str:
    """Tell what may be passed on, and under which conditions."""
    private = {manifest.id for manifest in subject.private}
    free = [manifest.licence for manifest in subject.recordings if manifest.id not in private]
    found = []
    if private:
        found.append(
            f"Frames of {len(private):,} of {len(subject.recordings):,} recordings may not be passed on. They are for "
            "use on the machine that made them."
        )
    if not free:
        return found[0]
    found.append(
        f"The licences of {len(free):,} recordings allow passing their frames on."
        if private
        else "Every licence here allows passing the frames on, under its own conditions."
    )
    unsold, alike = sum(not licence["commercial"] for licence in free), sum(licence["share_alike"] for licence in free)
    if unsold or alike:
        found.append(
            f"Of these, {unsold:,} allow no commercial use, and {alike:,} ask that what is made of them carries the "
            "same licence."
        )
    return " ".join(found)


def _drawn(subject: ExportSubject) -> bool:
    return all(manifest.data["class_basis"] == "synthetic" for manifest in subject.recordings)


def _listed(counts: Counter[str], *, by_name: bool = False) -> str:
    pairs = sorted(counts.items()) if by_name else counts.most_common()
    return ", ".join(f"{name} {count:,}" for name, count in pairs)
