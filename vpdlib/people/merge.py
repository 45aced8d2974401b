"""Joining the people of several detectors: non-maximum suppression that keeps keypoints.

Frames: boxes are xyxy in source pixels, end-exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vpdlib.people.base import People


def box_iou(box_a: np.ndarray, box_b: np.ndarray) -> np.ndarray:
    """Return the (A, B) intersection over union of (A, 4) and (B, 4) xyxy boxes; 0 where both are empty."""
    low = np.maximum(box_a[:, None, :2], box_b[None, :, :2])
    high = np.minimum(box_a[:, None, 2:], box_b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    area_a, area_b = (
        np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=-1) for b in (box_a, box_b)
    )
    total = area_a[:, None] + area_b[None, :] - shared
    return np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)


def suppress(
    box: np.ndarray, score: np.ndarray, iou_threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Greedy non-maximum suppression.

    Parameters
    ----------
    box : (K, 4) xyxy.
    score : (K,).
    iou_threshold : a box that overlaps a better kept one by more is dropped.

    Returns
    -------
    kept : (M,) rows that are kept, by falling score (the earlier row first among equals).
    owner : (K,) for each row the kept row that stands for it: itself, or the one that dropped it.
    """
    iou = box_iou(box, box)
    owner = np.full(len(box), -1, np.int64)
    kept = []
    for row in np.argsort(-score, kind="stable"):
        if owner[row] >= 0:
            continue
        kept.append(row)
        owner[(owner < 0) & (iou[row] > iou_threshold)] = row
        owner[row] = row
    return np.array(kept, np.int64), owner


def merge_people(people: Sequence[People], iou_threshold: float, max_people: int) -> People:
    """Join what several detectors found in one image.

    Boxes compete by score. A kept box without keypoints takes those of the best box it suppressed
    that has some; box, score and source stay its own.

    Parameters
    ----------
    people : one entry a detector.
    iou_threshold : boxes that overlap more are the same person, in [0, 1].
    max_people : the best so many are returned.

    Raises
    ------
    ValueError
        if the threshold or the number makes no sense.
    """
    if not 0 <= iou_threshold <= 1:
        raise ValueError(f"iou_threshold is {iou_threshold}; give a number from 0 to 1")
    if max_people < 1:
        raise ValueError(f"max_people is {max_people}; give at least 1")
    if not people:
        return People.empty()
    box, score, source, keypoints = (
        np.concatenate([getattr(found, name) for found in people])
        for name in ("box_px", "score", "source", "keypoints_px")
    )
    everyone = People(box, score, source, keypoints)
    kept, owner = suppress(box, score, iou_threshold)
    has = everyone.has_keypoints
    keypoints = keypoints.copy()
    for row in kept[:max_people]:
        givers = np.flatnonzero((owner == row) & has)
        if not has[row] and len(givers):
            keypoints[row] = everyone.keypoints_px[givers[np.argmax(score[givers])]]
    return People(box, score, source, keypoints).take(kept[:max_people])
