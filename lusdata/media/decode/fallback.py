"""For codecs that this installation of PyAV lacks: imageio-ffmpeg's program rewrites the video without loss.

PyAV's wheels bring their decoders along, but a PyAV built against a system's own FFmpeg may lack some. The copy
keeps every frame and every presentation time, so what follows does not know the difference.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lusdata.budget import BUDGET
from lusdata.errors import DecodeError, InternalError, TooLargeError, TooSlowError
from lusdata.scratch import scratch_folder

__all__ = ["rewritten"]


@contextmanager
def rewritten(path: Path, stream: int | None = None) -> Iterator[Path]:
    """Rewrite a video as FFV1 in Matroska for as long as the context is open.

    Parameters
    ----------
    path : Path
        The video.
    stream : int, optional
        The stream to rewrite, by its place among all of the file; by default the first one of pictures.

    Yields
    ------
    Path
        A temporary file with the same frames at the same times.

    Raises
    ------
    DecodeError
        If the ffmpeg program cannot read it either.
    TooLargeError, TooSlowError
        If that costs more than a recording may.
    InternalError
        If imageio-ffmpeg, which comes with lusdata, was taken out.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        needed = "PyAV has no decoder for the video, and imageio-ffmpeg, whose program may have one, is not installed"
        raise InternalError(needed, where=str(path)) from error
    with scratch_folder() as folder:
        copy = folder / "copy.mkv"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-xerror"]
        # Only this very file: playlists and scripts inside it must not make ffmpeg open others.
        command += ["-protocol_whitelist", "file", "-i", f"file:{path.resolve()}", "-map"]
        command += ["0:v:0" if stream is None else f"0:{stream}"]
        command += ["-fps_mode", "passthrough", "-copyts", "-c:v", "ffv1", "-fs", str(BUDGET.file_bytes), str(copy)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=BUDGET.processor_s, check=False)
        except subprocess.TimeoutExpired as error:
            raise TooSlowError(
                "too slow to decode", where=str(path), expected=f"at most {BUDGET.processor_s:,.0f} s to rewrite it"
            ) from error
        if done.returncode or not copy.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise DecodeError(
                "neither PyAV nor the ffmpeg program has a decoder for the video",
                where=str(path),
                found=said[-1][:200] if said else "no reason given",
            )
        if copy.stat().st_size >= BUDGET.file_bytes:
            expected = f"at most {BUDGET.file_bytes:,} bytes, rewritten without loss"
            raise TooLargeError("too large for a recording", where=str(path), expected=expected)
        yield copy
