"""Gate-Shift Network: a backbone whose layers exchange gated parts of their features between frames.

The module takes a layer's output X, in two halves of its channels. A 3D convolution over time and space
gives each half a gate in -1..1 a pixel, G = tanh(conv(relu(norm(X)))). The gated part Y = G X moves
by one frame, in the first half to the frame before, in the second to the frame after, zeros coming
in from outside the clip; the rest X - Y stays, and both are added. The convolution starts at zero:
an untrained module changes nothing. N clips of T frames, C channels.

Source: Sudhakaran et al., Gate-Shift Networks for Video Action Recognition, CVPR 2020, section 3.
Left out is the shuffling of channels that ends the module in the authors' code and that they call a
regulariser without great effect (issue 12 of their repository): it would scramble a pretrained
network's channels.

Where the module stands: in each Inception block after the first convolution of the branch with the fewest, before
its normalisation, as the authors list it (all blocks but Mixed_6d, which their list passes over); in
a residual block after its last convolution, before the normalisation, as the same authors' ResNets
of Gate-Shift-Fuse (Sudhakaran et al., TPAMI 2023). Inverted residual blocks (MobileNet) follow the
residual ones.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vpdlib.baselines.backbones import Backbone
from vpdlib.baselines.tsn import TSN, check_num_segments
from vpdlib.compat import torchvision_models

#: Branch of each of torchvision's Inception blocks that is gated.
INCEPTION_BRANCHES = {
    "Mixed_5b": "branch1x1",
    "Mixed_5c": "branch1x1",
    "Mixed_5d": "branch1x1",
    "Mixed_6a": "branch3x3dbl_1",
    "Mixed_6b": "branch1x1",
    "Mixed_6c": "branch1x1",
    "Mixed_6e": "branch1x1",
    "Mixed_7a": "branch3x3_1",
    "Mixed_7b": "branch1x1",
    "Mixed_7c": "branch1x1",
}


class GateShift(nn.Module):
    """The gate-shift module.

    Parameters
    ----------
    num_channels : C, even.
    num_segments : T.

    Raises
    ------
    ValueError : an odd number of channels.
    """

    def __init__(self, num_channels: int, num_segments: int) -> None:
        super().__init__()
        if num_channels % 2:
            raise ValueError(f"{num_channels} channels: a gate-shift module needs an even number")
        self.num_segments = num_segments
        self.norm = nn.BatchNorm3d(num_channels)
        self.conv = nn.Conv3d(num_channels, 2, kernel_size=3, padding=1, groups=2)
        nn.init.zeros_(self.conv.weight)
        assert self.conv.bias is not None, "made with a bias"
        nn.init.zeros_(self.conv.bias)

    def forward(self, maps: Tensor) -> Tensor:
        """Map features (N T, C, H, W), frames of a clip in a row, to features of the same shape."""
        clips = maps.unflatten(0, (-1, self.num_segments)).transpose(1, 2)
        gates = torch.tanh(self.conv(torch.relu(self.norm(clips)))).chunk(2, dim=1)
        first, second = clips.chunk(2, dim=1)
        to_before, to_after = gates[0] * first, gates[1] * second
        # functional.pad counts from the last axis: width, height, then frames.
        from_after = functional.pad(to_before[:, :, 1:], (0, 0, 0, 0, 0, 1))
        from_before = functional.pad(to_after[:, :, :-1], (0, 0, 0, 0, 1, 0))
        mixed = torch.cat([first - to_before + from_after, second - to_after + from_before], dim=1)
        return mixed.transpose(1, 2).flatten(0, 1)


def insert_gate_shift(network: nn.Module, num_segments: int) -> int:
    """Put gate-shift modules into an image network, in place.

    Parameters
    ----------
    network : of torchvision, or made of its residual blocks.
    num_segments : T.

    Returns
    -------
    int : modules put in.

    Raises
    ------
    ValueError : a network without a known block.
    """
    models = torchvision_models()
    convs: list[tuple[nn.Module, str]] = []
    for name, module in network.named_modules():
        if isinstance(module, models.resnet.BasicBlock):
            convs.append((module, "conv2"))
        elif isinstance(module, models.resnet.Bottleneck):
            convs.append((module, "conv3"))
        elif isinstance(module, models.mobilenetv3.InvertedResidual):
            convs.append((module.block[-1], "0"))
        elif isinstance(network, models.Inception3) and name in INCEPTION_BRANCHES:
            convs.append((module.get_submodule(INCEPTION_BRANCHES[name]), "conv"))
    if not convs:
        raise ValueError(
            f"network {type(network).__name__}: no residual or Inception block to put a gate-shift module "
            "into; choose another backbone"
        )
    for parent, name in convs:
        conv = parent.get_submodule(name)
        assert isinstance(conv, nn.Conv2d), "gated once only"
        gated = nn.Sequential(conv, GateShift(conv.out_channels, num_segments))
        parent.set_submodule(name, gated)
    return len(convs)


class GSM(TSN):
    """A temporal segment network on a backbone with gate-shift modules.

    Parameters
    ----------
    backbone, num_classes, dropout : see `TSN`; the modules are put into the backbone.
    num_segments : T.
    """

    def __init__(
        self, backbone: Backbone, num_segments: int, num_classes: int, dropout: float = 0.5
    ) -> None:
        insert_gate_shift(backbone.network, num_segments)
        super().__init__(backbone, num_classes, dropout)
        self.num_segments = num_segments

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (N, T, C, S, S) to logits (N, num_classes).

        Raises
        ------
        ValueError : another number of frames than the network was made for.
        """
        check_num_segments(clips, self.num_segments)
        return super().forward(clips)
