"""The content-addressed cache: files by their digest, shared by all collections.

``<cache>/objects/ab/<sha256>`` holds a verified file. While it is on its way it lies beside that place as
``<sha256>.part``, with the address that it comes from in ``<sha256>.part.json``. What stands under its final name was
verified when it arrived; that it is there is told by name and size, and whoever decodes it hashes it again. A file that
lost its digest is set aside in ``<cache>/damaged/``, since no other copy of it may be left in the world.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from lusdata.errors import DataError
from lusdata.intact import DAMAGED, set_aside, sha256_in

__all__ = ["Cache", "cache_dir", "settings_dir"]

_SHA256 = re.compile(r"[0-9a-f]{64}")


def cache_dir() -> Path:
    """Return the folder that holds the cache when none is named; nothing is created.

    Returns
    -------
    Path
        What the environment variable ``LUSDATA_CACHE`` names; without it the user's cache folder by the customs of the
        platform, and ``lusdata`` in it.
    """
    named = os.environ.get("LUSDATA_CACHE")
    if named:
        return Path(named).expanduser()
    return platformdirs.user_cache_path("lusdata", appauthor=False)


def settings_dir() -> Path:
    """Return the folder of what belongs to a user and to no collection; nothing is created.

    There lie the key for patients' codes and the addresses of the user's own folders of recordings.

    Returns
    -------
    Path
        What the environment variable ``LUSDATA_CONFIG`` names; without it the user's folder for settings by the customs
        of the platform, and ``lusdata`` in it.
    """
    named = os.environ.get("LUSDATA_CONFIG")
    if named:
        return Path(named).expanduser()
    return platformdirs.user_config_path("lusdata", appauthor=False)


@dataclass(frozen=True)
class Cache:
    """A cache folder; making one touches no disk.

    Attributes
    ----------
    root : Path
        The folder.
    """

    root: Path

    def object_path(self, sha256: str) -> Path:
        """Return where the file of a digest lies once it is there.

        Raises
        ------
        DataError
            If `sha256` is not 64 lower-case hexadecimal digits: a digest from a stranger becomes part of a path.
        """
        if not _SHA256.fullmatch(sha256):
            raise DataError("not a sha256 digest", expected="64 hexadecimal digits in lower case", found=repr(sha256))
        return self.root / "objects" / sha256[:2] / sha256

    def part_path(self, sha256: str) -> Path:
        """Return where the file of a digest grows while it is on its way."""
        path = self.object_path(sha256)
        return path.with_name(path.name + ".part")

    def unpinned_part_path(self, location: str) -> Path:
        """Return where a file without a digest grows; it is named after its address."""
        return self.root / "incoming" / f"{hashlib.sha256(location.encode('utf-8')).hexdigest()}.part"

    def holds(self, sha256: str, size_bytes: int | None) -> bool:
        """Tell whether the file is there, by name and size.

        Parameters
        ----------
        sha256 : str
            Digest of the file.
        size_bytes : int or None
            Its size, or None if only the digest is known.
        """
        try:
            found_bytes = self.object_path(sha256).stat().st_size
        except OSError:
            return False
        return size_bytes is None or found_bytes == size_bytes

    def is_intact(self, sha256: str) -> bool:
        """Tell whether the file that is there still has its digest, by reading all of it."""
        try:
            with self.object_path(sha256).open("rb") as stream:
                return sha256_in(stream) == sha256
        except OSError:
            return False

    def set_aside(self, sha256: str) -> Path | None:
        """Move a damaged file out of the way, and return where it lies now; None if it is not there any more.

        Raises
        ------
        OSError
            If the cache cannot be written.
        """
        return set_aside(self.object_path(sha256), self.root / DAMAGED)
