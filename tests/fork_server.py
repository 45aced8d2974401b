"""Interpreters that are there at once: forks of a process that has loaded the heavy libraries.

A workflow in the tests starts hundreds of short jobs, and most of a job's time is `import torch`, which is the same in
each. A `ForkServer` loads such libraries once; its `python` is a program that does what the interpreter does with
`script.py ...`, `-m module ...` and `-c code ...`, in a fork of it: with the caller's folder, environment, streams,
signals and exit status. Nothing of the project itself is loaded beforehand. libgomp reads its variables when it is
loaded, so that OMP_NUM_THREADS is the server's; jobs say how many threads they want by themselves.

Tests of kills and limits take real interpreters (`tests/faults/conftest.py`), and so does all that tests run with
``VPD_TESTS_PYTHON=plain``.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

#: What jobs and Snakemake load.
LIBRARIES = (
    "av",
    "cv2",
    "h5py",
    "numba",
    "onnxruntime",
    "pandas",
    "pydantic",
    "safetensors.torch",
    "scipy.optimize",
    "snakemake.cli",
    "torch",
    "yaml",
)

# Isolated and without site, the interpreter starts in a hundredth of a second.
_CLIENT = """#!{python} -IS
import json, os, signal, socket, sys

server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
request = dict(argv=sys.argv[1:], cwd=os.getcwd(), environment=dict(os.environ))
content = json.dumps(request).encode()
socket.send_fds(server, [len(content).to_bytes(4, "big")], [0, 1, 2])
server.sendall(content)
pid = int(server.recv(16))
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: os.kill(pid, number))
code = int(server.recv(16) or 1)
if code < 0:
    if code != -signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class ForkServer:
    """Starts a server; used in a `with`, at whose end it stops.

    Parameters
    ----------
    folder : of its socket and its program.
    libraries : that are loaded beforehand.
    """

    def __init__(self, folder: Path, libraries: Sequence[str] = LIBRARIES) -> None:
        self._libraries = libraries
        self._address = str(folder / "socket")
        #: The program to call in place of the interpreter.
        self.python = folder / "python"
        client = _CLIENT.format(python=sys.executable, address=self._address)
        self.python.write_text(client, encoding="utf-8")
        self.python.chmod(0o755)

    def __enter__(self) -> ForkServer:
        command = [sys.executable, __file__, self._address, str(self.python), *self._libraries]
        # A fork has none of the threads that a library may have begun.
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, **single},
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the server ended with status {self._process.wait()}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()


def _serve(listener: socket.socket) -> tuple[list[int], dict]:
    """Fork for every request; returns in a fork, with its streams and what it is to run."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    # Without a handler of Python's own there is nothing to be woken for.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    running: dict[int, socket.socket] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                streams, request = _read(connection)
                pid = os.fork()
                # A group of its own, before anything can end it; whichever of the two is first says so.
                os.setpgid(pid, pid or os.getpid())
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    selector.close()
                    for other in (listener, connection, *running.values()):
                        other.close()
                    os.close(woken)
                    os.close(wake)
                    return streams, request
                for stream in streams:
                    os.close(stream)
                running[pid] = connection
                connection.sendall(b"%16d" % pid)
                selector.register(connection, selectors.EVENT_READ, pid)
            elif key.fileobj == woken:
                os.read(woken, 4096)
                _reap(running, selector)
            else:
                # The caller is gone, killed: so is what it called.
                if key.data in running:
                    os.killpg(key.data, signal.SIGKILL)
                    selector.unregister(key.fileobj)


def _read(connection: socket.socket) -> tuple[list[int], dict]:
    head, streams, _, _ = socket.recv_fds(connection, 4, 3)
    content = b""
    while len(content) < int.from_bytes(head, "big"):
        content += connection.recv(1 << 20)
    return list(streams), json.loads(content)


def _reap(running: dict[int, socket.socket], selector: selectors.BaseSelector) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        connection = running.pop(pid)
        if connection in selector.get_map():
            selector.unregister(connection)
            # The caller may have been killed meanwhile.
            with contextlib.suppress(BrokenPipeError):
                connection.sendall(b"%16d" % os.waitstatus_to_exitcode(status))
        connection.close()


def _run(streams: list[int], request: dict, python: str) -> None:
    """Run what was asked for, and end as the interpreter does.

    But for the destructors of the libraries: some wait for threads that a fork does not have.
    """
    code = 0
    try:
        _become(streams, request, python)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does with all that nobody catches
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 255)


def _become(streams: list[int], request: dict, python: str) -> None:
    """Run what was asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.executable = python
    first, *rest = request["argv"]
    added = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[0:1] = ["", *filter(None, added)]
    if first == "-m":
        sys.argv = rest
        sys.path[0] = os.getcwd()
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    elif first.startswith("-"):
        raise SystemExit(f"{python} knows -m and -c alone, not {first}")
    else:
        sys.argv = [first, *rest]
        sys.path[0] = str(Path(first).resolve().parent)
        runpy.run_path(first, run_name="__main__")


def _main(address: str, python: str, *libraries: str) -> None:
    for library in libraries:
        importlib.import_module(library)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    # Forks share what is there; a collection would copy it.
    gc.freeze()
    _run(*_serve(listener), python)


if __name__ == "__main__":
    _main(*sys.argv[1:])
