"""Labelled actions of the user: of an adapter, and the files of them.

The formats are those of `LABELS`. :mod:`vpdlib.imports.times` says what text is taken for a time, and
:mod:`vpdlib.imports.video_names` which video is meant.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vpdlib.datasets.adapters.base import LabelledAdapter, VideosToLabel
from vpdlib.datasets.alike import without_invisible
from vpdlib.datasets.base import SPLITS, Action, DatasetError, Split, VideoSource
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.split import group_of
from vpdlib.datasets.tables import ProblemRow
from vpdlib.imports.boris import BORIS
from vpdlib.imports.csv_table import check_printable
from vpdlib.imports.formats import Formats, LabelRow
from vpdlib.imports.label_table import LABEL_TABLE
from vpdlib.imports.times import TimeCell, read_times
from vpdlib.imports.video_names import VideoNames, tell_remarks

LABELS = Formats(LABEL_TABLE, BORIS, default=LABEL_TABLE)


def labelled_actions(
    adapter: LabelledAdapter,
    paths: DataPaths,
    videos: VideosToLabel,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """The actions that the user labels, in a table or otherwise, not yet checked.

    See :meth:`vpdlib.datasets.adapters.base.LabelledAdapter.labels_without_table`, and :func:`read_labels`.
    """
    if adapter.labels is None:
        return adapter.labels_without_table(videos)
    return read_labels(
        paths.under_data(adapter.labels),
        videos.sources,
        videos.durations_s,
        adapter.group_pattern,
        videos.place,
        problems,
    )


def read_labels(
    path: Path,
    sources: Sequence[VideoSource],
    durations_s: Mapping[str, float],
    group_pattern: str | None,
    folder: Path | None = None,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """Read a file of labelled actions.

    Parameters
    ----------
    path : of a format of `LABELS`.
    sources : the videos that it may name.
    durations_s : their lengths, seconds, where an action has no end; one that is missing counts as endless, and is
        infinite of a video that cannot be used.
    group_pattern : what finds the group in a video's id where the file brings none.
    folder : where the videos lie; paths in the file are compared below it.
    problems : gets a row for what was taken though it is not quite what the file says.

    Returns
    -------
    The actions in the order of the rows, not yet checked against the videos' lengths and the classes.

    Raises
    ------
    DatasetError
        If the file is missing, empty or none of its format, a video or label is missing, a time is none or may be read
        in two ways, or a video is none of the sources; the row is named.
    """
    if not path.is_file():
        raise DatasetError(
            f"adapter.labels: {path} does not exist. Correct the setting or make the file."
        )
    rows, separator = LABELS.of(path).read(path)
    if not rows:
        raise DatasetError(f"{path}: no action is labelled there. Add the labelled actions.")
    for row in rows:
        for name in ("video", "label", "group"):
            check_printable(getattr(row, name), row.where, name)
        for name in ("video", "label"):
            if not without_invisible(getattr(row, name)).strip():
                raise DatasetError(f"{row.where}: {name} is empty. Fill it in or remove the row.")
    names = VideoNames(sources, folder)
    found = [names.find(row.video, row.where) for row in rows]
    lengths_s = [durations_s.get(video.video_id, math.inf) for video in found]
    unusable = {video_id for video_id, length_s in durations_s.items() if math.isinf(length_s)}
    are_used = [video.video_id not in unusable for video in found]
    times_s = _times_s(rows, lengths_s, are_used, separator)
    actions: list[Action] = []
    numbers = Counter[str]()
    for row, video, (start_s, end_s) in zip(rows, found, times_s, strict=True):
        numbers[video.video_id] += 1
        actions.append(
            Action(
                action_id=f"{video.video_id}_{numbers[video.video_id]:03d}",
                video_id=video.video_id,
                start_s=start_s,
                end_s=end_s,
                label=row.label,
                split=_split(row),
                group=row.group or group_of(video.video_id, group_pattern, row.where),
                where=row.where,
            )
        )
    remarks = [(row.where, video) for row, video in zip(rows, found, strict=True) if video.remark]
    told = tell_remarks(remarks)
    if problems is not None:
        problems.extend(told)
    return actions


def _times_s(
    rows: Sequence[LabelRow],
    lengths_s: Sequence[float],
    are_used: Sequence[bool],
    separator: str,
) -> Iterator[tuple[float, float]]:
    """Start and end of every row, seconds."""
    texts = [
        TimeCell(row.where, column, text, length_s, is_used)
        for row, length_s, is_used in zip(rows, lengths_s, are_used, strict=True)
        for column, text in (("start", row.start), ("end", row.end))
        if text and isinstance(text, str)
    ]
    read = iter(read_times(texts, separator))

    def seconds(row: LabelRow, given: float | str, otherwise_s: float) -> float:
        if given == "":
            return otherwise_s
        if isinstance(given, str):
            return next(read)
        if not 0 <= given < math.inf:
            raise DatasetError(
                f"{row.where}: a time of {given:g} s, expected one from the video's beginning. Correct it."
            )
        return given

    for row, length_s in zip(rows, lengths_s, strict=True):
        yield seconds(row, row.start, 0.0), seconds(row, row.end, length_s)


def _split(row: LabelRow) -> Split | None:
    if not row.split:
        return None
    for split in SPLITS:
        if without_invisible(row.split).strip().casefold() == split:
            return split
    raise DatasetError(f"{row.where}: unknown split {row.split!r}. Use train, val or test.")
