"""Looking at one file of a folder: everything that a manifest says of it but a person cannot. Runs in a worker."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lusdata import __version__
from lusdata.budget import BUDGET, Budget
from lusdata.catalog.schema import enumeration
from lusdata.errors import DataError, LusdataError
from lusdata.scratch import scratch_folder
from lusdata.wording import one_line

__all__ = ["ExamineJob", "Examined", "examine", "examined_before", "main"]

_DEVICE = frozenset({"make", "model", "com.apple.quicktime.make", "com.apple.quicktime.model", "com.android.model"})


@dataclass(frozen=True)
class ExamineJob:
    """A file to look at.

    Attributes
    ----------
    name, path, sha256 : str
        What it is called for people, where it lies, and what it hashed to when the folder was listed.
    dicom : bool
        Whether a copy without header takes its place.
    media : str
        Folder for such copies.
    results : str
        Folder where results wait, so that nothing is looked at twice.
    """

    name: str
    path: str
    sha256: str
    dicom: bool
    media: str
    results: str


@dataclass(frozen=True)
class Examined:
    """What a file shows.

    Attributes
    ----------
    name : str
        Of the job.
    fault : str
        Why it cannot be taken, as a clause; empty if it can.
    sha256, size_bytes : str, int
        Of the file that datasets use: itself, or the copy in its place.
    copy : str
        Where that copy lies; empty if there is none.
    facts : dict
        Technical facts, as `lusdata.media.facts.MediaFacts` has them.
    fingerprint : str
        Perceptual signature; empty where too little is seen.
    crop : tuple of int
        Left, top, width and height; empty for the largest centred square.
    probe : str
        Transducer, by the header or by the shape of the scan; empty where neither tells.
    text_places : int
        Places with text in the picture.
    beside : tuple of str
        What stands beside the pictures and may name somebody, a clause each.
    subject : dict
        What the header says of the patient and a manifest may hold.
    changes : tuple of str
        What was done to the pictures, in the schema's words.
    taken : str
        What the surest tag says of when it was taken; it goes into no collection.
    device : str
        Maker and model, as tags name them.
    """

    name: str
    fault: str = ""
    sha256: str = ""
    size_bytes: int = 0
    copy: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    crop: tuple[int, ...] = ()
    probe: str = ""
    text_places: int = 0
    beside: tuple[str, ...] = ()
    subject: dict[str, str] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    taken: str = ""
    device: str = ""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Examined:
        """Return what `dataclasses.asdict` made into a dict; JSON turned tuples into lists."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        return cls(**fields)


def examined_before(job: ExamineJob) -> Examined | None:
    """Return the result of an earlier run, if there is one by this version and its copy is still there."""
    try:
        data = json.loads(_result_path(job).read_text(encoding="utf-8"))
        if data.pop("lusdata") != __version__:
            return None
        found = Examined.from_dict({**data, "name": job.name})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if found.copy and not Path(found.copy).is_file() else found


def examine(job: ExamineJob) -> Examined:
    """Look at a file, and keep the result.

    Raises
    ------
    OSError
        If the result or a copy cannot be written.
    """
    from lusdata.atomic import PRIVATE, write_text

    try:
        found = _looked_at(job)
    except LusdataError as error:
        return Examined(job.name, fault=one_line(error.what + (f"; found {error.found}" if error.found else "")))
    except OSError as error:
        if Path(error.filename or "") != Path(job.path):
            raise
        return Examined(job.name, fault=error.strerror or type(error).__name__)
    path = _result_path(job)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Without the name, which may name the patient.
    kept = {**asdict(found), "name": "", "lusdata": __version__}
    write_text(path, json.dumps(kept, ensure_ascii=False), mode=PRIVATE)
    return found


def _result_path(job: ExamineJob) -> Path:
    return Path(job.results) / f"{job.sha256}.json"


def _looked_at(job: ExamineJob) -> Examined:
    from lusdata.atomic import PRIVATE, copy_file
    from lusdata.intake.clean_copy import copy_of_dicom
    from lusdata.intake.look import look, proposed_crop
    from lusdata.intake.moments import moment_of_tags
    from lusdata.media.beside.inventory import inventory
    from lusdata.media.beside.judge import judge
    from lusdata.media.facts import sha256_of
    from lusdata.media.sector.finder import SURE

    path = Path(job.path)
    with scratch_folder() as scratch:
        copy = copy_of_dicom(path, scratch) if job.dicom else None
        seen = look(copy.path if copy else path)
        if (sha256_of(path) if copy else seen.sha256) != job.sha256:
            raise DataError("the file changed while it was looked at")
        items = () if copy else inventory(path)
        tags = [(item.name, item.text) for item in items]
        box = proposed_crop(seen)
        shape = seen.sector.shape if seen.sector.confidence >= SURE else ""
        kept = ""
        if copy:
            target = Path(job.media) / f"{seen.sha256}{copy.path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy_file(copy.path, target, mode=PRIVATE)
            kept = str(target)
        subject = {key: getattr(copy.subject, key) for key in ("age_band", "sex")} if copy else {}
        region = box or (copy.crop if copy else None)
        return Examined(
            name=job.name,
            sha256=seen.sha256,
            size_bytes=seen.size_bytes,
            copy=kept,
            facts=asdict(seen.facts),
            fingerprint=seen.fingerprint or "",
            crop=tuple(int(edge) for edge in region) if region else (),
            probe=(copy.probe if copy else None) or (shape if shape in enumeration("probe") else ""),
            text_places=len(seen.text.regions),
            beside=tuple(f"{one.item.place}: {one.why}" for one in judge(items)),
            subject={key: value for key, value in subject.items() if value},
            changes=copy.changes if copy else (),
            taken=moment_of_tags(tags),
            device=" ".join(dict.fromkeys(text for name, text in sorted(tags) if name in _DEVICE)),
        )


def main(budget: Budget = BUDGET) -> None:
    """Look at files until standard input ends: the inside of a worker process, see `lusdata.serving`."""
    from lusdata.serving import serve

    serve(lambda line: json.dumps(asdict(examine(ExamineJob(**json.loads(line))))), budget)
