"""The athlete as a set of segments: who leaves and comes back, is cut away from, or stands beside others."""

import numpy as np
import pytest
from scenes import box_at, scene

from vpdlib.tracking.associate import associate
from vpdlib.tracking.athlete import choose_athlete
from vpdlib.tracking.fill import ORIGIN_NONE
from vpdlib.tracking.likeness import WEIGHTS, Look, Looks, look_of
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import supplied_track, track_athlete, track_datasets

SETTINGS = TrackingSettings()


def performer(x, from_s, to_s, look="red", height=130, sway=60):
    """Someone who moves and crouches about x during a time."""

    def at(t):
        if not from_s <= t < to_s:
            return None
        tall = height * (0.6 if (t - from_s) % 1 > 0.6 else 1.0)
        return (
            box_at(x + sway * np.sin(2 * (t - from_s)), 240 - tall / 2, 50, tall),
            0.8,
            False,
            look,
        )

    return at


def bystander(x, from_s=0.0, to_s=np.inf, look="green", height=120):
    """Someone who stands there during a time."""
    return lambda t: (box_at(x, 200, 45, height), 0.8, False, look) if from_s <= t < to_s else None


def spans(people, settings=SETTINGS):
    """Begin and end of the athlete's segments, s, and the middle of the box of each."""
    track = track_athlete(people, settings)
    result = []
    for number in range(track.segment.max() + 1):
        frames = np.flatnonzero(track.segment == number)
        times = people.time_s[frames]
        assert (np.diff(frames) == 1).all()
        box = track.box_px[frames[len(frames) // 2]]
        result.append((times[0], times[-1], (box[0] + box[2]) / 2))
    assert ((track.segment >= 0) == (track.origin != ORIGIN_NONE)).all()
    assert ((track.segment >= 0) == np.isfinite(track.box_px).all(axis=1)).all()
    return result


def assert_times(found, expected):
    assert len(found) == len(expected)
    for (start, end, _), times in zip(found, expected, strict=True):
        assert (start, end) == pytest.approx(times, abs=0.15)


def test_three_attempts_with_nobody_between():
    people = scene(
        [performer(300, 0, 3), performer(300, 8, 11), performer(300, 16, 19)], num_frames=500
    )
    found = spans(people)
    assert_times(found, [(0.0, 3.5), (7.5, 11.5), (15.5, 19.5)])


def test_who_comes_back_elsewhere_is_followed():
    people = scene([performer(150, 0, 3), performer(500, 6, 9)], num_frames=260)
    found = spans(people)
    assert len(found) == 2
    assert abs(found[0][2] - 150) < 80
    assert abs(found[1][2] - 500) < 80


def test_no_segment_and_no_box_reaches_over_a_cut():
    """The athlete of the second shot stands where that of the first one stood."""
    people = scene(
        [performer(300, 0, 2, "red"), performer(320, 2, 4, "blue")],
        num_frames=100,
        stride=3,
        cuts_s=[2.0],
    )
    track = track_athlete(people, SETTINGS)
    assert (track.segment == np.repeat([0, 1], 50)).all()
    datasets = track_datasets(track, people.time_s, people.shots)
    assert datasets["previous_frame"][[0, 1, 49, 50, 51]].tolist() == [-1, 0, 48, -1, 50]


def test_nobody_is_followed_who_stands_by_while_the_athlete_is_away():
    people = scene(
        [performer(300, 0, 4), bystander(520, height=110), performer(300, 12, 16)], num_frames=400
    )
    found = spans(people)
    assert_times(found, [(0.0, 4.5), (11.5, 16.0)])
    anyone = SETTINGS.model_copy(update={"min_share": 0.0})
    assert len(spans(people, anyone)) == 3


def test_someone_who_comes_close_to_stop_the_camera_loses_nobody():
    def close(t):
        if not 21 <= t < 23:
            return None
        return box_at(320, 200, 120 + 120 * (t - 21), 300), 0.9, False, "black"

    attempts = [performer(300, 1, 8, height=110), performer(300, 12, 20, height=110)]
    found = spans(scene([*attempts, close], num_frames=23 * 25))
    assert_times(found, [(0.5, 8.5), (11.5, 20.5), (20.5, 23.0)])


@pytest.mark.parametrize("beside", [bystander, performer])
def test_an_attempt_without_anybody_beside_counts_as_much_as_the_others(beside):
    people = [performer(200, begin, begin + 4, "red") for begin in (0, 9, 18)]
    people += [beside(440, 0, 4, "green"), beside(440, 9, 13, "blue")]
    made = scene(people, num_frames=600)
    found = spans(made)
    assert_times(found, [(0.0, 4.5), (8.5, 13.5), (17.5, 22.5)])
    assert all(place < 300 for _, _, place in found)


@pytest.mark.parametrize("height", [70, 100, 130])
def test_a_judge_who_stands_in_every_shot_is_not_the_athlete(height):
    people = []
    for number, look in enumerate(["red", "blue", "white", "black"]):
        begin, end = 3 * number, 3 * number + 3
        people.append(performer(250, begin, end, look, height=150))
        people.append(bystander(470, begin, end, "green", height=height))
    found = spans(scene(people, num_frames=300, cuts_s=[3.0, 6.0, 9.0]))
    assert [place < 350 for _, _, place in found] == [True] * 4


def test_two_athletes_who_take_turns_have_their_segments_each():
    people = [performer(200, begin, begin + 3, "red") for begin in (0, 5, 10)]
    people += [performer(440, begin, begin + 1.6, "blue") for begin in (3.2, 8.2)]
    found = spans(scene(people, num_frames=13 * 25))
    assert [place > 320 for _, _, place in found] == [False, True, False, True, False]


def test_an_athlete_who_is_lost_beside_a_bystander_is_one_segment():
    """Over the time in which the detector loses the athlete the bystander is there, as before and after."""
    people = [performer(200, 0, 4), performer(215, 5.8, 10), bystander(440, height=125)]
    found = spans(scene(people, num_frames=250))
    assert_times(found, [(0.0, 10.0)])


def test_a_shot_of_a_few_frames_between_others_has_no_athlete():
    people = scene(
        [performer(300, 0, 4), performer(310, 4, 4.12), performer(330, 4.12, 8)],
        num_frames=200,
        stride=1,
        cuts_s=[4.0, 4.12],
    )
    track = track_athlete(people, SETTINGS)
    assert (track.segment[100:103] == -1).all()
    assert track.segment[[99, 103]].tolist() == [0, 1]


def test_another_athlete_in_turn_is_followed_too():
    people = scene([performer(300, 0, 4, "red"), performer(280, 8, 12, "blue")], num_frames=320)
    assert_times(spans(people), [(0.0, 4.5), (7.5, 12.5)])


def test_where_two_could_be_meant_the_one_who_is_seen_again_is():
    """In each shot somebody else, larger, performs beside the athlete in red."""
    others = ["green", "blue", "white", "black"]
    people = []
    for number, look in enumerate(others):
        left, right = (200, 440) if number % 2 else (440, 200)
        people.append(performer(left, 2 * number, 2 * number + 2, "red", height=130))
        people.append(performer(right, 2 * number, 2 * number + 2, look, height=145))
    made = scene(people, num_frames=200, cuts_s=[2.0, 4.0, 6.0])
    places = [place for _, _, place in spans(made)]
    assert [place > 320 for place in places] == [True, False, True, False]
    larger = SETTINGS.model_copy(update={"look_bonus": 0.0})
    places = [place for _, _, place in spans(made, larger)]
    assert [place > 320 for place in places] == [False, True, False, True]


def test_appearance_changes_nothing_in_a_video_of_one_segment():
    people = scene([performer(200, 0, 4, "red", 130), performer(440, 0, 4, "blue", 145)])
    strong = SETTINGS.model_copy(update={"look_bonus": 100.0})
    assert spans(people, strong) == spans(people)


def test_segments_do_not_overlap_and_share_the_time_between_them():
    """The second person comes before the first one has left."""
    people = scene([performer(150, 0, 4), performer(480, 3.5, 8, height=120)], num_frames=200)
    first, second = spans(people)
    assert first[1] < second[0]
    assert first[0] == 0.0
    assert second[1] == pytest.approx(7.96, abs=0.05)


def test_short_shots_have_their_athlete():
    """A shot of less than min_length_s."""
    people = scene([performer(300, 0, 0.4), performer(300, 0.4, 3)], num_frames=75, cuts_s=[0.4])
    assert len(spans(people)) == 2


def test_segments_are_in_order_of_time_and_of_tracks():
    people = scene(
        [performer(300, 0, 3, height=90), performer(300, 8, 11, height=150)], num_frames=300
    )
    segments = choose_athlete(associate(people, SETTINGS), people, SETTINGS)
    assert [round(track.start_s) for track in segments] == [0, 8]


def test_times_that_begin_later():
    people = scene([performer(300, 3000, 3004)], num_frames=100, start_s=3000.0)
    track = track_athlete(people, SETTINGS)
    assert (track.segment == 0).all()


def test_hours_of_many_people_are_tracked_quickly_enough():
    """Ten thousand short tracks: their pairs are never laid out as one matrix."""
    people = scene(
        [
            lambda t, x=x: performer(x, 0, np.inf)(t) if (t + x) % 3 < 1.2 else None
            for x in (100, 540)
        ],
        num_frames=12_000,
        stride=5,
    )
    tracks = associate(people, SETTINGS)
    assert len(tracks) > 200


def test_supplied_boxes_are_one_segment_a_shot():
    box_px = np.tile(np.float32([10, 10, 40, 90]), (8, 1))
    box_px[2:4] = np.nan
    shot = np.array([0, 0, 0, 0, 0, 2, 2, 2], np.int32)
    track = supplied_track(box_px, shot)
    assert track.segment.tolist() == [0, 0, -1, -1, 0, 1, 1, 1]
    previous = track_datasets(track, np.arange(8) / 25, shot)["previous_frame"]
    assert previous.tolist() == [-1, 0, 1, 2, 3, -1, 5, 6]


def pairwise(a, b):
    """The likeness of two looks from its definition."""
    cues = {"size": min(a.length_px, b.length_px) / max(a.length_px, b.length_px, 1e-9)}
    shared = [
        np.minimum(one / one.sum(), other / other.sum()).sum()
        for one, other in zip(np.split(a.colours, 2), np.split(b.colours, 2), strict=True)
        if one.sum() > 0 and other.sum() > 0
    ]
    if shared:
        cues["colours"] = sum(shared) / len(shared)
    off = np.abs(a.parts - b.parts)
    off = off[np.isfinite(off)]
    if len(off) >= 3:
        cues["proportions"] = max(0.0, 1 - off.mean() / np.log(2))
    if len(cues) == 1:
        return 0.5
    return sum(WEIGHTS[c] * v for c, v in cues.items()) / sum(WEIGHTS[c] for c in cues)


def test_likeness_is_that_of_the_definition():
    rng = np.random.default_rng(0)
    looks = []
    for number in range(60):
        colours, parts = rng.integers(0, 9, 20).astype(float), rng.normal(0, 0.3, 5)
        colours[: 10 * (number % 3 == 0)] = 0
        colours[10:] *= number % 4 > 0
        parts[rng.random(5) < 0.3] = np.nan
        looks.append(Look(colours, rng.uniform(20, 200), parts))
    looks.append(Look(np.zeros(20), 0.0, np.full(5, np.nan)))
    together = Looks(looks)
    for row, look in enumerate(looks):
        expected = [pairwise(look, other) for other in looks]
        np.testing.assert_allclose(together.likeness(row), expected, rtol=1e-12)


def test_likeness_of_colours_by_hand():
    nothing = np.full(5, np.nan)
    a, b, c, d = (
        Look(np.array(colours, float), 100.0, nothing)
        for colours in ([1, 0, 1, 1], [1, 1, 0, 2], [2, 0, 0, 0], [0, 0, 0, 0])
    )
    # Size, which is equal, counts 0.15, colours 0.7; with no colours in common there is nothing to say.
    expected = [1.0, (0.15 + 0.7 * (0.5 + 0.5) / 2) / 0.85, 1.0, 0.5]
    np.testing.assert_allclose(Looks([a, b, c, d]).likeness(0), expected)


def test_likeness_tells_people_by_colour_and_proportions():
    def look(person, **more):
        people = scene([person], **more)
        return look_of(associate(people, SETTINGS)[0])

    looks = Looks(
        [look(performer(300, 0, 3)), look(performer(200, 0, 2)), look(performer(300, 0, 3, "blue"))]
    )
    _, again, other = looks.likeness(0)
    assert again > 0.9
    assert other < 0.4
    assert other == looks.likeness(2)[0]
