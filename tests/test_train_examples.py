"""Every example in a docstring of train/ is run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

import train

MODULES = [
    found.name for found in pkgutil.walk_packages(train.__path__, "train.") if not found.name.endswith("__main__")
]


def test_the_examples_give_what_they_say():
    results = {name: doctest.testmod(importlib.import_module(name)) for name in MODULES}
    assert {name: one.failed for name, one in results.items() if one.failed} == {}
    assert sum(one.attempted for one in results.values()) > 10
