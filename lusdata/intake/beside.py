"""What a person must know, or answer, of what stands beside the pictures of a file that comes in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lusdata.errors import DataError
from lusdata.intake.question import Ask, Question
from lusdata.media.beside.inventory import inventory
from lusdata.media.beside.item import Item, plain
from lusdata.media.beside.judge import Remark, judge
from lusdata.wording import counted, listed, one_line

__all__ = ["address_findings", "ask_beside", "beside_findings", "beside_note", "refuse_beside", "shown_item"]

_SHOWN = 4
_SHOWN_TEXT = 60


def beside_findings(path: Path) -> tuple[Remark, ...]:
    """Return what matters of what stands beside the pictures of a file.

    Raises
    ------
    DecodeError, OSError
        As `lusdata.media.beside.inventory.inventory`.
    """
    return judge(inventory(path))


def address_findings(address: str | None) -> tuple[Remark, ...]:
    """Return what the path of a web address, which a manifest keeps, may say of a person.

    Examples
    --------
    >>> [one.words for one in address_findings("https://example.org/MUSTERFRAU%5EERIKA.mp4")]
    ['MUSTERFRAU^ERIKA']
    """
    if not address:
        return ()
    return judge([Item("its web address", "text", plain(unquote(urlsplit(address).path)), "address")])


def refuse_beside(findings: Sequence[Remark], name: str) -> None:
    """Refuse a file beside whose pictures stands what may not go with it.

    Parameters
    ----------
    findings : sequence of Remark
        What was found.
    name : str
        What the user called the file.

    Raises
    ------
    DataError
        If anything is refused; the first is told, and how many more there are.
    """
    refused = [finding for finding in findings if finding.level == "refused"]
    if not refused:
        return
    first = refused[0]
    more = f", and {counted(len(refused) - 1, 'thing')} more" if len(refused) > 1 else ""
    hint = "--clean-copy adds a copy that holds pictures and times alone"
    if first.item.name == "address":
        hint = "publish the file under a name of no person, or leave the address out"
    raise DataError(
        f"{first.item.place} may not go with the recording: {first.why}{more}",
        where=name,
        found=one_line(repr(first.words[:_SHOWN_TEXT])) if first.words else None,
        hint=hint,
    )


def beside_note(findings: Sequence[Remark]) -> tuple[str, ...]:
    """Return, as a note or none, what is left for a person to judge, with its place."""
    shown = [finding for finding in findings if finding.level == "shown"]
    if not shown:
        return ()
    days = "; a day there may be that of the examination" if any("day" in one.why for one in shown) else ""
    items = listed(map(shown_item, shown), most=_SHOWN)
    return (f"this goes with the file: {items}{days}; --clean-copy leaves it out",)


def shown_item(finding: Remark) -> str:
    """Return a finding as its place and its words.

    Examples
    --------
    >>> shown_item(judge([Item("tag 'title'", "text", "Left lung", "title")])[0])
    "tag 'title' 'Left lung'"
    """
    words = one_line(finding.words[:_SHOWN_TEXT])
    return f"{one_line(finding.item.place)} '{words}'" if words else one_line(finding.item.place)


def ask_beside(ask: Ask, findings: Sequence[Remark], name: str) -> None:
    """Let a person judge what no rule can.

    Raises
    ------
    DataError
        If it names somebody.
    UsageError
        If the input ends.
    """
    shown = [finding for finding in findings if finding.level == "shown"]
    if not shown:
        return
    lines = "\n".join(f"  {shown_item(finding)}: {finding.why}" for finding in shown)
    question = Question(
        "Does any of it name a person, or a place or a day of an examination?",
        ("no", "yes"),
        note=f"beside the pictures, {one_line(name)} says:\n{lines}",
    )
    if ask(question) == "yes":
        hint = "--clean-copy adds a copy that holds pictures and times alone"
        raise DataError("what stands beside the pictures names somebody", where=name, hint=hint)
