"""What FFmpeg lists of a file: tags of file and streams, chapters, attachments, and streams beside the pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import AttachmentStream, Disposition, Stream

from lusdata.media.beside.coded import coded_text
from lusdata.media.beside.item import SILENT, Item, plain
from lusdata.media.beside.unclaimed import text_runs
from lusdata.media.decode.open_file import open_container, tags_of

__all__ = ["Span", "stream_items"]

Span = tuple[int, int]
"""First byte and length of a packet in its file."""

_MOST_PACKET_TEXT_BYTES = 1 << 16
_MOST_TEXTS = 100
_LEAST_STEP = 2.0**-15
# In AVI these say when the subject was recorded, elsewhere when the file was written.
_NAMES_IN_AVI = {"date": "date_recorded", "creation_time": "idit"}


def stream_items(path: Path) -> tuple[list[Item], list[Span]]:
    """List what FFmpeg knows of a file beside its pictures.

    Parameters
    ----------
    path : Path
        A video or a picture.

    Returns
    -------
    items : list of Item
        Tags of programs among them; the first video stream that is no cover counts as the recording.
    spans : list of (int, int)
        Where the packets of all streams lie.

    Raises
    ------
    DecodeError, OSError
        As `lusdata.media.decode.open_file.open_container`.
    """
    with open_container(path) as container:
        items = list(_tags(tags_of(container), "tag"))
        if container.format.name == "avi":
            items = [replace(one, name=_NAMES_IN_AVI.get(one.name, one.name)) for one in items]
        for number, chapter in enumerate(container.chapters(), start=1):
            items += [Item(f"chapter {number}", "text", one.text, one.name) for one in _tags(chapter["metadata"], "")]
        pictures = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
        spans, texts, inside = _packets(container)
        items += [Item("text inside the coded pictures", "text", text, "coded") for text in inside]
        for stream in container.streams:
            place = f"stream {stream.index} ({stream.type})"
            items += _tags(tags_of(stream), "tag", of=place)
            items += _carried(stream, place, texts.get(stream.index, ""), is_recording=stream in pictures[:1])
    return [*items, *_sounds(path)], spans


def _tags(tags: Mapping[str, str], what: str, *, of: str = "") -> Iterator[Item]:
    for name, text in sorted(tags.items()):
        words = plain(text)
        if words:
            where = f"{what} '{plain(name)[:40]}'".strip() + (f" of {of}" if of else "")
            yield Item(where, "text", words, name.lower())


def _carried(stream: Stream, place: str, text: str, *, is_recording: bool) -> Iterator[Item]:
    """Yield what a stream is, unless it is the recording, or sound, which is listened to apart."""
    if isinstance(stream, AttachmentStream):
        inside = "; ".join(text_runs(bytes(stream.data or b"")[:_MOST_PACKET_TEXT_BYTES]))
        yield Item(f"attachment '{plain(stream.name or '')[:60]}'", "attachment", plain(inside))
    elif stream.type == "video" and not is_recording:
        cover = stream.disposition & Disposition.attached_pic
        yield Item(f"{place}, a cover" if cover else place, "picture" if cover else "video")
    elif stream.type == "subtitle":
        yield Item(place, "subtitle", text)
    # A QuickTime timecode is one number.
    elif stream.type not in ("video", "audio") and not ("timecode" in stream.metadata and len(text) <= 8):
        yield Item(place, "data", text)


def _packets(container: InputContainer) -> tuple[list[Span], dict[int, str], list[str]]:
    """Return where packets lie, the text in those of subtitles and data by stream, and that inside pictures."""
    spans: list[Span] = []
    inside: dict[str, None] = {}
    # What stands in the file of a still picture is told apart.
    is_still = container.format.name.endswith("_pipe") or container.format.name == "image2"
    texts: dict[int, bytes] = {}
    for stream in container.streams.video:
        # Typed as if there always were a context; a PyAV without the codec gives none.
        context: object = stream.codec_context
        setup = stream.codec_context.extradata if context is not None else None
        if setup:
            inside.update(dict.fromkeys(map(plain, coded_text(stream.codec_context.name, setup))))
    try:
        for packet in container.demux():
            if packet.pos is not None and packet.size:
                spans.append((packet.pos, packet.size))
            kind, index = packet.stream.type, packet.stream.index
            if kind == "video" and packet.size and len(inside) < _MOST_TEXTS and not is_still:
                codec = packet.stream.codec_context.name if packet.stream.codec_context else ""
                inside.update(dict.fromkeys(map(plain, coded_text(codec, bytes(packet)))))
            if kind in ("subtitle", "data") and packet.size and len(texts.get(index, b"")) < _MOST_PACKET_TEXT_BYTES:
                texts[index] = texts.get(index, b"") + bytes(packet) + b"\0"
    except av.error.FFmpegError:
        # Whether the recording is whole, decoding tells; what no packet claimed is looked at as bytes.
        pass
    return spans, {index: plain("; ".join(text_runs(data))) for index, data in texts.items()}, list(inside)


def _sounds(path: Path) -> Iterator[Item]:
    with open_container(path) as container:
        indexes = [stream.index for stream in container.streams.audio]
    for index in indexes:
        yield Item(f"stream {index} (audio)", "sound", SILENT if _is_silent(path, index) else "")


def _is_silent(path: Path, index: int) -> bool:
    """Tell whether a sound track, decoded whole, holds nothing to be heard; what does not decode may hold anything."""
    with open_container(path) as container:
        stream = container.streams[index]
        if not isinstance(stream, AudioStream):
            return False
        try:
            for frame in container.decode(stream):
                samples = frame.to_ndarray()
                middle, full = _range(samples.dtype)
                if float(np.abs(samples.astype(np.float64) - middle).max(initial=0.0)) >= full * _LEAST_STEP:
                    return False
        except (av.error.FFmpegError, ValueError):
            return False
    return True


def _range(kind: np.dtype[np.generic]) -> tuple[float, float]:
    """Return the middle and the greatest distance from it of a kind of samples."""
    if kind.kind == "f":
        return 0.0, 1.0
    full = float(2 ** (8 * kind.itemsize - 1))
    return (full if kind.kind == "u" else 0.0), full
