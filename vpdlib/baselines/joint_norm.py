"""Batch normalisation of what a graph network reads: every channel of every joint by itself."""

from __future__ import annotations

from torch import Tensor, nn


class JointNorm(nn.Module):
    """Normalises each of the C V channels of a pose over clips and frames (Yan et al., AAAI 2018).

    Parameters
    ----------
    num_channels : C.
    num_joints : V.
    """

    def __init__(self, num_channels: int, num_joints: int) -> None:
        super().__init__()
        self.num_channels, self.num_joints = num_channels, num_joints
        self.norm = nn.BatchNorm1d(num_channels * num_joints)

    def forward(self, poses: Tensor) -> Tensor:
        """(N, C, T, V) to the same shape.

        Raises
        ------
        ValueError
            For another number of channels or joints.
        """
        if poses.ndim != 4 or poses.shape[1::2] != (self.num_channels, self.num_joints):
            raise ValueError(
                f"graph network: expected poses (clips, {self.num_channels} channels, frames, "
                f"{self.num_joints} joints), got {tuple(poses.shape)}; build the network for the "
                "channels and the skeleton that it is fed"
            )
        rows = poses.permute(0, 3, 1, 2)
        normalised: Tensor = self.norm(rows.flatten(1, 2))
        return normalised.unflatten(1, rows.shape[1:3]).permute(0, 2, 3, 1)
