"""A model that the workflow makes finds in a file, without the workflow, what the workflow finds in it."""

import json
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.workflow.conftest import ROOT
from tests.workflow.test_chain import TINY

SETTINGS = {
    **TINY,
    "adapter": {**TINY["adapter"], "num_train_videos": 2, "num_test_videos": 1},
    "num_shards": 1,
    "ensembles": {"both": ["joints2d", "vpd2d"]},
    "finding": {"folds": 2, "examples_per_class": 2, "min_probability": 0.0},
}
RESULTS = "results/tiny"


@pytest.mark.workflow
def test_a_shared_model_finds_what_the_workflow_finds(tmp_path, make_workflow, networks_dir):
    workflow = make_workflow(tmp_path / "project")
    workflow.write_dataset("tiny", SETTINGS)
    done = workflow.run(f"{RESULTS}/model", f"{RESULTS}/found.csv")
    assert done.returncode == 0, done.stdout[-6000:]
    results = workflow.folder / RESULTS
    # One that was learnt from, and one that was not; called otherwise, on another computer.
    listed = pd.concat([pd.read_csv(path) for path in sorted(results.glob("shards/*[0-9].csv"))])
    paths = dict(zip(listed["video"], listed["path"], strict=True))
    names = {"test_000": "sunday", "train_001": "test_000"}
    for video, name in names.items():
        shutil.copyfile(workflow.folder / paths[video], tmp_path / f"{name}.mp4")
    shutil.copytree(results / "model", tmp_path / "shared")
    expected = pd.read_csv(results / "found.csv")
    (workflow.folder).rename(tmp_path / "away")

    def find(*arguments):
        command = [sys.executable, "-m", "vpdlib", "find", "--model", str(tmp_path / "shared")]
        command += ["--out", str(tmp_path / "out"), "--networks-dir", str(networks_dir)]
        command += ["--device", "cpu", "--threads", "1", *arguments]
        command += [str(tmp_path / f"{name}.mp4") for name in names.values()]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
        )

    done = find("--clips")
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "out/found.csv")
    assert set(found["video"]) == set(names.values())
    for video, name in names.items():
        ours = found[found["video"] == name].reset_index(drop=True)
        theirs = expected[expected["video"] == video].reset_index(drop=True)
        exact = ["start", "end", "label", "second_label", "nearest_action"]
        pd.testing.assert_frame_equal(ours[exact], theirs[exact])
        # Frames of other videos stand beside these in the workflow's batches, which rounds otherwise.
        for column in ("probability", "second_probability", "detection_score"):
            np.testing.assert_allclose(ours[column], theirs[column], atol=2e-4)
    content = json.loads((tmp_path / "out/found.json").read_text())
    assert [len(video["actions"]) for video in content["videos"]] == [
        (found["video"] == name).sum() for name in names.values()
    ]
    for video in content["videos"]:
        assert (tmp_path / "out" / video["overlay"]).stat().st_size > 10_000
        for action in video["actions"]:
            assert (tmp_path / "out" / action["clip"]).is_file()
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.[hm][5p]*")}
    assert sum(path.suffix == ".h5" for path in made) == 2 * 8
    for path in made:
        if path.suffix == ".h5":
            with h5py.File(path) as file:
                assert str(tmp_path / "away") not in str(dict(file.attrs))

    again = find("--clips")
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("is there already") == 2 * (8 + 1)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out/found.csv"), found)
