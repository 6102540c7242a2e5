"""The networks that a run's folds fitted."""

from __future__ import annotations

from dataclasses import replace

import keras

from lusdata import DataError

from .models import build
from .run_folder import RunFolder

__all__ = ["fold_network"]


def fold_network(run: RunFolder, fold: int) -> keras.Model:
    """Build the network of a finished fold and fill it with the fold's weights.

    Parameters
    ----------
    run : RunFolder
        The run; where it stands on a segmentation ensemble, that file is needed too, since it names a size.
    fold : int
        Number of the fold.

    Raises
    ------
    DataError
        If the weights file is missing, corrupt or of another network.
    """
    # The fold's file replaces every weight, so ImageNet's need not be had.
    network = build(replace(run.fold_config(fold), weights="none"))
    path = run.path / f"fold-{fold}" / "model.weights.h5"
    if not path.is_file():
        raise DataError("a fold's weights are missing", where=str(path), hint="run the cross-validation again")
    try:
        network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise DataError(
            "a fold's weights do not fit the network or are corrupt",
            where=str(path),
            expected=f"weights of {run.config.model}",
            found=str(error).splitlines()[0][:160],
        ) from error
    return network
