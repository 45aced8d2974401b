"""The loss of VIPE*: two views near each other, another pose apart, and both views tell the 3D pose.

B pairs; embeddings (B, dim), 3D features (B, 91). All sums are over the batch, divided by B, so that
pairs without a negative count as pairs whose negative is far enough. Source: docs/method.md section
6.4.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

#: A negative at least this far costs nothing.
MARGIN = 1.0


class VipeLoss(NamedTuple):
    """The parts of the loss, scalars; their sum is what is minimised."""

    positive: torch.Tensor
    negative: torch.Tensor
    features: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        """Sum of the parts."""
        return self.positive + self.negative + self.features


def vipe_loss(
    first: torch.Tensor,
    second: torch.Tensor,
    negative: torch.Tensor,
    is_valid: torch.Tensor,
    decoded_first: torch.Tensor,
    decoded_second: torch.Tensor,
    target: torch.Tensor,
) -> VipeLoss:
    """Compute the loss of a batch, in float32.

    Parameters
    ----------
    first, second : (B, dim) embeddings of two views of one pose.
    negative : (B, dim) embeddings of another pose of the same motion.
    is_valid : (B,) bool, where there is a negative.
    decoded_first, decoded_second : (B, 91) what the decoder makes of `first` and `second`.
    target : (B, 91) features of the pose.

    Returns
    -------
    VipeLoss : each part summed over the batch and divided by B.
    """
    count = len(first)
    first, second, negative, target = (t.float() for t in (first, second, negative, target))
    # vector_norm has gradient 0 at 0, where a square root has none.
    apart = torch.linalg.vector_norm(first - second, dim=1)
    push = (MARGIN - torch.linalg.vector_norm(first - negative, dim=1)).clamp(min=0) * is_valid
    errors = (decoded_first.float() - target).square() + (decoded_second.float() - target).square()
    return VipeLoss(apart.sum() / count, push.sum() / count, errors.sum() / count)
