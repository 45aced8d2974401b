"""Downloads by URL and sha256, kept in a cache that mirrors the URL: ``<cache>/<host>/<path>``.

A file that is in the cache with the right digest is used as it is, so a pre-filled cache needs no
network and may be read-only. A file there with another digest is never overwritten and never used.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vpdlib.atomic import replacing
from vpdlib.progress import track
from vpdlib.provenance import digest_file

#: Where downloads are kept, unless config.yaml or the variable VPD_DOWNLOADS says otherwise.
DEFAULT_CACHE = "resources/downloads"


def downloads_dir(configured: str | Path | None = None) -> Path:
    """The cache of downloads: the variable VPD_DOWNLOADS where it is set, else what config.yaml says."""
    return Path(os.environ.get("VPD_DOWNLOADS") or configured or DEFAULT_CACHE)


class DownloadError(ValueError):
    """A file cannot be had, or is not the expected one; the message names URL, place and remedy."""


@dataclass(frozen=True)
class Download:
    """A file at a fixed address: ``num_bytes`` bytes whose sha256 is ``sha256`` (hex)."""

    url: str
    sha256: str
    num_bytes: int

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[1]

    def path(self, cache_dir: Path) -> Path:
        """Where the file lies in a cache."""
        parts = urlsplit(self.url)
        return cache_dir / parts.netloc / parts.path.lstrip("/")


def verified(item: Download, cache_dir: Path) -> Path:
    """Return the path of a file that is in the cache, after comparing its digest.

    Raises
    ------
    DownloadError
        If it is not there, or is another file.
    """
    path = item.path(cache_dir)
    if not path.is_file():
        raise DownloadError(
            f"{path} is missing. Fetch it with the rule fetch_labels, or put {item.url} there."
        )
    found = digest_file(path)
    if found != item.sha256:
        raise DownloadError(
            f"{path}: expected sha256 {item.sha256}, found {found}. It is not the file that was at "
            f"{item.url} when this project was made: remove it, and it is fetched anew."
        )
    return path


def fetch_all(items: Iterable[Download], cache_dir: Path) -> list[Path]:
    """Make sure that all files are in the cache, downloading what is missing.

    Raises
    ------
    DownloadError
        If a file cannot be downloaded or written, or a digest is wrong.
    """
    return [_fetch(item, cache_dir) for item in track(list(items), "labels", unit="file")]


def _fetch(item: Download, cache_dir: Path) -> Path:
    path = item.path(cache_dir)
    if not path.exists():
        _download(item, path, cache_dir)
    return verified(item, cache_dir)


def _download(item: Download, path: Path, cache_dir: Path) -> None:
    # requests takes a third of a second to import, and a pre-filled cache needs neither.
    import pooch
    import requests

    remedy = (
        f"Check the network connection, or put the file at {path} by other means; downloads_dir in "
        "config.yaml (or the variable VPD_DOWNLOADS) names the cache."
    )
    try:
        with replacing(path) as temporary:
            pooch.HTTPDownloader()(item.url, str(temporary), None)
            found = digest_file(temporary)
            if found != item.sha256:
                raise DownloadError(
                    f"{item.url}: expected sha256 {item.sha256}, found the hash {found}: the file there is no longer "
                    f"the one that was there when this project was made. {remedy}"
                )
    except requests.RequestException as error:
        raise DownloadError(f"{item.url} cannot be downloaded ({error}). {remedy}") from error
    except OSError as error:
        raise DownloadError(f"{cache_dir} cannot be written to ({error}). {remedy}") from error
