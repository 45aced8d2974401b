"""MoveNet Thunder: COCO-17 keypoints of one person from a square region around its box.

Input: 256 x 256 RGB, int32, (1, 256, 256, 3). Output (1, 1, 17, 3): y, x (share of the input's
side), score. Frames: ``_px`` is source pixels; ``_input`` is pixels of the 256 x 256 input; both
continuous. The region may be shown turned about its centre; angles are degrees, counter-clockwise as
one looks at the picture. Turning is part of the one resampling that cuts the region.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from vpdlib.people.base import check_image
from vpdlib.poses.base import PoseTeacher, TeacherName
from vpdlib.weights.session import open_session

INPUT_SIZE = 256
_FINEST = 8

#: Side of the square region over the longer side of the box.
DEFAULT_MARGIN = 1.25


def pose_region(box_px: np.ndarray, margin: float) -> np.ndarray:
    """Return the square around a box that the network is shown.

    Parameters
    ----------
    box_px : (4,) xyxy in source pixels.
    margin : side of the square over the longer side of the box.

    Returns
    -------
    (4,) float64 xyxy, with the centre of the box; may reach outside the image.

    Raises
    ------
    ValueError
        if the box is empty or not finite, or the margin not positive.
    """
    box = np.asarray(box_px, np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or (box[2:] <= box[:2]).any():
        raise ValueError(f"expected a box x0, y0, x1, y1 with x1 > x0 and y1 > y0, found {box_px}")
    if not margin > 0:
        raise ValueError(f"margin is {margin}; give a positive number")
    half = (box[2:] - box[:2]).max() * margin / 2
    centre = (box[:2] + box[2:]) / 2
    return np.concatenate([centre - half, centre + half])


def _turned(region_px: np.ndarray, angle_degrees: float) -> tuple[float, float, float, float]:
    """Return where the turned picture's corner lies and how its x axis runs.

    Turned by `angle_degrees` about the region's centre, the picture's point (u, v), pixels from its
    upper left corner, is the source point (x + u cos - v sin, y + u sin + v cos).

    Parameters
    ----------
    region_px : (4,) xyxy square, source pixels.
    angle_degrees : counter-clockwise.

    Returns
    -------
    x, y of the corner in source pixels, then cos and sin; exact for multiples of 90 degrees, and for
    0 the square's own corner to the bit.
    """
    quarters, rest = divmod(angle_degrees, 90.0)
    if rest == 0:
        cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    else:
        cos, sin = (f(math.radians(angle_degrees)) for f in (math.cos, math.sin))
    x0, y0, x1, _ = (float(value) for value in region_px)
    half = (x1 - x0) / 2
    return x0 + half * (1 - cos + sin), y0 + half * (1 - cos - sin), cos, sin


def cut_region(
    image: np.ndarray, region_px: np.ndarray, size: int, angle_degrees: float = 0.0
) -> np.ndarray:
    """Return a square region of an image, resampled; zeros where it lies outside the image.

    Parameters
    ----------
    image : (H, W, C) uint8.
    region_px : (4,) xyxy square, source pixels, need not be whole numbers.
    size : side of the result, pixels.
    angle_degrees : the picture is turned by this about the square's centre, counter-clockwise, in the
        same resampling; the square keeps its side.

    Returns
    -------
    (size, size, C) uint8, bilinear; averaged over the finer samples where it shrinks.
    """
    x, y, cos, sin = _turned(region_px, angle_degrees)
    step = (float(region_px[2]) - float(region_px[0])) / size
    # Sampling on a grid `factor` times finer and averaging it: no pixel is skipped (up to a region of
    # 2,048 pixels; the limit keeps the memory of a senseless box small).
    factor = min(max(round(step), 1), _FINEST)
    fine = step / factor
    # Output pixel i is centred at i + 0.5; the array index of a centre is its coordinate less 0.5.
    right, down = fine * cos, fine * sin
    to_source = np.array(
        [
            [right, -down, x + (right - down) / 2 - 0.5],
            [down, right, y + (down + right) / 2 - 0.5],
        ]
    )
    sampled = cv2.warpAffine(
        image,
        to_source,
        (size * factor, size * factor),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0),
    )
    return (
        sampled if factor == 1 else cv2.resize(sampled, (size, size), interpolation=cv2.INTER_AREA)
    )


class MoveNetThunder:
    """The MoveNet Thunder teacher on ONNX Runtime.

    Parameters
    ----------
    networks_dir : the folder of converted networks.
    threads : threads one call may use.
    margin : side of the square region over the longer side of the box.

    Raises
    ------
    WeightsError
        if the network is missing or not the expected one.
    """

    def __init__(self, networks_dir: Path, threads: int, margin: float = DEFAULT_MARGIN) -> None:
        self._session = open_session("movenet-thunder", networks_dir, threads)
        self._margin = margin

    def estimate(
        self, image_rgb: np.ndarray, box_px: np.ndarray, angle_degrees: float = 0.0
    ) -> np.ndarray:
        """Return (17, 3) float32 x, y in source pixels and score of the person in ``box_px`` (4,).

        The network is shown the picture turned by ``angle_degrees``, counter-clockwise; its keypoints
        are turned back.
        """
        check_image(image_rgb)
        region = pose_region(box_px, self._margin)
        crop = cut_region(image_rgb, region, INPUT_SIZE, angle_degrees)
        (output,) = self._session.run(["Identity"], {"input": crop[None].astype(np.int32)})
        v, u, score = output[0, 0].T
        side = region[2] - region[0]
        u, v = u * side, v * side
        x, y, cos, sin = _turned(region, angle_degrees)
        return np.stack([x + (u * cos - v * sin), y + (u * sin + v * cos), score], axis=-1).astype(
            np.float32
        )


def build_teacher(
    name: TeacherName, networks_dir: Path, threads: int, margin: float = DEFAULT_MARGIN
) -> PoseTeacher:
    """Make the pose teacher of that name.

    Parameters
    ----------
    name : "movenet_thunder".
    networks_dir : the folder of converted networks.
    threads : threads one call may use.
    margin : side of the square region over the longer side of the box.

    Raises
    ------
    ValueError
        if no teacher has that name.
    WeightsError
        if the network is missing or not the expected one.
    """
    if name != "movenet_thunder":
        raise ValueError(f"no embedded pose teacher is called {name!r}; there is movenet_thunder")
    return MoveNetThunder(networks_dir, threads, margin)
