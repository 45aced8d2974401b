"""Depthwise convolutions of maps smaller than their kernels, trained on a CPU.

The last blocks of a network made for pictures of 224 px see maps of 2 x 2 or 4 x 4 of an athlete's crop of 64 px. There
oneDNN takes up to sixty times as long for the gradient of a depthwise kernel as the sum of products that it is
(docs/performance.md); here it is that sum. N maps, C channels, size H x W, kernel k x k. Source: none,
an arrangement of the arithmetic.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional


class SmallMapConv2d(nn.Conv2d):
    """A depthwise convolution whose kernel's gradient is summed shift by shift where the map is small.

    Like torch's in all else, its parameters' names included; answers are the same bits, gradients the same sums in
    another order.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Convolve (N, C, H, W)."""
        is_small = max(input.shape[-2:]) <= max(self.kernel_size)
        pays = is_small and input.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
        if not pays or not torch.is_grad_enabled():
            return super().forward(input)
        answer: torch.Tensor = _SmallMap.apply(input, self.weight)
        return answer if self.bias is None else answer + self.bias[:, None, None]


class _SmallMap(torch.autograd.Function):
    """Stride 1, and as many zeros around as keep the size."""

    @staticmethod
    def forward(ctx: Any, maps: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(maps, weight)
        return _convolve(maps, weight)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        maps, weight = ctx.saved_tensors
        (grad,) = grads
        of_maps = of_weight = None
        if ctx.needs_input_grad[0]:
            # Convolved with the kernel turned by half a turn: the transposed convolution, at stride 1.
            of_maps = _convolve(grad, weight.flip(2, 3))
        if ctx.needs_input_grad[1]:
            of_weight = _kernel_gradient(maps, grad, weight)
        return of_maps, of_weight


def use_small_map_gradients(network: nn.Module) -> None:
    """Let the depthwise convolutions of a network that keep the size of their maps train so, in place."""
    for module in network.modules():
        if type(module) is nn.Conv2d and _keeps_size(module):
            module.__class__ = SmallMapConv2d


def _keeps_size(conv: nn.Conv2d) -> bool:
    rows, columns = conv.kernel_size
    return (
        conv.groups == conv.in_channels == conv.out_channels > 1
        and rows == columns > 1
        and rows % 2 == 1
        and conv.stride == (1, 1)
        and conv.dilation == (1, 1)
        and conv.padding == (rows // 2, columns // 2)
        and conv.padding_mode == "zeros"
    )


def _convolve(maps: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return functional.conv2d(maps, weight, padding=weight.shape[-1] // 2, groups=len(weight))


def _kernel_gradient(maps: torch.Tensor, grad: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Gradient (C, 1, k, k) of the kernels: for every shift, the sum of products of the map and what came back."""
    around = weight.shape[-1] // 2
    # Channels last, so that a product runs through all channels at once.
    seen, back = maps.permute(0, 2, 3, 1), grad.permute(0, 2, 3, 1)
    height, width = maps.shape[2:]
    gradient = torch.zeros_like(weight)
    for row in range(max(-around, 1 - height), min(around, height - 1) + 1):
        for column in range(max(-around, 1 - width), min(around, width - 1) + 1):
            moved = seen[:, _from(row, height), _from(column, width)]
            met = back[:, _from(-row, height), _from(-column, width)]
            gradient[:, 0, row + around, column + around] = (moved * met).sum((0, 1, 2))
    return gradient


def _from(shift: int, size: int) -> slice:
    """The places of a row of ``size`` that lie ``shift`` behind another place of it."""
    return slice(max(shift, 0), size + min(shift, 0))
