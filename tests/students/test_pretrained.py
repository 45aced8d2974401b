"""Encoders of timm and torchvision, and what they start from."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
import torch

from tests.students.test_train import assert_same_weights, tiny_data, tiny_settings
from vpdlib import compat
from vpdlib.downloads import downloads_dir
from vpdlib.students import pretrained
from vpdlib.students.network import build_student
from vpdlib.students.pretrained import add_input_channels, head_of, rgb_statistics
from vpdlib.students.save import load_student, save_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.train import train_student
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoints import verify_checkpoint
from vpdlib.weights.fetch_checkpoint import fetch_checkpoint
from vpdlib.weights.state_dict import load_weights

# timm needs torchvision, which needs help where its compiled operators do not load.
compat.install()
import timm  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LITE = "timm/tf_efficientnet_lite0"
MILITARY_UNIFORM = 652


def old_names(network):
    """A state dict of EfficientNet-Lite0 as the package efficientnet-pytorch names it."""
    state = network.state_dict()
    order = [f"{s}.{b}" for s, blocks in enumerate(network.blocks) for b in range(len(blocks))]
    renamed = {}
    for name, tensor in state.items():
        parts = name.split(".")
        if parts[0] != "blocks":
            new = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head"}
            new |= {"bn2": "_bn1", "classifier": "_fc"}
            renamed[f"{new[parts[0]]}.{parts[1]}"] = tensor
            continue
        number = order.index(f"{parts[1]}.{parts[2]}")
        if parts[1] == "0":
            new = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv"}
            new |= {"bn2": "_bn2"}
        else:
            new = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv"}
            new |= {"bn2": "_bn1", "conv_pwl": "_project_conv", "bn3": "_bn2"}
        renamed[f"_blocks.{number}.{new[parts[3]]}.{parts[4]}"] = tensor
    assert len(renamed) == len(state)
    return renamed


@pytest.fixture(scope="module")
def lite():
    torch.manual_seed(3)
    return timm.create_model("tf_efficientnet_lite0").eval()


@pytest.fixture(scope="module", params=["timm's names", "the package's names"])
def lite_file(request, lite, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "lite.pth"
    torch.save(lite.state_dict() if request.param[0:4] == "timm" else old_names(lite), path)
    return path


def lite_settings(**changes):
    return tiny_settings(architecture=LITE, crop_px=32, weights="./lite.pth", **changes)


def test_a_student_starts_as_the_network_and_sees_nothing_new_in_flow(lite, lite_file):
    encoder, _ = build_student(lite_settings(), 26, lite_file)
    encoder.eval()
    assert encoder.conv_stem.weight.shape[1] == 5
    rgb, flow = torch.rand(2, 3, 32, 32), torch.rand(2, 2, 32, 32)
    with torch.no_grad():
        features = encoder.forward_features(torch.cat([rgb, flow], dim=1))
        torch.testing.assert_close(features, lite.forward_features(rgb))
    assert encoder(torch.cat([rgb, flow], dim=1)).shape == (2, 26)


def test_rgb_alone_has_no_further_channels(lite_file):
    encoder, _ = build_student(lite_settings(inputs="rgb"), 26, lite_file)
    assert encoder.conv_stem.weight.shape[1] == 3


def test_resnet34_starts_from_its_weights(tmp_path):
    whole = compat.torchvision_models().resnet34(weights=None)
    torch.save(whole.state_dict(), tmp_path / "r34.pth")
    settings = StudentSettings(weights="./r34.pth")
    encoder, _ = build_student(settings, 26, tmp_path / "r34.pth")
    assert torch.equal(encoder.conv1.weight[:, :3], whole.conv1.weight)
    assert not encoder.conv1.weight[:, 3:].any()
    assert torch.equal(encoder.layer4[2].conv2.weight, whole.layer4[2].conv2.weight)
    assert head_of(encoder).out_features == 26


def test_without_weights_a_network_of_timm_is_drawn_from_the_seed():
    settings = tiny_settings(architecture=LITE, crop_px=32)
    first, other = (
        build_student(settings.model_copy(update={"seed": seed}), 26)[0] for seed in (0, 1)
    )
    again, _ = build_student(settings, 26)
    assert first.conv_stem.weight.shape[1] == 5
    assert torch.equal(first.conv_stem.weight, again.conv_stem.weight)
    assert not torch.equal(first.conv_stem.weight, other.conv_stem.weight)


def test_added_channels_change_no_answer():
    conv = torch.nn.Conv2d(3, 4, 3)
    inputs = torch.rand(1, 5, 8, 8)
    before = conv(inputs[:, :3])
    add_input_channels(conv, 5)
    torch.testing.assert_close(conv(inputs), before)


def test_weights_of_another_network_are_refused(lite, tmp_path):
    torch.save(timm.create_model("efficientnet_lite1").state_dict(), tmp_path / "lite1.pth")
    with pytest.raises(WeightsError, match=r"does not fit the network of timm's tf_efficientnet"):
        build_student(lite_settings(), 26, tmp_path / "lite1.pth")


def test_a_network_that_timm_has_not_is_refused_with_the_nearest():
    with pytest.raises(
        ValueError, match=r"no network of this name; nearest: .*tf_efficientnet_lite0"
    ):
        build_student(tiny_settings(architecture="timm/tf_efficientnet_light0"), 26)


def test_statistics_are_those_that_the_weights_learnt_from():
    assert rgb_statistics("resnet34") == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    mean, std = rgb_statistics(LITE)
    assert (mean[0] * 255, std[0] * 255) == (127.0, 128.0)
    assert rgb_statistics("timm/resnet18.a1_in1k")[0] == (0.485, 0.456, 0.406)


def test_settings_of_weights_without_weights_are_refused():
    for changes in ({"trunk_rate": 0.1}, {"frozen_epochs": 2}, {"weights_sha256": "a" * 64}):
        with pytest.raises(ValueError, match="starts from `weights`"):
            tiny_settings(**changes)
    with pytest.raises(ValueError, match="nobody publishes any"):
        tiny_settings(weights="imagenet")
    with pytest.raises(ValueError, match=r"known for timm/tf_efficientnet_lite0, resnet34, not"):
        tiny_settings(weights="imagenet", architecture="resnet18")
    with pytest.raises(ValueError, match="frozen_epochs 7 is more than epochs 6"):
        lite_settings(frozen_epochs=7)
    assert tiny_settings(weights="imagenet", architecture=LITE).weights_reference == [
        ("efficientnet-lite0", None)
    ]
    assert StudentSettings().weights_reference == []


def trained(lite_file, **changes):
    frames, pose, motion, train, val = tiny_data(side=32)
    settings = lite_settings(epochs=2, select_window=1, **changes)
    return train_student(frames, pose, motion, train, val, settings, weights_path=lite_file)


def test_a_frozen_trunk_stays_and_the_rest_learns(lite_file, lite):
    student = trained(lite_file, frozen_epochs=2)
    weights = dict(student.encoder.named_parameters())
    for name, weight in lite.named_parameters():
        if name.startswith("conv_stem"):
            assert torch.equal(weights[name][:, :3], weight)
            assert not weights[name][:, 3:].any()
        elif not name.startswith("classifier"):
            assert torch.equal(weights[name], weight), name
    start = build_student(student.settings, 26, lite_file)
    assert not torch.equal(weights["classifier.weight"], start[0].classifier.weight)


def test_after_frozen_epochs_all_learns_and_flow_is_seen(lite_file, lite):
    student = trained(lite_file, frozen_epochs=1)
    assert student.encoder.conv_stem.weight[:, 3:].any()
    assert not torch.equal(student.encoder.conv_head.weight, lite.conv_head.weight)


def test_a_lower_rate_moves_the_trunk_less(lite_file, lite):
    moved = {}
    for rate in (1.0, 0.01):
        student = trained(lite_file, trunk_rate=rate)
        change = student.encoder.conv_head.weight - lite.conv_head.weight
        moved[rate] = float(change.abs().mean())
    # AdamW's steps are as long as its rate.
    assert 50 < moved[1.0] / moved[0.01] < 200


def test_it_is_saved_and_read_without_the_file_that_it_started_from(lite_file, tmp_path):
    student = trained(lite_file)
    save_student(tmp_path / "s", student)
    assert_same_weights(student, load_student(tmp_path / "s"))


def test_weights_and_their_file_come_together(lite_file):
    frames, pose, motion, train, val = tiny_data(side=32)
    with pytest.raises(ValueError, match="give both or none"):
        train_student(frames, pose, motion, train, val, lite_settings())


def picture_of_matplotlib():
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    side = int(0.875 * min(image.shape[:2]))
    y, x = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    image = cv2.resize(image[y : y + side, x : x + side], (224, 224), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[None]


def probability(name, statistics, path):
    """Of a military uniform, by the published weights in a network of timm; and how many classes are more probable."""
    network = timm.create_model(name).eval()
    network.register_load_state_dict_pre_hook(pretrained._timm_names)
    load_weights(network, path, name, "none")
    mean, std = (torch.tensor(values)[:, None, None] for values in statistics)
    with torch.no_grad():
        found = network((picture_of_matplotlib() - mean) / std).softmax(1)[0]
    return float(found[MILITARY_UNIFORM]), int((found > found[MILITARY_UNIFORM]).sum())


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """EfficientNet-Lite0's weights: the checkout's own, or fetched now."""
    own = ROOT / "resources" / "networks"
    try:
        return verify_checkpoint("efficientnet-lite0", own)
    except WeightsError:
        pass
    try:
        return fetch_checkpoint(
            "efficientnet-lite0", tmp_path_factory.mktemp("networks"), downloads_dir()
        )
    except WeightsError as error:
        pytest.skip(f"the weights cannot be fetched: {error}")


def test_imagenets_weights_know_a_real_picture(published):
    """With padding, epsilon of batch normalisation or scale of another kind they load all the same, and know less."""
    right, rank = probability("tf_efficientnet_lite0", rgb_statistics(LITE), published)
    assert right == pytest.approx(0.177, abs=0.01)
    assert rank <= 2
    padded_otherwise, rank = probability("efficientnet_lite0", rgb_statistics(LITE), published)
    assert padded_otherwise < 0.05 < right
    assert rank > 2
    scaled_otherwise, _ = probability("tf_efficientnet_lite0", ((0, 0, 0), (1, 1, 1)), published)
    assert scaled_otherwise < 0.8 * right


@pytest.mark.parametrize(("stride", "channels", "cells"), [(8, 40, 8), (16, 112, 4), (32, 320, 2)])
def test_coarser_stages_are_left_out(lite_file, lite, stride, channels, cells):
    encoder, _ = build_student(lite_settings(last_stride=stride), 26, lite_file)
    encoder.eval()
    crops = torch.rand(2, 5, 64, 64)
    with torch.inference_mode():
        kept = encoder.forward_features(crops)
        whole = lite.forward_intermediates(crops[:, :3], intermediates_only=True)
        assert encoder(crops).shape == (2, 26)
    assert kept.shape == (2, channels, cells, cells)
    torch.testing.assert_close(kept, whole[{8: 2, 16: 3, 32: 4}[stride]])


def test_a_network_without_its_coarser_stages_is_saved_and_loaded(lite_file, tmp_path):
    student = trained(lite_file, last_stride=16)
    save_student(tmp_path / "student", student)
    assert_same_weights(load_student(tmp_path / "student"), student)


def test_strides_that_a_network_has_not_are_refused():
    with pytest.raises(
        ValueError, match=r"last_stride 5: the stages .* have strides 2, 4, 8, 16, 32"
    ):
        build_student(StudentSettings(architecture=LITE, last_stride=5), 26)
    with pytest.raises(ValueError, match="no stages of several strides"):
        build_student(StudentSettings(architecture="timm/vit_tiny_patch16_224", last_stride=16), 26)
    with pytest.raises(ValueError, match="of networks of timm, not of architecture resnet18"):
        StudentSettings(architecture="resnet18", last_stride=16)
