"""Weights files: taken only if they are what they say, for the network that they were made for."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

import h5py
import keras

from lusdata.errors import DataError, OutsideError, UsageError
from train import weights as weights_module
from train.weights import load_backbone_weights, load_weights_file, record_beside, sha256_of_file
from train.weights_file import check_weights_file


def network(width: int = 4, *, seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    pictures = keras.Input((8, 8, 1))
    maps = keras.layers.Conv2D(width, 3, name="conv")(pictures)
    maps = keras.layers.BatchNormalization(name="norm")(maps)
    return keras.Model(pictures, keras.layers.Conv2D(2, 1, name="last")(maps), name="tiny")


def same(one: keras.Model, other: keras.Model) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "own.weights.h5"
    network(seed=1).save_weights(path)
    return path


def write_keras_2_file(path: Path, model: keras.Model, *, further: bool = False) -> None:
    """Write weights as Keras 2 did: a group for each layer, their order in an attribute."""
    layers = [(layer.name, layer.get_weights()) for layer in model.layers]
    if further:
        layers.append(("decoder", [np.ones((3, 3), np.float32)]))
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name, _ in layers]
        for name, arrays in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{number}:0".encode() for number in range(len(arrays))]
            for number, array in enumerate(arrays):
                group.create_dataset(f"{name}/{number}:0", data=array)


def test_what_was_saved_is_loaded(saved):
    fresh = network(seed=2)
    load_weights_file(fresh, saved)
    assert same(fresh, network(seed=1))


def test_none_keeps_the_random_start():
    fresh = network(seed=2)
    load_backbone_weights(fresh, "MobileNetV2", "none")
    assert same(fresh, network(seed=2))


@pytest.mark.parametrize("further", [False, True], ids=["whole network", "with a decoder behind"])
def test_a_file_of_keras_2_is_read_in_order(tmp_path, further):
    path = tmp_path / "published.h5"
    write_keras_2_file(path, network(seed=3), further=further)
    fresh = network(seed=2)
    load_weights_file(fresh, path)
    assert same(fresh, network(seed=3))


@pytest.mark.parametrize("kind", ["keras 3", "keras 2"])
def test_a_file_for_another_shape_is_refused_in_one_line(tmp_path, kind):
    path = tmp_path / "wide.weights.h5"
    wide = network(width=6)
    if kind == "keras 3":
        wide.save_weights(path)
    else:
        write_keras_2_file(path, wide)
    with pytest.raises(DataError, match=r"corrupt or made for another network; expected weights of tiny") as caught:
        load_weights_file(network(), path)
    assert "\n" not in str(caught.value)


def test_a_file_of_keras_2_with_too_few_layers_is_refused(tmp_path):
    path = tmp_path / "short.h5"
    pictures = keras.Input((8, 8, 1))
    write_keras_2_file(path, keras.Model(pictures, keras.layers.ReLU()(pictures)))
    with pytest.raises(DataError, match="0 layers with weights where 3 are needed"):
        load_weights_file(network(), path)


@pytest.mark.parametrize("length", [0, 100, 4000], ids=["empty", "head", "half"])
def test_a_cut_off_file_is_refused(saved, length):
    saved.write_bytes(saved.read_bytes()[:length])
    with pytest.raises(DataError, match="corrupt or made for another network"):
        load_weights_file(network(), saved)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".pkl", ".keras", ".npy"])
def test_a_pickle_is_never_opened(tmp_path, suffix):
    path, sprung = tmp_path / f"trap{suffix}", tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises((DataError, UsageError), match=r"corrupt or made for another|not a weights file"):
        load_weights_file(network(), path)
    assert not sprung.exists()


def linked(file, folder):
    file["other"] = h5py.ExternalLink(str(folder / "secret.h5"), "/layers")


def soft(file, folder):
    file["other"] = h5py.SoftLink("/layers")


def outside(file, folder):
    secret = folder / "secret.bin"
    secret.write_bytes(bytes(16))
    file.create_dataset("other", (4,), "f4", external=[(str(secret), 0, 16)])


def virtual(file, folder):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "secret.h5"), "x", (4,))
    file.create_virtual_dataset("other", layout)


def enormous(file, folder):
    file.create_dataset("other", (2**40,), "f4", chunks=(1024,))


def packed(file, folder):
    file.create_dataset("other", data=np.zeros(50_000_000, np.float32), compression="gzip")


def ring(file, folder):
    file["layers"]["ring"] = file["/"]


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (linked, "a link to another file: //other"),
        (soft, "a soft link"),
        (outside, "an array that lies in another file: /other"),
        (virtual, "an array that lies in another file: /other"),
        (enormous, "arrays of more than the"),
        (packed, "arrays of more than the"),
    ],
)
def test_a_file_that_holds_more_than_arrays_is_refused(saved, harm, message):
    with h5py.File(saved, "a") as file:
        harm(file, saved.parent)
    with pytest.raises(DataError, match=f"holds more than plain arrays; found {message}"):
        load_weights_file(network(), saved)


def test_links_in_a_ring_end(saved):
    with h5py.File(saved, "a") as file:
        ring(file, saved.parent)
        assert check_weights_file(file, saved) is None


def test_a_weight_that_is_not_a_number_is_refused(tmp_path):
    broken = network()
    broken.get_layer("last").bias.assign([np.nan, 0.0])
    broken.save_weights(tmp_path / "nan.weights.h5")
    with pytest.raises(DataError, match=r"a weight is not a number; found .*bias"):
        load_weights_file(network(), tmp_path / "nan.weights.h5")


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone.weights.h5", "no such weights file"), ("own.txt", "not a weights file; expected a name that ends in")],
)
def test_a_wrong_path_is_a_wrong_call(tmp_path, name, message):
    (tmp_path / "own.txt").write_text("weights")
    with pytest.raises(UsageError, match=message):
        load_backbone_weights(network(), "MobileNetV2", str(tmp_path / name))


def test_a_digest_list_beside_the_file_must_agree(saved):
    listed = saved.with_name("SHA256")
    listed.write_text(f"{'0' * 64}  other.h5\n{sha256_of_file(saved)}  {saved.name}\n")
    load_weights_file(network(), saved)
    listed.write_text(f"{'0' * 64}  {saved.name}\n")
    with pytest.raises(DataError, match=f"digest of the weights file does not match; expected {'0' * 64}; found"):
        load_weights_file(network(), saved)


def test_a_record_beside_the_file_must_agree(saved):
    record = saved.with_name("own.json")
    record.write_text(json.dumps({"sha256": sha256_of_file(saved), "size_px": 32}))
    assert record_beside(saved) == {"sha256": sha256_of_file(saved), "size_px": 32}
    load_weights_file(network(), saved)
    record.write_text(json.dumps({"sha256": "f" * 64}))
    with pytest.raises(DataError, match="digest of the weights file does not match"):
        load_weights_file(network(), saved)


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_record_that_cannot_be_read_is_a_fault(saved, text):
    saved.with_name("own.json").write_text(text)
    with pytest.raises(DataError, match="cannot read the record of the weights"):
        load_weights_file(network(), saved)


def test_imagenet_weights_come_from_the_named_folder_if_their_digest_is_known(saved, monkeypatch):
    digest = hashlib.sha256(saved.read_bytes()).hexdigest()
    monkeypatch.setenv("LUSDATA_WEIGHTS", str(saved.parent))
    monkeypatch.setitem(weights_module._KNOWN, "MobileNetV2", (saved.name, digest))
    fresh = network(seed=2)
    load_backbone_weights(fresh, "MobileNetV2", "imagenet")
    assert same(fresh, network(seed=1))
    monkeypatch.setitem(weights_module._KNOWN, "MobileNetV2", (saved.name, "0" * 64))
    with pytest.raises(DataError, match="digest of the weights file does not match"):
        load_backbone_weights(network(), "MobileNetV2", "imagenet")


def test_a_weights_folder_without_the_file_is_a_wrong_call(tmp_path, monkeypatch):
    monkeypatch.setenv("LUSDATA_WEIGHTS", str(tmp_path))
    with pytest.raises(
        UsageError, match="the weights folder lacks a file; unset LUSDATA_WEIGHTS or point it elsewhere"
    ):
        load_backbone_weights(network(), "MobileNetV2", "imagenet")


def test_imagenet_weights_offline_say_the_way_out(monkeypatch):
    def refuse(**settings: object) -> None:
        message = "URL fetch failure on https://example.org/vgg16.h5: None -- Temporary failure\nin name resolution"
        raise Exception(message)

    for name in ("LUSDATA_WEIGHTS", weights_module.OFFLINE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(keras.applications, "VGG16", refuse)
    wanted = r"ImageNet weights of VGG16 cannot be downloaded; found URL fetch failure .*--weights FILE.*--weights none"
    with pytest.raises(OutsideError, match=wanted) as caught:
        load_backbone_weights(network(), "VGG16", "imagenet")
    assert "\n" not in str(caught.value)


def test_offline_only_what_was_downloaded_before_is_used(tmp_path, monkeypatch):
    asked = []

    def make(**settings: object) -> keras.Model:
        asked.append(settings["weights"])
        return network()

    monkeypatch.delenv("LUSDATA_WEIGHTS", raising=False)
    monkeypatch.setenv("LUSDATA_OFFLINE", "1")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.applications, "VGG16", make)
    with pytest.raises(OutsideError, match=r"not at hand, and nothing may be downloaded offline; give a file"):
        load_backbone_weights(network(), "VGG16", "imagenet")
    assert asked == []
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5").write_bytes(b"")
    load_backbone_weights(network(), "VGG16", "imagenet")
    assert asked == ["imagenet"]


def test_a_network_without_imagenet_weights_says_so():
    with pytest.raises(UsageError, match="there are no ImageNet weights of Models Genesis"):
        load_backbone_weights(network(), "Models Genesis", "imagenet")
