"""Where networks run: the CPU or a CUDA device; and which device a job may use.

Jobs that share a machine must not share a GPU unless they say so. A job *leases* its devices: it holds
exclusive locks on files for as long as it lives, and sees no other device, by the variable
``CUDA_VISIBLE_DEVICES``. A device has twelve locks: a job that may share one with others, `share` jobs in
all, takes a `share`-th of them, and any other job takes all. The kernel releases the locks of a job that
dies, so none is left behind. No CUDA function is called to count or to choose devices; a job without a GPU
calls none at all.

Locks lie below the machine's folder of temporary files, since those on network file systems cannot be
relied upon. They are one user's: jobs of other users are for a scheduler to keep apart. Where a
scheduler has set ``CUDA_VISIBLE_DEVICES``, leases are among the devices that it names.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from filelock import FileLock, Timeout

DeviceChoice = Literal["auto", "cpu", "cuda"]

_VISIBLE = "CUDA_VISIBLE_DEVICES"
#: Where NVIDIA's driver lists its GPUs, a folder each.
_DRIVER_DIR = Path("/proc/driver/nvidia/gpus")
#: A line of `nvidia-smi -L`.
_LISTED = re.compile(r"GPU (\d+): .*\(UUID: ([\w-]+)\)")
_POLL_S = 0.5
#: Locks of a device: what 1, 2, 3, 4 and 6 divide.
PARTS = 12
#: How many jobs can share a device.
SHARES = tuple(share for share in range(1, PARTS + 1) if PARTS % share == 0)


class DeviceError(ValueError):
    """Devices that are asked for and cannot be had; the message ends with what to do."""


def choose_device(wanted: DeviceChoice) -> str:
    """Return "cpu" or "cuda".

    Raises
    ------
    ValueError
        If CUDA is wanted and there is no usable device.
    """
    # Where every device is hidden, as from a job with gpu: 0, CUDA is not even asked.
    hidden = os.environ.get(_VISIBLE) == ""
    if wanted == "cpu" or (wanted == "auto" and hidden):
        return "cpu"
    available = False
    if not hidden:
        import torch

        available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise ValueError(
            "device is 'cuda' and torch finds no CUDA device in this job. Give the rule gpu: 1 under "
            "`set-resources` in a profile (docs/gpu.md) and install the CUDA build of torch, or set device: auto."
        )
    return "cuda" if available else "cpu"


def find_devices() -> list[str]:
    """Names of the CUDA devices that this process may use, found without calling CUDA.

    Returns
    -------
    The entries of ``CUDA_VISIBLE_DEVICES`` where that is set; else numbers from 0, as many as
    ``nvidia-smi -L`` lists or, without that command, as the driver does.
    """
    visible = os.environ.get(_VISIBLE)
    if visible is not None:
        names = [name.strip() for name in visible.split(",")]
        # "-1" and "NoDevFiles" are how schedulers say that there is none.
        return [name for name in names if name not in ("", "-1", "NoDevFiles")]
    listed = _list_devices()
    if listed is not None:
        return list(listed)
    return [str(number) for number, _ in enumerate(sorted(_DRIVER_DIR.glob("*")))]


def _list_devices() -> dict[str, str] | None:
    """Numbers and UUIDs of the machine's GPUs; None without NVIDIA's command."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    done = subprocess.run([command, "-L"], capture_output=True, text=True, check=False)
    return dict(_LISTED.findall(done.stdout))


def lock_folder() -> Path:
    """Where this user's locks on this machine lie, unless a folder is given."""
    return Path(tempfile.gettempdir()) / f"vpd-devices-{os.getuid()}-{socket.gethostname()}"


def check_share(count: int, share: int) -> None:
    """Refuse parts of GPUs that no job can have.

    Parameters
    ----------
    count : GPUs of the job.
    share : how many such jobs may have one at the same time.

    Raises
    ------
    DeviceError
        If `share` is none of `SHARES`, or above 1 for several GPUs.
    """
    if share not in SHARES or (share > 1 and count > 1):
        raise DeviceError(
            f"gpu_share is {share} and gpu {count}: a job has a part of one GPU, gpu: 1, with a gpu_share of "
            f"{', '.join(map(str, SHARES))}. Correct them under `set-resources` in the profile."
        )


class Asked(NamedTuple):
    """What a job asks for on each of its machines.

    Attributes
    ----------
    nodes : how many machines.
    gpus, processes : of each.
    """

    nodes: int
    gpus: int
    processes: int


def share_among_nodes(nodes: int, gpus: int, processes: int) -> Asked:
    """Deal what a job asks for to its machines.

    Parameters
    ----------
    nodes : how many machines.
    gpus, processes : of the whole job; where there are GPUs, each has a process.

    Raises
    ------
    DeviceError
        If a number is too small, or cannot be shared out evenly.
    """
    if min(nodes, processes) < 1 or gpus < 0:
        raise DeviceError(
            f"nodes is {nodes}, processes {processes} and gpu {gpus}: nodes and processes are at least 1, gpu at "
            "least 0. Correct them under `set-resources` in the profile."
        )
    what, count = ("gpu", gpus) if gpus else ("processes", processes)
    if nodes > 1 and count % nodes:
        raise DeviceError(
            f"{what} is {count}, of the whole job, on {nodes} nodes: give a multiple of {nodes}"
        )
    return Asked(nodes, gpus // nodes, max(1, processes // nodes))


@contextmanager
def lease_devices(
    count: int,
    folder: Path | None = None,
    note: Callable[[str], None] | None = None,
    share: int = 1,
) -> Iterator[list[str]]:
    """Hold devices that no other job holds, or one's part of a device; wait for them where they are taken.

    Within the block ``CUDA_VISIBLE_DEVICES`` names the leased devices. Enter it before anything calls CUDA,
    which reads the variable once.

    Parameters
    ----------
    count : how many, at least 1.
    folder : of the locks; :func:`lock_folder` unless given.
    note : is told when the job has to wait.
    share : how many such jobs may have the device at the same time, one of `SHARES`; 1 where `count` is above 1.

    Yields
    ------
    Names of the devices.

    Raises
    ------
    DeviceError
        If there are not so many devices, they cannot be shared so, or the folder of the locks is not this user's own.
    """
    check_share(count, share)
    names = find_devices()
    if count < 1 or count > len(names):
        raise DeviceError(
            f"the job asks for {count} GPUs and may use {len(names)} here ({', '.join(names) or 'none'}). "
            "Lower gpu under `set-resources` in the profile, or run where there are more."
        )
    folder = lock_folder() if folder is None else folder
    _make_own_folder(folder)
    with ExitStack() as locks:
        leased = _take(names, count, PARTS // share, folder, note or (lambda text: None), locks)
        locks.enter_context(_variable_set(",".join(leased)))
        yield leased


@contextmanager
def devices_of_job(num_gpus: int, note: Callable[[str], None], share: int = 1) -> Iterator[None]:
    """What a job with ``gpu: num_gpus`` may see of the machine's devices, within the block.

    Without a GPU, CUDA is hidden, so that no part of the job touches it; and also where one is asked
    for and the machine has none: `device: auto` then means the CPU, and `device: cuda` is refused by
    :func:`choose_device`. For ``share`` see :func:`lease_devices`.

    Raises
    ------
    DeviceError
        As :func:`lease_devices`, where there are some devices but not enough.
    """
    if num_gpus > 0 and find_devices():
        with lease_devices(num_gpus, note=note, share=share) as names:
            shared = f", shared by up to {share} jobs" if share > 1 else ""
            note(f"GPU {', '.join(names)}{shared}")
            yield
        return
    if num_gpus > 0:
        note(f"gpu is {num_gpus} and no NVIDIA GPU is found here: `device: auto` takes the CPU")
    with _variable_set(""):
        yield


def _make_own_folder(folder: Path) -> None:
    # In a folder that everyone may write to, another user could have made it first, or a link.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid():
        raise DeviceError(
            f"{folder}, where GPUs are locked, is not a folder of yours; remove it or set TMPDIR"
        )


def _take(
    names: list[str],
    count: int,
    parts: int,
    folder: Path,
    note: Callable[[str], None],
    locks: ExitStack,
) -> list[str]:
    # One job at a time gathers devices; if two did, each could hold half of what both need.
    with ExitStack() as queue:
        if not _try_lock(folder / "queue", queue):
            note("waiting behind another job that waits for a GPU")
            queue.enter_context(FileLock(folder / "queue"))
        files = _lock_files(folder, names)
        # What is free of a device is held from the first look on, so that what comes free is gathered.
        held: dict[str, list[ExitStack]] = {name: [] for name in names}
        free = {name: list(files[name]) for name in names}
        with ExitStack() as gathered:
            waiting = False
            while True:
                for name in names:
                    for path in list(free[name]):
                        part = gathered.enter_context(ExitStack())
                        if _try_lock(path, part):
                            held[name].append(part)
                            free[name].remove(path)
                # The emptiest first, so that jobs spread over the devices.
                able = sorted(names, key=lambda name: -len(held[name]))
                able = [name for name in able if len(held[name]) >= parts][:count]
                if len(able) == count:
                    for name in able:
                        for part in held[name][:parts]:
                            locks.enter_context(part.pop_all())
                    # In their own order.
                    return [name for name in names if name in able]
                if not waiting:
                    note(f"waiting: other jobs hold too many of the GPUs {', '.join(names)}")
                    waiting = True
                time.sleep(_POLL_S)


def _lock_files(folder: Path, names: list[str]) -> dict[str, list[Path]]:
    """The locks of each device: by its UUID, since two allocations of a scheduler may both call theirs 0."""
    uuids = _list_devices() or {}
    stems = {name: uuids.get(name, name).replace("/", "_") for name in names}
    return {
        name: [folder / f"{stem}.{part}.lock" for part in range(PARTS)]
        for name, stem in stems.items()
    }


def _try_lock(path: Path, held: ExitStack) -> bool:
    """Lock a file until ``held`` closes; False if another process has it."""
    try:
        held.enter_context(FileLock(path).acquire(blocking=False))
    except Timeout:
        return False
    return True


@contextmanager
def _variable_set(value: str) -> Iterator[None]:
    before = os.environ.get(_VISIBLE)
    os.environ[_VISIBLE] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VISIBLE]
        else:
            os.environ[_VISIBLE] = before
