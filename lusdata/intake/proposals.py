"""Who would be one patient by each kind of evidence, for files that come in together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from lusdata.errors import UsageError
from lusdata.intake.folder.examine import Examined
from lusdata.intake.grouping import KINDS, Group, Kind, ask_groups, evidence, group_by
from lusdata.intake.moments import Moment, examinations, moment_in
from lusdata.intake.question import Ask

__all__ = ["LookAt", "Proposer", "chosen_groups", "times_of"]

LookAt = Callable[[Sequence[str]], Mapping[str, Examined]]
"""Looks at files by name, for what only their inside tells."""


class Proposer:
    """Proposes groups; what files hold inside is looked up when it is asked for.

    Parameters
    ----------
    names : sequence of str
        The files.
    table : Mapping of str to str
        The patient of each file whose row names one.
    dicom : Mapping of str to (str, str)
        Codes of patient and study of each DICOM file.
    looked : Mapping of str to Examined
        What an earlier run saw.
    look : callable or None
        Looks at the others.
    """

    def __init__(
        self,
        names: Sequence[str],
        table: Mapping[str, str],
        dicom: Mapping[str, tuple[str, str]],
        looked: Mapping[str, Examined],
        look: LookAt | None,
    ) -> None:
        self._names, self._table, self._dicom, self._look = names, table, dicom, look
        self._looked = dict(looked)

    def told(self) -> dict[Kind, tuple[Group, ...]]:
        """Return the groups by each kind that tells anything without another look."""
        found = {kind: tuple(self._by(kind)) for kind in KINDS}
        return {kind: groups for kind, groups in found.items() if kind == "unknown" or tells(groups)}

    def by(self, kind: Kind) -> list[Group]:
        """Return the groups by one kind, after a look at the files if that tells more."""
        left = [name for name in self._names if name not in self._looked]
        if kind == "time" and self._look is not None and left:
            self._looked |= self._look(left)
        return self._by(kind)

    def asked(self) -> dict[Kind, Callable[[], Sequence[Group]]]:
        """Return what gives the groups by each kind that may tell something."""
        told = self.told()
        kinds = [kind for kind in KINDS if kind in told or (kind == "time" and self._look is not None)]
        return {kind: functools.partial(self.by, kind) for kind in kinds}

    def _by(self, kind: Kind) -> list[Group]:
        moments = examinations(times_of(self._names, self._looked)) if kind == "time" else {}
        return group_by(
            {
                name: evidence(
                    kind,
                    name,
                    table=self._table.get(name, ""),
                    dicom=self._dicom.get(name, ("", "")),
                    moment=moments.get(name, ("", "")),
                )
                for name in self._names
            }
        )


def chosen_groups(proposer: Proposer, *, group_by: Kind | None, by_table: bool, ask: Ask | None) -> list[Group]:
    """Return who is one patient, as the user says it: by an option, a table, or an answer.

    Parameters
    ----------
    proposer : Proposer
        Of the files.
    group_by : str or None
        The kind of evidence that the user names.
    by_table : bool
        Whether a table says it.
    ask : callable or None
        Puts questions to whoever is there.

    Raises
    ------
    UsageError
        If nobody says it, or what is named tells nothing.
    """
    if group_by is not None:
        groups = proposer.by(group_by)
        if group_by != "unknown" and not tells(groups):
            hint = f"give one of {', '.join(proposer.told())}"
            raise UsageError(f"{group_by} tells nothing of these files", where="--group-by", hint=hint)
        return groups
    if by_table:
        return proposer.by("table")
    if ask is not None:
        return ask_groups(ask, proposer.asked())
    hint = f"give --group-by {'|'.join(proposer.asked())}, or a table with a column of patients"
    raise UsageError("nobody says which recordings are of one patient", where="--group-by", hint=hint)


def tells(groups: Sequence[Group]) -> bool:
    """Tell whether some groups say of anybody who it is."""
    return any(group.basis != "unknown" for group in groups)


def times_of(names: Sequence[str], looked: Mapping[str, Examined]) -> dict[str, Moment]:
    """Return when and by what files were taken, as far as tags or names tell; tags go before names.

    Parameters
    ----------
    names : sequence of str
        The files.
    looked : Mapping of str to Examined
        What was seen of them.
    """
    found: dict[str, Moment] = {}
    for name in names:
        one = looked.get(name)
        moment = moment_in(one.taken if one is not None else "") or moment_in(PurePosixPath(name).stem)
        if moment is not None:
            device = one.device if one is not None else ""
            size = f"{one.facts['width_px']} x {one.facts['height_px']} px" if one is not None and one.facts else ""
            found[name] = Moment(*moment, device, size)
    return found
