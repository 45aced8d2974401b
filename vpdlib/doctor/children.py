"""Running the probes in processes of their own, several at a time, for a limited time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vpdlib.doctor.probes import SIGN

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What a probe gave: "works", "absent", "wrong" or "unknown", and what it said."""

    state: str
    said: str


def run_probes(
    chains: Sequence[Sequence[str]], networks_dir: Path, seconds: float
) -> dict[str, Answer]:
    """Run chains of probes side by side, the probes of one in turn.

    Parameters
    ----------
    chains : names of probes. Those that import the same stand in one chain, where that is paid once.
    networks_dir : the folder of converted networks.
    seconds : after so many what is not done is left behind.

    Returns
    -------
    An answer for each.
    """
    deadline = time.monotonic() + seconds
    answers: dict[str, Answer] = {}
    threads = [
        threading.Thread(target=_run_chain, args=(list(chain), networks_dir, deadline, answers))
        for chain in chains
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _run_chain(
    names: list[str], networks_dir: Path, deadline: float, answers: dict[str, Answer]
) -> None:
    while names:
        begun, ended = _run_child(names, networks_dir, deadline, answers)
        left = [name for name in names if name not in answers]
        if not left:
            return
        if ended is None:
            for name in left:
                busy = "still busy when time was up" if name == begun else "not tried, time was up"
                answers[name] = Answer("unknown", busy)
            return
        # It died of the probe that it was at, or before the first: the others get a new process.
        culprit = begun if begun in left else left[0]
        answers[culprit] = Answer("wrong", _why(ended))
        names = [name for name in left if name != culprit]


def _run_child(
    names: list[str], networks_dir: Path, deadline: float, answers: dict[str, Answer]
) -> tuple[str | None, tuple[int, str] | None]:
    """Run one process; return the probe that it began last, and its status and last words, None if time was up."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "vpdlib.doctor.probes", str(networks_dir), *names],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        # What it starts itself ends with it.
        start_new_session=True,
    )
    begun, words = None, ""
    in_time = True
    try:
        said, words = process.communicate(timeout=max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        in_time = False
        _kill(process)
        said, words = process.communicate()
    for line in said.splitlines():
        if not line.startswith(SIGN):
            continue
        content = json.loads(line.removeprefix(SIGN))
        if content["event"] == "begin":
            begun = content["name"]
        else:
            answers[content["name"]] = Answer(content["event"], content["said"])
    return begun, (process.returncode, words) if in_time else None


def _kill(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        # It ended just now.
        return


def _why(ended: tuple[int, str]) -> str:
    status, words = ended
    last = words.strip().splitlines()[-1:] or ["it said nothing"]
    if status < 0:
        name = signal.Signals(-status).name
        meaning = " (the processor lacks an instruction)" if name == "SIGILL" else ""
        return f"ended by {name}{meaning}: {last[0]}"
    return f"ended with status {status}: {last[0]}"
