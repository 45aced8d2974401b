"""Digests of large files, remembered by size and time stamp so that a file is read once and not at every parse.

They are kept in ``<networks_dir>/known_digests.json``. It is only a memory: where it is missing,
damaged or cannot be written, the file is read again.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from vpdlib.atomic import write_text
from vpdlib.provenance import digest_file

_FILE = "known_digests.json"


def _read(memory: Path) -> dict[str, Any]:
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, not readable, no JSON, no text
        return {}
    return content if isinstance(content, dict) else {}


def _write(memory: Path, content: dict[str, Any]) -> None:
    # Jobs parse the workflow too, several at a time: each replaces the file whole. What one of them
    # overwrites of another is only read again.
    write_text(memory, json.dumps(content, indent=2))


def known_digest(path: Path, networks_dir: Path) -> str:
    """Return the sha256 of a file as hex, from memory where its size and time stamp are unchanged.

    Parameters
    ----------
    path : the file.
    networks_dir : the folder that holds the memory.

    Raises
    ------
    OSError
        if the file cannot be read.
    """
    memory = networks_dir / _FILE
    key = str(path.resolve())
    # Before the file is read: a change meanwhile leaves a stamp that no longer fits.
    stat = path.stat()
    stamp = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    entry = _read(memory).get(key)
    if isinstance(entry, dict) and entry == {**stamp, "sha256": str(entry.get("sha256"))}:
        return str(entry["sha256"])
    digest = digest_file(path)
    with contextlib.suppress(
        OSError
    ):  # a folder that is read-only or full costs time, nothing else
        _write(memory, {**_read(memory), key: {**stamp, "sha256": digest}})
    return digest
