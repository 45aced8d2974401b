"""Parts that several networks are built of. Weights come from torch's current random state, in the order of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

#: Makes a residual block from the channels before and after, the stride and the shortcut (None: the identity).
MakeBlock = Callable[[int, int, int, nn.Module | None], nn.Module]


def perceptron(*widths: int) -> nn.Sequential:
    """Linear layers from each width to the next, ReLU between them."""
    layers: list[nn.Module] = []
    for before, width in pairwise(widths):
        layers += [nn.Linear(before, width), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers[:-1])


def residual_stages(
    widths: Sequence[int],
    blocks: Sequence[int],
    conv: type[nn.Conv2d | nn.Conv3d],
    norm: type[nn.BatchNorm2d | nn.BatchNorm3d],
    make_block: MakeBlock,
) -> list[list[nn.Module]]:
    """Blocks of a residual network after its stem; every stage but the first begins by halving the resolution.

    Parameters
    ----------
    widths, blocks : channels and number of blocks of each stage; the stem gives channels as of the first.
    conv, norm : of the shortcut where resolution or channels change.
    """
    stages: list[list[nn.Module]] = []
    before = widths[0]
    for width, num_blocks in zip(widths, blocks, strict=True):
        stage: list[nn.Module] = []
        for position in range(num_blocks):
            stride = 2 if stages and position == 0 else 1
            shortcut = None
            if stride != 1 or before != width:
                shortcut = nn.Sequential(
                    conv(before, width, 1, stride=stride, bias=False), norm(width)
                )
            stage.append(make_block(before, width, stride, shortcut))
            before = width
        stages.append(stage)
    return stages
