"""A blinded study of a run's maps: make the rating page for physicians, or read their answers back.

  study make RUN --out DIR                        DIR/index.html to hand out, and DIR.key.json to keep
  study read RUN --answers FILE ... --key FILE    the paper's statistics; the first file is the senior rater's

The page shows each video once, with the map of networks that saw it in training (the mean of all folds) and that of the
network that did not, in random places and order; neither the page nor its answers tell which is which.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from lusdata import DataError, UsageError
from lusdata.atomic import PRIVATE, new_folder, write_text
from lusdata.scratch import is_vacant

from .options import add_data_options, material_from, say, start_keras

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "make runs/vgg_cam-patient-nested --out study": "a page for raters",
    "read runs/vgg_cam-patient-nested --answers one.json two.json --key study.key.json": "their answers as statistics",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="make|read")
    make = actions.add_parser("make", help="write the rating page and its key")
    make.add_argument("run", type=Path, metavar="RUN", help="a finished run's folder")
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder for the page")
    make.add_argument("--key", type=Path, metavar="FILE", help="where the key goes (default: DIR.key.json beside DIR)")
    make.add_argument("--seed", type=int, default=0, help="seed of order and places (default: 0)")
    make.add_argument("--videos", type=int, default=0, metavar="N", help="N videos drawn from all (default: all)")
    make.add_argument("--wrong-too", action="store_true", help="also videos that the model takes for another class")
    add_data_options(make)
    read = actions.add_parser("read", help="turn answers into statistics")
    read.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    read.add_argument("--answers", type=Path, nargs="+", required=True, metavar="FILE", help="one file per rater")
    read.add_argument("--key", type=Path, required=True, metavar="FILE", help="the key that 'make' wrote")
    read.add_argument("--out", type=Path, metavar="DIR", help="new folder for study.json and figure-4.png")


def run(arguments: argparse.Namespace) -> int:
    """Make or read a study."""
    return _make(arguments) if arguments.action == "make" else _read(arguments)


def _make(arguments: argparse.Namespace) -> int:
    import numpy as np

    start_keras(offline=arguments.offline)
    from ..explain.field import scanned_cells, within
    from ..explain.fold_models import FoldModels, Views, collect, held_out_fold
    from ..explain.study import choose_recordings, holds_key, plan_study, write_key
    from ..explain.study_page import Clip, study_page
    from ..run_folder import RunFolder

    for name in ("seed", "videos"):
        if getattr(arguments, name) < 0:
            found = str(getattr(arguments, name))
            raise UsageError("too small", where=f"--{name}", expected="at least 0", found=found)
    folder, out = RunFolder(arguments.run), arguments.out
    key_path = arguments.key or out.with_name(out.name + ".key.json")
    if not is_vacant(out):
        raise _there(out)
    if key_path.resolve().is_relative_to(out.resolve()):
        raise UsageError("the key must not lie in the folder that raters get", where=str(key_path))
    config, predictions = folder.config, folder.predictions
    recordings = choose_recordings(predictions, config.classes, wrong_too=arguments.wrong_too)
    if 0 < arguments.videos < len(recordings):
        drawn = np.random.default_rng([arguments.seed, 11]).permutation(len(recordings))[: arguments.videos]
        recordings = [recordings[index] for index in sorted(drawn)]
    key = plan_study(recordings, run=folder.path.name, config_digest=config.digest, seed=arguments.seed)
    # A run that was ended may have left the key that this one would write.
    if key_path.exists() and not holds_key(key_path, key):
        raise _there(key_path)

    samples = material_from(arguments, config).samples
    samples = samples.rows(np.isin(samples.recordings, [item.recording for item in key.items]))
    models = FoldModels(folder)
    held_out = held_out_fold(samples, predictions, models.folds)
    evidence = collect(models, Views(models, samples, cache=None), held_out)
    every = np.arange(len(samples))
    train_maps, test_maps = evidence.train_maps[every, samples.labels], evidence.test_maps[every, samples.labels]
    pictures = samples.pictures

    def clip_of(recording: str) -> Clip:
        rows = samples.recordings == recording
        cells = scanned_cells(pictures[rows], samples.recordings[rows], test_maps.shape[1:])
        return pictures[rows], within(train_maps[rows], cells), within(test_maps[rows], cells)

    page = study_page(key, clip_of, private=samples.private)
    write_key(key_path, key)
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "index.html", page, mode=PRIVATE)
    say(f"{len(key.items)} videos, {len(page) / 1e6:.1f} MB")
    sys.stdout.write(f"page for the raters: {out / 'index.html'}\nkey, not for the raters: {key_path}\n")
    return 0


def _there(path: Path) -> UsageError:
    return UsageError("is there already", where=str(path), hint="name another; nothing was changed")


def _read(arguments: argparse.Namespace) -> int:
    from ..explain.study import PATTERNS, read_key
    from ..explain.study_answers import read_answers, statistics
    from ..run_folder import RunFolder, require_new_folder

    if arguments.out is not None:
        require_new_folder(arguments.out)
    config, key = RunFolder(arguments.run).config, read_key(arguments.key)
    if key.config_digest != config.digest:
        raise DataError("the key belongs to another run", where=str(arguments.key), found=f"run {key.run}")
    answers = [read_answers(path, key) for path in arguments.answers]
    if len({one.rater for one in answers}) < len(answers):
        raise DataError("two files of one rater", where=", ".join(map(str, arguments.answers)))
    found = statistics(answers, classes=config.classes)
    sys.stdout.write(_lines(found))
    if arguments.out is not None:
        from ..explain import figures

        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        document = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        bars = [(PATTERNS[name], one["highlighted"], one["visible"]) for name, one in found["figure_4"].items()]
        with new_folder(arguments.out) as made:
            write_text(made / "study.json", document)
            figures.save(figures.patterns_figure(bars), made / "figure-4.png")
        sys.stdout.write(f"written to {arguments.out}\n")
    return 0


def _lines(found: dict[str, Any]) -> str:
    lines = [f"rater {one['rater']}: {one['videos']} videos rated, {one['open']} open" for one in found["raters"]]
    mean = found["scores"]["all"]
    lines.append(f"mean score, all: train-CAM {mean['train']:.2f}, test-CAM {mean['test']:.2f}")
    for kind in ("classes", "raters"):
        lines += [
            f"  {name}: train-CAM {one['train']:.2f}, test-CAM {one['test']:.2f} ({one['ratings']} ratings)"
            for name, one in found["scores"][kind].items()
        ]
    preference = found["preference"]
    share = "-" if preference["share_test"] is None else f"{preference['share_test']:.0%}"
    lines.append(f"test-CAM preferred: {share} of decided ratings ({preference['none']} undecided)")
    for one in found["agreement"]:
        if one["videos"]:
            kappa = "-" if one["kappa"] is None else f"{one['kappa']:.2f}"
            lines.append(
                f"{' and '.join(one['raters'])}: same preference in {one['same_preference']:.0%}, opposite in "
                f"{one['opposed_preference']:.0%} of {one['videos']} videos, kappa {kappa}"
            )
    test = found["wilcoxon"]
    p = "not defined, all scores tie" if test["p"] is None else f"p = {test['p']:.3f}"
    lines.append(f"Wilcoxon signed-rank, test- against train-CAM over {test['videos']} videos: {p}")
    lines.append("patterns visible / under the test-CAM / under the train-CAM, by rater:")
    for name, by_rater in found["patterns"].items():
        cells = [
            f"{rater} {one.get('visible', '-')} / {one['test']} / {one['train']}" for rater, one in by_rater.items()
        ]
        lines.append(f"  {name.replace('_', ' '):<18} " + "; ".join(cells))
    return "\n".join(lines) + "\n"
