"""The contract of optical flow estimators.

Flow is float32 (S, S, 2) in crop pixels, x (right) then y (down): the displacement from the
previous crop to the current one, so what was at (x, y) in the previous crop is at (x + u, y + v) in
the current one (specification section 4).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np


class FlowEstimator(Protocol):
    """Finds the flow between two crops of the same rectangle."""

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
