"""The choice of the athlete: salience by hand, the rules, and bridging of long losses."""

import numpy as np
import pytest
from scenes import box_at, keypoints, lost_between, runner, scene, spectator

from vpdlib.tracking.associate import associate
from vpdlib.tracking.athlete import choose_athlete
from vpdlib.tracking.people import PeopleDetections
from vpdlib.tracking.salience import height_change, inverted, salience, travel
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import track_athlete, track_datasets

SETTINGS = TrackingSettings()


def segments_of(people, settings=SETTINGS):
    return choose_athlete(associate(people, settings), people, settings)


def choose(people, settings=SETTINGS):
    """The athlete's longest segment; None where there is none."""
    return max(segments_of(people, settings), key=len, default=None)


def test_salience_by_hand():
    people = scene([lambda t: (box_at(320, 180, 64, 180), 0.5, t >= 2)], num_frames=100, stride=4)
    (track,) = associate(people, SETTINGS)
    # 25 detections that stand for 0.16 s each, 1/20 of the frame, score 0.5, no travel.
    assert salience(track, people, SETTINGS) == pytest.approx(25 * 0.16 / 20 * 0.5**2)
    upside_down = SETTINGS.model_copy(update={"athlete_rule": "upside_down"})
    # 12 of them inverted, with weight 3.
    expected = (13 + 3 * 12) * 0.16 / 20 * 0.5**2
    assert salience(track, people, upside_down) == pytest.approx(expected)


def test_one_in_the_middle_beats_a_larger_one_at_the_edge():
    athlete = choose(scene([spectator, runner]))
    assert athlete is not None
    assert athlete.box_px[0][0] == pytest.approx(95)


def test_travel_decides_between_equals():
    def still(t):
        return box_at(320, 200, 50, 125), 0.8, False

    athlete = choose(scene([still, runner]))
    assert travel(athlete) == pytest.approx(100 * 4 * 0.9 / 120, rel=0.05)
    no_travel = SETTINGS.model_copy(update={"travel_bonus": 0.0})
    assert travel(choose(scene([still, runner]), no_travel)) == 0


def test_changing_height_decides_where_a_pan_moves_everyone():
    def bystander(t):
        return box_at(160 + 60 * t, 180, 55, 130), 0.85, False

    def gymnast(t):
        height = 60 if t % 1 < 0.4 else 120
        return box_at(300 + 60 * t, 240 - height / 2, 50, height), 0.8, False

    athlete = choose(scene([bystander, gymnast]))
    assert height_change(athlete) == pytest.approx(60 / 120)
    assert athlete.box_px[0][0] == pytest.approx(275)
    no_shape = SETTINGS.model_copy(update={"shape_bonus": 0.0})
    other = choose(scene([bystander, gymnast]), no_shape)
    assert height_change(other) == pytest.approx(0)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_clip_of_a_few_frames_has_its_athlete(stride):
    """A track lasts from its first to its last detection, the only one of a clip at times."""
    for num_frames in range(1, 8):
        assert choose(scene([runner], num_frames=num_frames, stride=stride)) is not None


def test_upside_down_rule():
    def coach(t):
        return box_at(250, 180, 70, 170), 0.8, False

    def gymnast(t):
        return box_at(400, 180, 50, 120), 0.7, 1 < t < 3

    assert choose(scene([coach, gymnast])).box_px[0][0] == 215
    rule = SETTINGS.model_copy(update={"athlete_rule": "upside_down", "inverted_bonus": 4.0})
    assert choose(scene([coach, gymnast]), rule).box_px[0][0] == 375


def test_inverted_needs_four_sure_keypoints():
    box = box_at(100, 100)
    points = np.stack([keypoints(box), keypoints(box, True), keypoints(box, True), keypoints(box)])
    points[2, 11, 2] = 0.1
    points[3] = np.nan
    assert inverted(points).tolist() == [False, True, False, False]


def test_long_losses_are_bridged_to_the_same_person_only():
    people = scene([lost_between(runner, 1.0, 2.5), spectator], num_frames=150)
    athlete = choose(people)
    assert (athlete.start_s, athlete.end_s) == (0, pytest.approx(148 / 25))
    assert max(np.diff(athlete.time_s)) > 1
    no_bridge = SETTINGS.model_copy(update={"bridge_s": 0.0})
    assert choose(people, no_bridge).start_s > 1


def test_short_tracks_are_no_athlete():
    def blink(t):
        return (box_at(320, 180, 200, 300), 0.99, False) if t < 0.2 else None

    assert choose(scene([blink, runner])).box_px[0][2] < 200
    assert choose(scene([blink])) is None
    # In a clip that is itself short it may be one.
    assert choose(scene([blink], num_frames=6)) is not None
    assert choose(scene([runner], num_frames=1)) is not None


def test_nobody_and_nobody_central():
    assert choose(scene([])) is None
    assert choose(scene([spectator])) is None


def test_two_athletes_over_a_net():
    """The near one, the far one, an umpire between them and a judge behind: each side finds its own."""
    from dataclasses import replace

    def near(t):
        return box_at(250 + 30 * t, 270, 60, 150), 0.8, False

    def far(t):
        return box_at(380 - 20 * t, 120, 30, 80), 0.7, False

    def judge(t):
        return box_at(600, 90, 40, 110), 0.9, False

    def umpire(t):
        return box_at(40, 170, 60, 150), 0.9, False

    people = scene([umpire, far, judge, near])
    for athlete, first_box in (("near", near(0)[0]), ("far", far(0)[0])):
        chosen = choose(replace(people, athlete=athlete))
        assert np.allclose(chosen.box_px[0], first_box)
    # Without a side it is the larger one.
    assert np.allclose(choose(people).box_px[0], near(0)[0])
    # Nobody is on the far side of a net that is higher up.
    high = SETTINGS.model_copy(update={"net_height": 0.1})
    assert choose(replace(people, athlete="far"), high) is None


def test_a_video_without_a_frame_has_no_track():
    """One that broke after it was listed is carried on so."""
    empty = np.zeros(0)
    people = PeopleDetections(
        frames=empty.astype(int), box_px=[], score=[], keypoints_px=[], num_frames=0,
        width=64, height=48, time_s=empty, shot=empty.astype(np.int32), appearance=[],
    )  # fmt: skip
    track = track_athlete(people, SETTINGS)
    datasets = track_datasets(track, people.time_s, people.shots)
    assert {len(rows) for rows in datasets.values()} == {0}
