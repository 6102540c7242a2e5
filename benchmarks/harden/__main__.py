"""Try what harms lusdata, and print what failed: `make harden`, or with other numbers and seeds.

python -m benchmarks.harden [--media N] [--manifests N] ... [--seed S] [--shared DIR] [--keep DIR] [--only KIND ...]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.harden import flips, folders, kills, manifests, media, servers
from benchmarks.harden.home import ROOT, Home, make_home
from benchmarks.harden.tally import Tally, table

SHARED = Path(os.environ.get("LUSDATA_SHARED", ROOT.parent / "shared"))

KEPT = ROOT / "build" / "harden"

Kind = Callable[..., list[Tally]]

KINDS: Mapping[str, tuple[Kind, int, str]] = {
    "folders": (folders.run, folders.TRIES, "dataset folders of strangers"),
    "flips": (flips.run, flips.TRIES, "bits that flip in the cache and in datasets"),
    "media": (media.run, media.TRIES, "mutated clips, stills and DICOM files"),
    "manifests": (manifests.run, manifests.TRIES, "mutated manifests"),
    "servers": (servers.run, servers.TRIES, "servers that lie"),
    "kills": (kills.run, kills.PER_COMMAND, "kills of each command that writes"),
}
"""Every kind of harm: what does it, how often, and what is counted. A new kind is a module and a row here."""


def main(arguments: list[str] | None = None) -> int:
    """Run all kinds, print the table, and return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.harden", description=__doc__)
    for name, (_, number, what) in KINDS.items():
        parser.add_argument(f"--{name}", metavar="N", type=int, default=number, help=f"{what} (default: {number:,})")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is drawn (default: 1)")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder that has facts/ for the importer")
    parser.add_argument("--keep", type=Path, default=KEPT, help=f"folder for inputs that fail (default: {KEPT.name})")
    parser.add_argument("--only", nargs="+", choices=sorted(KINDS), help="these kinds and no other")
    given = parser.parse_args(arguments)
    tallies: list[Tally] = []
    with tempfile.TemporaryDirectory(prefix="harden-") as name:
        home: Home = make_home(Path(name), facts=given.shared / "facts", kept=given.keep)
        for kind, (run, _, _) in KINDS.items():
            if given.only is None or kind in given.only:
                started = time.monotonic()
                tallies += run(home, tries=getattr(given, kind), seed=given.seed)
                sys.stderr.write(f"{kind}: {time.monotonic() - started:,.0f} s\n")
    sys.stdout.write(f"seed {given.seed}\n\n{table(tallies)}")
    return 1 if any(tally.failures for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
