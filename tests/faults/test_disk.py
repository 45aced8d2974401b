"""Row 11: a disk that is full, and results that cannot be written."""

import os
import subprocess
import sys

import pytest

from tests.faults.conftest import TABLE
from tests.faults.test_killed import litter
from tests.workflow.conftest import ROOT
from vpdlib.artifacts import read_artifact

#: Writes an artifact of poses, larger than what is left, over the one that is there.
WRITING = """
import sys
import numpy as np
from vpdlib.artifacts.kinds import KINDS
from vpdlib.artifacts import ArtifactWriter, Provenance
with ArtifactWriter(sys.argv[1], "poses", Provenance("estimate_pose", "0", "0", "0")) as artifact:
    artifact.add_video("a", {
        name: np.ones([{"N": 5000}.get(n, n) for n in column.shape]).astype(column.dtype)
        for name, column in KINDS["poses"].columns().items()
    })
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own size wants root and the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder, leave):
    with (folder / "ballast").open("wb") as file:
        space = os.statvfs(folder)
        file.write(bytes(space.f_bavail * space.f_bsize - leave))


def remount(folder, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


@pytest.mark.workflow
def test_11_a_full_or_read_only_disk_leaves_the_old_artifact_and_no_litter(finished, small_disk):
    path = small_disk / "poses" / "0000.h5"
    path.parent.mkdir()
    path.write_bytes((finished.folder / "results/mine/poses/0000.h5").read_bytes())
    before = path.read_bytes()
    # HDF5 fails at another place in each.
    for leave in (0, 4 << 10, 30 << 10, 64 << 10, 500 << 10, None):
        if leave is None:
            remount(small_disk, "ro")
        else:
            fill(small_disk, leave)
        done = subprocess.run(
            [sys.executable, "-c", WRITING, str(path)],
            capture_output=True, text=True, cwd=ROOT, check=False,
        )  # fmt: skip
        # Not a crash.
        assert done.returncode == 1, done.stderr
        assert ("Read-only" if leave is None else "No space left") in done.stderr, done.stderr
        assert path.read_bytes() == before
        assert [p.name for p in path.parent.iterdir()] == ["0000.h5"]
    remount(small_disk, "rw")


@pytest.mark.faults
@pytest.mark.workflow
def test_11_a_run_into_a_full_disk_fails_and_goes_on_when_there_is_room(again, small_disk):
    """What other jobs made stays, and no half of anything is there. (What a job makes anew Snakemake removes first.)"""
    results = again.folder / "results"
    results.rename(again.folder / "before")
    subprocess.run(["cp", "-a", f"{again.folder}/before", f"{small_disk}/results"], check=True)
    results.symlink_to(small_disk / "results")
    assert again.planned(TABLE) == {}
    fill(small_disk, 12 << 10)
    done = again.run("results/mine/table3.csv")
    assert done.returncode != 0
    assert "No space left on device" in done.stdout
    for path in (small_disk / "results").rglob("*.h5"):
        with read_artifact(path, path.relative_to(small_disk).parts[2]) as artifact:
            artifact.verify_payload()
    assert litter(small_disk) == []
    (small_disk / "ballast").unlink()
    done = again.run("results/mine/table3.csv")
    assert done.returncode == 0, done.stdout[-4000:]
