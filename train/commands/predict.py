"""Ask a finished run about recordings: class probabilities per frame and video, both confidences, and an overlay.

For research, not for diagnosis. The answer is the mean of all folds' networks; of a recording that the run was fitted
on it says more than it knows.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata import LusdataError, UsageError
from lusdata.atomic import new_folder, write_text

from .options import start_keras

if TYPE_CHECKING:
    from ..predict import Prediction
    from ..run_folder import RunFolder

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "clip.mp4 --run runs/vgg_cam-patient-nested --out answer": "a recording, with tables and an overlay",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument(
        "source", type=Path, metavar="FILE|DIR", help="a video, picture or DICOM file, or a folder of them"
    )
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="a finished run's folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder for tables and overlays")
    parser.add_argument("--video", action="store_true", help="write overlays of videos as videos, not as one picture")
    parser.add_argument("--seed", type=int, default=0, help="seed of the dropout (default: 0)")


def run(arguments: argparse.Namespace) -> int:
    """Predict."""
    from ..run_folder import RunFolder, require_new_folder

    folder, out = RunFolder(arguments.run), arguments.out
    config = folder.config
    require_new_folder(out)
    if arguments.seed < 0:
        raise UsageError("too small", where="--seed", expected="at least 0", found=str(arguments.seed))
    start_keras()
    from ..explain.fold_models import FoldModels
    from ..overlay import DISCLAIMER
    from ..predict import find_recordings, predict_recording, read_recording

    recordings = find_recordings(arguments.source)
    models = FoldModels(folder)
    found: list[Prediction] = []
    worst = 0
    for name, path in recordings:
        try:
            samples = read_recording(path, name, config)
        except (LusdataError, OSError) as error:
            if len(recordings) == 1:
                raise
            # One bad file of a folder keeps none of the others back; the exit code tells.
            sys.stderr.write(f"train: {name}: {error}\n")
            worst = max(worst, error.exit_code if isinstance(error, LusdataError) else 3)
            continue
        found.append(predict_recording(models, samples, seed=arguments.seed))
        sys.stdout.write(_line(found[-1]) + "\n")
    if found:
        out.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(out) as made:
            overlays = [_write_overlay(made, one, as_video=arguments.video) for one in found]
            _write_tables(made, found, overlays, folder)
        sys.stdout.write(f"written to {out}\n{DISCLAIMER}\n")
    return worst


def _line(one: Prediction) -> str:
    chances = ", ".join(
        f"{name} {chance:.2f}" for name, chance in zip(one.samples.classes, one.video_probabilities, strict=True)
    )
    count, unit = len(one.samples), "frame" if one.samples.images.ndim == 3 else "clip"
    return (
        f"{one.name}: {one.class_name} ({chances}); confidence {one.epistemic.mean():.2f} epistemic, "
        f"{one.aleatoric.mean():.2f} aleatoric; {count} {unit}{'' if count == 1 else 's'}"
    )


def _write_overlay(out: Path, one: Prediction, *, as_video: bool) -> str:
    from ..overlay import relative_activation, write_overlay_image, write_overlay_video

    activation = relative_activation(one.maps)
    stem = one.name.replace("/", "--")
    title = f"{one.class_name}: {float(one.video_probabilities.max()):.2f}"
    subtitle = f"{one.name}; confidence {one.epistemic.mean():.2f} epistemic, {one.aleatoric.mean():.2f} aleatoric"
    if as_video and len(one.samples) > 1:
        path, times_s = out / f"{stem}.overlay.mp4", one.samples.times_s.tolist()
        write_overlay_video(path, one.samples.pictures, activation, title=title, subtitle=subtitle, times_s=times_s)
    else:
        path = out / f"{stem}.overlay.png"
        row = int(activation.max(axis=(1, 2)).argmax())
        write_overlay_image(path, one.samples.pictures[row], activation[row], title=title, subtitle=subtitle)
    return path.name


def _write_tables(out: Path, found: list[Prediction], overlays: list[str], folder: RunFolder) -> None:
    import pandas as pd

    from ..overlay import DISCLAIMER

    frames = [
        pd.DataFrame(
            {
                "recording": one.name,
                "frame_index": one.samples.frame_indices,
                "time_s": one.samples.times_s,
                **{f"p_{name}": one.probabilities[:, index] for index, name in enumerate(one.samples.classes)},
                "epistemic": one.epistemic,
                "aleatoric": one.aleatoric,
            }
        )
        for one in found
    ]
    pd.concat(frames).to_csv(out / "frames.csv", index=False, float_format="%.6f", lineterminator="\n")
    document: dict[str, Any] = {
        "use": DISCLAIMER,
        "run": folder.path.name,
        "config_digest": folder.config.digest,
        "recordings": [
            {
                "recording": one.name,
                "frames": len(one.samples),
                "class": one.class_name,
                "probabilities": {
                    name: float(chance)
                    for name, chance in zip(one.samples.classes, one.video_probabilities, strict=True)
                },
                "epistemic_confidence": float(one.epistemic.mean()),
                "aleatoric_confidence": float(one.aleatoric.mean()),
                "activation_outside_sector": one.outside if one.outside == one.outside else None,
                "overlay": overlay,
            }
            for one, overlay in zip(found, overlays, strict=True)
        ],
    }
    write_text(out / "predictions.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")
