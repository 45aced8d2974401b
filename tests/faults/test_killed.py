"""Rows 1, 15 and 19: SIGKILL. No half of anything, one rerun to the same results, and no litter."""

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest

from tests.faults.conftest import TABLE
from tests.workflow.conftest import ROOT
from tests.workflow.test_chain import TINY
from vpdlib.artifacts import read_artifact

#: The whole chain on six rendered videos, a student too, as short as it goes.
CHAIN = {**TINY, "heads": ["nns"], "shots": [], "trials": 1}
CHAIN_TABLE = "results/tiny/table1.csv"
NUM_KILLS = 20


def litter(folder):
    return sorted(path for path in folder.rglob(".*.tmp"))


def content_of(results):
    """Of every result its content, by path: what a rerun must give again."""
    found = {}
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        if (
            not path.is_file()
            or name.split("/")[0] in ("logs", "benchmarks")
            or path.name[0] == "."
        ):
            continue
        if path.suffix == ".h5":
            found[name] = _content_of_hdf5(path)
        elif path.name == "history.csv":
            # Its last column is how long an epoch took.
            found[name] = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]
        elif path.name == "settings.json":
            # It holds the digest of the history, times and all.
            found[name] = re.sub(r'"(history.csv|record_sha256)": "\w+"', "", path.read_text())
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _content_of_hdf5(path):
    """Digest of all that an artifact holds; reading it compares every checksum."""
    with h5py.File(path, locking=False) as file:
        kind = file.attrs.get("schema")
    if kind is not None:
        with read_artifact(path, kind.decode() if isinstance(kind, bytes) else kind) as artifact:
            artifact.verify_payload()
    digest = hashlib.sha256()

    def visit(name, item):
        digest.update(name.encode())
        for key, value in sorted(item.attrs.items()):
            digest.update(f"{key} {value}".encode())
        if isinstance(item, h5py.Dataset):
            digest.update(np.asarray(item[()]).tobytes())

    with h5py.File(path, locking=False) as file:
        file.visititems(visit)
    return digest.hexdigest()


def start(workflow, target):
    """Snakemake in a session of its own, its output into a file."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "2", "--directory", str(workflow.folder), "--nocolor", target]
    log = (workflow.folder / "scheduler.log").open("w")
    environment = {name: v for name, v in os.environ.items() if name != "VPD_DATA"}
    return subprocess.Popen(
        command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, env=environment
    )


def finish(workflow, target):
    """Run to the end, however long that takes; returns what Snakemake said."""
    running = start(workflow, target)
    running.wait()
    said = (workflow.folder / "scheduler.log").read_text()
    assert running.returncode == 0, said[-4000:]
    return said


def finished_in(said):
    """Number of jobs of every rule that a run finished."""
    return Counter(re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", said))


def kill(running, whom, rng):
    """SIGKILL a job, the scheduler alone, or everything; returns the processes that were there."""
    try:
        scheduler = psutil.Process(running.pid)
        there = scheduler.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    if whom == "everything":
        os.killpg(running.pid, signal.SIGKILL)
    elif whom == "the scheduler":
        scheduler.kill()
    else:
        scripts = [p for p in there if _is_script(p)]
        if not scripts:
            return []
        try:
            rng.choice(scripts).kill()
        except psutil.NoSuchProcess:
            return []
    return there


def _is_script(process):
    try:
        return any("/.snakemake/scripts/" in word for word in process.cmdline())
    except psutil.Error:
        return False


class Kills:
    """SIGKILL at random moments of runs, and what was seen of them."""

    def __init__(self, num_kills, job_s):
        self.left, self.job_s, self.rng = num_kills, job_s, random.Random(0)
        self.of = Counter()
        self.after_which_litter, self.most_litter = 0, 0

    def run(self, workflow, target):
        """Kill and run again until all is made or enough were killed; returns the jobs that were finished."""
        finished = Counter()
        while self.left:
            running = start(workflow, target)
            log = workflow.folder / "scheduler.log"
            # Now and then before any job of this run has finished; jobs are hit at any point.
            jobs = self.rng.choice([0, 1, 1, 2])
            while running.poll() is None and finished_in(log.read_text()).total() < jobs:
                time.sleep(0.05)
            deadline = time.monotonic() + self.rng.uniform(0, 2 * self.job_s)
            while running.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            whom = self.rng.choice(["a job", "the scheduler", "everything"])
            there = kill(running, whom, self.rng) if running.poll() is None else []
            # What a killed scheduler leaves running goes on to the end of its job.
            running.wait()
            psutil.wait_procs(there)
            said = log.read_text()
            finished += finished_in(said)
            content_of(workflow.folder / "results" / "tiny")
            left = len(litter(workflow.folder))
            self.after_which_litter += left > 0
            self.most_litter = max(self.most_litter, left)
            if running.returncode == 0:
                break
            if there:
                self.left -= 1
                self.of[whom] += 1
            if whom != "a job":
                assert workflow.run("--unlock").returncode == 0
        return finished + finished_in(finish(workflow, target))


@pytest.mark.faults
def test_1_killed_at_twenty_random_moments(make_workflow, tmp_path):
    whole = make_workflow(tmp_path / "whole")
    whole.write_dataset("tiny", CHAIN)
    began = time.monotonic()
    jobs = finished_in(finish(whole, CHAIN_TABLE))
    kills = Kills(NUM_KILLS, (time.monotonic() - began) / jobs.total())
    expected = content_of(whole.folder / "results" / "tiny")
    num_runs, num_equal, repeated = 0, 0, Counter()
    while kills.left:
        num_runs += 1
        workflow = make_workflow(tmp_path / f"killed_{num_runs}")
        workflow.write_dataset("tiny", CHAIN)
        finished = kills.run(workflow, CHAIN_TABLE)
        found = content_of(workflow.folder / "results" / "tiny")
        num_equal += sum(found.get(name) == content for name, content in expected.items())
        repeated += finished - jobs
        assert found == expected
        assert litter(workflow.folder) == []
        assert not list((workflow.folder / "results").rglob(".*.state"))
        assert workflow.planned(CHAIN_TABLE) == {}
    print(
        f"{kills.of.total()} kills {dict(kills.of)} in {num_runs} runs of {jobs.total()} jobs: {num_equal} of "
        f"{num_runs * len(expected)} results equal to those of an undisturbed run; finished jobs that ran again: "
        f"{dict(repeated) or 'none'}; temporaries were left after {kills.after_which_litter} kills, at most "
        f"{kills.most_litter}, in the end none"
    )
    assert kills.of.total() == NUM_KILLS
    assert not repeated


@pytest.mark.faults
@pytest.mark.workflow
def test_1_a_scheduler_that_was_killed_leaves_a_lock_that_says_what_to_do(again):
    """The lock is left behind; `--unlock` takes it away, and the rest is made."""
    running = start(again, "results/mine/predictions.csv")
    locks = again.folder / ".snakemake" / "locks"
    while not (locks.is_dir() and any(locks.iterdir())):
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    done = again.run("results/mine/predictions.csv")
    assert done.returncode != 0
    assert "cannot be locked" in done.stdout
    assert "--unlock" in done.stdout
    assert again.run("--unlock").returncode == 0
    done = again.run("results/mine/predictions.csv")
    assert done.returncode == 0, done.stdout[-4000:]


#: Trains a student, says each epoch, and prints a digest of its weights.
TRAINING = """
import hashlib, sys
from pathlib import Path
from tests.students.test_train import states, tiny_data, tiny_settings
from vpdlib.students.settings import AugmentationSettings
from vpdlib.students.train import train_student
settings = tiny_settings(
    epochs=12, samples_per_epoch=512, augmentation=AugmentationSettings(rotation_degrees=180)
)
student = train_student(
    *tiny_data(), settings, state_path=Path(sys.argv[1]), save_every_s=0,
    on_epoch=lambda entry: print("epoch", flush=True),
)
digest = hashlib.sha256()
for name, tensor in sorted(states(student).items()):
    digest.update(name.encode() + tensor.numpy().tobytes())
print(digest.hexdigest())
"""


@pytest.mark.faults
def test_15_a_training_that_is_killed_goes_on_to_the_same_bits(tmp_path):
    def train(path):
        return subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )

    rng = random.Random(1)
    whole = train(tmp_path / "whole")
    began, seconds = None, []
    for line in whole.stdout:
        now = time.monotonic()
        if line == "epoch\n":
            seconds += [] if began is None else [now - began]
            began = now
        digest = line
    path, num_kills, epochs = tmp_path / "killed", 5, 0
    for _ in range(num_kills):
        running = train(path)
        for _ in range(rng.randint(1, 2)):
            assert running.stdout.readline() == "epoch\n"
            epochs += 1
        time.sleep(rng.uniform(0, np.mean(seconds)))
        running.kill()
        running.wait()
    last = train(path)
    *rest, found = last.stdout.read().split()
    print(
        f"{num_kills} kills, {epochs + len(rest)} epochs of 12 seen; weights equal: {found == digest.strip()}"
    )
    assert found == digest.strip()
    assert len(rest) <= 12 - num_kills
    assert [p.name for p in tmp_path.iterdir() if p.name[0] == "."] == []


#: Begins an artifact at the path that it is given, and is killed.
WRITER = """
import os, signal, sys
from vpdlib.artifacts import ArtifactWriter, Provenance
ArtifactWriter(sys.argv[1], "crops", Provenance("crop_athlete", "0", "0", "0"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.workflow
def test_19_what_killed_jobs_left_goes_with_the_next_run(again):
    """Also in a folder that this run writes nothing into; what a living job has begun stays."""
    results = again.folder / "results" / "mine"
    for place in ("crops/0000.h5", "flow/0001.h5"):
        done = subprocess.run([sys.executable, "-c", WRITER, str(results / place)], cwd=ROOT)
        assert done.returncode == -signal.SIGKILL
    left = litter(results)
    assert len(left) == 2
    living = (
        results
        / "crops"
        / left[0].name.replace(
            re.search(r"-(\d+-\d+)\.tmp", left[0].name)[1], _mark_of(os.getpid())
        )
    )
    living.write_text("begun")
    done = again.run("--forcerun", "table", "--", TABLE)
    assert done.returncode == 0, done.stdout[-4000:]
    print(f"{len(left)} of {len(left)} temporaries of killed jobs removed")
    assert litter(results) == [living]


def _mark_of(pid):
    return f"{pid}-{Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]}"


@pytest.mark.workflow
def test_19_a_finished_training_leaves_no_state_of_other_settings(tmp_path):
    code = "import sys; from pathlib import Path; sys.path.insert(0, 'workflow_scripts'); import _job; "
    code += "_job.discard_states(Path(sys.argv[1]) / 'vpd')"
    digests = ".".join(["0123456789abcdef"] * 3)
    gone = [f".vpd.cpu.{digests}.state", f".vpd.cuda.{digests}.state"]
    kept = [
        f".vpd.rgb.cpu.{digests}.state",
        f".vpd2.cpu.{digests}.state",
        "vpd.state",
    ]
    for name in gone + kept:
        (tmp_path / name).write_text("state")
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
