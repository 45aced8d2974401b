"""The overlay of what was found: names while an action goes on, and a bar of all."""

import numpy as np
import pytest

from vpdlib.datasets.tables import VideoRow
from vpdlib.finding.table import FoundRow
from vpdlib.report.found_overlay import (
    class_colours,
    draw_strip,
    time_to_px,
    write_found_overlay,
)
from vpdlib.video.reader import Frame, read_frames

VIDEO = VideoRow("x", "x.mp4", 0, 25.0, 800, 240, 10, 0.4)
CLASSES = ("jump", "turn", "roll")


def found(start, end, label="jump"):
    return FoundRow("x", "", start, end, label, 0.87, "turn", 0.1, "0.9", "", "")


def frames(num=10):
    for at in range(num):
        yield Frame(at, at / 25, np.full((240, 800, 3), 60, np.uint8))


def test_the_name_is_shown_while_the_action_goes_on(tmp_path):
    out = tmp_path / "out.mp4"
    box_px = np.tile([300.0, 60, 400, 200], (10, 1))
    box_px[9] = np.nan
    rows = [found(0.08, 0.2)]
    keypoints = np.full((10, 17, 3), [350, 130, 1.0])
    written = write_found_overlay(
        frames(), VIDEO, out, box_px, np.ones(10, np.uint8), rows, CLASSES, keypoints
    )
    assert written == 10
    pictures = [frame.rgb.astype(int) for frame in read_frames(out)]
    assert pictures[0].shape[1] == 800
    colour = class_colours(CLASSES)["jump"]
    named = [np.abs(picture[3, 3] - colour).max() < 40 for picture in pictures]
    assert named == [2 <= at < 5 for at in range(10)]
    # Box and skeleton where there are some; the line moves.
    assert np.abs(pictures[0][130, 300:303] - 60).max() > 60
    assert np.abs(pictures[0][130, 350] - 60).max() > 60
    assert np.abs(pictures[9][130, 300] - 60).max() < 20
    bar = [picture[253, :].min(axis=1) for picture in pictures]
    assert [int(row.argmax()) for row in bar] == pytest.approx(
        [time_to_px(at / 25, 0.4, 800) for at in range(10)], abs=2
    )


def test_the_bar_has_every_action_in_its_colour():
    colours = class_colours(CLASSES)
    rows = [found(0, 1), found(5000.0, 5000.5, "roll")]
    strip = draw_strip(400, 10_000, rows, ["jump", "roll"], colours)
    row = strip[20].tolist()
    assert row.count(list(colours["jump"])) == 2
    assert row.index(list(colours["roll"])) == time_to_px(5000, 10_000, 400)
    assert len({tuple(colour) for colour in colours.values()}) == 3


def test_names_that_do_not_fit_go_to_further_lines():
    names = [f"a_rather_long_name_{number}" for number in range(9)]
    colours = class_colours(names)
    low = draw_strip(300, 10, [], names[:1], colours)
    assert len(draw_strip(300, 10, [], names, colours)) > 4 * 20 + len(low)
    assert len(draw_strip(300, 10, [], [], colours)) < len(low)


def test_arrays_of_another_video_are_refused(tmp_path):
    box_px, origin = np.full((10, 4), np.nan), np.zeros(10, np.uint8)
    with pytest.raises(ValueError, match="9 rows of origin for 10 boxes"):
        write_found_overlay(frames(), VIDEO, tmp_path / "o.mp4", box_px, origin[:9], [], CLASSES)
    with pytest.raises(ValueError, match="more than the 10 frames"):
        write_found_overlay(frames(11), VIDEO, tmp_path / "o.mp4", box_px, origin, [], CLASSES)
