"""The Slurm profile, with stand-ins for Slurm's commands that run jobs on this computer; a real one: tests/cluster."""

import os
import re

import pandas as pd
import pytest
import yaml

from tests.workflow.conftest import ROOT

PROFILE = ROOT / "profiles/slurm"
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
    "num_shards": 2,
}
COMMANDS = {
    # A job's number is its place in the folder; its state is in a file, as its arguments are.
    "sbatch": """
        number=$(($(ls "$STAND_IN" | wc -l) + 1))
        job=$STAND_IN/job.$number
        mkdir "$job"
        [ -z "$REMOVED" ] || rm -f "$REMOVED"
        [ -z "$EDITED" ] || echo "$EDIT" >>"$EDITED"
        printf '%s\\n' "$@" >"$job/arguments"
        case "$*" in
        *"$SLURM_REFUSES"*) echo "sbatch: error: Batch job submission failed: $SLURM_REFUSES" >&2; exit 1 ;;
        *"$SLURM_KILLS"*) echo TIMEOUT >"$job/state" ;;
        *) echo RUNNING >"$job/state"
            for argument; do case $argument in --wrap=*) command=${argument#--wrap=} ;; esac; done
            {
                if sh -c "$command"; then echo COMPLETED; else echo FAILED; fi >"$job/new"
                mv "$job/new" "$job/state"
            } >"$job/log" 2>&1 & ;;
        esac
        echo "$number;cluster"
        """,
    "squeue": """
        # At first nobody answers, as often (--slurm-status-attempts) as the plugin would take for the end.
        [ -e "$STAND_IN/../asked" ] || { touch "$STAND_IN/../asked"; exit 1; }
        for job in "$STAND_IN"/job.*; do
            [ -e "$job/state" ] && echo "${job##*.}|$(cat "$job/state")"
        done
        exit 0
        """,
    "srun": 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"',
    "scontrol": "echo 'MinJobAge = 300 sec'",
    "sinfo": "echo 'common*'",
    "sacctmgr": "echo lab",
    "sacct": "exit 1",
    "scancel": "exit 0",
}


@pytest.fixture
def cluster(tmp_path, make_workflow):
    """A working folder, and a function that runs Snakemake in it with the profile; returns what it said."""
    workflow = make_workflow(tmp_path / "work")
    workflow.write_dataset("tiny", SPORT)
    commands, jobs = tmp_path / "bin", tmp_path / "jobs"
    commands.mkdir()
    jobs.mkdir()
    for name, text in COMMANDS.items():
        (commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (commands / name).chmod(0o755)

    def run(*arguments: str, **variables: str) -> tuple[int, str]:
        done = workflow.run(
            "--profile", str(PROFILE), "--slurm-init-seconds-before-status-checks", "1",
            "--slurm-status-attempts", "1", "--seconds-between-status-checks", "1", "--latency-wait", "5",
            *arguments, "--", "results/tiny/dataset/summary.csv",
            cores=None,
            **{
                "PATH": f"{commands}:{os.environ['PATH']}",
                "STAND_IN": str(jobs),
                "SLURM_KILLS": "no job",
                "SLURM_REFUSES": "no job",
                "EDITED": "",
                "REMOVED": "",
                **variables,
            },
        )  # fmt: skip
        return done.returncode, done.stdout

    return workflow.folder, jobs, run


def submitted(jobs):
    """Arguments of the jobs that were submitted, but for the command, by what they were called."""
    found = {}
    for path in sorted(jobs.glob("job.*/arguments"), key=lambda path: int(path.parent.suffix[1:])):
        arguments = path.read_text().split("\n--wrap=")[0].replace("\n", " ")
        name = re.search(r"--comment (\S+)", arguments)[1].removesuffix("_wildcards_tiny")
        found.setdefault(name, []).append(arguments)
    return found


@pytest.mark.workflow
def test_jobs_go_to_slurm_and_short_ones_together(cluster):
    folder, jobs, run = cluster
    code, said = run("--default-resources", "slurm_account=lab", "slurm_partition=short")
    assert code == 0, said[-4000:]
    assert "Slurm does not say how the jobs are (squeue)" in said
    assert len(pd.read_csv(folder / "results/tiny/dataset/summary.csv")) > 5
    found = submitted(jobs)
    assert set(found) == {"rule_render_demo", "rule_lists_tiny_list_videos", "rule_prepare_dataset"}
    for name, (arguments,) in found.items():
        assert "-A lab -p short" in arguments
        assert f"--output {folder}/results/logs/slurm/" in arguments, name
        assert "--gpus" not in arguments
    assert "-t 60 --mem 2000 --ntasks=1 --cpus-per-task=2" in found["rule_render_demo"][0]
    # Two shards one after another.
    lists = found["rule_lists_tiny_list_videos"][0]
    assert "-t 240 --mem 1000 --ntasks=1 --cpus-per-task=1" in lists
    # Here such a job takes every core, so that nothing starts beside it.
    assert "--cpus-per-task=1" in found["rule_prepare_dataset"][0]


@pytest.mark.workflow
def test_a_job_that_slurm_kills_gets_more_once_and_the_rest_is_kept(cluster):
    folder, jobs, run = cluster
    code, said = run(SLURM_KILLS="list_videos")
    assert code == 1
    assert "SLURM status is: 'TIMEOUT'" in said
    assert (folder / "results/tiny/source/labels.csv").exists()
    first, second = submitted(jobs)["rule_lists_tiny_list_videos"]
    assert "-t 240 --mem 1000 " in first
    assert "-t 480 --mem 2000 " in second
    # What goes wrong before sbatch is called is told of a group too, and ends the run.
    code, said = run("--default-resources", "slurm_account=other", "--retries", "0")
    assert code == 1
    assert "The given account other appears to be invalid" in said
    code, said = run()
    assert code == 0, said[-4000:]
    assert len(submitted(jobs)["rule_render_demo"]) == 1, (
        "what was made before the failure was made again"
    )


@pytest.mark.workflow
def test_a_job_with_a_gpu_asks_for_it_and_a_refusal_is_told(cluster):
    _, jobs, run = cluster
    code, said = run(
        "--set-resources", "render_demo:gpu=1", "render_demo:slurm_partition=gpu",
        "--retries", "0",
        SLURM_REFUSES="-p gpu",
    )  # fmt: skip
    assert code == 1
    assert "Batch job submission failed: -p gpu" in said
    (arguments,) = submitted(jobs)["rule_render_demo"]
    assert "--gpus=1" in arguments


@pytest.mark.workflow
@pytest.mark.parametrize("edited", ["settings", "code"])
def test_what_is_edited_while_jobs_wait_is_refused_by_them(cluster, project, edited):
    folder, jobs, run = cluster
    snakefile = ("--snakefile", str(project / "Snakefile"))
    path, edit, said = {
        "settings": (
            folder / "datasets/tiny.yaml",
            "seed: 9",
            "datasets/tiny.yaml has changed since this run began",
        ),
        "code": (
            project / "workflow_scripts/render_demo.py",
            "_EDITED = True",
            "render_demo: its script, or a module of vpdlib that this uses, has been edited since the run began",
        ),
    }[edited]
    code, _ = run(*snakefile, "--retries", "0", EDITED=str(path), EDIT=edit)
    assert code == 1
    (log,) = jobs.glob("job.*/log")
    assert said in log.read_text()
    assert not (folder / "results/tiny/source/labels.csv").exists()
    # The next run goes by what there is now.
    code, said = run(*snakefile)
    assert code == 0, said[-4000:]


@pytest.mark.workflow
def test_a_job_whose_input_is_gone_has_failed(cluster):
    folder, jobs, run = cluster
    earlier = folder / "results/tiny/logs/list_videos/0000.log"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("it was done in 1 s\n")
    # Removed whenever a job is submitted: those that list videos need it.
    labels = "results/tiny/source/labels.csv"
    code, said = run("--retries", "0", REMOVED=labels)
    assert code == 1
    assert "SLURM status is: 'FAILED'" in said
    assert "completed successfully" not in said
    last = max(jobs.glob("job.*"), key=lambda path: int(path.suffix[1:]))
    log = (last / "log").read_text()
    assert "Missing files after 5 seconds" in log
    assert labels in log
    # The job did not come to its script; what an earlier one said is not shown as the reason.
    assert "it was done in 1 s" not in said
    assert "Logfile results/tiny/logs/list_videos/0000.log not found" in said


def rules():
    """Text of every rule, by name."""
    found = {}
    for path in (ROOT / "rules").glob("*.smk"):
        for text in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            found[text.split(":")[0]] = text
    return found


def test_every_rule_says_what_it_needs_and_gets_more_at_another_attempt():
    """A job that does not say its memory is submitted without any limit, or with Snakemake's 1000 MB."""
    found = rules()
    assert len(found) > 30
    for name, text in found.items():
        for resource in ("mem_mb", "runtime"):
            assert f"        {resource}=per_attempt(" in text, (name, resource)


def test_groups_use_no_gpu_and_are_of_jobs_that_go_to_slurm():
    profile = yaml.safe_load((PROFILE / "config.yaml").read_text())
    on_gpu = yaml.safe_load((ROOT / "profiles/gpu/config.yaml").read_text())["set-resources"]
    local = re.search(
        r"^localrules:\n(.*?)\n\n", (ROOT / "Snakefile").read_text(), re.MULTILINE | re.DOTALL
    )[1]
    grouped = set(profile["groups"])
    assert grouped <= set(rules())
    assert not grouped & set(on_gpu)
    assert not grouped & set(re.findall(r"\w+", local))
    # Jobs of two datasets may differ in resources that are text, which Snakemake refuses within a group.
    assert all(group.endswith("_{dataset}") for group in profile["groups"].values())
    assert set(profile["group-components"]) <= set(profile["groups"].values())
