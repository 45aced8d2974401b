"""A job whose work several processes share, started by torchrun from within the job; import it after ``_job``.

How many there are is said by resources, which a profile sets (docs/gpu.md): ``gpu`` of the whole job, each with a
process of its own; where none is used, ``processes``; ``nodes``, machines that have as many each, on which Slurm's
``srun`` starts the job's script once more. None of them is `params`: another number of processes remakes nothing.
Each process is the job's script again, from its first line; the first one alone writes files and the log.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import _job

from vpdlib import atomic, devices, progress

#: Where processes say why they failed, and keep what those of one machine share: folders.
_FAILURES, _OF_NODE = "VPD_FAILURES", "VPD_NODE_FOLDER"
#: Set for what a launcher starts on every machine: how many there are, and where they meet.
_NODES, _ENDPOINT = "VPD_NODES", "VPD_ENDPOINT"

#: A script's work: Snakemake's object, and this process among the others, a `vpdlib.training.distributed.World`.
Main = Callable[[Any, Any], None]


def run(main: Main) -> None:
    """Run a script's ``main`` in as many processes as its job asks for; in this one alone where that is one."""
    from vpdlib.training import torchrun

    if torchrun.is_started():
        _work(main, _job.given())
    elif _ENDPOINT in os.environ:
        _start_here(_job.given())
    else:
        _job.run(lambda snakemake: _start(main, snakemake), leases=_devices_of_starter)


def asked(snakemake: Any) -> devices.Asked:
    """What a job's resources ask for.

    Raises
    ------
    DeviceError : a number is too small, or they cannot be shared out evenly among machines.
    """
    resources = snakemake.resources
    nodes, gpus, processes = (
        int(resources.get(name, otherwise))
        for name, otherwise in (("nodes", 1), ("gpu", 0), ("processes", 1))
    )
    return devices.share_among_nodes(nodes, gpus, processes)


def folder_of_node() -> Path:
    """A folder of this machine, for what the job's processes on it share; removed with the last of them."""
    return Path(os.environ[_OF_NODE])


def _devices_of_starter(snakemake: Any) -> Any:
    # On several machines each agent leases its own; this one may run beside an agent.
    return nullcontext() if asked(snakemake).nodes > 1 else _job.devices_here(snakemake)


def _start(main: Main, snakemake: Any) -> None:
    """In the job itself: work, or start those that work and wait for them."""
    from vpdlib.training import torchrun
    from vpdlib.training.distributed import ALONE

    nodes = asked(snakemake).nodes
    if nodes == 1 and _count_here(snakemake) == 1:
        main(snakemake, ALONE)
        return
    # Where the log is, all machines see it.
    failures = atomic.temporary_beside(Path(snakemake.log[0]).with_suffix(".failures"))
    failures.mkdir()
    os.environ[_FAILURES] = str(failures.absolute())
    try:
        if nodes == 1:
            _start_here(snakemake)
        else:
            agents = torchrun.Agents.from_here(nodes)
            progress.note(f"{nodes} nodes, which meet at {agents.endpoint}")
            env = {**os.environ, _NODES: str(nodes), _ENDPOINT: agents.endpoint}
            torchrun.run_launcher(_launcher(snakemake, nodes), _command(), env)
    except RuntimeError:
        failure = torchrun.first_failure(failures)
        if failure is None:
            raise
        # torchrun's own account of it says less.
        raise _why(failure) from None
    finally:
        atomic.discard(failures)


def _why(failure: Any) -> Exception:
    """What the first process to fail has said, as an error of this one."""
    where = f"process {failure.rank} on {failure.host}"
    if failure.is_users:
        progress.note(f"{where} failed:\n{failure.stack}")
        return ValueError(failure.message)
    return RuntimeError(f"{where}: {failure.message}\n{failure.stack}")


def _start_here(snakemake: Any) -> None:
    """Start this machine's processes and wait for them; in the job itself, or in what a launcher has started."""
    from vpdlib.training import torchrun

    agents = None
    leases = nullcontext()
    if _ENDPOINT in os.environ:
        agents = torchrun.Agents(int(os.environ[_NODES]), os.environ[_ENDPOINT])
        leases = devices.devices_of_job(asked(snakemake).gpus, progress.note)
    folder = tempfile.mkdtemp(prefix="vpd-node-")
    os.environ[_OF_NODE] = folder
    try:
        with leases:
            count = _count_here(snakemake)
            progress.note(f"{count} processes on this machine")
            failures = Path(os.environ[_FAILURES])
            torchrun.run_agent(_command(), count, failures, Path(folder), agents)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _count_here(snakemake: Any) -> int:
    """How many processes this machine has."""
    here = asked(snakemake)
    on_gpu = devices.choose_device(_job.device(snakemake)) == "cuda"
    if here.nodes > 1 and here.gpus and not on_gpu:
        raise ValueError(
            f"gpu is {here.gpus} on each of {here.nodes} nodes, and torch finds no CUDA device on one; set gpu to 0"
        )
    return here.gpus if on_gpu and here.gpus else here.processes


def _command() -> list[str]:
    """What starts the job's script once more."""
    return [sys.executable, *sys.argv]


def _launcher(snakemake: Any, nodes: int) -> list[str]:
    """What starts a command once on every machine; as Snakemake has it, the resource ``mpi`` may name another."""
    launcher = str(snakemake.resources.get("mpi", "srun")).split()
    if Path(launcher[0]).name == "srun":
        # A step has no more CPUs than it asks for, and none of the others should go on where one has failed.
        launcher += [f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1"]
        launcher += [f"--cpus-per-task={snakemake.threads}", "--kill-on-bad-exit=1"]
    return launcher


def _work(main: Main, snakemake: Any) -> None:
    """In one of the processes: join the others and work."""
    from vpdlib.training import torchrun
    from vpdlib.training.distributed import joined

    failures = Path(os.environ[_FAILURES])
    with torchrun.reporting(failures), _heard(snakemake):
        kind = devices.choose_device(_job.device(snakemake))
        with joined(kind) as world:
            main(snakemake, world)


@contextmanager
def _heard(snakemake: Any) -> Iterator[None]:
    """The first process says in the job's log what there is to say."""
    if os.environ["RANK"] == "0":
        with progress.logged_to(snakemake.log[0], append=True):
            yield
    else:
        with progress.silent():
            yield
