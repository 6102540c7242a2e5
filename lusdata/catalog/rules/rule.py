"""What a rule is: a small generator with a stable code, a level and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lusdata.catalog.manifest import Manifest
from lusdata.errors import Issue, Level

__all__ = ["Asked", "Breach", "Check", "Rule", "RunCheck", "RunRule"]

Asked = Literal["always", "strict", "release"]
"""When a rule is applied: in every run, or only when the user asks for it."""


@dataclass(frozen=True)
class Breach:
    """A place in one manifest that breaks a rule.

    Attributes
    ----------
    json_path : str
        The place, such as ``$.crop.width_px``.
    message : str
        The finding as a clause.
    expected, found, hint : str
        What should be there, what is, and what to do; empty where nothing can be said.
    """

    json_path: str
    message: str
    expected: str = ""
    found: str = ""
    hint: str = ""

    def issue(self, code: str, level: Level, file: str) -> Issue:
        """Return the finding as an issue of a file."""
        return Issue(file, self.json_path, code, level, self.message, self.expected, self.found, self.hint)


Check = Callable[[Manifest], Iterator[Breach]]
"""Looks at one manifest that is valid against the schema."""

RunCheck = Callable[[Sequence[Manifest]], Iterator[tuple[Manifest, Breach]]]
"""Looks at all manifests of one run, sorted by id, and says which of them a finding concerns."""


@dataclass(frozen=True)
class Rule:
    """A rule about one manifest.

    Attributes
    ----------
    code : str
        Stable upper-case name; never reused for another rule.
    level : {"error", "warning"}
        Errors make the data unusable; warnings ask for a look.
    sentence : str
        What holds when the rule is kept.
    check : Check
        Yields every place where it is broken.
    asked : Asked
        When the rule is applied.
    """

    code: str
    level: Level
    sentence: str
    check: Check
    asked: Asked = "always"


@dataclass(frozen=True)
class RunRule:
    """A rule about the manifests of one run together; attributes as in `Rule`."""

    code: str
    level: Level
    sentence: str
    check: RunCheck
    asked: Asked = "always"
