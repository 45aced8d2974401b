"""Labelled actions of the user: of an adapter, and the files of them.

The formats are those of :mod:`vpdlib.interchange.label_registry`. :mod:`vpdlib.interchange.times` says what text is
taken for a time, and :mod:`vpdlib.interchange.video_names` which video is meant. What holds for every format is done
here: which tier, subject and annotator counts, what classes are called, what an event without duration is, and that an
event is where the tool shows it on the player's clock.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.datasets.adapters.base import LabelledAdapter, VideosToLabel
from vpdlib.datasets.alike import without_invisible
from vpdlib.datasets.base import SPLITS, Action, DatasetError, Split, VideoSource
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import LabelFormatName, LabelSettings
from vpdlib.datasets.split import group_of
from vpdlib.datasets.tables import ProblemRow
from vpdlib.interchange.csv_table import check_printable
from vpdlib.interchange.formats import FrameTime, LabelRow
from vpdlib.interchange.label_files import ReadFile, read_label_files
from vpdlib.interchange.label_rows import chosen_rows
from vpdlib.interchange.later_files import LaterFile, LaterRow, later_wins
from vpdlib.interchange.times import TimeCell, read_times
from vpdlib.interchange.video_names import Found, VideoNames, tell_remarks
from vpdlib.progress import warn

#: A file may state a length that differs so much, seconds and in part, before another video is suspected.
_SAME_LENGTH_S, _SAME_LENGTH = 1.0, 0.02
_STAGE = "prepare_dataset"


@dataclass(frozen=True)
class LabelledVideos:
    """The videos that labels may name.

    Attributes
    ----------
    sources : the videos.
    durations_s : video id -> length, seconds; one that is missing counts as endless, and is infinite of a video that
        cannot be used.
    rates_fps : video id -> frames a second, for tools that number frames.
    times_of : from a video's id to the time stamps of its pictures, (N,) s; None where they are not known.
    folder : where the videos lie; paths in the files are compared below it.
    """

    sources: Sequence[VideoSource]
    durations_s: Mapping[str, float]
    rates_fps: Mapping[str, float]
    times_of: Callable[[str], NDArray[np.float64]] | None = None
    folder: Path | None = None


def labelled_actions(
    adapter: LabelledAdapter,
    paths: DataPaths,
    videos: VideosToLabel,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """The actions that the user labels, in files or otherwise, not yet checked.

    See :meth:`vpdlib.datasets.adapters.base.LabelledAdapter.labels_without_table`, and :func:`read_labels`.
    """
    if not adapter.label_paths:
        return adapter.labels_without_table(videos)
    return read_labels(
        [paths.under_data(path) for path in adapter.label_paths],
        LabelledVideos(
            videos.sources, videos.durations_s, videos.rates_fps, videos.times_of, videos.place
        ),
        adapter.group_pattern,
        videos.settings,
        adapter.label_format,
        problems,
    )


def read_labels(
    places: Sequence[Path],
    videos: LabelledVideos,
    group_pattern: str | None = None,
    settings: LabelSettings | None = None,
    label_format: LabelFormatName | None = None,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """Read files of labelled actions.

    Parameters
    ----------
    places : files of a format of :mod:`vpdlib.interchange.label_registry`, and folders of them. Where two of them
        label one action, the later one wins; see :mod:`vpdlib.interchange.later_files`.
    videos : those that the files may name.
    group_pattern : what finds the group in a video's id where a file brings none.
    settings : what is taken of them; None for the defaults.
    label_format : the format of all of them; None to tell each by its content.
    problems : gets a row for what was taken though it is not quite what a file says.

    Returns
    -------
    The actions in the order of the files and rows, not yet checked against the videos' lengths and the classes.

    Raises
    ------
    DatasetError
        If a file is missing, empty or of no format, a video or label is missing, a time is none or may be read in two
        ways, a video is none of the sources, or what the settings ask for is not there; file and row are named.
    """
    problems = [] if problems is None else problems
    files = read_label_files(places, label_format, problems)
    return actions_of_files(files, videos, group_pattern, settings, problems)


def actions_of_files(
    files: Sequence[ReadFile],
    videos: LabelledVideos,
    group_pattern: str | None = None,
    settings: LabelSettings | None = None,
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """The labelled actions of files that are read already; see :func:`read_labels`."""
    settings = settings or LabelSettings()
    problems = [] if problems is None else problems
    if settings.fps is None:
        problems += _of_unknown_rate(files)
    chosen = chosen_rows([one.file.rows for one in files], settings)
    names = VideoNames(videos.sources, videos.folder)
    read: list[LaterFile] = []
    named: list[tuple[LabelRow, Found]] = []
    for one, rows in zip(files, chosen, strict=True):
        for row in rows:
            _check_row(row)
        found = [_find(names, row) for row in rows]
        named += zip(rows, found, strict=True)
        times_s = _times_s(
            rows, [video.video_id for video in found], videos, settings, one.file.separator
        )
        read.append(
            LaterFile(
                [
                    LaterRow(
                        Action(
                            action_id="",
                            video_id=video.video_id,
                            start_s=start_s,
                            end_s=end_s,
                            label=row.label,
                            split=_split(row),
                            group=row.group or group_of(video.video_id, group_pattern, row.where),
                            where=row.where,
                        ),
                        row.replaces,
                    )
                    for row, video, (start_s, end_s) in zip(rows, found, times_s, strict=True)
                ],
                one.file.corrects,
            )
        )
    problems += tell_remarks([(row.where, video) for row, video in named if video.remark])
    problems += _other_lengths(named, videos.durations_s)
    return _numbered(later_wins(read, problems))


def _of_unknown_rate(files: Sequence[ReadFile]) -> list[ProblemRow]:
    """A row for every file that numbers frames at a rate that nobody states."""
    rows = [
        ProblemRow(
            "", "", "", _STAGE, f"{one.path}: {one.file.without_rate}", "Leave it if that is right."
        )
        for one in files
        if one.file.without_rate
    ]
    for row in rows:
        warn(f"{row.problem}. {row.remedy}")
    return rows


def _check_row(row: LabelRow) -> None:
    for name in ("video", "label", "group"):
        check_printable(getattr(row, name), row.where, name)
    for name in ("video", "label"):
        if name == "label" and not row.label and row.replaces is not None:
            # It takes the label away that it replaces.
            continue
        if not without_invisible(getattr(row, name)).strip():
            raise DatasetError(f"{row.where}: {name} is empty. Fill it in or remove the row.")


def _find(names: VideoNames, row: LabelRow) -> Found:
    """The video of a row: by its name, or by what else a tool may call it."""
    for name in (row.video, *row.other_names):
        found = names.look_for(name, row.where)
        if found is not None:
            return found
    return names.find(row.video, row.where)


def _numbered(actions: Sequence[Action]) -> list[Action]:
    numbers = Counter[str]()
    numbered = []
    for action in actions:
        numbers[action.video_id] += 1
        name = f"{action.video_id}_{numbers[action.video_id]:03d}"
        numbered.append(replace(action, action_id=name))
    return numbered


def _times_s(
    rows: Sequence[LabelRow],
    video_ids: Sequence[str],
    videos: LabelledVideos,
    settings: LabelSettings,
    separator: str,
) -> Iterator[tuple[float, float]]:
    """Start and end of every row, seconds."""
    unusable = {
        video_id for video_id, length_s in videos.durations_s.items() if math.isinf(length_s)
    }
    lengths_s = [videos.durations_s.get(video_id, math.inf) for video_id in video_ids]
    texts = [
        TimeCell(row.where, column, text, length_s, video_id not in unusable)
        for row, video_id, length_s in zip(rows, video_ids, lengths_s, strict=True)
        for column, text in (("start", row.start), ("end", "" if row.is_point else row.end))
        if text and isinstance(text, str)
    ]
    read = iter(read_times(texts, separator))

    def seconds(
        row: LabelRow, video_id: str, given: float | str | FrameTime, otherwise_s: float
    ) -> float:
        if given == "":
            return otherwise_s
        if isinstance(given, str):
            return next(read)
        if isinstance(given, FrameTime):
            return _frame_s(given, row, video_id, videos, settings)
        if not 0 <= given < math.inf:
            raise DatasetError(
                f"{row.where}: a time of {given:g} s, expected one from the video's beginning. Correct it."
            )
        return given

    for row, video_id, length_s in zip(rows, video_ids, lengths_s, strict=True):
        start_s = seconds(row, video_id, row.start, 0.0)
        if row.is_point:
            before_s, after_s = _window_s(row, settings)
            yield max(start_s - before_s, 0.0), min(start_s + after_s, length_s)
        else:
            yield start_s, seconds(row, video_id, row.end, length_s)


def _window_s(row: LabelRow, settings: LabelSettings) -> tuple[float, float]:
    if settings.point_window_s is None:
        raise DatasetError(
            f"{row.where}: {row.label!r} is an event without duration; an action has a start and an end. Set "
            "labels.point_window_s to the seconds before and after it that count, such as [0.5, 0.5], or leave the "
            f"class out: labels.map: {{{row.label}: null}}."
        )
    return settings.point_window_s


def _frame_s(
    given: FrameTime, row: LabelRow, video_id: str, videos: LabelledVideos, settings: LabelSettings
) -> float:
    """When a frame begins on the player's clock, seconds."""
    if given.frame < 0:
        raise DatasetError(
            f"{row.where}: frame {given.frame} is before the video's beginning. Correct it."
        )
    rate_fps = given.rate_fps or settings.fps or videos.rates_fps.get(video_id)
    # The length of a video that cannot be used is not known either; its actions are dropped.
    if rate_fps is None and math.isinf(videos.durations_s.get(video_id, 0.0)):
        return float(given.frame)
    if given.counts == "pictures" and videos.times_of is not None:
        times_s = videos.times_of(video_id)
        if given.frame < len(times_s):
            return float(times_s[given.frame])
        if given.frame == len(times_s):
            return videos.durations_s.get(video_id, math.inf)
        raise DatasetError(
            f"{row.where}: frame {given.frame} of {video_id}, which has {len(times_s)} pictures. Correct the label, or "
            "label the video that is here."
        )
    if rate_fps is None:
        raise DatasetError(
            f"{row.where}: the time is the number of a frame, {given.frame}, and the rate is not known. Name the "
            "videos, or set labels.fps."
        )
    return given.frame / rate_fps


def _other_lengths(
    named: Sequence[tuple[LabelRow, Found]], durations_s: Mapping[str, float]
) -> list[ProblemRow]:
    """A row for every video whose length is not the one that a file of labels states."""
    told: dict[str, ProblemRow] = {}
    for row, video in named:
        length_s = durations_s.get(video.video_id, math.inf)
        if row.media_s is None or math.isinf(length_s) or video.video_id in told:
            continue
        if abs(row.media_s - length_s) > max(_SAME_LENGTH_S, _SAME_LENGTH * length_s):
            told[video.video_id] = ProblemRow(
                video=video.video_id,
                start="",
                end="",
                stage=_STAGE,
                problem=f"{row.where}: labelled on {row.video!r} of {row.media_s:.1f} s; {video.video_id} has "
                f"{length_s:.1f} s",
                remedy="If it is another recording or another cut, label the one that is here.",
            )
    for problem in told.values():
        warn(f"{problem.problem}. {problem.remedy}")
    return list(told.values())


def _split(row: LabelRow) -> Split | None:
    if not row.split:
        return None
    for split in SPLITS:
        if without_invisible(row.split).strip().casefold() == split:
            return split
    raise DatasetError(f"{row.where}: unknown split {row.split!r}. Use train, val or test.")
