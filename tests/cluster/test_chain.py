"""The tiny chain of tests/workflow from video to tables, every job through a real Slurm."""

import copy
import re
import shutil
import signal

import pandas as pd
import pytest

from tests.cluster.conftest import Run, frozen, wait_for
from tests.workflow.test_chain import TABLES, TINY

pytestmark = pytest.mark.cluster
#: Results that are the same to the last digit whoever starts the jobs.
WANTED = (
    *TABLES,
    "results/tiny/table4.csv",
    "results/tiny/accuracy.csv",
    "results/tiny/predictions.csv",
)


STUDENT = "results/tiny/students/vpd2d"
#: A student of two processes, one on each node, as docs/cluster.md has it for GPUs.
ON_TWO_NODES = ("nodes=2", "tasks=2", "tasks_per_gpu=0", "mpi=srun", "processes=2")


@pytest.fixture(scope="module")
def chain(slurm, make_workflow, tmp_path_factory):
    """A working folder in which the whole chain has run through Slurm, and what Snakemake said."""
    workflow = make_workflow(tmp_path_factory.mktemp("chain"))
    workflow.write_dataset("tiny", TINY)
    with Run(workflow, slurm, ("--", *WANTED)) as run:
        run.finish(7200)
        return workflow, run.said


def test_the_tiny_chain(chain, seen):
    workflow, said = chain
    assert "Error" not in said
    finished = len(re.findall(r"Finished jobid: \d+", said))
    submitted = len(re.findall(r"has been submitted with SLURM jobid", said))
    assert 10 < submitted < finished
    logs = list((workflow.folder / "results/logs/slurm").rglob("*.log"))
    assert len(logs) == submitted
    seen("nothing", f"{finished} jobs, {submitted} of them or their groups through Slurm", "")


def test_results_are_those_of_jobs_that_run_here(chain, make_workflow, tmp_path):
    here = make_workflow(tmp_path / "here")
    here.write_dataset("tiny", TINY)
    done = here.run(*WANTED)
    assert done.returncode == 0, done.stdout[-6000:]
    for path in WANTED:
        assert (chain[0].folder / path).read_text() == (here.folder / path).read_text(), path


def test_a_student_on_two_nodes_is_that_of_one(slurm, chain, tmp_path):
    workflow = copy.copy(chain[0])
    workflow.folder = tmp_path / "again"
    shutil.copytree(chain[0].folder, workflow.folder, symlinks=True)
    (workflow.folder / STUDENT / "history.csv").unlink()
    asked = [f"distil_student:{resource}" for resource in ON_TWO_NODES]
    with Run(
        workflow, slurm, ("--set-resources", *asked, "--forcerun", "distil_student", "--", STUDENT)
    ) as run:
        run.finish()
    log = (workflow.folder / "results/tiny/logs/distil_student/vpd2d.log").read_text()
    assert "2 nodes, which meet at" in log
    one, two = (pd.read_csv(each.folder / STUDENT / "history.csv") for each in (chain[0], workflow))
    for loss in ("train_loss", "val_loss"):
        assert list(two[loss]) == pytest.approx(list(one[loss]), rel=1e-4)


def test_a_job_with_a_gpu_sees_the_one_that_slurm_gave_it(slurm, on_slurm):
    workflow, start = on_slurm
    run = start("--set-resources", "recognize_actions:gpu=1")
    with frozen(workflow, "recognize_actions") as script:
        assert script.environ()["CUDA_VISIBLE_DEVICES"] == "0"
        (number,) = slurm.jobs("running")
        assert "gres:gpu:1" in slurm.command("scontrol", "show", "job", number)
    run.finish()


def test_ctrl_c_cancels(slurm, on_slurm):
    workflow, start = on_slurm
    run = start()
    with frozen(workflow, "recognize_actions"):
        (number,) = slurm.jobs("running")
        run.process.send_signal(signal.SIGINT)
        assert run.end() == 1
    wait_for(lambda: slurm.jobs()[number][0] == "CANCELLED", "end of the job")
