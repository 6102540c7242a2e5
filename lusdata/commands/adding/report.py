"""What adding tells: lines for people, one document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lusdata.catalog.about import read_about
from lusdata.catalog.rights import is_private
from lusdata.catalog.validate import shown_path
from lusdata.commands.layout import table
from lusdata.errors import LusdataError
from lusdata.intake.workspace import Added, Bench
from lusdata.wording import counted, one_line

__all__ = ["document", "text"]


def document(
    bench: Bench, added: Sequence[tuple[str, Added]], refused: Sequence[tuple[str, LusdataError]]
) -> dict[str, Any]:
    """Return what became of everything as data."""
    return {
        "collection": bench.collection,
        "added": [
            {
                "source": name,
                "id": one.manifest.id,
                "manifest": str(one.manifest.path),
                "preview": str(one.preview),
                "media": str(one.media) if one.media else None,
                "group": one.manifest.data["group"],
                "crop": one.manifest.data.get("crop"),
                "scale": one.scale,
                "scan_lost": asdict(one.lost) if one.lost else None,
                "notes": list(one.notes),
            }
            for name, one in added
        ],
        "refused": [
            {
                "source": name,
                "what": error.what,
                "expected": error.expected,
                "found": error.found,
                "hint": error.hint,
                "exit_code": error.exit_code,
            }
            for name, error in refused
        ],
    }


def text(
    bench: Bench, added: Sequence[tuple[str, Added]], refused: Sequence[tuple[str, LusdataError]], *, several: bool
) -> str:
    """Return what became of everything as lines, those of a folder below a table, and what to do next."""
    lines = _table(added, refused) if several else []
    for name, one in added:
        lines += _told(name, one, brief=several)
    if added:
        lines += _next_steps(bench, [one for _, one in added])
    return "\n".join(lines) + "\n"


def _table(added: Sequence[tuple[str, Added]], refused: Sequence[tuple[str, LusdataError]]) -> list[str]:
    rows = [[Path(name).name, "added", one.manifest.id] for name, one in added]
    rows += [[Path(name).name, "refused", _clause(error)] for name, error in refused]
    rows.sort()
    counts = f"{len(added)} added, {len(refused)} refused"
    if refused:
        counts += "; adding a refused one alone tells what can be done about it"
    return [table(rows, head=["file", "", ""], numbers=False), "", counts]


def _clause(error: LusdataError) -> str:
    """Return an error without its place, which the table's first column tells, and without the long advice."""
    found = f"; found {error.found}" if error.found else ""
    return one_line(f"{error.what}{found}")


def _told(name: str, one: Added, *, brief: bool) -> list[str]:
    manifest = one.manifest
    media = manifest.media
    seconds = f", {media['duration_s']:.1f} s at {media['rate_hz']:.1f} Hz" if "duration_s" in media else ""
    group = manifest.data["group"]
    joins = "".join(f", joined with {link['id']}" for link in group.get("linked", ()))
    crop = manifest.crop
    # The name of a single file is known to whoever gave it, and may name the patient to whoever reads on.
    lines = ["", f"{Path(name).name} is {manifest.id}" if brief else f"added {manifest.id}"]
    if not brief:
        frames = counted(int(media["frame_count"]), "frame")
        lines.append(
            f"  file      {media['container']}, {media['width_px']} x {media['height_px']} px, {frames}{seconds}"
        )
    if crop:
        lines.append(f"  crop      {crop.width_px} x {crop.height_px} px at column {crop.left_px}, row {crop.top_px}")
    lines.append(f"  group     {group['id']} ({group['basis']}){joins}")
    if one.scale:
        lines.append(f"  scale     {one.scale['depth_cm']:.1f} cm deep, {one.scale['cm_per_px']:.4f} cm a pixel")
    lines += [f"  note      {note}" for note in one.notes]
    lines.append(f"  manifest  {_short(manifest.path)}")
    lines.append(f"  picture   {_short(one.preview)}")
    if one.media:
        lines.append(f"  copy      {_short(one.media)}")
    return lines


def _short(path: Path | None) -> str:
    return shown_path(path) if path else ""


def _next_steps(bench: Bench, added: Sequence[Added]) -> list[str]:
    one = added[0]
    folder = _short(bench.folder)
    several = len(added) > 1
    altered = any("upstream_changes" in item.manifest.data["source"] for item in added)
    private = f" Keep {'them to yourself: they show' if several else 'it to yourself: it shows'} what was taken out."
    in_git = any((parent / ".git").exists() for parent in (bench.folder, *bench.folder.parents))
    # One that stays here is enough: what is committed with the others goes where they go.
    ours = read_about(bench.folder).private or any(is_private(item.manifest) for item in added)
    check = f"lusdata check {folder}   tells what the pull request will tell."
    steps = [
        f"Look at the picture{'s' if several else ''}. If the crop is wrong: delete the manifest, add it with --crop."
        + (private if altered else ""),
        check if in_git and not ours else f"lusdata validate {folder}",
    ]
    homeless = [item for item in added if not item.manifest.locations]
    if homeless and not ours:
        path = homeless[0].manifest.source_path
        steps.append(
            f"Publish the file where anybody can get it (a repository such as Zenodo) and write its address into"
            f" source.locations; until then it must lie as {path} in a mirror."
        )
    if one.media:
        steps.append(
            f"lusdata build {folder} --mirror {_short(bench.media)} --out ../dataset   makes a dataset with it."
        )
    if ours:
        steps.append("It is private: it stays here, and no export or published page takes it.")
    else:
        steps += _pull_request(added, folder)
    return ["", "next:", *(f"  {number}. {step}" for number, step in enumerate(steps, start=1))]


def _pull_request(added: Sequence[Added], folder: str) -> list[str]:
    one, several = added[0].manifest, len(added) > 1
    files = folder if several else _short(one.path)
    branch = f"add-{one.id.split('/')[1]}"
    title = f"Add {len(added)} recordings" if several else f"Add {one.id}"
    return [
        f"git switch -c {branch} && git add {files} && git commit -m '{title}' && git push -u origin {branch}",
        "Open a pull request. Only the manifest goes into it, neither the file nor the picture.",
    ]
