"""Every action in all footage, in the real workflow: models that stay, found.csv, new footage, clips."""

import copy
import json
import os
import shutil
import subprocess
import sys

import av
import h5py
import numpy as np
import pandas as pd
import pytest
import yaml

from tests.workflow.conftest import ROOT
from tests.workflow.reports import check_entries, read_report
from tests.workflow.test_chain import TINY

FOUND = [
    f"results/tiny/{name}"
    for name in ("found.csv", "found_accuracy.csv", "clips", "to_label.csv", "model")
]
SPRING = "results/tiny/found/spring.csv"
SPRING_TO_LABEL = "results/tiny/collections/spring/to_label.csv"

pytestmark = pytest.mark.workflow

#: Jobs of one more video of a collection, its own; then the list is made anew.
OF_ONE_VIDEO = {
    "list_videos": 1,
    "detect_people": 1,
    "track_athlete": 1,
    "crop_athlete": 1,
    "estimate_flow": 1,
    "estimate_pose": 1,
    "embed_joints2d": 1,
    "embed_frames": 1,
    "find_actions": 1,
    "list_found": 1,
    "collect_found": 1,
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory, make_workflow):
    """A working folder in which actions were found in a folder of rendered videos and in a collection of copies."""
    workflow = make_workflow(tmp_path_factory.mktemp("finding"))
    # Poses take most of the time, and fewer pictures less.
    rendered = copy.deepcopy(TINY)
    rendered["adapter"]["actions_per_video"] = 2
    workflow.write_dataset("rendered", rendered)
    done = workflow.run("results/rendered/source/labels.csv")
    assert done.returncode == 0, done.stdout[-4000:]
    source, data = workflow.folder / "results/rendered/source", workflow.folder / "data"
    shutil.copytree(source / "videos", data / "videos")
    shutil.copy(source / "labels.csv", data / "labels.csv")
    settings = copy.deepcopy(TINY)
    settings["adapter"] = {"kind": "folder", "videos": "videos", "labels": "labels.csv"}
    settings["num_shards"] = 1
    settings["ensembles"] = {"both": ["joints2d", "vpd2d"]}
    settings["collections"] = {"spring": "spring"}
    # Every answer counts, so that there are some of so little training.
    settings["finding"] = {"folds": 2, "min_probability": 0.0, "methods": ["vpd2d"]}
    workflow.write_dataset("tiny", settings)
    spring = data / "spring/day_1"
    spring.mkdir(parents=True)
    shutil.copy(data / "videos/test_000.mp4", spring / "new_0.mp4")
    done = workflow.run(*FOUND, SPRING, SPRING_TO_LABEL)
    assert done.returncode == 0, done.stdout[-6000:]
    return workflow


def test_new_footage_is_answered_like_the_datasets_own(finished):
    folder = finished.folder / "results/tiny"
    own = pd.read_csv(folder / "found.csv")
    new = pd.read_csv(folder / "found/spring.csv")
    assert set(own["video"]) <= {f"train_00{n}" for n in range(4)} | {"test_000", "test_001"}
    assert set(own["label"]) <= {
        "forward_tucked",
        "forward_straight",
        "backward_tucked",
        "backward_straight",
        "cartwheel",
        "full_turn_jump",
    }
    assert (own["end"] > own["start"]).all()
    assert own["probability"].between(0, 1).all()
    assert (own["probability"] >= own["second_probability"]).all()
    of_test = own[own["video"] == "test_000"].reset_index(drop=True)
    assert len(of_test)
    columns = ["start", "end", "label", "probability", "second_label", "nearest_action"]
    pd.testing.assert_frame_equal(of_test[columns], new[columns])
    assert new["labelled"].isna().all()
    assert "new_0" in (folder / "found/spring.md").read_text()


def test_accuracy_says_which_part_loses(finished):
    table = pd.read_csv(finished.folder / "results/tiny/found_accuracy.csv")
    of_student = table[table["method"] == "vpd2d"].set_index("row")
    assert {"both steps", "times alone", "names alone", "class by chance"} <= set(of_student.index)
    assert "frame classes (vpd2d)" in of_student.index
    # Two actions in each of two test videos; naming can only lose.
    assert of_student["actions"]["both steps"] == 4
    assert of_student["recall"]["both steps"] <= of_student["recall"]["times alone"]
    assert of_student["top1"].notna().tolist() == [row == "names alone" for row in of_student.index]


def test_clips_are_of_what_was_found(finished):
    found = pd.read_csv(finished.folder / "results/tiny/found.csv")
    clips = sorted((finished.folder / "results/tiny/clips").glob("*/*.mp4"))
    assert len(clips) == len(found)
    with av.open(str(clips[0])) as container:
        assert container.streams.video[0].codec_context.name == "h264"


def test_the_report_holds_what_was_found(finished, tmp_path):
    path = tmp_path / "report.html"
    targets = [*FOUND, SPRING, SPRING_TO_LABEL]
    done = finished.run("--report", str(path), *targets, cores=None)
    assert done.returncode == 0, done.stdout[-4000:]
    entries, categories, description = read_report(path)
    check_entries(entries, categories, description)
    spring = "results/tiny/collections/spring"
    names = [f"results/tiny/{name}" for name in ("found", "found_accuracy", "to_label")]
    names += [f"{spring}/found", f"{spring}/to_label"]
    assert set(categories["Found"]["Other"]) == {
        f"{name}.{form}" for name in names for form in ("csv", "html")
    }
    assert entries[f"{spring}/found.csv"]["labels"]["dataset"] == "tiny/collections/spring"


def test_what_to_label_next_is_not_labelled_and_not_tested(finished):
    asked = pd.read_csv(finished.folder / "results/tiny/to_label.csv")
    assert not asked["video"].str.startswith("test").any()
    assert asked["labelled"].isna().all()
    assert not asked.duplicated(["video", "start", "end"]).any()
    new = pd.read_csv(finished.folder / SPRING_TO_LABEL)
    assert set(new["video"]) == {"new_0"}


def test_one_more_video_is_its_own_jobs(finished):
    spring = finished.folder / "data/spring"
    shutil.copy(spring / "day_1/new_0.mp4", spring / "new_2.mp4")
    assert finished.planned(SPRING) == OF_ONE_VIDEO
    (spring / "new_2.mp4").unlink()
    assert finished.planned(*FOUND) == {}


def test_a_collection_that_is_not_there_is_refused(finished):
    done = finished.run("--dry-run", "results/tiny/found/autumn.csv")
    assert done.returncode != 0
    assert "there is no 'autumn' under `collections`; known: spring" in done.stdout
    done = finished.run("--dry-run", "results/tiny/collections/spring/table1.csv")
    assert done.returncode != 0
    assert "'spring' is a collection of tiny: it has no labels" in done.stdout


def test_a_shared_model_finds_what_the_workflow_finds(finished, tmp_path, networks_dir):
    """One video that was learnt from, and one that was not; called otherwise, as on another computer."""
    results, videos = finished.folder / "results/tiny", finished.folder / "data/videos"
    names = {"test_000": "sunday", "train_001": "test_000"}
    for video, name in names.items():
        shutil.copyfile(videos / f"{video}.mp4", tmp_path / f"{name}.mp4")
    shutil.copytree(results / "model", tmp_path / "shared")
    expected = pd.read_csv(results / "found.csv")

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
    artifacts = [path for path in made if path.suffix == ".h5"]
    assert len(artifacts) == 2 * 8
    for path in artifacts:
        with h5py.File(path) as file:
            assert str(finished.folder) not in str(dict(file.attrs))

    again = find("--clips")
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("is there already") == 2 * (8 + 1)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out/found.csv"), found)


def edit_labels(workflow, change):
    """Write the labels anew, with a column changed."""
    path = workflow.folder / "data/labels.csv"
    labels = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(labels)
    labels.to_csv(path, index=False)


def test_an_edited_label_retrains_heads_and_no_student(finished):
    path = finished.folder / "data/labels.csv"
    before, stamp = path.read_bytes(), path.stat()

    def other_class(labels):
        row = labels.index[labels["split"] == "train"][0]
        other = "cartwheel" if labels.loc[row, "label"] != "cartwheel" else "full_turn_jump"
        labels.loc[row, "label"] = other

    edit_labels(finished, other_class)
    try:
        planned = finished.planned(*FOUND)
        # The second detector of the student is that of frame classes, for the table of accuracy.
        assert planned["train_recogniser"] == planned["train_detector"] - 1 == 2
        assert planned["prepare_dataset"] == planned["list_found"] == 1
        assert not planned.keys() & {"distil_student", "embed_frames", "estimate_pose"}
        # As told, students follow; and what is distilled anew is embedded anew.
        settings = yaml.safe_load((finished.folder / "datasets/tiny.yaml").read_text())
        settings["students_follow_labels"] = True
        with finished.with_settings("datasets/tiny.yaml", settings):
            planned = finished.planned(*FOUND)
        assert planned["distil_student"] == 1
        assert planned["embed_frames"] == 1
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert finished.planned(*FOUND) == {}


def test_a_student_of_a_video_that_is_tested_now_is_not_used(finished):
    """Last, since it changes the labels for good."""

    def to_test(labels):
        labels.loc[labels["video"] == "train_000", "split"] = "test"

    edit_labels(finished, to_test)
    done = finished.run(*FOUND)
    assert done.returncode != 0
    assert "vpd2d has learnt from train_000" in done.stdout
    assert "Give the same command again" in done.stdout
    assert finished.planned(*FOUND)["distil_student"] == 1
