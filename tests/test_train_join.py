"""Training on several collections: they are joined, and no patient of one is taken for one of the other."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from small_datasets import build_here, small_collection

from train.commands.options import add_data_options, material_from
from train.configs.settings import PAPER


def test_the_collections_of_a_run_are_joined(tmp_path: Path) -> None:
    folders = []
    for name, shift in (("east", 0), ("west", 12)):
        collection = small_collection(tmp_path / name, name=name, shift=shift)
        folders.append(build_here(collection, tmp_path / name, tmp_path / "built" / name).out)
    parser = argparse.ArgumentParser()
    add_data_options(parser)
    arguments = parser.parse_args([part for folder in folders for part in ("--collection", str(folder))])
    config = replace(PAPER, size_px=16, select="")
    material = material_from(arguments, config)
    assert {name.split("/")[0] for name in material.samples.recordings} == {"east", "west"}
    table = material.folds(replace(config, by="patient", k=2))
    assert table.k == 2
    assert len(material.dataset.rows_sha256) == 64
