"""The Slurm profile, with stand-ins for Slurm's commands that run jobs on this computer."""

import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.conftest import ROOT

SPORT = {
    "title": "Tiny synthetic sport",
    "adapter": {
        "kind": "demo",
        "num_train_videos": 2,
        "num_test_videos": 1,
        "actions_per_video": 1,
        "width": 160,
        "height": 96,
    },
    "num_shards": 1,
}
SBATCH = """#!/bin/sh
# A job's number is its place in the folder; its state is in a file, as its arguments are.
number=$(($(ls "$SLURM_STAND_IN" | wc -l) + 1))
job=$SLURM_STAND_IN/job.$number
mkdir "$job"
for script; do :; done
printf '%s\\n' "$@" >"$job/arguments"
echo RUNNING >"$job/state"
case "$*" in
*"--job-name=vpd-$SLURM_KILLS "*) echo TIMEOUT >"$job/state" ;;
*) {
    if sh "$script"; then echo COMPLETED >"$job/new"; else echo FAILED >"$job/new"; fi
    mv "$job/new" "$job/state"
} >"$job/log" 2>&1 & ;;
esac
echo "$number;cluster"
"""
SACCT = """#!/bin/sh
for argument; do case $argument in --jobs=*) cat "$SLURM_STAND_IN/job.${argument#--jobs=}/state" ;; esac; done
"""


@pytest.fixture
def cluster(tmp_path, make_workflow):
    """A working folder, and a function that runs Snakemake in it with the profile; returns what it said."""
    workflow = make_workflow(tmp_path / "work")
    workflow.write_dataset("tiny", SPORT)
    (workflow.folder / "profiles").symlink_to(ROOT / "profiles")
    commands, jobs = tmp_path / "bin", tmp_path / "jobs"
    commands.mkdir()
    jobs.mkdir()
    for name, text in (("sbatch", SBATCH), ("sacct", SACCT), ("scancel", "#!/bin/sh\n")):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)

    def run(*targets: str, **variables: str) -> tuple[int, str]:
        done = workflow.run(
            *targets, "--profile", str(ROOT / "profiles/slurm"),
            "--latency-wait", "5", "--seconds-between-status-checks", "1",
            cores=None,
            **{
                "PATH": f"{commands}:{os.environ['PATH']}",
                "SLURM_STAND_IN": str(jobs),
                "SLURM_KILLS": "none",
                **variables,
            },
        )  # fmt: skip
        return done.returncode, done.stdout

    return workflow.folder, jobs, run


def submitted(jobs):
    """Arguments of every job that was submitted, by rule."""
    found = {}
    for path in sorted(jobs.glob("job.*/arguments")):
        arguments = path.read_text().split("\n")
        (name,) = [a.removeprefix("--job-name=vpd-") for a in arguments if "--job-name=" in a]
        found[name] = arguments
    return found


@pytest.mark.workflow
def test_jobs_go_to_slurm_and_downloads_stay_here(cluster):
    folder, jobs, run = cluster
    code, said = run(
        "results/tiny/dataset/summary.csv",
        VPD_SBATCH="--account=lab --partition=short",
        VPD_SBATCH_GPU="--partition=gpu",
    )
    assert code == 0, said[-4000:]
    assert len(pd.read_csv(folder / "results/tiny/dataset/summary.csv")) > 5
    found = submitted(jobs)
    assert set(found) == {"render_demo", "list_videos", "prepare_dataset"}
    for rule, arguments in found.items():
        assert "--account=lab" in arguments, rule
        assert "--partition=gpu" not in arguments, rule
        assert f"--output=results/logs/slurm/%j-{rule}.log" in arguments
    assert {"--cpus-per-task=2", "--mem=2000M", "--time=60"} <= set(found["render_demo"])
    # Here such a job takes every core, so that nothing starts beside it.
    assert "--cpus-per-task=1" in found["prepare_dataset"]


@pytest.mark.workflow
def test_a_job_that_slurm_kills_has_failed_and_the_rest_is_kept(cluster):
    folder, jobs, run = cluster
    code, said = run("results/tiny/dataset/summary.csv", SLURM_KILLS="list_videos")
    assert code == 1
    assert "Error in rule list_videos" in said
    assert (folder / "results/tiny/source/labels.csv").exists()
    code, said = run("results/tiny/dataset/summary.csv")
    assert code == 0, said[-4000:]
    assert len(list(jobs.glob("job.*"))) == 4, "what was made before the failure was made again"


SUBMIT, STATUS = ROOT / "profiles/slurm/submit.sh", ROOT / "profiles/slurm/status.sh"


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A function that puts a command of Slurm's name on the path."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)

    def put(name: str, text: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)

    return put


def answer(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip()


def test_a_job_with_a_gpu_asks_for_it(stand_in, monkeypatch):
    stand_in("sbatch", 'echo "$@" >asked; echo 17')
    monkeypatch.setenv("VPD_SBATCH", "--account=lab")
    monkeypatch.setenv("VPD_SBATCH_GPU", "--partition=gpu --constraint=a100")
    assert answer(SUBMIT, "distil_student", "8", "8000", "1440", "1", "job.sh") == "17"
    asked = Path("asked").read_text().split()
    assert asked[:3] == [
        "--parsable",
        "--job-name=vpd-distil_student",
        "--output=results/logs/slurm/%j-distil_student.log",
    ]
    assert asked[3:] == [
        "--cpus-per-task=8", "--mem=8000M", "--time=1440", "--gres=gpu:1", "--account=lab",
        "--partition=gpu", "--constraint=a100", "job.sh",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("COMPLETED", "success"),
        ("PENDING", "running"),
        ("COMPLETING", "running"),
        ("", "running"),
        ("CANCELLED by 1000", "failed"),
        ("OUT_OF_MEMORY", "failed"),
        ("TIMEOUT", "failed"),
        ("NODE_FAIL\nRUNNING", "running"),
    ],
)
def test_states_of_slurm(stand_in, state, said):
    stand_in("sacct", f"printf '%s\\n' '{state}'")
    assert answer(STATUS, "17") == said


def test_without_accounting_the_controller_is_asked(stand_in):
    stand_in("sacct", "exit 1")
    stand_in("scontrol", "echo 'JobId=17 JobName=x JobState=FAILED Reason=NonZeroExitCode'")
    assert answer(STATUS, "17") == "failed"


def test_where_nobody_answers_the_run_ends_with_a_message(stand_in):
    for name in ("sacct", "scontrol"):
        stand_in(name, "exit 1")
    stand_in("sleep", "exit 0")
    assert answer(STATUS, "17") == "neither sacct nor scontrol answers about job 17"
