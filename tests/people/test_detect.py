"""One pass over a video: people of every n-th frame, what they look like, and the cuts of all frames."""

import numpy as np
import pytest

from vpdlib.artifacts.check import check_columns
from vpdlib.artifacts.kinds import KINDS
from vpdlib.people.appearance import APPEARANCE_BINS
from vpdlib.people.base import NUM_KEYPOINTS, People
from vpdlib.people.detect import detect_video
from vpdlib.people.settings import PeopleSettings
from vpdlib.video.reader import Frame


class RedDetector:
    """Finds the red rectangle of a picture, if there is one; notes how many pictures it was given at once."""

    def __init__(self, batch_size):
        self.batch_size = batch_size
        self.batches = []
        self.between = 0

    def detect_between(self, images):
        self.between += len(images)
        return self.detect_many(images)

    def detect_many(self, images):
        self.batches.append(len(images))
        return [self.detect(image) for image in images]

    def detect(self, image):
        rows, columns = np.nonzero((image[..., 0] > 200) & (image[..., 1] < 50))
        if not len(rows):
            return People.empty()
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return People(
            np.array([box], np.float32),
            np.array([0.9], np.float32),
            np.zeros(1, np.uint8),
            np.full((1, NUM_KEYPOINTS, 3), np.nan, np.float32),
        )


def frames_of(num_frames, cut_at, gone_from):
    for index in range(num_frames):
        rgb = np.full((60, 80, 3), 90 if index < cut_at else 180, np.uint8)
        if index < gone_from:
            rgb[20:50, 10 + index : 25 + index] = (230, 20, 20)
        yield Frame(index, 0.6 + index / 25, rgb)


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("step", [1, 3])
def test_people_shots_and_looks(batch_size, step):
    detector = RedDetector(batch_size)
    settings = PeopleSettings(every_nth_frame=step, look_first_at_every=1)
    found = detect_video(frames_of(20, 8, 14), detector, settings)
    data = found.datasets
    assert found.size == (80, 60)
    assert data["frame"].tolist() == list(range(0, 20, step))
    assert data["looked_at"].tolist() == [1] * len(data["frame"])
    assert detector.between == 0
    assert data["num_people"].tolist() == [int(frame < 14) for frame in data["frame"]]
    assert data["box_px"][:, 0].tolist() == [10 + frame for frame in data["frame"] if frame < 14]
    assert data["shot"].tolist() == [0] * 8 + [1] * 12
    assert np.allclose(data["time_s"], 0.6 + np.arange(20) / 25)
    assert data["appearance"].shape == (data["num_people"].sum(), APPEARANCE_BINS)
    # Red, head to foot.
    assert (data["appearance"].argmax(axis=1) == 0).all()
    assert max(detector.batches) == min(batch_size, len(data["frame"]))
    assert sum(detector.batches) == len(data["frame"])
    check_columns(KINDS["people"], data, "test")


def moving(num_frames, x_of, bright_from=None):
    """A red athlete of 15 px at a place of each frame, or nowhere; the background changes at a cut."""
    for index in range(num_frames):
        bright = bright_from is not None and index >= bright_from
        rgb = np.full((60, 120, 3), 180 if bright else 90, np.uint8)
        if (x := x_of(index)) is not None:
            rgb[20:50, x : x + 15] = (230, 20, 20)
        yield Frame(index, index / 25, rgb)


def found_by(frames, **settings):
    """What is found, with the boxes' left sides frame by frame; None where nobody is."""
    detector = RedDetector(1)
    data = detect_video(frames, detector, PeopleSettings(**settings)).datasets
    check_columns(KINDS["people"], data, "test")
    assert sum(detector.batches) == data["looked_at"].sum()
    lefts = iter(data["box_px"][:, 0].tolist())
    return data, [next(lefts) if count else None for count in data["num_people"]], detector


@pytest.mark.parametrize("step", [1, 2])
def test_who_moves_evenly_is_looked_at_now_and_then(step):
    data, lefts, detector = found_by(moving(61, lambda frame: frame), every_nth_frame=step)
    assert data["frame"].tolist() == list(range(0, 61, step))
    assert lefts == pytest.approx(data["frame"].tolist())
    num = len(data["frame"])
    assert data["looked_at"].sum() <= num / 4 + 3
    # All but the middle of the first step are looked at by all detectors.
    assert detector.between == 1
    assert (data["appearance"].argmax(axis=1) == 0).all()


def test_who_comes_and_goes_is_seen_from_the_first_frame_to_the_last():
    data, lefts, _ = found_by(moving(80, lambda frame: 40 if 25 <= frame < 51 else None))
    assert lefts == [40 if 25 <= frame < 51 else None for frame in range(80)]
    assert data["looked_at"].sum() < 40


def test_who_turns_round_is_looked_at_there():
    data, lefts, _ = found_by(moving(81, lambda frame: abs(3 * frame - 105) % 106))
    np.testing.assert_allclose(lefts, [abs(3 * n - 105) % 106 for n in range(81)], atol=1.5)
    assert data["looked_at"][34:37].all()


@pytest.mark.parametrize("cut", [18, 19, 20, 21])
def test_people_are_not_interpolated_over_a_cut(cut):
    frames = moving(41, lambda frame: 20 if frame < cut else 28, bright_from=cut)
    data, lefts, _ = found_by(frames)
    assert data["shot"].tolist() == [0] * cut + [1] * (41 - cut)
    assert lefts == pytest.approx([20] * cut + [28] * (41 - cut))
    assert data["looked_at"][cut - 1]
    assert data["looked_at"][cut]


def test_a_video_without_frames():
    found = detect_video(iter(()), RedDetector(2), PeopleSettings())
    assert found.size is None
    assert len(found.datasets["time_s"]) == len(found.datasets["shot"]) == 0
    check_columns(KINDS["people"], found.datasets, "test")
