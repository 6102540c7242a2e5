"""What an audit found when a release was made, as numbers that a release can keep."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import unknown_clause
from lusdata.catalog.rights import rights_of
from lusdata.catalog.rules.table import broken_rules
from lusdata.splits.audit.report import AuditReport

__all__ = ["certificate"]

_DUPLICATES = ("shared-files", "pixels")


def certificate(collection: Collection, report: AuditReport) -> dict[str, Any]:
    """Condense an audit.

    Parameters
    ----------
    collection : Collection
        What was audited.
    report : AuditReport
        What was found.

    Returns
    -------
    dict
        Plain data for JSON: the ``split``; the number of ``leaks``; how many recordings are nobody's, as a clause
        (``unknown_patients``); ``duplicates`` and everything else that was found,
        by code (``findings``); ``rights`` of the included recordings; ``confounding``, as balanced accuracy beside that
        of guessing, to four digits, where there are enough groups to measure it; and the warnings of
        ``lusdata validate --release`` by code (``rules``).
    """
    included = [rights_of(manifest) for manifest in collection.included]
    rules = Counter(rule.code for _, rule, _ in broken_rules(collection.manifests, release=True))
    found = Counter(finding.code for _, finding in report.findings if finding.level != "note")
    return {
        "split": report.split.source,
        "clean": report.clean,
        "unknown_patients": unknown_clause(collection.manifests),
        "leaks": sum(finding.level == "error" for _, finding in report.findings),
        "duplicates": dict(
            sorted(Counter(f.code for name, f in report.findings if name in _DUPLICATES and f.level != "note").items())
        ),
        "findings": dict(sorted(found.items())),
        "rights": {
            "included": len(included),
            "fetch": sum(rights.fetch for rights in included),
            "build": sum(rights.build for rights in included),
            "publish": sum(rights.publish for rights in included),
        },
        "confounding": [
            _confounding(finding.subject, dict(finding.numbers))
            for finding in report.of("confounding")
            if "balanced_accuracy" in dict(finding.numbers)
        ],
        "rules": dict(sorted(rules.items())),
    }


def _confounding(subject: str, numbers: dict[str, float]) -> dict[str, Any]:
    told = ("balanced_accuracy", "low", "high", "chance", "p")
    return {"told_from": subject, **{name: round(numbers[name], 4) for name in told if name in numbers}}
