"""Checking a dataset's videos and labels, and giving every action its split and subsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vpdlib.datasets.base import (
    Action,
    DatasetError,
    VideoSource,
    check_actions,
    shard_of,
)
from vpdlib.datasets.fewshot import draw_subsets, membership_column
from vpdlib.datasets.split import split_by_group
from vpdlib.datasets.tables import ActionRow, VideoRow, action_rows, video_split
from vpdlib.progress import note, track
from vpdlib.video.reader import VideoError, VideoInfo, probe


@dataclass(frozen=True)
class Protocol:
    """How actions are split and drawn where the dataset does not say."""

    test_fraction: float
    val_fraction: float
    shots: Sequence[int]
    trials: int
    seed: int


def probe_all(sources: Sequence[VideoSource]) -> dict[str, VideoInfo]:
    """Open every video and decode its first frame.

    Raises
    ------
    DatasetError
        Naming every video that cannot be used, and why.
    """
    found, bad = {}, []
    for source in track(sources, "checking videos", unit="video"):
        try:
            found[source.video_id] = probe(source.path)
        except VideoError as error:
            bad.append(str(error))
    if bad:
        raise DatasetError(
            f"{len(bad)} of {len(sources)} videos cannot be used; replace or remove them:\n  "
            + "\n  ".join(bad)
        )
    return found


def prepare(
    sources: Sequence[VideoSource],
    label: Callable[[dict[str, float]], list[Action]],
    classes: Sequence[str] | None,
    num_shards: int,
    protocol: Protocol,
) -> tuple[list[VideoRow], list[ActionRow]]:
    """Make the rows of ``videos.csv`` and ``actions.csv``.

    Parameters
    ----------
    sources : the videos, checked ids.
    label : gives the labelled actions, from the lengths of the videos in seconds.
    classes : class names in order, or None for those found.
    num_shards : shards of the dataset.
    protocol : split and few-shot settings.

    Raises
    ------
    DatasetError
        If a video or an action is not usable; see :func:`vpdlib.datasets.base.check_actions`.
    """
    info = probe_all(sources)
    durations_s = {key: value.duration_s for key, value in info.items()}
    frame_s = {key: 1 / value.fps for key, value in info.items()}
    actions, _ = check_actions(label(durations_s), durations_s, classes, frame_s)
    if actions and actions[0].split is None:
        actions = split_by_group(
            actions, protocol.test_fraction, protocol.val_fraction, protocol.seed
        )
        actions, _ = check_actions(actions, durations_s, classes, frame_s)
    rows = action_rows(actions, _few_shot(actions, protocol))
    by_video: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        by_video[action.video_id].append(action)
    videos = [
        VideoRow(
            video=source.video_id,
            path=str(source.path),
            shard=shard_of(source.video_id, num_shards),
            fps=info[source.video_id].fps,
            width=info[source.video_id].width,
            height=info[source.video_id].height,
            declared_frames=info[source.video_id].declared_frames,
            duration_s=info[source.video_id].duration_s,
            split=video_split(by_video[source.video_id]),
            group=next((a.group for a in by_video[source.video_id]), ""),
        )
        for source in sources
    ]
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[f"{row.split} {row.label}"] += 1
    note(f"{len(videos)} videos, {len(rows)} actions")
    for name in sorted(counts):
        note(f"  {name}: {counts[name]}")
    return videos, rows


def _few_shot(actions: Sequence[Action], protocol: Protocol) -> dict[str, str]:
    train = [action for action in actions if action.split == "train"]
    ids = [action.action_id for action in train]
    labels = [action.label for action in train]
    subsets = {
        k: draw_subsets(ids, labels, k, protocol.trials, protocol.seed) for k in protocol.shots
    }
    return dict(zip(ids, membership_column(ids, subsets), strict=True))
