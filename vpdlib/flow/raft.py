"""Optical flow by RAFT (Teed and Deng, ECCV 2020) as torchvision implements it, the paper's estimator.

Crops are RGB, scaled to -1..1; RAFT answers the displacement from its first picture to its second, so
the previous crop comes first (docs/method.md section 4). RAFT needs sides that are a multiple of 8 and
at least 128: other crops are enlarged bilinearly to the next such side, and the flow is brought back,
in place and in length. N is a number of pairs, S the crops' side.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from vpdlib.flow.base import check_crops
from vpdlib.flow.settings import FlowSettings, checkpoint_references
from vpdlib.provenance import digest_file
from vpdlib.weights.checkpoints import verify_checkpoint
from vpdlib.weights.state_dict import load_weights

#: RAFT's correlation pyramid has no values below this side.
_MIN_SIDE = 128
_REMEDY = (
    "correct flow.method or flow.raft.checkpoint. Files of RAFT's own repository (raft-things.pth) name their "
    "weights otherwise: take raft_large_C_T_V1 for it"
)
#: RAFT finds flow at an eighth of the side.
_STRIDE = 8


class RaftFlow:
    """RAFT behind the contract :class:`vpdlib.flow.base.FlowEstimator`.

    Parameters
    ----------
    network : takes two (N, 3, H, W) pictures in -1..1 and ``num_flow_updates``, answers a list of
        (N, 2, H, W) flows, the last of which counts; as torchvision's ``RAFT``.
    iterations : updates of the flow.
    batch_size : pairs that run together; `estimate_many` cuts what is longer.
    device : "cpu" or "cuda".
    threads : CPU threads of torch.
    amp : float16 on "cuda", but for the correlation.
    attributes : what an artifact says of the weights.
    """

    def __init__(
        self,
        network: nn.Module,
        iterations: int = 20,
        batch_size: int = 50,
        device: str = "cpu",
        threads: int = 1,
        amp: bool = True,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        torch.set_num_threads(threads)
        self.batch_size = batch_size
        self.on_gpu = device == "cuda"
        self._half = amp and self.on_gpu
        self.attributes: Mapping[str, Any] = {
            "iterations": iterations,
            "precision": "float16" if self._half else "float32",
            **(attributes or {}),
        }
        self._iterations = iterations
        self._device = torch.device(device)
        layout = torch.channels_last if self.on_gpu else torch.contiguous_format
        self._network = network.eval().to(self._device, memory_format=layout)  # type: ignore[call-overload]

    def estimate(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """See :class:`vpdlib.flow.base.FlowEstimator`."""
        flow: np.ndarray = self.estimate_many(previous[None], current[None])[0]
        return flow

    def estimate_many(self, previous: np.ndarray, current: np.ndarray) -> np.ndarray:
        """See :class:`vpdlib.flow.base.FlowEstimator`."""
        check_crops(previous, current)
        flow = torch.empty((*previous.shape[:3], 2), pin_memory=self.on_gpu)
        with torch.inference_mode():
            for start in range(0, len(flow), self.batch_size):
                rows = slice(start, start + self.batch_size)
                found = self._run(self._pictures(previous[rows]), self._pictures(current[rows]))
                flow[rows].copy_(found.permute(0, 2, 3, 1).contiguous(), non_blocking=True)
            if self.on_gpu:
                # Only now: the copies before ran while the next batch was being prepared.
                torch.cuda.current_stream().synchronize()
        return flow.numpy()

    def _pictures(self, crops: np.ndarray) -> torch.Tensor:
        """Crops (N, S, S, 3) uint8 as (N, 3, S, S) float32 in -1..1 on the device."""
        raw = torch.from_numpy(np.ascontiguousarray(crops))
        if self.on_gpu:
            raw = raw.pin_memory().to(self._device, non_blocking=True)
        return raw.permute(0, 3, 1, 2).float().div(127.5).sub(1)

    def _run(self, previous: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) to flow (N, 2, H, W) float32 px."""
        sides = previous.shape[2:]
        enlarged = tuple(max(_MIN_SIDE, -(-side // _STRIDE) * _STRIDE) for side in sides)
        if enlarged != sides:
            previous, current = _resize(previous, enlarged), _resize(current, enlarged)
        with torch.autocast(self._device.type, dtype=torch.float16, enabled=self._half):
            flow = self._network(previous, current, num_flow_updates=self._iterations)[-1].float()
        if enlarged != sides:
            scale = flow.new_tensor([sides[1] / enlarged[1], sides[0] / enlarged[0]])
            flow = _resize(flow, sides) * scale[:, None, None]
        return flow


def _resize(pictures: torch.Tensor, sides: tuple[int, ...]) -> torch.Tensor:
    return functional.interpolate(pictures, size=sides, mode="bilinear", align_corners=False)


def raft_network(method: str) -> nn.Module:
    """Torchvision's "raft_large" or "raft_small" with random weights, its correlation kept in float32.

    RAFT's authors compute the correlation outside of mixed precision: its products are too large and
    its differences too fine for float16.
    """
    # Imported late: the compatibility module must come first.
    from vpdlib.compat import install

    install()
    from torchvision.models import optical_flow
    from torchvision.models.optical_flow.raft import CorrBlock

    class Float32Correlation(CorrBlock):
        def build_pyramid(self, fmap1: torch.Tensor, fmap2: torch.Tensor) -> None:
            with torch.autocast(fmap1.device.type, enabled=False):
                super().build_pyramid(fmap1.float(), fmap2.float())

    # The radii of the two published networks.
    make, radius = {
        "raft_large": (optical_flow.raft_large, 4),
        "raft_small": (optical_flow.raft_small, 3),
    }[method]
    network: nn.Module = make(
        weights=None, corr_block=Float32Correlation(num_levels=4, radius=radius)
    )
    return network


def load_raft_flow(
    settings: FlowSettings, networks_dir: Path, device: str, threads: int
) -> RaftFlow:
    """Build RAFT with the weights that the settings name.

    Parameters
    ----------
    settings : with the method "raft_large" or "raft_small".
    networks_dir : the folder of weights that are named in the registry.
    device : "cpu" or "cuda".
    threads : CPU threads of torch.

    Raises
    ------
    WeightsError
        If the weights are missing, of another digest, or not of this network.
    """
    ((reference, sha256),) = checkpoint_references(settings)
    path = verify_checkpoint(reference, networks_dir, sha256)
    network = raft_network(settings.method)
    load_weights(network, path, f"torchvision's {settings.method}", _REMEDY)
    raft = settings.raft
    return RaftFlow(
        network,
        raft.iterations,
        raft.batch_size,
        device,
        threads,
        raft.amp,
        {"checkpoint": reference, "checkpoint_sha256": digest_file(path)},
    )
