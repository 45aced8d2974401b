"""``python -m vpdlib labels convert``: files of labels from one tool to another, without a dataset."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vpdlib.datasets.base import Action, DatasetError, VideoSource
from vpdlib.datasets.settings import LabelFormatName, LabelSettings
from vpdlib.datasets.tables import VideoRow
from vpdlib.datasets.video_files import find_videos
from vpdlib.interchange.formats import LabelFormat, WrittenAction
from vpdlib.interchange.label_files import ReadFile, read_label_files
from vpdlib.interchange.label_registry import LABELS
from vpdlib.interchange.labels import LabelledVideos, actions_of_files
from vpdlib.interchange.video_names import path_named
from vpdlib.interchange.written_labels import (
    format_by_name,
    format_of_path,
    is_file_of,
    write_place,
    written_videos,
)
from vpdlib.progress import note
from vpdlib.video.reader import frame_times, probe

#: A label may end so much after its video, seconds: tools round.
_END_SLACK_S = 0.1


@dataclass(frozen=True)
class ConvertOptions:
    """What is converted.

    Attributes
    ----------
    inputs : files of labels, and folders of them.
    out : a file of the wanted format's ending, or a folder.
    videos : files and folders of videos; empty where names and times are enough.
    read_as, write_as : formats; None to tell by content and ending.
    settings : what is taken of the inputs.
    overwrite : whether files that are there are replaced.
    """

    inputs: Sequence[Path]
    out: Path
    videos: Sequence[Path] = ()
    read_as: LabelFormatName | None = None
    write_as: LabelFormatName | None = None
    settings: LabelSettings = field(default_factory=LabelSettings)
    overwrite: bool = False


def convert_labels(options: ConvertOptions) -> list[Path]:
    """Read labels of one format and write them in another.

    Returns
    -------
    The files written.

    Raises
    ------
    DatasetError, VideoError
        If the labels cannot be read, or not be written in that format, or a video cannot be opened.
    """
    try:
        return _convert(options)
    except DatasetError as error:
        raise DatasetError(_as_options(str(error))) from error


def _convert(options: ConvertOptions) -> list[Path]:
    if not options.inputs:
        raise DatasetError(
            "name what is read, and last what is written, as in: labels convert heats.eaf labels.csv"
        )
    if options.read_as is not None and options.read_as not in LABELS:
        raise DatasetError(
            f"--from {options.read_as}: no such format. Take one of {', '.join(LABELS)}."
        )
    one = format_by_name(options.write_as) if options.write_as else format_of_path(options.out)
    files = read_label_files(options.inputs, options.read_as)
    rows = _opened(options.videos) if options.videos else _named(files, one)
    path_of = {row.video: Path(row.path) for row in rows}
    times_of = (lambda video: frame_times(path_of[video])) if options.videos else None
    actions = actions_of_files(
        files,
        LabelledVideos(
            [VideoSource(row.video, Path(row.path)) for row in rows],
            {row.video: row.duration_s for row in rows if row.duration_s},
            {row.video: row.fps for row in rows if row.fps},
            times_of,
            _folder_of(rows) if options.videos else None,
        ),
        settings=options.settings,
    )
    durations_s = {row.video: row.duration_s or math.inf for row in rows}
    probabilities = {row.where: row.probability for file in files for row in file.file.rows}
    by_video: dict[str, list[WrittenAction]] = defaultdict(list)
    for action in actions:
        by_video[action.video_id].append(
            _checked(action, durations_s, probabilities.get(action.where))
        )
    if not options.videos:
        rows = [_as_long_as_labels(row, by_video[row.video]) for row in rows]
    elif is_file_of(one, options.out):
        # Of a folder of videos, a file of one video is of the one that is labelled.
        rows = [row for row in rows if by_video[row.video]]
    written = write_place(
        one, written_videos(rows, by_video, times_of), options.out, options.overwrite
    )
    note(
        f"{len(actions)} actions of {len(by_video)} videos, {one.title}: {', '.join(map(str, written[:3]))}"
    )
    return written


#: Settings of a dataset, and the options that stand for them here.
_OPTIONS = (
    ("labels.tier: ", "--tier "),
    ("labels.tier", "--tier"),
    ("labels.subject", "--subject"),
    ("labels.annotator", "--annotator"),
    ("labels.map", "--map"),
    ("labels.point_window_s", "--point-window"),
    ("labels.fps", "--fps"),
    ("label_format is ", "--from "),
    ("adapter.labels: ", ""),
    ("Correct the setting", "Correct the option"),
    (
        "by the settings under `labels` of the dataset",
        "by --tier, --subject, --annotator and --map",
    ),
)


def _as_options(message: str) -> str:
    """A message that is worded for a dataset's settings, by the options of the command."""
    for setting, option in _OPTIONS:
        message = message.replace(setting, option)
    return message


def _opened(places: Sequence[Path]) -> list[VideoRow]:
    """The videos, as their files are."""
    files: list[Path] = []
    for place in places:
        if not place.exists():
            raise DatasetError(f"--video {place}: no such file or folder. Correct the path.")
        if place.is_dir():
            files += [source.path for source in find_videos(place, "--video")]
        else:
            files.append(place)
    _refuse_twice(files, "--video: two videos")
    infos = [probe(path) for path in files]
    return [
        VideoRow(
            path.stem,
            str(path.absolute()),
            0,
            info.fps,
            info.width,
            info.height,
            info.declared_frames,
            info.duration_s,
        )
        for path, info in zip(files, infos, strict=True)
    ]


def _folder_of(rows: Sequence[VideoRow]) -> Path:
    """The folder that all videos lie in, at some depth."""
    return Path(os.path.commonpath([Path(row.path).absolute().parent for row in rows]))


def _named(files: Sequence[ReadFile], one: LabelFormat) -> list[VideoRow]:
    """The videos that the labels name, of unknown length."""
    if not one.writes_times:
        raise DatasetError(
            f"{one.title} states frames or sizes of the videos: name them, --video FILE or FOLDER."
        )
    # What a tool makes of an upload's name is none of the video's.
    paths = dict.fromkeys(
        path_named((row.other_names or (row.video,))[0]) for file in files for row in file.file.rows
    )
    _refuse_twice(list(paths), "two videos of the labels")
    return [VideoRow(path.stem, str(path), 0, 0.0, 0, 0, 0, 0.0) for path in paths]


def _refuse_twice(paths: Sequence[Path], what: str) -> None:
    names = [path.stem for path in paths]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        both = " and ".join(str(path) for path in paths if path.stem == twice)
        raise DatasetError(
            f"{what} are called {twice!r}: {both}. Convert one of them alone, or rename it."
        )


def _checked(
    action: Action, durations_s: Mapping[str, float], probability: float | None
) -> WrittenAction:
    duration_s = durations_s[action.video_id]
    if math.isinf(action.end_s):
        raise DatasetError(
            f"{action.where}: the end is empty, which is that of the video. Fill it in, or name the videos, --video."
        )
    if not action.start_s < action.end_s:
        raise DatasetError(
            f"{action.where}: from {action.start_s:g} s to {action.end_s:g} s. Give an end after the start."
        )
    if action.end_s > duration_s + _END_SLACK_S:
        raise DatasetError(
            f"{action.where}: ends at {action.end_s:g} s, and {action.video_id} has {duration_s:g} s. Correct it, or "
            "name the video that was labelled."
        )
    return WrittenAction(
        action.start_s,
        min(action.end_s, duration_s),
        action.label,
        probability,
        action.group,
        action.split or "",
    )


def _as_long_as_labels(row: VideoRow, actions: Sequence[WrittenAction]) -> VideoRow:
    last_s = max((action.end_s for action in actions), default=0.0)
    return VideoRow(row.video, row.path, 0, 0.0, 0, 0, 0, last_s)
