"""Opening a stranger's file for decoding: only as a medium, on one thread, within limits."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.container import Container, InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from lusdata.budget import BUDGET
from lusdata.errors import DecodeError, TooLargeError
from lusdata.media.decode.complaints import logged_errors
from lusdata.media.decode.fallback import rewritten
from lusdata.media.decode.packed import PNG_MARK, check_packed_text
from lusdata.media.decode.spending import spending, spent
from lusdata.media.diagnose import identify
from lusdata.media.truncation import missing_part, second_recording

__all__ = [
    "DAMAGED_HINT",
    "check_count",
    "check_duration",
    "check_size",
    "check_whole",
    "open_container",
    "open_video",
    "tags_of",
    "too_large",
]

DAMAGED_HINT = "fetch the file again; if it is the same, exclude the recording"

# Only formats that hold pictures by themselves. Playlists and scripts, which make FFmpeg open other files or
# addresses, and its guess that any text is a film for a terminal, are left out.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,mjpeg,matroska,webm,asf,flv,ogg,dv,gif,apng,"
    "png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,webp_pipe"
)
# Tags need not be UTF-8. Until release 19 PyAV has to be told to keep other bytes; since then it always does.
_KEEPING_BYTES: dict[str, Any] = {"metadata_errors": "surrogateescape"} if hasattr(Container, "metadata_errors") else {}
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file", "max_pixels": str(BUDGET.side_px**2)}
_NO_RECORDING = Disposition.attached_pic | Disposition.timed_thumbnails
# A file may point at places beyond any file; what seeks there asks the system for the impossible.
_FARTHEST = (1 << 63) - 1
# FFmpeg tells many a photograph by its file's name only.
_FORMAT_OF = {"JPEG image": "jpeg_pipe"}
# FFmpeg opens these and then gives a tile or nothing.
_UNREADABLE = {
    "HEIF picture (HEIC)": "save it as PNG or JPEG",
    "animated WebP picture": "save it as GIF or MP4",
}


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the stream of moving or still pictures that is the recording, for one thread."""
    kind = identify(_head(path)).name
    if kind in _UNREADABLE:
        raise DecodeError(
            "not a picture or video that can be read", where=str(path), found=kind, hint=_UNREADABLE[kind]
        )
    if _head(path).startswith(PNG_MARK):
        check_packed_text(path)
    with spending(path), open_container(path) as container:
        stream = _recording(path, container.streams.video)
        if not _has_decoder(stream):
            with rewritten(path, stream.index) as copy, open_video(copy) as opened:
                yield opened
            return
        check_size(path, stream.codec_context.width, stream.codec_context.height)
        # One thread: results do not depend on the machine, and builds run one worker a core.
        stream.thread_count = 1
        stream.thread_type = "NONE"
        yield container, stream


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """Open a file with all its streams, whether or not they can be decoded, to see what it consists of."""
    kind = identify(_head(path)).name
    with _Medium(io.FileIO(path)) as file, logged_errors():
        try:
            form = _FORMAT_OF.get(kind)
            container: InputContainer = av.open(file, "r", format=form, options=_OPTIONS, **_KEEPING_BYTES)
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            raise DecodeError("not a picture or video that can be read", where=str(path), found=kind) from error
        with container:
            yield container


def tags_of(part: InputContainer | Stream) -> dict[str, str]:
    """Return the tags of a file or a stream, with U+FFFD in place of what is no UTF-8."""
    return {_readable(name): _readable(text) for name, text in part.metadata.items()}


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class _Medium(io.BufferedReader):
    """A file in which a place that cannot be is the end, so that only the disk's own errors are errors of the disk."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_SET and not 0 <= offset <= _FARTHEST:
            return super().seek(0, io.SEEK_END)
        try:
            return super().seek(offset, whence)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # Before the beginning, or further than the file system counts.
            return super().seek(0, io.SEEK_END)


def _recording(path: Path, streams: Sequence[VideoStream]) -> VideoStream:
    """Choose the stream that players show: the one marked as default, then the one with the most pixels."""
    # A cover picture of a sound file counts as a video stream, too.
    shown = [stream for stream in streams if not stream.disposition & _NO_RECORDING]
    if not shown:
        raise DecodeError("the file holds no video", where=str(path))
    ranks = [(bool(stream.disposition & Disposition.default), _pixels(stream)) for stream in shown]
    best = max(ranks)
    if ranks.count(best) > 1:
        raise DecodeError(
            "the file holds several videos, and nothing tells which is the recording",
            where=str(path),
            expected="one, or one marked as default",
            found=f"{ranks.count(best)} of equal rank",
            hint="keep one of them: ffmpeg -i FILE -map 0:v:0 -c copy ONE.mkv",
        )
    return shown[ranks.index(best)]


def _pixels(stream: VideoStream) -> int:
    return stream.codec_context.width * stream.codec_context.height if _has_decoder(stream) else 0


def _has_decoder(stream: VideoStream) -> bool:
    # Typed as if there always were a context; a PyAV without the codec gives none.
    context: object = stream.codec_context
    return context is not None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16_384)


def check_whole(path: Path) -> None:
    """Refuse a file that is empty, ends early, holds two recordings, or is beyond the limit of size."""
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise DecodeError("the file is empty", where=str(path))
    if size_bytes > BUDGET.file_bytes:
        raise _beyond(path, f"at most {BUDGET.file_bytes:,} bytes", f"{size_bytes:,} bytes")
    kind = identify(_head(path)).name
    missing = missing_part(path, kind)
    if missing:
        raise DecodeError(f"the file ends early: {missing}", where=str(path), hint=DAMAGED_HINT)
    if second_recording(path, kind):
        raise DecodeError(
            "a second recording follows in the same file", where=str(path), expected="one", hint="cut the file apart"
        )


def check_size(path: Path, width_px: int, height_px: int) -> None:
    """Refuse pictures beyond the limit of a side, and note what a frame costs."""
    if max(width_px, height_px) > BUDGET.side_px:
        raise too_large(path, f"{width_px} x {height_px} px")
    if (costs := spent()) is not None:
        costs.see_size(width_px, height_px)


def check_count(path: Path, count: int) -> None:
    """Refuse more frames than the limit, or more pixels in all of them."""
    if count > BUDGET.frames:
        raise _beyond(path, f"at most {BUDGET.frames:,} frames", f"more than {BUDGET.frames:,}")
    if (costs := spent()) is not None:
        costs.see_count(count)


def check_duration(path: Path, times_s: NDArray[np.float64]) -> None:
    """Refuse times, rising from 0, beyond the limit of duration."""
    if times_s.size and times_s[-1] > BUDGET.duration_s:
        raise _beyond(path, f"at most {BUDGET.duration_s:,.0f} s", f"{times_s[-1]:,.0f} s")


def too_large(path: Path, found: str) -> TooLargeError:
    """Return the error for a picture beyond the limit of a side."""
    return _beyond(path, f"at most {BUDGET.side_px} px on a side", found)


def _beyond(path: Path, limit: str, found: str) -> TooLargeError:
    return TooLargeError("too large for a recording", where=str(path), expected=limit, found=found)
