"""Where networks run: the CPU or a CUDA device."""

from __future__ import annotations

from typing import Literal


def choose_device(wanted: Literal["auto", "cpu", "cuda"]) -> str:
    """Return "cpu" or "cuda".

    Raises
    ------
    ValueError
        If CUDA is wanted and there is no usable device.
    """
    if wanted == "cpu":
        return "cpu"
    import torch

    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise ValueError(
            "device is 'cuda' and torch finds no CUDA device in this job. Give the stage gpu: 1 under "
            "`resources` in config.yaml and install the CUDA build of torch, or set device: auto."
        )
    return "cuda" if available else "cpu"
