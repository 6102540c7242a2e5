"""What one recording may cost, in one place: bytes, pixels, seconds and memory.

Recordings come from strangers, and a few kilobytes can ask for hours and gigabytes. Past any of these limits a
recording is refused as too large or too slow, in one line, and the others go on. The limits lie far above what lung
ultrasound needs, so whoever meets one should look at the file. ``SECURITY.md`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BUDGET", "Budget"]


@dataclass(frozen=True)
class Budget:
    """The limits of one recording.

    Attributes
    ----------
    file_bytes : int
        Size of its file.
    side_px : int
        Longer side of a frame.
    frames : int
        Frames of the file, sampled or not.
    pixels : int
        All of them together: frames x width x height.
    duration_s : float
        From the first frame to the last.
    rate_hz : float
        Mean rate that a manifest may state.
    held_bytes : int
        Frames that are held decoded at a time.
    processor_s, wall_s : float
        Work of a processor, and time by the clock, from the opened file to the finished frames.
    memory_bytes : int
        Memory of a process that decodes, beyond what it has before.
    transfer_s : float
        Time by the clock until one address has given the file, all tries together.
    spare_bytes : int
        Space that a transfer leaves free on the disk.
    """

    file_bytes: int = 2 << 30
    side_px: int = 8192
    frames: int = 200_000
    pixels: int = 10_000_000_000
    duration_s: float = 3600.0
    rate_hz: float = 1_000_000.0
    held_bytes: int = 2 << 30
    processor_s: float = 300.0
    wall_s: float = 900.0
    memory_bytes: int = 4 << 30
    transfer_s: float = 3600.0
    spare_bytes: int = 32 << 20


BUDGET = Budget()
"""The limits that hold everywhere: in fetching, decoding, adding, building and in the rules about manifests."""
