"""Found actions as clips to look at: ``results/<dataset>/clips/<label>/<video>_<start>-<end>.mp4``.

Times are in seconds, padded so that the clips of a video sort by time. The name of an action that overlaps a labelled
one of another class ends in ``_labelled_<class>``: what was named wrongly is seen at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from vpdlib.datasets.bad_videos import VideoReading, named
from vpdlib.datasets.base import TIME_SLACK_S, DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.finding.settings import ClipSettings
from vpdlib.finding.table import FoundRow
from vpdlib.identifiers import check_id
from vpdlib.progress import note, track, warn
from vpdlib.video.clips import Segment, cut_clips

#: File systems take names of 255 bytes; a file that is being written is called by 35 more.
_MAX_NAME = 220


def clip_path(row: FoundRow) -> Path:
    """Where the clip of a found action lies, below the folder of clips.

    Raises
    ------
    DatasetError
        If its video or a class is no safe name of a file, or they make one that is too long.
    """
    ids = {"video id": row.video, "class": row.label}
    if row.labelled:
        ids["class of a labelled action"] = row.labelled
    try:
        for what, value in ids.items():
            check_id(value, what, "found actions")
    except ValueError as error:
        raise DatasetError(str(error)) from error
    # Five digits before the point are a day and a bit.
    name = f"{row.video}_{row.start:09.3f}-{row.end:09.3f}"
    if row.labelled not in ("", row.label):
        name += f"_labelled_{row.labelled}"
    name += ".mp4"
    if len(name) > _MAX_NAME:
        raise DatasetError(
            f"found actions: a clip would be called {name}, {len(name)} characters, where {_MAX_NAME} are possible. "
            "Give the video or the class a shorter name."
        )
    return Path(row.label, name)


def select_clips(rows: Sequence[FoundRow], max_per_label: int | None) -> list[FoundRow]:
    """Of every class the most probable found actions, by video and time.

    Parameters
    ----------
    rows : of ``found.csv``.
    max_per_label : so many of a class; None for all. Of equals, the first by video and time.
    """
    by_label: dict[str, list[FoundRow]] = defaultdict(list)
    for row in sorted(rows, key=_place):
        by_label[row.label].append(row)
    # Sorting keeps the order of equals.
    surest = [sorted(of_label, key=lambda row: -row.probability) for of_label in by_label.values()]
    return sorted((row for of_label in surest for row in of_label[:max_per_label]), key=_place)


def cut_found(
    rows: Sequence[FoundRow],
    videos: Sequence[VideoRow],
    folder: Path,
    settings: ClipSettings,
    reading: VideoReading,
) -> int:
    """Cut found actions out of their videos, each of which is decoded once.

    Of a video that cannot be read to the end of its last action, and that ``reading`` passes over, there is no clip.
    An action in whose time its video has no frame is warned of.

    Parameters
    ----------
    rows : of ``found.csv``.
    videos : of the dataset.
    folder : of the clips, which is there.
    settings : which, and how much around them.
    reading : opens the videos.

    Returns
    -------
    Number of clips written.

    Raises
    ------
    DatasetError
        If a row is of a video that is not listed or has no file, has a name that no file can have, or is there twice.
    VideoError
        If a video cannot be used, and ``reading`` refuses it.
    """
    of_id = {video.video: video for video in videos}
    by_video: dict[str, list[FoundRow]] = defaultdict(list)
    for row in select_clips(rows, settings.max_per_label):
        by_video[row.video].append(row)
    _check_files(by_video, of_id)
    _check_once([row for of_video in by_video.values() for row in of_video])
    num_clips, without_frame = 0, []
    for name, of_video in track(by_video.items(), "cutting", len(by_video), "video"):
        video = of_id[name]
        segments = [Segment(folder / clip_path(row), row.start, row.end) for row in of_video]
        frames = reading.frames(video)
        num_frames = cut_clips(frames, segments, video.fps, settings.around_s, TIME_SLACK_S)
        if reading.broken(video):
            # Where it broke off, a clip has ended too early.
            for segment in segments:
                _remove(segment.path)
            continue
        num_clips += sum(num > 0 for num in num_frames)
        without_frame += [
            str(clip_path(row)) for row, num in zip(of_video, num_frames, strict=True) if not num
        ]
    if without_frame:
        for clip in without_frame:
            note(f"{clip}: the video has no frame in its time")
        warn(
            f"{len(without_frame)} found actions have no clip, since their video has no frame in their time:"
            + named(without_frame, "log")
        )
    return num_clips


def _place(row: FoundRow) -> tuple[str, float, float, str]:
    return row.video, row.start, row.end, row.label


def _check_files(names: Mapping[str, object], videos: Mapping[str, VideoRow]) -> None:
    for name in names:
        if name not in videos:
            raise DatasetError(
                f"found actions: there is no video {name!r} among those of the dataset. Make the table of found "
                "actions anew."
            )
        if not videos[name].path:
            raise DatasetError(
                f"found actions: keypoints stand in for video {name!r}; clips need the file. Give videos."
            )


def _check_once(rows: Sequence[FoundRow]) -> None:
    seen: set[Path] = set()
    for row in rows:
        path = clip_path(row)
        if path in seen:
            raise DatasetError(
                f"found actions: {row.video} {row.start:g} to {row.end:g} s is there twice as {row.label}. Make the "
                "table of found actions anew."
            )
        seen.add(path)


def _remove(clip: Path) -> None:
    """Remove a clip, if it is there, and the folder of its class, if that is then empty."""
    clip.unlink(missing_ok=True)
    if clip.parent.is_dir() and not any(clip.parent.iterdir()):
        clip.parent.rmdir()
