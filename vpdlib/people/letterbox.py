"""Fitting an image into a square network input without changing its proportions, and the way back.

Frames: ``_px`` is source pixels, ``_input`` network-input pixels; both continuous, pixel (0, 0)
covering [0, 1) x [0, 1). The picture is centred; what is left over is black.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Letterbox:
    """Where the picture lies in the input: x_input = x_px * scale_x + left, likewise y."""

    scale_x: float
    scale_y: float
    left: int
    top: int

    def to_px(self, xy_input: np.ndarray) -> np.ndarray:
        """Map (..., 2) input coordinates x, y to source pixels."""
        return (xy_input - (self.left, self.top)) / (self.scale_x, self.scale_y)

    def boxes_to_px(self, box_input: np.ndarray) -> np.ndarray:
        """Map (K, 4) xyxy boxes from the input to source pixels."""
        return self.to_px(box_input.reshape(-1, 2, 2)).reshape(-1, 4)


def letterbox(image: np.ndarray, size: int) -> tuple[np.ndarray, Letterbox]:
    """Fit an image into a square.

    Parameters
    ----------
    image : (H, W, C) uint8.
    size : side of the square, pixels.

    Returns
    -------
    The (size, size, C) uint8 input, and where the picture lies in it.
    """
    height, width = image.shape[:2]
    ratio = size / max(height, width)
    new_width, new_height = max(round(width * ratio), 1), max(round(height * ratio), 1)
    # Averaging while shrinking: bilinear sampling alone skips pixels beyond a factor of two.
    method = cv2.INTER_AREA if ratio < 0.5 else cv2.INTER_LINEAR
    resized = cv2.resize(image, (new_width, new_height), interpolation=method)
    left, top = (size - new_width) // 2, (size - new_height) // 2
    canvas = np.zeros((size, size, image.shape[2]), np.uint8)
    canvas[top : top + new_height, left : left + new_width] = resized
    return canvas, Letterbox(new_width / width, new_height / height, left, top)
