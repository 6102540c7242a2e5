"""Rules about the picture: what the file is, which window and which part of it datasets use."""

from __future__ import annotations

from collections.abc import Iterator

from lusdata.budget import BUDGET
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rules.rule import Breach, Rule

__all__ = ["MEDIA_RULES"]


def _frame_size(manifest: Manifest) -> tuple[int, int, str] | None:
    """Return width, height and their place: of the file itself, else of the frame that the crop was drawn on."""
    if manifest.media:
        return manifest.media["width_px"], manifest.media["height_px"], "$.media"
    crop = manifest.crop
    if crop and crop.source_width_px and crop.source_height_px:
        return crop.source_width_px, crop.source_height_px, "$.crop.source_*_px"
    return None


def _kind_matches_frames(manifest: Manifest) -> Iterator[Breach]:
    count = manifest.media.get("frame_count")
    if count is None or (manifest.kind == "video") == (count > 1):
        return
    expected = "image, since the file holds one frame" if count == 1 else f"video, since the file holds {count} frames"
    yield Breach("$.kind", "the kind does not fit the file", expected, manifest.kind)


def _duration_only_for_videos(manifest: Manifest) -> Iterator[Breach]:
    for field in ("duration_s", "rate_hz") if manifest.media else ():
        if manifest.kind == "image" and field in manifest.media:
            yield Breach(f"$.media.{field}", "an image has no time", "no such field", str(manifest.media[field]))
        elif manifest.kind == "video" and not manifest.media.get(field):
            found = str(manifest.media.get(field, "nothing"))
            hint = "lusdata fetch --pin finds it by decoding"
            yield Breach(f"$.media.{field}", "a video needs it", "a number above 0", found, hint)


def _media_needs_digest(manifest: Manifest) -> Iterator[Breach]:
    if manifest.media and manifest.sha256 is None:
        hint = "lusdata fetch --pin writes both"
        yield Breach("$.media", "facts of a file that is not named", "source.sha256 beside them", "no digest", hint)


def _crop_inside_frame(manifest: Manifest) -> Iterator[Breach]:
    crop, size = manifest.crop, _frame_size(manifest)
    if crop is None or size is None:
        return
    width_px, height_px, place = size
    right_px, bottom_px = crop.left_px + crop.width_px, crop.top_px + crop.height_px
    if right_px > width_px:
        message = f"{crop.width_px} px from column {crop.left_px} reach column {right_px}"
        expected, found = f"at most column {width_px}", f"a frame {width_px} px wide ({place})"
        yield Breach("$.crop.width_px", message, expected, found, "reduce left_px or width_px")
    if bottom_px > height_px:
        message = f"{crop.height_px} px from row {crop.top_px} reach row {bottom_px}"
        expected, found = f"at most row {height_px}", f"a frame {height_px} px high ({place})"
        yield Breach("$.crop.height_px", message, expected, found, "reduce top_px or height_px")


def _crop_size_is_media_size(manifest: Manifest) -> Iterator[Breach]:
    crop, media = manifest.crop, manifest.media
    if crop is None or not media:
        return
    for side, drawn_px in (("width_px", crop.source_width_px), ("height_px", crop.source_height_px)):
        if drawn_px is not None and drawn_px != media[side]:
            message, hint = "the crop was drawn on a frame of another size", "draw it again on this file"
            yield Breach(f"$.crop.source_{side}", message, f"{media[side]} as in $.media", str(drawn_px), hint)


def _crop_of_this_file(manifest: Manifest) -> Iterator[Breach]:
    crop = manifest.crop
    if crop and crop.sha256 and manifest.sha256 and crop.sha256 != manifest.sha256:
        message, hint = "the crop was drawn on another file", "look at the crop on this file, then update its digest"
        yield Breach("$.crop.sha256", message, f"{manifest.sha256[:12]}…", f"{crop.sha256[:12]}…", hint)


def _crop_tied_to_file(manifest: Manifest) -> Iterator[Breach]:
    crop = manifest.crop
    if crop and not crop.sha256 and manifest.sha256:
        message = "the crop does not say which file it was drawn on"
        hint = "look at the crop on this file, then write its digest"
        yield Breach("$.crop.sha256", message, f"{manifest.sha256[:12]}…", "nothing", hint)


def _trim_not_empty(manifest: Manifest) -> Iterator[Breach]:
    trim = manifest.trim
    if trim.end_s is not None and trim.end_s <= trim.start_s:
        yield Breach(
            "$.trim.end_s", "the trim keeps nothing", f"more than start_s ({trim.start_s:g} s)", f"{trim.end_s:g} s"
        )


def _trim_inside_duration(manifest: Manifest) -> Iterator[Breach]:
    duration_s, rate_hz = manifest.media.get("duration_s"), manifest.media.get("rate_hz")
    if "trim" not in manifest.data or not duration_s:
        return
    # The last frame is shown until the end; a trim noted by frame number may name the moment after it.
    latest_s = duration_s + (1 / rate_hz if rate_hz else 0)
    trim = manifest.trim
    if trim.start_s >= duration_s:
        expected = f"less than duration_s ({duration_s:g} s)"
        yield Breach(
            "$.trim.start_s", "the trim starts after the end of the recording", expected, f"{trim.start_s:g} s"
        )
    if trim.end_s is not None and trim.end_s > latest_s:
        hint = "leave end_s out to keep everything to the end"
        expected = f"at most duration_s ({duration_s:g} s)"
        yield Breach("$.trim.end_s", "the trim ends after the recording", expected, f"{trim.end_s:g} s", hint)


def _trim_only_for_videos(manifest: Manifest) -> Iterator[Breach]:
    if manifest.kind == "image" and "trim" in manifest.data:
        yield Breach("$.trim", "an image has no time to trim", "no such field", "a trim")


def _inside_budget(manifest: Manifest) -> Iterator[Breach]:
    # The schema bounds each number by itself.
    media = manifest.media
    pixels = media["frame_count"] * media["width_px"] * media["height_px"] if media else 0
    if pixels > BUDGET.pixels:
        expected = f"at most {BUDGET.pixels:,} pixels (frames x width x height)"
        yield Breach("$.media", "too large for a recording", expected, f"{pixels:,}")


MEDIA_RULES = (
    Rule("BEYOND_BUDGET", "error", "A recording costs no more than lusdata spends on one.", _inside_budget),
    Rule("KIND_FRAMES", "error", "A video holds at least two frames, an image one.", _kind_matches_frames),
    Rule("MEDIA_TIME", "error", "A seen video has a duration and a rate, an image neither.", _duration_only_for_videos),
    Rule("MEDIA_WITHOUT_DIGEST", "error", "Decoded facts stand beside the digest of their file.", _media_needs_digest),
    Rule("CROP_OUTSIDE_FRAME", "error", "The crop lies inside the frame.", _crop_inside_frame),
    Rule("CROP_OTHER_SIZE", "error", "The crop was drawn on a frame of the file's size.", _crop_size_is_media_size),
    Rule("CROP_OTHER_FILE", "error", "The crop was drawn on the file that the manifest names.", _crop_of_this_file),
    Rule("CROP_UNTIED", "warning", "A crop of a file with a digest names that digest.", _crop_tied_to_file),
    Rule("TRIM_EMPTY", "error", "A trim ends after it starts.", _trim_not_empty),
    Rule("TRIM_OUTSIDE", "error", "The trim lies inside the recording.", _trim_inside_duration),
    Rule("TRIM_ON_IMAGE", "error", "An image has no trim.", _trim_only_for_videos),
)
