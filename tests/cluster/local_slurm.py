"""A real Slurm of two nodes on this computer, without systemd and without root, in a folder of its own.

munged, slurmctld and a slurmd for each node run in the foreground as children of this process, under its user, with a
socket, a key, ports and a configuration below the folder, so that nothing of the computer's own Slurm is touched. Nodes
state more processors than there are, which Slurm allows where it is told so: what is tested is who waits for whom, not
how fast.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psutil

#: Commands that it needs; Debian has them in slurm-wlm and munge.
COMMANDS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
_FOLDERS_OF_DAEMONS = "/usr/local/sbin:/usr/sbin:/sbin"
NODES = ("n1", "n2")
#: How long a node may be silent before the controller takes it for dead.
NODE_TIMEOUT_S = 30
#: Of each node.
NUM_CPUS = 8
MEMORY_MB = 16000
_START_S = 60.0
_STOP_S = 20.0

_SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
MpiDefault=none
# More processors than the computer has.
SlurmdParameters=config_overrides
# Neither control groups nor systemd: processes are found by /proc, memory is measured and not confined.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
AccountingStorageType=accounting_storage/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ReturnToService=2
SlurmdTimeout={node_timeout_s}
SchedulerParameters=sched_interval=2,batch_sched_delay=0
PartitionName=cpu Nodes={nodes} Default=YES MaxTime=1-0 State=UP
PartitionName=gpu Nodes={nodes} MaxTime=1-0 State=UP
NodeName=DEFAULT CPUs={num_cpus} RealMemory={memory_mb} Gres=gpu:1 State=UNKNOWN
"""
_NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port}\n"


def missing_commands() -> list[str]:
    """What is not installed of what a node needs."""
    return [name for name in COMMANDS if _find(name) is None]


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:{_FOLDERS_OF_DAEMONS}")


def _free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class LocalSlurm:
    """A running Slurm; `with LocalSlurm(folder) as slurm`. All of its processes are gone afterwards.

    Parameters
    ----------
    folder : a short path, since it holds a socket.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stack = ExitStack()

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment variables by which Slurm's commands find it, also from within its jobs."""
        return {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }

    def __enter__(self) -> LocalSlurm:
        with self._stack:
            self._stack.callback(self._stop_all)
            self._write_files()
            self._start("munged", "--foreground", *self._munge_options())
            _wait_for((self.folder / "munge/socket").exists, "munged's socket", self.folder)
            self.start_controller()
            for node in NODES:
                self.start_node(node)
            _wait_for(self.are_idle, "a node", self.folder)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def command(self, *command: str) -> str:
        """What one of Slurm's commands prints; nothing where it fails."""
        done = subprocess.run(
            command,
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else ""

    def are_idle(self) -> bool:
        """Whether all nodes are there, without a job."""
        states = self.command("sinfo", "-h", "-N", "-p", "cpu", "-o", "%t").split()
        return states == ["idle"] * len(NODES)

    def update_nodes(self, *settings: str) -> None:
        """`scontrol update` of all nodes, such as ``state=resume``."""
        self.command("scontrol", "update", f"nodename={','.join(NODES)}", *settings)

    def jobs(self, states: str = "all") -> dict[str, tuple[str, str]]:
        """State and comment, such as `rule_track_athlete_wildcards_tiny_0000`, of every job by its number."""
        lines = self.command("squeue", "-h", "-o", "%i|%T|%k", f"--states={states}").splitlines()
        return {
            number: (state, comment)
            for number, state, comment in (line.split("|", 2) for line in lines)
        }

    def start_controller(self) -> None:
        """Start the controller; it takes up the jobs that it knew of before."""
        self._start("slurmctld", "-D")
        _wait_for(lambda: self.command("scontrol", "ping"), "slurmctld", self.folder)

    def stop_controller(self) -> None:
        """Stop the controller as a service manager does; running jobs go on."""
        self._stop("slurmctld")

    def node_of(self, number: str) -> str:
        """The node on which a job runs."""
        return self.command("squeue", "-h", "-j", number, "-o", "%N").strip()

    def lose_node(self, node: str) -> None:
        """End a node with all that runs on it, as a power cut does."""
        slurmd = self._processes.pop(f"slurmd {node}")
        lost = [psutil.Process(slurmd.pid)]
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                environment = process.environ()
                if (
                    environment.get("SLURM_CONF") == self.variables["SLURM_CONF"]
                    and environment.get("SLURMD_NODENAME") == node
                ):
                    lost.append(process)
                    # A slurmstepd writes over its environment.
                    lost += [one for one in process.parents() if one.name() == "slurmstepd"]
        # None is to tell the controller of another's end.
        for end in (psutil.Process.suspend, psutil.Process.kill):
            for process in lost:
                with suppress(psutil.NoSuchProcess):
                    end(process)
        slurmd.wait()

    def start_node(self, node: str) -> None:
        """Start a node."""
        # What it starts inherits its name, by which it is found again (`lose_node`).
        self._start(f"slurmd {node}", "-D", "-N", node, SLURMD_NODENAME=node)

    def _write_files(self) -> None:
        for name in ("bin", "munge", "state"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        key = self.folder / "munge/key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        host = socket.gethostname().split(".")[0]
        values = {
            "host": host,
            "folder": self.folder,
            "user": getpass.getuser(),
            "controller_port": _free_port(),
            "nodes": ",".join(NODES),
            "node_timeout_s": NODE_TIMEOUT_S,
            "num_cpus": NUM_CPUS,
            "memory_mb": MEMORY_MB,
        }
        nodes = [_NODE.format(name=name, host=host, port=_free_port()) for name in NODES]
        (self.folder / "slurm.conf").write_text(_SLURM_CONF.format(**values) + "".join(nodes))
        # A GPU without a device file: what is asked for and granted can be seen, used it cannot be.
        (self.folder / "gres.conf").write_text("Name=gpu File=/dev/null\n")
        # The jobstep plugin (0.6.1) takes SLURM_CONF out of srun's environment, with all of Slurm's variables.
        srun = self.folder / "bin/srun"
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {_find("srun")} "$@"\n'
        )
        srun.chmod(0o755)
        (self.folder / "cgroup.conf").write_text("CgroupAutomount=no\n")

    def _munge_options(self) -> list[str]:
        folder = self.folder / "munge"
        return [
            f"--socket={folder}/socket", f"--key-file={folder}/key", f"--pid-file={folder}/pid",
            f"--seed-file={folder}/seed", f"--log-file={folder}/log", "--num-threads=2", "--force",
        ]  # fmt: skip

    def _start(self, name: str, *options: str, **variables: str) -> None:
        program = _find(name.split()[0])
        assert program is not None, f"{name} is not installed"
        with (self.folder / f"{name}.out").open("ab") as said:
            self._processes[name] = subprocess.Popen(
                [program, *options],
                env={**os.environ, **self.variables, **variables},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def _stop(self, name: str) -> None:
        process = self._processes.pop(name)
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _stop_all(self) -> None:
        if len(self._processes) == len(NODES) + 2:
            self.command("scancel", "--user", getpass.getuser())
            deadline = time.monotonic() + _STOP_S
            while self.jobs("running,completing") and time.monotonic() < deadline:
                time.sleep(0.5)
        for name in reversed(list(self._processes)):
            self._stop(name)


def _wait_for(is_there: Callable[[], object], what: str, folder: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not is_there():
        if time.monotonic() > deadline:
            said = [
                f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(folder.glob("*.*t"))
            ]
            raise TimeoutError("\n".join([f"{what} is not there after {_START_S:.0f} s", *said]))
        time.sleep(0.2)
