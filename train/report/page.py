"""The page: every number of a run with its interval, beside the paper's, and the figures; it loads nothing else."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..calibration import brier_score, expected_calibration_error
from ..config import TrainConfig
from ..metrics import LEVELS, label_indices, pooled, probabilities_of
from ..paper import MEASURES, paper_classes
from ..run_folder import RunFolder
from ..uninformative import CLASS_NAME
from . import figures

__all__ = ["render"]

_TEMPLATE = Path(__file__).parent / "page.html"
_HEADS = {"f1": "F1", "mcc": "MCC"}
_TABLES = {"frame": ("Table 2", "table2_frame_5fold"), "video": ("Table 3", "table3_video_5fold")}
# The paper scored pictures without a lung per frame alone.
_TABLES_WITH_UNINFORMATIVE = {"frame": ("Table 4", "table4_frame_5fold_with_uninformative")}


def render(run: RunFolder) -> str:
    """Return the report of a finished run as one HTML document.

    Parameters
    ----------
    run : RunFolder
        A finished run; what `train.explain` left in it is shown too.
    """
    run.require_finished()
    config, scores = run.config, run.scores
    sections = [_summary(config, scores)]
    sections += [_level(run, config, scores, level) for level in LEVELS]
    sections += [
        _training(run, config),
        _choices(run, config),
        _elsewhere(run),
        _explanations(run),
        _record(run, config),
    ]
    text = _TEMPLATE.read_text(encoding="utf-8")
    title = f"{config.name}, split by {config.by}, protocol {config.protocol}"
    parts = {"title": escape(title), "private": _private(run), "body": "\n".join(part for part in sections if part)}
    # In one pass: what comes in is not looked at again.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], text)


def _private(run: RunFolder) -> str:
    """Return the mark of a page that tells of recordings which stay with their owner."""
    words = [run.inputs.get("private"), *(found.get("private") for found in run.scores_elsewhere.values())]
    told = dict.fromkeys(word for word in words if word)
    return "".join(f'<p class="warning" role="note">{escape(word)}</p>' for word in told)


def _summary(config: TrainConfig, scores: dict[str, Any]) -> str:
    rows = []
    for level in LEVELS:
        paper = _beside(config, level)
        own, bounds, folds = (scores[level][key] for key in ("scores", "intervals", "folds"))
        rows.append(
            [
                level,
                str(own["rows"]),
                _with_interval(own["accuracy"], bounds["accuracy"]),
                _with_interval(own["balanced_accuracy"], bounds["balanced_accuracy"]),
                _mean_and_spread(folds["accuracy"]),
                "-"
                if paper is None
                else f"{paper['accuracy']:.2f}, {paper['balanced_accuracy']:.2f} ({paper['name']}, {paper['table']})",
            ]
        )
    head = [
        "unit",
        "rows",
        "accuracy (95 %)",
        "balanced accuracy (95 %)",
        "accuracy, mean ± std over folds",
        "paper: accuracy, balanced",
    ]
    note = (
        "Predictions are pooled out of fold. Intervals come from 2,000 bootstrap draws of whole patient groups. "
        "The paper's split keeps videos together, not patients, and its test fold also chose the epoch."
    )
    return f"<section><h2>Scores</h2>{_table(head, rows)}<p class=note>{note}</p></section>"


def _beside(config: TrainConfig, level: str) -> dict[str, Any] | None:
    """Return the row of the paper's table that a level of this run stands beside, with the table's name."""
    tables = _TABLES_WITH_UNINFORMATIVE if CLASS_NAME in config.classes else _TABLES
    if level not in tables:
        return None
    name, key = tables[level]
    row = paper_classes(key, config.model)
    return None if row is None else {**row, "table": name}


def _level(run: RunFolder, config: TrainConfig, scores: dict[str, Any], level: str) -> str:
    own, bounds, folds = (scores[level][key] for key in ("scores", "intervals", "folds"))
    paper = _beside(config, level)
    rows = []
    for name in config.classes:
        cells = [_with_interval(own["classes"][name][key], bounds["classes"][name][key]) for key in (*MEASURES, "auc")]
        rows.append([f"{name}, ours", *cells])
        rows.append(
            [f"{name}, ours over folds", *(_mean_and_spread(folds["classes"][name][key]) for key in MEASURES), ""]
        )
        if paper is not None and name in paper["classes"]:
            rows.append(
                [
                    f"{name}, paper's {paper['name']} ({paper['table']})",
                    *(_mean_and_spread(paper["classes"][name][key]) for key in MEASURES),
                    "",
                ]
            )
    table = pooled(run.predictions, config.classes, level=level)
    labels, probabilities = label_indices(table, config.classes), probabilities_of(table, config.classes)
    drawings = [
        ("ROC", "", figures.roc(labels, probabilities, config.classes)),
        ("Precision and recall", "", figures.precision_recall(labels, probabilities, config.classes)),
        ("Calibration", "", figures.reliability_diagram(labels, probabilities)),
        ("Confusion", "wide", figures.confusions(np.array(own["confusion"]), config.classes)),
        ("Accuracy if the least certain are left to a physician", "", figures.coverage(labels, probabilities)),
    ]
    pictures = "".join(_figure(drawing, f"{caption}, per {level}", size) for caption, size, drawing in drawings)
    calibration = (
        f"<p>Expected calibration error {expected_calibration_error(labels, probabilities):.3f}, "
        f"Brier score {brier_score(labels, probabilities):.3f} (0 to 2).</p>"
    )
    head = ["class", *(_HEADS.get(name, name) for name in MEASURES), "AUC"]
    return (
        f"<section><h2>Per {level}</h2>{_table(head, rows)}{calibration}<div class=figures>{pictures}</div></section>"
    )


def _training(run: RunFolder, config: TrainConfig) -> str:
    logs = [log for fold in range(config.k) if (log := run.log(fold))]
    if len(logs) < config.k:
        return ""
    drawing = _figure(figures.learning(logs), "Loss by epoch", "wide")
    return f"<section><h2>Training</h2><div class=figures>{drawing}</div></section>"


def _choices(run: RunFolder, config: TrainConfig) -> str:
    """Show what each fold chose for itself, and by what score."""
    if not config.choices:
        return ""
    facts = run.folds
    names = list(facts[0]["chosen"])
    rows = []
    for number, fold in enumerate(facts):
        best = next(entry for entry in fold["tried"] if all(entry[name] == fold["chosen"][name] for name in names))
        scores = [f"{best['balanced_accuracy']:.3f}", f"{best['loss']:.3f}", f"{fold['frame_accuracy']:.3f}"]
        rows.append(
            [f"fold {number}", *(str(fold["chosen"][name]) for name in names), str(len(fold["tried"])), *scores]
        )
    judge = "the test part itself" if config.protocol == "paper" else "inner folds of the training part"
    head = [
        "fold",
        *names,
        "settings tried",
        "balanced accuracy when chosen",
        "loss when chosen",
        "test frame accuracy",
    ]
    note = f"Every fold tried the same settings on {judge} and kept the best by {config.monitor.replace('_', ' ')}."
    return f"<section><h2>Choices</h2>{_table(head, rows)}<p class=note>{note}</p></section>"


def _elsewhere(run: RunFolder) -> str:
    """Show what `python -m train evaluate` found on other collections."""
    parts = []
    for name, found in run.scores_elsewhere.items():
        rows = []
        for level in LEVELS:
            own, bounds = found[level]["scores"], found[level]["intervals"]
            overall = [_with_interval(own[key], bounds[key]) for key in ("accuracy", "balanced_accuracy")]
            rows.append([f"{level} ({own['rows']})", *overall, "", "", ""])
            for class_name in run.config.classes:
                values = own["classes"][class_name]
                cells = [
                    _with_interval(values[key], bounds["classes"][class_name][key])
                    for key in ("recall", "specificity", "auc")
                ]
                rows.append([f"{level}, {class_name}", "", "", *cells])
        head = ["unit (rows)", "accuracy (95 %)", "balanced accuracy (95 %)", "recall", "specificity", "AUC"]
        parts.append(f"<h3>{escape(name)}</h3>{_table(head, rows)}{_severity(found.get('severity'))}")
    note = (
        "<p class=note>Mean of the folds' networks. A recording whose class the networks do not know counts against "
        "every class that they know; where there are such recordings, there is no accuracy over all classes.</p>"
    )
    return f"<section><h2>On other collections</h2>{''.join(parts)}{note}</section>" if parts else ""


def _severity(found: dict[str, Any] | None) -> str:
    if not found or found["rho"] is None:
        return ""
    return (
        f"<p>Probability of disease against the physicians' severity score: Spearman "
        f"{_with_interval(found['rho'], found['interval'])}, {found['recordings']} recordings of "
        f"{found['groups']} patients.</p>"
    )


def _explanations(run: RunFolder) -> str:
    pictures = sorted((run.path / "explain").glob("*.png"))
    shown = "".join(
        f'<figure class=full><img alt="{escape(path.stem)}" '
        f'src="data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}">'
        f"<figcaption>{escape(path.stem.replace('-', ' '))}</figcaption></figure>"
        for path in pictures
    )
    return f"<section><h2>Explanations</h2><div class=figures>{shown}</div></section>" if shown else ""


def _record(run: RunFolder, config: TrainConfig) -> str:
    record = json.dumps({"config_digest": config.digest, **run.inputs}, indent=2)
    settings = (run.path / "config.json").read_text(encoding="utf-8")
    return f"<section><h2>Record</h2><pre>{escape(record)}</pre><pre>{escape(settings)}</pre></section>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th scope=col>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr><th scope=row>{escape(row[0])}</th>" + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<div class=scroll><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def _figure(drawing: Figure, caption: str, size: str = "") -> str:
    stream = io.BytesIO()
    drawing.savefig(stream, format="svg", metadata={"Date": None})
    encoded = base64.b64encode(stream.getvalue()).decode()
    return (
        f'<figure class="{size}"><img alt="{escape(caption)}" src="data:image/svg+xml;base64,{encoded}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _with_interval(value: float | None, bounds: Sequence[float] | None) -> str:
    if value is None:
        return "-"
    if bounds is None:
        return f"{value:.2f}"
    # A narrow table breaks before the interval, never within it.
    return f"{value:.2f} " + f"({bounds[0]:.2f} to {bounds[1]:.2f})".replace(" ", "\N{NO-BREAK SPACE}")


def _mean_and_spread(pair: Sequence[float] | None) -> str:
    return "-" if pair is None else f"{pair[0]:.2f} ± {pair[1]:.2f}".replace(" ", "\N{NO-BREAK SPACE}")
