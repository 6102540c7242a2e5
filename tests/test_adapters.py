"""Frames for TensorFlow and PyTorch, in an order of our own."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_datasets import build_here, small_collection

from lusdata.dataset.view.adapters import FrameSampler, TorchFrames, order
from lusdata.dataset.view.dataset import Dataset
from lusdata.errors import MissingExtraError, UsageError


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("adapters")
    return Dataset(build_here(small_collection(folder), folder, folder / "out").index)


@given(st.integers(0, 300), st.integers(0, 2**32), st.integers(0, 1000))
def test_an_order_has_every_frame_once_and_follows_from_seed_and_epoch(n: int, seed: int, epoch: int) -> None:
    rows = order(n, seed=seed, epoch=epoch)
    assert sorted(rows.tolist()) == list(range(n))
    assert np.array_equal(rows, order(n, seed=seed, epoch=epoch))


def test_orders_differ_between_epochs_and_seeds() -> None:
    orders = {tuple(order(50, seed=seed, epoch=epoch).tolist()) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


def test_the_order_of_a_seed_never_changes() -> None:
    # A run that was published must be repeatable with every later version.
    assert order(8, seed=1, epoch=0).tolist() == [2, 4, 7, 5, 0, 6, 3, 1]


def test_tensorflow_gets_every_frame_in_the_order_of_the_rows(dataset: Dataset) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install 'lusdata[tf]'")
    batches = list(dataset.to_tf(batch_size=16).as_numpy_iterator())
    ours = dataset.to_numpy()
    assert [len(labels) for _, labels in batches] == [16, 16, 10]
    assert np.array_equal(np.concatenate([images for images, _ in batches]), ours.images[..., None])
    assert np.array_equal(np.concatenate([labels for _, labels in batches]), ours.labels)


def test_tensorflow_gets_another_order_in_each_epoch(dataset: Dataset) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install 'lusdata[tf]'")
    ours = dataset.to_numpy()
    batches = dataset.to_tf(batch_size=10, seed=3)
    assert int(batches.cardinality()) == 5
    for epoch in range(3):
        images = np.concatenate([images for images, _ in batches.as_numpy_iterator()])
        assert np.array_equal(images[..., 0], ours.images[order(len(dataset), seed=3, epoch=epoch)])
    later = dataset.to_tf(batch_size=10, seed=3, first_epoch=2)
    assert np.array_equal(np.concatenate([images for images, _ in later.as_numpy_iterator()]), images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size: value out of range; expected a whole number, at least 1; found 0"),
        ({"seed": -1}, "seed: value out of range; expected a whole number, at least 0; found -1"),
        ({"first_epoch": -1}, "epoch: value out of range"),
        ({"batch_size": "32"}, "batch_size: value out of range; expected a whole number, at least 1; found '32'"),
        ({"batch_size": 2.5}, "found 2.5"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_number_out_of_range_is_refused(dataset: Dataset, options: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dataset.to_tf(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("package", "extra"), [("tensorflow", "tf"), ("torch", "torch")])
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"needs the package '{package}'.*install 'lusdata\[{extra}\]'"):
        dataset.to_tf() if extra == "tf" else dataset.to_torch()


def test_the_sampler_goes_to_the_next_epoch_by_itself() -> None:
    sampler = FrameSampler(20, seed=4)
    assert len(sampler) == 20
    first, second = list(sampler), list(sampler)
    assert first == order(20, seed=4, epoch=0).tolist()
    assert second == order(20, seed=4, epoch=1).tolist()
    sampler.set_epoch(0)
    assert list(sampler) == first
    with pytest.raises(UsageError, match="epoch: value out of range"):
        sampler.set_epoch(-1)


def test_frames_for_pytorch_can_be_sent_to_its_worker_processes(dataset: Dataset) -> None:
    frames = TorchFrames(dataset._encoded(dataset._pieces), dataset.to_numpy().labels, dataset._shape)
    assert len(pickle.loads(pickle.dumps(frames))) == len(dataset)


def test_pytorch_gets_every_frame_with_its_label(dataset: Dataset, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'lusdata[torch]'")
    frames = dataset.to_torch()
    ours = dataset.to_numpy()
    loader = torch.utils.data.DataLoader(frames, batch_size=16, sampler=frames.sampler(seed=2))
    for epoch in range(2):
        images, labels = (torch.cat(column) for column in zip(*loader, strict=True))
        rows = order(len(dataset), seed=2, epoch=epoch)
        assert images.dtype == torch.uint8
        assert np.array_equal(images.numpy()[:, 0], ours.images[rows])
        assert np.array_equal(labels.numpy(), ours.labels[rows])
