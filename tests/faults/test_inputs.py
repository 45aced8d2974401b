"""Rows 7 to 10: weights, pickles, names and labels that are wrong or hostile."""

import hashlib
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.faults.conftest import KEYPOINTS, TABLE
from tests.workflow.conftest import GOOD

HEAVY = ("detect_people", "crop_athlete", "estimate_pose", "distil_student")


def nothing_ran(workflow):
    return not any((workflow.folder / "results").rglob("logs/*/*"))


@pytest.mark.workflow
@pytest.mark.parametrize("spoil", ["missing", "wrong digest"])
def test_7_weights_that_are_missing_or_others_are_refused_before_any_job(mine, spoil):
    """A network of the user's own; the embedded ones: tests/workflow/test_bad_input.py."""
    weights = mine.folder / "data" / "raft.pth"
    settings = {"checkpoint": str(weights), "checkpoint_sha256": "c0ffee00" * 8}
    if spoil == "wrong digest":
        torch.save({"a": torch.zeros(3)}, weights)
    mine.write_dataset(
        "mine",
        {
            "title": "Mine",
            "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
            "flow": {"method": "raft_small", "raft": settings},
        },
    )
    done = mine.run(TABLE)
    assert done.returncode != 0
    assert str(weights) in done.stdout
    assert "c0ffee00" * 8 in done.stdout
    if spoil == "wrong digest":
        assert hashlib.sha256(weights.read_bytes()).hexdigest() in done.stdout
    else:
        assert "found no such file" in done.stdout
    assert nothing_ran(mine)


class Runs:
    """Makes a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (Path(self.marker),)


@pytest.mark.workflow
def test_8_pickles_offered_as_poses_arrays_and_artifacts_do_not_run(again, tmp_path):
    marker = tmp_path / "ran"
    data = again.folder / "data"
    evil = pickle.dumps([{"frame_dir": "a", "keypoint": Runs(marker)}])
    (data / "evil.pkl").write_bytes(evil)
    member = io.BytesIO()
    np.lib.format.write_array(member, np.array([Runs(marker)], object), allow_pickle=True)
    with zipfile.ZipFile(data / "object.npz", "w") as archive:
        archive.writestr("a.npy", member.getvalue())
    for name in ("evil.pkl", "object.npz"):
        adapter = {**KEYPOINTS["adapter"], "keypoints": name}
        again.write_dataset(name.partition(".")[0], {**KEYPOINTS, "adapter": adapter})
    artifact = again.folder / "results/mine/poses/0000.h5"
    artifact.write_bytes(evil)
    done = again.run(
        "--keep-going", "--", "results/evil/shards/0000.csv", "results/object/shards/0000.csv",
        "results/mine/features/joints/joints2d/0000.h5",
    )  # fmt: skip
    assert done.returncode != 0
    for words in (
        "evil.pkl",
        "object.npz",
        f"{artifact.relative_to(again.folder)} is not a readable",
    ):
        assert words in done.stdout, done.stdout
    assert not marker.exists()
    # The trick works where it is let.
    pickle.loads(evil)
    assert marker.exists()


def test_8_a_checkpoint_of_weights_does_not_run(tmp_path):
    from vpdlib.weights.state_dict import load_state_dict

    marker = tmp_path / "ran"
    torch.save({"state_dict": Runs(marker)}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"a\.pt"):
        load_state_dict(tmp_path / "a.pt")
    assert not marker.exists()


#: Row 9: of what a name could do, here with a folder of other names beside the results.
BAD_IDS = ["../x", "/abs", "a;b", "$(touch ran)", "a\nb", "a\0b", "a" * 300]


@pytest.mark.parametrize(
    "name", BAD_IDS, ids=["up", "root", "shell", "command", "line", "NUL", "long"]
)
def test_9_names_that_would_leave_their_place_are_refused(tmp_path, name):
    """As keys of keypoints, which may hold what no name of a file can."""
    from vpdlib.datasets.base import DatasetError
    from vpdlib.interchange.keypoints import read_keypoints

    annotation = {"frame_dir": name, "label": 0, "keypoint": np.ones((1, 2, 17, 2))}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([annotation]))
    with pytest.raises(DatasetError, match=r"a\.pkl: annotation 0: .* not a (safe )?video id"):
        read_keypoints(tmp_path / "a.pkl", "coco17")


@pytest.mark.faults
@pytest.mark.workflow
def test_9_refused_in_the_real_run_seven_of_seven(make_workflow, tmp_path):
    """At the first job, a short check; nothing is written but its log, and nothing is run."""
    workflow = make_workflow(tmp_path / "work")
    data = workflow.folder / "data"
    data.mkdir()
    targets = []
    for number, name in enumerate(BAD_IDS):
        annotation = {"frame_dir": name, "label": 0, "keypoint": np.ones((1, 2, 13, 2))}
        (data / f"{number}.pkl").write_bytes(pickle.dumps([annotation]))
        adapter = {**KEYPOINTS["adapter"], "keypoints": f"{number}.pkl", "labels": None}
        workflow.write_dataset(f"d{number}", {**KEYPOINTS, "adapter": adapter, "num_shards": 1})
        targets.append(f"results/d{number}/shards/0000.csv")
    before = {path for path in tmp_path.rglob("*") if "work/results" not in str(path)}
    done = workflow.run("--keep-going", "--", *targets, cores=4)
    assert done.returncode != 0
    refused = done.stdout.count("not a safe video id") + done.stdout.count("not a video id")
    made = {path for path in (workflow.folder / "results").rglob("*") if path.suffix == ".csv"}
    after = {
        path
        for path in tmp_path.rglob("*")
        if "work/results" not in str(path) and ".snakemake" not in str(path)
    }
    print(f"refused {sum(f'{n}.pkl: annotation 0' in done.stdout for n in range(7))} of 7")
    assert refused >= len(BAD_IDS)
    assert all(f"{number}.pkl: annotation 0" in done.stdout for number in range(len(BAD_IDS)))
    assert made == set()
    assert after <= before


@pytest.mark.faults
@pytest.mark.workflow
def test_10_a_group_of_the_test_split_among_the_training_is_refused_by_both_rows(mine):
    """What else labels can have wrong: tests/workflow/test_bad_input.py."""
    rows = GOOD.splitlines()
    groups = ["group", "anna", "berta", "anna"]
    table = "\n".join(f"{row},{group}" for row, group in zip(rows, groups, strict=True))
    (mine.folder / "data" / "labels.csv").write_text(table + "\n")
    done = mine.run(TABLE)
    assert done.returncode != 0
    for words in ("group 'anna'", "labels.csv:2", "labels.csv:4", "both sides"):
        assert words in done.stdout, done.stdout
    for rule in HEAVY:
        assert not list((mine.folder / "results").rglob(f"logs/{rule}/*")), rule
