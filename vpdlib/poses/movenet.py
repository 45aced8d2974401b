"""MoveNet Thunder: COCO-17 keypoints of one person from a square region around its box.

Input: 256 x 256 RGB, int32, (1, 256, 256, 3). Output (1, 1, 17, 3): y, x (fraction of the input's
side), score. Frames: ``_px`` is source pixels; ``_input`` is pixels of the 256 x 256 input; both
continuous. The region may be shown rotated about its centre; angles are degrees, counter-clockwise as
one looks at the picture. Turning is part of the one resampling that cuts the region.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from vpdlib.poses.base import View, check_box, cos_sin, no_poses
from vpdlib.provenance import digest_file
from vpdlib.weights.check import onnx_path
from vpdlib.weights.session import open_session

#: Its name among the embedded networks.
NETWORK = "movenet-thunder"
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
    check_box(box_px)
    box = np.asarray(box_px, np.float64)
    if not margin > 0:
        raise ValueError(f"margin is {margin}; give a positive number")
    half = (box[2:] - box[:2]).max() * margin / 2
    centre = (box[:2] + box[2:]) / 2
    return np.concatenate([centre - half, centre + half])


def _rotated(region_px: np.ndarray, angle_degrees: float) -> tuple[float, float, float, float]:
    """Return where the rotated picture's corner lies and how its x axis runs.

    Rotated by `angle_degrees` about the region's centre, the picture's point (u, v), pixels from its
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
    cos, sin = cos_sin(angle_degrees)
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
    angle_degrees : the picture is rotated by this about the square's centre, counter-clockwise, in the
        same resampling; the square keeps its side.

    Returns
    -------
    (size, size, C) uint8, bilinear; averaged over the finer samples where it shrinks.
    """
    x, y, cos, sin = _rotated(region_px, angle_degrees)
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
    return sample(image, to_source, size, factor)


def sample(image: np.ndarray, to_source: np.ndarray, size: int, factor: int) -> np.ndarray:
    """Sample an image bilinearly at ``factor`` x ``factor`` points a pixel, and average them.

    Parameters
    ----------
    image : (H, W, C) uint8.
    to_source : (2, 3), from the array indices of the finer samples to those of the image.
    size, factor : pixels a side of the result, and samples a side of a pixel.

    Returns
    -------
    (size, size, C) uint8; zeros outside the image.
    """
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
        self._session = open_session(NETWORK, networks_dir, threads)
        self._networks_dir = networks_dir
        self._margin = margin

    @property
    def batch_size(self) -> int:
        """1: the network is made for one picture."""
        return 1

    @property
    def attributes(self) -> Mapping[str, str]:
        """Name and digest of the network."""
        return {
            "teacher_checkpoint": NETWORK,
            "teacher_checkpoint_sha256": digest_file(onnx_path(NETWORK, self._networks_dir)),
        }

    def estimate_many(self, views: Sequence[View]) -> np.ndarray:
        """Return (N, 17, 3) float32 x, y in source pixels and score of the people in these views."""
        if not views:
            return no_poses()
        return np.stack([self._estimate(view) for view in views])

    def _estimate(self, view: View) -> np.ndarray:
        region = pose_region(view.box_px, self._margin)
        crop = cut_region(view.image_rgb, region, INPUT_SIZE, view.angle_degrees)
        (output,) = self._session.run(["Identity"], {"input": crop[None].astype(np.int32)})
        v, u, score = output[0, 0].T
        side = region[2] - region[0]
        u, v = u * side, v * side
        x, y, cos, sin = _rotated(region, view.angle_degrees)
        return np.stack([x + (u * cos - v * sin), y + (u * sin + v * cos), score], axis=-1).astype(
            np.float32
        )
