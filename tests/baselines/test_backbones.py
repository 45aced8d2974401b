"""Backbones: published sizes, pretrained weights, flow inputs, partial batch normalisation."""

import pytest
import torch

from vpdlib.baselines.backbones import (
    InputStatistics,
    build_backbone,
    input_statistics,
    load_pretrained,
)
from vpdlib.compat import torchvision_models

models = torchvision_models()
#: torchvision's own figure of the whole network (its weights' metadata), and the layers we leave out.
PUBLISHED = {
    "resnet18": (models.ResNet18_Weights, 512 * 1000 + 1000),
    "resnet34": (models.ResNet34_Weights, 512 * 1000 + 1000),
    "resnet50": (models.ResNet50_Weights, 2048 * 1000 + 1000),
    "inception_v3": (
        models.Inception_V3_Weights,
        2048 * 1000
        + 1000
        # The auxiliary classifier: two convolutions without bias, their norms, a linear layer.
        + (768 * 128 + 2 * 128)
        + (128 * 768 * 5 * 5 + 2 * 768)
        + (768 * 1000 + 1000),
    ),
    "mobilenet_v3_small": (
        models.MobileNet_V3_Small_Weights,
        (576 * 1024 + 1024) + (1024 * 1000 + 1000),
    ),
}
WIDTHS = {
    "resnet18": 512,
    "resnet34": 512,
    "resnet50": 2048,
    "inception_v3": 2048,
    "mobilenet_v3_small": 576,
}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture
def save_weights(tmp_path):
    """Save a state dict and give its path."""

    def save(state, name="network.pth"):
        torch.save(state, tmp_path / name)
        return tmp_path / name

    return save


@pytest.mark.parametrize("architecture", PUBLISHED)
def test_size_is_the_published_one_without_the_last_layers(architecture):
    weights, head = PUBLISHED[architecture]
    backbone = build_backbone(architecture)
    assert count(backbone) == weights.IMAGENET1K_V1.meta["num_params"] - head
    assert backbone.width == WIDTHS[architecture]
    # Dropout is for the network on top to add.
    assert not any(isinstance(module, torch.nn.Dropout) for module in backbone.modules())
    with torch.no_grad():
        features = backbone.eval().clip_features(torch.rand(1, 2, 3, 80, 96))
    assert features.shape == (1, 2, WIDTHS[architecture])


def test_a_clips_features_are_its_frames():
    backbone = build_backbone("residual", widths=(8,), blocks=(1,)).eval()
    clips = torch.rand(2, 3, 3, 16, 16)
    features = backbone.clip_features(clips)
    for clip in range(2):
        for frame in range(3):
            alone = backbone(clips[clip, frame][None])[0]
            torch.testing.assert_close(features[clip, frame], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v3_small"])
def test_pretrained_weights_give_torchvisions_features(architecture, save_weights):
    torch.manual_seed(1)
    network = getattr(models, architecture)(weights=None).eval()
    pooled = []
    network.avgpool.register_forward_hook(lambda *call: pooled.append(call[2].flatten(1)))
    frames = torch.rand(2, 3, 64, 64)
    backbone = build_backbone(architecture, weights=save_weights(network.state_dict())).eval()
    with torch.no_grad():
        network(frames)
        torch.testing.assert_close(backbone(frames), pooled[0])


def test_inception_takes_its_own_normalisation(save_weights):
    # torchvision's pretrained network turns ImageNet's normalisation into its own by itself.
    network = models.inception_v3(weights=None, init_weights=False, transform_input=True).eval()
    pooled = []
    network.avgpool.register_forward_hook(lambda *call: pooled.append(call[2].flatten(1)))
    frames = torch.rand(1, 3, 80, 80)
    backbone = build_backbone("inception_v3", weights=save_weights(network.state_dict())).eval()
    with torch.no_grad():
        network(normalised(frames, input_statistics("resnet18", 3)))
        features = backbone(normalised(frames, input_statistics("inception_v3", 3)))
    torch.testing.assert_close(features, pooled[0], atol=1e-4, rtol=1e-4)


def normalised(frames, statistics):
    mean, std = (torch.tensor(part)[:, None, None] for part in (statistics.mean, statistics.std))
    return (frames - mean) / std


@pytest.mark.parametrize("num_channels", [2, 10])
@pytest.mark.parametrize(
    ("architecture", "conv", "kernels"),
    [
        ("resnet18", "conv1", "conv1.weight"),
        ("mobilenet_v3_small", "features.0.0", "features.0.0.weight"),
    ],
)
def test_pretrained_flow_channels_are_the_mean_over_rgb(
    architecture, conv, kernels, num_channels, save_weights
):
    state = getattr(models, architecture)(weights=None).state_dict()
    backbone = build_backbone(architecture, num_channels, save_weights(state))
    weight = backbone.network.get_submodule(conv).weight
    assert weight.shape[1] == num_channels
    rgb = state[kernels]
    mean = (rgb[:, 0] + rgb[:, 1] + rgb[:, 2]) / 3
    for channel in range(num_channels):
        torch.testing.assert_close(weight[:, channel], mean)
    assert backbone.eval()(torch.rand(1, num_channels, 64, 64)).shape == (1, backbone.width)
    # All other weights are untouched.
    name = next(name for name in state if "conv" not in name and name.endswith("running_mean"))
    torch.testing.assert_close(backbone.network.state_dict()[name], state[name])


def test_random_flow_channels_differ():
    weight = build_backbone("inception_v3", 10).network.Conv2d_1a_3x3.conv.weight
    assert weight.shape == (32, 10, 3, 3)
    assert not torch.allclose(weight[:, 0], weight[:, 1])


def test_statistics_of_flow_are_about_no_motion():
    assert input_statistics("resnet50", 10) == InputStatistics((0.5,) * 10, (0.226,) * 10)
    assert input_statistics("inception_v3", 2) == InputStatistics((0.5,) * 2, (0.5,) * 2)


def test_partial_batch_normalisation_keeps_all_but_the_first(save_weights):
    path = save_weights(models.resnet18(weights=None).state_dict())
    backbone = build_backbone("resnet18", weights=path, partial_bn=True).train()
    norms = [m for m in backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    before = [(norm.running_mean.clone(), norm.weight.clone()) for norm in norms]
    optimizer = torch.optim.SGD(backbone.parameters(), lr=0.1)
    backbone(torch.rand(4, 3, 32, 32)).square().sum().backward()
    optimizer.step()
    changed = [
        (not torch.equal(norm.running_mean, mean), not torch.equal(norm.weight, weight))
        for norm, (mean, weight) in zip(norms, before, strict=True)
    ]
    assert changed == [(True, True)] + [(False, False)] * (len(norms) - 1)
    free = build_backbone("resnet18", weights=path).train()
    assert all(m.training for m in free.modules())


def test_older_files_without_counters_load(save_weights):
    network = models.resnet18(weights=None)
    state = {k: v for k, v in network.state_dict().items() if "num_batches" not in k}
    backbone = build_backbone("resnet18", weights=save_weights(state))
    torch.testing.assert_close(backbone.network.conv1.weight, network.conv1.weight)


def test_weights_of_another_network_are_refused_by_name(save_weights):
    path = save_weights(models.resnet34(weights=None).state_dict(), "other.pth")
    message = (
        r"other\.pth: does not fit .* torchvision's resnet18: holds.* layer\d.* more; give the"
    )
    with pytest.raises(ValueError, match=message):
        build_backbone("resnet18", weights=path)
    narrow = torch.nn.Linear(3, 2)
    path = save_weights({"weight": torch.zeros(2, 4), "bias": torch.zeros(2)})
    with pytest.raises(ValueError, match=r"size mismatch for weight: .*2, 4.*; give the"):
        load_pretrained(narrow, path, (), "a test")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build_backbone("vgg16"), "'vgg16': expected one of resnet18"),
        (lambda: build_backbone("resnet18", 5), "5 input channels"),
        (lambda: build_backbone("resnet18", partial_bn=True), "partial_bn"),
        (lambda: input_statistics("resnet18", 1), "1 input channels"),
        (lambda: build_backbone("inception_v3")(torch.rand(1, 3, 64, 64)), "at least 75"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
