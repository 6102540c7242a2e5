"""Where a network's first weights come from: ImageNet, nothing, or somebody's file; always checked, never unpickled."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import keras
from lusdata.errors import DataError, OutsideError, UsageError

__all__ = ["load_backbone_weights"]

_KNOWN = {
    # Dequantised from the public Apache-2.0 8-bit model; agrees with the original on top-1 labels of test pictures.
    "MobileNetV2": (
        "mobilenet_v2_imagenet_notop.weights.h5",
        "e8b4df50fb1f37f1814dda8a94743993d8532b73809a7688cbf767bbade86f8c",
    ),
}
"""Files that a weights folder may hold, with their sha256."""

_FOLDER_VARIABLE = "LUSDATA_WEIGHTS"


def load_backbone_weights(network: keras.Model, application: str, weights: str) -> None:
    """Fill a backbone with weights.

    Parameters
    ----------
    network : keras.Model
        The backbone, without a top.
    application : str
        Its name in `keras.applications`.
    weights : str
        ``none`` keeps the random start; ``imagenet`` takes a known file from the folder that the environment variable
        LUSDATA_WEIGHTS names, else Keras's own download; anything else is the path of a ``.weights.h5`` file.

    Raises
    ------
    UsageError
        If the file does not exist or is of another kind.
    DataError
        If the file is corrupt or made for another network.
    OutsideError
        If ImageNet weights are wanted, no file is there and they cannot be downloaded.
    """
    if weights == "none":
        return
    if weights == "imagenet":
        path = _known_file(application)
        if path is None:
            _download(network, application)
            return
    else:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise UsageError("no such weights file", where=str(path), expected="imagenet, none or a .weights.h5 file")
    _load(network, path)


def _known_file(application: str) -> Path | None:
    folder = os.environ.get(_FOLDER_VARIABLE)
    if folder is None or application not in _KNOWN:
        return None
    name, expected = _KNOWN[application]
    path = Path(folder).expanduser() / name
    if not path.is_file():
        raise UsageError(
            "the weights folder lacks a file", where=str(path), hint=f"unset {_FOLDER_VARIABLE} or point it elsewhere"
        )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise DataError("digest of the weights file does not match", where=str(path), expected=expected, found=found)
    return path


def _load(network: keras.Model, path: Path) -> None:
    if not path.name.endswith(".weights.h5"):
        raise UsageError("not a weights file", where=str(path), expected="a name that ends in .weights.h5")
    try:
        network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise DataError(
            "the weights file does not fit the network or is corrupt",
            where=str(path),
            expected=f"weights of {network.name}",
            found=str(error).splitlines()[0][:200],
        ) from error


def _download(network: keras.Model, application: str) -> None:
    try:
        source = getattr(keras.applications, application)(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
    except Exception as error:
        # Keras wraps network failures in a bare Exception.
        raise OutsideError(
            f"the ImageNet weights of {application} cannot be downloaded",
            found=str(error).splitlines()[0][:160],
            hint=f"give a file with --weights FILE, a folder with {_FOLDER_VARIABLE}, or start from --weights none",
        ) from error
    network.set_weights(source.get_weights())
