"""Adding one recording: look, compare, propose, ask, draw, write. The manifest comes last."""

from __future__ import annotations

import datetime
import difflib
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.atomic import write_bytes
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.catalog.schema import enumeration
from lusdata.commands.add_ask import Question, ask
from lusdata.errors import DataError, UsageError
from lusdata.media.cache import Cache, cache_dir
from lusdata.media.contact_sheet import write_contact_sheet
from lusdata.media.crop import Box, crop_box
from lusdata.media.decode_tags import text_tags
from lusdata.media.dicom import is_dicom
from lusdata.media.draft import Answers, Seen, check_draft, draft, private_words, recording_slug, slug_of
from lusdata.media.draft_alike import Alike, alike
from lusdata.media.draft_copy import Copy, clean_copy, copy_of_dicom
from lusdata.media.draft_look import Look, look, proposed_crop, sampled_frames
from lusdata.media.draft_preview import beside, preview
from lusdata.media.draft_source import check_file, download, is_address, shown_name
from lusdata.media.facts import sha256_of

if TYPE_CHECKING:
    from lusdata.media.text import TextRegion

__all__ = ["Added", "Bench", "Wishes", "add_one", "parse_crop"]


@dataclass(frozen=True)
class Wishes:
    """How a contribution is to be treated.

    Attributes
    ----------
    answers : Answers
        What a person says; `probe` may be empty as long as it can be proposed.
    crop : tuple of int, or None
        Left, top, width and height.
    clean_copy : bool
        Add a lossless copy without tags and without text.
    rate_hz : float or None
        Frames per second of DICOM files that do not tell.
    asks : bool
        Whether somebody is there to answer.
    accepts : bool
        Whether proposals count without being asked for.
    """

    answers: Answers
    crop: tuple[int, int, int, int] | None = None
    clean_copy: bool = False
    rate_hz: float | None = None
    asks: bool = False
    accepts: bool = False


@dataclass
class Bench:
    """The collection at work, and where things go; grows with every recording that is added.

    Attributes
    ----------
    collection : str
        Namespace.
    folder : Path
        The folder of its manifests.
    manifests, neighbours : list of Manifest
        The collection, and the collections beside it.
    previews : Path
        Folder for pictures.
    media : Path
        Folder that serves as a mirror.
    keeps_copy : bool
        Whether a file that lusdata did not write is copied there, too.
    mirrors : sequence of Path
        Folders that may hold the recordings that are there already.
    today : datetime.date
        Day of the additions.
    """

    collection: str
    folder: Path
    manifests: list[Manifest]
    neighbours: list[Manifest]
    previews: Path
    media: Path
    keeps_copy: bool
    mirrors: Sequence[Path]
    today: datetime.date
    studies: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def known(self) -> list[Manifest]:
        """Everything that a new recording is compared with."""
        return [*self.manifests, *self.neighbours]


@dataclass(frozen=True)
class Added:
    """What became of a contribution.

    Attributes
    ----------
    manifest : Manifest
        As it was written.
    preview : Path
        The picture.
    media : Path or None
        Where a copy of the file lies under its path in a mirror.
    notes : tuple of str
        What a person should know, a clause each.
    scale : dict
        Depth and size of a pixel, where the scanner told.
    """

    manifest: Manifest
    preview: Path
    media: Path | None
    notes: tuple[str, ...]
    scale: dict[str, float]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The file that would be added, and what is known of it before anybody was asked."""

    name: str
    path: Path
    answers: Answers
    copy: Copy | None
    notes: tuple[str, ...]


def parse_crop(text: str) -> tuple[int, int, int, int]:
    """Read a crop as a person writes it.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> parse_crop("10,20,300"), parse_crop("10, 20, 300, 200")
    ((10, 20, 300, 300), (10, 20, 300, 200))
    """
    numbers = [int(part) for part in re.split(r"[,\s]+", text.strip()) if re.fullmatch(r"\d{1,5}", part)]
    if len(numbers) not in (3, 4) or len(numbers) != len(re.split(r"[,\s]+", text.strip())) or 0 in numbers[2:]:
        raise UsageError(
            "not a crop", where="--crop", expected="LEFT,TOP,SIZE or LEFT,TOP,WIDTH,HEIGHT in pixels", found=repr(text)
        )
    left_px, top_px, width_px, height_px = (*numbers, numbers[-1])[:4]
    return left_px, top_px, width_px, height_px


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
    with tempfile.TemporaryDirectory(prefix="lusdata-") as scratch:
        prepared = _prepare(source, wishes, Path(scratch), bench)
        found = look(prepared.path)
        _refuse_known(prepared, found, bench.known)
        answers = _with_probe(prepared, found, wishes)
        named = _named(answers, bench.known)
        matches = alike(found.fingerprint, bench.known)
        if matches and not named:
            raise _duplicate(prepared, found, answers, matches, bench)
        joined = _joined(named, matches)
        return add_prepared(prepared, found, answers, wishes, bench, joined=joined)


def _prepare(source: str | Path, wishes: Wishes, scratch: Path, bench: Bench) -> _Prepared:
    """Bring the file here, and put a copy in its place where it must not stay as it is."""
    answers = wishes.answers
    if isinstance(source, str) and is_address(source):
        answers = replace(answers, source_url=source)
        path, name = download(source, scratch), source
    else:
        path = Path(source)
        name = str(source)
        check_file(path)
    _refuse_known_address(name, answers.source_url, bench.known)
    if is_dicom(path):
        copy = copy_of_dicom(path, scratch, rate_hz=wishes.rate_hz, black_text=wishes.clean_copy)
        answers = replace(answers, probe=answers.probe or copy.probe or "")
        return _Prepared(shown_name(name), copy.path, answers, copy, copy.notes)
    if wishes.clean_copy:
        copy = clean_copy(path, scratch)
        return _Prepared(shown_name(name), copy.path, answers, copy, copy.notes)
    return _Prepared(shown_name(name), path, answers, None, _tag_notes(name, path))


def _tag_notes(name: str, path: Path) -> tuple[str, ...]:
    """Warn of text in the file's own tags; refuse what names somebody."""
    tags = text_tags(path)
    private = {tag: words for tag, text in tags.items() if tag != "creation_time" and (words := private_words(text))}
    if private:
        tag, words = next(iter(private.items()))
        raise DataError(
            f"the file's own tag '{tag}' may name a person",
            where=shown_name(name),
            found=shown_name(repr(words[0])),
            hint="--clean-copy adds a copy without tags",
        )
    if not tags:
        return ()
    listed = ", ".join(f"{tag} '{shown_name(text[:40])}'" for tag, text in list(tags.items())[:4])
    return (f"the file carries tags that go with it: {listed}; --clean-copy leaves them out",)


def _refuse_known_address(name: str, address: str | None, known: Sequence[Manifest]) -> None:
    same = next((manifest for manifest in known if address and address in manifest.locations), None)
    if same is not None:
        raise DataError("the address of a recording that is already there", where=shown_name(name), found=same.id)


def _refuse_known(prepared: _Prepared, found: Look, known: Sequence[Manifest]) -> None:
    same = next((manifest for manifest in known if manifest.sha256 == found.sha256), None)
    if same is not None:
        state = "" if same.state == "included" else f", {same.state}: {same.data['status'].get('reason', '')}"
        raise DataError("this very file is already there", where=prepared.name, found=f"{same.id}{state}")


def _with_probe(prepared: _Prepared, found: Look, wishes: Wishes) -> Answers:
    answers = prepared.answers
    if answers.probe:
        return answers
    shape = found.sector.shape
    proposal = shape if shape in enumeration("probe") and found.sector.confidence >= 0.5 else None
    if wishes.asks:
        return replace(answers, probe=ask(Question("Which transducer?", enumeration("probe"), default=proposal)) or "")
    if proposal is None or not wishes.accepts:
        raise UsageError("the transducer is not known", where=prepared.name, hint="give --probe")
    return replace(answers, probe=proposal)


def _named(answers: Answers, known: Sequence[Manifest]) -> list[Manifest]:
    """Return the recordings that the contributor names as related."""
    by_id = {manifest.id: manifest for manifest in known}
    named = []
    for option, identifier in (("--same-patient", answers.same_patient), ("--link", answers.link)):
        if identifier is not None and identifier not in by_id:
            near = difflib.get_close_matches(identifier, by_id, n=3)
            raise UsageError(
                "no such recording",
                where=option,
                expected=", ".join(near) or "an id, such as pocus/cov-atlas-day-1",
                found=repr(identifier),
            )
        if identifier is not None:
            named.append(by_id[identifier])
    return named


def _duplicate(prepared: _Prepared, found: Look, answers: Answers, matches: Sequence[Alike], bench: Bench) -> DataError:
    """Return the refusal of a recording that is there already, with a picture of both if the other can be had."""
    best = matches[0]
    more = f" (and {len(matches) - 1} more)" if len(matches) > 1 else ""
    file = _file_of(best.manifest, bench.mirrors)
    picture = ""
    if file is not None:
        names = (Path(prepared.name).name, best.manifest.id)
        classes = (answers.class_name, best.manifest.class_name)
        sheet = beside(found.frames, sampled_frames(file), names=names, class_names=classes)
        path = bench.previews / f"{found.sha256[:12]}-beside-{best.manifest.id.split('/')[1]}.png"
        bench.previews.mkdir(parents=True, exist_ok=True)
        write_contact_sheet(path, sheet)
        picture = f"see {path}; "
    return DataError(
        f"looks like {best.manifest.id}, {best.similarity:.0%} alike{more}",
        where=prepared.name,
        expected="a recording that is not there yet",
        hint=f"{picture}if it is another cut of the same recording, give --link {best.manifest.id}; "
        f"if another recording of the same patient, --same-patient {best.manifest.id}",
    )


def _file_of(manifest: Manifest, mirrors: Sequence[Path]) -> Path | None:
    """Return where a known recording's file lies on this machine, if anywhere."""
    places = [mirror / manifest.source_path for mirror in mirrors if manifest.source_path]
    if manifest.sha256 is not None:
        places.append(Cache(cache_dir()).object_path(manifest.sha256))
    for place in places:
        if place.is_file() and sha256_of(place) == manifest.sha256:
            return place
    return None


def _joined(named: Sequence[Manifest], matches: Sequence[Alike]) -> list[Manifest]:
    """Return the recordings whose groups the new one joins: the named first, then those that look like it."""
    return list({manifest.id: manifest for manifest in (*named, *(match.manifest for match in matches))}.values())


def _blind_notes(manifests: Sequence[Manifest]) -> list[str]:
    blind = sum(manifest.state == "included" and "fingerprint" not in manifest.data for manifest in manifests)
    if not blind:
        return []
    return [f"{blind} of the recordings that are there have no fingerprint, so copies of them cannot be seen"]


def _seen(prepared: _Prepared, found: Look, crop: Box | None, method: str) -> Seen:
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


def _crop(prepared: _Prepared, found: Look, wishes: Wishes) -> tuple[Box | None, str, str]:
    """Return the window, who drew it, and a clause about it. A person's goes before the scanner's and the finder's."""
    if wishes.crop is not None:
        return _fitting(wishes.crop, found), "manual", "the crop is yours"
    if prepared.copy and prepared.copy.crop:
        return prepared.copy.crop, "sector", "the crop is the scan as the scanner describes it"
    proposal, sure = proposed_crop(found), f"confidence {found.sector.confidence:.2f}"
    if proposal is not None:
        return proposal, "sector", f"the crop was found by the sector finder, {sure}: look at it, --crop overrides it"
    reason = "the scan fills the frame" if found.sector.shape == "full" else f"no scan was found for sure ({sure})"
    return None, "sector", f"no crop, so the largest centred square is used: {reason}; --crop sets one"


def _fitting(numbers: tuple[int, int, int, int], found: Look) -> Box:
    width_px, height_px = found.facts.width_px, found.facts.height_px
    box = Box(*numbers)
    if box.left_px + box.width_px > width_px or box.top_px + box.height_px > height_px:
        raise UsageError(
            "the crop does not lie inside the frame",
            where="--crop",
            expected=f"a window inside {width_px} x {height_px} px",
            found=",".join(map(str, numbers)),
        )
    return box


def add_prepared(
    prepared: _Prepared,
    found: Look,
    answers: Answers,
    wishes: Wishes,
    bench: Bench,
    *,
    joined: Sequence[Manifest],
) -> Added:
    """Draw, ask for what the picture is needed for, check, and write."""
    crop, method, crop_note = _crop(prepared, found, wishes)
    drawn = _draw(prepared, found, answers, crop, bench)
    if wishes.asks and wishes.crop is None and not wishes.accepts:
        sys.stderr.write(f"{drawn} shows the recording and its crop\n")
        crop, method, crop_note = _asked_crop(found, crop, method, crop_note)
        drawn = _draw(prepared, found, answers, crop, bench)
    answers = _with_sign_off(prepared, found, answers, wishes, drawn)
    seen = _seen(prepared, found, crop, method)
    study = _study(prepared, answers, seen, bench)
    data = draft(bench.collection, answers, seen, today=bench.today, joined=joined, study=study)
    warnings = check_draft(data, bench.manifests, folder=bench.folder)
    notes = [*prepared.notes, crop_note, *_blind_notes(bench.known), *(issue.line() for issue in warnings)]
    return _write(prepared, data, notes, drawn, bench)


def _asked_crop(found: Look, crop: Box | None, method: str, note: str) -> tuple[Box | None, str, str]:
    def fault(text: str) -> str:
        if text in ("yes", "none"):
            return ""
        try:
            _fitting(parse_crop(text), found)
        except UsageError as error:
            return str(error)
        return ""

    text = ask(Question("Crop: yes, none, or LEFT,TOP,SIZE in pixels", default="yes", fault=fault))
    if text == "yes" or text is None:
        return crop, method, note
    if text == "none":
        return None, "manual", "no crop, so the largest centred square is used"
    return _fitting(parse_crop(text), found), "manual", "the crop is yours"


def _draw(prepared: _Prepared, found: Look, answers: Answers, crop: Box | None, bench: Bench) -> Path:
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
    bench.previews.mkdir(parents=True, exist_ok=True)
    write_contact_sheet(path, sheet)
    return path


def _with_sign_off(prepared: _Prepared, found: Look, answers: Answers, wishes: Wishes, drawn: Path) -> Answers:
    """Ask for the role of the person who read the text in the picture; without it nothing is added."""
    regions = found.text.regions
    if not regions or answers.text_reviewed:
        return answers
    where = "; ".join(_place(region) for region in regions[:3]) + (" ..." if len(regions) > 3 else "")
    count = "1 place" if len(regions) == 1 else f"{len(regions)} places"
    if wishes.asks:
        sys.stderr.write(f"text in {count}: {where}; {drawn} shows it in red\n")
        text = "If it names nobody, your role as a slug, such as physician"
        role = ask(Question(text, optional=True, fault=lambda role: "" if slug_of(role) == role else "not a slug"))
        if role:
            return replace(answers, text_reviewed=role)
    raise DataError(
        f"text is burned into the picture in {count}",
        where=prepared.name,
        found=where,
        hint=f"see {drawn}; if it names nobody: --text-reviewed ROLE; else: --clean-copy adds a copy with it blacked",
    )


def _place(region: TextRegion) -> str:
    box = region.box
    read = f" reading '{shown_name(region.reading)}'" if region.reading else ""
    return f"{box.width_px} x {box.height_px} px at column {box.left_px}, row {box.top_px}{read}"


def _study(prepared: _Prepared, answers: Answers, seen: Seen, bench: Bench) -> str | None:
    """Return one code for all files of this run that their headers give to one patient."""
    key = prepared.copy.examination if prepared.copy else ""
    if not key or answers.patient or answers.same_patient:
        return None
    return bench.studies.setdefault(key, recording_slug(answers, seen))


def _write(prepared: _Prepared, data: dict[str, Any], notes: Sequence[str], drawn: Path, bench: Bench) -> Added:
    """Write the file, if it is to be kept, and then the manifest."""
    target = bench.folder / f"{data['id'].split('/')[1]}.json"
    if target.exists():
        raise DataError("the id is taken", where=prepared.name, found=str(target), hint="give another with --id")
    media = None
    if prepared.copy is not None or bench.keeps_copy:
        media = bench.media / data["source"]["path"]
        media.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(media, prepared.path.read_bytes())
    write_manifest(target, data)
    manifest = Manifest(data, target)
    bench.manifests.append(manifest)
    scale = {}
    if prepared.copy and prepared.copy.depth_cm and prepared.copy.cm_per_px:
        scale = {"depth_cm": prepared.copy.depth_cm, "cm_per_px": prepared.copy.cm_per_px}
    return Added(manifest, drawn, media, tuple(notes), scale)
