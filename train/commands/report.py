"""Write one offline HTML page with all tables and figures of a run beside the paper's."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path

from lusdata import UsageError
from lusdata.atomic import PRIVATE, write_text

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "runs/vgg_cam-patient-nested --out report.html": "a run as one page",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a finished run's folder")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page (default: RUN/report.html)")
    parser.add_argument("--open", action="store_true", help="show it in the browser")


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    from ..report.page import render
    from ..run_folder import RunFolder

    out = arguments.out or arguments.run / "report.html"
    if out.is_dir():
        raise UsageError("is a folder", where=str(out), expected="the name of the page", hint="add /report.html")
    page = render(RunFolder(arguments.run))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, page, mode=PRIVATE)
    sys.stdout.write(f"{out}\n")
    if arguments.open:
        webbrowser.open(out.resolve().as_uri())
    return 0
