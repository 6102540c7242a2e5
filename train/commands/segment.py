"""Show frames beside what the segmentation ensemble sees in them, which is what `vgg_segment` looks at (Figure 5).

  segment FILE --out figure-5.png    FILE is what 'fit segmenter' wrote, or an ensemble of your own

By default the middle frame of the first recording of each class by name; --recording shows others.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lusdata import UsageError

from ..config import override
from .options import add_data_options, material_from, start_keras

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "runs/segmenter/segmenter.weights.h5 --out overlay.png": "frames of pocus beside what the ensemble sees",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("segmenter", metavar="FILE", help="weights of the segmentation ensemble, a .weights.h5 file")
    parser.add_argument("--recording", action="append", default=[], metavar="ID", help="show this one; repeatable")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the new picture, a .png file")
    add_data_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Segment."""
    out = arguments.out
    if out.suffix.lower() != ".png":
        raise UsageError("not a picture's name", where=str(out), expected="a name that ends in .png")
    if out.exists():
        raise UsageError("is there already", where=str(out), hint="name another; nothing was changed")
    start_keras(offline=arguments.offline)
    from ..configs import get_config
    from ..explain import figures
    from ..explain.segmented import middle_rows, segment, segmented_figure
    from ..models.ensemble import PATTERNS
    from ..models.segmentation import colouring_network

    config = override(get_config("vgg_segment"), {"segmenter": arguments.segmenter})
    if arguments.recording:
        config = override(config, {"select": ""})
    colouring = colouring_network(config)
    material = material_from(arguments, config, foreign=True)
    samples = material.samples
    rows = middle_rows(samples, arguments.recording)
    found = segment(colouring, samples.images[rows])
    names = [str(name) for name in samples.recordings[rows]]
    captions = [
        (str(material.facts["class"][name]), f"{name}, {time_s:.1f} s")
        for name, time_s in zip(names, samples.times_s[rows], strict=True)
    ]
    out.parent.mkdir(parents=True, exist_ok=True)
    figures.save(segmented_figure(found, captions), out, private=samples.private, shows_patients=True)
    for name, shares in zip(names, found.shares, strict=True):
        seen = ", ".join(f"{pattern} {share:.3f}" for pattern, share in zip(PATTERNS, shares, strict=True))
        sys.stdout.write(f"{name}: share of pixels {seen}\n")
    sys.stdout.write(f"written to {out}\n")
    return 0
