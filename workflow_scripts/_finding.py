"""What the scripts of finding share: what is learnt from, and the folders of models by feature set."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vpdlib.datasets.tables import read_actions, read_classes, read_events, read_videos
from vpdlib.finding.settings import FindingSettings
from vpdlib.finding.train import Material


def material(snakemake: Any) -> Material:
    """The tables of the dataset that a job learns from."""
    inputs, params = snakemake.input, snakemake.params
    return Material(
        {row.video: row for row in read_videos(inputs.videos)},
        read_actions(inputs.actions),
        read_events(inputs.events),
        read_classes(inputs.classes),
        FindingSettings.model_validate(params.finding),
        params.seed,
    )


def by_name(names: Iterable[str], paths: Iterable[str]) -> dict[str, Path]:
    """One folder or file for each feature set."""
    return {name: Path(path) for name, path in zip(names, paths, strict=True)}


def several_by_name(names: list[str], paths: Iterable[str]) -> dict[str, list[Path]]:
    """As many files for each feature set, one set after the other."""
    given = [Path(path) for path in paths]
    each = len(given) // len(names)
    return {name: given[i * each : (i + 1) * each] for i, name in enumerate(names)}
