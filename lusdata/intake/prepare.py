"""The first step of adding: bring the file here, and put a copy in its place where it must not stay as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError
from lusdata.intake.answers import private_words
from lusdata.intake.bench import Bench, Prepared, Wishes
from lusdata.intake.clean_copy import clean_copy, copy_of_dicom
from lusdata.intake.source import check_file, download, is_address
from lusdata.media.decode.tags import TECHNICAL, text_tags
from lusdata.media.dicom.recording import is_dicom
from lusdata.wording import one_line

__all__ = ["prepare", "refuse_private_tags"]

_SURE_TEXT, _NONE = 0.8, 2.0
"""Scores from which text over a scan is blacked unasked: when it can hardly be echoes, and never."""
_TAGS_SHOWN = 4

# When a file was written, changed or published, and when its program was, is told in a note at most: hardly a file is
# without, and platforms write it unasked.
_DAYS_OF_THE_FILE = TECHNICAL | {"creation_time", "date", "com.apple.quicktime.creationdate", "xmp"}


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
    refuse_known_address(name, answers.source_url, bench.known)
    if is_dicom(path):
        # Text that nobody has read goes; text that somebody has read and signed for stays.
        black_from = 0.0 if wishes.clean_copy else _NONE if answers.text_reviewed else _SURE_TEXT
        copy = copy_of_dicom(path, scratch, rate_hz=wishes.rate_hz, black_from=black_from)
        answers = replace(answers, probe=answers.probe or copy.probe or "")
        return Prepared(one_line(name), copy.path, answers, copy, copy.notes)
    if wishes.clean_copy:
        copy = clean_copy(path, scratch)
        return Prepared(one_line(name), copy.path, answers, copy, copy.notes)
    return Prepared(one_line(name), path, answers, None, _tag_notes(path))


def refuse_private_tags(prepared: Prepared) -> None:
    """Refuse a file whose own tags say whose it is, when or where it was made; lusdata's own copies have none.

    Raises
    ------
    DataError
        If a tag holds what may be a name, a number to call, an age, a day or a place.
    """
    tags = {} if prepared.copy else text_tags(prepared.path)
    private = {tag: words for tag, text in tags.items() if (words := _private(tag, text))}
    if private:
        tag, words = next(iter(private.items()))
        raise DataError(
            f"the file's own tag '{one_line(tag[:40])}' may name a person, a day or a place",
            where=prepared.name,
            found=one_line(repr(words[0])),
            hint="--clean-copy adds a copy without tags",
        )


def _private(tag: str, text: str) -> list[str]:
    """Return what in a tag may name a person, a day or a place."""
    if "location" in tag:
        return [text]
    return private_words(text, days=tag not in _DAYS_OF_THE_FILE)


def _tag_notes(path: Path) -> tuple[str, ...]:
    tags = {
        tag: text
        for tag, text in text_tags(path).items()
        if tag not in TECHNICAL and not tag.startswith(("_", "exif-"))
    }
    if not tags:
        return ()
    # Some programs write a dozen numbers; what a person wrote must not drown in them.
    words_first = sorted(tags.items(), key=lambda tag: not any(character.isalpha() for character in tag[1]))
    listed = ", ".join(f"{one_line(tag[:40])} '{one_line(text[:40])}'" for tag, text in words_first[:_TAGS_SHOWN])
    more = f" and {len(tags) - _TAGS_SHOWN} more" if len(tags) > _TAGS_SHOWN else ""
    return (f"the file carries tags that go with it: {listed}{more}; --clean-copy leaves them out",)


def refuse_known_address(name: str, address: str | None, known: Sequence[Manifest]) -> None:
    same = next((manifest for manifest in known if address and address in manifest.locations), None)
    if same is not None:
        raise DataError("the address of a recording that is already there", where=one_line(name), found=same.id)
