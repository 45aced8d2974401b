"""From an adapter's settings to the files of its videos, and to its labelled actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from vpdlib.datasets.alike import difference, find_alike
from vpdlib.datasets.base import Action, DatasetError, VideoSource
from vpdlib.datasets.folder import find_videos, labels_from_folders, restrict_to_classes
from vpdlib.datasets.labels import read_labels
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import FolderAdapter, PaperAdapter
from vpdlib.datasets.tables import ProblemRow


def source_files(
    adapter: FolderAdapter, paths: DataPaths, classes: Sequence[str] | None
) -> list[VideoSource]:
    """The videos of a folder dataset, sorted by id.

    Raises
    ------
    DatasetError
        If the folder is missing or empty, no folder of a video is a class, one is called nearly as a class, or an id is
        unsafe or used twice.
    """
    folder = paths.under_data(adapter.videos)
    sources = find_videos(folder, "adapter.videos")
    if adapter.labels is None:
        found = sorted({source.path.parent.name for source in sources})
        if classes:
            _refuse_nearly_classes(found, classes, folder)
        labelled = restrict_to_classes(
            sources, tuple(classes) if classes else None, adapter.max_videos_per_class
        )
        if adapter.keep_unlabelled and classes:
            others = [source for source in sources if source.path.parent.name not in classes]
            sources = sorted([*labelled, *others], key=lambda source: source.video_id)
        else:
            sources = labelled
        if not labelled:
            raise DatasetError(
                f"adapter.videos: {folder}: the videos lie in {found}, of which none is in `classes`. "
                "Name the folders after the classes, or give labels."
            )
    return sources


def _refuse_nearly_classes(folders: Sequence[str], classes: Sequence[str], place: Path) -> None:
    """A folder that is no class is left out; not so one that is meant as a class and written otherwise."""
    for name in folders:
        near = None if name in classes else find_alike(name, classes)
        if near is not None:
            raise DatasetError(
                f"adapter.videos: {place}: the folder {name!r} {difference(name, near, '`classes`')}. Rename "
                "the folder or the class."
            )


def clip_files(adapter: PaperAdapter, paths: DataPaths) -> list[VideoSource]:
    """The clips of one of the paper's datasets that are there and wanted, by name.

    Which ones should be there is checked later, by prepare_dataset: the list of names is itself fetched.

    Raises
    ------
    DatasetError
        If there is no such folder, or two files have one name.
    """
    if adapter.videos is None:
        return []
    try:
        found = find_videos(paths.under_data(adapter.videos), "adapter.videos")
    except DatasetError as error:
        raise DatasetError(
            f"{error} docs/datasets/{adapter.kind}.md says what to obtain and where it goes."
        ) from error
    return [source for source in found if _wanted(source.video_id, adapter.only)]


def recording_files(adapter: PaperAdapter, paths: DataPaths) -> list[VideoSource]:
    """The uncut recordings that are there, by name.

    Raises
    ------
    DatasetError
        As :func:`clip_files`.
    """
    if adapter.recordings is None:
        return []
    return find_videos(paths.under_data(adapter.recordings), "adapter.recordings")


def _wanted(name: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatchcase(name, pattern) for pattern in only)


def labelled_actions(
    adapter: FolderAdapter,
    paths: DataPaths,
    sources: list[VideoSource],
    durations_s: Mapping[str, float],
    classes: Sequence[str] | None,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """The actions that a folder dataset labels, not yet checked; folders that are no class label nothing.

    ``problems`` gets rows as from :func:`vpdlib.datasets.labels.read_labels`.
    """
    if adapter.labels is None:
        labelled = [
            source for source in sources if not classes or source.path.parent.name in classes
        ]
        return labels_from_folders(labelled, durations_s, adapter.group_pattern)
    return read_labels(
        paths.under_data(adapter.labels),
        sources,
        durations_s,
        adapter.group_pattern,
        paths.under_data(adapter.videos),
        problems,
    )
