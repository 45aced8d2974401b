"""People found by a network of OpenMMLab's mmdet 3: any configuration and the checkpoint trained with it.

The network, its preprocessing and its suppression are the configuration's own; only the pretrained
weights that it names are left out, since the checkpoint holds all weights, so nothing is downloaded. Images
are RGB here and BGR in mmdet. Boxes and masks come back in source pixels. Paper supplement F:
Mask R-CNN on every frame, masks of people of a score above 0.8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from vpdlib import compat
from vpdlib.geometry import MASK_BYTES, MASK_SIDE, pack_mask, resample_mask
from vpdlib.people.base import NUM_KEYPOINTS, SOURCES, People, check_image, clip_boxes, nonempty
from vpdlib.people.settings import MMDetSettings
from vpdlib.weights.checkpoints import verify_checkpoint
from vpdlib.weights.state_dict import load_weights
from vpdlib.weights.zoo import find_config, forget_pretrained

#: Some published files hold the mean and deviation of the input, which the configuration gives.
_HARMLESS = ("data_preprocessor.",)
_REMEDY = "name the configuration that people.mmdet.checkpoint was trained with"


def person_label(classes: Sequence[str], config_path: Path) -> int:
    """Return the number of the class that is a person.

    Parameters
    ----------
    classes : names in the network's order. Where there is one only, it is taken for the person.
    config_path : named in errors.

    Raises
    ------
    ValueError
        if there are several classes and none is called person.
    """
    names = [name.lower() for name in classes]
    if len(names) == 1:
        return 0
    if "person" not in names:
        raise ValueError(
            f"people.mmdet.config: {config_path}: none of its classes is called person: "
            f"{', '.join(classes[:10])}, ...; name a detector of people"
        )
    return names.index("person")


def packed_mask(mask: torch.Tensor, box_px: np.ndarray) -> np.ndarray:
    """Pack the part of an image's mask that lies inside a box.

    Parameters
    ----------
    mask : (H, W) bool, of the whole image, on any device.
    box_px : (4,) inside the image, a pixel wide and high or more.

    Returns
    -------
    (MASK_BYTES,) uint8.
    """
    left, top = (int(value) for value in np.floor(box_px[:2]))
    right, bottom = (int(value) for value in np.ceil(box_px[2:]))
    inside = mask[top:bottom, left:right].cpu().numpy()
    around = np.array([left, top, right, bottom])
    return pack_mask(resample_mask(inside, around, box_px, (MASK_SIDE, MASK_SIDE)))


class MMDetDetector:
    """A person detector of mmdet.

    Parameters
    ----------
    settings : configuration, checkpoint and thresholds.
    networks_dir : the folder of downloaded checkpoints.
    device : "cpu" or "cuda".
    threads : CPU threads one call may use.

    Raises
    ------
    WeightsError
        if the checkpoint is missing, not the expected one, or of another network.
    ValueError
        if there is no such configuration, or it knows no person.
    """

    def __init__(
        self, settings: MMDetSettings, networks_dir: Path, device: str, threads: int
    ) -> None:
        checkpoint = verify_checkpoint(
            settings.checkpoint, networks_dir, settings.checkpoint_sha256
        )
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
        compat.install()
        from mmengine.config import Config
        from mmengine.registry import DefaultScope

        config_path = find_config("mmdet", settings.config)
        config = Config.fromfile(config_path)
        # Registries look names up in the scope that is in force, which may be another package's.
        with DefaultScope.overwrite_default_scope("mmdet"):
            self._model = _build_network(config, settings.min_score)
            self._prepare, classes = _build_pipeline(config, config_path)
        self._person = person_label(classes, config_path)
        load_weights(self._model, checkpoint, str(config_path), _REMEDY, _HARMLESS)
        self._model.eval()
        self._model.to(device)
        if device == "cuda":
            self._model.to(memory_format=torch.channels_last)
        self._device = device
        self._settings = settings

    @property
    def batch_size(self) -> int:
        """Frames a pass through the network."""
        return self._settings.batch_size

    def detect(self, image_rgb: np.ndarray) -> People:
        """Return the people in an (H, W, 3) uint8 RGB image, by falling score, without keypoints."""
        return self.detect_many([image_rgb])[0]

    def detect_many(self, images_rgb: Sequence[np.ndarray]) -> list[People]:
        """Return the people in each (H, W, 3) uint8 RGB image, by falling score, without keypoints."""
        for image in images_rgb:
            check_image(image)
        found: list[People] = []
        # In a batch of several sizes the smaller are padded, and their people are not quite the same.
        for _, alike in groupby(images_rgb, key=np.shape):
            found += self._detect_alike(list(alike))
        return found

    def _detect_alike(self, images_rgb: list[np.ndarray]) -> list[People]:
        samples = [
            self._prepare({"img": np.ascontiguousarray(image[:, :, ::-1]), "img_id": 0})
            for image in images_rgb
        ]
        inputs = [sample["inputs"] for sample in samples]
        if self._device == "cuda":
            inputs = [part.pin_memory().to(self._device, non_blocking=True) for part in inputs]
        mixed = self._settings.amp and self._device == "cuda"
        with torch.no_grad(), torch.autocast("cuda") if mixed else nullcontext():
            results = self._model.test_step(
                {"inputs": inputs, "data_samples": [sample["data_samples"] for sample in samples]}
            )
        return [
            self._people_of(result.pred_instances, *image.shape[1::-1])
            for result, image in zip(results, images_rgb, strict=True)
        ]

    def _people_of(self, instances: Any, width: int, height: int) -> People:
        settings = self._settings
        if settings.masks and "masks" not in instances:
            raise ValueError(
                f"people.mmdet.masks: the model of {settings.config} gives no masks; set it to false, "
                "or name a model that does, such as Mask R-CNN"
            )
        score = instances.scores.float().cpu().numpy()
        box_px = clip_boxes(instances.bboxes.float().cpu().numpy(), width, height)
        is_person = instances.labels.cpu().numpy() == self._person
        rows = np.flatnonzero(is_person & (score >= settings.min_score) & nonempty(box_px))
        rows = rows[np.argsort(-score[rows], kind="stable")]
        mask = None
        if settings.masks:
            mask = np.zeros((len(rows), MASK_BYTES), np.uint8)
            for place, row in enumerate(rows):
                if score[row] >= settings.mask_min_score:
                    mask[place] = packed_mask(instances.masks[row], box_px[row])
        return People(
            box_px[rows],
            score[rows],
            np.full(len(rows), SOURCES["mmdet"], np.uint8),
            np.full((len(rows), NUM_KEYPOINTS, 3), np.nan, np.float32),
            mask,
        )


def _build_network(config: Any, min_score: float) -> Any:
    """The network of a configuration, without weights; it drops what is below ``min_score`` itself."""
    from mmdet.registry import MODELS
    from mmdet.utils import register_all_modules
    from mmengine.config import ConfigDict
    from mmengine.model.utils import revert_sync_batchnorm

    register_all_modules(init_default_scope=False)
    network = ConfigDict(config.model.to_dict())
    forget_pretrained(network)
    # The last stage's threshold: a mask is enlarged to the whole frame for every instance that passes it.
    test_cfg = network.get("test_cfg") or {}
    last = test_cfg.get("rcnn", test_cfg)
    if "score_thr" in last:
        last.score_thr = max(last.score_thr, min_score)
    return revert_sync_batchnorm(MODELS.build(network))


def _build_pipeline(config: Any, config_path: Path) -> tuple[Callable[[dict], dict], list[str]]:
    """What prepares an image for the network, and the names of the classes."""
    from mmcv.transforms import Compose
    from mmdet.registry import DATASETS, TRANSFORMS
    from mmdet.utils import get_test_pipeline_cfg

    if "test_dataloader" not in config:
        raise ValueError(
            f"people.mmdet.config: {config_path} has no test_dataloader, which says how images are "
            "prepared; name a whole configuration"
        )
    # The first step reads a file; there is no ground truth to load in a later one.
    steps = [
        step
        for step in get_test_pipeline_cfg(config)[1:]
        if not str(step.type).endswith("Annotations")
    ]
    steps = [{"type": "LoadImageFromNDArray"}, *steps]
    dataset = {**config.test_dataloader.dataset, "lazy_init": True}
    classes = DATASETS.build(dataset).metainfo["classes"]
    return Compose([TRANSFORMS.build(step) for step in steps]), list(classes)
