"""Rules about what a recording shows and of whom: diagnosis, readings, group, patient, days."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_word
from lusdata.catalog.rules.rule import Breach, Rule

__all__ = ["SUBJECT_RULES"]

_DISEASED = {"covid-19", "bacterial-pneumonia", "viral-pneumonia"}
# What a healthy lung does not show. Single B-lines and a slightly uneven pleura are seen in healthy people too.
_PATHOLOGICAL = ("consolidation", "effusion", "air_bronchogram")
_ZONES = {
    "blue": (r"[LR][1-3]", "L1 to L3 or R1 to R3"),
    "degum": (r"[1-6]", "1 to 6"),
    "zones-6": (r"[LR][1-3]", "L1 to L3 or R1 to R3"),
    "zones-8": (r"[LR][1-4]", "L1 to L4 or R1 to R4"),
    "zones-12": (r"[LR][1-6]", "L1 to L6 or R1 to R6"),
    "zones-14": (r"[LR][1-7]", "L1 to L7 or R1 to R7"),
}
_SIDES = {"L": "left", "R": "right"}
_ONE_ENTRY_BY = {
    "patterns": ("reader",),
    "severity": ("scale", "reader"),
    "quality": ("reader",),
    "labels": ("task", "reader"),
}
_OLDEST_STATED_AGE = 89
_NARROWEST_BAND_YEARS = 5


def _signed_off(manifest: Manifest, subject: str) -> bool:
    return any(review["of"] == subject for review in manifest.data.get("review", ()))


def _diseased_not_called_normal(manifest: Manifest) -> Iterator[Breach]:
    if manifest.class_name not in _DISEASED or _signed_off(manifest, "class"):
        return
    for number, reading in enumerate(manifest.patterns):
        if reading.get("normal") == "present":
            message = f"the class is {manifest.class_name}, but the reader {reading['reader']} calls the picture normal"
            hint = "look at it; change the class or exclude it, or keep both and add a review of 'class' that says why"
            yield Breach(f"$.patterns[{number}].normal", message, "absent", "present", hint)


def _healthy_without_pathology(manifest: Manifest) -> Iterator[Breach]:
    if manifest.class_name != "healthy" or _signed_off(manifest, "class"):
        return
    for number, reading in enumerate(manifest.patterns):
        for sign in (sign for sign in _PATHOLOGICAL if reading.get(sign) == "present"):
            message = f"the class is healthy, but the reader {reading['reader']} sees {pattern_word(sign)}"
            hint = "look at it, then add a review of 'class' that says what was decided"
            yield Breach(f"$.patterns[{number}].{sign}", message, "absent", "present", hint)


def _normal_excludes_pathology(manifest: Manifest) -> Iterator[Breach]:
    if _signed_off(manifest, "patterns"):
        return
    for number, reading in enumerate(manifest.patterns):
        signs = [sign for sign in _PATHOLOGICAL if reading.get(sign) == "present"]
        # A healthy recording with such a sign has its own rule.
        if signs and reading.get("normal") == "present" and manifest.class_name != "healthy":
            message = f"the reader {reading['reader']} calls the picture normal and sees {', '.join(signs)}"
            hint = "look at it, then add a review of 'patterns' that says what was decided"
            yield Breach(f"$.patterns[{number}].normal", message, "absent", "present", hint)


def _bronchogram_in_consolidation(manifest: Manifest) -> Iterator[Breach]:
    for number, reading in enumerate(manifest.patterns):
        if reading.get("air_bronchogram") == "present" and reading.get("consolidation") == "absent":
            message, hint = "air in bronchi shows only where the lung around it is consolidated", "look at the picture"
            yield Breach(f"$.patterns[{number}].consolidation", message, "present", "absent", hint)


def _one_entry_a_reader(manifest: Manifest) -> Iterator[Breach]:
    for field, keys in _ONE_ENTRY_BY.items():
        seen = set()
        for number, entry in enumerate(manifest.data.get(field, ())):
            who = tuple(entry.get(key, "") for key in keys)
            if who in seen:
                yield Breach(
                    f"$.{field}[{number}].reader", "the reader has an entry already", "one entry", " ".join(who)
                )
            seen.add(who)


def _severity_on_its_scale(manifest: Manifest) -> Iterator[Breach]:
    for number, entry in enumerate(manifest.data.get("severity", ())):
        span = re.search(r"-(\d+)-(\d+)\Z", entry["scale"])
        if span and not int(span[1]) <= entry["value"] <= int(span[2]):
            expected = f"{span[1]} to {span[2]}, as {entry['scale']} says"
            yield Breach(
                f"$.severity[{number}].value", "the score is not on its scale", expected, f"{entry['value']:g}"
            )


def _zone_of_its_scheme(manifest: Manifest) -> Iterator[Breach]:
    view = manifest.data.get("view", {})
    if "scheme" not in view:
        return
    form, expected = _ZONES[view["scheme"]]
    if not re.fullmatch(form, view["zone"]):
        yield Breach("$.view.zone", f"no zone of the scheme {view['scheme']}", expected, view["zone"])
        return
    side = _SIDES.get(view["zone"][0])
    if side and view.get("side", side) != side:
        yield Breach("$.view.side", f"the zone {view['zone']} lies on the other side", side, view["side"])


def _group_basis_fits_its_name(manifest: Manifest) -> Iterator[Breach]:
    stated = [("$.group.basis", manifest.data["group"])]
    stated += [(f"$.group.linked[{n}].basis", link) for n, link in enumerate(manifest.data["group"].get("linked", ()))]
    for path, group in stated:
        word = re.match(r"(patient|study|publication|unknown)-", group["id"].split("/")[1])
        if word is None or group["basis"] == word[1]:
            continue
        # A link may rest on something else than the group that it leads to: on pictures that agree, or on the word of
        # somebody who knows whose that recording of nobody known is.
        if path == "$.group.basis" or not (group["basis"] == "near-duplicate" or word[1] == "unknown"):
            yield Breach(path, f"the group is named {group['id']}", word[1], group["basis"])


def _links_lead_elsewhere(manifest: Manifest) -> Iterator[Breach]:
    seen = {manifest.group_id}
    for number, link in enumerate(manifest.data["group"].get("linked", ())):
        if link["id"] in seen:
            expected = "a group that is neither its own nor linked before"
            yield Breach(f"$.group.linked[{number}].id", "the link joins nothing", expected, link["id"])
        seen.add(link["id"])


def _age_band_is_wide(manifest: Manifest) -> Iterator[Breach]:
    band = manifest.data.get("patient", {}).get("age_band")
    if band is None or "-" not in band:
        return
    youngest, oldest = (int(age) for age in band.split("-"))
    path, message = "$.patient.age_band", "the band tells too much about one person"
    if oldest > _OLDEST_STATED_AGE:
        yield Breach(path, message, "90+ for everybody from 90 on", band)
    elif youngest > oldest:
        yield Breach(path, "the band ends before it begins", f"{oldest}-{youngest}", band)
    elif oldest - youngest + 1 < _NARROWEST_BAND_YEARS:
        yield Breach(path, message, f"at least {_NARROWEST_BAND_YEARS} years", f"{oldest - youngest + 1} in {band}")


def _asymptomatic_stands_alone(manifest: Manifest) -> Iterator[Breach]:
    symptoms = manifest.data.get("patient", {}).get("symptoms", ())
    if "asymptomatic" in symptoms and len(symptoms) > 1:
        yield Breach("$.patient.symptoms", "asymptomatic beside symptoms", "one or the other", ", ".join(symptoms))


def _withdrawn_forgets_the_patient(manifest: Manifest) -> Iterator[Breach]:
    if manifest.state == "withdrawn" and "patient" in manifest.data:
        yield Breach("$.patient", "facts about the patient of a withdrawn recording", "no such field", "some facts")


def _days_exist(manifest: Manifest) -> Iterator[Breach]:
    days = [("$.status.since", manifest.since)]
    if "valid_until" in manifest.licence:
        days.append(("$.source.licence.valid_until", manifest.licence["valid_until"]))
    days += [(f"$.review[{n}].on", review["on"]) for n, review in enumerate(manifest.data.get("review", ()))]
    for path, day in days:
        try:
            datetime.date.fromisoformat(day)
        except ValueError:
            yield Breach(path, "the calendar has no such day", "an existing day", day)


SUBJECT_RULES = (
    Rule(
        "CLASS_CALLED_NORMAL",
        "error",
        "A diseased recording that a reader calls normal has a signed review of its class.",
        _diseased_not_called_normal,
    ),
    Rule(
        "CLASS_HEALTHY_SIGNS",
        "warning",
        "A healthy recording with consolidation, effusion or air bronchogram has a signed review of its class.",
        _healthy_without_pathology,
    ),
    Rule("NORMAL_WITH_SIGNS", "warning", "A picture called normal shows no pathology.", _normal_excludes_pathology),
    Rule("AIR_OUTSIDE", "warning", "An air bronchogram lies inside a consolidation.", _bronchogram_in_consolidation),
    Rule("READER_TWICE", "error", "A reader has one entry, and one score on each scale.", _one_entry_a_reader),
    Rule("SEVERITY_RANGE", "error", "A score lies on its scale.", _severity_on_its_scale),
    Rule("VIEW_ZONE", "error", "A zone is one of its scheme's.", _zone_of_its_scheme),
    Rule("GROUP_BASIS", "error", "A group named after a basis rests on it.", _group_basis_fits_its_name),
    Rule("GROUP_LINK", "error", "A linked group is another group, linked once.", _links_lead_elsewhere),
    Rule("AGE_BAND", "error", "An age band spans five years or more, and is 90+ from 90 on.", _age_band_is_wide),
    Rule("SYMPTOMS", "warning", "A patient without symptoms has no symptom.", _asymptomatic_stands_alone),
    Rule(
        "WITHDRAWN_PATIENT",
        "warning",
        "A withdrawn recording tells nothing of the patient.",
        _withdrawn_forgets_the_patient,
    ),
    Rule("NO_SUCH_DAY", "error", "A day is one that the calendar has.", _days_exist),
)
