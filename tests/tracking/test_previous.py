"""The frame 1/25 s earlier, and where there is none."""

import numpy as np
import pytest

from vpdlib.tracking.previous import previous_frame_index, runs


@pytest.mark.parametrize(
    ("fps", "back"), [(25, 1), (30000 / 1001, 1), (30, 1), (50, 2), (60, 2), (100, 4), (12, 1)]
)
def test_previous_frame_at_constant_rate(fps, back):
    # Also with the millisecond stamps of Matroska.
    for times in (np.arange(200) / fps, np.round(np.arange(200) / fps, 3)):
        index = previous_frame_index(times)
        assert index.dtype == np.int32
        np.testing.assert_array_equal(index[back:], np.arange(200 - back))
        assert index[0] == -1
        assert (index[1:back] == 0).all()


def test_previous_frame_at_variable_rate_against_a_search():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.005, 0.12, 300))
    index = previous_frame_index(times)
    for now in range(1, 300):
        earlier = np.abs(times[:now] - (times[now] - 0.04))
        assert index[now] == np.argmin(earlier)


def test_a_run_has_a_first_frame_of_its_own():
    time_s = 2.5 + np.arange(12) / 50
    run = np.repeat([0, 1, 2], [5, 1, 6])
    previous = previous_frame_index(time_s, run=run)
    assert previous.tolist() == [-1, 0, 0, 1, 2, -1, -1, 6, 6, 7, 8, 9]


def test_no_previous_frame_crosses_a_run():
    rng = np.random.default_rng(0)
    for _ in range(50):
        time_s = np.cumsum(rng.uniform(0.004, 0.09, 80))
        run = np.cumsum(rng.random(80) < 0.15)
        previous = previous_frame_index(time_s, run=run)
        first = np.append(True, np.diff(run) != 0)
        assert ((previous == -1) == first).all()
        has = np.flatnonzero(~first)
        assert (run[previous[has]] == run[has]).all()
        assert (previous[has] < has).all()


def test_runs_break_at_cuts_and_between_segments():
    shot = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    segment = np.array([-1, 0, 0, -1, 1, 1, -1, -1, 2, -1])
    assert runs(shot, segment).tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 3, 3]


def test_a_segment_of_its_own_shot_has_the_frame_before_it():
    """The athlete comes into a picture that went on: what was there a moment before is the same scene."""
    assert runs(np.zeros(4, int), np.array([-1, -1, 0, 0])).tolist() == [0, 0, 0, 0]


def test_what_is_wrong_is_refused():
    with pytest.raises(ValueError, match="does not increase at frame 2"):
        previous_frame_index(np.array([0, 1, 1.0]))
    with pytest.raises(ValueError, match="step_s must be positive"):
        previous_frame_index(np.arange(3), 0)
    with pytest.raises(ValueError, match="runs for 3 times"):
        previous_frame_index(np.arange(3), run=np.zeros(2))
    assert previous_frame_index(np.array([])).shape == (0,)
    assert runs(np.array([], int), np.array([], int)).shape == (0,)
