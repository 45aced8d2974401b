"""MoveNet Thunder: COCO-17 keypoints of one person from a square region around its box.

Input: 256 x 256 RGB, int32, (1, 256, 256, 3). Output (1, 1, 17, 3): y, x (share of the input's
side), score. Frames: ``_px`` is source pixels; ``_input`` is pixels of the 256 x 256 input; both
continuous.
"""

from __future__ import annotations

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


def cut_region(image: np.ndarray, region_px: np.ndarray, size: int) -> np.ndarray:
    """Return a square region of an image, resampled; zeros where it lies outside the image.

    Parameters
    ----------
    image : (H, W, C) uint8.
    region_px : (4,) xyxy square, source pixels, need not be whole numbers.
    size : side of the result, pixels.

    Returns
    -------
    (size, size, C) uint8, bilinear; averaged over the finer samples where it shrinks.
    """
    x0, y0, x1, _ = (float(value) for value in region_px)
    step = (x1 - x0) / size
    # Sampling on a grid `factor` times finer and averaging it: no pixel is skipped (up to a region of
    # 2,048 pixels; the limit keeps the memory of a senseless box small).
    factor = min(max(round(step), 1), _FINEST)
    fine = step / factor
    # Output pixel i is centred at i + 0.5; the array index of a centre is its coordinate less 0.5.
    to_source = np.array([[fine, 0, x0 + fine / 2 - 0.5], [0, fine, y0 + fine / 2 - 0.5]])
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

    def estimate(self, image_rgb: np.ndarray, box_px: np.ndarray) -> np.ndarray:
        """Return (17, 3) float32 x, y in source pixels and score of the person in ``box_px`` (4,)."""
        check_image(image_rgb)
        region = pose_region(box_px, self._margin)
        crop = cut_region(image_rgb, region, INPUT_SIZE)
        (output,) = self._session.run(["Identity"], {"input": crop[None].astype(np.int32)})
        y, x, score = output[0, 0].T
        side = region[2] - region[0]
        return np.stack([region[0] + x * side, region[1] + y * side, score], axis=-1).astype(
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
