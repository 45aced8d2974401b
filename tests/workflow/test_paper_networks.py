"""Networks of the paper's kind through the real workflow: mmdet with masks, mmpose, RAFT, of random weights.

The real weights cannot be had here; what their artifacts hold is told by tests of each back end.
"""

import numpy as np
import pytest

from tests.people.mmdet_networks import RTMDET_INS, pictures, random_network
from tests.poses.mmpose_networks import saved_network, small_config, torch
from vpdlib.artifacts import read_artifact
from vpdlib.flow.raft import raft_network
from vpdlib.video.writer import VideoWriter

pytestmark = pytest.mark.workflow
NUM_FRAMES = 6
LABELS = "video,start,end,label,split\na,0,0.2,jump,train\nb,0,0.2,turn,train\nc,0,0.2,turn,test\n"


@pytest.fixture
def workflow(make_workflow, tmp_path):
    """Three videos of noise."""
    made = make_workflow(tmp_path / "work")
    videos = made.folder / "data" / "videos"
    videos.mkdir(parents=True)
    for seed, name in enumerate("abc"):
        with VideoWriter(videos / f"{name}.mp4", 25.0, 128, 96) as video:
            for picture in pictures(NUM_FRAMES, seed=seed):
                video.write(picture)
    (made.folder / "data" / "labels.csv").write_text(LABELS)
    return made


def settings(**changes):
    return {
        "title": "Mine",
        "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
        "num_shards": 1,
        "networks": "paper",
        "crops": {"size": 64},
        "students": {
            "vpd2d": {
                "architecture": "residual",
                "widths": [8],
                "blocks": [1],
                "crop_px": 32,
                "epochs": 1,
                "samples_per_epoch": 8,
                "val_samples": 4,
                "batch_size": 4,
            }
        },
        "shots": [1],
        "trials": 1,
        **changes,
    }


def test_named_weights_are_fetched_by_rules_and_embedded_networks_are_not_asked_for(workflow):
    workflow.write_config(networks_dir="networks", downloads_dir="downloads")
    workflow.write_dataset("mine", settings())
    jobs = workflow.planned("results/mine/table1.csv")
    assert jobs["fetch_checkpoint"] == 3
    assert "fetch_networks" not in jobs
    workflow.write_dataset("mine", settings(networks="embedded"))
    jobs = workflow.planned("results/mine/table1.csv")
    assert "fetch_checkpoint" not in jobs
    assert jobs["fetch_networks"] == 1


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"checkpoint": "weights/mine.pth"}, ("weights/mine.pth", "no such file")),
        ({"checkpoint": "mask-rcnn-x1001"}, ("mask-rcnn-x1001", "mask-rcnn-x101")),
        (
            {"checkpoint": "weights/there.pth", "checkpoint_sha256": "0" * 64},
            ("weights/there.pth", "0" * 64, "found"),
        ),
    ],
)
def test_weights_that_are_missing_or_others_are_refused_before_any_job(workflow, weights, words):
    there = workflow.folder / "weights" / "there.pth"
    there.parent.mkdir()
    there.write_bytes(b"weights")
    workflow.write_dataset("mine", settings(people={"mmdet": weights}))
    done = workflow.run("results/mine/table1.csv")
    assert done.returncode != 0
    for word in words:
        assert word in done.stdout, done.stdout
    assert not (workflow.folder / "results" / "mine").exists()


def test_from_video_to_features(workflow, tmp_path):
    detector = random_network(RTMDET_INS, tmp_path)
    pose_config = small_config("plain", tmp_path)
    raft = tmp_path / "raft.pth"
    torch.manual_seed(0)
    torch.save(raft_network("raft_small").state_dict(), raft)
    workflow.write_dataset(
        "mine",
        settings(
            people={
                "mmdet": {
                    "config": str(detector.config),
                    "checkpoint": str(detector.checkpoint),
                    "min_score": 0.0,
                    "mask_min_score": 0.0,
                    "batch_size": 4,
                }
            },
            poses={
                "mmpose": {
                    "config": str(pose_config),
                    "checkpoint": str(saved_network(pose_config, tmp_path)),
                    "batch_size": 4,
                }
            },
            flow={"method": "raft_small", "raft": {"checkpoint": str(raft), "iterations": 2}},
            weak_labels={"min_score": 0.0, "max_extent": 1e6},
        ),
    )
    done = workflow.run("results/mine/features/student/vpd2d/0000.h5")
    assert done.returncode == 0, done.stdout[-6000:]
    results = workflow.folder / "results" / "mine"
    with read_artifact(results / "people/0000.h5", "people") as people:
        assert set(people["a"].array("source")) == {2}
        assert people["a"].array("mask").any()
    with read_artifact(results / "crops/0000.h5", "crops") as crops:
        mask = crops["a"].array("mask")
        assert mask.shape == (len(crops["a"].array("frame")), 64, 64)
        assert set(np.unique(mask)) <= {0, 1}
    with read_artifact(results / "poses/0000.h5", "poses") as poses:
        assert poses.attributes["teacher"] == "mmpose"
        assert len(poses.attributes["teacher_checkpoint_sha256"]) == 64
        assert np.isfinite(poses["a"].array("keypoints_px")).all()
    with read_artifact(results / "flow/0000.h5", "flow") as flow:
        assert flow.attributes["method"] == "raft_small"
        assert flow.attributes["iterations"] == 2
    with read_artifact(results / "features/student/vpd2d/0000.h5", "features") as features:
        assert np.isfinite(features["a"].array("descriptor")).all()
    # Everything is there: nothing is to be made anew.
    assert workflow.planned("results/mine/features/student/vpd2d/0000.h5") == {}
