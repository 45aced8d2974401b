"""Cuts: found where the picture changes suddenly and for good, and nowhere else."""

import numpy as np
import pytest

from vpdlib.people.settings import PeopleSettings
from vpdlib.video.reader import Frame
from vpdlib.video.shots import ShotFinder, find_shots

DEFAULTS = PeopleSettings()
RNG = np.random.default_rng(3)


def scenery(seed, width=400, height=90):
    """A wide picture of coloured blocks, to look at parts of."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 255, (6, 20, 3))
    return np.kron(blocks, np.ones((height // 6, width // 20, 1))).astype(np.uint8)


def shot(seed, num_frames, speed=0.0, start=0):
    """A camera that pans over a scenery by `speed` px a frame, and a small athlete who moves in it."""
    wide = scenery(seed)
    pictures = []
    for number in range(num_frames):
        left = int(abs((start + speed * number) % 480 - 240))
        picture = wide[:, left : left + 160].copy()
        x = 20 + 3 * number % 100
        picture[40:70, x : x + 15] = (250, 240, 30)
        noise = np.random.default_rng([seed, number]).integers(-4, 5, picture.shape)
        pictures.append(np.clip(picture + noise, 0, 255).astype(np.uint8))
    return pictures


def shots_of(pictures, fps=25.0, **settings):
    values = {
        "min_change": DEFAULTS.cut_min_change,
        "min_ratio": DEFAULTS.cut_min_ratio,
        **settings,
    }
    frames = [Frame(n, n / fps, picture) for n, picture in enumerate(pictures)]
    time_s, number = find_shots(frames, **values)
    finder, suspects = ShotFinder(**values), []
    for frame in frames:
        finder.add(frame)
        suspects.append(finder.may_begin)
    # Whatever turns out to begin a shot was suspected when it came.
    assert not (np.append(0, np.diff(number)) > np.array(suspects)).any()
    assert np.allclose(time_s, np.arange(len(pictures)) / fps)
    assert number.dtype == np.int32
    return number


def cuts(pictures, **settings):
    return (np.flatnonzero(np.diff(shots_of(pictures, **settings))) + 1).tolist()


def test_every_cut_and_no_other():
    pictures = shot(1, 40) + shot(2, 25, speed=2) + shot(3, 8) + shot(1, 30)
    assert cuts(pictures) == [40, 65, 73]


@pytest.mark.parametrize("fps", [12.0, 25.0, 59.94, 240.0])
def test_at_any_frame_rate(fps):
    pictures = shot(4, 30) + shot(5, 30)
    assert (np.diff(shots_of(pictures, fps=fps)) != 0).tolist().index(True) == 29
    assert shots_of(pictures, fps=fps)[-1] == 1


@pytest.mark.parametrize("speed", [1, 6, 25])
def test_a_swinging_camera_is_no_cut(speed):
    assert cuts(shot(6, 60, speed=speed)) == []


@pytest.mark.parametrize("length", [1, 2])
def test_a_flash_is_no_cut(length):
    pictures = shot(7, 50)
    for number in range(20, 20 + length):
        pictures[number] = np.full_like(pictures[number], 250)
    assert cuts(pictures) == []


def test_repeated_pictures_do_not_make_the_next_one_a_cut():
    """Film at 15 pictures a second in a video of 30: every second difference is nothing."""
    panned = [picture for picture in shot(8, 40, speed=6) for _ in range(2)]
    assert cuts(panned) == []
    joined = [picture for picture in shot(8, 20, speed=3) + shot(9, 20, speed=3) for _ in range(2)]
    assert cuts(joined) == [40]


def test_cuts_to_an_empty_picture_and_back():
    empty = [np.full((90, 160, 3), 74, np.uint8)] * 30
    assert cuts(shot(1, 30) + empty + shot(1, 30)) == [30, 60]


def test_cuts_at_the_very_beginning_and_end():
    assert cuts(shot(1, 1) + shot(2, 20)) == [1]
    assert cuts(shot(1, 20) + shot(2, 1)) == [20]
    assert cuts(shot(1, 1)) == []
    assert find_shots(iter(()), 0.1, 2.0)[1].shape == (0,)


def test_settings():
    pictures = shot(1, 20) + shot(2, 20)
    assert cuts(pictures, min_change=1.0) == []
    finder = ShotFinder(0.1, 2.0)
    for number, picture in enumerate(pictures):
        finder.add(Frame(number, number / 25, picture))
    assert finder.shots().tolist() == [0] * 20 + [1] * 20


def lying_between(kind, before, after):
    if kind == "blended":
        return [((before.astype(int) + after) // 2).astype(np.uint8)]
    if kind == "fields":
        mixed = before.copy()
        mixed[1::2] = after[1::2]
        return [mixed]
    return [np.zeros_like(before)] * kind


@pytest.mark.parametrize("kind", [1, 2, 3, 5, "blended", "fields"])
@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_a_cut_with_something_between(kind, speed):
    """Black pictures, as editors leave them; a picture of both, as conversions of rate and fields make it."""
    before, after = shot(7, 30, speed), shot(8, 30, speed)
    between = lying_between(kind, before[-1], after[0])
    assert cuts(before + between + after) == [30, 30 + len(between)]


def test_something_between_at_either_end_of_the_video():
    before, after = shot(7, 3), shot(8, 3)
    black = [np.zeros_like(before[0])] * 2
    assert cuts(before + black + after) == [3, 5]


@pytest.mark.parametrize("num", [1, 3, 6, 12])
def test_a_few_frames_of_noise_are_one_shot(num):
    pictures = np.random.default_rng(5).integers(0, 255, (num, 96, 128, 3)).astype(np.uint8)
    pictures = [
        np.kron(picture[::8, ::8], np.ones((8, 8, 1))).astype(np.uint8) for picture in pictures
    ]
    assert cuts(pictures) == []


@pytest.mark.parametrize("num", [1, 2, 3, 5])
def test_black_within_a_shot_parts_nothing(num):
    pictures = shot(9, 60)
    black = [np.zeros_like(pictures[0])] * num
    assert cuts(pictures[:30] + black + pictures[30:]) in ([], [30, 30 + num])
    assert cuts(pictures[:30] + black[:2] + pictures[30:]) == []


def test_someone_who_passes_close_to_the_camera_is_no_shot():
    pictures = shot(10, 60)
    for number, left in enumerate(range(-100, 200, 60), start=28):
        pictures[number] = pictures[number].copy()
        pictures[number][:, max(left, 0) : max(left + 110, 0)] = (40, 30, 60)
    assert cuts(pictures) == []


def test_a_quick_pan_to_elsewhere_is_no_cut():
    wide = scenery(11)
    lefts = [0] * 30 + list(range(0, 240, 16)) + [240] * 30
    rng = np.random.default_rng(0)
    pictures = [
        np.clip(wide[:, left : left + 160] + rng.integers(-4, 5, (90, 160, 3)), 0, 255).astype(
            np.uint8
        )
        for left in lefts
    ]
    assert cuts(pictures) == []
