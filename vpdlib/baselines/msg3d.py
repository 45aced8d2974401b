"""MS-G3D: disentangled multi-scale and unified space-time graph convolutions (Liu et al., CVPR 2020).

The network of the authors' code, for one person (docs/method.md section 11). Each of its three blocks adds up two kinds
of path: a multi-scale graph convolution within a frame followed by multi-scale convolutions over time, and, one for
each window size, graph convolutions over a window of frames taken as one graph (G3D).

Shapes: N clips, C channels, T frames, V joints, K scales, U nodes of a graph (V, or V times the frames of a window).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vpdlib.baselines.graph import SkeletonGraph, disentangled_adjacency, window_adjacency
from vpdlib.baselines.graph_network import GraphNetwork
from vpdlib.baselines.settings import MSG3DSettings

#: Bound of the initial residual masks, which are uniform about zero (the authors' code).
_MASK_BOUND = 1e-6


class MultiScaleGraphConv(nn.Module):
    """Graph convolution over neighbours at every distance, each distance with weights of its own.

    out[w] = relu(norm(sum over scales k and nodes v of (adjacency[k, w, v] + mask[k, w, v]) W_k in[v] + b)), with a
    learnt mask that starts near zero and need not be of the graph.

    Parameters
    ----------
    adjacency : (K, U, U), normalised.
    in_channels, out_channels : channels of a node before and after.
    """

    adjacency: Tensor

    def __init__(self, adjacency: np.ndarray, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.register_buffer("adjacency", torch.from_numpy(adjacency))
        self.mask = nn.Parameter(torch.empty(adjacency.shape).uniform_(-_MASK_BOUND, _MASK_BOUND))
        self.transform = nn.Sequential(
            nn.Conv2d(len(adjacency) * in_channels, out_channels, 1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )

    def gather(self, values: Tensor) -> Tensor:
        """Values (N, C, T, U) to what every node gathers at every scale, (N, K C, T, U)."""
        by_scale = torch.einsum("kwv,nctv->nkctw", self.adjacency + self.mask, values)
        return by_scale.flatten(1, 2)

    def forward(self, values: Tensor) -> Tensor:
        """Values (N, C, T, U) to (N, C', T, U)."""
        result: Tensor = self.transform(self.gather(values))
        return result


class MultiScaleTemporalConv(nn.Module):
    """Parallel convolutions over time with several dilations, a max pooling and a plain branch; residual path.

    Parameters
    ----------
    in_channels, out_channels : channels before and after; each branch gives an equal part of the latter.
    stride : step over frames.
    dilations : of the branches with a convolution over three frames.
    activate : whether a ReLU ends it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int,
        dilations: tuple[int, ...],
        activate: bool = True,
    ) -> None:
        super().__init__()
        self.activate = activate
        width = out_channels // (len(dilations) + 2)
        branches = [
            nn.Sequential(
                *_pointwise(in_channels, width),
                nn.ReLU(),
                nn.Conv2d(
                    width,
                    width,
                    (3, 1),
                    stride=(stride, 1),
                    padding=(dilation, 0),
                    dilation=(dilation, 1),
                ),
                nn.BatchNorm2d(width),
            )
            for dilation in dilations
        ]
        branches.append(
            nn.Sequential(
                *_pointwise(in_channels, width),
                nn.ReLU(),
                nn.MaxPool2d((3, 1), stride=(stride, 1), padding=(1, 0)),
                nn.BatchNorm2d(width),
            )
        )
        branches.append(_pointwise(in_channels, width, stride))
        self.branches = nn.ModuleList(branches)
        self.residual: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.residual = _pointwise(in_channels, out_channels, stride)

    def forward(self, values: Tensor) -> Tensor:
        """Values (N, C, T, V) to (N, C', ceil(T / stride), V)."""
        parts = torch.cat([branch(values) for branch in self.branches], dim=1)
        result: Tensor = parts + self.residual(values)
        return torch.relu(result) if self.activate else result


class G3DPathway(nn.Module):
    """Graph convolution over sliding windows of frames, each window one graph that joins all its frames.

    Parameters
    ----------
    adjacency : (V, V) of the skeleton, 0 and 1.
    in_channels, hidden, out_channels : channels before, after the graph convolution, and after the window's frames are
        brought together.
    num_scales : K.
    window : frames of a window, odd; beyond the clip's ends it reads zeros.
    stride : step over frames.
    """

    def __init__(
        self,
        adjacency: np.ndarray,
        in_channels: int,
        hidden: int,
        out_channels: int,
        *,
        num_scales: int,
        window: int,
        stride: int,
    ) -> None:
        super().__init__()
        self.window, self.stride = window, stride
        self.graph_conv = MultiScaleGraphConv(
            disentangled_adjacency(window_adjacency(adjacency, window), num_scales),
            in_channels,
            hidden,
        )
        self.collapse = nn.Conv3d(hidden, out_channels, (1, window, 1))
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, values: Tensor) -> Tensor:
        """Values (N, C, T, V) to (N, C', ceil(T / stride), V)."""
        windows = unfold_windows(values, self.window, self.stride)
        result = self.graph_conv(windows).unflatten(3, (self.window, values.shape[3]))
        result = self.norm(self.collapse(result).squeeze(3))
        assert isinstance(result, Tensor)
        return result


class MSG3DBlock(nn.Module):
    """One block: the factorised path and the G3D pathways, added; then a multi-scale convolution over time.

    Parameters
    ----------
    adjacency : (V, V) of the skeleton, 0 and 1.
    in_channels, out_channels : channels before and after.
    is_first : the first block widens in its graph convolutions and keeps all frames; the others widen later and keep
        every second frame.
    settings : scales, windows and dilations.
    """

    def __init__(
        self,
        adjacency: np.ndarray,
        in_channels: int,
        out_channels: int,
        *,
        is_first: bool,
        settings: MSG3DSettings,
    ) -> None:
        super().__init__()
        hidden = out_channels if is_first else in_channels
        stride = 1 if is_first else 2
        dilations = settings.temporal_dilations
        self.factorised = nn.Sequential(
            MultiScaleGraphConv(
                disentangled_adjacency(adjacency, settings.gcn_scales), in_channels, hidden
            ),
            MultiScaleTemporalConv(hidden, out_channels, stride=stride, dilations=dilations),
            MultiScaleTemporalConv(
                out_channels, out_channels, stride=1, dilations=dilations, activate=False
            ),
        )
        self.pathways = nn.ModuleList(
            G3DPathway(
                adjacency,
                in_channels,
                hidden,
                out_channels,
                num_scales=settings.g3d_scales,
                window=window,
                stride=stride,
            )
            for window in settings.window_sizes
        )
        self.over_time = MultiScaleTemporalConv(
            out_channels, out_channels, stride=1, dilations=dilations
        )

    def forward(self, values: Tensor) -> Tensor:
        """Values (N, C, T, V) to (N, C', T or ceil(T / 2), V)."""
        total = self.factorised(values)
        for pathway in self.pathways:
            total = total + pathway(values)
        result: Tensor = self.over_time(torch.relu(total))
        return result


class MSG3D(GraphNetwork):
    """MS-G3D. Any number of frames will do, even one.

    Parameters
    ----------
    graph, num_channels : see `GraphNetwork`.
    num_classes : classes to tell apart.
    settings : widths, scales, windows and dilations.
    """

    def __init__(
        self, graph: SkeletonGraph, num_classes: int, num_channels: int, settings: MSG3DSettings
    ) -> None:
        super().__init__(graph, num_channels)
        widths = (num_channels, *settings.widths)
        self.blocks = nn.Sequential(
            *(
                MSG3DBlock(
                    graph.adjacency(),
                    widths[index],
                    widths[index + 1],
                    is_first=index == 0,
                    settings=settings,
                )
                for index in range(len(settings.widths))
            )
        )
        self.classifier = nn.Linear(widths[-1], num_classes)

    def through_blocks(self, values: Tensor) -> Tensor:
        """Poses (N, C, T, V) to (N, C', T', V)."""
        result: Tensor = self.blocks(values)
        return result


def unfold_windows(values: Tensor, window: int, stride: int) -> Tensor:
    """Windows of frames centred on every ``stride``-th frame, the clip continued by zeros at both ends.

    Values (N, C, T, V) to (N, C, ceil(T / stride), window V), frame by frame; ``window`` is odd.
    """
    half = window // 2
    padded = functional.pad(values, (0, 0, half, half))
    return padded.unfold(2, window, stride).transpose(3, 4).flatten(3)


def _pointwise(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    """A 1x1 convolution on every ``stride``-th frame, normalised."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride=(stride, 1)), nn.BatchNorm2d(out_channels)
    )
