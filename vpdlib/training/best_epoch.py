"""Which epoch of a training is kept: the one that does best on validation data, or the last without any."""

from __future__ import annotations

import math
from typing import Any

from torch import nn

from vpdlib.training.epochs import copy_state


class BestEpoch:
    """The best epoch so far: of highest accuracy, among those of lowest loss, among those the first.

    Parameters
    ----------
    network : what is trained; its weights are copied at the best epoch.

    Attributes
    ----------
    epoch : the best one's number, from 1; 0 before any is looked at.
    accuracy : the best one's, a share; NaN before any is looked at.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._weights: dict[str, Any] | None = None
        self._score = (-math.inf, -math.inf)
        self.epoch = 0
        self.accuracy = math.nan

    def look(self, epoch: int, accuracy: float, loss: float) -> bool:
        """Keep the network's weights if they are the best so far, and say whether they are.

        Parameters
        ----------
        epoch : that has ended, from 1.
        accuracy, loss : on validation data.
        """
        score = (accuracy, -loss)
        if not score > self._score:
            return False
        self.epoch, self.accuracy, self._score = epoch, accuracy, score
        self._weights = copy_state(self._network)
        return True

    def restore(self, last: int) -> int:
        """Give the network the best epoch's weights, and return its number; ``last`` where none was looked at."""
        if self._weights is None:
            return last
        self._network.load_state_dict(self._weights)
        return self.epoch
