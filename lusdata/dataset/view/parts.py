"""How a view is divided: by conditions, and by folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from lusdata.catalog.tasks import value_word
from lusdata.dataset.select import Selection, checked_clause, parse_select, select_manifests, target_key
from lusdata.dataset.view.base import ViewBase
from lusdata.dataset.view.scope import Scope
from lusdata.errors import UsageError
from lusdata.releases.folds import DEFAULT_SEED, pick_table
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.parts import SplitUnit, Unknown
from lusdata.splits.folds.table import FoldTable, read_fold_table
from lusdata.splits.target import Target, listed_targets

__all__ = ["ViewParts"]

Words = str | Sequence[str] | None


class ViewParts(ViewBase):
    """A view that can be divided."""

    def select(
        self,
        text: str = "",
        *,
        class_name: Words = None,
        probe: Words = None,
        patterns: Words = None,
        kind: Words = None,
        provider: Words = None,
        licence: Words = None,
        zone: Words = None,
        id: Words = None,
        collection: Words = None,
        publish: Words | bool = None,
        targets: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return the recordings for which every condition holds.

        Parameters
        ----------
        text : str
            Conditions as for ``lusdata build --select``, such as ``"probe=convex,class!=uninformative"``.
        class_name, probe, patterns, kind, provider, licence : str or sequence of str, optional
            A word, or several of which one must hold; see `lusdata.dataset.select.parse_select`.
        zone, id, collection, publish
            As these; `publish` may be True or False too.
        targets : Mapping, optional
            Values by target, such as ``{"severity": [2, 3], "b_lines": "present"}``: one, or several of which one must
            hold.

        Returns
        -------
        Dataset
            A view; its `classes` are those that still occur.

        Raises
        ------
        UsageError
            If a word is unknown; the message lists the known ones.
        """
        given = {
            "class": class_name,
            "collection": collection,
            "id": id,
            "kind": kind,
            "licence": licence,
            "patterns": patterns,
            "probe": probe,
            "provider": provider,
            "publish": ("yes" if publish else "no") if isinstance(publish, bool) else publish,
            "zone": zone,
        }
        clauses = {checked_clause(key, _words(key, words)) for key, words in given.items() if words is not None}
        for name, values in (targets or {}).items():
            several = isinstance(values, Sequence) and not isinstance(values, str)
            words = [value_word(value) for value in (values if several else [values])]
            clauses.add(checked_clause(target_key(name), words))
        selection = parse_select(text) & Selection(tuple(sorted(clauses)))
        here = [self._source.manifests[piece.entry.id] for piece in self._pieces]
        kept = {manifest.id for manifest in select_manifests(selection, here, find=self._source.find_task)}
        return self._part([piece for piece in self._pieces if piece.entry.id in kept])

    def fold_table(
        self,
        *,
        by: SplitUnit = "patient",
        k: int | None = None,
        seed: int | None = None,
        folds: FoldTable | str | Path | None = None,
        unknown: Unknown | None = None,
        target: Target | None = None,
    ) -> FoldTable:
        """Return the table that `fold` reads: the parts of all rounds.

        Parameters
        ----------
        by, k, seed, folds, unknown, target
            As for `fold`.
        """
        if isinstance(folds, FoldTable):
            return folds
        if folds is not None:
            return read_fold_table(Path(folds))
        tables = self._source.tables
        wanted = None if target is None else listed_targets(target)[0]
        key = (by, k, seed, unknown, None if wanted is None else tuple(wanted))
        if key not in tables:
            path = self._source.folds_path(by)
            frozen = None if path is None else read_fold_table(path)
            frozen = pick_table(frozen, k=k, seed=seed, unknown=unknown, target=target)
            tables[key] = frozen or make_folds(
                self._source.collection.manifests,
                by=by,
                k=k,
                seed=DEFAULT_SEED if seed is None else seed,
                unknown=unknown,
                target=None if wanted in (None, ["class"]) else Scope(self._source).strata(wanted),
            )
        return tables[key]


def _words(key: str, words: object) -> list[str]:
    """Return the words of a condition as a list."""
    listed = [words] if isinstance(words, str) else words
    if isinstance(listed, Sequence) and listed and all(isinstance(word, str) for word in listed):
        return list(listed)
    raise UsageError("not a condition", where=key, expected="a word, or a list of words", found=repr(words))
