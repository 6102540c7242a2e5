"""Deal units into parts so that every part looks like the whole. Integers and digests only: the same on any machine."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Profile", "assign", "seeded_key"]

_STARTS = 4
"""Independent beginnings, of which the best end is taken."""

_MOST_LOOKS = 50_000
"""Changes looked at per start. Some hundred units settle long before; thousands of them are close to even from the
first deal on."""


@dataclass(frozen=True)
class Profile:
    """What one unit adds to a part.

    Attributes
    ----------
    amounts : Mapping
        For each quantity to balance, how much of it the unit holds, as a non-negative whole number. All quantities
        count alike, so they must be given on one scale.
    classes : frozenset of str
        The classes that the unit can stand for.
    """

    amounts: Mapping[tuple[str, ...], int]
    classes: frozenset[str]


def seeded_key(seed: int | str, *words: str) -> bytes:
    """Return a sort key that puts words in an order that looks random, follows from the seed, and nothing else.

    Examples
    --------
    >>> sorted("abc", key=lambda word: seeded_key(1, word))
    ['c', 'b', 'a']
    """
    return hashlib.sha256("\x1f".join((str(seed), *words)).encode("utf-8")).digest()


def assign(
    units: Mapping[str, Profile],
    *,
    shares: Sequence[int],
    seed: int | str,
    fixed: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Deal units into parts.

    Parameters
    ----------
    units : Mapping of str to Profile
        Every unit, in any order; the result does not depend on it.
    shares : sequence of int
        How large each part shall be in relation to the others, each at least 1: ``(1, 1, 1)`` for three equal parts.
    seed : int or str
        Decides among equally good choices.
    fixed : Mapping of str to int, optional
        Units whose part is given; they count, and they stay.

    Returns
    -------
    dict of str to int
        The part of each unit, from 0 to ``len(shares) - 1``.

    Notes
    -----
    First as few (part, class) pairs as possible are left empty; then the cost is made small: the sum, over parts and
    quantities, of the squared distance to the part's share, divided by the share. Units are dealt largest first, each
    to where it costs least; then single moves and swaps go on as long as one of them helps.
    """
    fixed = fixed or {}
    free = [name for name in units if name not in fixed]
    best: _Deal | None = None
    for start in range(_STARTS if len(free) > 1 else 1):
        key = f"{seed}/{start}"
        deal = _Deal(units, shares)
        for name, part in fixed.items():
            deal.put(deal.kind_of[name], part)
        # The first start is the classic one; the others are free to find what the order of sizes hides.
        by_size = {name: 0 if start else -sum(units[name].amounts.values()) for name in free}
        order = sorted(free, key=lambda name: (by_size[name], seeded_key(key, name)))
        for name in order:
            kind = deal.kind_of[name]
            ranks = [(*deal.change(kind, part), seeded_key(key, name, str(part))) for part in range(len(shares))]
            deal.give(name, ranks.index(min(ranks)))
        deal.improve()
        if best is None or deal.score < best.score:
            best = deal
    return {**fixed, **(best.dealt() if best is not None else {})}


class _Deal:
    """Parts while they fill: how far each is from its share, and what a change would do to the score.

    Units with equal profiles are of one kind and interchangeable, so changes are searched among kinds. Amounts are
    multiplied by the sum of the shares, and squares by the least common multiple of the shares over the part's own, so
    that everything stays in whole numbers.
    """

    def __init__(self, units: Mapping[str, Profile], shares: Sequence[int]) -> None:
        whole, common = sum(shares), math.lcm(*shares)
        quantities = _numbered(key for profile in units.values() for key in profile.amounts)
        names = _numbered((name,) for profile in units.values() for name in profile.classes)
        self.parts = range(len(shares))
        self.weights = [common // share for share in shares]
        self.rows: list[tuple[tuple[int, int], ...]] = []
        self.classes: list[tuple[int, ...]] = []
        self.kind_of: dict[str, int] = {}
        kinds: dict[object, int] = {}
        totals = [0] * len(quantities)
        for unit in sorted(units):
            profile = units[unit]
            row = tuple(sorted((quantities[key], whole * amount) for key, amount in profile.amounts.items() if amount))
            classes = tuple(sorted(names[(name,)] for name in profile.classes))
            kind = kinds.setdefault((row, classes), len(kinds))
            if kind == len(self.rows):
                self.rows.append(row)
                self.classes.append(classes)
            self.kind_of[unit] = kind
            for quantity, amount in row:
                totals[quantity] += amount // whole
        self.distance = [[-share * total for total in totals] for share in shares]
        self.holders = [[0] * len(names) for _ in shares]
        self.empty = len(names) * len(shares)
        self.cost = sum(w * d * d for w, row in zip(self.weights, self.distance, strict=True) for d in row)
        # The free units of each part, by kind, in the order in which they came.
        self.hands: list[dict[int, list[str]]] = [{} for _ in shares]
        self.prices: list[dict[tuple[int, int], int]] = [{} for _ in shares]
        self.products: dict[tuple[int, int], int] = {}

    @property
    def score(self) -> tuple[int, int]:
        return self.empty, self.cost

    def dealt(self) -> dict[str, int]:
        return {unit: part for part in self.parts for hand in self.hands[part].values() for unit in hand}

    def give(self, unit: str, part: int) -> None:
        """Put a free unit into a part."""
        self.hands[part].setdefault(self.kind_of[unit], []).append(unit)
        self.put(self.kind_of[unit], part)

    def put(self, kind: int, part: int, *, sign: int = 1) -> None:
        """Count a unit of a kind in a part, or no more with `sign` -1."""
        empty, cost = self.change(kind, part, sign=sign)
        self.empty += empty
        self.cost += cost
        for quantity, amount in self.rows[kind]:
            self.distance[part][quantity] += sign * amount
        for c in self.classes[kind]:
            self.holders[part][c] += sign
        self.prices[part].clear()

    def change(self, kind: int, part: int, *, sign: int = 1) -> tuple[int, int]:
        """Return what the score changes by when a unit of a kind comes to a part (sign 1) or leaves it (sign -1)."""
        held, alone = self.holders[part], sign < 0
        return -sign * sum(held[c] == alone for c in self.classes[kind]), self.price(kind, part, sign)

    def price(self, kind: int, part: int, sign: int) -> int:
        """Return the cost's part of `change`."""
        prices, key = self.prices[part], (kind, sign)
        if key not in prices:
            distance, twice = self.distance[part], 2 * sign
            total = sum([x * (x + twice * distance[quantity]) for quantity, x in self.rows[kind]])
            prices[key] = self.weights[part] * total
        return prices[key]

    def product(self, one: int, other: int) -> int:
        """Return the scalar product of two kinds' amounts."""
        key = (one, other) if one < other else (other, one)
        if key not in self.products:
            amounts = dict(self.rows[other])
            self.products[key] = sum(x * amounts.get(quantity, 0) for quantity, x in self.rows[one])
        return self.products[key]

    def improve(self) -> None:
        """Move and swap free units until nothing helps any more, or the budget of looks is spent."""
        looks, helped = 0, True
        while helped:
            helped = False
            # A change may have taken the last unit of a kind away from a part meanwhile.
            for part, kind in [(origin, kind) for origin in self.parts for kind in self.hands[origin]]:
                if kind not in self.hands[part]:
                    continue
                best, change = (0, 0), None
                for gain, target, other in self.changes(kind, part):
                    looks += 1
                    if gain < best:
                        best, change = gain, (target, other)
                if change is not None:
                    self.apply(kind, part, *change)
                    helped = True
                if looks > _MOST_LOOKS:
                    return

    def changes(self, kind: int, origin: int) -> Iterator[tuple[tuple[int, int], int, int | None]]:
        """Yield what the score changes by for each move of a unit, and each swap with a unit of another kind."""
        own = self.classes[kind]
        leaving = self.price(kind, origin, -1)
        for target in self.parts:
            if target == origin:
                continue
            moved = leaving + self.price(kind, target, 1)
            yield (self.emptied(own, origin, target), moved), target, None
            double = 2 * (self.weights[origin] + self.weights[target])
            for other in self.hands[target]:
                back = self.price(other, target, -1) + self.price(other, origin, 1)
                theirs, empty = self.classes[other], 0
                if own != theirs:
                    empty = self.emptied([c for c in own if c not in theirs], origin, target)
                    empty += self.emptied([c for c in theirs if c not in own], target, origin)
                yield (empty, moved + back - double * self.product(kind, other)), target, other

    def emptied(self, going: Iterable[int], origin: int, target: int) -> int:
        """Return how many more (part, class) pairs are empty when one holder of each class goes to another part."""
        left, right = self.holders[origin], self.holders[target]
        return sum((left[c] == 1) - (right[c] == 0) for c in going)

    def apply(self, kind: int, origin: int, target: int, other: int | None) -> None:
        """Carry out one change of `changes`."""
        going = self._withdraw(kind, origin)
        if other is not None:
            self.give(self._withdraw(other, target), origin)
        self.give(going, target)

    def _withdraw(self, kind: int, part: int) -> str:
        unit = self.hands[part][kind].pop()
        if not self.hands[part][kind]:
            del self.hands[part][kind]
        self.put(kind, part, sign=-1)
        return unit


def _numbered(keys: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    return {key: number for number, key in enumerate(sorted(set(keys)))}
