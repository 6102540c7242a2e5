"""Which recordings a dataset or a view takes, as a short text: ``probe=convex,class=covid-19|healthy``.

Clauses stand between commas and all of them must hold. ``|`` separates words of which one must hold, ``!=`` turns a
clause round, and a key may stand in several clauses: ``patterns=b_lines,patterns=consolidation`` asks for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import VERDICTS, pattern_names, verdicts
from lusdata.catalog.rights import LICENCES, licence_of, rights_of
from lusdata.catalog.schema import enumeration
from lusdata.catalog.severity import known_scales
from lusdata.catalog.tasks import Task, find_task, value_word
from lusdata.errors import UsageError
from lusdata.suggestion import meant
from lusdata.wording import listed

__all__ = [
    "Clause",
    "Selection",
    "checked_clause",
    "parse_select",
    "select_manifests",
    "target_key",
]


@dataclass(frozen=True, order=True)
class Clause:
    """One condition.

    Attributes
    ----------
    key : str
        What is asked about.
    words : tuple of str
        Values of which one must hold, sorted.
    negated : bool
        Whether none of them may hold instead.
    """

    key: str
    words: tuple[str, ...]
    negated: bool = False

    @property
    def text(self) -> str:
        """The condition as a user writes it."""
        return f"{self.key}{'!=' if self.negated else '='}{'|'.join(self.words)}"

    def holds(self, words: Iterable[str]) -> bool:
        """Tell whether the condition holds for a recording of which these words are true."""
        return self.negated != bool(set(self.words) & set(words))


@dataclass(frozen=True)
class Selection:
    """Conditions that must all hold; none of them means every recording.

    Attributes
    ----------
    clauses : tuple of Clause
        Sorted and without repeats, so that equal selections are equal values.
    """

    clauses: tuple[Clause, ...] = ()

    @property
    def text(self) -> str:
        """The canonical spelling; `parse_select` of it gives the same selection."""
        return ",".join(clause.text for clause in self.clauses)

    def __and__(self, other: Selection) -> Selection:
        """Return the selection that asks for both."""
        return Selection(tuple(sorted({*self.clauses, *other.clauses})))


def parse_select(text: str) -> Selection:
    """Read a selection.

    Parameters
    ----------
    text : str
        Clauses between commas, each ``key=word|word`` or ``key!=word|word``; empty for every recording. The keys are
        class, collection, id, kind, licence, patterns (a pattern that some reader calls present), probe, provider,
        publish (yes or no: whether the licence allows passing frames on) and zone; and those of targets: a pattern
        such as b_lines (present, absent, disagree, unknown or not-assessed, of all readers together), severity or
        severity:SCALE, and task:NAME.

    Returns
    -------
    Selection
        With clauses and words sorted.

    Raises
    ------
    UsageError
        If a clause is malformed, its key is unknown, or a word is not one of the schema's.

    Examples
    --------
    >>> parse_select("probe=convex, class=healthy|covid-19").text
    'class=covid-19|healthy,probe=convex'
    """
    pieces = [piece.strip() for piece in text.split(",")]
    if pieces == [""]:
        return Selection()
    return Selection(tuple(sorted({_clause(piece, text) for piece in pieces})))


def _clause(piece: str, text: str) -> Clause:
    key, equals, values = piece.partition("=")
    negated = key.endswith("!")
    key = key.removesuffix("!").strip()
    words = tuple(sorted({word.strip() for word in values.split("|")}))
    if not equals or not key or not all(words):
        raise UsageError(
            "malformed selection",
            where=text,
            expected="clauses like 'probe=convex' or 'class=covid-19|healthy', separated by commas",
            found=repr(piece),
        )
    return checked_clause(key, words, negated=negated, where=text)


def checked_clause(key: str, words: Sequence[str], *, negated: bool = False, where: str | None = None) -> Clause:
    """Make one condition of a key and its words.

    Parameters
    ----------
    key : str
        A key of `parse_select`.
    words : sequence of str
        Values of which one must hold.
    negated : bool
        Whether none of them may hold instead.
    where : str, optional
        What the user wrote, for the error.

    Raises
    ------
    UsageError
        If the key is unknown or a word is not one of the schema's.
    """
    if key not in _READ and not _is_target(key):
        expected = "one of " + ", ".join(sorted(_READ)) + ", a pattern such as b_lines, severity, or task:NAME"
        hint = meant(key, [*_READ, "severity", *pattern_names()])
        raise UsageError(
            "unknown key in a selection", where=where, expected=expected, found=repr(key), hint=hint or None
        )
    allowed = _allowed(key)
    unknown = [word for word in words if allowed and word not in allowed]
    if key == "licence":
        # The name of an agreement can be any.
        unknown = [word for word in words if licence_of(word) is None]
    if unknown:
        raise UsageError(
            f"unknown word for '{key}' in a selection",
            where=where,
            expected="one of " + ", ".join(allowed),
            found=", ".join(map(repr, unknown)),
        )
    return Clause(key, tuple(sorted(set(words))), negated)


@cache
def _allowed(key: str) -> tuple[str, ...]:
    if key in ("class", "kind", "probe"):
        return enumeration(key)
    if key in pattern_names():
        return VERDICTS
    fixed: Mapping[str, Callable[[], tuple[str, ...]]] = {
        "patterns": pattern_names,
        "licence": lambda: tuple(sorted(LICENCES)),
        "publish": lambda: ("no", "yes"),
    }
    # An id, a name, a provider, a zone or a value can be any word; those that occur are known only from a collection.
    return fixed[key]() if key in fixed else ()


def _patterns(manifest: Manifest) -> list[str]:
    return [name for reading in manifest.patterns for name, finding in reading.items() if finding == "present"]


def _zone(manifest: Manifest) -> list[str]:
    view = manifest.data.get("view", {})
    return [str(view["zone"])] if "zone" in view else []


_READ: Mapping[str, Callable[[Manifest], Iterable[str]]] = {
    "class": lambda manifest: [manifest.class_name],
    "collection": lambda manifest: [manifest.collection],
    "id": lambda manifest: [manifest.id],
    "kind": lambda manifest: [manifest.kind],
    "licence": lambda manifest: [str(manifest.licence["id"])],
    "patterns": _patterns,
    "probe": lambda manifest: [manifest.probe],
    "provider": lambda manifest: [manifest.provider],
    "publish": lambda manifest: ["yes" if rights_of(manifest).publish else "no"],
    "zone": _zone,
}


def target_key(name: str) -> str:
    """Return the key by which a selection asks for a target's value.

    Examples
    --------
    >>> target_key("b_lines"), target_key("severity"), target_key("outcome")
    ('b_lines', 'severity', 'task:outcome')
    """
    return name if name == "class" or _is_target(name) else f"{_TASK}{name}"


_TASK, _SCALE = "task:", "severity:"


def _is_target(key: str) -> bool:
    return key == "severity" or key.startswith((_TASK, _SCALE)) or key in pattern_names()


Read = Callable[[Manifest], Iterable[str]]


def _reader(key: str, find: Callable[[str], Task]) -> tuple[Read, tuple[str, ...]]:
    """Return what reads the words of a key from a manifest, and the words that are known without any manifest."""
    if key in _READ:
        return _READ[key], _allowed(key)
    if key in pattern_names():
        return lambda manifest: [verdicts(manifest).get(key, "unknown")], VERDICTS
    task = find(key.removeprefix(_TASK))

    def read(manifest: Manifest) -> list[str]:
        value = task.value_of(manifest)
        return [] if value is None else [value_word(value)]

    return read, tuple(map(value_word, task.values))


def select_manifests(
    selection: Selection, manifests: Iterable[Manifest], *, find: Callable[[str], Task] | None = None
) -> tuple[Manifest, ...]:
    """Choose recordings.

    Parameters
    ----------
    selection : Selection
        The conditions.
    manifests : iterable of Manifest
        The recordings to choose from.
    find : callable, optional
        Gives the task of a name (`lusdata.catalog.tasks.find_task`); without it the collection has none of its own.

    Returns
    -------
    tuple of Manifest
        Those for which every condition holds, in the given order.

    Raises
    ------
    UsageError
        If a word of an open key (id, collection, provider, zone, a target) occurs in no recording: most likely it is
        misspelt.
    """
    manifests = tuple(manifests)
    find = find or partial(find_task, manifests=manifests, tasks={}, scales=known_scales())
    kept = list(manifests)
    for clause in selection.clauses:
        read, allowed = _reader(clause.key, find)
        if not _allowed(clause.key):
            known = {*allowed, *(word for manifest in manifests for word in read(manifest))}
            missing = sorted(set(clause.words) - known)
            if missing:
                raise UsageError(
                    f"no recording has this {clause.key}",
                    where=selection.text,
                    expected=f"one of {_some(known)}",
                    found=", ".join(map(repr, missing)),
                )
        kept = [manifest for manifest in kept if clause.holds(read(manifest))]
    return tuple(kept)


def _some(words: Iterable[str], most: int = 12) -> str:
    return listed(sorted(words), most=most) or "(none)"
