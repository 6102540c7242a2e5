"""What the physicians answered, back in the paper's statistics (section 4.1, Figure 4, Table 5)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from lusdata import DataError

from .study import DISTRACTION, PATTERNS, SCORES, Key

__all__ = ["Rating", "Ratings", "read_answers", "statistics"]

_PREFERENCES = ("a", "b", "none")
_LISTS = ("visible", "highlighted_a", "highlighted_b")
_MAPS = ("train", "test")


@dataclass(frozen=True)
class Rating:
    """What one rater said of one video, unblinded.

    Attributes
    ----------
    class_name : str
        The video's class.
    score : dict of str to int
        Score of the ``train`` and the ``test`` map, -3 to 3.
    preferred : {"train", "test", "none"}
        The better map.
    visible : frozenset of str
        Patterns seen in the video.
    highlighted : dict of str to frozenset of str
        Patterns seen under each map.
    """

    class_name: str
    score: dict[str, int]
    preferred: str
    visible: frozenset[str]
    highlighted: dict[str, frozenset[str]]


@dataclass(frozen=True)
class Ratings:
    """One rater's complete ratings, by item; what was left open is counted.

    Attributes
    ----------
    rater : str
        Name or code.
    ratings : dict of str to Rating
        By item.
    open_items : int
        Videos without both scores and a preference.
    """

    rater: str
    ratings: dict[str, Rating]
    open_items: int


def read_answers(path: Path, key: Key) -> Ratings:
    """Read and unblind one rater's file, JSON or CSV as the page saves it.

    Parameters
    ----------
    path : Path
        The file.
    key : Key
        The study's key.

    Returns
    -------
    Ratings
        Complete ratings.

    Raises
    ------
    DataError
        If the file is of another study or form, or holds an answer that the page cannot give.
    """
    try:
        # A spreadsheet writes a mark before the text that no reader wants.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError("not a file of answers", where=str(path), expected="UTF-8 text") from error
    study, rater, rows = _from_csv(text, path) if path.suffix.lower() == ".csv" else _from_json(text, path)
    if study != key.study:
        raise DataError("answers to another study", where=str(path), expected=key.study, found=study)
    items = {item.item: item for item in key.items}
    ratings: dict[str, Rating] = {}
    seen: set[str] = set()
    for row in rows:
        name = str(row.get("item"))
        # A spreadsheet drops the zero of 07.
        name = name.zfill(len(key.items[0].item))
        if name not in items or name in seen:
            fault = "a video twice" if name in seen else "no such video in the study"
            raise DataError(fault, where=str(path), found=name)
        seen.add(name)
        where = f"{path}, video {name}"
        scores = {which: _score(row.get(f"score_{which}"), where) for which in "ab"}
        preferred = _preference(row.get("preferred"), where)
        lists = {field: _patterns(row.get(field), where) for field in _LISTS}
        if scores["a"] is None or scores["b"] is None or preferred is None:
            continue
        places = {"a": items[name].map_a, "b": items[name].map_b}
        ratings[name] = Rating(
            class_name=items[name].class_name,
            score={places[which]: int(scores[which] or 0) for which in "ab"},
            preferred=places.get(preferred, "none"),
            visible=lists["visible"],
            highlighted={places[which]: lists[f"highlighted_{which}"] for which in "ab"},
        )
    if not ratings:
        raise DataError("no complete rating", where=str(path), expected="both scores and a preference for some video")
    return Ratings(rater, ratings, len(items) - len(ratings))


def _from_json(text: str, path: Path) -> tuple[str, str, list[Mapping[str, Any]]]:
    try:
        data = json.loads(text)
        rows: list[Mapping[str, Any]] = [dict(row) for row in data["answers"]]
        return str(data["study"]), str(data["rater"]), rows
    except (ValueError, TypeError, KeyError) as error:
        raise DataError("not a file of answers", where=str(path), found=str(error)) from error


def _from_csv(text: str, path: Path) -> tuple[str, str, list[Mapping[str, Any]]]:
    # Some countries' spreadsheets part cells by semicolons; the head shows which.
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise DataError("not a file of answers", where=str(path), found=str(error)) from error
    missing = {"study", "rater", "item", "score_a", "score_b", "preferred"} - set(rows[0] if rows else ())
    if missing:
        raise DataError("not a file of answers", where=str(path), expected="columns " + ", ".join(sorted(missing)))
    named = {(str(row["study"]), str(row["rater"])) for row in rows}
    if len(named) > 1:
        raise DataError("answers of several raters or studies in one file", where=str(path))
    study, rater = named.pop()
    return study, rater, list(rows)


def _score(value: Any, where: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or number not in SCORES:
        raise DataError("not a score", where=where, expected=f"{SCORES[0]} to {SCORES[-1]}", found=repr(value))
    return int(number)


def _preference(value: Any, where: str) -> str | None:
    if value is None or value == "":
        return None
    if value not in _PREFERENCES:
        raise DataError("not a preference", where=where, expected=", ".join(_PREFERENCES), found=repr(value))
    return str(value)


def _patterns(value: Any, where: str) -> frozenset[str]:
    names = [part for part in value.split(";") if part] if isinstance(value, str) else (value or [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError("not a list of patterns", where=where, expected=", ".join(PATTERNS), found=repr(value))
    unknown = [str(name) for name in names if name not in PATTERNS and name != DISTRACTION]
    if unknown:
        raise DataError("no such pattern", where=where, expected=", ".join(PATTERNS), found=", ".join(unknown))
    return frozenset(names)


def statistics(answers: Sequence[Ratings], *, classes: Sequence[str]) -> dict[str, Any]:
    """Compute the paper's statistics.

    Parameters
    ----------
    answers : sequence of Ratings
        One per rater; the first is the senior one, whose list of visible patterns is the truth of Figure 4.
    classes : sequence of str
        Class names; those without a video are left out.

    Returns
    -------
    dict
        ``raters``; ``scores`` (mean score of train- and test-CAM over all ratings, for each class and each rater);
        ``preference`` (share for the test-CAM, ties left out, and counts); ``agreement`` of each pair of raters;
        ``wilcoxon`` signed-rank test of test- against train-CAM over videos (scores averaged over raters); ``patterns``
        (Table 5) and ``figure_4``.
    """
    every = [rating for one in answers for rating in one.ratings.values()]
    return {
        "raters": [{"rater": one.rater, "videos": len(one.ratings), "open": one.open_items} for one in answers],
        "scores": {
            "all": _mean_scores(every),
            "classes": {
                name: _mean_scores(chosen)
                for name in classes
                if (chosen := [rating for rating in every if rating.class_name == name])
            },
            "raters": {one.rater: _mean_scores(one.ratings.values()) for one in answers},
        },
        "preference": _preferences(every),
        "agreement": [_agreement(one, other) for one, other in combinations(answers, 2)],
        "wilcoxon": _wilcoxon(answers),
        "patterns": _pattern_table(answers),
        "figure_4": _figure_4(answers),
    }


def _mean_scores(ratings: Iterable[Rating]) -> dict[str, Any]:
    chosen = list(ratings)
    means = {which: float(np.mean([rating.score[which] for rating in chosen])) for which in _MAPS}
    return {"ratings": len(chosen), **means}


def _preferences(ratings: Sequence[Rating]) -> dict[str, Any]:
    counts = {which: sum(rating.preferred == which for rating in ratings) for which in (*_MAPS, "none")}
    decided = counts["train"] + counts["test"]
    return {**counts, "share_test": counts["test"] / decided if decided else None}


def _agreement(one: Ratings, other: Ratings) -> dict[str, Any]:
    """How far two raters agree on the videos of both; Cohen's kappa is None where nothing is left to chance."""
    from scipy import stats

    both = sorted(set(one.ratings) & set(other.ratings))
    found: dict[str, Any] = {"raters": [one.rater, other.rater], "videos": len(both)}
    if not both:
        return found
    pairs = [(one.ratings[item].preferred, other.ratings[item].preferred) for item in both]
    same = float(np.mean([a == b for a, b in pairs]))
    chance = sum(
        np.mean([a == name for a, _ in pairs]) * np.mean([b == name for _, b in pairs]) for name in (*_MAPS, "none")
    )
    opposed = float(np.mean([{a, b} == set(_MAPS) for a, b in pairs]))
    ours, theirs = (
        [answers.ratings[item].score[which] for item in both for which in _MAPS] for answers in (one, other)
    )
    varies = len(set(ours)) > 1 and len(set(theirs)) > 1
    return found | {
        "same_preference": same,
        "opposed_preference": opposed,
        "kappa": float((same - chance) / (1 - chance)) if chance < 1 else None,
        "spearman_of_scores": float(stats.spearmanr(ours, theirs).statistic) if varies else None,
        "mean_absolute_difference": float(np.mean(np.abs(np.subtract(ours, theirs)))),
    }


def _wilcoxon(answers: Sequence[Ratings]) -> dict[str, Any]:
    from scipy import stats

    items = sorted({item for one in answers for item in one.ratings})

    def mean_of(item: str, value: Callable[[Rating], int]) -> float:
        return float(np.mean([value(one.ratings[item]) for one in answers if item in one.ratings]))

    differences = [mean_of(item, lambda rating: rating.score["test"] - rating.score["train"]) for item in items]
    moved = [value for value in differences if value]
    found: dict[str, Any] = {"videos": len(items), "ties": len(items) - len(moved), "statistic": None, "p": None}
    if not moved:
        return found
    # Ties of size rule the exact distribution out, and then the normal approximation is all there is.
    exact = len(moved) <= 50 and len(set(map(abs, moved))) == len(moved)
    test = stats.wilcoxon(moved, method="exact" if exact else "asymptotic")
    return found | {"statistic": float(test.statistic), "p": float(test.pvalue), "exact": exact}


def _pattern_table(answers: Sequence[Ratings]) -> dict[str, Any]:
    """For each pattern and rater: in how many videos it is visible, and visible and highlighted, by either map."""

    def count(one: Ratings, pattern: str, which: str | None) -> int:
        return sum(
            pattern in rating.visible and (which is None or pattern in rating.highlighted[which])
            for rating in one.ratings.values()
        )

    table = {
        pattern: {
            one.rater: {"visible": count(one, pattern, None), **{which: count(one, pattern, which) for which in _MAPS}}
            for one in answers
        }
        for pattern in PATTERNS
    }
    only = {
        one.rater: {
            which: sum(DISTRACTION in rating.highlighted[which] for rating in one.ratings.values()) for which in _MAPS
        }
        for one in answers
    }
    return {**table, DISTRACTION: only}


def _figure_4(answers: Sequence[Ratings]) -> dict[str, dict[str, int]]:
    """Of the patterns that the senior rater sees: how many test-CAMs highlight, by the senior's own reading."""
    senior = answers[0]
    return {
        pattern: {
            "visible": sum(pattern in rating.visible for rating in senior.ratings.values()),
            "highlighted": sum(
                pattern in rating.visible and pattern in rating.highlighted["test"]
                for rating in senior.ratings.values()
            ),
        }
        for pattern in PATTERNS
    }
