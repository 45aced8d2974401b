"""Names and orders of body joints, and how they are flipped.

Two skeletons are used. ``COCO17`` is what off-the-shelf teachers answer. ``JOINTS13`` is the paper's
(supplement; docs/method.md section 5): COCO-17 without eyes and ears, in COCO order. A joint array has
shape (..., J, 2) for x, y or (..., J, 3) for x, y, score; y points down, as in an image.
"""

from __future__ import annotations

import numpy as np

COCO17: tuple[str, ...] = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)

JOINTS13: tuple[str, ...] = (COCO17[0], *COCO17[5:])

#: Rows of a COCO-17 array that make a 13-joint array.
COCO17_TO_JOINTS13 = np.array([COCO17.index(name) for name in JOINTS13])


def _flip_order(names: tuple[str, ...]) -> np.ndarray:
    swap = {"left": "right", "right": "left"}
    order = []
    for name in names:
        side, _, rest = name.partition("_")
        order.append(names.index(f"{swap[side]}_{rest}") if side in swap else names.index(name))
    return np.array(order)


#: ``array[..., ORDER, :]`` exchanges left and right joints.
COCO17_FLIP_ORDER = _flip_order(COCO17)
JOINTS13_FLIP_ORDER = _flip_order(JOINTS13)

#: Rows of the 13-joint skeleton.
LEFT_SHOULDER, RIGHT_SHOULDER = JOINTS13.index("left_shoulder"), JOINTS13.index("right_shoulder")
LEFT_HIP, RIGHT_HIP = JOINTS13.index("left_hip"), JOINTS13.index("right_hip")
#: Shoulders and hips: the points whose greatest distance is the torso scale (docs/method.md section 5).
TORSO13 = np.array([LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP])

#: Bones of the 13-joint skeleton, for drawing.
BONES13: tuple[tuple[int, int], ...] = tuple(
    (JOINTS13.index(a), JOINTS13.index(b))
    for a, b in (
        ("nose", "left_shoulder"),
        ("nose", "right_shoulder"),
        ("left_shoulder", "right_shoulder"),
        ("left_shoulder", "left_elbow"),
        ("left_elbow", "left_wrist"),
        ("right_shoulder", "right_elbow"),
        ("right_elbow", "right_wrist"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_hip", "right_hip"),
        ("left_hip", "left_knee"),
        ("left_knee", "left_ankle"),
        ("right_hip", "right_knee"),
        ("right_knee", "right_ankle"),
    )
)
