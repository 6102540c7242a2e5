"""Whether a draft may stand among the recordings that are there. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rules.table import broken_rules
from lusdata.catalog.schema import schema_faults
from lusdata.errors import Issue, error_of

__all__ = ["check_draft"]


def check_draft(
    data: Mapping[str, Any], others: Sequence[Manifest], *, folder: Path, beside: Sequence[Manifest] = ()
) -> tuple[Issue, ...]:
    """Hold a draft against schema and rules, beside the recordings that are there.

    Parameters
    ----------
    data : Mapping
        The manifest.
    others : sequence of Manifest
        The collection.
    folder : Path
        Where the manifest would lie.
    beside : sequence of Manifest
        The collections beside it, to whose groups a link may lead.

    Returns
    -------
    tuple of Issue
        Warnings, sorted, that are not there without it.

    Raises
    ------
    DataError
        If anything is an error; the message names the first and counts the rest.
    """
    file = f"{data['id'].split('/')[-1]}.json"
    issues = [
        Issue(file, fault.json_path, fault.code, "error", fault.message, fault.expected, fault.found, fault.hint)
        for fault in schema_faults(data)
    ]
    if not issues:
        groups = {manifest.group_id for manifest in beside}
        known = broken_rules(others, groups_beside=groups)
        before = {(manifest.id, rule.code, finding) for manifest, rule, finding in known}
        issues = [
            finding.issue(rule.code, rule.level, f"{manifest.id.split('/')[-1]}.json")
            for manifest, rule, finding in broken_rules([*others, Manifest(data, folder / file)], groups_beside=groups)
            if (manifest.id, rule.code, finding) not in before
        ]
    errors = sorted(issue for issue in issues if issue.level == "error")
    if errors:
        raise error_of(errors)
    return tuple(sorted(issues))
