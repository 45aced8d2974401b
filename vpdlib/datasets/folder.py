"""The folder adapter: a folder of videos, and labels that the folders in it are; :mod:`vpdlib.datasets.labels` reads
those of a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.base import (
    Action,
    DatasetError,
    VideoSource,
    check_sources,
    shard_of,
)
from vpdlib.datasets.video_files import files_not_taken, listed, video_files


def find_videos(folder: Path, setting: str) -> list[VideoSource]:
    """List the videos below a folder, sorted by id (the file's name without its ending).

    Raises
    ------
    DatasetError
        If the folder is missing or holds no video, an id is unsafe or used twice, or a path holds braces or is no
        UTF-8.
    """
    if not folder.is_dir():
        raise DatasetError(
            f"{setting}: the folder {folder} does not exist. Correct the setting, or set data_dir in "
            "config.yaml (or the variable VPD_DATA) to the folder that holds it."
        )
    found = [VideoSource(path.stem, path) for path in video_files(folder)]
    left = [] if found else files_not_taken(folder)
    if left:
        raise DatasetError(
            f"{setting}: {folder}: there is no video of a kind that is read, beside {listed(left, folder)}. Write them "
            "as .mp4 (ffmpeg -i X -c copy Y.mp4)."
        )
    return check_sources(found, f"{setting}: {folder}")


def restrict_to_classes(
    sources: list[VideoSource], classes: tuple[str, ...] | None, max_per_class: int | None
) -> list[VideoSource]:
    """Keep the videos whose folder is one of ``classes``, at most ``max_per_class`` of each.

    Of a class with more, those are kept whose ids hash lowest, so that the choice is fixed and spread
    over the groups.
    """
    kept, counts = [], Counter[str]()
    for source in sorted(sources, key=lambda s: (shard_of(s.video_id, 1 << 62), s.video_id)):
        label = source.path.parent.name
        if classes is not None and label not in classes:
            continue
        counts[label] += 1
        if max_per_class is None or counts[label] <= max_per_class:
            kept.append(source)
    return sorted(kept, key=lambda s: s.video_id)


def labels_from_folders(
    sources: list[VideoSource], durations_s: Mapping[str, float], group_pattern: str | None
) -> list[Action]:
    """One action per video, the whole of it, labelled with the folder that the video lies in."""
    return [
        Action(
            action_id=source.video_id,
            video_id=source.video_id,
            start_s=0.0,
            end_s=durations_s[source.video_id],
            label=source.path.parent.name,
            split=None,
            group=group_of(source.video_id, group_pattern, str(source.path)),
            where=str(source.path),
        )
        for source in sources
    ]


def group_of(video_id: str, pattern: str | None, where: str) -> str:
    """The group that a pattern finds in a video's id; empty without a pattern.

    Raises
    ------
    DatasetError
        If it finds none.
    """
    if pattern is None:
        return ""
    match = re.search(pattern, video_id)
    if match is None or not match.groupdict().get("group"):
        raise DatasetError(
            f"{where}: adapter.group_pattern {pattern!r} finds no group named 'group' in the id "
            f"{video_id!r}. Correct the pattern, for example '^(?P<group>[^_]+)_'."
        )
    return match["group"]
