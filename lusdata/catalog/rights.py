"""What the rights holder of a recording allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError

__all__ = ["LICENCES", "Rights", "licence_entry", "rights_of"]


@dataclass(frozen=True)
class Licence:
    """The flags of one licence, and the address of its text."""

    redistribute: bool
    derive: bool
    commercial: bool
    share_alike: bool
    url: str | None = None


def _creative_commons(terms: str, version: str) -> Licence:
    parts = terms.split("-")
    return Licence(
        redistribute=True,
        derive="ND" not in parts,
        commercial="NC" not in parts,
        share_alike="SA" in parts,
        url=f"https://creativecommons.org/licenses/{terms.lower()}/{version}/",
    )


LICENCES: Mapping[str, Licence] = {
    "CC0-1.0": Licence(True, True, True, False, "https://creativecommons.org/publicdomain/zero/1.0/"),
    **{
        f"CC-{terms}-{version}": _creative_commons(terms, version)
        for terms in ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND")
        for version in ("2.0", "2.5", "3.0", "4.0")
    },
    # A journal's temporary permission for research during the pandemic: reuse with a citation, by its terms.
    "LicenseRef-COVID-19-Emergency": Licence(True, True, False, False),
    # Published without any licence: all rights are reserved by default.
    "LicenseRef-None": Licence(False, False, False, False),
}
"""Every licence that a manifest may name."""


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
        A key of `LICENCES`.

    Raises
    ------
    DataError
        If the licence is not known.
    """
    licence = LICENCES.get(licence_id)
    if licence is None:
        raise DataError("unknown licence", expected="one of " + ", ".join(sorted(LICENCES)), found=repr(licence_id))
    flags = {
        "redistribute": licence.redistribute,
        "derive": licence.derive,
        "commercial": licence.commercial,
        "share_alike": licence.share_alike,
    }
    address = {} if licence.url is None else {"url": licence.url}
    return {"id": licence_id, **address, **flags}


def rights_of(manifest: Manifest) -> Rights:
    """Decide what may be done with a recording.

    Frames are derivatives: publishing them needs both the right to derive and the right to redistribute. Making them
    on one's own machine for research is taken to be allowed for everything that its owner made public.
    """
    if manifest.state == "withdrawn":
        return Rights(False, False, False, "withdrawn: " + str(manifest.data["status"].get("reason", "")))
    if manifest.access == "restricted":
        return Rights(False, True, False, "its owner gives it out by contract or login only")
    licence = manifest.licence
    if not licence["redistribute"]:
        return Rights(True, True, False, f"{licence['id']} does not allow passing it on")
    if not licence["derive"]:
        return Rights(True, True, False, f"{licence['id']} does not allow passing on crops or frames")
    return Rights(True, True, True, "")
