"""Arguments that several commands share, and the objects that they stand for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import lusdata
from lusdata import UsageError

from ..config import PROTOCOLS, SPLITS, TrainConfig, override
from ..data import Samples, load_samples
from ..uninformative import CLASS_NAME, PictureFolds, with_pictures

__all__ = [
    "Material",
    "add_data_options",
    "add_folds_option",
    "add_run_options",
    "cache_folder",
    "config_from",
    "default_out",
    "material_from",
    "prepared",
    "say",
    "start_keras",
]


@dataclass(frozen=True)
class Material:
    """What a run works on.

    Attributes
    ----------
    samples : Samples
        All rows.
    facts : pd.DataFrame
        The dataset's table, indexed by recording id.
    dataset : lusdata.Dataset
        The dataset, for its folds and digests.
    """

    samples: Samples
    facts: pd.DataFrame
    dataset: Any

    def folds(self, config: TrainConfig, path: Path | None = None) -> Any:
        """Return the folds that a config asks for, or those of a file."""
        table = self.dataset.fold_table(by=config.by, k=config.k, seed=config.seed, folds=path)
        if (table.by, table.k) != (config.by, config.k):
            raise UsageError(
                "the fold table is of another kind than the run",
                where=str(path),
                expected=f"{config.k} folds by {config.by}",
                found=f"{table.k} folds by {table.by}",
                hint=f"add --by {table.by} --set k={table.k}",
            )
        return PictureFolds(table) if CLASS_NAME in config.classes else table


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the model, what may be changed in its config, and where the recordings come from."""
    parser.add_argument(
        "model", metavar="MODEL[:VARIANT]", help="a config by name, such as vgg_cam or mobilenet_v2:physics"
    )
    parser.add_argument("--by", choices=SPLITS, help="split unit")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="how the epoch is chosen")
    parser.add_argument("--weights", metavar="WHAT", help="imagenet, none, or a .weights.h5 file")
    parser.add_argument("--seed", type=int, help="seed of folds, views, first weights and order")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a field of the config; repeatable"
    )
    add_data_options(parser)


def add_folds_option(parser: argparse.ArgumentParser) -> None:
    """Add somebody's own split."""
    parser.add_argument("--folds", type=Path, metavar="FILE", help="somebody's own split, as written by lusdata folds")


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add where the recordings come from."""
    parser.add_argument(
        "--collection",
        metavar="COLLECTION",
        action="append",
        help="a collection's name or folder, or a built dataset (default: pocus); repeatable: several are joined",
    )
    parser.add_argument(
        "--mirror", action="append", default=[], metavar="DIR|URL", help="fetch from here first; repeatable"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="cache folder (default: the user's)")
    parser.add_argument(
        "--uninformative", type=Path, metavar="DIR", help="a folder of pictures without a lung, as a further class"
    )
    parser.add_argument("--offline", action="store_true", help="touch no network, for weights neither")


def start_keras(*, offline: bool = False) -> None:
    """Import Keras without its backend's start-up notices.

    Parameters
    ----------
    offline : bool
        Whether to keep weights from being downloaded.
    """
    # TensorFlow writes them past Python, and no setting of its own keeps all of them back.
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        weights = importlib.import_module("..weights", __package__)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    if offline:
        os.environ[weights.OFFLINE_VARIABLE] = "1"


def config_from(arguments: argparse.Namespace) -> TrainConfig:
    """Return the config that the arguments name, with their changes."""
    from ..configs import get_config

    settings: dict[str, Any] = {}
    for text in arguments.set:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError("cannot read a setting", where=f"--set {text}", expected="NAME=VALUE")
        settings[name.strip()] = value.strip()
    for name in ("by", "protocol", "weights", "seed"):
        value = getattr(arguments, name)
        if value is not None:
            settings[name] = value
    config = override(get_config(arguments.model), settings)
    if arguments.uninformative is None or CLASS_NAME in config.classes:
        return config
    return override(config, {"classes": (*config.classes, CLASS_NAME)})


def material_from(
    arguments: argparse.Namespace, config: TrainConfig, *, collection: str | None = None, foreign: bool = False
) -> Material:
    """Open or build the dataset of a config; see `train.data.load_samples`."""
    pictures = arguments.uninformative
    if pictures is not None and config.classes[-1] != CLASS_NAME:
        found = ", ".join(config.classes)
        raise UsageError("the run knows no such class", where="--uninformative", expected=CLASS_NAME, found=found)
    if pictures is None and CLASS_NAME in config.classes and not foreign:
        hint = "add --uninformative DIR, the folder that the run was given"
        raise UsageError("no pictures", where="--uninformative", expected=f"those of the class {CLASS_NAME}", hint=hint)
    samples, dataset = load_samples(
        # Elsewhere a class without a recording is let pass, and its place among the classes stays.
        config if pictures is None or foreign else replace(config, classes=config.classes[:-1]),
        collection=collection or _named(arguments.collection),
        mirrors=arguments.mirror,
        cache=arguments.cache,
        offline=arguments.offline,
        foreign=foreign,
    )
    if pictures is not None:
        samples = with_pictures(samples, pictures, size_px=config.size_px)
    return Material(samples, dataset.table.set_index("recording"), dataset)


def _named(collections: Sequence[str] | None) -> str | Sequence[str]:
    """Return what `lusdata.load` takes for the collections that were named: one name, or several."""
    names = collections or ["pocus"]
    return names[0] if len(names) == 1 else names


def prepared(arguments: argparse.Namespace) -> tuple[TrainConfig, Material]:
    """Read the config, start Keras, and open the data; what imports Keras may be imported from here on."""
    config = config_from(arguments)
    start_keras(offline=arguments.offline)
    return config, material_from(arguments, config)


def default_out(config: TrainConfig, *, before: str = "", after: str = "") -> Path:
    """Return the folder of a run that was given none: ``runs/`` and the config's name between two words.

    Examples
    --------
    >>> default_out(TrainConfig("vgg:physics", "vgg"), after="-fold-0").as_posix()
    'runs/vgg-physics-fold-0'
    """
    return Path("runs") / f"{before}{config.name.replace(':', '-')}{after}"


def cache_folder(arguments: argparse.Namespace) -> Path:
    """Return where the frozen parts' outputs are kept."""
    return (arguments.cache or lusdata.cache_dir()) / "frozen-parts"


def say(line: str) -> None:
    """Print one line of progress to standard error."""
    sys.stderr.write(line + "\n")
