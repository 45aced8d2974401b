"""The contract of pose teachers: an image and a person's box in, COCO-17 keypoints out.

Frames: ``_px`` is source pixels, x right, y down, pixel (0, 0) covering [0, 1) x [0, 1); boxes are
xyxy, end-exclusive. Angles are degrees, counter-clockwise as one looks at the picture.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

TeacherName = Literal["movenet_thunder"]


class PoseTeacher(Protocol):
    """Anything that estimates the pose of the person in a box."""

    def estimate(
        self, image_rgb: np.ndarray, box_px: np.ndarray, angle_degrees: float = 0.0
    ) -> np.ndarray:
        """Return the pose of the person in ``box_px``.

        Parameters
        ----------
        image_rgb : (H, W, 3) uint8.
        box_px : (4,) x0, y0, x1, y1 in source pixels; may reach outside the image.
        angle_degrees : what the network is shown is turned by this about the box's centre. Top-down
            networks resample the box in any case: the teacher turns it in that one step, rather
            than being handed a picture resampled before, and turns its keypoints back.

        Returns
        -------
        (17, 3) float32: x, y in source pixels and score, in the order of
        ``vpdlib.skeleton.COCO17``.

        Raises
        ------
        ValueError
            if the image has another shape or type, or the box is empty or not finite.
        """
        ...
