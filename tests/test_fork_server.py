"""Forked interpreters do what the interpreter does."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.fork_server import ForkServer


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ForkServer(tmp_path_factory.mktemp("python"), ("json",)) as started:
        yield started


@pytest.fixture(params=["plain", "forked"])
def python(request, server):
    """A program: the interpreter itself, and the one that stands in for it."""
    return sys.executable if request.param == "plain" else str(server.python)


@pytest.mark.parametrize(
    ("code", "status", "out", "err"),
    [
        ("print('a'); import sys; print('b', file=sys.stderr)", 0, "a\n", "b\n"),
        ("import sys; sys.exit(3)", 3, "", ""),
        ("import sys; sys.exit('wrong')", 1, "", "wrong\n"),
        ("import sys; sys.exit()", 0, "", ""),
        ("import atexit; atexit.register(print, 'last'); print('first')", 0, "first\nlast\n", ""),
        ("import sys; print(sys.stdin.read())", 0, "given\n", ""),
        ("import sys; print(sys.argv[1:], __name__)", 0, "['x', '-y'] __main__\n", ""),
        ("import os; print(os.getcwd(), os.environ['A_NAME'])", 0, "/ ä\n", ""),
        ("import os; os.kill(os.getpid(), 9)", -9, "", ""),
        ("import os; os.kill(os.getpid(), 15)", -15, "", ""),
    ],
)
def test_status_streams_arguments_and_place(python, code, status, out, err):
    done = subprocess.run(
        [python, "-c", code, "x", "-y"],
        input="given",
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd="/",
        env={**os.environ, "A_NAME": "ä"},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, out, err)


def test_what_nobody_catches_is_told(python):
    done = subprocess.run([python, "-c", "1 / 0"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_scripts_and_modules_find_what_lies_beside_them(python, tmp_path):
    (tmp_path / "beside.py").write_text("WORD = 'found'\n")
    (tmp_path / "script.py").write_text(
        "import sys, beside; print(beside.WORD, sys.argv, __name__)\n"
    )
    script = str(tmp_path / "script.py")
    done = subprocess.run([python, script, "x"], capture_output=True, text=True, check=True)
    assert done.stdout == f"found {[script, 'x']} __main__\n"
    done = subprocess.run(
        [python, "-m", "script", "x"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout == f"found {[script, 'x']} __main__\n"


def test_a_signal_reaches_the_program_and_its_end_the_program_itself(python, tmp_path):
    code = "import time, pathlib; pathlib.Path('up').touch(); time.sleep(60)"
    for number, status in ((signal.SIGTERM, -15), (signal.SIGKILL, -9)):
        with subprocess.Popen([python, "-c", code], cwd=tmp_path) as process:
            while not (tmp_path / "up").exists():
                time.sleep(0.01)
            (tmp_path / "up").unlink()
            process.send_signal(number)
            assert process.wait(20) == status
    # Nobody sleeps on whose caller was killed.
    deadline = time.monotonic() + 10
    while sleepers(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sleepers(folder):
    """Processes whose folder this is (Linux)."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                found += (
                    [entry.name] if os.readlink(f"/proc/{entry.name}/cwd") == str(folder) else []
                )
            except OSError:
                continue
    return found
