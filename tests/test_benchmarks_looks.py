"""The scan is found on drawn screens of many looks: bars, panels, buttons, thumbnails, several scans, phones."""

from __future__ import annotations

import pytest

from benchmarks.looks import score
from benchmarks.makers import LOOKS, look
from benchmarks.sector import PROBES
from lusdata.media.sector.finder import find_sector


@pytest.mark.parametrize("name", LOOKS)
def test_the_scan_is_found_among_bars_and_panels_and_several_are_counted(name):
    number = list(LOOKS).index(name)
    frame_count, gain = ((1, 1.0), (6, 0.5))[number % 2]
    shown = look(name, PROBES[number % 3], 1, height_px=300, frame_count=frame_count, gain=gain)
    found = find_sector(shown.frames)
    scored = score(shown, found)
    assert scored.mask > 0.85
    assert found.parts == shown.parts
    assert not scored.across
    assert len(found.other_squares) == len(shown.scans) - 1
    assert found.is_sure == (len(shown.scans) == 1)


def test_each_other_scan_has_its_square():
    shown = look("four panels", "convex", 3, height_px=300, frame_count=1)
    found = find_sector(shown.frames)
    held = []
    for box in (found.square_box, *found.other_squares):
        window = (slice(box.top_px, box.top_px + box.height_px), slice(box.left_px, box.left_px + box.width_px))
        parts = [float(scan[window].sum() / scan.sum()) for scan in shown.scans]
        assert sorted(parts)[:-1] == pytest.approx([0, 0, 0], abs=0.01)
        held.append(parts.index(max(parts)))
        assert max(parts) > 0.6
    assert sorted(held) == [0, 1, 2, 3]
