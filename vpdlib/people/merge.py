"""Joining the people of several detectors: pairing, then non-maximum suppression.

Frames: boxes are xyxy in source pixels, end-exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from vpdlib.geometry import iou_matrix
from vpdlib.people.base import People

#: Boxes of two detectors may be the same person from this overlap on. It is low, since one box may
#: leave out blurred arms that the other encloses; the pairing is one to one, so the best fit wins.
PAIR_IOU = 0.3


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
    iou = iou_matrix(box, box)
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

    First the people of one detector are paired with those of the next so that the overlaps add up
    to the most, from ``PAIR_IOU`` on. A pair becomes one person with the greater score; box,
    keypoints and source are those of the one with keypoints, whose box encloses the limbs (of the
    better score where both have some or none). Then boxes compete by score.

    Parameters
    ----------
    people : one entry a detector.
    iou_threshold : boxes left after the pairing that overlap more are the same person, in [0, 1].
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
    everyone = People.empty()
    for found in people:
        everyone = _pair(everyone, found)
    kept, _ = suppress(everyone.box_px, everyone.score, iou_threshold)
    return everyone.take(kept[:max_people])


def _pair(first: People, second: People) -> People:
    """Pair the people of two lists; those without a partner follow as they are."""
    iou = iou_matrix(first.box_px, second.box_px)
    # Overlaps too small to pair must not decide between those that do.
    rows, columns = linear_sum_assignment(np.where(iou >= PAIR_IOU, iou, 0), maximize=True)
    good = iou[rows, columns] >= PAIR_IOU
    rows, columns = rows[good], columns[good]
    one, two = first.take(rows), second.take(columns)
    rank = np.stack([one.score + one.has_keypoints * 2, two.score + two.has_keypoints * 2])
    pick = rank[1] > rank[0]
    parts = {
        name: np.where(
            pick.reshape(-1, *[1] * (getattr(one, name).ndim - 1)),
            getattr(two, name),
            getattr(one, name),
        )
        for name in ("box_px", "source", "keypoints_px")
    }
    alone_one = first.take(np.setdiff1d(np.arange(len(first)), rows))
    alone_two = second.take(np.setdiff1d(np.arange(len(second)), columns))
    pairs = People(score=np.maximum(one.score, two.score), **parts)
    return People(
        *(
            np.concatenate([getattr(part, name) for part in (pairs, alone_one, alone_two)])
            for name in ("box_px", "score", "source", "keypoints_px")
        )
    )
