"""What FFmpeg logs as an error counts as one, and nobody else's logging changes."""

from __future__ import annotations

import threading

import av.logging
import numpy as np
import pytest
from clips import write_clip

from lusdata.errors import DecodeError
from lusdata.media.decode.complaints import Complaints, logged_errors
from lusdata.media.decode.decoder import survey


def say(level: int, name: str, message: str) -> str:
    av.logging.log(level, name, message)
    return message


def test_the_first_error_is_kept_and_the_result_returned():
    complaints = Complaints()
    with logged_errors():
        assert complaints.during(say, av.logging.WARNING, "h264", "odd, but fine") == "odd, but fine"
        assert complaints.first == ""
        complaints.during(say, av.logging.ERROR, "h264", "broken\n here")
        complaints.during(say, av.logging.ERROR, "h264", "broken there")
    assert complaints.first == "h264: broken here"
    complaints.forget()
    assert complaints.first == ""


def test_an_error_is_heard_again_in_the_next_file():
    for _ in range(3):
        complaints = Complaints()
        with logged_errors():
            complaints.during(say, av.logging.ERROR, "h264", "the same words")
        assert complaints.first == "h264: the same words"


def test_only_the_part_that_is_listened_to_counts():
    demuxer, any_part = Complaints(of="matroska,webm"), Complaints()
    with logged_errors():
        demuxer.during(say, av.logging.ERROR, "h264", "broken")
        any_part.during(say, av.logging.ERROR, "swscaler", "not of the stream")
    assert (demuxer.first, any_part.first) == ("", "")


def test_settings_are_as_before_and_nothing_reaches_a_terminal(capfd, caplog):
    with logged_errors(), logged_errors():
        say(av.logging.ERROR, "h264", "nobody listens")
    assert (av.logging.get_level(), bool(av.logging.get_skip_repeated())) == (None, True)
    av.logging.set_level(av.logging.WARNING)
    try:
        with logged_errors():
            assert av.logging.get_level() == av.logging.WARNING
    finally:
        av.logging.set_level(None)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_threads_hear_their_own_errors_only():
    heard: dict[str, str] = {}
    both = threading.Barrier(2)

    def listen(words: str) -> None:
        complaints = Complaints()
        with logged_errors():
            both.wait()
            complaints.during(say, av.logging.ERROR, "h264", words)
            both.wait()
        heard[words] = complaints.first

    threads = [threading.Thread(target=listen, args=(words,)) for words in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"one": "h264: one", "two": "h264: two"}


@pytest.mark.parametrize("codec", ["mpeg4", "mpeg2video", "mjpeg", "ffv1"])
def test_what_a_decoder_conceals_is_an_error(codec, tmp_path):
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_clip(tmp_path / "clip.mkv", codec=codec, pixel_format=pixel_format, size=(160, 120))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = np.random.default_rng(3).integers(1, 255, 200, np.uint8).tobytes()
    path.write_bytes(data)
    with pytest.raises(DecodeError, match=r"decoding stops after \d+ frames|frame \d+ is damaged"):
        survey(path)
