"""Segment sampling against naive loops, and against the frames that the paper's figures imply."""

import math
from fractions import Fraction

import numpy as np
import pytest

from vpdlib.baselines.segments import (
    clip_segments,
    flow_channels,
    random_segments,
    stacked_frames,
)

SIZES = [(1, 1), (1, 8), (5, 8), (8, 8), (9, 8), (17, 8), (100, 16), (37, 3)]


def naive_segments(num_frames, num_segments, fraction):
    """The frame at a fraction of each segment, by exact fractions."""
    length = Fraction(num_frames, num_segments)
    return [math.floor(length * (i + fraction)) for i in range(num_segments)]


@pytest.mark.parametrize(("num_frames", "num_segments"), SIZES)
def test_clips_are_the_frames_at_a_share_of_each_segment(num_frames, num_segments):
    one = clip_segments(num_frames, num_segments)
    assert one.tolist() == [naive_segments(num_frames, num_segments, Fraction(1, 2))]
    for num_clips in (2, 3):
        clips = clip_segments(num_frames, num_segments, num_clips)
        expected = [
            naive_segments(num_frames, num_segments, Fraction(clip, num_clips))
            for clip in range(num_clips)
        ]
        assert clips.tolist() == expected


def test_sixteen_frames_and_two_clips_cover_an_action():
    clips = clip_segments(64, 16, 2)
    assert clips.tolist() == [list(range(0, 64, 4)), list(range(2, 64, 4))]


@pytest.mark.parametrize(("num_frames", "num_segments"), SIZES)
def test_random_frames_lie_in_their_segments_and_reach_all_of_them(num_frames, num_segments):
    rng = np.random.default_rng(0)
    drawn = np.array([random_segments(num_frames, num_segments, rng) for _ in range(3000)])
    assert drawn.dtype == np.int64
    length = Fraction(num_frames, num_segments)
    for segment in range(num_segments):
        possible = {
            frame
            for frame in range(num_frames)
            if frame < length * (segment + 1) and frame + 1 > length * segment
        }
        assert set(drawn[:, segment].tolist()) == possible


def test_frames_are_drawn_as_often_as_they_share_in_the_segment():
    # 3 segments of 5 frames: the second spans 1 2/3 to 3 1/3.
    rng = np.random.default_rng(0)
    drawn = np.array([random_segments(5, 3, rng)[1] for _ in range(20_000)])
    shares = np.bincount(drawn, minlength=5) / len(drawn)
    np.testing.assert_allclose(shares, [0, 0.2, 0.6, 0.2, 0], atol=0.015)


def test_the_seed_decides():
    draws = [random_segments(50, 8, np.random.default_rng(seed)).tolist() for seed in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


def test_the_last_draw_stays_in_the_action():
    class Highest:
        def random(self, size):
            return np.full(size, np.nextafter(1.0, 0.0))

    for num_frames in range(1, 300):
        assert random_segments(num_frames, 7, Highest())[-1] == num_frames - 1


def test_stacks_end_within_the_action_where_it_is_long_enough():
    rng = np.random.default_rng(0)
    for num_frames in (5, 6, 40):
        for positions in (
            random_segments(num_frames, 4, rng, 5),
            clip_segments(num_frames, 4, 2, 5),
        ):
            stacks = stacked_frames(positions, 5, num_frames)
            assert stacks.shape == (*positions.shape, 5)
            assert (np.diff(stacks, axis=-1) == 1).all()
            assert stacks.max() < num_frames
    assert stacked_frames(np.array([0, 2]), 4, 3).tolist() == [[0, 1, 2, 2], [2, 2, 2, 2]]


def test_flow_channels_alternate_within_a_stack():
    flow = np.random.default_rng(0).random((2, 3, 4, 5, 2))
    channels = flow_channels(flow)
    assert channels.shape == (2, 6, 4, 5)
    for segment in range(2):
        for position in range(3):
            for axis in range(2):
                np.testing.assert_array_equal(
                    channels[segment, 2 * position + axis], flow[segment, position, :, :, axis]
                )
    np.testing.assert_array_equal(flow_channels(flow[1]), channels[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clip_segments(0, 8), "action of 0 frames"),
        (lambda: random_segments(5, 0, np.random.default_rng(0)), "0 segments"),
        (lambda: clip_segments(5, 8, 0), "0 test clips"),
        (lambda: flow_channels(np.zeros((3, 4, 4, 1))), "flow stacks"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
