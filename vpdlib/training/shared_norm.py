"""Batch normalisation by the mean and variance of a batch that several processes share.

torch's SyncBatchNorm does so on GPUs alone; this one does on any device. Each process gathers count, mean and squared
deviations of every channel from all, and joins them in the same order, so that running statistics stay the same bits
everywhere. In evaluation mode nothing differs from torch's. Maps are (N, C, H, W), of which a process has its own N.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import distributed, nn
from torch.nn import functional

_PLACES = (0, 2, 3)


class SharedBatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` whose batches lie in all processes of the default group."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Normalise maps (N, C, H, W); every process must come here, in the same order."""
        if not self.training:
            return super().forward(input)
        answer, mean, variance, count = _Normalise.apply(input, self.weight, self.bias, self.eps)
        running = self.num_batches_tracked, self.running_mean, self.running_var
        # `share_batch_norm` takes no others.
        assert running[0] is not None
        assert running[1] is not None
        assert running[2] is not None
        assert self.momentum is not None
        with torch.no_grad():
            running[0].add_(1)
            running[1].lerp_(mean, self.momentum)
            running[2].lerp_(variance * (count / (count - 1)), self.momentum)
        return answer


class _Normalise(torch.autograd.Function):
    """Maps, scale and shift (C,) to normalised maps, mean and biased variance (C,) of all processes, and the count."""

    @staticmethod
    def forward(
        ctx: Any, maps: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        variance, mean = torch.var_mean(maps.float(), _PLACES, correction=0)
        num = maps.numel() // len(mean)
        mine = torch.stack([torch.full_like(mean, num), mean, variance])
        each = [torch.empty_like(mine) for _ in range(distributed.get_world_size())]
        distributed.all_gather(each, mine)
        # Joined in float64, which costs nothing for so few numbers.
        counts, means, variances = torch.stack(each, dim=1).double()
        count = counts.sum(0)
        joint = (counts * means).sum(0) / count
        spread = (counts * (variances + (means - joint).square())).sum(0) / count
        mean, variance = joint.float(), spread.float()
        ctx.save_for_backward(maps, weight, mean, variance, count[0])
        ctx.eps = eps
        num_of_all = count[0].float()
        ctx.mark_non_differentiable(mean, variance, num_of_all)
        answer = functional.batch_norm(maps, mean, variance, weight, bias, eps=eps)
        return answer, mean, variance, num_of_all

    @staticmethod
    def backward(
        ctx: Any, *grads: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None, None]:
        maps, weight, mean, variance, count = ctx.saved_tensors
        back = grads[0].float()
        scale = torch.rsqrt(variance + ctx.eps)
        shape = (1, -1, 1, 1)
        normalised = (maps.float() - mean.view(shape)) * scale.view(shape)
        of_bias = back.sum(_PLACES)
        of_weight = (back * normalised).sum(_PLACES)
        sums = torch.stack([of_bias, of_weight])
        # All processes' sums, since mean and variance follow from the maps of all.
        distributed.all_reduce(sums)
        sums = (sums.double() / count).float()
        of_maps = back - sums[0].view(shape)
        of_maps.addcmul_(normalised, sums[1].view(shape), value=-1)
        of_maps.mul_((weight * scale).view(shape))
        return of_maps.to(maps.dtype), of_weight, of_bias, None


def share_batch_norm(network: nn.Module) -> Callable[[], None]:
    """Let the batch normalisations of a network take the statistics of all processes, in place.

    Parameters
    ----------
    network : with `torch.nn.BatchNorm2d` of scale and shift, or timm's, which has an activation in the same module.

    Returns
    -------
    Makes them what they were.

    Raises
    ------
    TypeError : the network has batch normalisation of another kind.
    """
    before: list[tuple[nn.Module, type[nn.Module]]] = []
    for name, module in network.named_modules():
        if not isinstance(module, nn.modules.batchnorm._BatchNorm):
            continue
        kind = type(module)
        is_plain = module.affine and module.track_running_stats and module.momentum is not None
        shared: type[nn.Module]
        if is_plain and kind is nn.BatchNorm2d:
            shared = SharedBatchNorm2d
        elif is_plain and isinstance(module, nn.BatchNorm2d) and kind.__name__ == "BatchNormAct2d":
            shared = _SharedBatchNormAct2d
        else:
            raise TypeError(
                f"{name} is a {kind.__module__}.{kind.__name__}, which is not trained in several processes yet: give "
                "the rule one GPU or process, or take another architecture"
            )
        before.append((module, kind))
        module.__class__ = shared

    def restore() -> None:
        for module, kind in before:
            module.__class__ = kind

    return restore


class _SharedBatchNormAct2d(SharedBatchNorm2d):
    """timm's BatchNormAct2d: normalise, drop, activate."""

    drop: nn.Module
    act: nn.Module

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Normalise maps (N, C, H, W), as `SharedBatchNorm2d`, and activate them."""
        return self.act(self.drop(super().forward(input)))
