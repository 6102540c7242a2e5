"""The same model on every split unit and protocol: what of a score is the picture, and what is the split.

From top to bottom each rung takes one kind of leak away: neighbouring frames of one video, other videos of one patient,
other patients of one source, and an epoch chosen on the very frames that are scored.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

import lusdata

from .baselines import BASELINES, crossvalidate_baseline
from .compare import paired_difference
from .config import PROTOCOLS, SPLITS, TrainConfig
from .crossval import crossvalidate, score_run
from .data import Samples
from .run_folder import RunFolder

__all__ = ["climb", "ladder_table", "step_costs", "step_table"]


def climb(
    config: TrainConfig,
    samples: Samples,
    tables: Mapping[str, lusdata.FoldTable],
    facts: pd.DataFrame,
    *,
    out: Path,
    cache: Path | None,
    dataset_digest: str = "",
    say: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """Run all rungs that are not done yet.

    Parameters
    ----------
    config : TrainConfig
        The model's record; its ``by`` and ``protocol`` are replaced.
    samples : Samples
        All rows.
    tables : Mapping
        The folds of each split unit.
    facts : pd.DataFrame
        The dataset's table, indexed by recording, for the baselines.
    out : Path
        Folder of the rungs' run folders.
    cache, dataset_digest, say
        As in `train.crossval.crossvalidate`.

    Returns
    -------
    list of dict
        One entry per rung: ``by``, ``protocol``, ``model`` and the levels of `train.crossval.score_run`.
    """
    rungs = []
    for by in SPLITS:
        for protocol in reversed(PROTOCOLS):
            rung = replace(config, by=by, protocol=protocol)
            say(f"-- split by {by}, protocol {protocol}")
            run = crossvalidate(
                rung,
                samples,
                tables[by],
                out=out / f"{by}-{protocol}",
                cache=cache,
                dataset_digest=dataset_digest,
                say=say,
            )
            rungs.append({"by": by, "protocol": protocol, "model": config.name, **run.scores})
        for name in BASELINES:
            predictions = crossvalidate_baseline(name, samples, facts, tables[by])
            rungs.append({"by": by, "protocol": "none", "model": name, **score_run(predictions, config)})
    return rungs


def ladder_table(rungs: list[dict[str, Any]]) -> str:
    """Return the rungs as a Markdown table: frame accuracy, balanced accuracy with interval, per video and patient."""
    lines = [
        "| split by | protocol | model | frame accuracy | frame balanced accuracy (95 %) "
        "| video accuracy | patient accuracy |",
        "|---|---|---|---|---|---|---|",
    ]
    for rung in rungs:
        frame = rung["frame"]
        interval = frame["intervals"]["balanced_accuracy"]
        bounds = f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
        cells = [
            rung["by"],
            rung["protocol"],
            f"`{rung['model']}`",
            f"{frame['scores']['accuracy']:.2f}",
            f"{frame['scores']['balanced_accuracy']:.2f}{bounds}",
            f"{rung['video']['scores']['accuracy']:.2f}",
            f"{rung['patient']['scores']['accuracy']:.2f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def step_costs(out: Path, classes: tuple[str, ...], *, seed: int = 0) -> list[dict[str, Any]]:
    """Return what each step of a finished ladder changes, with both rungs scored on the same frames.

    Parameters
    ----------
    out : Path
        The folder that `climb` filled.
    classes : tuple of str
        The model's classes.
    seed : int
        Seed of the bootstrap over patient groups.

    Returns
    -------
    list of dict
        ``upper`` and ``lower``: split unit and protocol of both rungs; ``difference``: frame balanced accuracy of the
        lower less that of the upper; ``interval``: its 95 % interval, the same patients drawn for both. First the steps
        down, then, for each split unit, what not choosing on the test part costs.
    """
    steps = [((upper, "nested"), (lower, "nested")) for upper, lower in itertools.pairwise(SPLITS)]
    steps += [((by, "paper"), (by, "nested")) for by in SPLITS]
    costs = []
    for upper, lower in steps:
        above, below = (RunFolder(out / "-".join(rung)).predictions for rung in (upper, lower))
        difference, interval = paired_difference(below, above, classes, seed=seed)
        costs.append({"upper": upper, "lower": lower, "difference": difference, "interval": interval})
    return costs


def step_table(costs: list[dict[str, Any]]) -> str:
    """Return the steps as a Markdown table."""
    lines = ["| step | changes frame balanced accuracy by (95 %) |", "|---|---|"]
    for cost in costs:
        bounds = f" ({cost['interval'][0]:+.2f} to {cost['interval'][1]:+.2f})" if cost["interval"] else ""
        upper, lower = (", ".join(cost[end]) for end in ("upper", "lower"))
        lines.append(f"| {upper} → {lower} | {cost['difference']:+.2f}{bounds} |")
    return "\n".join(lines) + "\n"
