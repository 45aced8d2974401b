"""Videos, labelled actions and splits of a dataset, and the checks on them.

An adapter (:mod:`vpdlib.datasets.adapters`) only says what there is; :func:`check_sources` and
:func:`check_actions` refuse what is wrong before any heavy job starts. Times are seconds on the player's
clock, from the beginning of the file (:mod:`vpdlib.video.reader`); an action holds the frames with
``start_s <= t < end_s``.
"""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from vpdlib.datasets.alike import difference, find_alike
from vpdlib.datasets.paths import check_path
from vpdlib.identifiers import check_id

#: Slack of comparisons of time stamps, s. Matroska rounds stamps to milliseconds, so that the time of a frame and
#: its number over the rate differ by up to one; frames are never less than 4 ms apart.
TIME_SLACK_S = 1.5e-3

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


class DatasetError(ValueError):
    """The data of a dataset are wrong; the message names the thing, the place and the remedy."""


@dataclass(frozen=True)
class VideoSource:
    """A video before it is opened."""

    video_id: str
    path: Path


@dataclass(frozen=True)
class PoseClip:
    """Keypoints of one video, which may stand in for it.

    Attributes
    ----------
    keypoints_px : (T, 17, 3) float32 COCO-17: x px, y px, score; where the file has several people in a frame, all of
        them, (T, P, 17, 3), of whom tracking chooses.
    fps, width, height : where the file says; else None.
    label : class of the clip, name or number, where the file says.
    splits : the splits that a PySKL file lists the clip in, which may be of several protocols.
    folder : what stands before the clip's name in the file's key, its last part; empty without.
    file_name : the video file's name, where a pose tool's file says it; else empty.
    may_end_early : frames at the video's end may be missing, since nobody was seen in them.
    """

    keypoints_px: np.ndarray
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    label: str | int | None = None
    splits: tuple[str, ...] = ()
    folder: str = ""
    file_name: str = ""
    may_end_early: bool = False


@dataclass(frozen=True)
class Action:
    """A labelled segment of a video. ``where`` is the file and row it came from."""

    action_id: str
    video_id: str
    start_s: float
    end_s: float
    label: str
    split: Split | None
    group: str
    where: str


def shard_of(video_id: str, num_shards: int) -> int:
    """The shard a video belongs to: its id hashed, so that adding a video moves no other."""
    digest = hashlib.sha256(video_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % num_shards


def frames_within(time_s: np.ndarray, start_s: float, end_s: float) -> np.ndarray:
    """Which frames lie in a segment: ``start_s <= t < end_s``, both ends with the same rounding slack.

    Parameters
    ----------
    time_s : (T,) seconds on the player's clock.
    start_s, end_s : seconds; a frame at the end of one segment belongs to the next.

    Returns
    -------
    (T,) bool.
    """
    inside: np.ndarray = (time_s >= start_s - TIME_SLACK_S) & (time_s < end_s - TIME_SLACK_S)
    return inside


def time_text(time_s: float) -> str:
    """A time in seconds as messages and ``problems.csv`` have it: to the millisecond, empty where it is infinite."""
    return f"{round(time_s, 3):.10g}" if math.isfinite(time_s) else ""


def check_sources(sources: Iterable[VideoSource], place: str) -> list[VideoSource]:
    """Return the sources sorted by id, after checking their ids and paths.

    Raises
    ------
    DatasetError
        For an unsafe id, an id that two files share (both are named), or a path with braces or that is no UTF-8.
    """
    by_id: dict[str, VideoSource] = {}
    for source in sources:
        try:
            check_path(source.path)
            check_id(source.video_id, "video id", str(source.path))
        except ValueError as error:
            raise DatasetError(str(error)) from error
        other = by_id.setdefault(source.video_id, source)
        if other is not source:
            raise DatasetError(
                f"{place}: two videos have the id {source.video_id!r}: {other.path} and "
                f"{source.path}. Rename one of them, or take one out of the folder."
            )
    if not by_id:
        raise DatasetError(f"{place}: there is no video. Put videos there or correct the path.")
    return [by_id[key] for key in sorted(by_id)]


def check_actions(
    actions: Sequence[Action],
    durations_s: Mapping[str, float],
    classes: Sequence[str] | None,
    frame_s: Mapping[str, float],
) -> tuple[list[Action], list[str]]:
    """Check labelled actions against the videos and the list of classes.

    Parameters
    ----------
    actions : as the adapter gave them.
    durations_s : length of every video, seconds.
    classes : class names in their order, or None for all labels found, sorted.
    frame_s : length of a frame of every video; an action may end this much after its video, which
        rounding of time stamps brings about, and is then clipped.

    Returns
    -------
    The actions sorted by id, and the class names.

    Raises
    ------
    DatasetError
        For an action of an unknown video, outside its video, of no length, of an unknown class, with an id that another
        row has, or with a segment that another row gives the same label or another split.
    """
    names = list(classes) if classes is not None else sorted({a.label for a in actions})
    seen: dict[object, Action] = {}
    checked = []
    for action in actions:
        if action.video_id not in durations_s:
            raise DatasetError(
                f"{action.where}: there is no video {action.video_id!r}. Correct the name, or add the "
                "file to the folder of videos."
            )
        if action.label not in names:
            raise DatasetError(
                f"{action.where}: unknown class {action.label!r}{_near(action.label, names)}; known: "
                f"{', '.join(names)}. Correct the label, or add it to `classes` in the dataset's YAML."
            )
        duration = durations_s[action.video_id]
        slack = frame_s[action.video_id]
        if not 0 <= action.start_s < action.end_s:
            raise DatasetError(
                f"{action.where}: the action runs from {time_text(action.start_s)} s to {time_text(action.end_s)} s; "
                "it must begin at 0 or later and end after it begins. Correct start or end."
            )
        # An action that only begins in the slack would be left without length by the clipping.
        if action.end_s > duration + slack + TIME_SLACK_S or action.start_s >= duration:
            raise DatasetError(
                f"{action.where}: the action from {time_text(action.start_s)} s to {time_text(action.end_s)} s is "
                f"outside its video {action.video_id!r}, which lasts {time_text(duration)} s. Correct start or end "
                "(seconds)."
            )
        segment = (action.video_id, action.start_s, action.end_s, action.label)
        for key in (action.action_id, segment):
            other = seen.setdefault(key, action)
            if other is not action:
                raise DatasetError(
                    f"{action.where}: the same action as {other.where} ({key}). Remove one of them."
                )
        checked.append(replace(action, end_s=min(action.end_s, duration)))
    _check_splits(checked)
    return sorted(checked, key=lambda a: a.action_id), names


def _near(label: str, names: Sequence[str]) -> str:
    alike = find_alike(label, names)
    if alike is not None:
        return f", which {difference(label, alike)}"
    near = difflib.get_close_matches(label, names, 1)
    return f", nearest {near[0]!r}" if near else ""


#: What is said where something needs a test split; what it would have is put in.
UNTESTED = "no {} is in split test: put some videos there, or ask for found.csv, which needs none"


def _check_splits(actions: Sequence[Action]) -> None:
    missing = [a for a in actions if a.split is None]
    if missing and len(missing) < len(actions):
        raise DatasetError(
            f"{missing[0].where}: no split where other rows have one. Give all rows a split "
            "(train, val or test), or none."
        )
    for action in actions:
        if action.split is not None and action.split not in SPLITS:
            raise DatasetError(
                f"{action.where}: unknown split {action.split!r}. Use train, val or test."
            )
    if actions and not missing and all(action.split != "train" for action in actions):
        raise DatasetError(
            f"{actions[0].where.rsplit(':', 1)[0]}: no action is in split 'train': there is nothing to learn from. "
            "Put some videos in split train."
        )
    sides: dict[str, Action] = {}
    for action in actions:
        if action.split is None or not action.group:
            continue
        other = sides.setdefault(action.group, action)
        if (other.split == "test") != (action.split == "test"):
            raise DatasetError(
                f"{action.where}: group {action.group!r} is in split {action.split} here and in "
                f"{other.split} at {other.where}. A group must not be on both sides of the test split."
            )
    _check_segments(actions)


def _check_segments(actions: Sequence[Action]) -> None:
    """Refuse a segment that is labelled in two splits: what is tested would be trained on, or one row is wrong."""
    seen: dict[tuple[str, float, float], Action] = {}
    for action in actions:
        other = seen.setdefault((action.video_id, action.start_s, action.end_s), action)
        if other.split != action.split:
            raise two_splits(action, other)


def two_splits(action: Action, other: Action) -> DatasetError:
    """The error of a segment of a video that is in two splits, naming both rows."""
    return DatasetError(
        f"{action.where}: {time_text(action.start_s)} to {time_text(action.end_s)} s of video "
        f"{action.video_id!r} are {action.label!r} in split {action.split} here, and {other.label!r} in split "
        f"{other.split} at {other.where} ({time_text(other.start_s)} to {time_text(other.end_s)} s). Correct "
        "one of the rows, or put both into one split (or one group, where rows have no split)."
    )
