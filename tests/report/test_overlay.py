"""The overlay video: size, colours, and what is drawn where."""

import numpy as np
import pytest

from vpdlib.report.overlay import (
    ORIGIN_COLOURS,
    draw_skeleton,
    flow_to_rgb,
    score_colour,
    write_overlay,
)
from vpdlib.video.reader import probe, read_frames
from vpdlib.video.writer import VideoWriter


@pytest.fixture
def source(tmp_path):
    with VideoWriter(tmp_path / "in.mp4", 25, 320, 240) as writer:
        for _ in range(6):
            writer.write(np.full((240, 320, 3), 60, np.uint8))
    return tmp_path / "in.mp4"


def test_every_part_is_drawn(tmp_path, source):
    box_px = np.tile([100.0, 40, 200, 200], (6, 1))
    box_px[5] = np.nan
    origin = np.array([1, 3, 2, 1, 1, 0], np.uint8)
    keypoints = np.full((6, 17, 3), np.nan)
    keypoints[2] = [150, 120, 1.0]
    score = np.array([0.5, 0.2, 0.9, np.nan, np.nan, np.nan])
    crops = {0: np.full((32, 32, 3), [200, 30, 30], np.uint8)}
    flows = {0: np.full((32, 32, 2), [-8.0, 0.0], np.float32)}
    out = tmp_path / "deep" / "out.mp4"
    written = write_overlay(
        source, out, box_px, origin, keypoints, score, crops.get, flows.get, score > 0.3, title="x"
    )
    assert written == 6
    info = probe(out)
    assert (info.height, info.declared_frames) == (480, 6)
    frames = [frame.rgb.astype(int) for frame in read_frames(out)]
    for at, code in ((0, 1), (1, 3), (2, 2)):
        # The left edge of the doubled box, drawn two pixels wide.
        edge = frames[at][240, 199:202]
        assert np.abs(edge - ORIGIN_COLOURS[code]).sum(axis=1).min() < 150
    assert np.abs(frames[5][60:420, 150:450] - 60).max() < 15
    assert np.abs(frames[2][240, 300] - score_colour(1.0)).max() < 80
    panel = frames[0][:, 640:]
    assert (np.abs(panel - [200, 30, 30]).max(axis=2) < 40).sum() > 10000
    assert (np.abs(panel - [0, 255, 255]).max(axis=2) < 40).sum() > 8000


def test_boxes_alone_and_a_limit(tmp_path, source):
    out = tmp_path / "out.mp4"
    box_px = np.full((6, 4), np.nan, np.float32)
    assert write_overlay(source, out, box_px, np.zeros(6, np.uint8), max_frames=2) == 2


def test_the_segment_is_told(tmp_path, source):
    box_px = np.tile([100.0, 40, 200, 200], (6, 1))
    panels = []
    for segment in (None, np.zeros(6, int), np.full(6, 7)):
        out = tmp_path / "out.mp4"
        write_overlay(source, out, box_px, np.ones(6, np.uint8), max_frames=1, segment=segment)
        (frame,) = read_frames(out)
        panels.append(frame.rgb[:, 640:].astype(int))
    for one, other in ((0, 1), (1, 2)):
        rows = np.flatnonzero((np.abs(panels[one] - panels[other]) > 60).any(axis=(1, 2)))
        # The second line of text.
        assert 20 <= rows.min() <= rows.max() <= 48
    with pytest.raises(ValueError, match="5 rows of segment for 6 boxes"):
        write_overlay(source, tmp_path / "x.mp4", box_px, np.ones(6), segment=np.zeros(5))


def test_arrays_of_another_video_are_refused(tmp_path, source):
    out = tmp_path / "out.mp4"
    box_px = np.full((6, 4), np.nan)
    with pytest.raises(ValueError, match="5 rows of kept for 6 boxes"):
        write_overlay(source, out, box_px, np.zeros(6), kept=np.zeros(5, bool))
    with pytest.raises(ValueError, match="more than the 3 frames"):
        write_overlay(source, out, box_px[:3], np.zeros(3))
    assert not out.exists()


def test_large_and_odd_videos_are_reduced(tmp_path):
    with VideoWriter(tmp_path / "in.mp4", 25, 1920, 1080) as writer:
        writer.write(np.zeros((1080, 1920, 3), np.uint8))
    write_overlay(tmp_path / "in.mp4", tmp_path / "out.mp4", np.full((1, 4), np.nan), np.zeros(1))
    info = probe(tmp_path / "out.mp4")
    assert info.height == 720
    assert info.width > 1280


def test_colours():
    assert score_colour(0) == (255, 0, 40)
    assert score_colour(0.5) == (255, 255, 40)
    assert score_colour(1) == (0, 255, 40)
    assert score_colour(7) == score_colour(1)
    flow = np.array([[[8, 0], [0, 8], [-8, 0], [0, 0], [4, 0]]], np.float32)
    rgb = flow_to_rgb(flow)[0].astype(int)
    assert rgb[0].tolist() == [255, 0, 0]
    assert rgb[1][1] == 255
    assert rgb[2].tolist() == [0, 255, 255]
    assert rgb[3].tolist() == [0, 0, 0]
    assert abs(rgb[4][0] - 127) <= 1


def test_a_skeleton_of_13_joints_and_joints_far_away():
    picture = np.zeros((100, 100, 3), np.uint8)
    joints = np.full((13, 3), np.nan)
    draw_skeleton(picture, joints)
    assert not picture.any()
    joints[0], joints[1] = [50, 20, 1.0], [1e9, -1e9, 0.1]
    draw_skeleton(picture, joints)
    assert tuple(picture[20, 50]) == score_colour(1.0)
