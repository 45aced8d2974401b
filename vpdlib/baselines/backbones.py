"""Backbones of the frame networks: an image network that gives one feature for each frame.

torchvision's networks without their last layers, or the small residual network of the students for
a CPU, with RGB or stacks of optical flow as input. B frames, C channels, S side, N clips of T
frames, d features. Weights come from a file that the caller names (a state dict of torchvision's
network), else they are random, from torch's current random state; nothing is downloaded. Not timm's (1.0.31): it needs
torchvision too, starts from other random weights, and its MobileNetV3 does not take torchvision's file.

Source: Wang et al., Temporal Segment Networks, ECCV 2016, section 3.2 (cross-modality initialisation,
partial batch normalisation); docs/method.md section 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch
from torch import Tensor, nn

from vpdlib.baselines.settings import Architecture
from vpdlib.compat import torchvision_models
from vpdlib.students.network import ResidualEncoder
from vpdlib.students.pretrained import widen_first_conv


@dataclass(frozen=True)
class InputStatistics:
    """What inputs in 0..1 are normalised by, per channel: (x - mean) / std."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


IMAGENET = InputStatistics((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: Inception's own; torchvision's `transform_input` turns ImageNet's into it.
INCEPTION = InputStatistics((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
#: Smallest side that passes all of Inception's layers.
INCEPTION_MIN_PX = 75


def normalise(frames: Tensor, statistics: InputStatistics) -> Tensor:
    """Turn pictures (..., S, S, C) uint8, RGB or flow, into network inputs (..., C, S, S) float32."""
    mean, std = (
        torch.tensor(values, device=frames.device) for values in (statistics.mean, statistics.std)
    )
    return ((frames.float() / 255 - mean) / std).movedim(-1, -3)


def input_statistics(architecture: Architecture, num_channels: int) -> InputStatistics:
    """Return how a backbone's inputs are to be normalised.

    RGB as the network was pretrained; flow in 0..1 about 0.5, divided by the mean of the RGB
    deviations, as in TSN's code.

    Parameters
    ----------
    architecture : the backbone.
    num_channels : 3 for RGB, 2 L for stacks of L flow fields.

    Returns
    -------
    InputStatistics : of `num_channels` channels.

    Raises
    ------
    ValueError : neither 3 nor an even number of channels.
    """
    _check_channels(num_channels)
    rgb = INCEPTION if architecture == "inception_v3" else IMAGENET
    if num_channels == 3:
        return rgb
    return InputStatistics((0.5,) * num_channels, (sum(rgb.std) / 3,) * num_channels)


class Backbone(nn.Module):
    """An image network as a feature extractor.

    Parameters
    ----------
    network : (B, C, S, S) -> (B, d).
    width : d.
    partial_bn : keep mean, variance, scale and shift of all batch normalisations but the first as
        they are (TSN's partial batch normalisation).
    min_px : smallest side of a frame.

    Attributes
    ----------
    network, width : as given.
    """

    def __init__(
        self, network: nn.Module, width: int, partial_bn: bool = False, min_px: int = 1
    ) -> None:
        super().__init__()
        self.network = network
        self.width = width
        self.min_px = min_px
        norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        self._frozen = norms[1:] if partial_bn else []
        for norm in self._frozen:
            norm.requires_grad_(False)

    def train(self, mode: bool = True) -> Backbone:
        """Set training or evaluation mode; frozen normalisations stay in evaluation mode."""
        super().train(mode)
        for norm in self._frozen:
            norm.eval()
        return self

    def forward(self, frames: Tensor) -> Tensor:
        """Map frames (B, C, S, S) to features (B, d).

        Raises
        ------
        ValueError : frames smaller than the network can take.
        """
        if min(frames.shape[2:]) < self.min_px:
            raise ValueError(
                f"frames of {frames.shape[2]} x {frames.shape[3]} px: this backbone needs at least "
                f"{self.min_px}; enlarge them or choose another backbone"
            )
        features: Tensor = self.network(frames)
        return features

    def clip_features(self, clips: Tensor) -> Tensor:
        """Map the frames of clips (N, T, C, S, S) to features (N, T, d), each frame by itself."""
        return self(clips.flatten(0, 1)).unflatten(0, clips.shape[:2])


def build_backbone(
    architecture: Architecture,
    num_channels: int = 3,
    weights: Path | None = None,
    partial_bn: bool = False,
    widths: tuple[int, ...] = (32, 64, 128, 192),
    blocks: tuple[int, ...] = (1, 1, 1, 1),
) -> Backbone:
    """Build a backbone.

    A pretrained network's first convolution is made one of flow by giving every flow channel the
    mean of its kernels over R, G and B, as TSN does. Without weights the convolution of flow is
    drawn at random, so that its channels differ.

    Parameters
    ----------
    architecture : a network of torchvision; or "residual", the students' small network.
    num_channels : C; 3 for RGB, 2 L for stacks of L flow fields.
    weights : a state dict of torchvision's network with RGB input. None: random weights.
    partial_bn : as in `Backbone`; needs weights.
    widths, blocks : of the residual network.

    Returns
    -------
    Backbone : on the CPU, in training mode.

    Raises
    ------
    ValueError : unknown architecture, a number of channels that is neither 3 nor even, weights of another network, or
        partial batch normalisation of random weights.
    """
    if architecture not in get_args(Architecture):
        raise ValueError(
            f"backbone {architecture!r}: expected one of {', '.join(get_args(Architecture))}"
        )
    _check_channels(num_channels)
    if partial_bn and weights is None:
        raise ValueError(
            f"backbone {architecture}: partial_bn would keep the statistics of random weights; "
            "give pretrained weights or set partial_bn: false"
        )
    network, width, heads = _headless(architecture, widths, blocks)
    if weights is not None:
        of = "the students" if architecture == "residual" else f"torchvision's {architecture}"
        load_pretrained(network, weights, heads, of)
    if num_channels != 3:
        _replace_first_conv(network, num_channels, pretrained=weights is not None)
    min_px = INCEPTION_MIN_PX if architecture == "inception_v3" else 1
    return Backbone(network, width, partial_bn, min_px)


def load_pretrained(network: nn.Module, weights: Path, heads: tuple[str, ...], of: str) -> None:
    """Load a state dict that fits a network except for layers that the network does not have.

    Parameters
    ----------
    network : changed in place.
    weights : file of the state dict.
    heads : beginnings of the names of tensors that are left out, such as "fc.".
    of : what the network is, for messages, such as "torchvision's resnet18".

    Raises
    ------
    WeightsError : the file cannot be read, or a tensor is missing, unknown or of another shape; the message names file
        and tensors.
    """
    # Imported late: networks without pretrained weights need none of it.
    from vpdlib.weights.state_dict import load_weights

    remedy = "give the weights of the architecture that is set"
    load_weights(network, weights, of, remedy, ignored=heads)


def _headless(
    architecture: Architecture, widths: tuple[int, ...], blocks: tuple[int, ...]
) -> tuple[Any, int, tuple[str, ...]]:
    """Return a network without its last layers, its width, and the names of what was taken off."""
    if architecture == "residual":
        encoder = ResidualEncoder(widths, blocks, 3, 1)
        encoder.fc = nn.Identity()  # type: ignore[assignment]
        return encoder, widths[-1], ("fc.",)
    models = torchvision_models()
    if architecture == "mobilenet_v3_small":
        network = models.mobilenet_v3_small(weights=None)
        width = network.classifier[0].in_features
        network.classifier = nn.Identity()
        return network, width, ("classifier.",)
    if architecture == "inception_v3":
        # The auxiliary classifier serves training on ImageNet only; TSN drops it.
        network = models.inception_v3(
            weights=None, aux_logits=False, init_weights=True, transform_input=False
        )
        network.dropout = nn.Identity()
    else:
        network = getattr(models, architecture)(weights=None)
    width = network.fc.in_features
    network.fc = nn.Identity()
    return network, width, ("fc.", "AuxLogits.")


def _replace_first_conv(network: nn.Module, num_channels: int, pretrained: bool) -> None:
    """Give the first convolution another number of input channels, in place."""
    name, conv = next(
        (name, module) for name, module in network.named_modules() if isinstance(module, nn.Conv2d)
    )
    wide = widen_first_conv(conv, num_channels)
    if not pretrained:
        nn.init.kaiming_normal_(wide.weight, mode="fan_out", nonlinearity="relu")
    network.set_submodule(name, wide)


def _check_channels(num_channels: int) -> None:
    if num_channels != 3 and (num_channels < 2 or num_channels % 2):
        raise ValueError(
            f"{num_channels} input channels: expected 3 for RGB, or 2 for each flow field of a stack"
        )
