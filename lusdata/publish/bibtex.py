"""Citations as BibTeX, whatever manifests hold: valid for BibTeX and biblatex, and nothing in them is a command."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lusdata.publish.citations import Citations, Reference
from lusdata.wording import counted

__all__ = ["bibtex", "escape_bibtex"]

_AUTHOR = "The lusdata contributors"
_TITLE = "lusdata: curated lung-ultrasound video with leak-free folds"

_LATEX = {
    "\\": r"\textbackslash{}",
    # Not \{ and \}: BibTeX counts braces and does not know that a backslash takes one out of the count.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}


def escape_bibtex(text: str) -> str:
    r"""Return text as the value of a BibTeX field: one line, and nothing in it is a command.

    Examples
    --------
    >>> print(escape_bibtex("R&D {50 %}\n"))
    R\&D \textbraceleft{}50 \%\textbraceright{}
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return "".join(_LATEX.get(sign, sign) for sign in line)


def _url(address: str) -> str:
    r"""Return an address as the argument of ``\url``, which takes everything but braces and backslashes."""
    codes = {"{": "%7B", "}": "%7D", "\\": "%5C"}
    return "\\url{" + "".join(codes.get(sign, sign) for sign in address if sign.isprintable()) + "}"


def bibtex(citations: Citations) -> str:
    """Lay citations out for BibTeX and biblatex.

    Parameters
    ----------
    citations : Citations
        From `cite`.

    Returns
    -------
    str
        An entry for lusdata, one for the data, and one for each source. Licences stand between entries, where BibTeX
        reads over them.
    """
    subject = citations.subject
    data_key = "lusdata-" + re.sub(r"[^a-z0-9]+", "-", subject.label.lower()).strip("-")
    cited = f"{subject.citation.rstrip('.')}. " if subject.citation else ""
    entries = [
        _entry("lusdata", {"author": f"{{{_AUTHOR}}}", "title": f"{{{_TITLE}}}", "note": f"Version {subject.lusdata}"}),
        _entry(
            data_key,
            {
                "author": f"{{{escape_bibtex(subject.owner) or _AUTHOR}}}",
                "title": f"{{{escape_bibtex(subject.title)}}}",
                "year": subject.year,
                "note": escape_bibtex(cited + f"{citations.clause}; sha256 of {subject.digest_of}: {subject.digest}"),
            },
        ),
        *(_entry(source.key, _fields(source)) for source in citations.sources),
    ]
    rights = [
        f"% {counted(use.recordings, 'recording')} under {use.id}: {', '.join(use.asks) or 'nothing'}"
        + (f" <{use.url}>" if use.url else "")
        for use in citations.licences
    ]
    # An at-sign outside of an entry would begin one.
    comment = "\n".join(["% Licences of the recordings, and what they ask:", *rights]).replace("@", "%40")
    return "\n\n".join([comment, *entries]) + "\n"


def _fields(source: Reference) -> dict[str, str]:
    number = f"{counted(len(source.recordings), 'recording')} used"
    named = " / ".join(source.attributions) or source.provider
    return {
        "howpublished": _url(source.address) if source.address else "",
        "doi": re.sub(r"[{}\\]", "", source.doi),
        "note": escape_bibtex(f"{named}. {number}"),
    }


def _entry(key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])
