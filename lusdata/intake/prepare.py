"""The first step of adding: bring the file here, and put a copy in its place where it must not stay as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError, UsageError
from lusdata.intake.beside import address_findings, beside_findings
from lusdata.intake.clean_copy import Blacking, clean_copy, copy_of_dicom
from lusdata.intake.sidecars import refuse_sidecar
from lusdata.intake.source import check_file, download, is_address
from lusdata.intake.workspace import Bench, Prepared, Wishes
from lusdata.media.dicom.recording import is_dicom
from lusdata.wording import one_line

__all__ = ["prepare"]


def prepare(source: str | Path, wishes: Wishes, scratch: Path, bench: Bench) -> Prepared:
    """Bring the file here, and put a copy in its place where it must not stay as it is."""
    answers = wishes.answers
    if isinstance(source, str) and is_address(source):
        answers = replace(answers, source_url=source)
        path, name = download(source, scratch), source
    else:
        path = Path(source)
        name = str(source)
        check_file(path)
        refuse_sidecar(path, one_line(name))
    refuse_known_address(name, answers.source_url, bench.known)
    address = address_findings(answers.source_url)
    if is_dicom(path):
        # Text that somebody has read and signed for stays.
        signed = answers.text_reviewed and not wishes.clean_copy and wishes.black == "outside"
        black: Blacking = "none" if signed else wishes.black
        copy = copy_of_dicom(path, scratch, rate_hz=wishes.rate_hz, black=black)
        answers = replace(answers, probe=answers.probe or copy.probe or "")
        return Prepared(one_line(name), copy.path, path, answers, copy, copy.notes, address)
    if wishes.clean_copy:
        copy = clean_copy(path, scratch, black=wishes.black)
        return Prepared(one_line(name), copy.path, path, answers, copy, copy.notes, address)
    if wishes.black == "all":
        hint = "add --clean-copy, too"
        raise UsageError("text is blacked in a copy only", where="--black-text", expected="--clean-copy", hint=hint)
    return Prepared(one_line(name), path, path, answers, None, (), (*beside_findings(path), *address))


def refuse_known_address(name: str, address: str | None, known: Sequence[Manifest]) -> None:
    """Refuse the address of a recording whose file was seen; a lead is held against what the file shows, too."""
    same = next((one for one in known if address and address in one.locations and one.sha256 is not None), None)
    if same is not None:
        raise DataError("the address of a recording that is already there", where=one_line(name), found=same.id)
