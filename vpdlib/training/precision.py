"""In which precision a network computes, by its device."""

from __future__ import annotations

import torch


def amp_dtype(
    device: torch.device, on_gpu: bool = True, on_cpu: bool = False, bfloat16: bool = True
) -> torch.dtype | None:
    """The type of mixed precision, or None for float32 throughout.

    Parameters
    ----------
    device : of the network.
    on_gpu : whether precision is mixed on a GPU.
    on_cpu : whether it is on a CPU, in bfloat16, if that has instructions for it.
    bfloat16 : whether that is preferred on a GPU; else float16, which is more exact and of less range.
    """
    if device.type == "cuda" and on_gpu:
        # bfloat16 has the range of float32; float16 needs its losses scaled.
        # Cards before Ampere emulate bfloat16, slowly.
        has_bf16 = bfloat16 and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if has_bf16 else torch.float16
    if device.type == "cpu" and on_cpu and torch.cpu.get_capabilities().get("avx512_bf16"):
        return torch.bfloat16
    return None


def autocast(device: torch.device, dtype: torch.dtype | None) -> torch.autocast:
    """Mixed precision of a type, as `amp_dtype` gives it, within a ``with`` block."""
    return torch.autocast(device.type, dtype=dtype, enabled=dtype is not None)
