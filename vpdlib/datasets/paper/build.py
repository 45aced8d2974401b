"""From an adapter's settings to the published dataset that it names, restricted as it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.paper.diving48 import load_diving48
from vpdlib.datasets.paper.fsjump6 import load_fsjump6
from vpdlib.datasets.paper.fx35 import load_fx35, read_annotation
from vpdlib.datasets.paper.protocol import PaperDataset, restrict
from vpdlib.datasets.paper.tennis7 import load_tennis7
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import (
    Diving48Adapter,
    FSJump6Adapter,
    FX35Adapter,
    PaperAdapter,
    Tennis7Adapter,
)


def load_paper_dataset(
    adapter: PaperAdapter, files: Mapping[str, Path], paths: DataPaths
) -> PaperDataset:
    """Read the labels of one of the paper's datasets.

    Parameters
    ----------
    adapter : its settings.
    files : label files by name, see :mod:`vpdlib.datasets.paper.files`.
    paths : resolves the paths of label files that the user brings.

    Raises
    ------
    DatasetError
        If a label file is missing or wrong, or ``only`` names no clip.
    """
    match adapter:
        case FSJump6Adapter():
            dataset = load_fsjump6(files)
        case Tennis7Adapter():
            dataset = load_tennis7(files)
        case FX35Adapter():
            annotation = (
                read_annotation(paths.under_data(adapter.annotation))
                if adapter.annotation is not None
                else None
            )
            dataset = load_fx35(files, annotation, adapter.unit)
        case Diving48Adapter():
            dataset = load_diving48(files, paths.under_data(adapter.labels))
    return restrict(dataset, adapter.only)
