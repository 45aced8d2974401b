"""The folder adapter: a folder of videos and, if there is one, a ``labels.csv``.

``labels.csv`` has a header and the columns ``video`` and ``label``, and optionally ``start``, ``end``
(seconds as a player shows them; empty: from the beginning, to the end), ``split`` (train, val, test) and
``group``. ``video`` is the file's name with or without ending, or its path below the folder.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.base import (
    SPLITS,
    Action,
    DatasetError,
    VideoSource,
    check_sources,
    shard_of,
)
from vpdlib.datasets.paths import files_below

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg"})
_COLUMNS = ("video", "label", "start", "end", "split", "group")


def find_videos(folder: Path, setting: str) -> list[VideoSource]:
    """List the videos below a folder, sorted by id (the file's name without its ending).

    Raises
    ------
    DatasetError
        If the folder is missing or empty, an id is unsafe or used twice, or a path holds braces.
    """
    if not folder.is_dir():
        raise DatasetError(
            f"{setting}: the folder {folder} does not exist. Correct the setting, or set data_dir in "
            "config.yaml (or the variable VPD_DATA) to the folder that holds it."
        )
    found = (
        VideoSource(path.stem, path)
        for path in sorted(files_below(folder))
        if path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".")
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


def read_labels(
    path: Path,
    sources: list[VideoSource],
    durations_s: Mapping[str, float],
    group_pattern: str | None,
) -> list[Action]:
    """Read ``labels.csv``.

    Raises
    ------
    DatasetError
        If the file is missing, empty or not UTF-8, a column is unknown or missing, a cell is missing or a
        number is not one; the row is named.
    """
    if not path.is_file():
        raise DatasetError(
            f"adapter.labels: {path} does not exist. Correct the setting or make the file."
        )
    by_name = {source.video_id: source.video_id for source in sources}
    for source in sources:
        by_name[source.path.name] = source.video_id
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8 text ({error}). Save it as UTF-8.") from error
    with io.StringIO(text, newline="") as stream:
        reader = csv.DictReader(stream)
        columns = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        for name in ("video", "label"):
            if name not in columns:
                raise DatasetError(f"{path}: column {name!r} is missing; found {columns}. Add it.")
        unknown = sorted(set(columns) - set(_COLUMNS))
        if len(set(columns)) < len(columns):
            raise DatasetError(f"{path}: a column occurs twice in {columns}. Remove one of them.")
        if unknown:
            raise DatasetError(
                f"{path}: unknown columns {unknown}; known: {list(_COLUMNS)}. Rename or remove them."
            )
        actions: list[Action] = []
        numbers = Counter[str]()
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise DatasetError(f"{where}: the row has more or fewer cells than the header")
            cells = {name: (value or "").strip() for name, value in row.items()}
            for name in ("video", "label"):
                if not cells[name]:
                    raise DatasetError(f"{where}: {name} is empty. Fill it in or remove the row.")
            named = cells["video"]
            video_id = by_name.get(named) or by_name.get(Path(named).name) or named
            numbers[video_id] += 1
            duration = durations_s.get(video_id, math.inf)
            split = cells.get("split") or None
            if split is not None and split not in SPLITS:
                raise DatasetError(f"{where}: unknown split {split!r}. Use train, val or test.")
            actions.append(
                Action(
                    action_id=f"{video_id}_{numbers[video_id]:03d}",
                    video_id=video_id,
                    start_s=_seconds(cells.get("start"), 0.0, where, "start"),
                    end_s=_seconds(cells.get("end"), duration, where, "end"),
                    label=cells["label"],
                    split=split,
                    group=cells.get("group") or group_of(video_id, group_pattern, where),
                    where=where,
                )
            )
    if not actions:
        raise DatasetError(f"{path}: there is no row below the header. Add the labelled actions.")
    return actions


def _seconds(cell: str | None, default: float, where: str, column: str) -> float:
    if not cell:
        return default
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DatasetError(
            f"{where}: {column} is {cell!r}; give seconds as a number, such as 12.48"
        )
    return value


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
