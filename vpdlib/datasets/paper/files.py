"""The label files of the paper's datasets: address, size and sha256 of each (``registry.csv``).

Labels, splits, few-shot lists and clip facts of FSJump6, Tennis7, FX35 and Diving48 come from
``jhong93/vpd`` (BSD 3-Clause), ids of the broadcasts from ``jhong93/spot`` (BSD 3-Clause), FineGym's
element lists from ``SDOlivia/FineGym`` (CC BY-NC 4.0), each at a fixed commit.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from pathlib import Path

from vpdlib.downloads import Download, fetch_all, verified


@cache
def label_files(dataset: str) -> tuple[Download, ...]:
    """All files of a dataset."""
    text = (resources.files("vpdlib.datasets.paper") / "registry.csv").read_text(encoding="utf-8")
    return tuple(
        Download(row["url"], row["sha256"], int(row["bytes"]))
        for row in csv.DictReader(text.splitlines())
        if row["dataset"] == dataset
    )


@cache
def published_numbers(dataset: str) -> dict[str, str]:
    """Quantity -> published number, for ``summary.csv`` (``published.csv`` says where from)."""
    text = (resources.files("vpdlib.datasets.paper") / "published.csv").read_text(encoding="utf-8")
    return {
        row["quantity"]: row["value"]
        for row in csv.DictReader(text.splitlines())
        if row["dataset"] == dataset
    }


def fetch_label_files(dataset: str, cache_dir: Path) -> dict[str, Path]:
    """Name -> path of every file, downloaded where the cache lacks it.

    Raises
    ------
    DownloadError
        If a file cannot be had or is another one.
    """
    items = label_files(dataset)
    return dict(zip((item.name for item in items), fetch_all(items, cache_dir), strict=True))


def find_label_files(dataset: str, cache_dir: Path) -> dict[str, Path]:
    """The same for a cache that is filled; nothing is downloaded.

    Raises
    ------
    DownloadError
        If a file is missing or is another one.
    """
    return {item.name: verified(item, cache_dir) for item in label_files(dataset)}
