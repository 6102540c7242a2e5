"""The rules that a schema cannot say, in one table; how they are applied to manifests that the schema accepts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.reading import UNREADABLE
from lusdata.catalog.rules.about import ABOUT_RULES
from lusdata.catalog.rules.labels import SUBJECT_RULES
from lusdata.catalog.rules.media import MEDIA_RULES
from lusdata.catalog.rules.privacy import PRIVACY_RULES
from lusdata.catalog.rules.rule import Asked, Breach, Rule, RunRule
from lusdata.catalog.rules.run import RUN_RULES
from lusdata.catalog.rules.source import SOURCE_RULES
from lusdata.catalog.schema import SCHEMA_RULES
from lusdata.errors import Level

__all__ = ["AWAY", "LINK", "RULES", "VERSION_RULES", "Code", "broken_rules", "codes"]

RULES: tuple[Rule, ...] = (*SOURCE_RULES, *MEDIA_RULES, *SUBJECT_RULES, *PRIVACY_RULES)
"""Every rule about one manifest, in the order of its fields."""

LINK = "LINK_NOWHERE"
"""The one rule about several manifests that fewer of them break more often: a link may lead to a manifest that was not
given."""

AWAY: tuple[str, str] = ("LINK_AWAY", "The collection that a link leads to lies beside it, or comes with lusdata.")
"""Code and sentence of a warning: a collection that stands alone joins nothing of others, and can be used."""

VERSION_RULES: Mapping[str, tuple[Level, str]] = {
    "SCHEMA_NEWER": ("error", "A manifest's schema version is one that this lusdata knows."),
    "SCHEMA_OLDER": ("warning", "A manifest is written in the newest schema version; lusdata migrate brings it there."),
    "SCHEMA_OLDER_FAULTY": ("error", "A manifest of an older schema version can be brought to the newest."),
    "SCHEMA_VERSION": ("error", "A manifest's schema version exists."),
}
"""For each code of a wrong schema version its level, and the sentence that it breaks."""


@dataclass(frozen=True)
class Code:
    """One line of the list of codes.

    Attributes
    ----------
    code : str
        Stable upper-case name.
    level : {"error", "warning"}
        Errors make the data unusable; warnings ask for a look.
    asked : {"always", "strict", "release"}
        When it is looked for.
    sentence : str
        What holds when nothing is wrong.
    """

    code: str
    level: Level
    asked: Asked
    sentence: str


def codes() -> tuple[Code, ...]:
    """Return every code under which validation reports, in the order in which things are checked."""
    return (
        *(Code(code, "error", "always", sentence) for code, sentence in UNREADABLE.items()),
        *(Code(code, level, "always", sentence) for code, (level, sentence) in VERSION_RULES.items()),
        *(Code(code, "error", "always", sentence) for code, (sentence, _) in SCHEMA_RULES.items()),
        *(Code(rule.code, rule.level, rule.asked, rule.sentence) for rule in RULES),
        *(Code(rule.code, rule.level, rule.asked, rule.sentence) for rule in RUN_RULES),
        Code(AWAY[0], "warning", "always", AWAY[1]),
        *(Code(rule.code, rule.level, "always", rule.sentence) for rule in ABOUT_RULES),
    )


def broken_rules(
    manifests: Sequence[Manifest],
    *,
    strict: bool = False,
    release: bool = False,
    groups_beside: Collection[str] = (),
) -> Iterator[tuple[Manifest, Rule | RunRule, Breach]]:
    """Yield every rule that a set of manifests breaks.

    Parameters
    ----------
    manifests : sequence of Manifest
        Each valid against the newest schema; their order does not matter.
    strict : bool
        Also ask for recommended fields.
    release : bool
        Also ask for what a release needs.
    groups_beside : collection of str
        Groups of other manifests, to which links may lead.

    Yields
    ------
    manifest, rule, finding
        Which manifest, by which rule, and where.
    """
    asked = {"always", *(["strict"] if strict else []), *(["release"] if release else [])}
    rules = [rule for rule in RULES if rule.asked in asked]
    for manifest in manifests:
        for rule in rules:
            for finding in rule.check(manifest):
                yield manifest, rule, finding
    in_order = sorted(manifests, key=lambda manifest: (manifest.id, str(manifest.path)))
    for run_rule in RUN_RULES:
        if run_rule.asked in asked:
            for manifest, finding in run_rule.check(in_order):
                if run_rule.code != LINK or finding.found not in groups_beside:
                    yield manifest, run_rule, finding
