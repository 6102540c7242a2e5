"""An age as a band that tells nobody: narrow where lungs differ, wide elsewhere. No I/O."""

from __future__ import annotations

from typing import Literal

__all__ = ["Unit", "age_band"]

Unit = Literal["d", "w", "m", "y"]
"""Days, weeks, months or years, as scanners count them, too."""

_NEONATE_DAYS = 27


def age_band(number: int, unit: Unit = "y") -> str:
    """Return the band of an age, a word or two numbers as manifests have them.

    Parameters
    ----------
    number : int
        Whole units that have passed.
    unit : {"d", "w", "m", "y"}
        What is counted.

    Examples
    --------
    >>> [age_band(years) for years in (0, 1, 2, 3, 5, 6, 45, 91)]
    ['infant', 'toddler', 'toddler', 'preschool', 'preschool', '5-9', '40-49', '90+']
    >>> age_band(27, "d"), age_band(3, "w"), age_band(28, "d"), age_band(11, "m"), age_band(12, "m"), age_band(36, "m")
    ('neonate', 'neonate', 'infant', 'infant', 'toddler', 'preschool')
    """
    days = number * {"d": 1, "w": 7}.get(unit, 0)
    if unit in ("d", "w") and days <= _NEONATE_DAYS:
        return "neonate"
    years = {"d": days // 365, "w": days // 365, "m": number // 12, "y": number}[unit]
    if years >= 90:
        return "90+"
    if years >= 10:
        return f"{years // 10 * 10}-{years // 10 * 10 + 9}"
    return "5-9" if years >= 6 else "preschool" if years >= 3 else "toddler" if years >= 1 else "infant"
