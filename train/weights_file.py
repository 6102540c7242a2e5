"""What an HDF5 file of a stranger may hold: arrays of its own, no larger than the file, and no way out of it.

HDF5 can name other files of the machine (external links, external and virtual datasets), promise arrays of any size,
and link in rings. Reading such a file would read those files, or take the memory of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from lusdata import DataError
from lusdata.scratch import scratch_folder

__all__ = ["check_weights_file", "write_weights"]

_MOST_ENTRIES = 100_000
_SLACK_BYTES = 1_000_000
_LINKS = {h5py.ExternalLink: "a link to another file", h5py.SoftLink: "a soft link"}


def write_weights(model: Any, path: Path) -> None:
    """Write a network's weights, whole or not at all.

    Parameters
    ----------
    model : keras.Model
        The network.
    path : Path
        The file, whose name ends in ``.weights.h5``; its folder exists.
    """
    with scratch_folder(path.parent) as folder:
        model.save_weights(folder / path.name)
        (folder / path.name).replace(path)


def check_weights_file(file: h5py.File, path: Path) -> None:
    """Refuse a file that holds more than plain arrays.

    Parameters
    ----------
    file : h5py.File
        The opened file.
    path : Path
        Where it lies, for the message and for its size.

    Raises
    ------
    DataError
        If a link leads out of the tree, an array lies elsewhere or is packed, or the arrays are larger than the file.
    """
    held_bytes, size_bytes = 0, path.stat().st_size
    for number, (name, item) in enumerate(_entries(file, path)):
        if number > _MOST_ENTRIES:
            raise _refused(path, "too many entries")
        if not isinstance(item, h5py.Dataset):
            continue
        if item.external or item.is_virtual:
            raise _refused(path, f"an array that lies in another file: {name}")
        held_bytes += item.nbytes
        if held_bytes > size_bytes + _SLACK_BYTES:
            raise _refused(path, f"arrays of more than the {size_bytes:,} bytes of the file, such as {name}")


def _entries(file: h5py.File, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield every group and array once, whatever rings hard links make."""
    seen = set()
    waiting: list[h5py.Group] = [file]
    while waiting:
        group = waiting.pop()
        for name in group:
            link = group.get(name, getlink=True)
            kind = _LINKS.get(type(link))
            if kind is not None:
                raise _refused(path, f"{kind}: {group.name}/{name}")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                continue
            seen.add(address)
            yield f"{group.name.rstrip('/')}/{name}", item
            if isinstance(item, h5py.Group):
                waiting.append(item)


def _refused(path: Path, found: str) -> DataError:
    return DataError(
        "the weights file holds more than plain arrays",
        where=str(path),
        found=found[:200],
        hint="save the weights again with Keras",
    )
