"""Networks of mmdet's zoo with seeded random weights, on small inputs, for tests of the mmdet back end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from vpdlib import compat
from vpdlib.weights.zoo import find_config

compat.install()

FASTER_RCNN = "faster-rcnn_r50_fpn_1x_coco"
MASK_RCNN = "mask-rcnn_r50_fpn_1x_coco"
RTMDET = "rtmdet_tiny_8xb32-300e_coco"
RTMDET_INS = "rtmdet-ins_tiny_8xb32-300e_coco"
ZOO = (FASTER_RCNN, MASK_RCNN, RTMDET, RTMDET_INS)
WITH_MASKS = (MASK_RCNN, RTMDET_INS)

#: Layers whose output is made small, so that scores do not saturate and boxes stay in the picture.
_LAST_LAYERS = ("fc_cls", "fc_reg", "rpn_cls", "rpn_reg", "rtm_cls", "rtm_reg")

_CONFIG = """
_base_ = [{base!r}]
model = dict(test_cfg={test_cfg})
test_dataloader = dict(dataset=dict({dataset}pipeline=[
    dict(type="LoadImageFromFile", backend_args=None),
    dict(type="Resize", scale=(160, 128), keep_ratio=True),
    {pad}
    dict(type="LoadAnnotations", with_bbox=True),
    dict(type="PackDetInputs", meta_keys=("img_id", "img_path", "ori_shape", "img_shape", "scale_factor")),
]))
"""


@dataclass(frozen=True)
class Network:
    """A configuration and a checkpoint of random weights."""

    name: str
    config: Path
    checkpoint: Path


def small_config(name: str, folder: Path, classes: tuple[str, ...] = ()) -> Path:
    """Write a configuration of the zoo with a small input and few proposals, of other classes if given."""
    if "rcnn" in name:
        test_cfg = (
            "dict(rpn=dict(nms_pre=60, max_per_img=30), rcnn=dict(score_thr=0.001, max_per_img=30))"
        )
        pad = ""
    else:
        test_cfg = "dict(score_thr=0.001, nms_pre=100, max_per_img=60)"
        if classes:
            test_cfg += f", bbox_head=dict(num_classes={len(classes)})"
        pad = 'dict(type="Pad", size=(160, 160), pad_val=dict(img=(114, 114, 114))),'
    dataset = f"metainfo=dict(classes={classes!r}), " if classes else ""
    path = folder / f"{name}.py"
    base = str(find_config("mmdet", name))
    path.write_text(_CONFIG.format(base=base, test_cfg=test_cfg, pad=pad, dataset=dataset))
    return path


def random_network(name: str, folder: Path, classes: tuple[str, ...] = ()) -> Network:
    """Make a network of the zoo with seeded random weights that finds many people in noise."""
    from mmdet.registry import MODELS
    from mmdet.utils import register_all_modules
    from mmengine.config import Config
    from mmengine.registry import DefaultScope

    register_all_modules(init_default_scope=False)
    path = small_config(name, folder, classes)
    config = Config.fromfile(path)
    config.model.backbone.init_cfg = None
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmdet"):
        model: Any = MODELS.build(config.model)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="linear")
    _measure_batch_norms(model)
    person = classes.index("person") if "person" in classes else 0
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            layer = parameter_name.split(".", 1)[-1]
            if parameter.ndim > 1 and any(end in layer for end in _LAST_LAYERS):
                parameter *= 0.1 if "rcnn" in name else 0.3
            elif "rtm_reg" in layer:
                parameter += 1.5  # boxes of some strides a side
            elif "conv_logits.bias" in layer:
                parameter += 0.5  # masks that fill a part of their boxes
            elif "fc_cls" in layer or "rtm_cls" in layer:
                parameter[person] += 4
    checkpoint = folder / f"{name}.pth"
    torch.save({"meta": {}, "state_dict": model.state_dict()}, checkpoint)
    return Network(name, path, checkpoint)


def _measure_batch_norms(model: Any) -> None:
    """Set running statistics by one pass: without, activations vanish or explode and all scores are alike."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    with torch.no_grad():
        images = np.stack(pictures(16, 160, 160, seed=9)).transpose(0, 3, 1, 2)
        features = model.extract_feat((torch.from_numpy(images).float() - 115) / 57)
        if hasattr(model, "bbox_head"):
            model.bbox_head(features)
    model.eval()


def pictures(num: int, height: int = 96, width: int = 128, seed: int = 0) -> list[np.ndarray]:
    """Smooth coloured noise, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    return [
        cv2.resize(rng.integers(0, 256, (12, 16, 3), np.uint8), (width, height)) for _ in range(num)
    ]
