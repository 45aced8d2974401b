"""Orders of joints that pose tools write without names.

Names are COCO's where the joint is one of COCO's, so that it is found; left and right are the person's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from vpdlib.skeleton import COCO17

_FEET_BY_JOINT = ("big_toe", "small_toe", "heel")
#: 26 joints of the Halpe data set, from which its 68 and 136 go on with hands, face and hands.
HALPE26: tuple[str, ...] = (
    *COCO17,
    "head",
    "neck",
    "mid_hip",
    *(f"{side}_{part}" for part in _FEET_BY_JOINT for side in ("left", "right")),
)
#: The body of COCO-WholeBody's 133, before face and hands.
WHOLEBODY23: tuple[str, ...] = (
    *COCO17,
    *(f"{side}_{part}" for side in ("left", "right") for part in _FEET_BY_JOINT),
)
_ARMS_OPENPOSE = tuple(
    f"{side}_{part}" for side in ("right", "left") for part in ("shoulder", "elbow", "wrist")
)
_LEGS_OPENPOSE = tuple(
    f"{side}_{part}" for side in ("right", "left") for part in ("hip", "knee", "ankle")
)
_HEAD_OPENPOSE = ("right_eye", "left_eye", "right_ear", "left_ear")
#: OpenPose's models; BODY_25B has another order of as many joints, and its files do not say which of the two it is.
BODY_25: tuple[str, ...] = (
    *("nose", "neck"),
    *_ARMS_OPENPOSE,
    "mid_hip",
    *_LEGS_OPENPOSE,
    *_HEAD_OPENPOSE,
    *(f"{side}_{part}" for side in ("left", "right") for part in _FEET_BY_JOINT),
)
COCO18: tuple[str, ...] = ("nose", "neck", *_ARMS_OPENPOSE, *_LEGS_OPENPOSE, *_HEAD_OPENPOSE)
MPI15: tuple[str, ...] = ("head", "neck", *_ARMS_OPENPOSE, *_LEGS_OPENPOSE, "chest")
#: MPII's 16, as AlphaPose writes them.
MPII16: tuple[str, ...] = (
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("pelvis", "thorax", "neck", "head", "right_wrist", "right_elbow"),
    *("right_shoulder", "left_shoulder", "left_elbow", "left_wrist"),
)
#: Number of joints in a file that begin with COCO's -> those that are taken; what follows is face and hands.
BEGIN_AS_COCO: Mapping[int, tuple[str, ...]] = {
    17: COCO17,
    26: HALPE26,
    68: HALPE26,
    133: WHOLEBODY23,
    136: HALPE26,
}
#: MediaPipe's pose landmarks.
MEDIAPIPE33: tuple[str, ...] = (
    *("nose", "left_eye_inner", "left_eye", "left_eye_outer"),
    *("right_eye_inner", "right_eye", "right_eye_outer", "left_ear", "right_ear"),
    *("mouth_left", "mouth_right"),
    *(
        f"{side}_{part}"
        for part in ("shoulder", "elbow", "wrist", "pinky", "index", "thumb")
        for side in ("left", "right")
    ),
    *(
        f"{side}_{part}"
        for part in ("hip", "knee", "ankle", "heel", "foot_index")
        for side in ("left", "right")
    ),
)
