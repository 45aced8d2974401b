"""Students trained by several processes: the same ones, whatever happens to the processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import distributed, nn

from tests.fork_server import ForkServer
from tests.students.processes_job import learn
from vpdlib.compat import install
from vpdlib.training.distributed import ALONE, Part, World
from vpdlib.training.shared_norm import share_batch_norm
from workflow_scripts import _processes

ROOT = Path(__file__).resolve().parents[2]
JOB = Path(__file__).with_name("processes_job.py")
PATIENCE_S = 120


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Iterator[Path]:
    """Interpreters that have loaded torch."""
    libraries = ("torch.distributed.run", "numpy", "snakemake.iocontainers")
    with ForkServer(tmp_path_factory.mktemp("python"), libraries) as server:
        yield server.python


@pytest.fixture
def start(python, tmp_path):
    """A function that starts a job; what is left of one is ended after the test."""
    started = []

    def begin(*arguments, interpreter=None):
        command = [str(interpreter or python), str(JOB), str(tmp_path / "job.log"), *arguments]
        started.append(
            subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**os.environ, "TMPDIR": str(tmp_path)},
            )
        )  # fmt: skip
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        for path in tmp_path.glob("pid.*"):
            # One that outlives its job would keep the pipes open.
            with suppress(ProcessLookupError):
                os.kill(int(path.read_text()), signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)


def run(start, *arguments):
    process = start(*arguments)
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def left_over(folder):
    """What a job leaves beside its log and what it was asked to write."""
    expected = {"job.log", "state", "learnt", "launch.sh", "met.0", "met.1", "pid.0", "pid.1"}
    return {path.name for path in folder.iterdir()} - expected


def losses(history, name):
    return [entry[name] for entry in history]


def assert_alike(history, expected):
    """To rounding: sums over the crops of a batch are taken in another order."""
    for name in ("train_loss", "val_loss"):
        assert losses(history, name) == pytest.approx(losses(expected, name), rel=1e-4)


def test_two_processes_learn_what_one_does_with_twice_the_batch_and_another_number_goes_on(
    start, tmp_path
):
    whole = learn(5)
    code, said = run(start, "train", "2")
    assert code == 0, said
    history, weights = torch.load(tmp_path / "learnt", weights_only=True)
    assert len(history) == 3
    assert_alike(history, whole.history[:3])
    # A process reads and learns from 8 crops of 16; the saved state of both is one of any other number.
    resumed = learn(5, state_path=tmp_path / "state")
    assert resumed.history[:3] == history
    assert_alike(resumed.history, whole.history)
    expected = whole.encoder.state_dict()
    assert weights.keys() == expected.keys()
    for name, tensor in resumed.encoder.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=1e-4)
    log = (tmp_path / "job.log").read_text()
    assert log.count("said once") == log.count("epoch 2/3") == 1
    assert "2 processes on this machine" in log
    assert "learn: done in" in log.splitlines()[-2]
    assert left_over(tmp_path) == set()


def test_a_state_of_one_process_is_gone_on_with_by_three(start, tmp_path):
    whole = learn(3)
    learn(1, state_path=tmp_path / "state")
    # 16 crops in parts of 5, 5 and 6.
    code, said = run(start, "train", "3")
    assert code == 0, said
    history, _ = torch.load(tmp_path / "learnt", weights_only=True)
    assert_alike(history, whole.history)


def test_the_error_of_a_process_is_that_of_the_job(start, tmp_path):
    code, said = run(start, "refuse", "2")
    assert code == 1
    assert "learn: the crops of process 1 are no good; mend them" in said
    assert "Traceback" not in said
    assert "ChildFailedError" not in said
    log = (tmp_path / "job.log").read_text()
    assert log.index("before") < log.index("process 1 on") < log.index("Traceback")
    assert left_over(tmp_path) == set()


def test_a_process_that_was_killed_is_named(start, tmp_path):
    code, said = run(start, "die", "2")
    assert code == 1
    assert "process 1 on" in said
    assert "it was ended by the signal SIGABRT" in said
    assert left_over(tmp_path) == set()


def is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until_gone(pids):
    until = time.monotonic() + PATIENCE_S
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < until, "a process is left"
        time.sleep(0.1)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("number", "nodes"), [(signal.SIGTERM, ()), (signal.SIGINT, ()), (signal.SIGTERM, ("2",))]
)
def test_a_job_that_is_cancelled_leaves_no_process(start, tmp_path, number, nodes):
    # Real interpreters, whose parent is the one that started them.
    process = start("go_on", "2", *nodes, interpreter=sys.executable)
    assert process.stdout.readline() == "at work\n"
    pids = [int((tmp_path / f"pid.{rank}").read_text()) for rank in range(2)]
    assert all(is_alive(pid) for pid in pids)
    process.send_signal(number)
    assert process.wait(timeout=PATIENCE_S) != 0
    wait_until_gone(pids)
    assert left_over(tmp_path) == set()


WATCHED = """
import os, subprocess, sys, time
from pathlib import Path
from vpdlib.training.torchrun import reporting
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, __file__, "child"]).wait()
else:
    with reporting(Path("none")):
        print(os.getpid(), flush=True)
        time.sleep(1000)
"""


def test_a_process_ends_when_its_agent_is_killed_outright(tmp_path):
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    agent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=env)
    child = int(agent.stdout.readline())
    assert is_alive(child)
    agent.kill()
    agent.wait()
    wait_until_gone([child])
    assert agent.stdout.read() == ""
    agent.stdout.close()


def test_machines_meet(start, tmp_path):
    code, said = run(start, "meet", "2", "2")
    assert code == 0, said
    assert [(tmp_path / f"met.{rank}").read_text() for rank in range(2)] == ["[2, 1, 2.0]"] * 2
    assert "2 nodes, which meet at" in (tmp_path / "job.log").read_text()
    assert left_over(tmp_path) == set()


def test_parts_of_a_batch_are_all_of_it():
    parts = [World(rank, 3).part(100) for rank in range(3)]
    assert parts == [Part(0, 33, 100), Part(33, 66, 100), Part(66, 100, 100)]
    assert ALONE.part(7) == Part.all_of(7)


def test_more_processes_than_crops_of_a_batch_are_refused():
    with pytest.raises(ValueError, match="17 processes and a batch_size of 16"):
        learn(1, world=World(0, 17))


@pytest.mark.parametrize("kind", ["torch", "timm"])
def test_shared_batch_norm_is_torchs(tmp_path, kind):
    install()
    from timm.layers import BatchNormAct2d

    maps = torch.randn(6, 4, 5, 5, generator=torch.Generator().manual_seed(0)) * 3 + 1
    towards = torch.randn(6, 4, 5, 5, generator=torch.Generator().manual_seed(1))

    def passed(shares):
        norm = nn.BatchNorm2d(4) if kind == "torch" else BatchNormAct2d(4)
        nn.init.uniform_(norm.weight, generator=torch.Generator().manual_seed(2))
        restore = share_batch_norm(nn.Sequential(norm)) if shares else lambda: None
        seen = maps.clone().requires_grad_()
        (norm(seen) * towards).sum().backward()
        norm.eval()
        found = [seen.grad, norm.weight.grad, norm.bias.grad, norm(maps)]
        restore()
        assert type(norm) in (nn.BatchNorm2d, BatchNormAct2d)
        return [*found, *norm.state_dict().values()]

    distributed.init_process_group("gloo", f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        torch.testing.assert_close(passed(True), passed(False))
    finally:
        distributed.destroy_process_group()


def test_batch_norm_of_another_kind_is_refused():
    with pytest.raises(TypeError, match=r"0 is a .*BatchNorm1d, .* give the rule one GPU"):
        share_batch_norm(nn.Sequential(nn.BatchNorm1d(3)))


@pytest.mark.parametrize(
    ("resources", "device", "processes"),
    [
        ({}, "cpu", 1),
        ({"gpu": 1}, "cuda", 1),
        ({"gpu": 4}, "cuda", 4),
        # Without a GPU the CPU's number counts.
        ({"gpu": 4}, "cpu", 1),
        ({"gpu": 4, "processes": 2}, "cpu", 2),
        ({"processes": 3}, "cpu", 3),
        ({"gpu": 8, "nodes": 2}, "cuda", 4),
        ({"processes": 6, "nodes": 2}, "cpu", 3),
    ],
)
def test_resources_say_how_many_processes_a_machine_has(monkeypatch, resources, device, processes):
    monkeypatch.setattr(_processes.devices, "choose_device", lambda wanted: device)
    job = SimpleNamespace(resources=resources, config={})
    assert _processes._count_here(job) == processes


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ({"gpu": 3, "nodes": 2}, "gpu is 3, of the whole job, on 2 nodes: give a multiple of 2"),
        ({"nodes": 2}, "processes is 1, of the whole job, on 2 nodes"),
        ({"processes": 0}, "at least 1"),
        ({"gpu": 4, "nodes": 2}, "gpu is 2 on each of 2 nodes, and torch finds no CUDA device"),
    ],
)
def test_resources_that_do_not_go_together_are_refused(monkeypatch, resources, says):
    monkeypatch.setattr(_processes.devices, "choose_device", lambda wanted: "cpu")
    with pytest.raises(ValueError, match=says):
        _processes._count_here(SimpleNamespace(resources=resources, config={}))


def test_slurm_starts_one_agent_on_every_node():
    job = SimpleNamespace(resources={"nodes": 2, "gpu": 8}, threads=16)
    assert _processes._launcher(job, 2) == [
        "srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--cpus-per-task=16", "--kill-on-bad-exit=1",
    ]  # fmt: skip
