"""What graph networks on poses share: every channel of every joint is normalised, and blocks are followed by classes.

Shapes: N clips, C channels, T frames, V joints.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from vpdlib.baselines.graph import SkeletonGraph


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


class GraphNetwork(nn.Module, ABC):
    """A network on poses; its blocks are those of a subclass, which also sets `classifier`, a linear layer.

    Parameters
    ----------
    graph : the skeleton, V joints.
    num_channels : C of the poses, e.g. 2 for x, y or 3 with a score.
    """

    classifier: nn.Linear

    def __init__(self, graph: SkeletonGraph, num_channels: int) -> None:
        super().__init__()
        self.norm = JointNorm(num_channels, graph.num_joints)

    @abstractmethod
    def through_blocks(self, values: Tensor) -> Tensor:
        """Normalised poses (N, C, T, V) to (N, C', T', V), C' as the classifier takes."""

    def forward(self, poses: Tensor) -> Tensor:
        """Poses (N, C, T, V) to logits (N, num_classes).

        Raises
        ------
        ValueError
            For another number of channels or joints than the network was built for.
        """
        values = self.through_blocks(self.norm(poses))
        logits: Tensor = self.classifier(values.mean(dim=(2, 3)))
        return logits
