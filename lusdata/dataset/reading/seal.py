"""The digests by which a dataset proves what it is: the seal of ``dataset.json``, and the digest of its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lusdata.catalog.manifest import canonical_bytes
from lusdata.dataset.folder import INDEX
from lusdata.errors import DataError

if TYPE_CHECKING:
    from lusdata.dataset.reading.index import Index

__all__ = ["check_seal", "rows_digest", "sealed"]


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of ``dataset.json`` with the digest of it, its seal.

    Examples
    --------
    >>> sealed(sealed({"name": "pocus"})) == sealed({"name": "pocus"})
    True
    """
    content = {key: value for key, value in data.items() if key != "sha256"}
    return {**content, "sha256": hashlib.sha256(canonical_bytes(content)).hexdigest()}


def check_seal(index: Index) -> None:
    """Refuse a ``dataset.json`` that is not what its seal says; one without a seal is of an earlier lusdata.

    Raises
    ------
    DataError
        If it was changed.
    """
    expected = sealed(index.data)["sha256"]
    if index.data.get("sha256", expected) != expected:
        raise DataError(
            "the file was changed since the dataset was built",
            where=str(index.folder / INDEX),
            expected=f"sha256 {index.data['sha256']}, its seal",
            found=expected,
            hint="build into a new folder",
        )


def rows_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of a dataset's content.

    Parameters
    ----------
    rows : iterable of Mapping
        For each recording its id, class, probe, group, crop, source_sha256 and frames_sha256.

    Returns
    -------
    str
        Sha256 as 64 hexadecimal digits; the same for any order, format, compression and number of shards.
    """
    lines = sorted(canonical_bytes(row) for row in rows)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()
