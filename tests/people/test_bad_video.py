"""The stages that open videos, where one broke after it was listed; the detector sees a person everywhere."""

import importlib

import numpy as np
import pandas as pd
import pytest

from tests.people.scripts import ROOT, run_script, write_shard
from vpdlib.artifacts import read_artifact
from vpdlib.baselines.kinds import WholeFrameSettings
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.tables import ActionRow, read_broken
from vpdlib.people.base import People, SingleImageDetector
from vpdlib.people.settings import PeopleSettings
from vpdlib.poses.settings import PoseSettings
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.video.reader import VideoError

NUM = 20


class Everywhere(SingleImageDetector):
    def detect(self, image_rgb):
        empty = People.empty()
        return People(
            np.float32([[8, 4, 40, 60]]),
            np.float32([0.9]),
            np.zeros(1, np.uint8),
            np.full((1, *empty.keypoints_px.shape[1:]), np.nan, np.float32),
        )


class Guess:
    """A teacher that answers without looking."""

    batch_size = 4

    def __init__(self):
        self.attributes = {}

    def estimate_many(self, views):
        return [np.ones((17, 3), np.float32) for _ in views]


@pytest.fixture
def shard(tmp_path, monkeypatch):
    """A shard's list of two videos; the detector and the teacher are stubs."""
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (64, 48, 3), np.uint8) for _ in range(NUM)]
    listed = write_shard(tmp_path, {"a": images, "b": images})
    monkeypatch.syspath_prepend(str(ROOT / "workflow_scripts"))
    for script, name, stub in (
        ("detect_people", "build_detector", Everywhere),
        ("estimate_pose", "build_teacher", Guess),
    ):
        module = importlib.import_module(f"workflow_scripts.{script}")
        monkeypatch.setattr(module, name, lambda *_, stub=stub: stub())
    return listed


def run(name, folder, listed, policy="skip"):
    """Run one stage, and give its artifact."""
    inputs = {
        "detect_people": {"videos": listed},
        "track_athlete": {"people": folder / "people.h5"},
        "crop_athlete": {"videos": listed, "tracks": folder / "tracks.h5"},
        "estimate_pose": {"videos": listed, "tracks": folder / "tracks.h5"},
        "resize_frames": {"videos": listed, "actions": folder / "actions.csv"},
    }[name]
    kind, settings = {
        "detect_people": ("people", PeopleSettings()),
        "track_athlete": ("tracks", TrackingSettings()),
        "crop_athlete": ("crops", CropSettings(size=16)),
        "estimate_pose": ("poses", PoseSettings()),
        "resize_frames": ("frames", WholeFrameSettings()),
    }[name]
    rows = [ActionRow(v, v, 0.0, 0.5, "jump", "train", "", "") for v in "ab"]
    pd.DataFrame(rows).to_csv(folder / "actions.csv", index=False)
    output = folder / f"{kind}.h5"
    run_script(name, inputs, output, settings, policy, networks_dir="n", keypoints=None)
    return output, kind


def rows_of(path, kind):
    column = "time_s" if kind in ("people", "tracks") else "frame"
    with read_artifact(path, kind) as artifact:
        return {
            video.video_id: (video.num_rows(column), video.attributes["broken"])
            for video in artifact.videos()
        }


KINDS = {"crop_athlete": "crops", "estimate_pose": "poses"}
STAGES = ("detect_people", "track_athlete", "crop_athlete", "estimate_pose", "resize_frames")


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "track_athlete"])
def test_the_file_goes_away_before_a_stage(stage, shard, tmp_path):
    for name in STAGES[: STAGES.index(stage)]:
        run(name, tmp_path, shard)
    (tmp_path / "a.mp4").unlink()
    with pytest.raises(VideoError, match=r"a\.mp4: no such file"):
        run(stage, tmp_path, shard, "refuse")
    output, kind = run(stage, tmp_path, shard)
    found = rows_of(output, kind)
    assert found["a"][0] == 0
    assert "a.mp4: no such file" in found["a"][1]
    assert found["b"][0] > 10
    assert found["b"][1] == ""
    if stage != "detect_people":
        (row,) = read_broken(output.with_suffix(".broken.csv"))
        assert (row.video, row.stage, row.artifact) == ("a", stage, str(output))
        assert "a.mp4: no such file" in row.reason


def test_what_breaks_at_first_is_empty_in_every_stage(shard, tmp_path):
    sound = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(sound[:100])
    run("detect_people", tmp_path, shard)
    # It is back, and what was decided stays: later stages go by the frames of the first.
    (tmp_path / "a.mp4").write_bytes(sound)
    for name in STAGES[1:4]:
        found = rows_of(*run(name, tmp_path, shard))
        assert found["a"][0] == 0, name
        assert found["b"][0] == NUM, name
        if name != "track_athlete":
            # The first has told it.
            assert read_broken(tmp_path / f"{KINDS[name]}.broken.csv") == []
