"""R3D: a residual network of 3D convolutions; a feature of each frame from the 8 frames about it.

The features of the detection baseline (Table 4): a network trained on Kinetics-400 sees windows of 8
frames, one about each frame of a video, on the same crops as the student. The same network with a
layer of classes on top can be trained on a sport's actions. N clips of T frames, S side, d features.

Source: Tran et al., A Closer Look at Spatiotemporal Convolutions for Action Recognition, CVPR 2018 (R3D-18);
docs/method.md sections 10 and 11. The VPD paper does not say where a window of even length is
centred, nor whether crops are resized: here a frame has four frames before and three after it, and crops are
taken as they are.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from vpdlib.baselines.backbones import (
    InputStatistics,
    load_pretrained,
    normalise,
)
from vpdlib.compat import torchvision_models
from vpdlib.features.windows import describe_windows, require_finite
from vpdlib.training.layers import residual_stages

#: Normalisation of torchvision's Kinetics-400 networks, of RGB in 0..1.
KINETICS = InputStatistics((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989))
#: Frames of a window.
WINDOW = 8


class R3DEncoder(nn.Module):
    """The layers of torchvision's ``r3d_18`` up to the mean over time and space, of any width.

    With the default widths and blocks the tensors have the names and shapes of ``r3d_18``.

    Parameters
    ----------
    widths, blocks : channels and residual blocks of each stage; every stage after the first halves time and space.

    Attributes
    ----------
    width : d, the last of `widths`.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (64, 128, 256, 512),
        blocks: tuple[int, ...] = (2, 2, 2, 2),
    ) -> None:
        super().__init__()
        resnet = torchvision_models().video.resnet
        self.width = widths[-1]
        self.stem = nn.Sequential(
            nn.Conv3d(3, widths[0], (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False),
            nn.BatchNorm3d(widths[0]),
            nn.ReLU(inplace=True),
        )
        self._stages: list[str] = []

        def block(before: int, width: int, stride: int, shortcut: nn.Module | None) -> nn.Module:
            made: nn.Module = resnet.BasicBlock(
                before, width, resnet.Conv3DSimple, stride, shortcut
            )
            return made

        stages = residual_stages(widths, blocks, nn.Conv3d, nn.BatchNorm3d, block)
        for number, stage in enumerate(stages, start=1):
            self._stages.append(f"layer{number}")
            self.add_module(self._stages[-1], nn.Sequential(*stage))
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (N, T, 3, S, S), normalised by `KINETICS`, to features (N, d)."""
        maps = self.stem(clips.transpose(1, 2))
        for stage in self._stages:
            maps = self.get_submodule(stage)(maps)
        features: Tensor = maps.mean(dim=(2, 3, 4))
        return features


class R3D(nn.Module):
    """An encoder with dropout and a layer of classes, to be trained on actions.

    Parameters
    ----------
    encoder : of clips.
    num_classes : classes to tell apart.
    dropout : of the features.
    """

    def __init__(self, encoder: R3DEncoder, num_classes: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(encoder.width, num_classes)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (N, T, 3, S, S), any T, to logits (N, num_classes)."""
        logits: Tensor = self.fc(self.dropout(self.encoder(clips)))
        return logits


def build_r3d_encoder(
    weights: Path | None = None,
    widths: tuple[int, ...] = (64, 128, 256, 512),
    blocks: tuple[int, ...] = (2, 2, 2, 2),
) -> R3DEncoder:
    """Build an encoder.

    Parameters
    ----------
    weights : a state dict of torchvision's ``r3d_18``. None: random weights from torch's current random state.
    widths, blocks : as in `R3DEncoder`; smaller ones for a CPU.

    Returns
    -------
    R3DEncoder : on the CPU, in training mode.

    Raises
    ------
    ValueError : the weights are of another network.
    """
    encoder = R3DEncoder(widths, blocks)
    if weights is not None:
        load_pretrained(encoder, weights, ("fc.",), "torchvision's r3d_18")
    return encoder


def frame_windows(num_frames: int) -> np.ndarray:
    """Return the frames of the window about each frame; beyond the ends the last one is repeated.

    Parameters
    ----------
    num_frames : N.

    Returns
    -------
    (N, 8) int64 : four frames before, the frame, three after it.
    """
    offsets = np.arange(WINDOW) - WINDOW // 2
    return np.clip(np.arange(num_frames)[:, None] + offsets, 0, num_frames - 1)


def embed_windows(
    frames: np.ndarray,
    encoder: R3DEncoder,
    device: str = "cpu",
    batch_size: int = 32,
    amp: bool = False,
) -> np.ndarray:
    """Describe each frame of a video by the window about it, regular and flipped, (N, 2, d) float32.

    Parameters
    ----------
    frames, device, batch_size, amp : see `vpdlib.features.windows.describe_windows`.
    encoder : moved to `device` and set to evaluation mode.

    Raises
    ------
    ValueError : frames of another shape or type, or a feature that is not finite.
    """
    encoder.to(device).eval()
    features = np.empty((len(frames), 2, encoder.width), dtype=np.float32)
    windows = frame_windows(len(frames))
    prepare = partial(normalise, statistics=KINETICS)
    batches = describe_windows(frames, windows, encoder, prepare, device, batch_size, amp)
    for rows, found in batches:
        features[rows] = found
    require_finite(features, "R3D")
    return features
