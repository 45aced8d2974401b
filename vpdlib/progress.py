"""Progress of long loops: a bar in a terminal, plain lines in a log.

A job of the workflow opens its log with :func:`open_log`; from then on :func:`track` and :func:`note`
write plain lines there, at most one per loop every ``log_every_s`` seconds. A bar is drawn besides
where standard error is a terminal. Without a log, lines go to standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import TextIO, TypeVar

Item = TypeVar("Item")

_log: TextIO | None = None


def open_log(path: str | Path) -> TextIO:
    """Send the lines of this process to a log file, which is begun anew."""
    global _log
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _log = path.open("w", encoding="utf-8", buffering=1)
    return _log


def note(text: str) -> None:
    """Write one line to the log, or to standard error where there is no log."""
    print(text, file=_log or sys.stderr, flush=True)


def warn(text: str) -> None:
    """Tell the user what they should know and nothing fails of: to the terminal, and to the log where there is one."""
    if _log is not None:
        print(f"warning: {text}", file=_log, flush=True)
    print(f"warning: {text}", file=sys.stderr, flush=True)


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
    if sys.stderr.isatty():
        from tqdm import tqdm

        bar = tqdm(desc=description, total=total, unit=unit, leave=False)
    lines = bar is None or _log is not None
    start = last = time.monotonic()
    done = 0
    try:
        for item in items:
            yield item
            done += 1
            if bar is not None:
                bar.update()
            now = time.monotonic()
            if lines and now - last >= log_every_s:
                last = now
                note(_line(description, done, total, unit, now - start))
    finally:
        if bar is not None:
            bar.close()
    if lines:
        note(_line(description, done, total, unit, time.monotonic() - start))


def _line(description: str, done: int, total: int | None, unit: str, elapsed_s: float) -> str:
    of_total = f"/{total}" if total else ""
    rate = done / elapsed_s if elapsed_s > 0 else 0.0
    return f"{description}: {done}{of_total} {unit} in {elapsed_s:.0f} s ({rate:.1f} {unit}/s)"
