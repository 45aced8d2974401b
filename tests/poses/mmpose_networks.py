"""Networks of mmpose with seeded random weights: built, saved and asked through mmpose's own interface.

What tests take of torch and mmpose comes through here: the compatibility module must go before them. Small HRNets, one
for each way of stating places, are the zoo's configurations with fewer blocks.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib import compat
from vpdlib.weights.zoo import find_config

compat.install()

import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmpose.apis import inference_topdown, init_model  # noqa: E402
from mmpose.codecs import MSRAHeatmap, SimCCLabel  # noqa: E402
from mmpose.models.utils.tta import flip_heatmaps, flip_vectors  # noqa: E402

__all__ = [
    "HRNET_W32",
    "RTMPOSE_S",
    "SMALL",
    "VITPOSE_S",
    "WHOLE_BODY",
    "MSRAHeatmap",
    "SimCCLabel",
    "flip_heatmaps",
    "flip_vectors",
    "new_network",
    "reference",
    "saved_network",
    "small_config",
    "torch",
]

HRNET_W32 = "td-hm_hrnet-w32_8xb64-210e_coco-256x192"
RTMPOSE_S = "rtmpose-s_8xb256-420e_coco-256x192"
VITPOSE_S = "td-hm_ViTPose-small_8xb64-210e_coco-256x192"
#: 133 keypoints, of which the first 17 are COCO's.
WHOLE_BODY = "rtmpose-m_8xb64-270e_coco-wholebody-256x192"

#: The zoo's configuration that each small one is made of.
SMALL = {
    "plain": HRNET_W32,
    "dark": "td-hm_hrnet-w32_dark-8xb64-210e_coco-256x192",
    "udp": "td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192",
}

_FEWER_BLOCKS = """
_base_ = ["{base}"]
model = dict(
    backbone=dict(
        extra=dict(
            stage1=dict(num_blocks=(1,)),
            stage2=dict(num_blocks=(1, 1), num_channels=(8, 16)),
            stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
            stage4=dict(num_modules=1, num_blocks=(1, 1, 1, 1), num_channels=(8, 16, 32, 64)),
        )
    ),
    head=dict(in_channels=8),
)
"""


def small_config(kind: str, folder: Path) -> Path:
    """Write the configuration of a small HRNet."""
    path = folder / f"small-{kind}.py"
    path.write_text(_FEWER_BLOCKS.format(base=find_config("mmpose", SMALL[kind])))
    return path


def new_network(config_path: Path) -> torch.nn.Module:
    """A network of mmpose's making, with seeded weights that give answers unlike for unlike pictures."""
    torch.manual_seed(0)
    config = Config.fromfile(config_path)
    network = init_model(config, device="cpu")
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the mean over what follows
    width, height = config.codec.input_size
    network.train()
    with torch.no_grad():
        for _ in range(2):
            network(torch.randn(4, 3, height, width), None, mode="tensor")
        network.eval()
        answer = network(torch.randn(2, 3, height, width), None, mode="tensor")
        # Peaks between 0 and 1, as those of a trained network.
        answers = answer if isinstance(answer, tuple) else (answer,)
        head = network.head
        last = (head.cls_x, head.cls_y) if len(answers) == 2 else (head.final_layer,)
        for layer, part in zip(last, answers, strict=True):
            layer.weight *= 0.1 / part.std()
    return network


@cache
def saved_network(config_path: Path, folder: Path) -> Path:
    """The checkpoint of a new network of this configuration, as mmengine saves one."""
    path = folder / f"{config_path.stem}.pth"
    network = new_network(config_path)
    torch.save({"meta": {"epoch": 1}, "state_dict": network.state_dict()}, path)
    return path


def reference(
    config_path: Path, checkpoint: Path, flip_test: bool, image_rgb: np.ndarray, boxes: np.ndarray
) -> np.ndarray:
    """(N, K, 3) keypoints of (N, 4) boxes by mmpose's own interface, all in mmpose's frame."""
    network = init_model(str(config_path), str(checkpoint), device="cpu")
    network.test_cfg["flip_test"] = flip_test
    found = inference_topdown(network, np.ascontiguousarray(image_rgb[..., ::-1]), boxes)
    return np.stack([_keypoints(sample.pred_instances) for sample in found])


def _keypoints(instances: Any) -> np.ndarray:
    return np.concatenate([instances.keypoints[0], instances.keypoint_scores[0][:, None]], axis=-1)
