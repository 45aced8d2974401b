"""Storing flow in 8 bits.

Flow (..., S, S, 2) in crop pixels is centred by its median, clipped to plus and minus ``max_px``,
and mapped linearly to 0..255 with rounding. The scale is symmetric: flipping flow horizontally
negates u, which in 8 bits is 255 - u. (The released code truncates with a scale of 255/41, which
leaves a bias; docs/method.md sections 4 and 12.)
"""

from __future__ import annotations

import numpy as np


def quantise(
    flow: np.ndarray, max_px: float = 20.0, subtract_median: bool = True
) -> tuple[np.ndarray, int]:
    """Turn flow into 8 bits.

    Parameters
    ----------
    flow : (S, S, 2) float, crop px. Values that are not finite count as "no motion": they are left
        out of
        the median and become 0 after it.
    max_px : limit of the stored flow in crop px.
    subtract_median : subtract the medians of u and of v over the crop.

    Returns
    -------
    q : (S, S, 2) uint8, round((f + max_px) * 255 / (2 * max_px)).
    num_masked : number of pixels at which u or v was not finite.

    Raises
    ------
    ValueError
        If the last axis is not 2.
    """
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise ValueError(f"quantise: flow must be (S, S, 2), got {flow.shape}")
    # Plane by plane: medians of values that lie side by side are found twice as fast.
    planes = np.moveaxis(flow, 2, 0).astype(np.float64, order="C")
    usable = np.isfinite(planes).all(axis=0)
    if subtract_median and usable.any():
        planes -= np.median(planes[:, usable], axis=1)[:, None, None]
    planes[:, ~usable] = 0.0
    scaled = (np.clip(planes, -max_px, max_px) + max_px) * (255 / (2 * max_px))
    quantised = np.ascontiguousarray(np.moveaxis(np.rint(scaled), 0, 2), dtype=np.uint8)
    return quantised, int(np.count_nonzero(~usable))


def dequantise(q: np.ndarray, max_px: float = 20.0) -> np.ndarray:
    """Turn 8-bit flow back into crop px.

    Parameters
    ----------
    q : uint8 array of any shape.
    max_px : the limit it was stored with.

    Returns
    -------
    float32 array of the same shape, within max_px / 255 of the clipped flow; ``dequantise(255 -
    q)`` is exactly ``-dequantise(q)``.
    """
    return ((2 * np.asarray(q, dtype=np.float32) - 255) * np.float32(max_px / 255)).astype(
        np.float32
    )
