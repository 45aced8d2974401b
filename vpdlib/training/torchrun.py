"""Starting the processes of one training by torchrun, on one machine or several, and saying why they failed.

A *job* starts a command in so many processes. On one machine torchrun's agent runs in the job itself (`run_agent`); on
several, a launcher such as ``srun`` starts the job's command once on each (`run_launcher`), where it becomes an agent.
A process that fails leaves a record in a folder that all of them see (`reporting`); the others fail with it, because
they wait for it, and the job is told of the one that was first (`first_failure`). No process outlives its agent.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vpdlib.atomic import write_text

#: Of a process that torchrun has started.
_STARTED = "TORCHELASTIC_RUN_ID"
#: How long a launcher may take to end its processes, s.
_GRACE_S = 30.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Failure:
    """Why a process failed.

    Attributes
    ----------
    rank, host : of the process.
    time : s since the epoch.
    message : with the kind of error before it, but for errors that are the user's to mend.
    is_users : whether it is one of those (`ValueError`).
    stack : of calls; empty for a process that was killed.
    killed : whether a signal ended it.
    """

    rank: int
    host: str
    time: float
    message: str
    is_users: bool = False
    stack: str = ""
    killed: bool = False


@dataclass(frozen=True)
class Agents:
    """How several machines' agents find one another.

    Attributes
    ----------
    num_nodes : how many machines.
    endpoint : ``host:port`` of the first one.
    """

    num_nodes: int
    endpoint: str

    @classmethod
    def from_here(cls, num_nodes: int) -> Agents:
        """Those of so many machines, of which this is the first; a port that is free now."""
        with socket.socket() as probe:
            probe.bind(("", 0))
            port = probe.getsockname()[1]
        return cls(num_nodes, f"{socket.gethostname()}:{port}")


def is_started() -> bool:
    """Whether torchrun has started this process."""
    return _STARTED in os.environ


def run_agent(
    command: Sequence[str], count: int, failures: Path, folder: Path, agents: Agents | None = None
) -> None:
    """Run a command in several processes on this machine, and wait for them.

    Parameters
    ----------
    command : of each process, which finds out by `vpdlib.training.distributed.joined` which one it is.
    count : how many.
    failures : a folder, there, that all machines see.
    folder : of this machine, for what torchrun keeps while it runs.
    agents : where other machines run as many; None where this one is alone.

    Raises
    ------
    RuntimeError : a process failed; `first_failure` says which and why.
    KeyboardInterrupt, SystemExit : this process got SIGINT or SIGTERM, and has ended the others.
    """
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    options = [f"--nproc-per-node={count}", "--max-restarts=0", "--no-python"]
    options += [f"--log-dir={folder}"]
    if agents is None:
        # Nobody beyond this machine is to be asked for anything.
        options += ["--standalone", "--local-addr=localhost"]
        if Path("/sys/class/net/lo").exists():
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    else:
        options += [f"--nnodes={agents.num_nodes}", "--rdzv-backend=c10d", "--rdzv-id=vpd"]
        options += [f"--rdzv-endpoint={agents.endpoint}"]
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    with _quiet_agent():
        try:
            run.run(run.parse_args([*options, *command]))
        except ChildFailedError as error:
            for rank, failed in error.failures.items():
                # The agent itself ends the others by SIGTERM.
                if failed.exitcode < 0 and failed.exitcode != -signal.SIGTERM:
                    _record(failures, _killed(rank, -failed.exitcode))
            raise RuntimeError("a process of the training failed") from error
        except SignalException as error:
            if error.sigval == signal.SIGINT:
                raise KeyboardInterrupt from error
            raise SystemExit(128 + error.sigval) from error
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def run_launcher(launcher: Sequence[str], command: Sequence[str], env: Mapping[str, str]) -> None:
    """Run a command once on each machine, and wait for all.

    Parameters
    ----------
    launcher : what starts a command on every machine, with its options, such as ``srun --ntasks-per-node=1``.
    command : that becomes an agent there.
    env : its environment, which the launcher hands on.

    Raises
    ------
    RuntimeError : the launcher, or what it started, failed.
    KeyboardInterrupt, SystemExit : this process got SIGINT or SIGTERM, and has ended the launcher.
    """

    def end(number: int, _: Any) -> None:
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    handlers = {number: signal.signal(number, end) for number in _SIGNALS}
    process = None
    try:
        process = subprocess.Popen([*launcher, *command], env=dict(env), start_new_session=True)
        code = process.wait()
    except OSError as error:
        raise RuntimeError(f"{launcher[0]} cannot be started: {error}") from error
    finally:
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if code != 0:
        raise RuntimeError(f"{' '.join(launcher)} ended with status {code}")


def first_failure(failures: Path) -> Failure | None:
    """What failed first, of all that `reporting` and agents have recorded; None if nothing was.

    A process that was killed says nothing, and those that waited for it say so at once: it goes before them.
    """
    found = [Failure(**json.loads(path.read_text())) for path in failures.glob("*.json")]
    return min(found, key=lambda one: (not one.killed, one.time), default=None)


@contextmanager
def reporting(failures: Path) -> Iterator[None]:
    """Work as one of the processes, within the block; an error ends the process once it is recorded."""
    # Waiting for another process in C++, one would not hear Python's own handler.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _end_with_parent()
    try:
        yield
    finally:
        error = sys.exception()
        if error is not None:
            _record(failures, _failure(error))
            sys.stdout.flush()
            sys.stderr.flush()
            # Whatever else would be waited for, such as connections to the others, is of no use any more.
            os._exit(1)


def _end_with_parent() -> None:
    """End this process when its agent is gone, however that ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _failure(error: BaseException) -> Failure:
    is_users = isinstance(error, ValueError)
    message = str(error) if is_users else f"{type(error).__name__}: {error}"
    return Failure(
        int(os.environ["RANK"]),
        socket.gethostname(),
        time.time(),
        message,
        is_users,
        "".join(traceback.format_exception(error)),
    )


def _killed(rank: int, number: int) -> Failure:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = str(number)
    hint = " (out of memory?)" if number == signal.SIGKILL else ""
    message = f"it was ended by the signal {name}{hint}"
    return Failure(rank, socket.gethostname(), time.time(), message, killed=True)


def _record(folder: Path, failure: Failure) -> None:
    if folder.is_dir():
        write_text(folder / f"{failure.rank}.json", json.dumps(asdict(failure)))


@contextmanager
def _quiet_agent() -> Iterator[None]:
    """Say nothing of processes that failed: the caller says why the first one did."""
    logger = logging.getLogger("torch.distributed.elastic")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
