"""Faults are injected into real runs: a small chain on keypoints, which needs no network, and real processes.

Rows that take more than seconds are marked `faults`; `make test-faults` runs all.
"""

import copy
import shutil
import sys

import numpy as np
import pytest

from tests.figures import figure
from tests.workflow.conftest import (
    Workflow,
    make_workflow,  # noqa: F401
    mine,  # noqa: F401
    networks_dir,  # noqa: F401
    project,  # noqa: F401
)


@pytest.fixture(scope="session")
def python() -> str:
    """A real interpreter: what is killed must be one, and has its own threads and limits."""
    return sys.executable


CLIPS = [f"clip_{n:02d}" for n in range(8)]
TABLE = "results/mine/table1.csv"
KEYPOINTS = {
    "title": "Mine",
    "adapter": {
        "kind": "poses",
        "keypoints": "poses.npz",
        "joint_names": "joints13",
        "fps": 25.0,
        "labels": "labels.csv",
    },
    "num_shards": 2,
    "methods": ["joints2d"],
    "heads": ["nns"],
    "shots": [],
    "trials": 1,
    "seed": 2,
}


def poses(clips=CLIPS):
    """Keypoints of clips, slow and fast by turns."""
    rng = np.random.default_rng(0)
    return {clip: figure(rng, number % 2) for number, clip in enumerate(clips)}


def labels(clips=CLIPS):
    """The rows of a table of labels; a third of the clips are of the test split."""
    rows = [
        f"{clip},{'fast' if number % 2 else 'slow'},{'test' if number % 4 < 2 else 'train'}"
        for number, clip in enumerate(clips)
    ]
    return "\n".join(["video,label,split", *rows]) + "\n"


def write_keypoints(workflow: Workflow, **changes: object) -> None:
    """The dataset of keypoints in a working folder, with other settings beside its own."""
    # Relative, so that a copy of the folder stands for itself.
    workflow.write_config(data_dir="data")
    data = workflow.folder / "data"
    data.mkdir(exist_ok=True)
    np.savez(data / "poses.npz", **poses())
    (data / "labels.csv").write_text(labels())
    workflow.write_dataset("mine", {**KEYPOINTS, **changes})


@pytest.fixture(scope="session")
def finished(tmp_path_factory, make_workflow):  # noqa: F811
    """A working folder in which the chain on keypoints has run once. Leave it as it is; `again` is a copy."""
    workflow = make_workflow(tmp_path_factory.mktemp("keypoints"))
    write_keypoints(workflow)
    done = workflow.run(TABLE)
    assert done.returncode == 0, done.stdout[-4000:]
    return workflow


@pytest.fixture
def again(finished, tmp_path):
    """A copy of the finished folder, time stamps and Snakemake's records too, to do harm to."""
    folder = tmp_path / "again"
    shutil.copytree(finished.folder, folder, symlinks=True)
    workflow = copy.copy(finished)
    workflow.folder, workflow.config = folder, dict(finished.config)
    return workflow
