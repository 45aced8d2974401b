"""Clips of actions without a video: which frames they have, and that skeletons lie within them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.site.action_results import shard, site_of, write_dataset, write_tracks_and_poses
from vpdlib.datasets.tables import VideoRow, read_videos, write_rows
from vpdlib.site.pages import action


@pytest.fixture
def without_videos(tmp_path):
    """The made-up results, whose keypoints stand in for videos."""
    write_dataset(tmp_path)
    path = tmp_path / "dataset/videos.csv"
    write_rows(path, [replace(row, path="") for row in read_videos(path)], VideoRow)
    write_tracks_and_poses(tmp_path)
    return site_of(tmp_path, tmp_path / "out")


def test_skeletons_are_drawn_alone(without_videos):
    page = action.build(without_videos)
    assert page.context["num_clips"] == 4
    assert not list((without_videos.out / "clips").iterdir())
    # A clip, but no file: other pages show none.
    assert [row[6:] for row in shard(without_videos, "action_index")] == [[True, False]] * 4
    for clip in shard(without_videos, "action_clip_0"):
        assert clip["file"] is False
        width, height = clip["size"]
        assert width <= 320
        assert height <= 240
        boxes = np.array([box for box in clip["boxes"] if box is not None])
        assert boxes.min() >= 0
        assert (boxes[:, [0, 2]] <= width).all()
        assert (boxes[:, [1, 3]] <= height).all()
        # As large as may be.
        assert np.ptp(boxes[:, [1, 3]]) > 0.85 * height
        assert len(clip["boxes"]) == len(clip["ms"]) == len(clip["scores"])
        assert 0 <= clip["poster"] < len(clip["ms"])


def test_frames_are_those_of_a_clip_with_pictures(without_videos, tmp_path):
    action.build(without_videos)
    bare = shard(without_videos, "action_clip_0")
    write_dataset(tmp_path)
    other = site_of(tmp_path, tmp_path / "with_pictures")
    action.build(other)
    for one, pictured in zip(bare, shard(other, "action_clip_0"), strict=True):
        assert pictured["file"] is True
        assert (one["first"], one["ms"]) == (pictured["first"], pictured["ms"])


def test_without_tracks_there_are_none(tmp_path, without_videos):
    site = site_of(tmp_path, tmp_path / "alone", there=[])
    assert action.build(site).context["num_clips"] == 0
    assert [row[6:] for row in shard(site, "action_index")] == [[False, False]] * 4
