"""Mending stamps, one after the other and with a bounded look ahead."""

import numpy as np
import pytest

from vpdlib.video.stamps import LOOK_AHEAD, StampMender, mend

STEP = 1 / 30
GRID = [number * STEP for number in range(60)]


def mended(stamps):
    mender = StampMender(STEP)
    times = []
    for number, stamp in enumerate(stamps):
        times += mender.push(stamp)
        assert len(times) >= number + 1 - LOOK_AHEAD
    times += mender.flush()
    assert len(times) == len(stamps)
    assert (np.diff(times) > 0).all()
    np.testing.assert_array_equal(mend(stamps, STEP), times)
    return np.array(times), mender.replaced


def changed(**by_place):
    stamps = list(GRID)
    for index, stamp in by_place.items():
        stamps[int(index[1:])] = stamp
    return stamps


@pytest.mark.parametrize(
    "stamps",
    [
        changed(_20=3600.0),
        changed(_20=GRID[20] + 0.4),
        changed(_20=0.0),
        changed(_20=-3600.0),
        changed(_20=None),
        changed(_20=GRID[19]),
        changed(_0=3600.0),
        changed(_0=None),
        changed(_0=-3600.0),
        changed(_59=3600.0),
        changed(_59=None),
        changed(_58=3600.0),
        changed(_20=3600.0, _21=3600.03),
        changed(_20=3600.0, _21=7200.0, _22=-5.0),
        changed(_20=3600.0, _22=3600.0),
        changed(_20=None, _21=None, _22=None),
        changed(_57=3600.0, _58=3600.03, _59=3600.07),
        changed(_0=-3600.0, _1=-3599.9),
    ],
)
def test_wrong_stamps_are_mended_alone(stamps):
    times, replaced = mended(stamps)
    np.testing.assert_allclose(times, GRID, atol=1e-6)
    assert replaced == sum(a != b for a, b in zip(stamps, GRID, strict=True))


def test_a_gap_stays():
    for gap_s in (0.5, 20.0, 7200.0):
        stamps = GRID[:30] + [stamp + gap_s for stamp in GRID[30:]]
        times, replaced = mended(stamps)
        np.testing.assert_array_equal(times, stamps)
        assert replaced == 0


def test_a_clock_that_is_set_anew_goes_on():
    times, replaced = mended([100 + stamp for stamp in GRID[:30]] + GRID[:30])
    np.testing.assert_allclose(times, [100 + stamp for stamp in GRID], atol=1e-9)
    assert replaced == 1
    # At a rate that varies too.
    second = [0.0, 0.1, 0.15, 0.3, 0.5, 0.55, 0.7, 0.9, 1.0, 1.1, 1.3]
    times, replaced = mended([100 + stamp for stamp in GRID] + second)
    np.testing.assert_allclose(np.diff(times)[60:], np.diff(second), atol=1e-9)
    assert replaced == 1


def test_stamps_that_stand_still_or_are_not_there():
    for stamps in ([None] * 30, [0.5] * 30):
        times, _ = mended(stamps)
        np.testing.assert_allclose(np.diff(times), STEP, atol=1e-9)


def test_one_stamp_in_twelve():
    stamps = [stamp if number % 12 == 0 else None for number, stamp in enumerate(GRID)]
    times, _ = mended(stamps)
    np.testing.assert_allclose(times, GRID, atol=1e-6)


def test_slow_pictures_and_short_videos():
    mender = StampMender(20.0)
    stamps = [0.0, 20.0, 45.0, 60.0]
    times = [time_s for stamp in stamps for time_s in mender.push(stamp)]
    assert times + mender.flush() == stamps
    for num in range(4):
        times, replaced = mended(GRID[:num])
        assert (times.tolist(), replaced) == (GRID[:num], 0)


def test_any_stamps_whatever_give_increasing_times():
    rng = np.random.default_rng(0)
    for _ in range(300):
        stamps = rng.choice([0.0, 1.0, 5.0, 1e6, -7.0, np.nan], 30).tolist()
        stamps = [None if np.isnan(v) else v + rng.normal() * rng.choice([0, 0.1]) for v in stamps]
        mended(stamps)
