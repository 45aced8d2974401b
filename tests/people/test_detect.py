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
    found = detect_video(frames_of(20, 8, 14), detector, PeopleSettings(every_nth_frame=step))
    data = found.datasets
    assert found.size == (80, 60)
    assert data["frame"].tolist() == list(range(0, 20, step))
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


def test_a_video_without_frames():
    found = detect_video(iter(()), RedDetector(2), PeopleSettings())
    assert found.size is None
    assert len(found.datasets["time_s"]) == len(found.datasets["shot"]) == 0
    check_columns(KINDS["people"], found.datasets, "test")
