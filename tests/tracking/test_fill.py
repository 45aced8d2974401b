"""A box for every frame: no lag, arcs kept, gaps and ends marked."""

import numpy as np
import pytest
from scenes import box_at, lost_between, runner, scene, spectator

from vpdlib.geometry import centre_size, iou_matrix
from vpdlib.tracking.fill import smooth, without_outliers
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import track_athlete

SETTINGS = TrackingSettings()


def overlap_with(track, person, time_s):
    truth = np.stack([person(t)[0] for t in time_s])
    return np.array([iou_matrix(a, b)[0, 0] for a, b in zip(track.box_px, truth, strict=True)])


def test_every_frame_of_a_sound_track():
    people = scene([runner, spectator], stride=4)
    track = track_athlete(people, SETTINGS)
    assert track.box_px.dtype == np.float32
    assert track.origin.dtype == np.uint8
    assert track.score.dtype == np.float32
    assert (track.origin[people.frames] == 1).all()
    inner = np.setdiff1d(np.arange(97), people.frames)
    assert (track.origin[inner] == 3).all()
    assert (track.origin[97:] == 2).all()
    assert (overlap_with(track, runner, people.time_s) > 0.75).all()
    centre = centre_size(track.box_px)[:97, 0]
    np.testing.assert_allclose(centre, 120 + 100 * people.time_s[:97], atol=0.01)
    assert track.score[4] == pytest.approx(0.8)
    assert track.score[99] == 0


def test_smoothing_keeps_lines_and_parabolas_and_removes_noise():
    times = np.arange(40) * 0.05
    values = np.stack([3 + 2 * times, 5 - 10 * times + 40 * times**2], axis=1)
    smoothed, slopes = smooth(times, values, 0.3)
    np.testing.assert_allclose(smoothed[3:-3], values[3:-3], atol=1e-6)
    np.testing.assert_allclose(slopes[3:-3, 1], (-10 + 80 * times)[3:-3], atol=1e-6)
    np.testing.assert_allclose(smoothed[:, 0], values[:, 0], atol=1e-6)
    noisy = values + np.random.default_rng(0).normal(0, 1, values.shape)
    assert np.std(smooth(times, noisy, 0.5)[0] - values) < 0.8
    assert smooth(times[:1], values[:1], 0.3)[0].tolist() == values[:1].tolist()
    assert smooth(times, values, 0)[0].tolist() == values.tolist()


def test_smoothing_keeps_peaks_as_short_as_the_sampling_step():
    times = np.arange(12) * 0.16
    values = np.full((12, 4), 100.0)
    values[5, 3] = 50  # tucked in one sample
    np.testing.assert_allclose(smooth(times, values, 0.3)[0], values)
    np.testing.assert_allclose(without_outliers(times, values, 0.3), values)


def test_single_outliers_are_replaced_where_the_neighbours_agree():
    times = np.arange(20) * 0.08
    values = np.tile([200.0, 150, 40, 100], (20, 1))
    spiked = values.copy()
    spiked[7, 0] += 60
    spiked[12, 3] -= 20  # a body does change this much
    result = without_outliers(times, spiked, 0.3)
    assert result[7].tolist() == values[7].tolist()
    assert result[12].tolist() == spiked[12].tolist()
    moving = spiked + np.array([1, 0, 0, 0]) * np.arange(20)[:, None] * 40
    assert (without_outliers(times, moving, 0.3) == moving).all()
    assert without_outliers(times[:2], values[:2], 0.3).shape == (2, 4)


def test_boxes_between_samples_do_not_grow_but_those_in_a_loss_do():
    people = scene([lost_between(runner, 1.0, 2.0)], stride=4)
    size = centre_size(track_athlete(people, SETTINGS).box_px)[:, 3]
    np.testing.assert_allclose(size[:24], 120, atol=0.01)
    assert size[37] == pytest.approx(120 * 1.3)


def test_a_jump_lost_in_the_air_keeps_its_arc():
    def jumper(t):
        rise = max(0.0, 0.35**2 - (t - 2) ** 2) * 900  # 110 px high, 0.7 s long
        return box_at(220 + 60 * t, 220 - rise), 0.8, False

    people = scene([lost_between(jumper, 1.78, 2.22)], stride=2)
    track = track_athlete(people, SETTINGS)
    lost = (people.time_s > 1.8) & (people.time_s < 2.2)
    assert (track.origin[lost] == 3).all()
    middle = int(np.argmin(np.abs(people.time_s - 2)))
    truth = jumper(2.0)[0]
    straight = 220 - (0.35**2 - 0.2**2) * 900
    found = centre_size(track.box_px[middle])[1]
    true = centre_size(truth)[1]
    assert abs(found - true) < abs(straight - true) / 2
    # The box has grown, so that the body stays inside.
    assert track.box_px[middle][1] < truth[1] + 5
    assert centre_size(track.box_px[middle])[3] > 1.1 * 120


def test_long_losses_stay_empty_but_for_their_ends():
    people = scene([lost_between(runner, 1.0, 2.9), spectator], num_frames=125)
    assert np.isfinite(track_athlete(people, SETTINGS).box_px).all()
    track = track_athlete(people, SETTINGS.model_copy(update={"fill_s": 1.9}))
    last, first = 24, 74  # the last and the first detection around the loss
    assert track.origin[last] == track.origin[first] == 1
    assert (track.origin[last + 1 : last + 13] == 2).all()
    assert (track.origin[first - 12 : first] == 2).all()
    between = slice(last + 13, first - 12)
    assert (track.origin[between] == 0).all()
    assert np.isnan(track.box_px[between]).all()
    assert (track.score[between] == 0).all()


def test_propagation_at_the_ends_and_out_of_the_frame():
    def late(t):
        return (box_at(300, 180), 0.8, False) if 1 <= t <= 3 else None

    track = track_athlete(scene([late]), SETTINGS)
    assert (track.origin[:13] == 0).all()
    assert (track.origin[14:25] == 2).all()
    assert (track.origin[76:87] == 2).all()
    assert (track.origin[89:] == 0).all()

    def leaver(t):
        return (box_at(560 + 200 * t, 180), 0.8, False) if t < 0.5 else None

    settings = SETTINGS.model_copy(update={"min_length_s": 0.1, "propagate_s": 1.0})
    track = track_athlete(scene([leaver], num_frames=50), settings)
    found = track.origin > 0
    boxes = track.box_px[found]
    assert np.isfinite(boxes).all()
    assert (boxes[:, 2] <= 640).all()
    assert (boxes[:, 2] - boxes[:, 0] >= 2).all()
    assert np.isnan(track.box_px[~found]).all()


def test_nobody_gives_an_empty_track():
    track = track_athlete(scene([], num_frames=7), SETTINGS)
    assert np.isnan(track.box_px).all()
    assert track.box_px.shape == (7, 4)
    assert not track.origin.any()
    assert not track.score.any()


def test_one_frame_video():
    track = track_athlete(scene([runner], num_frames=1), SETTINGS)
    assert track.origin.tolist() == [1]
    np.testing.assert_allclose(track.box_px[0], runner(0)[0])
