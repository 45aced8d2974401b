"""A teacher that looks at the athlete at several angles and keeps its surest answer.

Pose networks learn from people who stand, sit or run; athletes who are upside down are lost, while
the same picture rotated upright is an easy one. Beyond the paper (which takes the teacher's answer as
it is, docs/method.md section 5). Works with any teacher: turning the picture and the keypoints back
is the teacher's part (``vpdlib.poses.base``). Angles are degrees, counter-clockwise. N is the number
of views.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from vpdlib.poses.base import PoseTeacher, View
from vpdlib.poses.normalize import mean_joint_score


class RotatedTeacher:
    """Another teacher, asked at several angles.

    The surest answer is the one with the greatest mean score of the 13 joints; of equals the earlier
    one, in the order 0 and then the other angles as given. A score that is not finite loses to any
    that is. Scores keep their meaning: they are those of the answer kept.

    Parameters
    ----------
    teacher : who is asked.
    angles_degrees : angles to show the athlete at, added to that of the view; 0 must be among them. With
        0 alone the answers are the teacher's own.
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

    @property
    def batch_size(self) -> int:
        """That of the teacher."""
        return self._teacher.batch_size

    @property
    def attributes(self) -> Mapping[str, str]:
        """Those of the teacher."""
        return self._teacher.attributes

    def estimate_many(self, views: Sequence[View]) -> np.ndarray:
        """Return the surest poses of the people in these views; (N, 17, 3) float32."""
        best = self._teacher.estimate_many(views)
        best_score = _sureness(best)
        unsure = np.arange(len(views))
        if self._try_below is not None:
            unsure = np.flatnonzero(best_score < self._try_below)
        if not self._others or not len(unsure):
            return best
        # All in one request: the unsure of one batch are too few to fill the network's.
        rotated = [
            replace(views[row], angle_degrees=views[row].angle_degrees + angle)
            for angle in self._others
            for row in unsure.tolist()
        ]
        answers = self._teacher.estimate_many(rotated).reshape(-1, len(unsure), *best.shape[1:])
        for poses in answers:
            score = _sureness(poses)
            surer = score > best_score[unsure]
            rows = unsure[surer]
            best[rows], best_score[rows] = poses[surer], score[surer]
        return best


def _sureness(poses: np.ndarray) -> np.ndarray:
    """Return the mean score of the 13 joints of (N, 17, 3) poses; -inf where it is not finite."""
    score = mean_joint_score(poses).astype(np.float64)
    return np.where(np.isfinite(score), score, -np.inf)
