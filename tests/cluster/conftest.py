"""Real Snakemakes on a real Slurm: `make test-cluster`. What was seen becomes a table, build/cluster_faults.md."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from tests.cluster.local_slurm import LocalSlurm, missing_commands
from tests.faults.conftest import (
    TABLE,
    again,  # noqa: F401
    finished,  # noqa: F401
    python,  # noqa: F401
)
from tests.workflow.conftest import (
    ROOT,
    Workflow,
    make_workflow,  # noqa: F401
    networks_dir,  # noqa: F401
)

PROFILE = ROOT / "profiles" / "slurm"
#: No wait of a test is longer, however busy the computer is.
LONGEST_S = 900.0

T = TypeVar("T")


def wait_for(find: Callable[[], T], what: str, longest_s: float = LONGEST_S) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + longest_s
    while not (found := find()):
        assert time.monotonic() < deadline, f"no {what} after {longest_s:.0f} s"
        time.sleep(0.2)
    return found


class Run:
    """A Snakemake with profiles/slurm that runs beside the test, in a process group of its own."""

    def __init__(self, workflow: Workflow, slurm: LocalSlurm, arguments: tuple[str, ...]) -> None:
        self.log = workflow.folder / "snakemake.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                workflow.command("--profile", str(PROFILE), *arguments),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=workflow.environment(**slurm.variables),
                cwd=workflow.folder,
                # Whoever starts the tests in the background has Ctrl-C ignored.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_until_said(self, pattern: str) -> re.Match[str]:
        """Wait for a line; a run that ends without it fails the test."""

        def find() -> re.Match[str] | None:
            ended = self.process.poll() is not None
            found = re.search(pattern, self.said)
            assert found or not ended, f"ended without {pattern!r}:\n{self.said[-4000:]}"
            return found

        return wait_for(find, pattern)

    def end(self, longest_s: float = LONGEST_S) -> int:
        """Wait until it ends."""
        return self.process.wait(longest_s)

    def finish(self, longest_s: float = LONGEST_S) -> None:
        """Wait until it ends well."""
        assert self.end(longest_s) == 0, self.said[-6000:]

    def kill(self) -> None:
        """SIGKILL of Snakemake; what Slurm runs is not its child."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


def script_of(workflow: Workflow, rule: str) -> psutil.Process | None:
    """The process of a rule's script in a working folder, where one runs."""
    scripts = str(workflow.folder / ".snakemake/scripts")
    for process in psutil.process_iter(["cmdline"]):
        for word in process.info["cmdline"] or ():
            if word.startswith(scripts) and word.endswith(f".{rule}.py"):
                return process
    return None


@contextmanager
def frozen(workflow: Workflow, rule: str) -> Iterator[psutil.Process]:
    """Stop a rule's script as soon as it runs; it goes on afterwards, where Slurm has not ended it."""
    process = wait_for(lambda: script_of(workflow, rule), f"script of {rule}")
    process.suspend()
    try:
        yield process
    finally:
        with suppress(psutil.NoSuchProcess):
            process.resume()


@pytest.fixture(scope="session")
def slurm() -> Iterator[LocalSlurm]:
    missing = missing_commands()
    if missing:
        pytest.fail(
            f"{', '.join(missing)}: not installed (Debian: apt-get install slurm-wlm munge)"
        )
    # pytest's own folders have paths that are too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="vpd-slurm-"))
    try:
        with LocalSlurm(folder) as node:
            yield node
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def seen() -> Iterator[Callable[[str, str, str], None]]:
    """Takes rows of the table: what was done, what a user sees, seconds until it is there."""
    table = ["| what happens | what you see | seconds |", "|---|---|---|"]
    path = ROOT / "build/cluster_faults.md"
    path.parent.mkdir(exist_ok=True)

    def add(*cells: str) -> None:
        table.append(f"| {' | '.join(cells)} |")
        path.write_text("\n".join(table) + "\n")

    yield add
    print("\n" + "\n".join(table))


@pytest.fixture
def on_slurm(again, slurm):  # noqa: F811
    """A finished chain on keypoints without recognition and the table, and a function that starts Snakemake on it."""
    shutil.rmtree(again.folder / "results/mine/recognition")
    for made in ("table1.csv", "table1.md"):
        (again.folder / "results/mine" / made).unlink()
    with ExitStack() as runs:

        def start(*arguments: str, target: str = TABLE) -> Run:
            return runs.enter_context(Run(again, slurm, (*arguments, "--", target)))

        yield again, start
    slurm.command("scancel", "--user", getpass.getuser())
