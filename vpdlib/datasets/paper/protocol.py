"""What a published dataset consists of, before any video is opened.

Labels count frames of a clip from 0; here they become seconds, frame / rate, with the published rate
of the clip, and an action holds the frames ``start_s <= t < end_s``. A *clip* is a video file; where one
file shows two athletes (tennis), each of them is a video of its own with the same file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from vpdlib.datasets.base import Action, DatasetError, Split
from vpdlib.safe_pickle import load_plain

#: The named tuple in the upstream metadata: rate, frames, width, height. It is read as a plain tuple.
_METADATA_TUPLE = "util.video.VideoMetadata"


@dataclass(frozen=True)
class ClipInfo:
    """Published rate (frames a second), length (frames) and size (px) of a video file."""

    fps: float
    num_frames: int
    width: int
    height: int


@dataclass(frozen=True)
class PaperVideo:
    """An athlete in a clip.

    Attributes
    ----------
    video_id : id throughout the workflow.
    clip : name of the file without its ending.
    info : published facts of the file.
    split : test videos are not shown to a student.
    group : competition, match; empty where the published split does not respect groups.
    athlete : "near" or "far" where the file shows two, else empty.
    """

    video_id: str
    clip: str
    info: ClipInfo
    split: Split
    group: str
    athlete: str = ""


@dataclass(frozen=True)
class Event:
    """A segment to be found by temporal detection, seconds from the first frame."""

    video_id: str
    start_s: float
    end_s: float
    label: str
    split: Split


@dataclass(frozen=True)
class PaperDataset:
    """Videos, labels and protocol.

    Attributes
    ----------
    videos : sorted by id.
    actions : labelled actions with the paper's windows.
    class_names : in the published order.
    few_shot : k -> for every trial the ids of its training actions.
    events : what detection is to find.
    detection_trials : for every trial the clips in order, of which the first n are trained on.
    """

    videos: tuple[PaperVideo, ...]
    actions: tuple[Action, ...]
    class_names: tuple[str, ...]
    few_shot: Mapping[int, tuple[tuple[str, ...], ...]]
    events: tuple[Event, ...] = ()
    detection_trials: tuple[tuple[str, ...], ...] = ()

    def clips(self) -> dict[str, ClipInfo]:
        """Published facts by file name."""
        return {video.clip: video.info for video in self.videos}


def restrict(dataset: PaperDataset, only: Sequence[str]) -> PaperDataset:
    """Leave the clips that match one of the patterns, and what belongs to them, but no few-shot subsets.

    Parameters
    ----------
    only : names of clips, or patterns with ``*`` and ``?``; none leaves all.

    Raises
    ------
    DatasetError
        If a pattern matches no clip.
    """
    if not only:
        return dataset
    clips = sorted(dataset.clips())
    kept: set[str] = set()
    for pattern in only:
        matched = {clip for clip in clips if fnmatchcase(clip, pattern)}
        if not matched:
            raise DatasetError(
                f"adapter.only: {pattern!r} matches none of the {len(clips)} clips, such as "
                f"{clips[0]!r}. Correct the name or the pattern."
            )
        kept |= matched
    ids = {video.video_id for video in dataset.videos if video.clip in kept}
    return _part(dataset, ids)


def without(dataset: PaperDataset, left_out: Collection[str]) -> PaperDataset:
    """Leave all videos but some, and the published few-shot subsets where none of their actions is lost.

    Parameters
    ----------
    left_out : ids of videos, not of clips.
    """
    part = _part(dataset, {video.video_id for video in dataset.videos} - set(left_out))
    there = {action.action_id for action in part.actions}
    subsets = [subset for trials in dataset.few_shot.values() for subset in trials]
    whole = all(there.issuperset(subset) for subset in subsets)
    return replace(part, few_shot=dataset.few_shot if whole else {})


def _part(dataset: PaperDataset, ids: Collection[str]) -> PaperDataset:
    """What belongs to some of the videos."""
    videos = tuple(video for video in dataset.videos if video.video_id in ids)
    clips = {video.clip for video in videos}
    return replace(
        dataset,
        videos=videos,
        actions=tuple(action for action in dataset.actions if action.video_id in ids),
        # A published subset cut down to some clips would no longer have k actions of a class.
        few_shot={},
        events=tuple(event for event in dataset.events if event.video_id in ids),
        detection_trials=tuple(
            tuple(clip for clip in trial if clip in clips) for trial in dataset.detection_trials
        ),
    )


def read_clip_info(path: Path) -> dict[str, ClipInfo]:
    """Read the upstream metadata, clip -> facts; nothing in the pickle is executed.

    Raises
    ------
    DatasetError
        If the file holds anything else.
    """
    found = load_plain(path, tuples={_METADATA_TUPLE})
    if not isinstance(found, dict):
        raise DatasetError(f"{path}: expected a table of clips, found {type(found).__name__}")
    clips = {}
    for name, facts in found.items():
        if not (isinstance(name, str) and isinstance(facts, tuple) and len(facts) == 4):
            raise DatasetError(
                f"{path}: {name!r}: expected rate, frames, width, height, found {facts!r}"
            )
        fps, num_frames, width, height = facts
        clips[name] = ClipInfo(float(fps), int(num_frames), int(width), int(height))
    return clips


def read_json(path: Path, setting: str, remedy: str) -> Any:
    """Read a JSON file that the user brings.

    Raises
    ------
    DatasetError
        If it is missing (``setting`` and ``remedy`` say what to do) or no JSON.
    """
    if not path.is_file():
        raise DatasetError(f"{setting}: {path} does not exist. {remedy}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not valid JSON ({error}). Obtain it again.") from error


def read_lines(path: Path) -> list[str]:
    """The lines of a text file without the empty ones."""
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def read_few_shot(
    files: Mapping[str, Path], known: Iterable[str], others: Iterable[str] = ()
) -> dict[int, tuple[tuple[str, ...], ...]]:
    """Read the published few-shot subsets, ``train_<k>_<trial>.ids.txt``.

    Parameters
    ----------
    files : name -> path.
    known : ids of the training actions; others in the lists are dropped.
    others : ids that the lists may hold besides: classes outside of the dataset.

    Raises
    ------
    DatasetError
        If a list names an action that is neither: validation or test must not be among them.
    """
    training, allowed = set(known), set(others)
    subsets: dict[int, dict[int, tuple[str, ...]]] = {}
    for name, path in files.items():
        if not (name.startswith("train_") and name.endswith(".ids.txt")):
            continue
        shots, trial = (int(part) for part in name.removesuffix(".ids.txt").split("_")[1:])
        ids = read_lines(path)
        strange = [a for a in ids if a not in training and a not in allowed]
        if strange:
            raise DatasetError(
                f"{path}: {strange[0]!r} (and {len(strange) - 1} more) is no training action. The "
                "lists and the labels are of different versions: fetch both anew."
            )
        subsets.setdefault(shots, {})[trial] = tuple(a for a in ids if a in training)
    return {k: tuple(subsets[k][t] for t in sorted(subsets[k])) for k in sorted(subsets)}
