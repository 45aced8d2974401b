"""The people of a pose tool's file as tracking takes them where there is no video: boxes are made of their joints."""

from __future__ import annotations

import numpy as np

from vpdlib.interchange.keypoint_boxes import boxes_of_keypoints
from vpdlib.skeleton import COCO17_TO_JOINTS13
from vpdlib.tracking.people import PeopleDetections


def people_of_keypoints(
    keypoints_px: np.ndarray, time_s: np.ndarray, width: int, height: int, athlete: str = ""
) -> PeopleDetections:
    """People as a detector would have found them.

    Parameters
    ----------
    keypoints_px : (T, P, 17, 3) x px, y px, score; NaN where there is no joint.
    time_s : (T,) time of every frame.
    width, height : of the picture, px; 0 where it is not known: the picture is then what holds all joints.
    athlete : "near", "far" or empty.

    Returns
    -------
    A person's score is the mean of those of the 13 joints that are there.
    """
    frames, people = keypoints_px.shape[:2]
    boxes = boxes_of_keypoints(keypoints_px.reshape(-1, 17, 3)).reshape(frames, people, 4)
    is_there = np.isfinite(boxes).all(axis=2)
    joints = keypoints_px[:, :, COCO17_TO_JOINTS13]
    seen = np.isfinite(joints[..., :2]).all(axis=3)
    score = (joints[..., 2] * seen).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    if min(width, height) <= 0:
        width, height = (int(np.ceil(np.nanmax(boxes[..., side]))) for side in (2, 3))
    return PeopleDetections(
        frames=np.arange(frames),
        box_px=[boxes[t, is_there[t]] for t in range(frames)],
        score=[score[t, is_there[t]] for t in range(frames)],
        keypoints_px=[keypoints_px[t, is_there[t]] for t in range(frames)],
        num_frames=frames,
        width=width,
        height=height,
        time_s=time_s,
        athlete=athlete,
    )
