"""Another tool's boxes go by the video's own time stamps, and no previous frame crosses its cuts."""

import numpy as np
import pandas as pd
import pytest

from tests.people.scripts import run_script
from vpdlib.artifacts import read_artifact
from vpdlib.datasets.base import VideoSource, frames_within
from vpdlib.datasets.listing import list_files
from vpdlib.people.settings import PeopleSettings
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.video.writer import VideoWriter

TIMES_S = np.concatenate([np.arange(60) / 30, 2 + np.arange(60) / 15])
CUT = 80


@pytest.fixture
def tracks(tmp_path):
    """Tracks of a video of 30 pictures a second and then 15, with a cut; boxes from elsewhere for all but a few."""
    rng = np.random.default_rng(0)
    scenes = rng.integers(0, 255, (2, 6, 8, 3)).repeat(16, axis=1).repeat(16, axis=2)
    path = tmp_path / "slowing.mp4"
    with VideoWriter(path, 30, 128, 96, own_times=True) as writer:
        for number, time_s in enumerate(TIMES_S):
            writer.write(scenes[int(number >= CUT)].astype(np.uint8), time_s)
    rows = list_files([VideoSource("slowing", path)], 1)
    pd.DataFrame([vars(row) for row in rows]).to_csv(tmp_path / "videos.csv", index=False)
    boxes = np.tile(np.float32([20, 10, 60, 90]), (120, 1))
    boxes[100:104] = np.nan
    np.savez(tmp_path / "boxes.npz", slowing=boxes)
    out = run_script(
        "track_athlete",
        {"boxes": tmp_path / "boxes.npz", "videos": tmp_path / "videos.csv"},
        tmp_path / "tracks.h5",
        TrackingSettings(),
        keypoints=None,
        people=PeopleSettings().model_dump(mode="json"),
    )
    with read_artifact(out, "tracks") as artifact:
        video = artifact["slowing"]
        names = ("time_s", "shot", "segment", "previous_frame", "box_px")
        return {name: video.array(name) for name in names}


def test_times_are_the_files(tracks):
    np.testing.assert_allclose(tracks["time_s"], TIMES_S, atol=1e-4)
    # An action from 3 to 4 s: 15 pictures a second there.
    assert np.flatnonzero(frames_within(tracks["time_s"], 3, 4)).tolist() == list(range(75, 90))


def test_a_cut_parts_shots_segments_and_previous_frames(tracks):
    assert tracks["shot"].tolist() == [0] * CUT + [1] * (120 - CUT)
    expected = np.repeat([0, 1], [CUT, 120 - CUT])
    expected[100:104] = -1
    assert tracks["segment"].tolist() == expected.tolist()
    assert np.isnan(tracks["box_px"][100:104]).all()
    assert np.flatnonzero(tracks["previous_frame"] < 0).tolist() == [0, CUT]
