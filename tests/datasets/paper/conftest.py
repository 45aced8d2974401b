"""The published labels, where a cache of downloads holds them."""

import os
from pathlib import Path

import pytest

from vpdlib.datasets.paper.files import find_label_files
from vpdlib.downloads import DownloadError

ROOT = Path(__file__).resolve().parents[3]


def downloads_dir() -> Path:
    """The cache: VPD_DOWNLOADS, a folder beside the real data, or the checkout's own."""
    if os.environ.get("VPD_DOWNLOADS"):
        return Path(os.environ["VPD_DOWNLOADS"])
    if os.environ.get("VPD_DATA"):
        return Path(os.environ["VPD_DATA"]) / "downloads"
    return ROOT / "resources" / "downloads"


@pytest.fixture(scope="session")
def label_files():
    """A function: name -> path of a dataset's label files; skips where they are not there."""

    def get(name):
        try:
            return find_label_files(name, downloads_dir())
        except DownloadError as error:
            pytest.skip(f"published labels of {name} are not here: {error}")

    return get
