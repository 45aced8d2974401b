"""The student's networks: an encoder that becomes the descriptor, a decoder used only in training.

The encoder takes (B, C, S, S) float32, normalised RGB and then what else the student sees, as in
``vpdlib.students.augment``, and answers the descriptor (B, d). The decoder
takes the descriptor to (B, 2d): pose, then motion. Source: paper section 3, docs/method.md section
7.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import torch
from torch import nn

from vpdlib.compat import torchvision_models
from vpdlib.students.pretrained import build_published
from vpdlib.students.settings import StudentSettings
from vpdlib.training.layers import perceptron, residual_stages
from vpdlib.training.reproducible import seeded

#: Width of the decoder's two hidden layers (paper supplement).
DECODER_WIDTH = 128


class ResidualEncoder(nn.Module):
    """A small residual network: a stride-2 stem, then stages of torchvision's basic blocks.

    Every stage after the first halves the resolution; the map is averaged over space at the end, as
    in a ResNet.

    Parameters
    ----------
    widths, blocks : channels and number of blocks of each stage.
    num_channels : input channels.
    dim : length of the descriptor.
    """

    def __init__(
        self, widths: tuple[int, ...], blocks: tuple[int, ...], num_channels: int, dim: int
    ) -> None:
        super().__init__()
        block = torchvision_models().resnet.BasicBlock
        self.conv1 = nn.Conv2d(num_channels, widths[0], 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=True)
        stages = residual_stages(widths, blocks, nn.Conv2d, nn.BatchNorm2d, block)
        self.stages = nn.Sequential(*chain.from_iterable(stages))
        self.fc = nn.Linear(widths[-1], dim)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Map crops (B, C, S, S) to descriptors (B, d)."""
        maps = self.stages(self.relu(self.bn1(self.conv1(crops))))
        return self.fc(maps.mean(dim=(2, 3)))


class Decoder(nn.Module):
    """The MLP d -> 128 -> 128 -> 2d from the descriptor to pose and motion (paper supplement).

    Parameters
    ----------
    dim : length d of the descriptor.
    num_targets : numbers to answer; 2d for pose and motion.
    """

    def __init__(self, dim: int, num_targets: int) -> None:
        super().__init__()
        self.layers = perceptron(dim, DECODER_WIDTH, DECODER_WIDTH, num_targets)

    def forward(self, descriptor: torch.Tensor) -> torch.Tensor:
        """Map descriptors (B, d) to the targets (B, num_targets), pose first."""
        return self.layers(descriptor)


def build_encoder(settings: StudentSettings, dim: int, weights: Path | None = None) -> nn.Module:
    """Build the encoder; what no file gives is drawn from torch's current random state.

    Parameters
    ----------
    settings : architecture and inputs.
    dim : length d of the descriptor.
    weights : see `vpdlib.students.pretrained.build_published`.

    Returns
    -------
    nn.Module : (B, C, S, S) -> (B, d), in training mode, on the CPU.

    Raises
    ------
    ValueError, WeightsError : see `vpdlib.students.pretrained.build_published`.
    """
    if settings.architecture == "residual":
        return ResidualEncoder(settings.widths, settings.blocks, settings.num_channels, dim)
    return build_published(settings, dim, weights)


def build_student(
    settings: StudentSettings, pose_dim: int, weights: Path | None = None
) -> tuple[nn.Module, Decoder | None]:
    """Build encoder and decoder from the settings' seed, leaving torch's random state as it was.

    Parameters
    ----------
    settings : the student's settings.
    pose_dim : length of the teacher's vector.
    weights : the file that `StudentSettings.weights` names; None for a student whose weights are read or drawn.

    Returns
    -------
    encoder, decoder : decoder is None for a student whose descriptor is the teacher's vector and that does not
        learn motion.

    Raises
    ------
    ValueError, WeightsError : see `build_encoder`.
    """
    dim = settings.descriptor_dim or pose_dim
    with seeded(settings.seed):
        encoder = build_encoder(settings, dim, weights)
        num_targets = 2 * pose_dim if settings.motion else pose_dim
        decoder = Decoder(dim, num_targets) if settings.has_decoder else None
    return encoder, decoder


def squared_errors(answer: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return each sample's squared error, summed over the target's numbers, in float32.

    Parameters
    ----------
    answer, target : (B, D).

    Returns
    -------
    (B,)
    """
    return (answer.float() - target.float()).square().sum(dim=1)
