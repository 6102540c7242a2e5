"""Where a network's first weights come from: ImageNet, nothing, or somebody's file; always checked, never unpickled.

A weights file is HDF5 and nothing else: what Keras 3 writes (``.weights.h5``), or what Keras 2 wrote (``.h5``), in
which the weights of VGG-16, NASNetMobile, ResNet-50 and Models Genesis are published. Only arrays are read from it.
Where a digest is known (in this file, in a ``SHA256`` list or in a ``.json`` record beside the weights), it must
match. What leads out of the file is refused, see `train.weights_file`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from lusdata import DataError, OutsideError, UsageError

from .config import TrainConfig
from .weights_file import check_weights_file

__all__ = [
    "OFFLINE_VARIABLE",
    "digests_of_files",
    "load_backbone_weights",
    "load_weights_file",
    "record_beside",
    "sha256_of_file",
]

_KNOWN = {
    # Dequantised from the public Apache-2.0 8-bit model; agrees with the original on top-1 labels of test pictures.
    "MobileNetV2": (
        "mobilenet_v2_imagenet_notop.weights.h5",
        "e8b4df50fb1f37f1814dda8a94743993d8532b73809a7688cbf767bbade86f8c",
    ),
}
"""Files that a weights folder may hold, with their sha256."""

_DOWNLOADED = {
    "VGG16": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "NASNetMobile": "nasnet_mobile_no_top.h5",
    "ResNet50": "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "MobileNetV2": "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
}
"""What Keras calls its downloads, in the folder ``models`` of its home."""

OFFLINE_VARIABLE = "LUSDATA_OFFLINE"
"""Environment variable that keeps weights from being downloaded, if it is set to anything."""

_FOLDER_VARIABLE = "LUSDATA_WEIGHTS"
_DIGEST_LIST = "SHA256"


def load_backbone_weights(network: keras.Model, application: str, weights: str) -> None:
    """Fill a backbone with weights.

    Parameters
    ----------
    network : keras.Model
        The backbone, without a top.
    application : str
        Its name in `keras.applications`, or any other name for a network without ImageNet weights.
    weights : str
        ``none`` keeps the random start; ``imagenet`` takes a known file from the folder that the environment variable
        LUSDATA_WEIGHTS names, else what Keras downloaded before or, unless LUSDATA_OFFLINE is set, downloads now;
        anything else is the path of a weights file.

    Raises
    ------
    UsageError
        If the file does not exist or is of another kind, or if ImageNet weights are wanted where there are none.
    DataError
        If the file is corrupt, made for another network, or not the one that its digest names.
    OutsideError
        If ImageNet weights are wanted, no file is there and they cannot be downloaded.
    """
    if weights == "none":
        return
    if weights != "imagenet":
        load_weights_file(network, Path(weights))
        return
    path = _known_file(application)
    if path is None:
        _download(network, application)
    else:
        load_weights_file(network, path, sha256=_KNOWN[application][1])


def load_weights_file(network: keras.Model, path: Path, *, sha256: str | None = None) -> None:
    """Fill a network with the weights of a file.

    Parameters
    ----------
    network : keras.Model
        The network. After an error its weights may be mixed; do not use it.
    path : Path
        A ``.weights.h5`` file of Keras 3, or an ``.h5`` file of Keras 2; the latter may hold further layers behind
        those of the network, such as a top or a decoder.
    sha256 : str, optional
        What the file's digest must be; by default what the list or the record beside it says, if anything.

    Raises
    ------
    UsageError
        If the file does not exist or is of another kind.
    DataError
        If it is corrupt, made for another network, or has another digest.
    """
    path = _weights_path(path)
    wanted = sha256 or _digest_beside(path)
    if wanted is not None:
        _require_digest(path, wanted)
    try:
        with h5py.File(path, "r") as file:
            check_weights_file(file, path)
            old_layers = _old_layers(file)
            if old_layers is not None:
                _fill_in_order(network, old_layers)
        if old_layers is None:
            _load_whole(network, path)
    except (ValueError, OSError, KeyError, TypeError, RuntimeError) as error:
        raise DataError(
            "the weights file is corrupt or made for another network",
            where=str(path),
            expected=f"weights of {network.name}, {network.count_params():,} parameters",
            found=_in_one_line(error),
        ) from error
    broken = [weight.path for weight in network.weights if not np.isfinite(keras.ops.convert_to_numpy(weight)).all()]
    if broken:
        raise DataError("a weight is not a number", where=str(path), found=broken[0], hint="get the file anew")


def digests_of_files(config: TrainConfig) -> dict[str, str]:
    """Return the sha256 of each file that a config takes weights from; a path alone does not name a content.

    Returns
    -------
    dict of str to str
        By field, ``weights`` or ``segmenter``; empty where the config names no file.

    Raises
    ------
    UsageError
        If a file does not exist or is of another kind.
    """
    named = {"weights": config.weights, "segmenter": config.segmenter}
    return {
        field: sha256_of_file(_weights_path(Path(text)))
        for field, text in named.items()
        if text not in ("imagenet", "none", "")
    }


def record_beside(path: Path) -> dict[str, Any] | None:
    """Return the JSON record that lies beside a weights file (``x.weights.h5`` and ``x.json``), if there is one.

    Raises
    ------
    DataError
        If the record cannot be read.
    """
    record = path.with_name(path.name.removesuffix(".h5").removesuffix(".weights") + ".json")
    if not record.is_file():
        return None
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError("cannot read the record of the weights", where=str(record), found=str(error)) from error
    if not isinstance(data, dict):
        raise DataError("cannot read the record of the weights", where=str(record), expected="a JSON object")
    return data


def sha256_of_file(path: Path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _weights_path(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_file():
        raise UsageError("no such weights file", where=str(path), expected="imagenet, none or the path of an .h5 file")
    if path.suffix != ".h5":
        raise UsageError("not a weights file", where=str(path), expected="a name that ends in .weights.h5 or .h5")
    return path


def _known_file(application: str) -> Path | None:
    folder = os.environ.get(_FOLDER_VARIABLE)
    if not folder or application not in _KNOWN:
        return None
    path = Path(folder).expanduser() / _KNOWN[application][0]
    if not path.is_file():
        raise UsageError(
            "the weights folder lacks a file", where=str(path), hint=f"unset {_FOLDER_VARIABLE} or point it elsewhere"
        )
    return path


def _digest_beside(path: Path) -> str | None:
    """Return what a digest list (as sha256sum writes it) or a record beside the file says that its digest is."""
    listed = path.with_name(_DIGEST_LIST)
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition(" ")
            if name.lstrip(" *") == path.name:
                return digest
    record = record_beside(path)
    recorded = record.get("sha256") if record else None
    return recorded if isinstance(recorded, str) else None


def _require_digest(path: Path, wanted: str) -> None:
    found = sha256_of_file(path)
    if found != wanted:
        raise DataError(
            "digest of the weights file does not match",
            where=str(path),
            expected=wanted,
            found=found,
            hint="get the file anew, or remove the digest beside it if the change was meant",
        )


def _load_whole(network: keras.Model, path: Path) -> None:
    """Load a file of Keras 3, which warns instead of failing where a part of the network is not in the file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network.load_weights(path)
    missing = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    if missing:
        raise ValueError(missing[0])


def _old_layers(file: h5py.File) -> list[tuple[str, list[np.ndarray]]] | None:
    """Return names and arrays of the layers in a file of Keras 2, in order; None if Keras 3 wrote it."""
    root = file.get("model_weights", file)
    if "layer_names" not in root.attrs:
        return None
    return [(name, arrays) for name in _texts(root, "layer_names") if (arrays := list(_arrays(root[name])))]


def _arrays(group: h5py.Group) -> Iterator[np.ndarray]:
    for name in _texts(group, "weight_names"):
        yield np.asarray(group[name], dtype=np.float32)


def _texts(group: h5py.Group, name: str) -> list[str]:
    return [text.decode("utf-8") if isinstance(text, bytes) else str(text) for text in group.attrs[name]]


def _fill_in_order(network: keras.Model, old_layers: list[tuple[str, list[np.ndarray]]]) -> None:
    layers = [layer for layer in network.layers if layer.weights]
    if len(old_layers) < len(layers):
        message = f"{len(old_layers)} layers with weights where {len(layers)} are needed"
        raise ValueError(message)
    for layer, (name, arrays) in zip(layers, old_layers, strict=False):
        wanted, found = [tuple(weight.shape) for weight in layer.weights], [array.shape for array in arrays]
        if wanted != found:
            message = f"layer {name}: shapes {found} where {layer.name} has {wanted}"
            raise ValueError(message)
        layer.set_weights(arrays)


def _download(network: keras.Model, application: str) -> None:
    make = getattr(keras.applications, application, None)
    if make is None:
        raise UsageError(
            f"there are no ImageNet weights of {application}", where="weights", expected="none or the path of a file"
        )
    hint = f"give a file with --weights FILE, a folder with {_FOLDER_VARIABLE}, or start from --weights none"
    if os.environ.get(OFFLINE_VARIABLE) and not _was_downloaded(application):
        raise OutsideError(
            f"the ImageNet weights of {application} are not at hand, and nothing may be downloaded offline", hint=hint
        )
    try:
        # Keras prints its progress among the results.
        with contextlib.redirect_stdout(sys.stderr):
            source = make(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
    except Exception as error:
        # Keras wraps network failures in a bare Exception.
        raise OutsideError(
            f"the ImageNet weights of {application} cannot be downloaded", found=_in_one_line(error), hint=hint
        ) from error
    network.set_weights(source.get_weights())


def _was_downloaded(application: str) -> bool:
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    return application in _DOWNLOADED and (home / "models" / _DOWNLOADED[application]).is_file()


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"
