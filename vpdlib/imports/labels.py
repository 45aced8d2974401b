"""Labelled actions of the user: of an adapter, and the table of them, ``labels.csv``.

It has a header and the columns ``video`` and ``label``, and optionally ``start``, ``end`` (times as a player shows
them; empty: from the beginning, to the end), ``split`` (train, val, test) and ``group``.
:mod:`vpdlib.imports.csv_table` says what text is taken for a table, :mod:`vpdlib.imports.times` what for a time, and
:mod:`vpdlib.imports.video_names` which video is meant.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from vpdlib.datasets.adapters.base import LabelledAdapter
from vpdlib.datasets.alike import without_invisible
from vpdlib.datasets.base import SPLITS, Action, DatasetError, PoseClip, Split, VideoSource
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.split import group_of
from vpdlib.datasets.tables import ProblemRow
from vpdlib.imports.csv_table import TableRow, read_table
from vpdlib.imports.times import TimeCell, read_times
from vpdlib.imports.video_names import VideoNames, tell_remarks

_TIMES = ("start", "end")
#: A million rows; a larger file is something else.
_MAX_BYTES = 1 << 26


def labelled_actions(
    adapter: LabelledAdapter,
    paths: DataPaths,
    place: Path,
    sources: Sequence[VideoSource],
    clips: Mapping[str, PoseClip],
    durations_s: Mapping[str, float],
    classes: Sequence[str] | None = None,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """The actions that the user labels, in a table or otherwise, not yet checked.

    See :meth:`vpdlib.datasets.adapters.base.LabelledAdapter.labels_without_table`, and :func:`read_labels`.
    """
    if adapter.labels is None:
        return adapter.labels_without_table(place, sources, clips, durations_s, classes)
    table = paths.under_data(adapter.labels)
    return read_labels(table, sources, durations_s, adapter.group_pattern, place, problems)


def read_labels(
    path: Path,
    sources: Sequence[VideoSource],
    durations_s: Mapping[str, float],
    group_pattern: str | None,
    folder: Path | None = None,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """Read ``labels.csv``.

    Parameters
    ----------
    path : the table.
    sources : the videos that it may name.
    durations_s : their lengths, seconds, where an action has no end; one that is missing counts as endless, and is
        infinite of a video that cannot be used.
    group_pattern : what finds the group in a video's id where the table brings none.
    folder : where the videos lie; paths in the table are compared below it.
    problems : gets a row for what was taken though it is not quite what the table says.

    Returns
    -------
    The actions in the order of the rows, not yet checked against the videos' lengths and the classes.

    Raises
    ------
    DatasetError
        If the file is missing, empty or no table of these columns, a cell is missing, a time is none or may be read in
        two ways, or a video is none of the sources; the row is named.
    """
    if not path.is_file():
        raise DatasetError(
            f"adapter.labels: {path} does not exist. Correct the setting or make the file."
        )
    table = read_table(path, ("video", "label"), (*_TIMES, "split", "group"), _MAX_BYTES)
    rows = list(table.rows)
    if not rows:
        raise DatasetError(f"{path}: there is no row below the header. Add the labelled actions.")
    for row in rows:
        for name in ("video", "label"):
            if not without_invisible(row.cells[name]).strip():
                raise DatasetError(f"{row.where}: {name} is empty. Fill it in or remove the row.")
    names = VideoNames(sources, folder)
    found = [names.find(row.cells["video"], row.where) for row in rows]
    lengths_s = [durations_s.get(video.video_id, math.inf) for video in found]
    unusable = {video_id for video_id, length_s in durations_s.items() if math.isinf(length_s)}
    are_used = [video.video_id not in unusable for video in found]
    times = _times(rows, lengths_s, are_used, table.separator)
    actions: list[Action] = []
    numbers = Counter[str]()
    for row, video, length_s in zip(rows, found, lengths_s, strict=True):
        numbers[video.video_id] += 1
        actions.append(
            Action(
                action_id=f"{video.video_id}_{numbers[video.video_id]:03d}",
                video_id=video.video_id,
                start_s=times.get((row.where, "start"), 0.0),
                end_s=times.get((row.where, "end"), length_s),
                label=row.cells["label"],
                split=_split(row),
                group=row.cells.get("group") or group_of(video.video_id, group_pattern, row.where),
                where=row.where,
            )
        )
    remarks = [(row.where, video) for row, video in zip(rows, found, strict=True) if video.remark]
    told = tell_remarks(remarks)
    if problems is not None:
        problems.extend(told)
    return actions


def _times(
    rows: Sequence[TableRow],
    lengths_s: Sequence[float],
    are_used: Sequence[bool],
    separator: str,
) -> dict[tuple[str, str], float]:
    """Row and column -> seconds, of the cells that are not empty."""
    cells = [
        TimeCell(row.where, column, row.cells[column], length_s, is_used)
        for row, length_s, is_used in zip(rows, lengths_s, are_used, strict=True)
        for column in _TIMES
        if row.cells.get(column)
    ]
    values = read_times(cells, separator)
    return {(cell.where, cell.column): value for cell, value in zip(cells, values, strict=True)}


def _split(row: TableRow) -> Split | None:
    given = row.cells.get("split")
    if not given:
        return None
    for split in SPLITS:
        if without_invisible(given).strip().casefold() == split:
            return split
    raise DatasetError(f"{row.where}: unknown split {given!r}. Use train, val or test.")
