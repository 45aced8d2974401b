"""A teacher that looks at the athlete at several angles and keeps its surest answer.

Pose networks learn from people who stand, sit or run; athletes who are upside down are lost, while
the same picture turned upright is an easy one. Beyond the paper (which takes the teacher's answer as
it is, specification section 5). Works with any teacher: turning the picture and the keypoints back
is the teacher's part (``vpdlib.poses.base``). Angles are degrees, counter-clockwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vpdlib.poses.base import PoseTeacher
from vpdlib.poses.normalize import mean_joint_score


class RotatedTeacher:
    """Another teacher, asked at several angles.

    The surest answer is the one with the greatest mean score of the 13 joints; of equals the earlier
    one, in the order 0 and then the other angles as given. A score that is not finite loses to any
    that is. Scores keep their meaning: they are those of the answer kept.

    Parameters
    ----------
    teacher : who is asked.
    angles_degrees : angles to show the athlete at; 0 must be among them. With 0 alone the answers are
        the teacher's own.
    try_below : the other angles are tried only where the upright answer's mean score is below this or
        not finite; None for always.

    Raises
    ------
    ValueError
        if 0 is not among the angles.
    """

    def __init__(
        self,
        teacher: PoseTeacher,
        angles_degrees: Sequence[float],
        try_below: float | None = None,
    ) -> None:
        if 0 not in angles_degrees:
            raise ValueError(f"angles {tuple(angles_degrees)}: 0, the picture as it is, is missing")
        self._teacher = teacher
        self._others = tuple(angle for angle in angles_degrees if angle != 0)
        self._try_below = try_below

    def estimate(
        self, image_rgb: np.ndarray, box_px: np.ndarray, angle_degrees: float = 0.0
    ) -> np.ndarray:
        """Return the surest pose of the person in ``box_px``.

        Parameters
        ----------
        image_rgb : (H, W, 3) uint8.
        box_px : (4,) x0, y0, x1, y1 in source pixels; may reach outside the image.
        angle_degrees : added to every angle.

        Returns
        -------
        (17, 3) float32: x, y in source pixels and score.

        Raises
        ------
        ValueError
            what the teacher raises.
        """
        best = self._teacher.estimate(image_rgb, box_px, angle_degrees)
        best_score = _sureness(best)
        if self._try_below is not None and best_score >= self._try_below:
            return best
        for angle in self._others:
            pose = self._teacher.estimate(image_rgb, box_px, angle_degrees + angle)
            score = _sureness(pose)
            if score > best_score:
                best, best_score = pose, score
        return best


def _sureness(pose: np.ndarray) -> float:
    """Return the mean score of the 13 joints of a (17, 3) pose; -inf where it is not finite."""
    score = float(mean_joint_score(pose[None])[0])
    return score if np.isfinite(score) else -np.inf
