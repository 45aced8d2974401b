"""Rows 16, 17 and 20: what makes jobs run again, and what does not."""

import ast
import os
import subprocess

import pytest
import yaml

from tests.faults.conftest import KEYPOINTS, TABLE, labels
from tests.workflow.conftest import SETTINGS as SETTINGS_OF_VIDEOS
from tests.workflow.conftest import write_video

pytestmark = pytest.mark.workflow
SETTINGS = "datasets/mine.yaml"


@pytest.mark.faults
def test_16_a_touch_or_a_comment_reruns_nothing_and_an_edit_what_depends_on_it(project, again):
    found = {}

    def plan():
        return again.planned("--snakefile", str(project / "Snakefile"), "--", TABLE)

    module = project / "vpdlib" / "recognition" / "nns.py"
    text = module.read_text()
    os.utime(module)
    found["touch"] = plan()
    module.write_text(text.replace('"""', '"""Another word of it. ', 1) + "\n# A comment.\n")
    found["comment"] = plan()
    module.write_text(text + "\n_EDITED = True\n")
    found["edit"] = plan()
    module.write_text(text)
    print(found)
    assert found["touch"] == found["comment"] == {}
    assert found["edit"] == {"recognize_actions": 1, "table": 1}


@pytest.mark.faults
def test_20_code_that_is_edited_during_a_run_makes_nothing(project, again):
    """Not even where the edit is taken back afterwards: what it had made would pass for the work of what is there."""
    module = project / "vpdlib" / "recognition" / "nns.py"
    text = module.read_text()
    target = ["--snakefile", str(project / "Snakefile"), "--", TABLE]
    command = again.command("--cores", "1", "--forceall", *target)
    (again.folder / TABLE).unlink()
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=again.environment()
    ) as running:
        said = []
        for line in running.stderr:
            said.append(line)
            if "Checking videos: mine" in line:
                module.write_text(text + "\n_EDITED = True\n")
    module.write_text(text)
    assert running.returncode == 1, "".join(said)
    assert (
        "recognize_actions: its script, or a module of vpdlib that this uses, has been"
        in "".join(said)
    )
    assert again.planned(*target) == {"recognize_actions": 1, "table": 1}
    done = again.run(*target)
    assert done.returncode == 0, done.stdout[-4000:]
    assert again.planned(*target) == {}


def test_17_two_settings_that_exchange_their_values(again):
    """As a bag of values they are the same: trials 1 and seed 2."""
    changed = {**KEYPOINTS, "trials": KEYPOINTS["seed"], "seed": KEYPOINTS["trials"]}
    with again.with_settings(SETTINGS, changed):
        planned = again.planned(TABLE)
        assert planned["recognize_actions"] == 1
        done = again.run(TABLE)
        assert done.returncode == 0, done.stdout[-4000:]
        assert again.planned(TABLE) == {}


def test_17_labels_that_come_back_with_an_older_date(again):
    """As from a backup, or from version control."""
    path = again.folder / "data" / "labels.csv"
    path.write_text(labels().replace("clip_02,slow", "clip_02,fast"))
    os.utime(path, (0, 0))
    assert again.planned(TABLE)["prepare_dataset"] == 1
    # The same content, of any date, is the same.
    path.write_text(labels())
    assert again.planned(TABLE) == {}
    os.utime(path, (0, 0))
    assert again.planned(TABLE) == {}


@pytest.mark.faults
def test_17_two_input_files_that_are_exchanged(mine):
    """Two videos of one list: they keep their dates, older than the list, and the set of their names."""
    mine.write_dataset("mine", {**SETTINGS_OF_VIDEOS, "num_shards": 1})
    listed = "results/mine/shards/0000.csv"
    videos = mine.folder / "data" / "videos"
    write_video(videos / "b.mp4", num_frames=30)
    for name in ("a", "b"):
        os.utime(videos / f"{name}.mp4", ns=(0, 10**18 + ord(name)))
    assert mine.run(listed).returncode == 0
    assert mine.planned(listed) == {}
    (videos / "a.mp4").rename(videos / "c")
    (videos / "b.mp4").rename(videos / "a.mp4")
    (videos / "c").rename(videos / "b.mp4")
    assert mine.planned(listed) == {"list_videos": 1}


@pytest.mark.faults
def test_17_a_replaced_video_and_a_run_that_stops_after_its_list(mine):
    """The new file is as long as the old one; the second run knows from the list alone that it is another."""
    mine.write_dataset(
        "mine", {**SETTINGS_OF_VIDEOS, "num_shards": 1, "supplied": {"boxes": "boxes.csv"}}
    )
    rows = [f"{name},{frame},10,5,50,40" for name in "ab" for frame in range(25)]
    boxes = "\n".join(["video,frame,x0,y0,x1,y1", *rows])
    (mine.folder / "data" / "boxes.csv").write_text(boxes + "\n")
    listed, tracks = "results/mine/shards/0000.csv", "results/mine/tracks/0000.h5"
    done = mine.run(tracks)
    assert done.returncode == 0, done.stdout
    assert mine.planned(tracks) == {}
    write_video(mine.folder / "data" / "videos" / "a.mp4", seed=1)
    assert mine.run(listed).returncode == 0
    assert mine.planned(tracks) == {"track_athlete": 1}


def test_17_every_rule_records_its_settings_and_inputs_by_name(finished):
    """What Snakemake compares is what it has recorded."""
    records = [
        yaml.safe_load(path.read_text())
        for path in (finished.folder / ".snakemake" / "metadata").rglob("*")
        if path.is_file()
    ]
    assert len(records) > 10
    for record in records:
        # Snakemake keeps what `repr` gives.
        texts = [ast.literal_eval(text) for text in record["params"] if "inputs" in text]
        assert len(texts) == 1, record["rule"]
        assert '"code"' in texts[0]
