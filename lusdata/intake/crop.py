"""The third step of adding: which window. A person goes before the scanner, the scanner before the finder."""

from __future__ import annotations

import re
from pathlib import Path

from lusdata.errors import UsageError
from lusdata.intake.look import Look, proposed_crop
from lusdata.intake.question import Ask, Question
from lusdata.intake.workspace import Prepared, Wishes
from lusdata.media.crop import Box
from lusdata.media.sector.finder import SURE, Sector
from lusdata.wording import counted

__all__ = ["asked_crop", "chosen_crop", "parse_crop"]


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


def chosen_crop(prepared: Prepared, found: Look, wishes: Wishes) -> tuple[Box | None, str, str]:
    """Return the window, who drew it, and a clause about it. A person's goes before the scanner's and the finder's."""
    if wishes.crop is not None:
        return fitting_box(wishes.crop, found), "manual", "the crop is yours"
    box, sure = proposed_crop(found), f"confidence {found.sector.confidence:.2f}"
    region = prepared.copy.crop if prepared.copy else None
    if region is not None:
        # A scanner's region holds rulers and panels, too.
        if box is not None and _is_inside(box, region):
            return box, "sector", f"the crop was found inside the region that the scanner describes, {sure}: look at it"
        return region, "sector", "the crop is the region that the scanner describes"
    if box is not None:
        return (
            box,
            "sector",
            f"{_one_of(found.sector)}the crop was found by the sector finder, {sure}: look at it, --crop overrides it",
        )
    agrees = found.sector.confidence >= SURE
    reason = "which fits the scan" if agrees else f"since no scan was found for sure ({sure})"
    return None, "sector", f"no crop: the largest centred square is used, {reason}; --crop sets one"


def _one_of(sector: Sector) -> str:
    """Say what else is on the screen, and how to take another scan."""
    if sector.other_squares:
        others = " or ".join(f"--crop {box.left_px},{box.top_px},{box.width_px}" for box in sector.other_squares)
        count = counted(1 + len(sector.other_squares), "scan")
        return (
            f"the screen shows {count}, and nothing tells which is meant: this is one of them, {others} takes another; "
        )
    return f"of {sector.parts} scans or traces on the screen the scan was chosen; " if sector.parts > 1 else ""


def asked_crop(
    ask: Ask, found: Look, proposed: tuple[Box | None, str, str], *, drawn: Path
) -> tuple[Box | None, str, str]:
    """Ask whether the proposed window is right; return what `chosen_crop` does."""

    def fault(text: str) -> str:
        if text in ("yes", "none"):
            return ""
        try:
            fitting_box(parse_crop(text), found)
        except UsageError as error:
            return str(error)
        return ""

    question = "Use this crop? yes, none (keep it all), or LEFT,TOP,SIZE in pixels"
    note = f"{_one_of(found.sector)}{drawn} shows the recording and its crop"
    # Of several scans none goes without saying.
    default = None if found.sector.other_squares else "yes"
    text = ask(Question(question, default=default, fault=fault, note=note))
    if text == "yes" or text is None:
        return proposed
    if text == "none":
        return None, "manual", "no crop: the largest centred square is used, as you wish"
    return fitting_box(parse_crop(text), found), "manual", "the crop is yours"


def _is_inside(box: Box, region: Box) -> bool:
    return (
        box.left_px >= region.left_px
        and box.top_px >= region.top_px
        and box.left_px + box.width_px <= region.left_px + region.width_px
        and box.top_px + box.height_px <= region.top_px + region.height_px
    )


def fitting_box(numbers: tuple[int, int, int, int], found: Look) -> Box:
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
