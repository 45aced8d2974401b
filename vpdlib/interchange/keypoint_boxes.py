"""Boxes around keypoints."""

from __future__ import annotations

import numpy as np

#: They are this much larger on each side: joints lie within the body.
_MARGIN = 0.1


def boxes_of_keypoints(keypoints_px: np.ndarray) -> np.ndarray:
    """Boxes around keypoints (T, 17, 3), a tenth larger on each side: (T, 4), NaN without any joint."""
    place = keypoints_px[..., :2]
    there = np.isfinite(place).all(axis=2)
    low = np.where(there[..., None], place, np.inf).min(axis=1)
    high = np.where(there[..., None], place, -np.inf).max(axis=1)
    # A single joint has no extent; a pixel makes its box.
    margin = np.maximum(_MARGIN * (high - low), 1.0)
    box_px = np.concatenate([low - margin, high + margin], axis=1).astype(np.float32)
    box_px[~there.any(axis=1)] = np.nan
    return box_px
