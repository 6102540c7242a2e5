"""What can go wrong, as data first and text last.

Two things are told apart: an *error* stops the work and is raised; an *issue* is one finding among many and is
collected, so that a user sees every fault of every file in one run.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal

from lusdata.wording import one_line

__all__ = [
    "DataError",
    "DecodeError",
    "InternalError",
    "Issue",
    "Level",
    "LusdataError",
    "MissingExtraError",
    "OutsideError",
    "UsageError",
    "came_through",
    "error_of",
]

Level = Literal["error", "warning"]


class LusdataError(Exception):
    """Base of every error that lusdata raises on purpose.

    Parameters
    ----------
    what : str
        The fault, as a clause without a full stop.
    where : str, optional
        File, address, recording or option that it concerns.
    expected, found : str, optional
        What should have been there, and what was.
    hint : str, optional
        What to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.found = found
        self.hint = hint

    def __str__(self) -> str:
        """Return the error as one line."""
        return _sentence(self.what, self.where, self.expected, self.found, self.hint)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from all fields, so that errors raised in a worker process arrive whole."""
        return _rebuild, (type(self), self.what, self.where, self.expected, self.found, self.hint)


class DataError(LusdataError):
    """The data has a fault (exit code 1)."""

    exit_code = 1


class DecodeError(DataError):
    """A file cannot be decoded as a picture or a video (exit code 1)."""


class TooLargeError(DecodeError):
    """A recording is larger than one may be, see `lusdata.budget` (exit code 1)."""


class TooSlowError(DecodeError):
    """A recording takes longer than one may, see `lusdata.budget` (exit code 1)."""


class UsageError(LusdataError):
    """The call is wrong (exit code 2)."""

    exit_code = 2


class MissingExtraError(UsageError):
    """A package of an optional extra is not installed (exit code 2).

    Parameters
    ----------
    package : str
        The missing package's import name.
    extra : str
        The extra that brings it.
    purpose : str
        What it is needed for.
    """

    def __init__(self, package: str, *, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package '{package}', which is not installed",
            hint=f"run: python -m pip install 'lusdata[{extra}]'",
        )
        self._arguments = (package, extra, purpose)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the three arguments."""
        return _rebuild_missing_extra, self._arguments


class OutsideError(LusdataError):
    """The outside world failed: network, disk, permissions (exit code 3)."""

    exit_code = 3


class InternalError(Exception):
    """Something failed that no input explains: lusdata has a fault, or what it stands on is broken (exit code 4).

    It is no `LusdataError`: whoever goes on with the next file after one of those must not go on after this.

    Parameters
    ----------
    found : str
        The exception that nobody expected, and the line of lusdata that it came through.
    where : str, optional
        What was being worked on.
    trace : str, optional
        The traceback.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, found: str, *, where: str | None = None, trace: str = "") -> None:
        super().__init__(found, where, trace)
        self.found = found
        self.where = where
        self.trace = trace

    @classmethod
    def of(cls, error: BaseException, *, where: str | None = None) -> InternalError:
        """Return an unexpected exception as one of these; one that is such already stays as it is."""
        if isinstance(error, InternalError):
            return error
        words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
        if own:
            file = Path(own[-1].filename)
            words += f" ({'/'.join(file.parts[-2:])}, line {own[-1].lineno})"
        return cls(words, where=where, trace="".join(traceback.format_exception(error)))

    def __str__(self) -> str:
        """Return the error as one line."""
        return _sentence(
            "a fault of lusdata or of its installation, not of your data",
            self.where,
            None,
            self.found,
            "run: lusdata doctor; if it finds nothing, please report this with what LUSDATA_TRACEBACK=1 adds",
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from all fields."""
        return _rebuild_internal, (self.found, self.where, self.trace)


def came_through(error: BaseException, package: str) -> bool:
    """Tell whether a line of a package raised an exception, or let it pass.

    Calling a function with an argument that it does not have is the caller's exception.

    Examples
    --------
    >>> import json
    >>> try:
    ...     json.loads("no JSON")
    ... except ValueError as error:
    ...     came_through(error, "json"), came_through(error, "pydicom")
    (True, False)
    """
    names = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(name.partition(".")[0] == package for name in names)


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(Path(__file__).parent)


@dataclass(frozen=True, order=True)
class Issue:
    """One finding about one place of one file.

    Attributes
    ----------
    file : str
        The manifest or table that it concerns.
    json_path : str
        The place inside, such as ``$.crop.width_px``.
    code : str
        Stable upper-case name of the rule; never reused for another rule.
    level : {"error", "warning"}
        Errors make the data unusable; warnings ask for a look.
    message : str
        The finding as a clause.
    expected, found, hint : str
        What should be there, what is, and what to do; empty where nothing can be said.
    """

    file: str
    json_path: str
    code: str
    level: Level
    message: str
    expected: str = ""
    found: str = ""
    hint: str = ""

    def line(self) -> str:
        """Return the finding as one line for a terminal."""
        text = _sentence(self.message, None, self.expected or None, self.found or None, self.hint or None)
        return one_line(f"{self.level} {self.code} {self.file} {self.json_path}: {text}")

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain data for JSON."""
        return asdict(self)


def error_of(issues: Sequence[Issue], *, hint: str = "") -> DataError:
    """Return the first of some issues as an error that counts the rest.

    Parameters
    ----------
    issues : sequence of Issue
        At least one.
    hint : str
        What to do, in place of what the issue says.

    Examples
    --------
    >>> str(error_of([Issue("a.json", "$.id", "ID_TAKEN", "error", "the id is taken")] * 2, hint="take another"))
    'a.json $.id: ID_TAKEN (and 1 more): the id is taken; take another'
    """
    first, more = issues[0], f" (and {len(issues) - 1:,} more)" if len(issues) > 1 else ""
    return DataError(
        f"{first.code}{more}: {first.message}",
        where=f"{first.file} {first.json_path}",
        expected=first.expected or None,
        found=first.found or None,
        hint=hint or first.hint or None,
    )


def _sentence(what: str, where: str | None, expected: str | None, found: str | None, hint: str | None) -> str:
    parts = [what if where is None else f"{where}: {what}"]
    if expected is not None:
        parts.append(f"expected {expected}")
    if found is not None:
        parts.append(f"found {found}")
    if hint is not None:
        parts.append(hint)
    return one_line("; ".join(parts))


def _rebuild(
    cls: type[LusdataError],
    what: str,
    where: str | None,
    expected: str | None,
    found: str | None,
    hint: str | None,
) -> LusdataError:
    error = cls.__new__(cls)
    LusdataError.__init__(error, what, where=where, expected=expected, found=found, hint=hint)
    return error


def _rebuild_missing_extra(package: str, extra: str, purpose: str) -> MissingExtraError:
    return MissingExtraError(package, extra=extra, purpose=purpose)


def _rebuild_internal(found: str, where: str | None, trace: str) -> InternalError:
    return InternalError(found, where=where, trace=trace)
