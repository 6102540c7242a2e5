"""Every code under which lusdata reports, read from its tables."""

from __future__ import annotations

from collections.abc import Iterable

from docs.site.commands import escaped
from lusdata.catalog.rules.table import codes
from lusdata.publish.review.codes import CHANGE_RULES

_ASKED = {"always": "", "strict": "`--strict`", "release": "`--release`"}


def rules_page() -> str:
    """Return both tables: the codes about manifests, and those that only a change can break."""
    of_manifests = ((code.code, code.level, code.sentence, _ASKED[code.asked]) for code in codes())
    of_changes = ((code, level, sentence, "") for code, (level, sentence) in CHANGE_RULES.items())
    return "\n\n".join(
        [
            "## About manifests\n\n`lusdata validate` looks for these.",
            _table(of_manifests),
            "## About changes\n\n`lusdata check` looks for these too, when it compares with the main branch.",
            _table(of_changes),
        ]
    )


def _table(rows: Iterable[tuple[str, str, str, str]]) -> str:
    lines = ["| code | level | holds when nothing is wrong | only with |", "|---|---|---|---|"]
    lines += [f"| `{code}` | {level} | {escaped(sentence)} | {asked} |" for code, level, sentence, asked in rows]
    return "\n".join(lines)
