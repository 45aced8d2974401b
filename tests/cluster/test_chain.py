"""The tiny chain of tests/workflow from video to tables, every job through a real Slurm."""

import re
import signal

import pytest

from tests.cluster.conftest import Run, frozen, wait_for
from tests.workflow.test_chain import TABLES, TINY, check_against_golden

pytestmark = pytest.mark.cluster
#: Which results are the same to the last digit whoever starts the jobs.
WANTED = (
    *TABLES,
    "results/tiny/table4.csv",
    "results/tiny/accuracy.csv",
    "results/tiny/predictions.csv",
)


def test_the_tiny_chain(slurm, make_workflow, tmp_path, seen):
    workflow = make_workflow(tmp_path / "chain")
    workflow.write_dataset("tiny", TINY)
    with Run(workflow, slurm, ("--", *WANTED)) as run:
        run.finish(7200)
    assert "Error" not in run.said
    check_against_golden(workflow, "chain")
    finished = len(re.findall(r"Finished jobid: \d+", run.said))
    submitted = len(re.findall(r"has been submitted with SLURM jobid", run.said))
    assert 10 < submitted < finished
    logs = list((workflow.folder / "results/logs/slurm").rglob("*.log"))
    assert len(logs) == submitted
    seen("nothing", f"{finished} jobs, {submitted} of them or their groups through Slurm", "")


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
