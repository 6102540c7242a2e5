"""The door to Pillow: a stranger's still picture is opened as what its bytes say, within limits, and with one error."""

from __future__ import annotations

import logging
import os
import re
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from lusdata.errors import DecodeError, came_through
from lusdata.media.decode.open_file import DAMAGED_HINT, check_size, too_large
from lusdata.wording import one_line

__all__ = ["PILLOW_FAULTS", "loaded", "open_picture", "pillow_faults"]

_MOST_SAID = 4096
# Pillow logs some faults that it raises as well; without a handler of the user's, Python prints those.
logging.getLogger("PIL").addHandler(logging.NullHandler())
PILLOW_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers raise for bytes that they cannot make sense of."""


@contextmanager
def open_picture(path: Path, form: str) -> Iterator[ImageFile.ImageFile]:
    """Open a still picture; its pixels are not read yet.

    Parameters
    ----------
    path : Path
        The file.
    form : str
        The format as Pillow calls it; as no other one is the file read.

    Yields
    ------
    PIL.ImageFile.ImageFile
        No larger than the budget allows.

    Raises
    ------
    DecodeError
        If Pillow does not know the form, or the picture is too large.
    OSError
        If the file cannot be read.
    """
    with warnings.catch_warnings(), path.open("rb") as file:
        # Pillow warns of damaged tags and of pictures above a limit of its own, which lies above the one of lusdata.
        warnings.simplefilter("ignore")
        with pillow_faults(path, "not a picture that can be read"):
            try:
                image = Image.open(file, formats=[form])
            except UnidentifiedImageError as error:
                raise DecodeError(
                    "not a picture that can be read",
                    where=str(path),
                    found=f"a form of {form} that Pillow does not know",
                    hint="save it as PNG; if it opens nowhere else, fetch it again",
                ) from error
            except Image.DecompressionBombError as error:
                # Pillow tells the size in its sentence alone.
                pixels = next((int(number) for number in re.findall(r"\d+", str(error))), 0)
                raise too_large(path, f"{pixels:,} px in all") from error
        check_size(path, *image.size)
        with image:
            yield image


def loaded(path: Path, image: ImageFile.ImageFile) -> None:
    """Decode the pixels of an opened picture.

    Raises
    ------
    DecodeError
        If it is damaged or ends early.
    """
    said: list[str] = []
    quiet = _chatter_kept(said) if image.format == "TIFF" else nullcontext()
    with pillow_faults(path, "the picture cannot be decoded", said), quiet:
        image.load()
    if said:
        raise _undecodable(path, "the picture cannot be decoded", said[0])


@contextmanager
def pillow_faults(path: Path, sentence: str, said: Sequence[str] = ()) -> Iterator[None]:
    """Turn what Pillow raises for a damaged file into one error; what the system raises stays.

    Parameters
    ----------
    path : Path
        The file.
    sentence : str
        What the error says first.
    said : sequence of str, optional
        What the decoder has said by then, which tells more than what Pillow raises.
    """
    try:
        yield
    except PILLOW_FAULTS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if isinstance(error, (AttributeError, TypeError)) and not came_through(error, "PIL"):
            # A call that does not fit says nothing of the file.
            raise
        raise _undecodable(path, sentence, said[0] if said else str(error) or type(error).__name__) from error


def _undecodable(path: Path, sentence: str, reason: str) -> DecodeError:
    return DecodeError(sentence, where=str(path), found=one_line(reason), hint=DAMAGED_HINT)


@contextmanager
def _chatter_kept(said: list[str]) -> Iterator[None]:
    """Keep what a library writes on standard error by itself off the terminal, while the context is open."""
    try:
        terminal = os.dup(2)
    except OSError:
        # There is no standard error to talk on.
        yield
        return
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            kept.seek(0)
            said += kept.read(_MOST_SAID).decode("utf-8", "replace").splitlines()
