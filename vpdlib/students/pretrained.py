"""Encoders of published kinds, and weights that have learnt from pictures before.

The networks are torchvision's ResNets and those of timm; the weights are files, a state dict of the network with its
last layer, as it was trained on RGB. The last layer is replaced by one that answers the descriptor. What a student sees
beside RGB gets kernels of zeros, so that the network begins by seeing what it has seen before. Without weights all
kernels are drawn, from torch's current random state. Source: docs/method.md section 7.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vpdlib.compat import install, torchvision_models
from vpdlib.students.augment import RGBStatistics
from vpdlib.students.depthwise import use_small_map_gradients
from vpdlib.students.settings import TIMM, StudentSettings
from vpdlib.weights.state_dict import load_weights

#: What TensorFlow's EfficientNet-Lite was fed: (q - 127) / 128 of a byte q. timm states 127.5 for both.
_TF_LITE: RGBStatistics = ((127 / 255,) * 3, (128 / 255,) * 3)
_IMAGENET: RGBStatistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: Names in the package efficientnet-pytorch -> timm's, after the number of a block; and those of a block that has no
#: expansion.
_LITE_NAMES = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head"}
_LITE_NAMES |= {"_bn1": "bn2", "_fc": "classifier"}
_EXPANDED = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw"}
_EXPANDED |= {"_bn1": "bn2", "_project_conv": "conv_pwl", "_bn2": "bn3"}
_SEPARABLE = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_LITE_BLOCK = re.compile(r"_blocks\.(\d+)\.(\w+)\.(\w+)")


def build_published(settings: StudentSettings, dim: int, weights: Path | None) -> nn.Module:
    """Build an encoder of torchvision or timm.

    Parameters
    ----------
    settings : architecture and inputs.
    dim : length d of the descriptor.
    weights : a file of its weights; None: drawn from torch's current random state.

    Returns
    -------
    nn.Module : (B, C, S, S) -> (B, d), in training mode, on the CPU.

    Raises
    ------
    ValueError : timm has no such network, or it cannot answer a descriptor.
    WeightsError : the file is not one of this network's weights.
    """
    if settings.architecture.startswith(TIMM):
        return _of_timm(settings, dim, weights)
    models = torchvision_models()
    encoder: Any = {"resnet34": models.resnet34, "resnet18": models.resnet18}[
        settings.architecture
    ](weights=None)
    if weights is None:
        encoder.conv1 = widen_first_conv(encoder.conv1, settings.num_channels)
    else:
        _load(encoder, weights, f"torchvision's {settings.architecture}")
        add_input_channels(encoder.conv1, settings.num_channels)
    encoder.fc = nn.Linear(encoder.fc.in_features, dim)
    return encoder


def rgb_statistics(architecture: str) -> RGBStatistics:
    """What R, G and B in 0..1 were normalised by where a network's published weights learnt: mean, standard deviation.

    Raises
    ------
    ValueError : timm has no such network.
    """
    if not architecture.startswith(TIMM):
        return _IMAGENET
    name = architecture.removeprefix(TIMM)
    if name.startswith("tf_efficientnet_lite"):
        return _TF_LITE
    config = _timm_with(name).get_pretrained_cfg(name)
    if config is None:
        raise ValueError(
            f"timm's {name} states no mean and standard deviation of RGB; set rgb_mean and rgb_std"
        )
    return tuple(config.mean), tuple(config.std)


def head_of(encoder: nn.Module) -> nn.Module:
    """The last layer of an encoder, which answers the descriptor; no pretrained weights are in it."""
    of_timm: Callable[[], nn.Module] | None = getattr(encoder, "get_classifier", None)
    return encoder.get_submodule("fc") if of_timm is None else of_timm()


def widen_first_conv(conv: nn.Conv2d, num_channels: int) -> nn.Conv2d:
    """Replace a convolution by one with another number of input channels.

    Every input channel gets the mean over channels of the original kernels, so that all channels
    start alike (docs/method.md section 7).

    Parameters
    ----------
    conv : a convolution without groups.
    num_channels : input channels of the answer.

    Returns
    -------
    nn.Conv2d
    """
    wide = nn.Conv2d(
        num_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type]
        conv.stride,  # type: ignore[arg-type]
        conv.padding,  # type: ignore[arg-type]
        bias=conv.bias is not None,
    )
    with torch.no_grad():
        mean = conv.weight.mean(dim=1, keepdim=True)
        wide.weight.copy_(mean.expand(-1, num_channels, -1, -1))
        if conv.bias is not None and wide.bias is not None:
            wide.bias.copy_(conv.bias)
    return wide


def add_input_channels(conv: nn.Conv2d, num_channels: int) -> None:
    """Give a convolution further input channels, whose kernels are zero, in place.

    Parameters
    ----------
    conv : a convolution without groups.
    num_channels : input channels that it then has, not fewer than before.
    """
    missing = num_channels - conv.in_channels
    zeros = conv.weight.new_zeros(conv.out_channels, missing, *conv.weight.shape[2:])
    conv.weight = nn.Parameter(torch.cat([conv.weight.detach(), zeros], dim=1))
    conv.in_channels = num_channels


def _timm_with(name: str) -> Any:
    """The library, if it has a network of this name."""
    # timm needs torchvision, and takes a second to import.
    install()
    import timm

    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), 3)
        raise ValueError(
            f"architecture {TIMM}{name}: timm {timm.__version__} has no network of this name"
            + (f"; nearest: {', '.join(near)}" if near else "")
        )
    return timm


def _of_timm(settings: StudentSettings, dim: int, weights: Path | None) -> nn.Module:
    name = settings.architecture.removeprefix(TIMM)
    timm = _timm_with(name)
    config = timm.get_pretrained_cfg(name)
    # Networks that know where a patch lies are built for one size.
    size = {"img_size": settings.crop_px} if config is not None and config.fixed_input_size else {}
    encoder: Any
    if weights is None:
        encoder = timm.create_model(name, num_classes=dim, in_chans=settings.num_channels, **size)
    else:
        encoder = timm.create_model(name, **size)
        _load(encoder, weights, f"timm's {name}", _timm_names)
        if settings.num_channels > 3:
            add_input_channels(_first_conv(encoder, settings), settings.num_channels)
        encoder.reset_classifier(dim)
    if settings.last_stride is not None:
        _leave_out_coarser(encoder, settings, dim)
    if not isinstance(encoder.get_classifier(), nn.Linear):
        raise ValueError(
            f"{settings.architecture}: its last layer is no linear one, so it cannot answer a descriptor; take another"
        )
    use_small_map_gradients(encoder)
    network: nn.Module = encoder
    return network


def _leave_out_coarser(encoder: Any, settings: StudentSettings, dim: int) -> None:
    """Cut a network of timm after the last stage of `last_stride`, and let that answer; in place."""
    stages = getattr(encoder, "feature_info", [])
    strides = [stage["reduction"] for stage in stages]
    if len(set(strides)) < 2 or not hasattr(encoder, "prune_intermediate_layers"):
        raise ValueError(
            f"{settings.architecture} has no stages of several strides that could be left out; set last_stride: null"
        )
    if settings.last_stride not in strides:
        raise ValueError(
            f"last_stride {settings.last_stride}: the stages of {settings.architecture} have strides "
            f"{', '.join(str(stride) for stride in sorted(set(strides)))}"
        )
    last = len(strides) - 1 - strides[::-1].index(settings.last_stride)
    encoder.prune_intermediate_layers([last], prune_norm=True, prune_head=True)
    encoder.reset_classifier(dim, "avg")


def _first_conv(encoder: Any, settings: StudentSettings) -> nn.Conv2d:
    """The convolution of a network of timm that sees the picture."""
    first = encoder.pretrained_cfg.get("first_conv")
    conv = encoder.get_submodule(first) if isinstance(first, str) else None
    if not isinstance(conv, nn.Conv2d):
        raise ValueError(
            f"{settings.architecture}: no first convolution that could see more than RGB; set inputs: rgb"
        )
    return conv


def _load(network: nn.Module, weights: Path, of: str, renamed: Any = None) -> None:
    if renamed is not None:
        network.register_load_state_dict_pre_hook(renamed)
    load_weights(network, weights, of, "give the weights of the architecture that is set")


def _timm_names(module: Any, state: dict[str, torch.Tensor], *_: Any) -> None:
    """Rename, in place, what a file of the package efficientnet-pytorch calls otherwise."""
    if "_conv_stem.weight" not in state:
        return
    # Blocks are numbered throughout there, by stage here.
    places = [f"{s}.{b}" for s, blocks in enumerate(module.blocks) for b in range(len(blocks))]
    expanded = {name.split(".")[1] for name in state if "._expand_conv." in name}
    for name in list(state):
        block = _LITE_BLOCK.fullmatch(name)
        if block is None:
            layer, tensor = name.split(".")
            renamed = f"{_LITE_NAMES.get(layer, layer)}.{tensor}"
        else:
            number, layer, tensor = block.groups()
            layers = _EXPANDED if number in expanded else _SEPARABLE
            renamed = f"blocks.{places[int(number)]}.{layers[layer]}.{tensor}"
        state[renamed] = state.pop(name)
