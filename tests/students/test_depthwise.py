"""Depthwise kernels' gradients on small maps are torch's."""

import pytest
import torch
from torch import nn

from vpdlib.students.depthwise import SmallMapConv2d, use_small_map_gradients


def gradients(conv, maps, back):
    maps = maps.clone().requires_grad_()
    conv.zero_grad()
    answer = conv(maps)
    answer.backward(back)
    bias = [] if conv.bias is None else [conv.bias.grad]
    return [answer.detach(), maps.grad, conv.weight.grad, *bias]


@pytest.mark.parametrize(
    ("kernel", "size"), [(5, (2, 2)), (3, (2, 2)), (5, (4, 4)), (5, (1, 3)), (7, (3, 6))]
)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients_are_torchs(kernel, size, bias, layout):
    torch.manual_seed(0)
    conv = nn.Conv2d(6, 6, kernel, padding=kernel // 2, groups=6, bias=bias).double()
    maps = torch.randn(3, 6, *size, dtype=torch.float64).contiguous(memory_format=layout)
    back = torch.randn_like(maps)
    expected = gradients(conv, maps, back)
    use_small_map_gradients(nn.Sequential(conv))
    assert type(conv) is SmallMapConv2d
    found = gradients(conv, maps, back)
    assert torch.equal(found[0], expected[0]) or bias
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(6, 6, 3, padding=1),
        nn.Conv2d(6, 6, 3, padding=1, groups=3),
        nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6),
        nn.Conv2d(6, 6, 3, padding=0, groups=6),
        nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6),
        nn.Conv2d(6, 6, 3, padding=1, groups=6, padding_mode="reflect"),
        nn.Conv2d(6, 6, 1, groups=6),
    ],
)
def test_other_convolutions_are_left_alone(conv):
    use_small_map_gradients(nn.Sequential(conv))
    assert type(conv) is nn.Conv2d


def test_what_needs_no_gradient_gets_none():
    conv = nn.Conv2d(6, 6, 5, padding=2, groups=6)
    use_small_map_gradients(nn.Sequential(conv))
    conv.weight.requires_grad_(False)
    maps = torch.randn(2, 6, 2, 2, requires_grad=True)
    conv(maps).sum().backward()
    assert conv.weight.grad is None
    assert maps.grad is not None


def test_large_maps_and_bfloat16_go_torchs_way():
    conv = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
    use_small_map_gradients(nn.Sequential(conv))
    assert "_SmallMap" not in conv(torch.randn(2, 6, 8, 8)).grad_fn.name()
    with torch.autocast("cpu", torch.bfloat16):
        assert "_SmallMap" not in conv(torch.randn(2, 6, 2, 2)).grad_fn.name()
    assert "_SmallMap" in conv(torch.randn(2, 6, 2, 2)).grad_fn.name()


def test_the_embedded_network_has_such_convolutions():
    from vpdlib.students.network import build_encoder
    from vpdlib.students.settings import StudentSettings

    encoder = build_encoder(StudentSettings(architecture="timm/tf_efficientnet_lite0"), 8)
    use_small_map_gradients(encoder)
    assert sum(type(module) is SmallMapConv2d for module in encoder.modules()) == 12
