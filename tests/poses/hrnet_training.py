"""Training a tiny HRNet with mmpose's own code on rendered frames whose joints are known.

The configuration inherits HRNet-W32's from the model zoo, with fewer channels and blocks and a smaller picture; the
frames lie in a folder in COCO's form, as mmpose's data set reads them; mmengine's runner trains.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from tests.poses.mmpose_networks import HRNET_W32, torch
from vpdlib import compat
from vpdlib.skeleton import COCO17, COCO17_TO_JOINTS13
from vpdlib.weights.zoo import find_config

compat.install()

from mmengine.config import Config  # noqa: E402
from mmengine.runner import Runner  # noqa: E402

EPOCHS = 14

_CONFIG = """
_base_ = ["{base}"]

codec = dict(type="MSRAHeatmap", input_size=(64, 96), heatmap_size=(16, 24), sigma=1)
model = dict(
    backbone=dict(
        init_cfg=None,
        extra=dict(
            stage1=dict(num_blocks=(1,), num_channels=(16,)),
            stage2=dict(num_blocks=(1, 1), num_channels=(16, 32)),
            stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(16, 32, 64)),
            stage4=dict(num_modules=1, num_blocks=(1, 1, 1, 1), num_channels=(16, 32, 64, 128)),
        ),
    ),
    head=dict(in_channels=16, decoder=codec),
)

find_person = [dict(type="LoadImage"), dict(type="GetBBoxCenterScale")]
cut = dict(type="TopdownAffine", input_size=codec["input_size"])
train_pipeline = [
    *find_person,
    dict(type="RandomFlip", direction="horizontal"),
    dict(type="RandomBBoxTransform", scale_factor=(0.8, 1.2)),
    cut,
    dict(type="PhotometricDistortion"),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        data_root="{folder}",
        ann_file="annotations.json",
        data_prefix=dict(img=""),
        pipeline=train_pipeline,
    ),
)
test_dataloader = dict(dataset=dict(pipeline=[*find_person, cut, dict(type="PackPoseInputs")]))
val_dataloader = val_evaluator = val_cfg = None

train_cfg = dict(max_epochs={epochs})
optim_wrapper = dict(optimizer=dict(lr=4e-3))
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, end=1, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=1, end={epochs}, convert_to_iter_based=True),
]
default_hooks = dict(checkpoint=dict(interval={epochs}, save_best=None))
randomness = dict(seed=0)
work_dir = "{folder}"
"""


def write_config(folder: Path) -> Path:
    """Write the configuration of a tiny HRNet that is trained on the frames in `folder`."""
    path = folder / "tiny-hrnet.py"
    base = find_config("mmpose", HRNET_W32)
    path.write_text(_CONFIG.format(base=base, folder=folder, epochs=EPOCHS))
    return path


def write_coco(folder: Path, people: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> None:
    """Write people in COCO's form: the image (H, W, 3) RGB, box (4,) xyxy and joints (13, 2) of each, in our pixels.

    COCO's places count from the centres of pixels. Eyes and ears, which the 13 joints lack, are marked as not
    labelled: mmpose gives them no weight.
    """
    folder.mkdir()
    images, annotations = [], []
    for number, (image_rgb, box_px, joints_px) in enumerate(people):
        name = f"{number:05d}.jpg"
        height, width = image_rgb.shape[:2]
        bgr = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / name), bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])
        images.append({"id": number, "file_name": name, "height": height, "width": width})
        keypoints = np.zeros((len(COCO17), 3))
        keypoints[COCO17_TO_JOINTS13, :2] = joints_px - 0.5
        keypoints[COCO17_TO_JOINTS13, 2] = 2
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "bbox": [*(box_px[:2] - 0.5).tolist(), *(box_px[2:] - box_px[:2]).tolist()],
                "num_keypoints": len(joints_px),
                "keypoints": keypoints.ravel().tolist(),
            }
        )
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}],
    }
    (folder / "annotations.json").write_text(json.dumps(content))


def train(config_path: Path) -> tuple[Path, Path]:
    """Train as the configuration says; return the checkpoints of the network before and after."""
    runner = Runner.from_cfg(Config.fromfile(config_path))
    runner.model.init_weights()  # what train() would do first, and then does not repeat
    before = config_path.with_name("before.pth")
    torch.save(runner.model.state_dict(), before)
    runner.train()
    return before, config_path.with_name(f"epoch_{EPOCHS}.pth")
