"""Which networks a dataset starts from, by one setting: those embedded here, or those of the paper.

A choice stands for defaults of the sections ``people``, ``poses``, ``flow`` and ``weak_labels``; what a dataset
sets itself stays as it is.
"""

from __future__ import annotations

from typing import Any, Literal

from vpdlib.config.base import merge

NetworksName = Literal["embedded", "paper"]

#: MoveNet's scores run lower than HRNet's, for which the paper takes 0.5.
_EMBEDDED: dict[str, Any] = {"weak_labels": {"min_score": 0.3}}

#: The paper's kinds of networks: Mask R-CNN on a ResNeXt, HRNet, RAFT (docs/method.md sections 3 to 5; the paper names
#: neither HRNet's width nor its input, and its ResNeXt-152 is in no public zoo of mmdet). They look at every frame.
_PAPER: dict[str, Any] = {
    "people": {
        "detectors": ["mmdet"],
        "look_first_at_every": 1,
        "mmdet": {
            "config": "mask-rcnn_x101-64x4d_fpn_ms-poly_3x_coco",
            "checkpoint": "mask-rcnn-x101",
            "masks": True,
        },
    },
    "poses": {
        "teacher": "mmpose",
        "look_first_at_every": 1,
        "mmpose": {
            "config": "td-hm_hrnet-w48_8xb32-210e_coco-384x288",
            "checkpoint": "hrnet-w48-384x288",
        },
    },
    "flow": {"method": "raft_large"},
}


def with_networks(given: dict[str, Any]) -> dict[str, Any]:
    """Lay a dataset's settings over the defaults that its ``networks`` stands for.

    Parameters
    ----------
    given : the settings of a dataset as YAML gave them, unchecked.

    Returns
    -------
    dict : with the defaults filled in; ``given`` itself where ``networks`` is none of the choices, which the check
        of the settings then refuses.
    """
    choice = given.get("networks", "embedded")
    if choice == "embedded":
        return merge(_EMBEDDED, given)
    if choice != "paper":
        return given
    defaults = _PAPER
    tracking = given.get("tracking")
    if isinstance(tracking, dict) and tracking.get("athlete_rule") == "upside_down":
        # Boxes do not tell who is upside down; MultiPose's keypoints do.
        defaults = merge(defaults, {"people": {"detectors": ["mmdet", "multipose"]}})
    return merge(defaults, given)
