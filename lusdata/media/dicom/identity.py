"""Whose a DICOM file is, as far as it is needed to tell that two files are one patient's; nothing of it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lusdata.errors import MissingExtraError
from lusdata.media.dicom.reading import open_dataset
from lusdata.media.dicom.recording import pydicom_trouble
from lusdata.media.dicom.values import first_value

__all__ = ["Identity", "identity_of"]


@dataclass(frozen=True)
class Identity:
    """The numbers under which a hospital files a recording, for codes that are made of them; never shown.

    Attributes
    ----------
    patient, study : str
        Patient's number with whose number it is, and study's identifier; empty where the header has none.
    number : str
        The patient's number alone, as a table of the hospital has it.
    names : frozenset of str
        Parts of the patient's name in lower case, so that they can be told in other places.
    """

    patient: str = field(default="", repr=False)
    study: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    names: frozenset[str] = field(default_factory=frozenset, repr=False)


def identity_of(path: Path) -> Identity:
    """Read whose a DICOM file is.

    Raises
    ------
    MissingExtraError
        If pydicom is not installed.
    DecodeError
        If it is no DICOM file that can be read.
    OSError
        If it cannot be opened.
    """
    try:
        import pydicom  # noqa: F401 - asked for here, so that its absence is told first
    except ImportError as error:
        raise MissingExtraError("pydicom", extra="dicom", purpose="reading DICOM files") from error
    keywords = ["PatientID", "IssuerOfPatientID", "StudyInstanceUID", "PatientName"]
    with pydicom_trouble(path):
        header = open_dataset(path, keywords)
        number, issuer, study, name = (str(first_value(header, word) or "").strip() for word in keywords)
    parts = "".join(sign if sign.isalpha() else " " for sign in name.casefold()).split()
    return Identity(
        patient=f"{issuer}\0{number}" if number else "",
        study=study,
        number=number,
        names=frozenset(part for part in parts if len(part) > 2),
    )
