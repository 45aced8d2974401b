"""ST-GCN: spatial temporal graph convolutional network (Yan et al., AAAI 2018; docs/method.md section 11).

The network of the authors' code, for one person: ten blocks (the paper counts nine; the first one, without a residual
path, is the code's), each a graph convolution within a frame and a convolution over time.

Shapes: N clips, C channels, T frames, V joints, K kinds of neighbour.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vpdlib.baselines.graph import SkeletonGraph, partitioned_adjacency
from vpdlib.baselines.graph_network import GraphNetwork
from vpdlib.baselines.settings import STGCNSettings

#: Standard deviation of a convolution's initial weights, and of a normalisation's about one (the authors' code).
_INITIAL_STD = 0.02


class PartitionedGraphConv(nn.Module):
    """Graph convolution with weights of its own for every kind of neighbour.

    out[w] = sum over kinds k and joints v of adjacency[k, w, v] (W_k in[v] + b_k), in every frame.

    Parameters
    ----------
    in_channels, out_channels : channels of a joint before and after.
    num_kinds : K.
    """

    def __init__(self, in_channels: int, out_channels: int, num_kinds: int) -> None:
        super().__init__()
        self.num_kinds = num_kinds
        self.transform = nn.Conv2d(in_channels, out_channels * num_kinds, 1)

    def forward(self, values: Tensor, adjacency: Tensor) -> Tensor:
        """Values (N, C, T, V) and adjacency (K, V, V) to (N, C', T, V)."""
        by_kind = self.transform(values).unflatten(1, (self.num_kinds, -1))
        return torch.einsum("kwv,nkctv->nctw", adjacency, by_kind)


class STGCNBlock(nn.Module):
    """Graph convolution, convolution over time, residual path.

    Parameters
    ----------
    in_channels, out_channels : channels before and after.
    num_kinds : K.
    temporal_kernel : frames that the convolution over time sees, odd.
    stride : step over frames.
    dropout : fraction of values dropped before the residual path is added.
    residual : whether there is one; a 1x1 convolution where channels or frames change.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_kinds: int,
        temporal_kernel: int,
        *,
        stride: int,
        dropout: float,
        residual: bool,
    ) -> None:
        super().__init__()
        self.graph_conv = PartitionedGraphConv(in_channels, out_channels, num_kinds)
        self.over_time = nn.Sequential(
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(
                out_channels,
                out_channels,
                (temporal_kernel, 1),
                stride=(stride, 1),
                padding=(temporal_kernel // 2, 0),
            ),
            nn.BatchNorm2d(out_channels),
            nn.Dropout(dropout),
        )
        self.residual: nn.Module | None = None
        if residual and in_channels == out_channels and stride == 1:
            self.residual = nn.Identity()
        elif residual:
            self.residual = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=(stride, 1)),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, values: Tensor, adjacency: Tensor) -> Tensor:
        """Values (N, C, T, V) and adjacency (K, V, V) to (N, C', ceil(T / stride), V)."""
        result: Tensor = self.over_time(self.graph_conv(values, adjacency))
        if self.residual is not None:
            result = result + self.residual(values)
        return torch.relu(result)


class STGCN(GraphNetwork):
    """ST-GCN with edge importance weighting.

    Parameters
    ----------
    graph, num_channels : see `GraphNetwork`.
    num_classes : classes to tell apart.
    settings : partition, widths, depth, temporal kernel and dropout.
    """

    adjacency: Tensor

    def __init__(
        self, graph: SkeletonGraph, num_classes: int, num_channels: int, settings: STGCNSettings
    ) -> None:
        super().__init__(graph, num_channels)
        adjacency = torch.from_numpy(partitioned_adjacency(graph, settings.partition))
        self.register_buffer("adjacency", adjacency)
        blocks: list[nn.Module] = []
        in_channels = num_channels
        for stage, width in enumerate(settings.stage_widths):
            for index in range(settings.stage_blocks[stage]):
                is_first = not blocks
                blocks.append(
                    STGCNBlock(
                        in_channels,
                        width,
                        len(adjacency),
                        settings.temporal_kernel,
                        stride=2 if stage > 0 and index == 0 else 1,
                        dropout=0.0 if is_first else settings.dropout,
                        residual=not is_first,
                    )
                )
                in_channels = width
        self.blocks = nn.ModuleList(blocks)
        self.edge_importance = nn.ParameterList(
            nn.Parameter(torch.ones_like(adjacency)) for _ in blocks
        )
        self.classifier = nn.Linear(in_channels, num_classes)
        self.apply(_initialise)

    def through_blocks(self, values: Tensor) -> Tensor:
        """Poses (N, C, T, V) to (N, C', T', V)."""
        for block, importance in zip(self.blocks, self.edge_importance, strict=True):
            values = block(values, self.adjacency * importance)
        return values


def _initialise(module: nn.Module) -> None:
    """Initial weights of the authors' code; its 1x1 convolution as classifier is our linear layer."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, _INITIAL_STD)
        assert module.bias is not None
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, _INITIAL_STD)
        nn.init.zeros_(module.bias)
