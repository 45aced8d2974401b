"""The athlete among the people of a pose tool's file, where the athlete's boxes are known.

In every frame the person is taken whose joints' box overlaps the athlete's the most (IoU), as long as half of the
joints lie in the athlete's box, a quarter larger on each side; else nobody.
"""

from __future__ import annotations

import numpy as np

from vpdlib.geometry import iou
from vpdlib.interchange.keypoint_boxes import boxes_of_keypoints

_MARGIN = 0.25
_LEAST_INSIDE = 0.5


def choose_person(keypoints_px: np.ndarray, box_px: np.ndarray) -> np.ndarray:
    """The athlete's keypoints among those of several people.

    Parameters
    ----------
    keypoints_px : (T, P, 17, 3) x px, y px, score; NaN where there is no joint. (T, 17, 3), of one person, come back.
    box_px : (T, 4) xyxy px of the athlete; NaN where they are not seen.

    Returns
    -------
    (T, 17, 3); (NaN, NaN, 0) in frames without the athlete.
    """
    if keypoints_px.ndim == 3:
        return keypoints_px
    frames, people = keypoints_px.shape[:2]
    boxes = boxes_of_keypoints(keypoints_px.reshape(-1, 17, 3)).reshape(frames, people, 4)
    fit = iou(boxes, box_px[:, None])
    low, high = box_px[:, None, None, :2], box_px[:, None, None, 2:]
    margin = _MARGIN * (high - low)
    place = keypoints_px[..., :2]
    inside = ((place >= low - margin) & (place <= high + margin)).all(axis=3).sum(axis=2)
    there = np.isfinite(place).all(axis=3).sum(axis=2)
    fit[inside < _LEAST_INSIDE * there] = 0.0
    best = fit.argmax(axis=1)
    row = np.arange(frames)
    chosen = keypoints_px[row, best].copy()
    chosen[fit[row, best] == 0] = (np.nan, np.nan, 0.0)
    return chosen
