"""Joints that no file of a dataset's keypoints has, such as the wrists of a skeleton without arms.

One joint that is not there would empty every frame, since a pose is whole or is none. So they are put where they change
nothing: in the middle of the hips, which normalisation brings to the origin. They are 0 in every pose, flipped or not,
and in every motion, up to rounding: a constant to all that learns of poses. A joint that is missing in single frames
still empties those.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vpdlib.skeleton import COCO17, COCO17_TO_JOINTS13

#: Attribute of an artifact of poses: names of such joints, with blanks between them.
ATTRIBUTE = "absent_joints"
_HIPS = [COCO17.index("left_hip"), COCO17.index("right_hip")]


def fill_absent(keypoints_px: np.ndarray, absent: Sequence[str]) -> np.ndarray:
    """Put joints that no file has into the middle of the hips.

    Their score is the mean of the other ones' of the 13, so that the mean of all is that of those.

    Parameters
    ----------
    keypoints_px : (T, 17, 3).
    absent : names of the joints.

    Returns
    -------
    (T, 17, 3); NaN where a hip is.
    """
    filled = keypoints_px.copy()
    places = _places(absent)
    others = [place for place in COCO17_TO_JOINTS13 if place not in places]
    filled[:, places, :2] = keypoints_px[:, _HIPS, :2].mean(axis=1, keepdims=True)
    filled[:, places, 2] = keypoints_px[:, others, 2].mean(axis=1, keepdims=True)
    return filled


def drop_absent(keypoints_px: np.ndarray, stated: str) -> np.ndarray:
    """Take them out again, to show or to export what was seen.

    Parameters
    ----------
    keypoints_px : (..., 17, 3).
    stated : the artifact's attribute `ATTRIBUTE`, empty where it has none.

    Returns
    -------
    (..., 17, 3); (NaN, NaN, 0) for these joints.
    """
    dropped = keypoints_px.copy()
    dropped[..., _places(stated.split()), :] = (np.nan, np.nan, 0.0)
    return dropped


def _places(names: Sequence[str]) -> list[int]:
    return [COCO17.index(name) for name in names]
