"""What readers say of the pictures: the patterns there are, their names, and what all readers together say."""

from __future__ import annotations

from functools import cache

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.schema import enumeration, load_schema

__all__ = ["VERDICTS", "pattern_names", "pattern_word", "verdicts"]

VERDICTS = ("present", "absent", "disagree", "unknown", "not-assessed")
"""What all readers of a recording, taken together, may say of a pattern."""

_LINES = {"a_lines": "A-lines", "b_lines": "B-lines", "confluent_b_lines": "confluent B-lines"}


@cache
def pattern_names() -> tuple[str, ...]:
    """Return the patterns that a reader may report as present or absent, in the schema's order."""
    fields = load_schema()["properties"]["patterns"]["items"]["properties"]
    findings = enumeration("patterns", "b_lines")
    return tuple(
        name for name, field in fields.items() if "$ref" in field and enumeration("patterns", name) == findings
    )


def pattern_word(name: str) -> str:
    """Return the name of a pattern as the field writes it.

    Examples
    --------
    >>> pattern_word("b_lines"), pattern_word("air_bronchogram")
    ('B-lines', 'air bronchogram')
    """
    return _LINES.get(name, name.replace("_", " ").replace("b line", "B-line"))


def verdicts(manifest: Manifest) -> dict[str, str]:
    """Return what the readers of a recording, taken together, say of each pattern that any of them names.

    Parameters
    ----------
    manifest : Manifest
        The recording.

    Returns
    -------
    dict of str to str
        A word of `VERDICTS` for each pattern, in the schema's order of patterns.

    Examples
    --------
    >>> verdicts(Manifest({"patterns": [{"reader": "a", "b_lines": "present"}, {"reader": "b", "b_lines": "unknown"}]}))
    {'b_lines': 'present'}
    """
    found = {}
    for name in pattern_names():
        said = {reading[name] for reading in manifest.patterns if name in reading}
        if said:
            certain = said & {"present", "absent"}
            left_open = "unknown" if "unknown" in said else "not-assessed"
            found[name] = "disagree" if len(certain) > 1 else next(iter(certain), left_open)
    return found
