"""Devices of jobs: distinct ones for jobs that run at once, none for jobs of the CPU."""

import importlib
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.running import run_python
from vpdlib import devices
from vpdlib.config.run import RunSettings
from vpdlib.devices import DeviceError, choose_device, devices_of_job, find_devices, lease_devices

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 30

LEASE = """
import os, sys
from pathlib import Path
from vpdlib.devices import lease_devices
def say(text):
    print(text, flush=True)
with lease_devices(int(sys.argv[2]), Path(sys.argv[1]), say, *map(int, sys.argv[3:])) as names:
    print("leased", ",".join(names), os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.readline()
print("done", os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
"""


class Job:
    """A process that holds a lease until it is told to end."""

    def __init__(self, folder, count=1, visible="0,1", share=1):
        self.process = subprocess.Popen(
            [sys.executable, "-c", LEASE, str(folder), str(count), str(share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": visible},
        )

    def line(self):
        return self.process.stdout.readline().strip()

    def leased(self):
        """The devices, once they are leased; what is said before is left out."""
        for line in iter(self.line, ""):
            if line.startswith("leased"):
                _, names, visible = line.split()
                assert names == visible
                return set(names.split(","))
        raise AssertionError("the job ended without a lease")

    def end(self):
        out, _ = self.process.communicate("\n", timeout=PATIENCE_S)
        assert self.process.returncode == 0
        return out


@pytest.fixture
def start(tmp_path):
    jobs = []

    def begin(**given):
        jobs.append(Job(tmp_path / "locks", **given))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.process.kill()
        job.process.wait()
        job.process.stdin.close()
        job.process.stdout.close()


def test_two_jobs_get_distinct_devices_and_a_third_waits(start):
    first, second = start(), start()
    devices_of = [first.leased(), second.leased()]
    assert sorted(name for names in devices_of for name in names) == ["0", "1"]
    third = start()
    assert third.line() == "waiting: other jobs hold too many of the GPUs 0, 1"
    time.sleep(1.5)
    assert third.process.poll() is None
    assert "done 0,1" in first.end()
    assert third.leased() == devices_of[0]


def test_the_slot_of_a_killed_job_is_free(start):
    first, second = start(), start()
    taken = first.leased()
    second.leased()
    third = start()
    assert "waiting" in third.line()
    first.process.send_signal(signal.SIGKILL)
    assert third.leased() == taken


def test_jobs_that_need_several_devices_do_not_block_one_another(start):
    holder = start(count=2, visible="0,1,2")
    assert holder.leased() == {"0", "1"}
    # One device is free. Were both to gather at the same time, each could end up with one of two.
    waiting = [start(count=2, visible="0,1,2") for _ in range(2)]
    notes = [job.line() for job in waiting]
    assert all(note.startswith("waiting") for note in notes)
    holder.end()
    first = waiting[0] if "too many" in notes[0] else waiting[1]
    assert len(first.leased()) == 2
    first.end()
    assert len((set(waiting) - {first}).pop().leased()) == 2


def test_jobs_that_share_spread_over_the_devices_and_fill_them(start):
    jobs = [start(share=2) for _ in range(4)]
    assert sorted(name for job in jobs for name in job.leased()) == ["0", "0", "1", "1"]
    fifth = start(share=2)
    assert fifth.line().startswith("waiting: other jobs hold too many")
    whole = start()
    assert whole.line().startswith("waiting behind")
    # One ends, and what comes free is the fifth's; then all of a device must come free for the last.
    jobs[0].end()
    taken = fifth.leased()
    assert whole.line().startswith("waiting: ")
    others = [job for job in jobs[1:] if job.process.poll() is None]
    fifth.end()
    time.sleep(1.5)
    assert whole.process.poll() is None
    for job in others:
        job.end()
    assert whole.leased() <= {"0", "1"}
    assert taken <= {"0", "1"}


def test_a_whole_device_is_not_shared_and_shares_of_several_sizes_fit(start):
    whole = start(visible="0")
    assert whole.leased() == {"0"}
    half = start(visible="0", share=2)
    assert half.line().startswith("waiting: ")
    whole.end()
    assert half.leased() == {"0"}
    # A half and a third fit, a half and two thirds do not.
    assert start(visible="0", share=3).leased() == {"0"}
    assert start(visible="0", share=3).line().startswith("waiting: ")


@pytest.mark.parametrize(("count", "share"), [(1, 5), (1, 0), (2, 2)])
def test_a_share_that_cannot_be_is_refused(tmp_path, monkeypatch, count, share):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    says = rf"gpu_share is {share} and gpu {count}: .* 1, 2, 3, 4, 6, 12\."
    with (
        pytest.raises(DeviceError, match=says),
        lease_devices(count, tmp_path / "locks", share=share),
    ):
        pass
    assert not (tmp_path / "locks").exists()


def test_only_devices_that_a_scheduler_gave_are_leased(start):
    first = start(visible="GPU-5, MIG-2/1/0")
    second = start(visible="GPU-5, MIG-2/1/0")
    assert first.leased() | second.leased() == {"GPU-5", "MIG-2/1/0"}


def test_many_jobs_never_hold_more_than_there_is(tmp_path):
    code = LEASE.replace(
        "sys.stdin.readline()",
        """
    import time
    mark = Path(sys.argv[1]) / ("used-" + names[0])
    mark.touch(exist_ok=False)
    time.sleep(0.05)
    mark.unlink()
""",
    )
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), "1"],
            cwd=ROOT,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "0,1"},
            stdout=subprocess.DEVNULL,
        )
        for _ in range(8)
    ]
    assert [job.wait(timeout=2 * PATIENCE_S) for job in jobs] == [0] * 8


@pytest.mark.parametrize(("count", "visible"), [(3, "0,1"), (1, ""), (1, "-1"), (0, "0")])
def test_more_than_there_is_is_refused(tmp_path, monkeypatch, count, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with (
        pytest.raises(DeviceError, match=rf"asks for {count} GPUs.*Lower gpu"),
        lease_devices(count, tmp_path / "locks"),
    ):
        pass
    assert not (tmp_path / "locks").exists()


def test_the_folder_of_locks_must_be_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "find_devices", lambda: ["0"])
    with lease_devices(1, tmp_path / "locks") as names:
        assert names == ["0"]
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
    assert stat.S_IMODE((tmp_path / "locks").stat().st_mode) == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "locks")
    with (
        pytest.raises(DeviceError, match="not a folder of yours"),
        lease_devices(1, tmp_path / "link"),
    ):
        pass
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with (
        pytest.raises(DeviceError, match="not a folder of yours"),
        lease_devices(1, tmp_path / "locks"),
    ):
        pass


def fake_nvidia_smi(folder, monkeypatch, text, status=0):
    folder.mkdir(exist_ok=True)
    command = folder / "nvidia-smi"
    command.write_text(
        f"#!/bin/sh\n[ \"$1\" = -L ] || exit 9\ncat <<'END'\n{text}\nEND\nexit {status}\n"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


TWO_GPUS = """GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaa-1)
  MIG 1g.10gb     Device  0: (UUID: MIG-cccc-3)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-bbbb-2)"""


def test_devices_are_counted_without_cuda(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    fake_nvidia_smi(tmp_path / "a", monkeypatch, TWO_GPUS)
    assert find_devices() == ["0", "1"]
    fake_nvidia_smi(tmp_path / "b", monkeypatch, "NVIDIA-SMI has failed", status=9)
    assert find_devices() == []
    for name in ("0000:01:00.0", "0000:02:00.0", "0000:03:00.0"):
        (tmp_path / "gpus" / name).mkdir(parents=True)
    monkeypatch.setattr(devices.shutil, "which", lambda command: None)
    monkeypatch.setattr(devices, "_DRIVER_DIR", tmp_path / "gpus")
    assert find_devices() == ["0", "1", "2"]
    monkeypatch.setattr(devices, "_DRIVER_DIR", tmp_path / "no driver")
    assert find_devices() == []
    for visible, expected in {
        "2, 5": ["2", "5"],
        "": [],
        "-1": [],
        "NoDevFiles": [],
        "GPU-aaaa-1": ["GPU-aaaa-1"],
    }.items():
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        assert find_devices() == expected


def test_a_device_has_the_same_locks_whatever_it_is_called(tmp_path, monkeypatch):
    fake_nvidia_smi(tmp_path / "a", monkeypatch, TWO_GPUS)
    for visible in ("1", "GPU-bbbb-2"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        with lease_devices(1, tmp_path / "locks") as names:
            assert names == [visible]
    found = {path.name for path in (tmp_path / "locks").glob("*.lock")}
    assert found == {f"GPU-bbbb-2.{part}.lock" for part in range(12)}


def test_a_job_without_a_gpu_sees_none_and_touches_nothing(tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("called for a job of the CPU")

    monkeypatch.setattr(devices, "find_devices", never)
    monkeypatch.setattr(devices, "_make_own_folder", never)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    notes = []
    with devices_of_job(0, notes.append):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
        assert choose_device("auto") == "cpu"
        with pytest.raises(ValueError, match="gpu: 1"):
            choose_device("cuda")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert notes == []


def test_a_job_that_asks_for_a_gpu_where_none_is(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "find_devices", list)
    notes = []
    with devices_of_job(1, notes.append):
        assert choose_device("auto") == "cpu"
        with pytest.raises(ValueError, match="no CUDA device"):
            choose_device("cuda")
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    assert re.search("no NVIDIA GPU is found", notes[0])


JOB = """
import os, sys, time
from pathlib import Path
from types import SimpleNamespace
sys.path.insert(0, "workflow_scripts")
import _job

def main(snakemake):
    from vpdlib.devices import choose_device
    print("visible", os.environ["CUDA_VISIBLE_DEVICES"] or "none", flush=True)
    if not os.environ["CUDA_VISIBLE_DEVICES"]:
        print("device", choose_device("auto"))
        assert "torch" not in sys.modules
        import torch
        def never(*_):
            raise AssertionError("CUDA was called")
        torch.cuda.is_available = torch.cuda.device_count = torch.cuda._lazy_init = never
        torch.manual_seed(0)
        print("device", choose_device("auto"))
        assert not torch.cuda.is_initialized()
    else:
        assert "torch" not in sys.modules
        sys.stdin.readline()

resources = {"gpu": int(sys.argv[2])} if sys.argv[2] else {}
resources |= {"gpu_share": int(share) for share in sys.argv[3:]}
_job.run(main, SimpleNamespace(
    rule="test", log=[sys.argv[1]], wildcards={}, threads=1, resources=resources, params={}))
"""


def job(tmp_path, number, gpu, visible, *share):
    return subprocess.Popen(
        [sys.executable, "-c", JOB, str(tmp_path / f"{number}.log"), gpu, *share],
        cwd=ROOT,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": visible, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("gpu", ["0", ""])
def test_a_script_with_gpu_0_calls_nothing_of_cuda(tmp_path, gpu):
    out, error = job(tmp_path, 0, gpu, "0").communicate(timeout=2 * PATIENCE_S)
    assert out.split("\n") == ["visible none", "device cpu", "device cpu", ""], error
    assert {path.name for path in tmp_path.iterdir()} == {"0.log"}


def test_scripts_with_gpu_1_get_distinct_devices_and_say_so_in_their_logs(tmp_path):
    jobs = [job(tmp_path, number, "1", "4,7") for number in range(2)]
    visible = [process.stdout.readline().split()[1] for process in jobs]
    assert sorted(visible) == ["4", "7"]
    for number, (process, name) in enumerate(zip(jobs, visible, strict=True)):
        process.communicate("\n", timeout=PATIENCE_S)
        assert process.returncode == 0
        assert f"GPU {name}" in (tmp_path / f"{number}.log").read_text()
    assert list(tmp_path.glob("vpd-devices-*"))


def test_scripts_with_gpu_share_2_get_the_same_device_at_the_same_time(tmp_path):
    jobs = [job(tmp_path, number, "1", "4", "2") for number in range(2)]
    assert [process.stdout.readline().split()[1] for process in jobs] == ["4", "4"]
    for number, process in enumerate(jobs):
        process.communicate("\n", timeout=PATIENCE_S)
        assert process.returncode == 0
        assert "GPU 4, shared by up to 2 jobs" in (tmp_path / f"{number}.log").read_text()


def test_a_script_that_asks_for_too_many_ends_with_the_remedy(tmp_path):
    out, error = job(tmp_path, 0, "2", "0").communicate(timeout=PATIENCE_S)
    assert out == ""
    assert "test: the job asks for 2 GPUs" in error
    # The log, which Snakemake shows, ends with it too, and not with the stack.
    stack, told = (tmp_path / "0.log").read_text().rstrip().rsplit("\n\n", 1)
    assert "Traceback" in stack
    assert told.startswith("test: the job asks for 2 GPUs")
    assert "Lower gpu" in told


def test_scripts_run_networks_where_the_configuration_says():
    job = importlib.import_module("workflow_scripts._job")
    assert job.device(SimpleNamespace(config={})) == RunSettings().device
    for device in ("auto", "cpu", "cuda"):
        config = RunSettings(device=device).model_dump()
        assert job.device(SimpleNamespace(config=config)) == device


IMPORTS = """
import importlib, sys
from pathlib import Path
sys.path.insert(0, "workflow_scripts")
import torch

def never(*_):
    raise AssertionError("CUDA was called while a script was imported")

torch.cuda.is_available = torch.cuda.device_count = torch.cuda._lazy_init = never
for path in sorted(Path("workflow_scripts").glob("*.py")):
    importlib.import_module(f"workflow_scripts.{path.stem}")
print("imported", "mmengine" in sys.modules)
"""


def test_no_script_calls_cuda_before_its_devices_are_settled():
    # mmengine asks for a GPU when it is imported, so it must not be at the top of a script or of what that imports.
    assert run_python(IMPORTS).strip() == "imported False"
