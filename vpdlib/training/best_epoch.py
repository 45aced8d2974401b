"""Which epoch of a training is kept: the one that does best on validation data, or the last without any."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

#: How well an epoch does: of two, the one that is greater as a tuple is better.
Score = tuple[float, ...]


class BestEpoch:
    """The best epoch so far: of the highest score, among those the first.

    Parameters
    ----------
    network : what is trained; its weights are copied at the best epoch.

    Attributes
    ----------
    epoch : the best one's number, from 1; 0 before any is looked at.
    score : the best one's; minus infinity before any is looked at.
    risen : the last epoch at which the first number of the score rose by more than its margin; 0 before any is looked
        at.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._weights: dict[str, Tensor] = {}
        self.epoch = 0
        self.risen = 0
        self._level = -math.inf
        self.score: Score = (-math.inf,)

    def look(self, epoch: int, score: Score, margin: float = 0.0) -> None:
        """Keep the network's weights if the epoch that has ended, from 1, is the best so far.

        Parameters
        ----------
        epoch, score : of the epoch.
        margin : by how much the first number of the score must be above what it last rose to, to have risen.
        """
        if score[0] > self._level + margin:
            self.risen, self._level = epoch, score[0]
        if score > self.score:
            self.epoch, self.score = epoch, score
            weights = self._network.state_dict()
            self._weights = {name: tensor.detach().clone() for name, tensor in weights.items()}

    def restore(self, last: int) -> int:
        """Give the network the best epoch's weights, and return its number; ``last`` where none was looked at."""
        if not self.epoch:
            return last
        self._network.load_state_dict(self._weights)
        return self.epoch

    def state_dict(self) -> dict[str, Any]:
        """Return what a saved state must hold."""
        return {
            "epoch": self.epoch,
            "risen": self.risen,
            "level": self._level,
            "score": self.score,
            "weights": self._weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.epoch, self.risen, self._level, self.score, self._weights = (
            state[k] for k in ("epoch", "risen", "level", "score", "weights")
        )
