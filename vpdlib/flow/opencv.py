"""Optical flow on the CPU by OpenCV: dense inverse search (DIS) and Farneback.

Both work on grey crops and answer float32 (S, S, 2) in crop pixels, previous to current. They stand
in for the paper's RAFT where there is no GPU (docs/method.md section 4).
"""

from __future__ import annotations

import cv2
import numpy as np

from vpdlib.flow.base import PairByPair

_DIS_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


class DisFlow(PairByPair):
    """Dense inverse search (Kroeger et al., ECCV 2016), as OpenCV implements it."""

    def __init__(self, preset: str = "medium") -> None:
        if preset not in _DIS_PRESETS:
            raise ValueError(f"DIS has the presets {', '.join(_DIS_PRESETS)}, not {preset!r}")
        self._algorithm = cv2.DISOpticalFlow.create(_DIS_PRESETS[preset])

    def estimate(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """See :class:`vpdlib.flow.base.FlowEstimator`."""
        before, after = _grey_pair(previous, current)
        flow = np.zeros((*before.shape, 2), np.float32)
        return np.asarray(self._algorithm.calc(before, after, flow), np.float32)


class FarnebackFlow(PairByPair):
    """Polynomial expansion (Farneback, SCIA 2003), as OpenCV implements it."""

    def estimate(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """See :class:`vpdlib.flow.base.FlowEstimator`."""
        flow = cv2.calcOpticalFlowFarneback(
            *_grey_pair(previous, current),
            None,  # type: ignore[call-overload]
            pyr_scale=0.5,
            levels=4,
            winsize=15,
            iterations=3,
            poly_n=5,
            poly_sigma=1.1,
            flags=0,
        )
        return np.asarray(flow, np.float32)


def _grey_pair(previous: np.ndarray, current: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if previous.shape != current.shape or previous.ndim != 3 or previous.shape[2] != 3:
        raise ValueError(
            f"flow needs two (S, S, 3) crops of one size, got {previous.shape} and {current.shape}"
        )
    return cv2.cvtColor(previous, cv2.COLOR_RGB2GRAY), cv2.cvtColor(current, cv2.COLOR_RGB2GRAY)
