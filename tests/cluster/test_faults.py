"""What goes wrong on a cluster: what a user sees, after how long, and that nothing is lost."""

import re
import shutil
import time

import pytest

from tests.cluster.conftest import frozen, wait_for
from tests.faults.conftest import TABLE
from tests.faults.test_killed import content_of

pytestmark = pytest.mark.cluster

#: Long enough for several questions that nobody answers.
AWAY_S = 60.0


@pytest.fixture
def nothing_lost(finished, on_slurm):
    """After the test: the results of an undisturbed run, nothing left to do, and no litter."""
    yield
    workflow, _ = on_slurm
    results = workflow.folder / "results/mine"
    assert content_of(results) == content_of(finished.folder / "results/mine")
    assert workflow.planned(TABLE) == {}
    assert sorted(workflow.folder.rglob(".*.tmp")) == []


def job_of(slurm, rule):
    """Number of the running job of a rule."""

    def find():
        return [
            number
            for number, (state, comment) in slurm.jobs("running").items()
            if state == "RUNNING" and f"_{rule}" in comment
        ]

    return wait_for(find, f"job of {rule}")[0]


def wait_until_ended(slurm, number):
    """State of a job that Slurm has ended."""
    running = ("PENDING", "RUNNING", "COMPLETING")

    def find():
        state = slurm.jobs()[number][0]
        return None if state in running else state

    return wait_for(find, f"end of job {number}")


def seconds_since(began):
    return f"{time.monotonic() - began:.0f}"


@pytest.mark.usefixtures("nothing_lost")
class TestFaults:
    def test_over_its_time(self, slurm, on_slurm, seen):
        workflow, start = on_slurm
        run = start("--retries", "0")
        with frozen(workflow, "recognize_actions"):
            number, began = job_of(slurm, "recognize_actions"), time.monotonic()
            # Lowered now, so that on a busy computer the job has come as far as to its script.
            slurm.command("scontrol", "update", f"jobid={number}", "timelimit=1")
            state = wait_until_ended(slurm, number)
            ended, by_slurm = time.monotonic(), seconds_since(began)
            said = run.wait_until_said(rf"SLURM-job '{number}' failed, SLURM status is: '(\w+)'")
            noticed = seconds_since(ended)
        assert state == said[1] == "TIMEOUT"
        assert run.end() == 1
        seen(
            "a job that hangs is past its time",
            f"`{said[0]}`",
            f"{by_slurm} to its end, {noticed} more",
        )
        finish_here(workflow)

    def test_over_its_memory(self, slurm, on_slurm, seen):
        _, start = on_slurm
        # Less than the two Snakemakes of a job take.
        little_at_first = "recognize_actions:mem_mb=100 if attempt == 1 else 2000"
        run = start("--set-resources", little_at_first)
        number = job_of(slurm, "recognize_actions")
        began = time.monotonic()
        state = wait_until_ended(slurm, number)
        ended, by_slurm = time.monotonic(), seconds_since(began)
        said = run.wait_until_said(rf"SLURM-job '{number}' failed, SLURM status is: '(\w+)'")
        noticed = seconds_since(ended)
        assert state == said[1]
        assert "exceeded memory limit" in slurm_log(on_slurm, number)
        run.finish()
        assert "Trying to restart job" in run.said
        seen(
            "a job takes more memory than it asked for (looked at every 2 s)",
            f"`{said[0]}`, in its log `exceeded memory limit`; it is submitted again with more",
            f"{by_slurm} to its end, {noticed} more",
        )

    def test_cancelled(self, slurm, on_slurm, seen):
        workflow, start = on_slurm
        run = start()
        with frozen(workflow, "recognize_actions"):
            number = job_of(slurm, "recognize_actions")
            slurm.command("scancel", number)
            began = time.monotonic()
            said = run.wait_until_said(rf"SLURM-job '{number}' failed, SLURM status is: '(\w+)'")
            noticed = seconds_since(began)
        assert said[1] == "CANCELLED"
        run.finish()
        seen("`scancel` of a job", f"`{said[0]}`; it is submitted once more", noticed)

    def test_controller_is_away(self, slurm, on_slurm, seen):
        workflow, start = on_slurm
        run = start()
        with frozen(workflow, "recognize_actions"):
            job_of(slurm, "recognize_actions")
            slurm.stop_controller()
            time.sleep(AWAY_S)
            assert run.process.poll() is None
        wait_for(lambda: list((workflow.folder / "results").rglob("full.h5")), "end of the job")
        slurm.start_controller()
        began = time.monotonic()
        run.finish()
        assert "Error" not in run.said
        said = re.search(r"Slurm does not say how the jobs are \(\w+\)[^\n]*", run.said)
        seen(
            f"the controller is away for over {AWAY_S:.0f} s",
            f"`{said[0]}`",
            f"{seconds_since(began)} from its return to the end of the run",
        )

    def test_snakemake_killed(self, slurm, on_slurm, seen):
        workflow, start = on_slurm
        run = start()
        name = run.wait_until_said(r"SLURM run ID: (\S+)")[1]
        with frozen(workflow, "recognize_actions"):
            number = job_of(slurm, "recognize_actions")
            run.kill()
            assert slurm.jobs()[number][0] == "RUNNING"
            refused = start()
            assert refused.end() == 1
            assert (
                "snakemake --unlock" in " ".join(refused.said.split()) or "--unlock" in refused.said
            )
            # What docs/cluster.md says.
            slurm.command("scancel", f"--name={name}")
            began = time.monotonic()
            wait_until_ended(slurm, number)
            ended = seconds_since(began)
        assert workflow.run("--unlock").returncode == 0
        again = start()
        again.finish()
        seen(
            "Snakemake is killed",
            "its jobs go on; the next one: the folder is locked",
            f"at once; jobs end in {ended}",
        )

    def test_submission_refused(self, slurm, on_slurm, seen):
        workflow, start = on_slurm
        # A group besides: descriptors of two shards.
        shutil.rmtree(workflow.folder / "results/mine/features")
        began = time.monotonic()
        run = start("--default-resources", "slurm_partition=nowhere", "--retries", "0")
        said = run.wait_until_said(r"SLURM sbatch failed\. The error message was '[^\n]*")
        noticed = seconds_since(began)
        assert "invalid partition specified: nowhere" in said[0]
        assert run.end() == 1
        assert not slurm.jobs("running,pending")
        seen("a partition that is not there", f"`{said[0]}`", f"{noticed} from the start")
        finish_here(workflow)

    def test_node_lost(self, slurm, on_slurm, seen):
        workflow, start = on_slurm
        run = start()
        with frozen(workflow, "recognize_actions"):
            number = job_of(slurm, "recognize_actions")
            node = slurm.node_of(number)
            slurm.lose_node(node)
            began = time.monotonic()
        wait_for(lambda: slurm.jobs()[number][0] != "RUNNING", "news of the job")
        state, by_slurm = slurm.jobs()[number][0], seconds_since(began)
        waits_for = slurm.command("squeue", "-h", "-j", number, "-o", "%R").strip()
        run.finish()
        ended = seconds_since(began)
        slurm.start_node(node)
        wait_for(slurm.are_idle, "return of the node")
        seen(
            "a node is lost with what runs on it",
            f"nothing; Slurm starts the job anew on another node (in `squeue`: {state}, `{waits_for}`)",
            f"{by_slurm} until Slurm knows, {ended} to the end of the run",
        )
        assert "Error" not in run.said

    def test_nodes_drained(self, slurm, on_slurm, seen):
        _, start = on_slurm
        slurm.update_nodes("state=drain", "reason=test")
        run = start()
        number = wait_for(lambda: list(slurm.jobs("pending")), "job that waits")[0]
        time.sleep(30)
        assert run.process.poll() is None
        assert slurm.jobs()[number][0] == "PENDING"
        waits_for = slurm.command("squeue", "-h", "-j", number, "-o", "%R").strip()
        slurm.update_nodes("state=resume")
        began = time.monotonic()
        run.finish()
        seen(
            "all nodes are drained",
            f"nothing; jobs that wait say `{waits_for}` in `squeue`",
            f"{seconds_since(began)} from their return to the end of the run",
        )


def finish_here(workflow):
    """Make what is left without Slurm."""
    done = workflow.run(TABLE)
    assert done.returncode == 0, done.stdout[-4000:]


def slurm_log(on_slurm, number):
    """What Slurm said of a job."""
    workflow, _ = on_slurm
    (path,) = (workflow.folder / "results/logs/slurm").rglob(f"{number}.log")
    return path.read_text()
