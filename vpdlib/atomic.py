"""Files and folders that are there whole or not at all, and what killed jobs leave of them.

What is to lie at a path is written under a temporary name beside it, synced and renamed, so that nobody meets half of
it. A job that is killed outright (SIGKILL: out of memory, time limits) cannot remove its temporary, which for crops
of hours of video are gigabytes: the next one that writes into the folder does, and `sweep_below` for a whole tree.

A temporary is named ``.<name>.<host>-<pid>-<start>.tmp``: a digest of the machine (its name, its start, and the space
of process numbers, which containers have of their own), the writer's process number and when that process began, since
numbers are used again. It is removed where the machine is this one and no such process is alive. Whether a process of
another machine on a shared file system is alive cannot be known here: what it left, or this machine before it was
started anew, or a version of vpd that named neither machine nor start, goes once nothing was written to it for a week.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

#: Beyond this age what a process of elsewhere left is litter: no job goes so long without writing.
FOREIGN_AGE_S = 7 * 24 * 3600.0

_NAME = re.compile(r"\..+\.(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]+)-(?P<start>[0-9]+)\.tmp")
#: What Linux calls this start of the machine; no other start of any machine is called so.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
#: As earlier versions named them.
_OLD_NAME = re.compile(r"\..+\.[0-9]+\.tmp")

#: Folders that this process has swept: a job may write thousands of files into one.
_swept: set[tuple[int, str]] = set()


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; the file or folder made there takes the place of what is at ``path``.

    On an exception it is removed and ``path`` is left as it was.

    Yields
    ------
    The temporary path. Nothing is there yet; the folder that it is in is.

    Raises
    ------
    OSError
        If it cannot be written, synced or renamed.
    """
    temporary = temporary_beside(path)
    try:
        yield temporary
        put_in_place(temporary, path)
    finally:
        discard(temporary)


def write_text(path: str | Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all; line breaks stay as they are."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def temporary_beside(path: str | Path) -> Path:
    """A temporary name for what is to lie at ``path``; makes the folder, and removes what dead processes left there."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A forked process is another one; what its parent has swept does not matter to it, but costs little.
    folder = (os.getpid(), os.path.abspath(path.parent))
    if folder not in _swept:
        _swept.add(folder)
        sweep(path.parent)
    temporary = path.with_name(f".{path.name}.{_own_mark()}.tmp")
    # Of this process itself, where an earlier attempt could not be removed.
    discard(temporary)
    return temporary


def put_in_place(temporary: Path, path: str | Path) -> None:
    """Sync what lies at ``temporary`` and rename it to ``path``."""
    path = Path(path)
    if temporary.is_dir():
        for parent, _, names in os.walk(temporary):
            for name in names:
                sync(Path(parent, name))
            sync(Path(parent))
        # A folder cannot be renamed over one with something in it.
        _exchange_folder(temporary, path)
    else:
        sync(temporary)
        os.replace(temporary, path)
    sync(path.parent)


def _exchange_folder(temporary: Path, path: Path) -> None:
    old = path.with_name(f".{path.name}.old.{_own_mark()}.tmp")
    while True:
        with suppress(FileNotFoundError):
            os.replace(path, old)
        try:
            os.replace(temporary, path)
        except OSError as error:
            # Another job, of a run that was killed and lives on, may have put its own there meanwhile.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                with suppress(FileNotFoundError):
                    os.replace(old, path)
                raise
            discard(old)
        else:
            discard(old)
            return


def discard(temporary: Path) -> None:
    """Remove a temporary file or folder; harmless where there is none."""
    if temporary.is_dir() and not temporary.is_symlink():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have the system write a file's content, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder; the rename itself is still atomic there.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def sweep(folder: str | Path) -> list[Path]:
    """Remove the temporaries of dead processes from a folder, not from those below it.

    Returns
    -------
    What was removed. A folder that is missing, or cannot be read or written, is left as it is.
    """
    removed = []
    try:
        with os.scandir(folder) as entries:
            found = [
                entry for entry in entries if entry.name[0] == "." and entry.name.endswith(".tmp")
            ]
        for entry in found:
            if _is_litter(entry):
                discard(Path(entry.path))
                removed.append(Path(entry.path))
    except OSError:
        # Its own writing will say so, where it matters; another process may sweep at the same time.
        pass
    return removed


def sweep_below(folder: str | Path) -> list[Path]:
    """As `sweep`, in a folder and in all below it."""
    removed = []
    for parent, folders, _ in os.walk(folder):
        removed += sweep(parent)
        folders[:] = [name for name in folders if not name.endswith(".tmp")]
    return removed


def _is_litter(entry: os.DirEntry[str]) -> bool:
    found = _NAME.fullmatch(entry.name)
    if found is not None and found["host"] == _host():
        return _start_of(int(found["pid"])) not in (found["start"], "hidden")
    if found is None and _OLD_NAME.fullmatch(entry.name) is None:
        return False
    return time.time() - _last_written(entry) > FOREIGN_AGE_S


def _last_written(entry: os.DirEntry[str]) -> float:
    """Time stamp of a file, or of the newest entry of a folder."""
    stamps = [entry.stat(follow_symlinks=False).st_mtime]
    if entry.is_dir(follow_symlinks=False):
        with os.scandir(entry.path) as inside:
            stamps += [each.stat(follow_symlinks=False).st_mtime for each in inside]
    return max(stamps)


def _own_mark() -> str:
    pid = os.getpid()
    return f"{_host()}-{pid}-{_start_of(pid)}"


@cache
def _host() -> str:
    try:
        # Copies of one image have one name and, outside containers, one space of process numbers.
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    try:
        # Containers that share a machine's name have process numbers of their own.
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return hashlib.sha256(f"{socket.gethostname()} {boot} {space}".encode()).hexdigest()[:8]


def _start_of(pid: int) -> str | None:
    """When a process began, in ticks since the machine's start; None if it is no more, "0" or "hidden" if unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # It is no more, or ended while the file was read; or there is no /proc, or it shows one's own processes alone.
        return _start_unknown(pid)
    # The name, in parentheses, may hold anything.
    state, *rest = stat.rpartition(")")[2].split()
    # A zombie has stopped writing.
    return None if state in "ZX" else rest[18]


def _start_unknown(pid: int) -> str | None:
    """As `_start_of`, for what /proc does not show."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        # Another user's.
        return "hidden"
    return "0"
