"""Joining the people of several detectors: pairing, then non-maximum suppression.

Frames: boxes are xyxy in source pixels, end-exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from vpdlib.geometry import MASK_SIDE, iou_matrix, pack_mask, resample_mask, unpack_mask
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
    better score where both have some or none). A mask of either is brought onto that box; what
    it had outside is lost. Then boxes compete by score.

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
    better = {
        name: np.where(
            pick.reshape(-1, *[1] * (getattr(one, name).ndim - 1)),
            getattr(two, name),
            getattr(one, name),
        )
        for name in ("box_px", "source", "keypoints_px")
    }
    alone_one = first.take(np.setdiff1d(np.arange(len(first)), rows))
    alone_two = second.take(np.setdiff1d(np.arange(len(second)), columns))
    pairs = People(score=np.maximum(one.score, two.score), **better)
    parts = (pairs, alone_one, alone_two)
    mask = None
    if first.mask is not None or second.mask is not None:
        mask = np.concatenate(
            [_pair_masks(one, two, pairs.box_px), alone_one.mask_rows, alone_two.mask_rows]
        )
    return People(
        np.concatenate([part.box_px for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.keypoints_px for part in parts]),
        mask,
    )


def _pair_masks(one: People, two: People, box_px: np.ndarray) -> np.ndarray:
    """Packed masks of pairs over the boxes picked, (K, MASK_BYTES): those of ``one``, else of ``two``."""
    from_one = one.has_mask[:, None]
    mask = np.where(from_one, one.mask_rows, two.mask_rows)
    owner_box_px = np.where(from_one, one.box_px, two.box_px)
    moved = (owner_box_px != box_px).any(axis=1) & (one.has_mask | two.has_mask)
    for row in np.flatnonzero(moved):
        grid = unpack_mask(mask[row])
        grid = resample_mask(grid, owner_box_px[row], box_px[row], (MASK_SIDE, MASK_SIDE))
        mask[row] = pack_mask(grid)
    return mask
