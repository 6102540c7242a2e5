"""Pieces of HTML: every text that comes from a manifest passes through here and is escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lusdata.wording import cleaned
from lusdata.wording import escaped_html as escape

__all__ = [
    "Cell",
    "Html",
    "bar",
    "beside",
    "csp_hash",
    "empty",
    "folded",
    "island",
    "join",
    "link",
    "note",
    "recording_link",
    "section",
    "table",
]


@dataclass(frozen=True)
class Html:
    """Markup that is safe to write as it is; a plain str is text and gets escaped."""

    text: str

    def __str__(self) -> str:
        return self.text


Cell = Html | str | int

_MARK = ' class="n"'
_NUMBER = re.compile(r"[\d.,]+%?(?: to [\d.,]+%?)?\Z")


def shown(value: Cell) -> str:
    """Return a cell's markup: numbers with thousands, text escaped, markup as it is."""
    if isinstance(value, Html):
        return value.text
    return f"{value:,}" if isinstance(value, int) else escape(value)


def join(parts: Iterable[Cell], *, by: str = "") -> Html:
    """Put pieces one after the other."""
    return Html(by.join(shown(part) for part in parts))


def table(
    rows: Iterable[Sequence[Cell]],
    *,
    head: Sequence[Cell],
    caption: str = "",
    foot: Sequence[Cell] | None = None,
    groups: Sequence[tuple[str, int]] = (),
) -> Html:
    """Lay cells out as a table that scrolls by itself where the screen is narrow.

    Parameters
    ----------
    rows : iterable of sequence of Html, str or int
        The body. The first cell of a row heads it; columns of numbers stand to the right, their heads too.
    head : sequence
        Heads of the columns.
    caption : str
        What the table shows.
    foot : sequence, optional
        The last row, such as sums.
    groups : sequence of (str, int)
        Heads above the heads, each with the number of columns below it.
    """
    rows = list(rows)
    numbers = {place for row in rows for place, cell in enumerate(row) if place and _is_number(cell)}
    lines = [f"<caption>{escape(caption)}</caption>"] if caption else []
    lines.append("<thead>")
    if groups:
        spans = (f'<th scope="colgroup" colspan="{width}">{escape(name)}</th>' for name, width in groups)
        lines.append(f"<tr>{''.join(spans)}</tr>")
    heads = (
        f'<th scope="col"{_MARK if place in numbers else ""}>{shown(cell)}</th>' for place, cell in enumerate(head)
    )
    lines.append(f"<tr>{''.join(heads)}</tr></thead>")
    lines.append("<tbody>")
    lines += [_row(row) for row in rows]
    lines.append("</tbody>")
    if foot is not None:
        lines.append(f"<tfoot>{_row(foot)}</tfoot>")
    name = escape(caption or "table", quote=True)
    # A region that scrolls must be reachable by keyboard.
    opening = f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>'
    return Html(f"{opening}{''.join(lines)}</table></div>")


def _row(row: Sequence[Cell]) -> str:
    cells = [f'<th scope="row">{shown(row[0])}</th>']
    for cell in row[1:]:
        cells.append(f"<td{_MARK if _is_number(cell) else ''}>{shown(cell)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int) or (isinstance(cell, str) and bool(_NUMBER.match(cell)))


def section(title: str, *parts: Html, lead: str = "") -> Html:
    """Put parts under a heading."""
    words = f'<p class="lead">{escape(lead)}</p>' if lead else ""
    return Html(f"<section><h2>{escape(title)}</h2>{words}{join(parts)}</section>")


def beside(parts: Iterable[Html]) -> Html:
    """Put parts beside each other where the screen is wide enough."""
    return Html(f'<div class="side-by-side">{join(parts)}</div>')


def note(text: str) -> Html:
    """Return a quiet paragraph."""
    return Html(f'<p class="quiet">{escape(text)}</p>')


def empty(text: str) -> Html:
    """Return what stands where there is nothing to show."""
    return Html(f'<p class="empty">{escape(text)}</p>')


def folded(summary: str, lines: Iterable[Html], *, before: Iterable[Html] = ()) -> Html:
    """Put a list behind a summary that opens."""
    items = join(Html(f"<li>{line}</li>") for line in lines)
    opening = f"<details><summary>{escape(summary)}</summary>{join(before)}"
    return Html(f'{opening}<ul class="members">{items}</ul></details>')


def link(address: str, text: str | None = None) -> Html:
    """Return a link to the web, or plain text if the address is of another kind."""
    if not address.startswith(("https://", "http://")):
        return Html(escape(text or address))
    return Html(f'<a href="{escape(address, quote=True)}" rel="noopener noreferrer">{escape(text or address)}</a>')


def recording_link(id_: str, *, pictured: bool = False) -> Html:
    """Return a link to a recording of this page; a script puts the recording's picture into one that is pictured."""
    mark = ' class="pictured"' if pictured else ""
    return Html(f'<a{mark} href="#id={quote(id_, safe="/", errors="replace")}">{escape(id_)}</a>')


def bar(share: float, *, class_name: str = "", chance: float | None = None) -> Html:
    """Draw a share from 0 to 1; the number itself stands beside it, so the drawing says nothing of its own.

    Parameters
    ----------
    share : float
        How much of the bar is filled.
    class_name : str
        A class, which chooses the colour.
    chance : float, optional
        Where a line marks what guessing gives, 0 to 1.
    """
    colour = f' data-class="{escape(class_name, quote=True)}"' if class_name else ""
    line = "" if chance is None else f'<rect class="chance" x="{_percent(chance) - 0.75}" width="1.5" height="10"/>'
    return Html(
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"{colour}>'
        f'<rect class="ground" width="100" height="10"/><rect class="fill" width="{_percent(share)}" height="10"/>'
        f"{line}</svg>"
    )


def _percent(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 1)


def island(data: Any) -> str:
    r"""Return data as JSON that may stand in a script element.

    Nothing but ASCII, and no sign that HTML looks for: ``</script>`` and ``<!--`` cannot occur. Text in it is
    cleaned as all text on a page.

    Examples
    --------
    >>> print(island({"a": "</script>\u202e"}))
    {"a":"\u003c/script\u003e?"}
    """
    text = json.dumps(_cleaned(data), ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _cleaned(data: Any) -> Any:
    if isinstance(data, str):
        return cleaned(data)
    if isinstance(data, Mapping):
        return {cleaned(str(key)): _cleaned(value) for key, value in data.items()}
    return [_cleaned(value) for value in data] if isinstance(data, (list, tuple)) else data


def csp_hash(text: str) -> str:
    """Return the source expression by which a content security policy allows exactly this script or style."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"
