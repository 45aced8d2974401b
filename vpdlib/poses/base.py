"""The contract of pose teachers: views of people in, COCO-17 keypoints out, many at a time.

Frames: ``_px`` is source pixels, x right, y down, pixel (0, 0) covering [0, 1) x [0, 1): its centre is (0.5, 0.5).
Boxes are xyxy, end-exclusive. Angles are degrees, counter-clockwise as one looks at the picture. N is the number of
views.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vpdlib.people.base import check_image
from vpdlib.skeleton import COCO17

NUM_KEYPOINTS = len(COCO17)


@dataclass(frozen=True, eq=False)
class View:
    """A person in an image, as a teacher is to look at them.

    Parameters
    ----------
    image_rgb : (H, W, 3) uint8.
    box_px : (4,) x0, y0, x1, y1 in source pixels; may reach outside the image.
    angle_degrees : what the network is shown is rotated by this about the box's centre. Top-down
        networks resample the box in any case: the teacher turns it in that one step, rather than
        being handed a picture resampled before, and turns its keypoints back.

    Raises
    ------
    ValueError
        if the image has another shape or type, the box is empty or not finite, or the angle is not
        finite.
    """

    image_rgb: np.ndarray
    box_px: np.ndarray
    angle_degrees: float = 0.0

    def __post_init__(self) -> None:
        check_image(self.image_rgb)
        check_box(self.box_px)
        if not math.isfinite(self.angle_degrees):
            raise ValueError(f"angle_degrees is {self.angle_degrees}; give a finite number")


class PoseTeacher(Protocol):
    """Anything that estimates the poses of people in boxes."""

    @property
    def batch_size(self) -> int:
        """Views that the network takes at once; more are allowed, fewer leave it idle."""
        ...

    @property
    def attributes(self) -> Mapping[str, str]:
        """What made the poses, for the artifact: names and digests of configuration and weights."""
        ...

    def estimate_many(self, views: Sequence[View]) -> np.ndarray:
        """Return the poses of the people in these views.

        Returns
        -------
        (N, 17, 3) float32: x, y in source pixels and score in [0, 1], in the order of
        ``vpdlib.skeleton.COCO17``. Each is the same whatever views stand beside it, up to the
        rounding of floating point.
        """
        ...


class BatchedTeacher(ABC):
    """A teacher whose network takes at most ``batch_size`` views at once."""

    batch_size: int

    def estimate_many(self, views: Sequence[View]) -> np.ndarray:
        """See :class:`PoseTeacher`; any number of views."""
        batches = (
            views[start : start + self.batch_size]
            for start in range(0, len(views), self.batch_size)
        )
        return np.concatenate([no_poses(), *map(self._estimate_batch, batches)])

    @abstractmethod
    def _estimate_batch(self, views: Sequence[View]) -> np.ndarray:
        """Return the poses of 1 to ``batch_size`` views."""


def check_box(box_px: np.ndarray) -> None:
    """Check that a box is one.

    Raises
    ------
    ValueError
        if it is not (4,) finite xyxy with x1 > x0 and y1 > y0.
    """
    box = np.asarray(box_px, np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or (box[2:] <= box[:2]).any():
        raise ValueError(f"expected a box x0, y0, x1, y1 with x1 > x0 and y1 > y0, found {box_px}")


def cos_sin(angle_degrees: float) -> tuple[float, float]:
    """Return cosine and sine; exact for multiples of 90 degrees."""
    quarters, rest = divmod(angle_degrees, 90.0)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    return math.cos(math.radians(angle_degrees)), math.sin(math.radians(angle_degrees))


def turn_back(points: np.ndarray, centre: np.ndarray, angle_degrees: float) -> np.ndarray:
    """Return where points of a rotated picture lie in the picture as it was.

    Parameters
    ----------
    points : (..., 2) x, y, found in a picture rotated by `angle_degrees` about `centre`.
    centre : (2,) x, y.
    angle_degrees : counter-clockwise.

    Returns
    -------
    (..., 2) float64.
    """
    cos, sin = cos_sin(angle_degrees)
    u, v = np.moveaxis(np.asarray(points, np.float64) - centre, -1, 0)
    return np.stack([u * cos - v * sin, u * sin + v * cos], axis=-1) + centre


def rotated_box(box_px: np.ndarray, angle_degrees: float) -> np.ndarray:
    """Return the upright box that holds a box rotated about its centre.

    Networks that are shown a rectangle are given this one: an athlete who lies along the box is upright in
    the rotated picture, and would reach out of a rectangle of the box's own shape.

    Parameters
    ----------
    box_px : (4,) xyxy.
    angle_degrees : of the turn; for 0, the box itself to the bit.

    Returns
    -------
    (4,) float64 xyxy about the same centre.
    """
    box = np.asarray(box_px, np.float64)
    cos, sin = np.abs(cos_sin(angle_degrees))
    if sin == 0:
        return box
    width, height = box[2:] - box[:2]
    half = np.array([width * cos + height * sin, width * sin + height * cos]) / 2
    centre = (box[:2] + box[2:]) / 2
    return np.concatenate([centre - half, centre + half])


def no_poses() -> np.ndarray:
    """Return (0, 17, 3) float32."""
    return np.zeros((0, NUM_KEYPOINTS, 3), np.float32)
