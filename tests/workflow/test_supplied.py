"""Output of other tools in place of a stage, through the real workflow; light, since no network runs."""

import numpy as np
import pandas as pd
import pytest

from tests.figures import figure
from vpdlib.artifacts import read_artifact
from vpdlib.skeleton import JOINTS13
from vpdlib.tracking.fill import ORIGIN_SUPPLIED
from vpdlib.video.writer import VideoWriter

pytestmark = pytest.mark.workflow
HEADS = {
    "recognition": {"bigru": {"hidden": 8, "fc_width": 8, "epochs": 20}},
    "shots": [2],
    "trials": 2,
}
CLIPS = [f"clip_{n:02d}" for n in range(12)]


def write_labels(path):
    rows = ["video,label,split"]
    rows += [
        f"{c},{'fast' if n % 2 else 'slow'},{'test' if n >= 8 else 'train'}"
        for n, c in enumerate(CLIPS)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")


def test_keypoints_in_place_of_videos(make_workflow, tmp_path):
    workflow = make_workflow(tmp_path)
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "mine"
    write_labels(folder / "labels.csv")
    poses = {c: figure(rng, n % 2) for n, c in enumerate(CLIPS)}
    poses[CLIPS[0]][3:6] = np.nan
    np.savez(folder / "poses.npz", **poses)
    settings = {
        "title": "Mine",
        "adapter": {
            "kind": "poses",
            "keypoints": "mine/poses.npz",
            "joint_names": "joints13",
            "fps": 25.0,
            "labels": "mine/labels.csv",
        },
        # More shards than videos: some are empty.
        "num_shards": 16,
        "methods": ["joints2d"],
        **HEADS,
    }
    workflow.write_dataset("mine", settings)
    done = workflow.run("results/mine/table1.csv", "results/mine/figure3.csv")
    assert done.returncode == 0, done.stdout[-4000:]
    table = pd.read_csv(tmp_path / "results/mine/table1.csv").set_index("head")
    assert table["top1"]["nns"] == 100
    assert workflow.planned("results/mine/table1.csv", "results/mine/figure3.csv") == {}
    # What a network learnt on one device is not learnt anew for another.
    workflow.write_config(device="auto")
    assert workflow.planned("results/mine/table1.csv", "results/mine/figure3.csv") == {}
    # An edited file is noticed, and what is wrong with it is said.
    del settings["adapter"]["fps"]
    workflow.write_dataset("mine", settings)
    done = workflow.run("results/mine/table1.csv")
    assert done.returncode != 0
    assert "adapter.fps: the keypoints of 'clip_00' say no frame rate" in done.stdout


def test_boxes_keypoints_and_features_of_other_tools_on_videos(make_workflow, tmp_path):
    workflow = make_workflow(tmp_path)
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "mine"
    write_labels(folder / "labels.csv")
    boxes, poses, features = ["video,frame,x0,y0,x1,y1"], {}, {}
    for n, clip in enumerate(CLIPS):
        with VideoWriter(folder / "videos" / f"{clip}.mp4", 25.0, 96, 96) as video:
            for _ in range(20):
                video.write(rng.integers(0, 255, (96, 96, 3)).astype(np.uint8))
        poses[clip] = figure(rng, n % 2)
        boxes += [f"{clip},{frame},20,20,70,90" for frame in range(20) if frame != 7]
        features[clip] = np.full((20, 5), n % 2) + rng.normal(0, 0.1, (20, 5))
    (folder / "boxes.csv").write_text("\n".join(boxes) + "\n")
    np.savez(folder / "poses.npz", **poses)
    np.savez(folder / "net.npz", **features)
    supplied = {
        "boxes": "mine/boxes.csv",
        "keypoints": "mine/poses.npz",
        "joint_names": "joints13",
        "features": {"my_net": "mine/net.npz"},
    }
    settings = {
        "title": "Mine",
        "adapter": {"kind": "folder", "videos": "mine/videos", "labels": "mine/labels.csv"},
        "supplied": supplied,
        "num_shards": 2,
        "crops": {"size": 16},
        "methods": ["joints2d", "my_net"],
        **HEADS,
    }
    workflow.write_dataset("mine", settings)
    target = "results/mine/table1.csv"
    crops = "results/mine/crops/0000.h5"
    jobs = workflow.planned(target, crops)
    assert "detect_people" not in jobs
    assert "fetch_networks" not in jobs
    done = workflow.run(target, crops)
    assert done.returncode == 0, done.stdout[-4000:]
    table = pd.read_csv(tmp_path / target).set_index(["method", "head"])
    assert table["top1"]["my_net", "nns"] == 100
    with (
        read_artifact(tmp_path / "results/mine/tracks/0000.h5", "tracks") as tracks,
        read_artifact(tmp_path / crops, "crops") as cut,
        read_artifact(tmp_path / "results/mine/poses/0000.h5", "poses") as pose,
    ):
        for video in tracks.videos():
            origin = video.array("origin")
            assert (origin == ORIGIN_SUPPLIED).sum() == 19
            assert origin[7] == 0
            frames = [f for f in range(20) if f != 7]
            assert cut[video.video_id].array("frame").tolist() == frames
            assert pose[video.video_id].array("frame").tolist() == frames
            nose = pose[video.video_id].array("keypoints_px")[:, 0]
            assert np.allclose(nose[:, :2], poses[video.video_id][frames, JOINTS13.index("nose")])
    # A file that does not fit is named before anything is lost.
    np.savez(folder / "net.npz", **{c: f[:19] for c, f in features.items()})
    done = workflow.run(target)
    assert done.returncode != 0
    assert "has 19 rows, the video has 20 frames" in done.stdout
    assert (tmp_path / target).is_file()
    settings["supplied"] = {**supplied, "boxes": "mine/none.csv"}
    workflow.write_dataset("mine", settings)
    done = workflow.run("--dry-run", "results/mine/tracks/0000.h5")
    assert done.returncode != 0
    assert "names 'mine/none.csv'" in done.stdout
