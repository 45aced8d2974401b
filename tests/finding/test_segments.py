"""What a recogniser learns from, and what is cut of a video."""

import numpy as np
import pytest
from pydantic import ValidationError

from tests.finding.making import DIM, action, dense, nobody, row, rows
from vpdlib.datasets.tables import EventRow
from vpdlib.finding.segments import (
    Segment,
    actions_are_whole,
    cut,
    labelled,
    segment_tiou,
    training_segments,
)
from vpdlib.finding.settings import FindingSettings


def test_tiou_is_that_of_counted_hundredths():
    rng = np.random.default_rng(0)
    overlapping = 0
    for _ in range(300):
        a, b = np.sort(rng.choice(101, size=(2, 2), replace=True), axis=1)
        if a[0] == a[1] or b[0] == b[1]:
            continue
        one, other = set(range(*a)), set(range(*b))
        wanted = len(one & other) / len(one | other)
        found = segment_tiou(tuple(a / 100), tuple(b / 100))
        assert found == pytest.approx(wanted, abs=1e-9)
        overlapping += wanted > 0
    assert overlapping > 50


@pytest.mark.parametrize("b", [(2.0, 3.0), (5.0, 6.0)])
def test_segments_that_do_not_meet_or_only_touch_have_no_tiou(b):
    assert segment_tiou((1.0, 2.0), b) == 0


MANY = FindingSettings(background_fraction=20, shifted_copies=5, largest_shift=0.4)
VIDEOS = rows("a", "b", duration=20.0)
ACTIONS = [
    action("a", 0.0, 1.0, "axel", number=0),
    action("a", 5.0, 7.0, "lutz", number=1),
    action("a", 18.5, 20.0, "axel", number=2),
    action("b", 3.0, 6.0, "lutz", number=0),
]


def of(segments, video):
    return [segment for segment in segments if segment.video == video]


def test_every_action_is_learnt_from_as_it_is():
    found = training_segments(ACTIONS, VIDEOS, MANY, 0)
    with_id = [segment for segment in found if segment.action]
    assert sorted(with_id, key=lambda s: s.action) == labelled(ACTIONS)


def test_background_overlaps_neither_actions_nor_events_much():
    events = [EventRow("a", 9.0, 12.0, "spin", "train"), EventRow("b", 10.0, 18.0, "spin", "train")]
    found = training_segments(ACTIONS, VIDEOS, MANY, 0, events)
    background = [segment for segment in found if not segment.label]
    assert len(background) > 40
    for segment in background:
        assert 0 <= segment.start_s < segment.end_s <= 20
        for other in (*ACTIONS, *events):
            if other.video == segment.video:
                times = (segment.start_s, segment.end_s)
                assert segment_tiou(times, (other.start, other.end)) < 0.3


def test_background_is_about_as_long_as_an_action():
    found = training_segments(ACTIONS, VIDEOS, MANY, 0)
    lengths = [segment.end_s - segment.start_s for segment in found if not segment.label]
    assert min(lengths) >= 0.5 * 1.0 - 1e-9
    assert max(lengths) <= 1.5 * 3.0 + 1e-9


def test_a_video_that_is_all_action_has_no_background():
    found = training_segments([action("a", 0.0, 20.0, "axel")], VIDEOS, MANY, 0)
    assert all(segment.label for segment in found)


def test_as_much_background_as_is_asked_for():
    settings = FindingSettings(background_fraction=1.5, shifted_copies=0)
    found = training_segments(ACTIONS[:2], VIDEOS, settings, 0)
    assert len(found) == 2 + 3


def test_shifted_copies_stay_near_and_keep_their_label():
    found = training_segments(ACTIONS, VIDEOS, MANY, 0)
    for one in ACTIONS:
        largest = 0.4 * (one.end - one.start)
        copies = [
            segment
            for segment in of(found, one.video)
            if segment.label == one.label
            and not segment.action
            and abs(segment.start_s - one.start) <= largest
            and abs(segment.end_s - one.end) <= largest
        ]
        assert len(copies) == 5
        assert len({(copy.start_s, copy.end_s) for copy in copies}) == 5
    copied = [segment for segment in found if segment.label and not segment.action]
    assert len(copied) == 5 * len(ACTIONS)
    assert all(0 <= segment.start_s < segment.end_s <= 20 for segment in copied)


def test_ends_never_shift_past_each_other():
    with pytest.raises(ValidationError, match=r"less than 0\.5"):
        FindingSettings(largest_shift=0.5)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        FindingSettings(largest_shift=-0.1)
    settings = FindingSettings(background_fraction=0, shifted_copies=500, largest_shift=0.49)
    found = training_segments(ACTIONS[1:2], VIDEOS, settings, 0)
    assert all(segment.start_s < segment.end_s for segment in found)


def test_the_order_of_actions_does_not_matter():
    there = training_segments(ACTIONS, VIDEOS, MANY, 3)
    back = training_segments(ACTIONS[::-1], dict(reversed(VIDEOS.items())), MANY, 3)
    assert there == back


def test_the_same_seed_draws_the_same_and_another_does_not():
    assert training_segments(ACTIONS, VIDEOS, MANY, 3) == training_segments(
        ACTIONS, VIDEOS, MANY, 3
    )
    assert training_segments(ACTIONS, VIDEOS, MANY, 3) != training_segments(
        ACTIONS, VIDEOS, MANY, 4
    )


def test_copies_of_a_video_do_not_depend_on_other_videos():
    alone = training_segments(ACTIONS[:3], VIDEOS, MANY, 0)
    together = training_segments(ACTIONS, VIDEOS, MANY, 0)
    first = slice(0, 6)
    assert of(alone, "a")[first] == of(together, "a")[first]


def test_background_depends_on_other_videos_only_by_how_long_their_actions_are():
    settings = FindingSettings(background_fraction=5)
    own = [action("a", 0.0, 1.0, "axel"), action("b", 6.0, 7.0, "lutz")]
    moved = [own[0], action("b", 12.0, 13.0, "axel")]
    drawn = [of(training_segments(actions, VIDEOS, settings, 0), "a") for actions in (own, moved)]
    assert drawn[0] == drawn[1]
    assert any(not segment.label for segment in drawn[0])


@pytest.mark.parametrize(
    ("ends", "whole"),
    [
        ([(0.0, 10.0), (0.1, 9.9)], True),
        ([(0.0, 10.0), (0.2, 10.0)], False),
        ([(0.0, 10.0), (0.0, 9.8)], False),
    ],
)
def test_videos_are_whole_actions_by_their_labels(ends, whole):
    actions = [action(video, *times, "axel") for video, times in zip("ab", ends, strict=True)]
    assert actions_are_whole(actions, rows("a", "b"), FindingSettings()) is whole


@pytest.mark.parametrize(("videos_are", "whole"), [("whole", True), ("uncut", False)])
def test_the_setting_is_stronger_than_the_labels(videos_are, whole):
    settings = FindingSettings(videos_are=videos_are)
    for end in (10.0, 4.0):
        actions = [action("a", 0.0, end, "axel")]
        assert actions_are_whole(actions, {"a": row("a")}, settings) is whole


def test_a_cut_has_the_frames_with_the_athlete_within():
    video = dense([0] * 50, absent=[12, 13])
    rng = np.random.default_rng(0)
    # Between frames: what is at one is the next test's.
    for start, end in np.sort(rng.integers(0, 50, size=(50, 2)), axis=1) / 10 + 0.03:
        within = [
            frame for frame in range(50) if start <= frame / 10 < end and frame not in (12, 13)
        ]
        found = cut(video, Segment("a", start, end))
        np.testing.assert_array_equal(found, video.descriptors[within])


def test_a_cut_begins_with_the_frame_at_its_start_and_ends_before_that_at_its_end():
    video = dense([0] * 50)
    np.testing.assert_array_equal(cut(video, Segment("a", 0.3, 0.7)), video.descriptors[3:7])


def test_a_cut_is_thinned_to_the_rate_asked_for():
    video = dense([0] * 50)
    found = cut(video, Segment("a", 1.0, 3.0), target_fps=5.0)
    np.testing.assert_array_equal(found, video.descriptors[10:30:2])


@pytest.mark.parametrize("video", [nobody(), dense([0] * 5, absent=range(5))])
def test_a_cut_without_the_athlete_is_empty(video):
    assert cut(video, Segment("a", 0.0, 9.0)).shape == (0, 2, DIM)
