"""Handing files to a reader for a given time: a named error or a right answer, bounded memory, no hang.

The reader runs in a process of its own (:mod:`tests.fuzz.child`), which is replaced when it dies or takes too long.
Files are drawn by Hypothesis, which makes what fails small; the smallest is kept in ``build/fuzz``.
``VPD_FUZZ_SECONDS`` (600) and ``VPD_FUZZ_SEED`` (0) are read from the environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

SECONDS = float(os.environ.get("VPD_FUZZ_SECONDS", "600"))
FIRST_SEED = int(os.environ.get("VPD_FUZZ_SEED", "0"))
FAILED = Path("build/fuzz")
_ROUND = 150


@dataclass(frozen=True)
class File:
    """A file to read: its ending, what is in it, and what was done to make it."""

    suffix: str
    content: bytes
    made: str
    #: What the reader must answer, where that is known.
    expected: Any = None

    def __repr__(self) -> str:
        """Without the bytes, which are kept as a file."""
        return f"<{self.made}, {len(self.content)} bytes>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis prints of it."""
        printer.text(repr(self))


@dataclass(frozen=True)
class Limits:
    """What reading one file may take."""

    seconds: float = 20.0
    memory_mb: float = 300.0


@dataclass
class Tally:
    """What came of the files of a run."""

    taken: int = 0
    refused: int = 0
    longest_s: float = 0.0
    most_mb: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.taken + self.refused} files: {self.taken} taken, {self.refused} refused in "
            f"{len(self.reasons)} ways; at most {self.longest_s:.2f} s and {self.most_mb:.0f} MB for one"
        )


class Reader:
    """The process in which a reader runs."""

    def __init__(self, name: str, folder: Path, limits: Limits) -> None:
        self.name, self.folder, self.limits = name, folder, limits
        self._process: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115

    def read(self, path: Path) -> dict[str, Any]:
        """What came of a file: ``kind`` is taken, refused, broken, hung or crashed."""
        process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{path}\n".encode())
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], self.limits.seconds)
        if not ready:
            self.stop()
            return {"kind": "hung", "message": f"no answer within {self.limits.seconds:g} s"}
        line = process.stdout.readline()
        if not line:
            code = process.wait()
            told = self._told()
            self.stop()
            name = signal.Signals(-code).name if code < 0 else f"exit status {code}"
            return {"kind": "crashed", "message": f"{name}\n{told}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        self._said.seek(0)
        self._said.truncate()
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.child"]
        self._process = subprocess.Popen(
            [*command, self.name, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        assert self._process.stdout
        # What it takes to import is nobody's fault.
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the reader {self.name} does not start:\n{self._told()}")
        return self._process

    def _told(self) -> str:
        self._said.seek(0)
        return self._said.read()[-3000:].decode(errors="replace")


def fuzz(
    reader: str,
    files: SearchStrategy[File],
    folder: Path,
    limits: Limits = Limits(),
    check: Callable[[File, dict[str, Any]], None] | None = None,
) -> Tally:
    """Hand files to a reader for ``SECONDS``.

    Parameters
    ----------
    reader : a name of :data:`tests.fuzz.child.READERS`.
    files : the files.
    folder : for them.
    limits : of one file.
    check : looks further at the answer to a file that was taken.
    """
    process = Reader(reader, folder, limits)
    tally = Tally()

    def one(file: File) -> None:
        path = folder / f"fuzzed{file.suffix}"
        path.write_bytes(file.content)
        began = time.monotonic()
        answer = process.read(path)
        took = time.monotonic() - began
        try:
            _judge(file, answer, path, limits)
            if check is not None and answer["kind"] == "taken":
                check(file, answer)
        except AssertionError as error:
            kept = FAILED / f"{reader}-{_digest(file.content)}{file.suffix}"
            FAILED.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(file.content)
            raise AssertionError(f"{kept} ({file.made}): {error}") from None
        tally.longest_s = max(tally.longest_s, took)
        tally.most_mb = max(tally.most_mb, answer["memory_mb"])
        if answer["kind"] == "taken":
            tally.taken += 1
        else:
            tally.refused += 1
            tally.reasons[_shape_of(answer["message"])] += 1

    deadline = time.monotonic() + SECONDS
    number = FIRST_SEED
    try:
        while time.monotonic() < deadline:
            _rounds(one, files, number)
            number += 1
    finally:
        process.stop()
        print(f"\nfuzz {reader}: {tally}, seeds {FIRST_SEED} to {number - 1}")
        if os.environ.get("VPD_FUZZ_REASONS"):
            for text, count in tally.reasons.most_common():
                print(f"  {count:6d} {text[:160]}")
    return tally


def _rounds(one: Callable[[File], None], files: SearchStrategy[File], number: int) -> None:
    @seed(number)
    @settings(
        max_examples=_ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(files)
    def a_round(file: File) -> None:
        one(file)

    a_round()


def _judge(file: File, answer: dict[str, Any], path: Path, limits: Limits) -> None:
    kind, message = answer["kind"], answer["message"]
    assert kind in ("taken", "refused"), f"{kind}: {message}"
    if kind == "refused":
        assert path.name in message, f"the message does not name the file: {message}"
    assert answer["memory_mb"] <= limits.memory_mb, f"{answer['memory_mb']:.0f} MB: {message}"
    if file.expected is not None:
        assert kind == "taken", f"a right file was refused: {message}"
        assert answer["answer"] == file.expected


def _shape_of(message: str) -> str:
    """The message without what it quotes, so that reasons can be counted."""
    text = message[message.index("fuzzed") :] if "fuzzed" in message else message
    text = re.sub(r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"|\[[^\]]*\]|\([^)]*\)", "..", text)
    return re.sub(r"[-\d.]+", "#", text)[:80]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
