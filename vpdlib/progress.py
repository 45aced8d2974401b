"""Progress of long loops: a bar in a terminal, plain lines elsewhere.

A job of the workflow writes to a log file, where a redrawn bar is unreadable; there a line is written
at most every ``log_every_s`` seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


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
    log_every_s : seconds between lines where standard error is not a terminal.
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, desc=description, total=total, unit=unit)
        return
    start = last = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        now = time.monotonic()
        if now - last >= log_every_s:
            last = now
            _write_line(description, done, total, unit, now - start)
    _write_line(description, done, total, unit, time.monotonic() - start)


def _write_line(
    description: str, done: int, total: int | None, unit: str, elapsed_s: float
) -> None:
    of_total = f"/{total}" if total else ""
    rate = done / elapsed_s if elapsed_s > 0 else 0.0
    print(
        f"{description}: {done}{of_total} {unit} in {elapsed_s:.0f} s ({rate:.1f} {unit}/s)",
        file=sys.stderr,
        flush=True,
    )
