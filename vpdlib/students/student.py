"""A trained student: the networks and all that is needed to use them."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn

from vpdlib.students.network import Decoder
from vpdlib.students.settings import StudentSettings


@dataclass
class TrainedStudent:
    """Networks of the best epoch, in evaluation mode.

    Attributes
    ----------
    settings : what it was trained with.
    encoder : (B, C, T, T) float32 -> descriptor (B, d).
    decoder : descriptor -> pose, then motion if it is learnt; for measuring and for `fuse_poses` only. None where
        the descriptor is the pose.
    pose_dim : length of the teacher's vector.
    rgb_mean, rgb_std : normalisation of R, G, B in 0..1.
    best_epoch : the epoch, from 1, whose weights these are.
    history : one dict per epoch: epoch, train_loss, val_loss, val_loss_average, seconds. Losses are
        the squared error summed over a target's numbers, averaged over frames.
    """

    settings: StudentSettings
    encoder: nn.Module
    decoder: Decoder | None
    pose_dim: int
    rgb_mean: tuple[float, float, float]
    rgb_std: tuple[float, float, float]
    best_epoch: int
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def dim(self) -> int:
        """Length d of the descriptor."""
        return self.settings.descriptor_dim or self.pose_dim

    def to(self, device: torch.device | str) -> TrainedStudent:
        """Move the networks to a device and put them in evaluation mode; return self."""
        for network in (self.encoder, self.decoder):
            if network is not None:
                network.to(device)
                network.eval()
        return self
