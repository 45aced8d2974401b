"""Gate-shift: the published formula in loops, where modules are put, published size, learning."""

import math

import numpy as np
import pytest
import torch

from tests.baselines.frame_networks import (
    clips_of_either_order,
    random_state,
    small_backbone,
    steps_to_learn_by_heart,
)
from vpdlib.baselines.backbones import Backbone, build_backbone
from vpdlib.baselines.gsm import GSM, INCEPTION_BRANCHES, GateShift, insert_gate_shift
from vpdlib.baselines.tsn import TSN

#: Channels of the gated convolutions of the authors' BN-Inception, from its definition in their repository.
BN_INCEPTION_CHANNELS = (64, 64, 128, 224, 192, 160, 96, 128, 352, 352)


def naive_gate_shift(module, clip):
    """The module of one clip (T, C, H, W), number by number."""
    num_frames, num_channels, height, width = clip.shape
    half = num_channels // 2
    norm, kernels, bias = module.norm, module.conv.weight.numpy(), module.conv.bias.numpy()
    mean, var = norm.running_mean.numpy(), norm.running_var.numpy()
    scale, shift = norm.weight.numpy(), norm.bias.numpy()
    active = np.empty_like(clip)
    for c in range(num_channels):
        value = (clip[:, c] - mean[c]) / math.sqrt(var[c] + norm.eps) * scale[c] + shift[c]
        active[:, c] = np.maximum(value, 0)
    moved = np.empty_like(clip)
    for group in range(2):
        for t, y, x in np.ndindex(num_frames, height, width):
            total = bias[group]
            for c in range(half):
                for dt, dy, dx in np.ndindex(3, 3, 3):
                    at = (t + dt - 1, y + dy - 1, x + dx - 1)
                    inside = all(
                        0 <= place < size
                        for place, size in zip(at, (num_frames, height, width), strict=True)
                    )
                    if inside:
                        value = active[at[0], group * half + c, at[1], at[2]]
                        total += kernels[group, c, dt, dy, dx] * value
            gate = math.tanh(total)
            for c in range(group * half, (group + 1) * half):
                moved[t, c, y, x] = gate * clip[t, c, y, x]
    result = clip - moved
    for t in range(num_frames):
        if t + 1 < num_frames:
            result[t, :half] += moved[t + 1, :half]
        if t > 0:
            result[t, half:] += moved[t - 1, half:]
    return result


def test_forward_is_the_published_formula():
    module = random_state(GateShift(4, 5)).eval()
    clips = torch.randn(2, 5, 4, 3, 2)
    with torch.no_grad():
        result = module(clips.flatten(0, 1)).unflatten(0, (2, 5))
        for clip, mixed in zip(clips.numpy(), result.numpy(), strict=True):
            np.testing.assert_allclose(mixed, naive_gate_shift(module, clip), atol=1e-5)
    assert (result - clips).abs().max() > 0.1


def test_an_open_gate_is_a_shift():
    module = GateShift(4, 3).eval()
    torch.nn.init.constant_(module.conv.bias, 50.0)
    clip = torch.arange(1.0, 4.0)[:, None, None, None].expand(3, 4, 2, 2)
    result = module(clip)
    assert result[:, :2, 0, 0].T.tolist() == [[2, 3, 0]] * 2
    assert result[:, 2:, 0, 0].T.tolist() == [[0, 1, 2]] * 2


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v3_small"])
def test_an_untrained_module_changes_nothing_and_learns(architecture):
    torch.manual_seed(0)
    backbone = build_backbone(architecture)
    clips = torch.rand(2, 3, 3, 64, 64)
    plain = backbone.train().clip_features(clips)
    insert_gate_shift(backbone.network, 3)
    gated = backbone.train().clip_features(clips)
    torch.testing.assert_close(gated, plain)
    gated.square().sum().backward()
    for name, module in backbone.named_modules():
        if isinstance(module, GateShift):
            assert module.conv.weight.grad.abs().max() > 0, name


@pytest.mark.parametrize(
    ("architecture", "channels"),
    [
        ("resnet18", [64] * 2 + [128] * 2 + [256] * 2 + [512] * 2),
        ("resnet50", [256] * 3 + [512] * 4 + [1024] * 6 + [2048] * 3),
        ("inception_v3", [64] * 4 + [192] * 4 + [320] * 2),
        ("mobilenet_v3_small", [16] + [24] * 2 + [40] * 3 + [48] * 2 + [96] * 3),
        ("residual", [32, 64, 128, 192]),
    ],
)
def test_modules_stand_between_a_blocks_convolution_and_its_normalisation(architecture, channels):
    backbone = build_backbone(architecture)
    before = sum(p.numel() for p in backbone.parameters())
    assert insert_gate_shift(backbone.network, 4) == len(channels)
    modules = [m for m in backbone.modules() if isinstance(m, GateShift)]
    assert [m.norm.num_features for m in modules] == channels
    # 27 weights a channel (3 x 3 x 3, one output a half), 2 biases, scale and shift a channel.
    added = sum(p.numel() for p in backbone.parameters()) - before
    assert added == sum(29 * num + 2 for num in channels)


def test_inception_modules_are_in_the_listed_branches():
    network = build_backbone("inception_v3").network
    insert_gate_shift(network, 4)
    gated = {name for name, module in network.named_modules() if isinstance(module, GateShift)}
    assert gated == {f"{block}.{branch}.conv.1" for block, branch in INCEPTION_BRANCHES.items()}
    # The authors' list: every block of the network but one.
    blocks = {name for name, _ in network.named_children() if name.startswith("Mixed")}
    assert blocks - set(INCEPTION_BRANCHES) == {"Mixed_6d"}


def test_the_cost_is_the_published_one():
    # The CVPR 2020 presentation: BN-Inception has 10.45 M parameters, with ten modules 10.50 M.
    added = sum(p.numel() for num in BN_INCEPTION_CHANNELS for p in GateShift(num, 8).parameters())
    assert round(added / 1e6, 2) == round(10.50 - 10.45, 2)


def test_statistics_of_a_frozen_backbone_stay_but_the_modules_learn():
    network = GSM(Backbone(small_backbone().network, 16, partial_bn=True), 3, 4).train()
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    gates = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm3d)]
    assert [norm.training for norm in norms] == [True] + [False] * (len(norms) - 1)
    assert len(gates) == 2
    assert all(norm.training and norm.weight.requires_grad for norm in gates)


def test_an_untrained_network_is_a_temporal_segment_network():
    torch.manual_seed(0)
    plain = TSN(small_backbone(), 4).eval()
    gated = GSM(small_backbone(), 5, 4).eval()
    state = plain.state_dict()
    renamed = {name.replace("conv2.0.", "conv2."): name for name in gated.state_dict()}
    gated.load_state_dict({renamed[name]: tensor for name, tensor in state.items()}, strict=False)
    clips = torch.rand(2, 5, 3, 16, 16)
    torch.testing.assert_close(gated(clips), plain(clips))


def test_learns_what_only_the_order_of_frames_tells():
    torch.manual_seed(0)
    network = GSM(small_backbone(), 4, 4, dropout=0.0)
    steps_to_learn_by_heart(network, clips_of_either_order(), most=400)
    assert all(m.conv.weight.abs().max() > 0 for m in network.modules() if isinstance(m, GateShift))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="even number"):
        GateShift(5, 4)
    with pytest.raises(ValueError, match="no residual or Inception block"):
        insert_gate_shift(torch.nn.Conv2d(3, 4, 3), 4)
    with pytest.raises(ValueError, match="sample 4 segments"):
        GSM(small_backbone(), 4, 4)(torch.rand(2, 2, 3, 16, 16))
