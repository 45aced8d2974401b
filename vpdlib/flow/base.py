"""The contract of optical flow estimators.

Flow is float32 (S, S, 2) in crop pixels, x (right) then y (down): the displacement from the
previous crop to the current one, so what was at (x, y) in the previous crop is at (x + u, y + v) in
the current one (docs/method.md section 4). N is a number of pairs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np


class FlowEstimator(Protocol):
    """Finds the flow between two crops of the same rectangle."""

    #: Pairs that one call of `estimate_many` takes best.
    batch_size: int
    #: True where the work is done elsewhere than on the job's CPU threads.
    on_gpu: bool
    #: What an artifact says of the estimator besides the method's name.
    attributes: Mapping[str, Any]

    def estimate(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """Return the displacement from ``previous`` to ``current``.

        Parameters
        ----------
        previous, current : (S, S, 3) uint8 RGB crops.

        Returns
        -------
        (S, S, 2) float32 flow in crop px, given on the pixels of ``previous``.
        """
        ...

    def estimate_many(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """Return the displacement of each pair of crops, as :meth:`estimate` does one by one.

        Parameters
        ----------
        previous, current : (N, S, S, 3) uint8 RGB crops.

        Returns
        -------
        (N, S, S, 2) float32 flow in crop px.

        Raises
        ------
        ValueError
            If the two are not of this one shape.
        """
        ...


class PairByPair(ABC):
    """An estimator that takes pairs one by one, in their order, on the CPU."""

    batch_size = 64
    on_gpu = False
    attributes: Mapping[str, Any] = {}

    @abstractmethod
    def estimate(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """See :class:`FlowEstimator`."""

    def estimate_many(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """See :class:`FlowEstimator`."""
        check_crops(previous, current)
        flow = np.empty((*previous.shape[:3], 2), np.float32)
        for row in range(len(previous)):
            flow[row] = self.estimate(previous[row], current[row])
        return flow


def check_crops(previous: np.ndarray, current: np.ndarray) -> None:
    """Refuse what is not two stacks of RGB crops of one size.

    Raises
    ------
    ValueError
        With both shapes.
    """
    if previous.shape != current.shape or previous.ndim != 4 or previous.shape[3] != 3:
        raise ValueError(
            f"flow needs two (N, S, S, 3) stacks of crops of one size, got {previous.shape} and "
            f"{current.shape}"
        )
    if previous.dtype != np.uint8 or current.dtype != np.uint8:
        raise ValueError(
            f"flow needs uint8 crops (0..255), got {previous.dtype} and {current.dtype}"
        )
