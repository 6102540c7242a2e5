"""The terms of providers: a registry of what each allows, where that stands, and when somebody looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lusdata.catalog.documents import read_document
from lusdata.catalog.shipped import manifests_root

__all__ = ["REGISTRY", "Terms", "known_terms", "terms_of"]

REGISTRY = "provider-terms.json"
"""Name of the registry's file, beside the shipped collections."""


@dataclass(frozen=True)
class Terms:
    """What is known of a provider's terms; everything is empty where nobody has looked.

    Attributes
    ----------
    data : Mapping
        The entry in the registry.
    """

    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def licence(self) -> dict[str, str]:
        """What the terms add to the licence of a manifest: ``machine_learning`` and ``terms``, where they do."""
        return {key: self.data[key] for key in ("machine_learning", "terms") if key in self.data}


@cache
def known_terms() -> Mapping[str, Terms]:
    """Return the registry by the slugs of the providers.

    Raises
    ------
    DataError
        If the registry that came with lusdata was changed into something else.
    """
    path = manifests_root() / REGISTRY
    document = read_document(path, kind="terms") if path.is_file() else {"providers": []}
    return {entry["provider"]: Terms(entry) for entry in document["providers"]}


def terms_of(provider: str) -> Terms:
    """Return what is known of the terms of a provider."""
    return known_terms().get(provider, Terms())
