"""The paper's own numbers, to stand beside ours: facts only, from its Tables 1 to 5 and the figures in its text."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["MEASURES", "PAPER_NAMES", "paper_classes", "paper_facts"]

_FILE = Path(__file__).parent / "paper_tables.json"

PAPER_NAMES = {
    "vgg": "VGG",
    "vgg_cam": "VGG-CAM",
    "nasnet_mobile": "NASNetMobile",
    "vgg_segment": "VGG-Segment",
    "segment_enc": "Segment-Enc",
    "genesis": "Models Genesis",
    "mobilenet_v2": "NASNetMobile",
}
"""Our model names and the paper's. The paper has no MobileNetV2; its mobile network stands beside ours."""

_CLASS_NAMES = {
    "covid-19": "covid",
    "bacterial-pneumonia": "pneumonia",
    "healthy": "healthy",
    "uninformative": "uninformative",
}

MEASURES = ("recall", "precision", "f1", "specificity", "mcc")
"""The measures of the paper's Tables 2 to 4."""


@cache
def _text() -> str:
    return _FILE.read_text(encoding="utf-8")


def paper_facts() -> dict[str, Any]:
    """Return all of the paper's numbers, a fresh copy."""
    facts: dict[str, Any] = json.loads(_text())
    return facts


def paper_classes(table: str, model: str) -> dict[str, Any] | None:
    """Return a model's row of one of the paper's tables, with our class names.

    Parameters
    ----------
    table : {"table2_frame_5fold", "table3_video_5fold", "table4_frame_5fold_with_uninformative"}
        The table; only the last has the class `uninformative`.
    model : str
        Our name of the model.

    Returns
    -------
    dict or None
        ``name`` in the paper, ``accuracy``, ``balanced_accuracy``, ``parameters`` and ``classes``, each measure as
        (mean, standard deviation) over folds; None where the paper has no such row.
    """
    row = paper_facts()[table].get(PAPER_NAMES.get(model, ""))
    if row is None:
        return None
    return {
        "name": PAPER_NAMES[model],
        "accuracy": row["acc"],
        "balanced_accuracy": row["bal"],
        "parameters": row["params"],
        "classes": {ours: row[theirs] for ours, theirs in _CLASS_NAMES.items() if theirs in row},
    }
