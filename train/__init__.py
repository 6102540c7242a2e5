"""The reference models of the paper, fitted and judged on what lusdata loads.

Read in this order: `config` (what decides a run), `data` (frames of a dataset), `models` (the networks), `augment` and
`batches` (what an epoch sees), `prefix_cache` (the frozen part, computed once), `fit` (one fold, from top to bottom),
`crossval` and `ladder` (all folds; all split units), `metrics`, `intervals` and `calibration` (how good), `fitted`
(the networks of a run's folds), `explain` (why), `report` (tables and figures beside the paper's).
"""

__all__ = ["PROGRAM"]

PROGRAM = f"python -m {__name__}"
"""How it is called: this package is `train` in a checkout, and `lusdata_train` where a wheel was installed."""
