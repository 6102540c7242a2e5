"""What the rights holder of a recording allows."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError

__all__ = [
    "LICENCES",
    "PRIVATE",
    "Rights",
    "is_private",
    "licence_entry",
    "licence_of",
    "licence_words",
    "rights_of",
    "rights_on",
]

PRIVATE = "LicenseRef-Private"
_AGREEMENT = re.compile(r"LicenseRef-DUA-[A-Za-z0-9](?:[A-Za-z0-9.-]{0,58}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Licence:
    """The flags of one licence, the address of its text, and the last day of a permission that has an end."""

    redistribute: bool
    derive: bool
    commercial: bool
    share_alike: bool
    url: str | None = None
    valid_until: str | None = None


def _creative_commons(terms: str, version: str) -> Licence:
    parts = terms.split("-")
    return Licence(
        redistribute=True,
        derive="ND" not in parts,
        commercial="NC" not in parts,
        share_alike="SA" in parts,
        url=f"https://creativecommons.org/licenses/{terms.lower()}/{version}/",
    )


def _open(name: str, *, share_alike: bool = False) -> Licence:
    return Licence(True, True, True, share_alike, f"https://spdx.org/licenses/{name}.html")


_NOTHING = Licence(False, False, False, False)

LICENCES: Mapping[str, Licence] = {
    "CC0-1.0": Licence(True, True, True, False, "https://creativecommons.org/publicdomain/zero/1.0/"),
    **{
        f"CC-{terms}-{version}": _creative_commons(terms, version)
        for terms in ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND")
        for version in ("2.0", "2.5", "3.0", "4.0")
    },
    **{name: _open(name) for name in ("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ODC-By-1.0", "PDDL-1.0")},
    **{f"CDLA-Permissive-{version}": _open(f"CDLA-Permissive-{version}") for version in ("1.0", "2.0")},
    **{name: _open(name, share_alike=True) for name in ("ODbL-1.0", "CDLA-Sharing-1.0")},
    # A journal's permission for research during the pandemic: reuse with a citation, for as long as the World Health
    # Organization called COVID-19 a public health emergency of international concern.
    "LicenseRef-COVID-19-Emergency": Licence(True, True, False, False, valid_until="2023-05-05"),
    # Published without any licence: all rights are reserved by default.
    "LicenseRef-None": _NOTHING,
    # A user's own recordings: they stay where they are.
    PRIVATE: _NOTHING,
}
"""Every licence that a manifest may name, besides ``LicenseRef-DUA-`` with the name of a data use agreement."""


def licence_of(licence_id: str) -> Licence | None:
    """Return the terms of a licence; None if they are not known.

    Examples
    --------
    >>> licence_of("LicenseRef-DUA-ward-7").redistribute, licence_of("GPL-3.0-only")
    (False, None)
    """
    return _NOTHING if _AGREEMENT.fullmatch(licence_id) else LICENCES.get(licence_id)


def licence_words() -> str:
    """Return the names of all licences for a message."""
    return ", ".join(sorted(LICENCES)) + ", LicenseRef-DUA-NAME for a data use agreement"


@dataclass(frozen=True)
class Rights:
    """What lusdata may do with one recording.

    Attributes
    ----------
    fetch : bool
        The file may be fetched from where it was published.
    build : bool
        Frames may be made of it on the user's own machine.
    publish : bool
        The frames may be passed on.
    reason : str
        Why something is not allowed; empty if all is.
    """

    fetch: bool
    build: bool
    publish: bool
    reason: str


def licence_entry(licence_id: str) -> dict[str, Any]:
    """Return the ``source.licence`` block of a manifest for a known licence.

    Parameters
    ----------
    licence_id : str
        A key of `LICENCES`, or ``LicenseRef-DUA-`` with the name of an agreement.

    Raises
    ------
    DataError
        If the licence is not known.
    """
    licence = licence_of(licence_id)
    if licence is None:
        raise DataError("unknown licence", expected="one of " + licence_words(), found=repr(licence_id))
    flags = {
        "redistribute": licence.redistribute,
        "derive": licence.derive,
        "commercial": licence.commercial,
        "share_alike": licence.share_alike,
    }
    address = {} if licence.url is None else {"url": licence.url}
    end = {} if licence.valid_until is None else {"valid_until": licence.valid_until}
    return {"id": licence_id, **address, **flags, **end}


def is_private(manifest: Manifest) -> bool:
    """Tell whether a recording belongs to whoever keeps the collection, or was given out by an agreement."""
    return manifest.licence["id"] == PRIVATE or _AGREEMENT.fullmatch(manifest.licence["id"]) is not None


def rights_of(manifest: Manifest) -> Rights:
    """Decide what may be done with a recording today; see `rights_on`."""
    return rights_on(manifest, datetime.datetime.now(datetime.UTC).date())


def rights_on(manifest: Manifest, day: datetime.date) -> Rights:
    """Decide what may be done with a recording on a day.

    Frames are derivatives: publishing them needs both the right to derive and the right to redistribute. Making them
    on one's own machine for research is taken to be allowed for everything that its owner made public.

    Parameters
    ----------
    manifest : Manifest
        The recording.
    day : datetime.date
        Permissions may have an end.
    """
    if manifest.state == "withdrawn":
        return Rights(False, False, False, "withdrawn: " + str(manifest.data["status"].get("reason", "")))
    if manifest.access == "restricted":
        return Rights(False, True, False, "its owner gives it out by contract or login only")
    licence = manifest.licence
    name = licence["id"]
    if name == PRIVATE:
        return Rights(True, True, False, "private: it stays with its owner")
    if is_private(manifest):
        return Rights(
            True, True, False, f"the agreement {name.removeprefix('LicenseRef-DUA-')} keeps it with its users"
        )
    # A manifest of an older version does not say when a permission ends.
    terms = licence_of(name)
    end = licence.get("valid_until") or (terms.valid_until if terms else None)
    if end is not None and end < day.isoformat():
        return Rights(True, True, False, f"the permission {name} ended on {end}")
    if licence.get("machine_learning") == "forbidden":
        return Rights(True, True, False, "its owner's terms do not allow it in data sets for machine learning")
    if not licence["redistribute"]:
        return Rights(True, True, False, f"{name} does not allow passing it on")
    if not licence["derive"]:
        return Rights(True, True, False, f"{name} does not allow passing on crops or frames")
    return Rights(True, True, True, "")
