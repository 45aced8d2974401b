"""Row 13: numbers that are none, nobody in the picture, and actions of a single frame."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.faults.conftest import CLIPS, TABLE, poses, write_keypoints
from vpdlib.artifacts import read_artifact
from vpdlib.recognition.results import read_result


@pytest.mark.faults
@pytest.mark.workflow
def test_13_frames_without_numbers_or_people_and_actions_of_one_frame(make_workflow, tmp_path):
    workflow = make_workflow(tmp_path / "work")
    network = {"hidden": 8, "fc_width": 8, "epochs": 3}
    write_keypoints(workflow, num_shards=1, heads=["nns", "bigru"], recognition={"bigru": network})
    clips = poses()
    clips[CLIPS[0]][3:6] = np.nan
    clips[CLIPS[2]][4:7, 5] = np.inf
    clips[CLIPS[3]][10, :] = -np.inf
    # Nobody is in the second half of a training clip and of a test clip.
    clips[CLIPS[6]][10:] = np.nan
    clips[CLIPS[4]][10:] = np.nan
    np.savez(workflow.folder / "data" / "poses.npz", **clips)
    rows = ["video,start,end,label,split"]
    for number, clip in enumerate(CLIPS):
        split = "test" if number % 4 < 2 else "train"
        rows.append(f"{clip},0,0.8,{'fast' if number % 2 else 'slow'},{split}")
    rows += [f"{CLIPS[1]},0.2,0.24,slow,test", f"{CLIPS[7]},0.2,0.24,slow,train"]
    rows += [f"{CLIPS[4]},0.6,0.7,slow,test", f"{CLIPS[6]},0.6,0.7,slow,train"]
    (workflow.folder / "data" / "labels.csv").write_text("\n".join(rows) + "\n")
    done = workflow.run(TABLE, "results/mine/predictions.csv")
    assert done.returncode == 0, done.stdout[-4000:]
    results = workflow.folder / "results" / "mine"

    # Masked: such a frame has no descriptor, or no joint that is missing in it.
    left_out = {}
    with read_artifact(results / "features/joints/joints2d/0000.h5", "features") as artifact:
        for video in artifact.videos():
            there = np.isfinite(video.array("descriptor")).all(axis=(1, 2))
            left_out[video.video_id] = 20 - int(there.sum())
    print("frames left out:", {clip: n for clip, n in left_out.items() if n})
    assert left_out[CLIPS[0]] == 3
    assert left_out[CLIPS[3]] == 1
    assert left_out[CLIPS[4]] == left_out[CLIPS[6]] == 10

    # The loss is never NaN, and every test action has a defined prediction.
    logs = (results / "logs/recognize_actions/joints2d/bigru/full.log").read_text()
    assert not re.search(r"\bnan\b", logs, re.IGNORECASE)
    for head in ("nns", "bigru"):
        result = read_result(results / f"recognition/joints2d/{head}/full.h5")
        assert np.isfinite(result.probabilities).all()
    predictions = pd.read_csv(results / "predictions.csv")
    assert len(predictions) == 2 * 6
    assert predictions["predicted"].isin(["fast", "slow"]).all()


def test_13_flow_that_is_no_number_is_masked_and_counted():
    """What an estimator answers may be anything; the store of 8 bits has no NaN."""
    from vpdlib.flow.quantise import dequantise, quantise

    flow = np.zeros((8, 8, 2))
    flow[0, :3, 0] = np.nan, np.inf, -np.inf
    stored, masked = quantise(flow)
    assert masked == 3
    assert np.isfinite(dequantise(stored)).all()
    assert np.abs(dequantise(stored)).max() < 0.1


def test_13_a_loss_that_is_no_number_stops_the_training_by_name():
    """Targets of no number are refused before it: tests/students/test_train.py."""
    from tests.students.test_train import tiny_data, tiny_settings
    from vpdlib.students.train import NonFiniteLossError, train_student

    frames, pose, motion, train, val = tiny_data()
    pose[3] = 1e30
    with pytest.raises(NonFiniteLossError, match=r"frames \[3"):
        train_student(frames, pose, motion, train, val, tiny_settings(epochs=1))
