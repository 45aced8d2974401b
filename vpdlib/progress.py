"""What a job says, by Python's ``logging``, and the progress of long loops.

The logger is ``vpdlib``: :func:`note` is its level INFO, :func:`warn` its level WARNING. A job of the workflow sends it
to a log by :func:`logged_to`; a program of another kind sets up ``logging`` as it likes.

:func:`track` writes lines of its own, since tqdm draws one line over and over, which makes a log unreadable. Its bar is
drawn besides where standard error is a terminal.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

Item = TypeVar("Item")

_logger = logging.getLogger("vpdlib")
_logger.setLevel(logging.INFO)

#: Say one thing that is worth a line of the log.
note = _logger.info
#: Tell the user what they should know and nothing fails of.
warn = _logger.warning


#: Of the times in a log's last line.
LOG_TIME = "%Y-%m-%dT%H:%M:%SZ"

#: What lines that say how far a loop is are marked by.
_OF_LOOP = "vpd_loop"


class _Lines(logging.Formatter):
    """Plain lines; a warning says that it is one."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if record.levelno < logging.WARNING else f"{record.levelname.lower()}: {text}"


@contextmanager
def logged_to(path: str | Path, tell: bool = False, append: bool = False) -> Iterator[TextIO]:
    """Send what this process says to a log file, and warnings to standard error too.

    The last line of what succeeds says from when to when it was written, and on what computer; of what fails it is the
    error.

    Parameters
    ----------
    path : of the log.
    tell : send all to standard error, for a program without a workflow around it; how far loops are is left out where
        that is a terminal, which has bars.
    append : keep what the log holds already.

    Yields
    ------
    The open log.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = datetime.now(UTC)
    if not append:
        path.write_text("", encoding="utf-8")
    # To append is to write behind what another process has appended meanwhile.
    with path.open("a", encoding="utf-8", buffering=1) as log:
        handlers = logging.StreamHandler(log), logging.StreamHandler()
        handlers[1].setLevel(logging.INFO if tell else logging.WARNING)
        if sys.stderr.isatty():
            handlers[1].addFilter(lambda record: not hasattr(record, _OF_LOOP))
        for handler in handlers:
            handler.setFormatter(_Lines())
            _logger.addHandler(handler)
        try:
            yield log
            log.write(f"{begun:{LOG_TIME}} to {datetime.now(UTC):{LOG_TIME}} on {computer()}\n")
        finally:
            for handler in handlers:
                _logger.removeHandler(handler)


def usable_cores() -> int:
    """Cores that this process may use, where the system tells; else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def computer() -> str:
    """The computer that this process runs on, in words: its cores that may be used, their kind, and the system."""
    usable = usable_cores()
    cores = f"{usable} core{'' if usable == 1 else 's'}"
    return f"{cores}, {_processor()}, {platform.system()} {platform.machine()}"


def _processor() -> str:
    """Its name, such as Linux gives it; of a kind that says none, that of the architecture."""
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    named = re.search(r"^model name\s*:\s*(.*\S)", text, re.MULTILINE)
    return named[1] if named else platform.processor() or platform.machine()


@contextmanager
def silent() -> Iterator[None]:
    """Say nothing within the block, and draw no bar: another process says the same."""
    _logger.disabled = True
    try:
        yield
    finally:
        _logger.disabled = False


def track(
    items: Iterable[Item],
    description: str,
    total: int | None = None,
    unit: str = "it",
    log_every_s: float = 10.0,
) -> Iterator[Item]:
    """Yield ``items``, reporting how far the loop is.

    Parameters
    ----------
    items : what to loop over.
    description : a few words that name the loop.
    total : number of items, where ``len(items)`` is not known.
    unit : name of one item, plural not needed.
    log_every_s : seconds between lines of the log.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    bar = None
    if sys.stderr.isatty() and not _logger.disabled:
        from tqdm import tqdm

        bar = tqdm(desc=description, total=total, unit=unit, leave=False)
    start = last = time.monotonic()
    done = 0
    try:
        for item in items:
            yield item
            done += 1
            if bar is not None:
                bar.update()
            now = time.monotonic()
            if now - last >= log_every_s:
                last = now
                _note_loop(_line(description, done, total, unit, now - start))
    finally:
        if bar is not None:
            bar.close()
    _note_loop(_line(description, done, total, unit, time.monotonic() - start))


def _note_loop(text: str) -> None:
    _logger.info(text, extra={_OF_LOOP: True})


def _line(description: str, done: int, total: int | None, unit: str, elapsed_s: float) -> str:
    of_total = f"/{total}" if total else ""
    rate = done / elapsed_s if elapsed_s > 0 else 0.0
    left = (
        f", {(total - done) / rate:.0f} s left" if total and 0 < done < total and rate > 0 else ""
    )
    return (
        f"{description}: {done}{of_total} {unit} in {elapsed_s:.0f} s ({rate:.1f} {unit}/s){left}"
    )
