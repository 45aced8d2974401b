"""Networks: shapes, initial weights, the loss."""

import pytest
import torch

from vpdlib.students.network import Decoder, build_student, squared_errors
from vpdlib.students.pretrained import widen_first_conv
from vpdlib.students.settings import StudentSettings


def test_first_conv_is_the_channel_mean_repeated():
    conv = torch.nn.Conv2d(3, 7, 5, stride=2, padding=1)
    wide = widen_first_conv(conv, 5)
    assert wide.weight.shape == (7, 5, 5, 5)
    assert (wide.stride, wide.padding) == ((2, 2), (1, 1))
    for channel in range(5):
        torch.testing.assert_close(wide.weight[:, channel], conv.weight.mean(dim=1))
    torch.testing.assert_close(wide.bias, conv.bias)


@pytest.mark.parametrize("architecture", ["resnet34", "resnet18", "residual"])
@pytest.mark.parametrize("inputs", ["rgb", "rgb_flow"])
def test_shapes_and_start(architecture, inputs):
    settings = StudentSettings(architecture=architecture, inputs=inputs, crop_px=32)
    encoder, decoder = build_student(settings, 26)
    weight = encoder.conv1.weight
    assert weight.shape[1] == settings.num_channels
    # The paper's networks start with all input channels alike; the small one need not.
    alike = torch.equal(weight, weight[:, :1].expand_as(weight))
    assert alike == (architecture != "residual")
    descriptor = encoder.eval()(torch.rand(2, settings.num_channels, 32, 32))
    assert descriptor.shape == (2, 26)
    assert decoder(descriptor).shape == (2, 52)


def test_resnet34_has_the_papers_size():
    encoder, _ = build_student(StudentSettings(), 26)
    assert round(sum(p.numel() for p in encoder.parameters()) / 1e6, 1) == 21.3


def test_decoder_is_the_papers_mlp():
    sizes = [tuple(p.shape) for p in Decoder(26, 52).parameters() if p.ndim == 2]
    assert sizes == [(128, 26), (128, 128), (52, 128)]


def test_seed_fixes_the_weights_and_leaves_torchs_state():
    settings = StudentSettings(architecture="residual", widths=(8,), blocks=(1,), motion=False)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, decoder = build_student(settings, 26)
    assert decoder is None
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    second, _ = build_student(settings, 26)
    other, _ = build_student(settings.model_copy(update={"seed": 1}), 26)
    assert torch.equal(first.fc.weight, second.fc.weight)
    assert not torch.equal(first.fc.weight, other.fc.weight)


@pytest.mark.parametrize(("motion", "num_targets"), [(True, 128), (False, 64)])
def test_a_longer_descriptor_is_decoded_to_the_teachers_vector(motion, num_targets):
    settings = StudentSettings(
        architecture="residual", widths=(8,), blocks=(1,), descriptor_dim=96, motion=motion
    )
    encoder, decoder = build_student(settings, 64)
    descriptor = encoder.eval()(torch.rand(2, 5, 32, 32))
    assert descriptor.shape == (2, 96)
    assert decoder(descriptor).shape == (2, num_targets)


def test_loss_is_summed_over_the_target():
    errors = squared_errors(torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.zeros(2, 2))
    assert errors.tolist() == [5.0, 0.0]
