"""Files of pose tools in place of keypoints, through the real workflow; light, since no network runs."""

import numpy as np
import pandas as pd
import pytest

from tests.figures import figure
from vpdlib.artifacts import read_artifact
from vpdlib.skeleton import COCO17, JOINTS13
from vpdlib.video.writer import VideoWriter

pytestmark = pytest.mark.workflow
HEADS = {
    "recognition": {"bigru": {"hidden": 8, "fc_width": 8, "epochs": 20}},
    "heads": ["nns"],
    "shots": [],
    "methods": ["joints2d"],
}
CLIPS = [f"clip_{n:02d}" for n in range(12)]
ARMLESS = [name for name in JOINTS13 if "wrist" not in name]


def write_labels(path):
    rows = ["video,label,split"]
    rows += [
        f"{c},{'fast' if n % 2 else 'slow'},{'test' if n >= 8 else 'train'}"
        for n, c in enumerate(CLIPS)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")


def kicking(rng, fast):
    """A figure (T, 13, 2) px whose ankles circle slowly or fast, besides its wrists."""
    place = figure(rng, fast)
    wrists = [JOINTS13.index(f"{side}_wrist") for side in ("left", "right")]
    ankles = [JOINTS13.index(f"{side}_ankle") for side in ("left", "right")]
    place[:, ankles] += place[:, wrists] - place[:, wrists].mean(axis=0)
    return place


def write_table(path, people, joints):
    """A table of DeepLabCut of several animals: (T, 13, 2) px of each."""
    columns = [(who, j, c) for who in people for j in joints for c in ("x", "y", "likelihood")]
    lines = [
        ",".join(["scorer", *["DLC_x"] * len(columns)]),
        ",".join(["individuals", *(who for who, _, _ in columns)]),
        ",".join(["bodyparts", *(joint for _, joint, _ in columns)]),
        ",".join(["coords", *(coord for _, _, coord in columns)]),
    ]
    for frame in range(len(next(iter(people.values())))):
        cells = []
        for place in people.values():
            for joint in joints:
                x, y = place[frame, JOINTS13.index(joint)]
                cells += [f"{x:.3f}", f"{y:.3f}", "0.9"]
        lines.append(",".join([str(frame), *cells]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def test_a_folder_of_tables_without_wrists_in_place_of_videos(make_workflow, tmp_path):
    workflow = make_workflow(tmp_path)
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "mine"
    write_labels(folder / "labels.csv")
    for n, clip in enumerate(CLIPS):
        athlete = kicking(rng, n % 2)
        write_table(folder / "poses" / f"{clip}DLC_x_el.csv", {"skater": athlete}, ARMLESS)
    settings = {
        "title": "Mine",
        "adapter": {
            "kind": "poses",
            "keypoints": "mine/poses",
            "fps": 25.0,
            "labels": "mine/labels.csv",
        },
        "num_shards": 2,
        **HEADS,
    }
    workflow.write_dataset("mine", settings)
    target = "results/mine/table1.csv"
    done = workflow.run(target)
    assert done.returncode == 0, done.stdout[-4000:]
    assert pd.read_csv(tmp_path / target)["top1"].tolist() == [100]
    problems = pd.read_csv(tmp_path / "results/mine/dataset/problems.csv")["problem"]
    assert problems.str.contains("left_wrist, right_wrist: in no frame of any file").sum() == 1
    assert workflow.planned(target) == {}
    # An edited file of the folder is noticed.
    write_table(folder / "poses" / f"{CLIPS[0]}DLC_x_el.csv", {"skater": kicking(rng, 0)}, ARMLESS)
    assert "list_videos" in workflow.planned(target)


def test_several_people_on_videos(make_workflow, tmp_path):
    workflow = make_workflow(tmp_path)
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "mine"
    write_labels(folder / "labels.csv")
    boxes, athletes = ["video,frame,x0,y0,x1,y1"], {}
    for n, clip in enumerate(CLIPS):
        with VideoWriter(folder / "videos" / f"{clip}.mp4", 25.0, 224, 96) as video:
            for _ in range(20):
                video.write(rng.integers(0, 255, (96, 224, 3)).astype(np.uint8))
        athlete = figure(rng, n % 2)[..., :2]
        athletes[clip] = athlete
        people = {"other": athlete + np.array([120, 0]), "athlete": athlete}
        # The tool ends with the last frame in which it saw somebody.
        people = {name: place[:18] for name, place in people.items()}
        write_table(folder / "poses" / f"{clip}DLC_x_el.csv", people, JOINTS13)
        low, high = athlete.min(axis=1) - 3, athlete.max(axis=1) + 3
        boxes += [
            f"{clip},{frame},{','.join(f'{number:.2f}' for number in (*low[frame], *high[frame]))}"
            for frame in range(20)
        ]
    (folder / "boxes.csv").write_text("\n".join(boxes) + "\n")
    settings = {
        "title": "Mine",
        "adapter": {"kind": "folder", "videos": "mine/videos", "labels": "mine/labels.csv"},
        "supplied": {"boxes": "mine/boxes.csv", "keypoints": ["mine/poses"]},
        "num_shards": 1,
        **HEADS,
    }
    workflow.write_dataset("mine", settings)
    done = workflow.run("results/mine/table1.csv")
    assert done.returncode == 0, done.stdout[-4000:]
    with read_artifact(tmp_path / "results/mine/poses/0000.h5", "poses") as poses:
        for clip in CLIPS:
            nose = poses[clip].array("keypoints_px")[:, COCO17.index("nose"), :2]
            np.testing.assert_allclose(nose[:18], athletes[clip][:18, 0], atol=2e-3)
            assert np.isnan(nose[18:]).all()
