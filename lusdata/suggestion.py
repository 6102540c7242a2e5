"""A word that is not known, answered with the known word that its writer may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from lusdata.errors import UsageError

__all__ = ["meant", "unknown_word"]

_MOST_LISTED = 30


def meant(word: str, known: Iterable[str]) -> str:
    """Return the hint that names the known word nearest to another; empty if none is near.

    Parameters
    ----------
    word : str
        What was written. Capitals do not count.
    known : iterable of str
        What could have been written.

    Examples
    --------
    >>> meant("parquett", ["parquet", "tfrecord"]), meant("cov-1", ["pocus/cov-1", "pocus/cov-2"]), meant("x", ["abc"])
    ("did you mean 'parquet'?", "did you mean 'pocus/cov-1'?", '')
    """
    # Only who mistypes waits for it.
    import difflib

    by_lower = {one.lower(): one for one in known}
    lower = word.lower()
    # An id without its collection is near to every id of that length; the one that ends so is meant.
    tails = [one for one in by_lower if one.endswith(f"/{lower}")]
    near = tails[:1] or difflib.get_close_matches(lower, by_lower, n=1)
    return f"did you mean {by_lower[near[0]]!r}?" if near else ""


def unknown_word(what: str, word: object, known: Iterable[str], *, where: str | None = None) -> UsageError:
    """Return the error about a word that is not one of those that are known.

    Parameters
    ----------
    what : str
        The fault, such as "unknown format".
    word : object
        What was given.
    known : iterable of str
        What could have been given. All are listed where they are few.
    where : str, optional
        The option or argument.

    Examples
    --------
    >>> print(unknown_word("unknown format", "parquett", ["parquet", "tfrecord"]))
    unknown format; expected one of parquet, tfrecord; found 'parquett'; did you mean 'parquet'?
    """
    words = list(dict.fromkeys(known))
    hint = meant(word, words) if isinstance(word, str) else ""
    if len(words) > _MOST_LISTED:
        expected = f"one of {len(words):,} names, such as {words[0]}"
    elif len(words) == 1:
        expected = words[0]
    else:
        expected = f"one of {', '.join(words)}" if words else "a name; there is none yet"
    return UsageError(what, where=where, expected=expected, found=repr(word)[:80], hint=hint or None)
