import numpy as np
import pytest

from vpdlib.demo.body import draw_proportions, make_pose
from vpdlib.demo.timeline import Timeline, interpolate_keys

BODY = draw_proportions(np.random.default_rng(3))


def test_interpolation_passes_through_keys_and_never_overshoots():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.05, 1, 12))
    values = rng.normal(size=(12, 3))
    np.testing.assert_allclose(interpolate_keys(times, values, times), values, atol=1e-12)
    for k in range(11):
        between = interpolate_keys(times, values, np.linspace(times[k], times[k + 1], 50))
        low, high = np.minimum(values[k], values[k + 1]), np.maximum(values[k], values[k + 1])
        assert (between >= low - 1e-9).all()
        assert (between <= high + 1e-9).all()


def test_interpolation_holds_held_poses_and_clamps_ends():
    times, values = np.array([0.0, 1.0, 2.0, 3.0]), np.array([[0.0], [1.0], [1.0], [5.0]])
    np.testing.assert_allclose(interpolate_keys(times, values, np.linspace(1, 2, 9)), 1.0)
    np.testing.assert_allclose(interpolate_keys(times, values, np.array([-5, 9])), [[0], [5]])


def test_interpolation_slope_by_hand():
    # Equal steps, secants 1 and 3: the harmonic mean 1.5 is the slope at the middle key.
    times, values = np.array([0.0, 1.0, 2.0]), np.array([[0.0], [1.0], [4.0]])
    near = interpolate_keys(times, values, np.array([1 - 1e-6, 1 + 1e-6]))
    assert (near[1] - near[0]) / 2e-6 == pytest.approx(1.5, rel=1e-3)


@pytest.mark.parametrize("times", [[0.0], [0.0, 0.0], [1.0, 0.5]])
def test_interpolation_refuses_bad_times(times):
    with pytest.raises(ValueError, match="key"):
        interpolate_keys(np.array(times), np.zeros((len(times), 1)), np.zeros(1))


def test_feet_on_the_floor_and_free_fall_in_flight():
    timeline = Timeline()
    timeline.to(0.4, make_pose(hip_flex=60, knee=80))
    timeline.to(0.2, make_pose(sh_flex=160))
    start = timeline.time
    timeline.to(0.3, make_pose(hip_flex=110, knee=120), forward=0.4, pitch=np.pi)
    timeline.to(0.3, make_pose(hip_flex=30, knee=30), forward=0.4, pitch=np.pi)
    timeline.flights.append((start, timeline.time))
    timeline.to(0.3, make_pose(hip_flex=60, knee=80))
    rate = 200.0
    motion = timeline.sample(BODY, rate, 300)
    at = np.arange(300) / rate
    lowest = motion.figure.contacts[..., 1].min(axis=1)
    inside = (at > start + 0.01) & (at < start + 0.59)
    near = (np.abs(at - start) < 0.06) | (np.abs(at - start - 0.6) < 0.06)
    assert np.abs(lowest[~inside & ~near]).max() < 0.03
    assert lowest[inside].max() > 0.2
    centre = motion.figure.centre_of_mass
    acceleration = np.diff(centre, n=2, axis=0) * rate**2
    air = acceleration[np.flatnonzero(inside)[2:-4]]
    np.testing.assert_allclose(air, np.tile([0, -9.81, 0], (len(air), 1)), atol=1e-6)
    # No jump where the parabola joins the ground.
    assert np.abs(np.diff(centre, axis=0)).max() < 0.03
