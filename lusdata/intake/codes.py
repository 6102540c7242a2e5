"""Codes in place of what could name a patient, made with a key that stays with the collection's owner."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from lusdata.atomic import PRIVATE, write_text
from lusdata.catalog.rules.privacy import private_words
from lusdata.errors import DataError
from lusdata.intake.answers import patient_code_fault, slug_of

__all__ = ["KEY_FILE", "Codes", "open_codes", "patient_key", "private_name"]

KEY_FILE = "patient-key"
_KEY_BYTES = 32
_SIGNS = 12
_WORDS_OF_PATIENTS = frozenset(
    {"patient", "pat", "pt", "p", "subject", "subj", "sub", "case", "proband", "id", "no", "nr"}
)
_LONG_NUMBER = re.compile(r"\d{7}")
_SURNAME_FIRST = re.compile(r"[^\W\d_]{2,}, ?[^\W\d_]{2,}")


@dataclass(frozen=True)
class Codes:
    """Makes codes for one collection.

    Attributes
    ----------
    collection : str
        Its name: one patient has another code in another collection.
    key : bytes
        The owner's key. Without it nobody can tell a code from a guess.
    """

    collection: str
    key: bytes

    def of(self, text: str, kind: str) -> str:
        """Return the code of a number or name, such as ``3f0-a91-c2d-77e``; the same for the same text and kind."""
        digest = hmac.new(self.key, f"{self.collection}\0{kind}\0{text}".encode(), hashlib.sha256).hexdigest()[:_SIGNS]
        return "-".join(digest[n : n + 3] for n in range(0, _SIGNS, 3))

    def of_patient(self, key: str) -> str:
        """Return a patient's key itself where it is a plain code, else a code in its place.

        Parameters
        ----------
        key : str
            From `patient_key`.
        """
        plain = slug_of(key) == key and not patient_code_fault(key)
        return key if plain else self.of(key, "patient")


def open_codes(collection: str, folder: Path) -> Codes:
    """Read the owner's key, which is made at the first call; nobody but its owner may read the file.

    Parameters
    ----------
    collection : str
        Name of the collection.
    folder : Path
        The user's own folder for settings.

    Raises
    ------
    DataError
        If the file there is no key.
    OSError
        If it cannot be read or made.
    """
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_text(path, secrets.token_hex(_KEY_BYTES) + "\n", mode=PRIVATE)
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch(rf"[0-9a-f]{{{2 * _KEY_BYTES}}}", text):
        hint = "put the file back from a copy: without it, patients get new codes"
        raise DataError("not the key for patients' codes", where=str(path), hint=hint)
    return Codes(collection, bytes.fromhex(text))


def patient_key(text: str) -> str:
    """Return what two spellings of one patient's code share.

    Examples
    --------
    >>> [patient_key(text) for text in ("P01", "p1", "P 01", "patient_1", "1.0")]
    ['1', '1', '1', '1', '1']
    >>> patient_key("A-012"), patient_key("Meier"), patient_key("007b")
    ('a-12', 'meier', '7-b')
    """
    plain = re.sub(r"^(\d+)\.0+$", r"\1", text.strip().casefold())
    parts = [part.lstrip("0") or "0" if part.isdigit() else part for part in re.findall(r"\d+|[^\W\d_]+", plain)]
    while len(parts) > 1 and parts[0] in _WORDS_OF_PATIENTS:
        del parts[0]
    return "-".join(parts)


def private_name(name: str, names: frozenset[str] = frozenset()) -> bool:
    """Tell whether a file's name may say who the patient is, or on which day it was.

    Parameters
    ----------
    name : str
        Name of the file, with its suffix.
    names : frozenset of str
        Words, in lower case, that a table or a header gives as parts of names.

    Examples
    --------
    >>> private_name("patient_10_L1.mp4"), private_name("MEIER^HANS.mp4"), private_name("scan_2020-03-14.mp4")
    (False, True, True)
    >>> private_name("12345678.avi"), private_name("meier_L1.mp4", frozenset({"meier"}))
    (True, True)
    """
    words = set(re.findall(r"[^\W\d_]+", name.casefold()))
    spaced = re.sub(r"[_+]", " ", name)
    found = private_words(name) or private_words(spaced) or _LONG_NUMBER.search(name) or _SURNAME_FIRST.search(spaced)
    return bool(found) or bool(words & names)
