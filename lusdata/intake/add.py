"""Adding one recording: look, compare, propose, ask, draw, write. The manifest comes last."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.atomic import copy_file
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.catalog.schema import enumeration
from lusdata.errors import DataError, LusdataError, UsageError
from lusdata.intake.admission import check_draft
from lusdata.intake.alike import alike
from lusdata.intake.answers import Answers, check_answers, slug_of
from lusdata.intake.beside import ask_beside, beside_note, refuse_beside
from lusdata.intake.comparison import blind_notes, duplicate, joined_recordings, named_recordings, refuse_known_file
from lusdata.intake.complete_lead import complete_lead, refuse_lead
from lusdata.intake.compose import Seen, draft, recording_slug
from lusdata.intake.crop import asked_crop, chosen_crop
from lusdata.intake.look import Look, look
from lusdata.intake.prepare import prepare
from lusdata.intake.question import Question
from lusdata.intake.source import is_address
from lusdata.intake.workspace import Added, Bench, Prepared, Wishes
from lusdata.media.completing import file_facts
from lusdata.media.crop import Box, crop_box
from lusdata.media.facts import sha256_of
from lusdata.media.pictures.preview import preview, write_preview
from lusdata.media.sector.finder import SURE
from lusdata.scratch import scratch_folder
from lusdata.wording import counted, one_line

if TYPE_CHECKING:
    from lusdata.media.text.finder import TextRegion

__all__ = ["add_one"]


def add_one(source: str | Path, wishes: Wishes, bench: Bench) -> Added:
    """Add one recording.

    Parameters
    ----------
    source : str or Path
        A file, or a web address.
    wishes : Wishes
        What is known and wanted.
    bench : Bench
        Where it goes; the new recording is appended to its manifests.

    Returns
    -------
    Added
        What was written.

    Raises
    ------
    LusdataError
        If it may not be added. No manifest was written then; a picture may have been, for the decision.
    OSError
        If something cannot be read or written.
    """
    with scratch_folder() as scratch, _told_of(source, str(scratch)):
        named = named_recordings(wishes.answers, bench.known)
        prepared = prepare(source, wishes, scratch, bench)
        found = look(prepared.path)
        refuse_known_file(prepared, found, bench.known)
        waiting = None if named else _lead(source, prepared, found, wishes, bench)
        if waiting is not None:
            return _complete(waiting, prepared, found, bench)
        matches = alike(found.fingerprint, bench.known)
        if matches and not named:
            raise duplicate(prepared, found, matches, bench)
        # Last, since nobody needs to make a clean copy of what is there already.
        refuse_beside(prepared.beside, prepared.name)
        if wishes.interview is not None and not wishes.accepts:
            ask_beside(wishes.interview.ask, prepared.beside, prepared.name)
        answers = _completed(prepared, found, wishes)
        joined = joined_recordings(named, matches)
        return _draft_and_write(prepared, found, answers, wishes, bench, joined=joined)


def _lead(source: str | Path, prepared: Prepared, found: Look, wishes: Wishes, bench: Bench) -> Manifest | None:
    """Return the lead that the file is to complete; a copy that lusdata wrote completes none, being nobody's file."""
    if all(manifest.sha256 for manifest in bench.known):
        return None
    addresses = [url for url in (str(source) if is_address(str(source)) else "", wishes.answers.source_url) if url]
    facts = file_facts(prepared.original, name=str(source), media=found.facts.as_manifest(), addresses=addresses)
    facts = replace(facts, other_names=wishes.other_names)
    asks = wishes.interview is not None and not wishes.accepts and prepared.copy is None
    return refuse_lead(prepared.name, facts, bench.known, wishes.interview.ask if wishes.interview and asks else None)


def _complete(lead: Manifest, prepared: Prepared, found: Look, bench: Bench) -> Added:
    """Write the file's facts into the lead that waits for it, and draw what it shows."""
    drawn = bench.previews / f"{lead.id.split('/')[1]}.png"

    def keep(manifest: Manifest) -> None:
        stated, size = manifest.crop, (found.facts.width_px, found.facts.height_px)
        crop = Box(stated.left_px, stated.top_px, stated.width_px, stated.height_px) if stated else crop_box(*size)
        name, text = manifest.class_name, found.text.regions
        sheet = preview(found.frames, class_name=name, crop=crop, title=manifest.id, text=text)
        write_preview(drawn, sheet)
        if bench.keeps_copy:
            _keep_media(prepared, bench.media / str(manifest.source_path))

    day = bench.today.isoformat()
    done = complete_lead(lead, prepared.path, bench.known, day=day, accepts=True, keep=keep)
    manifest = done.manifest
    for there in (bench.manifests, bench.neighbours):
        there[:] = [manifest if other.id == lead.id else other for other in there]
    media = bench.media / str(manifest.source_path) if bench.keeps_copy else None
    return Added(manifest, drawn, media, ("it was there without a digest, and is complete now", *done.notes), {})


def _keep_media(prepared: Prepared, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    copy_file(prepared.path, target)


@contextlib.contextmanager
def _told_of(source: str | Path, scratch: str) -> Iterator[None]:
    """Let errors name what the user named, and not its copy in a folder that is gone when they are read."""
    try:
        yield
    except LusdataError as error:
        if error.where and error.where.startswith(scratch):
            error.where = one_line(str(source))
        raise


def _completed(prepared: Prepared, found: Look, wishes: Wishes) -> Answers:
    """Ask for what is missing, the transducer last, since the pictures propose it."""
    answers = prepared.answers
    if wishes.interview is not None:
        answers = wishes.interview.complete(answers)
        check_answers(answers)
    if answers.probe:
        return answers
    shape = found.sector.shape
    proposal = shape if shape in enumeration("probe") and found.sector.confidence >= SURE else None
    if wishes.interview is not None:
        question = Question("Which transducer?", enumeration("probe"), default=proposal)
        return replace(answers, probe=wishes.interview.ask(question) or "")
    if proposal is None or not wishes.accepts:
        raise UsageError("the transducer is not known", where=prepared.name, hint="give --probe")
    return replace(answers, probe=proposal)


def _draft_and_write(
    prepared: Prepared,
    found: Look,
    answers: Answers,
    wishes: Wishes,
    bench: Bench,
    *,
    joined: Sequence[Manifest],
) -> Added:
    """Draw, ask for what the picture is needed for, check, and write."""
    crop, method, crop_note = chosen_crop(prepared, found, wishes)
    drawn = _draw(prepared, found, answers, crop, bench)
    if wishes.interview is not None and wishes.crop is None and not wishes.accepts:
        proposed = (crop, method, crop_note)
        crop, method, crop_note = asked_crop(wishes.interview.ask, found, proposed, drawn=drawn)
        drawn = _draw(prepared, found, answers, crop, bench)
    answers = _with_sign_off(prepared, found, answers, wishes, drawn)
    seen = _seen(prepared, found, crop, method)
    data = draft(bench.collection, answers, seen, today=bench.today, joined=joined, known=bench.known)
    warnings = check_draft(data, bench.manifests, folder=bench.folder, beside=bench.neighbours)
    unseen = [] if found.fingerprint else ["too little is seen for a fingerprint, so copies of it cannot be found"]
    notes = [
        *beside_note(prepared.beside),
        *prepared.notes,
        crop_note,
        *unseen,
        *blind_notes(bench.known, bench.unread),
        *(issue.line() for issue in warnings),
    ]
    return _write(prepared, data, notes, drawn, bench)


def _with_sign_off(prepared: Prepared, found: Look, answers: Answers, wishes: Wishes, drawn: Path) -> Answers:
    """Ask for the role of the person who read the text in the picture; without it nothing is added."""
    regions = found.text.regions
    if not regions or answers.text_reviewed:
        return answers
    where = "; ".join(_place(region) for region in regions[:3]) + (" ..." if len(regions) > 3 else "")
    count = counted(len(regions), "place")
    if wishes.interview is not None:
        question = Question(
            "If it names nobody, your role as a slug, such as physician",
            optional=True,
            fault=lambda role: "" if slug_of(role) == role else "not a slug",
            note=f"text in {count}: {where}; {drawn} shows it in red",
        )
        if role := wishes.interview.ask(question):
            return replace(answers, text_reviewed=role)
    left = wishes.clean_copy or prepared.copy is not None
    else_ = "--clean-copy adds a copy with it blacked"
    if left:
        else_ = "do not add it" if wishes.black == "all" else "--black-text all blacks what lies over the scan, too"
    elif all(region.inside_sector for region in regions):
        else_ = "--clean-copy --black-text all adds a copy with it blacked"
    raise DataError(
        f"text is {'left in' if left else 'burned into'} the picture in {count}",
        where=prepared.name,
        found=where,
        hint=f"see {drawn}; if it names nobody: --text-reviewed ROLE; else: {else_}",
    )


def _place(region: TextRegion) -> str:
    box = region.box
    read = f" reading '{one_line(region.reading)}'" if region.reading else ""
    return f"{box.width_px} x {box.height_px} px at column {box.left_px}, row {box.top_px}{read}"


def _seen(prepared: Prepared, found: Look, crop: Box | None, method: str) -> Seen:
    copy = prepared.copy
    subject = copy.subject if copy else None
    patient = {key: value for key in ("age_band", "sex") if (value := getattr(subject, key, None))}
    return Seen(
        facts=found.facts,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        fingerprint=found.fingerprint,
        crop=crop,
        crop_method=method,
        changes=copy.changes if copy else (),
        patient=patient or None,
        text_regions=len(found.text.regions),
    )


def _draw(prepared: Prepared, found: Look, answers: Answers, crop: Box | None, bench: Bench) -> Path:
    slug = recording_slug(answers, _seen(prepared, found, crop, "manual"))
    sheet = preview(
        found.frames,
        class_name=answers.class_name,
        crop=crop or crop_box(found.facts.width_px, found.facts.height_px),
        title=f"{bench.collection}/{slug}",
        text=found.text.regions,
        original=prepared.copy.before if prepared.copy else None,
    )
    path = bench.previews / f"{slug}.png"
    write_preview(path, sheet)
    return path


def _write(prepared: Prepared, data: dict[str, Any], notes: Sequence[str], drawn: Path, bench: Bench) -> Added:
    """Write the file, if it is to be kept, and then the manifest."""
    target = bench.folder / f"{data['id'].split('/')[1]}.json"
    if target.exists():
        raise DataError("the id is taken", where=prepared.name, found=str(target), hint="give another with --id")
    if sha256_of(prepared.path) != data["source"]["sha256"]:
        hint = "wait until it is whole, and run the same again"
        raise DataError("the file changed while it was looked at", where=prepared.name, hint=hint)
    media = None
    if prepared.copy is not None or bench.keeps_copy:
        media = bench.media / data["source"]["path"]
        _keep_media(prepared, media)
    write_manifest(target, data)
    manifest = Manifest(data, target)
    bench.manifests.append(manifest)
    scale = {}
    if prepared.copy and prepared.copy.depth_cm and prepared.copy.cm_per_px:
        scale = {"depth_cm": prepared.copy.depth_cm, "cm_per_px": prepared.copy.cm_per_px}
    lost = prepared.copy.lost if prepared.copy else None
    return Added(manifest, drawn, media, tuple(notes), scale, lost)
