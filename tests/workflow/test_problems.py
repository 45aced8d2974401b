"""A broken video stops itself alone, and what was passed over is in problems.csv; boxes and keypoints are supplied."""

import os
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from tests.workflow.conftest import write_video
from tests.workflow.test_supplied import figure
from vpdlib.artifacts import read_artifact
from vpdlib.datasets.tables import read_problems

pytestmark = pytest.mark.workflow
CLIPS = [f"clip_{n}" for n in range(8)]
BROKEN, GAP, SHORT, ONLY_FAST = CLIPS[3], CLIPS[0], CLIPS[5], CLIPS[1]
#: Of the table of boxes, and no video.
OTHER = "clip_O"
SETTINGS = {
    "title": "Mine",
    "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
    "supplied": {"boxes": "boxes.csv", "keypoints": "poses.npz", "joint_names": "joints13"},
    "num_shards": 2,
    "crops": {"size": 16},
    "methods": ["joints2d"],
    "heads": ["nns"],
    "shots": [],
    "trials": 1,
}
SKIP = {**SETTINGS, "on_bad_video": "skip"}
TABLE, PROBLEMS = "results/mine/table1.csv", "results/mine/problems.csv"
PREDICTIONS = "results/mine/predictions.csv"
YAML = "datasets/mine.yaml"


def junk(path):
    path.write_bytes(b"not a video" * 100)


@pytest.fixture(scope="module")
def make(make_workflow, tmp_path_factory):
    """Makes a folder of eight clips of 20 frames, each two actions of 0.4 s."""

    def get(settings):
        workflow = make_workflow(tmp_path_factory.mktemp("problems"))
        data = workflow.folder / "data"
        rng = np.random.default_rng(0)
        labels, boxes, poses = ["video,start,end,label,split"], ["video,frame,x0,y0,x1,y1"], {}
        for n, clip in enumerate(CLIPS):
            write_video(data / "videos" / f"{clip}.mp4", 20)
            poses[clip] = figure(rng, n % 2) * 0.5
            split, label = "test" if n >= 5 else "train", "fast" if n % 2 else "slow"
            labels += [f"{clip},0,0.4,{label},{split}", f"{clip},0.4,0.8,{label},{split}"]
            # In the second action of one clip nobody is seen, in that of another hardly anybody.
            frames = range({GAP: 10, SHORT: 13}.get(clip, 20))
            # By the file's name: a broken one is of the dataset all the same.
            boxes += [f"{clip}.mp4,{frame},10,10,50,40" for frame in frames]
        boxes.append(f"{OTHER},0,10,10,50,40")
        (data / "labels.csv").write_text("\n".join(labels) + "\n")
        (data / "boxes.csv").write_text("\n".join(boxes) + "\n")
        np.savez(data / "poses.npz", **poses)
        workflow.write_dataset("mine", settings)
        return workflow

    return get


@pytest.fixture(scope="module")
def finished(make):
    """The folder with a broken video: first refused, then skipped."""
    workflow = make(SETTINGS)
    junk(workflow.folder / "data" / "videos" / f"{BROKEN}.mp4")
    refused = workflow.run(TABLE)
    workflow.write_dataset("mine", SKIP)
    done = workflow.run(TABLE, PREDICTIONS)
    assert done.returncode == 0, done.stdout[-6000:]
    return workflow, refused, done


def test_by_default_it_stops_with_its_name(finished):
    _, refused, _ = finished
    assert refused.returncode != 0
    assert f"{BROKEN}.mp4: cannot be opened as a video" in refused.stdout
    assert "on_bad_video: skip" in refused.stdout
    assert "rule track_athlete" not in refused.stdout


def test_the_others_finish_and_it_is_listed_with_its_actions(finished):
    workflow, _, done = finished
    rows = read_problems(workflow.folder / PROBLEMS)
    found = [(row.video, row.start, row.end, row.stage) for row in rows]
    assert found == [
        ("", "", "", "prepare_dataset"),
        (GAP, "0.4", "0.8", "track_athlete"),
        # Without the broken one, both actions of a class that are learnt from are of one video.
        (ONLY_FAST, "0", "0.4", "prepare_dataset"),
        (BROKEN, "", "", "list_videos"),
        (BROKEN, "0", "0.4", "prepare_dataset"),
        (BROKEN, "0.4", "0.8", "prepare_dataset"),
        (SHORT, "0.4", "0.8", "track_athlete"),
    ]
    problem = {(row.video, row.start): row.problem for row in rows}
    assert f"{BROKEN}.mp4: cannot be opened" in problem[BROKEN, ""]
    assert "in none of its 10 frames" in problem[GAP, "0.4"]
    assert "30 % of its 10 frames" in problem[SHORT, "0.4"]
    assert f"there is no video {OTHER!r}" in problem["", ""]
    assert "rows of boxes that are not used: 1" in problem["", ""]
    for text in (
        "1 rows of boxes are of no video of the dataset",
        f"{BROKEN} 0 to 0.4 s: action fast left out",
        f"{GAP} 0.4 to 0.8 s: slow (train): nobody is followed",
        f"results/mine/overlays/{GAP}.mp4",
    ):
        assert text in done.stdout, done.stdout
    actions = pd.read_csv(workflow.folder / "results/mine/dataset/actions.csv")
    assert set(actions["video"]) == set(CLIPS) - {BROKEN}
    assert len(pd.read_csv(workflow.folder / TABLE)) == 1
    log = workflow.folder / "results/mine/logs/recognize_actions/joints2d/nns/full.log"
    assert f"without a frame, and so not learnt from: {GAP}_002" in log.read_text()
    assert pd.read_csv(workflow.folder / PREDICTIONS)["has_athlete"].tolist() == [1] * 6


def test_again_there_is_nothing_to_do_and_a_touch_changes_nothing(finished):
    workflow, _, _ = finished
    assert workflow.planned(TABLE) == {}
    os.utime(workflow.folder / PROBLEMS)
    assert workflow.planned(TABLE) == {}


def test_refused_again_it_is_named_again_and_nothing_else_is_made_anew(finished):
    workflow, _, _ = finished
    with workflow.with_settings(YAML, SETTINGS):
        assert workflow.planned(TABLE) == {"problems": 1, "table": 1}
        done = workflow.run(TABLE)
    assert done.returncode != 0
    assert "on_bad_video is refuse" in done.stdout
    assert f"{BROKEN}.mp4" in done.stdout


def test_a_file_that_is_not_taken_is_named_when_it_comes(finished):
    workflow, _, _ = finished
    added = workflow.folder / "data" / "videos" / "day.braw"
    added.write_bytes(b"\xff\x00" * 100)
    assert workflow.planned(TABLE) == {"problems": 1, "table": 1}
    done = workflow.run(PROBLEMS)
    assert done.returncode == 0, done.stdout
    assert "day.braw" in done.stdout
    assert "day.braw" in [row.video for row in read_problems(workflow.folder / PROBLEMS)]
    added.unlink()
    assert workflow.run(TABLE).returncode == 0


def test_a_video_that_breaks_after_it_was_listed(make):
    """Its file is replaced while the workflow runs: same size and time stamp, so that Snakemake does not notice."""
    workflow = make({**SETTINGS, "num_shards": 1})
    listed, tracks, crops = (
        f"results/mine/{name}" for name in ("shards/0000.csv", "tracks/0000.h5", "crops/0000.h5")
    )
    assert workflow.run(listed).returncode == 0
    video = workflow.folder / "data" / "videos" / f"{BROKEN}.mp4"
    with away(video):
        stops_and_is_carried_on(workflow, tracks, crops)
    # The file is as it was, and nothing notices; what is said of it mends it.
    workflow.write_dataset("mine", {**SETTINGS, "num_shards": 1})
    done = workflow.run(TABLE)
    assert done.returncode != 0
    command = f"--forcerun track_athlete -- {tracks}"
    assert f"snakemake --cores all {command}. Else replace it" in done.stdout
    assert workflow.run(*command.split()).returncode == 0
    done = workflow.run(crops, TABLE)
    assert done.returncode == 0, done.stdout[-6000:]
    assert BROKEN not in [row.video for row in read_problems(workflow.folder / PROBLEMS)]
    with read_artifact(workflow.folder / crops, "crops") as cut:
        assert cut[BROKEN].num_rows("crop") == 20


@contextmanager
def away(video):
    """For a while a file of the same size and time stamp holds something else."""
    sound, before = video.read_bytes(), video.stat()
    video.write_bytes(b"not a video".ljust(before.st_size, b"."))
    os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))
    yield
    video.write_bytes(sound)
    os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))


def stops_and_is_carried_on(workflow, tracks, crops):
    """By default and under `skip`, where a video breaks before the athlete is followed."""
    done = workflow.run(tracks)
    assert done.returncode != 0
    assert f"{BROKEN}.mp4: cannot be opened" in done.stdout
    workflow.write_dataset("mine", {**SKIP, "num_shards": 1})
    done = workflow.run(crops, TABLE)
    assert done.returncode == 0, done.stdout[-6000:]
    assert f"{BROKEN}.mp4: cannot be opened" in done.stdout
    with (
        read_artifact(workflow.folder / tracks, "tracks") as artifact,
        read_artifact(workflow.folder / crops, "crops") as cut,
    ):
        assert artifact.video_ids == cut.video_ids == CLIPS
        assert artifact[BROKEN].num_rows("time_s") == cut[BROKEN].num_rows("crop") == 0
        assert cut[CLIPS[1]].num_rows("crop") == 20
    rows = [row for row in read_problems(workflow.folder / PROBLEMS) if row.video == BROKEN]
    assert [row.start for row in rows] == ["", "0", "0.4"]
    assert {row.stage for row in rows} == {"track_athlete"}
    assert "carried on as empty" in rows[0].problem
    assert "the video has no frame there" in rows[1].problem


def test_a_video_that_is_away_while_it_is_cropped(make):
    """Its tracks are whole, the file is back as it was: told all the same, and refused before a table is made."""
    workflow = make({**SKIP, "num_shards": 1})
    crops = "results/mine/crops/0000.h5"
    assert workflow.run(PROBLEMS).returncode == 0
    with away(workflow.folder / "data" / "videos" / f"{BROKEN}.mp4"):
        done = workflow.run(crops)
    assert done.returncode == 0, done.stdout
    assert workflow.planned(PROBLEMS, crops) == {"problems": 1}
    assert workflow.run(PROBLEMS).returncode == 0
    (row,) = [row for row in read_problems(workflow.folder / PROBLEMS) if row.video == BROKEN]
    command = f"--forcerun crop_athlete -- {crops}"
    assert (row.stage, row.start) == ("crop_athlete", "")
    assert f"snakemake --cores all {command}. Else replace it" in row.remedy
    assert workflow.planned(PROBLEMS, crops) == {}
    workflow.write_dataset("mine", {**SETTINGS, "num_shards": 1})
    done = workflow.run(TABLE)
    assert done.returncode != 0
    assert command in done.stdout
    assert workflow.run(*command.split()).returncode == 0
    done = workflow.run(TABLE)
    assert done.returncode == 0, done.stdout[-6000:]
    assert BROKEN not in [row.video for row in read_problems(workflow.folder / PROBLEMS)]
    with read_artifact(workflow.folder / crops, "crops") as cut:
        assert cut[BROKEN].num_rows("crop") == 20
    assert workflow.planned(TABLE) == {}


def test_a_link_to_a_disk_that_is_not_mounted(make):
    """Snakemake would say that an input is missing, and no more."""
    workflow = make(SETTINGS)
    video = workflow.folder / "data" / "videos" / f"{BROKEN}.mp4"
    disk = workflow.folder / "disk" / video.name
    disk.parent.mkdir()
    video.rename(disk)
    video.symlink_to(disk)
    disk.rename(disk.with_suffix(".away"))
    actions = "results/mine/dataset/actions.csv"
    done = workflow.run(actions)
    assert done.returncode != 0
    assert f"{BROKEN}.mp4: is a link to {disk}, which is not there; mount the disk" in done.stdout
    workflow.write_dataset("mine", SKIP)
    done = workflow.run(actions)
    assert done.returncode == 0, done.stdout
    assert set(pd.read_csv(workflow.folder / actions)["video"]) == set(CLIPS) - {BROKEN}
    # It is noticed when it is there again.
    disk.with_suffix(".away").rename(disk)
    assert workflow.planned(actions) == {"list_videos": 1, "prepare_dataset": 1}


def test_a_clip_of_keypoints_in_which_nobody_is(make):
    poses = {k: v for k, v in SETTINGS.items() if k != "supplied"}
    adapter = {
        "kind": "poses",
        "keypoints": "poses.npz",
        "joint_names": "joints13",
        "fps": 25.0,
        "labels": "labels.csv",
    }
    workflow = make({**poses, "adapter": adapter})
    path = workflow.folder / "data" / "poses.npz"
    given = dict(np.load(path))
    given[BROKEN][:] = np.nan
    np.savez(path, **given)
    done = workflow.run(TABLE)
    assert done.returncode != 0
    assert f"{BROKEN}: nobody is in its keypoints" in done.stdout
    workflow.write_dataset("mine", {**poses, "adapter": adapter, "on_bad_video": "skip"})
    done = workflow.run(TABLE)
    assert done.returncode == 0, done.stdout[-6000:]
    rows = read_problems(workflow.folder / PROBLEMS)
    assert [(row.video, row.start) for row in rows] == [
        (ONLY_FAST, "0"),
        (BROKEN, ""),
        (BROKEN, "0"),
        (BROKEN, "0.4"),
    ]
