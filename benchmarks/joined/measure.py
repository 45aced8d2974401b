"""Whom a track follows: boxes of every picture against the truth of joined videos.

A picture that is labelled is *followed* if it has a box, and *right* if that box and the labelled athlete's have an
IoU of 0.3 at least: enough to tell people apart, who in these videos never overlap so much, and not so much that an
outstretched arm decides. An attempt is *found* if half of its pictures or more are right. A box in a picture without
the athlete is *false*; up to half a second of those at an attempt's ends is what the tracker adds by its setting
``propagate_s``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from benchmarks.joined.clips import FPS
from benchmarks.joined.videos import Truth
from vpdlib.geometry import area

MIN_IOU = 0.3


@dataclass(frozen=True)
class Score:
    """Counts of pictures and attempts, and the sum of the IoU over followed pictures; they add up over videos."""

    videos: int = 0
    labelled: int = 0
    followed: int = 0
    right: int = 0
    iou_sum: float = 0.0
    attempts: int = 0
    found: int = 0
    nobody: int = 0
    false: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, f) + getattr(other, f) for f in self.__dataclass_fields__))


def score(box_px: np.ndarray, truth: Truth) -> Score:
    """Score the boxes (T, 4) xyxy px of one video, NaN where there is none."""
    has_box = np.isfinite(box_px).all(axis=1)
    labelled = truth.shot >= 0
    iou = np.where(has_box & labelled, iou_of_pairs(box_px, truth.truth_px), 0.0)
    right = iou >= MIN_IOU
    attempts = [right[truth.shot == number] for number in range(truth.shot.max() + 1)]
    return Score(
        videos=1,
        labelled=int(labelled.sum()),
        followed=int((has_box & labelled).sum()),
        right=int(right.sum()),
        iou_sum=float(iou.sum()),
        attempts=len(attempts),
        found=sum(bool(attempt.mean() >= 0.5) for attempt in attempts),
        nobody=int(truth.nobody.sum()),
        false=int((has_box & truth.nobody).sum()),
    )


def total(scores: Iterable[Score]) -> Score:
    """The sum of scores."""
    return sum(scores, Score())


def iou_of_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU (T,) of boxes (T, 4) with boxes (T, 4); 0 where one is NaN."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    both = area(np.nan_to_num(np.concatenate([low, high], axis=1)))
    either = area(np.nan_to_num(a)) + area(np.nan_to_num(b)) - both
    return np.divide(both, either, out=np.zeros(len(a)), where=either > 0)


def read_boxes(shards: Iterable[Path], lengths: dict[str, int]) -> dict[str, np.ndarray]:
    """Boxes (T, 4) by video of artifacts of tracks, whichever version of the project wrote them.

    Parameters
    ----------
    shards : files of ``tracks``.
    lengths : number of pictures T of every video.

    Raises
    ------
    ValueError
        If a video has no tracks, or a time of one is none of its pictures'.
    """
    boxes = {}
    for shard in shards:
        with h5py.File(shard, "r") as file:
            for video, group in file["videos"].items():
                count = lengths[video]
                frame = np.rint(np.asarray(group["time_s"]) * FPS).astype(int)
                if len(np.unique(frame)) < len(frame) or not ((frame >= 0) & (frame < count)).all():
                    raise ValueError(f"{shard}: {video} has times that are not its pictures'")
                boxes[video] = np.full((count, 4), np.nan)
                boxes[video][frame] = group["box_px"]
    missing = sorted(set(lengths) - set(boxes))
    if missing:
        raise ValueError(f"no tracks of {missing}")
    return boxes
