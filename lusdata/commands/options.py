"""Arguments that several commands share."""

from __future__ import annotations

import argparse

__all__ = ["add_media_options"]


def add_media_options(parser: argparse.ArgumentParser) -> None:
    """Add where recordings come from: ``--mirror``, ``--cache`` and ``--offline``."""
    parser.add_argument(
        "--mirror",
        metavar="DIR|URL",
        action="append",
        default=[],
        help="folder or web address that holds copies under the manifests' source.path; may be given several times",
    )
    parser.add_argument(
        "--cache", metavar="DIR", help="cache folder (default: LUSDATA_CACHE, else the user's cache folder)"
    )
    parser.add_argument("--offline", action="store_true", help="touch no network; mirror folders are still used")
