"""What the trainings of students and of VIPE* share."""

from __future__ import annotations

import torch
from torch import nn


class NonFiniteLossError(ArithmeticError):
    """A loss became NaN or infinite; the message names the frames or the epoch."""


def cuda_amp_dtype(enabled: bool) -> torch.dtype | None:
    """The type of mixed precision on a GPU, or None for float32 throughout."""
    if not enabled:
        return None
    # bfloat16 has the range of float32; float16 needs its losses scaled.
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def copy_state(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a network's weights and statistics."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
