"""axe-core, which finds what keeps people from using a page; from npm, by version and sha256."""

from __future__ import annotations

from pathlib import Path

from vpdlib.weights.fetch import read_members
from vpdlib.weights.npm import npm_archive
from vpdlib.weights.registry import NetworkFile

VERSION = "4.14.1"
_FILE = NetworkFile(
    "package/axe.min.js",
    653780,
    "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
)


def axe_script(downloads_dir: Path | None) -> str:
    """The text of axe-core, checked by its digest.

    Raises
    ------
    WeightsError
        If the package cannot be had, or is not the expected one.
    """
    with npm_archive("axe-core", VERSION, downloads_dir) as archive:
        return read_members(archive, (_FILE,))[_FILE.member].decode()
