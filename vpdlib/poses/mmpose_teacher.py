"""Teachers of OpenMMLab's mmpose 1: any top-down configuration with its checkpoint (HRNet, RTMPose, ViTPose).

The network, its preprocessing, its flip test and its decoding are mmpose's own, built from the configuration through
mmpose's registries; what is done here is reading the weights safely, batching, turning keypoints back, and
coordinates.

**Half pixels.** mmpose warps and decodes in OpenCV's frame, in which whole numbers are the *centres* of pixels; in our
``_px``, whole numbers are their edges and the centre of pixel (0, 0) is (0.5, 0.5). So ``mmpose = _px - 0.5``: boxes go
in with 0.5 taken off, keypoints come out with 0.5 added. What the network then sees and answers is what mmpose's own
``inference_topdown`` gives for that box.

**Turning.** mmpose's ``bbox_rotation`` turns the picture counter-clockwise with the plain warp and clockwise with the
unbiased one (UDP); it does not turn keypoints back. The box it is given is the upright one about the rotated box.

N is the number of views, K of the network's keypoints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vpdlib import compat
from vpdlib.poses.base import NUM_KEYPOINTS, BatchedTeacher, View, rotated_box, turn_back
from vpdlib.poses.settings import MMPoseSettings
from vpdlib.provenance import digest_file, digest_settings
from vpdlib.skeleton import COCO17
from vpdlib.weights.checkpoints import verify_checkpoint
from vpdlib.weights.state_dict import load_weights
from vpdlib.weights.zoo import NetworkConfigError, find_config, forget_pretrained, nodes_of

if TYPE_CHECKING:
    from mmengine.config import Config

#: Names that a checkpoint may hold beyond the network's: older versions stored the constants of normalisation, which
#: the configuration states.
_HARMLESS = ("data_preprocessor.mean", "data_preprocessor.std")

#: From our pixels, whose edges are whole numbers, to mmpose's, whose centres are.
_TO_CENTRES = -0.5

_REMEDY = "give the checkpoint that was trained with this configuration, or its configuration"


class MMPoseTeacher(BatchedTeacher):
    """A top-down network of mmpose as a teacher.

    Parameters
    ----------
    settings : configuration, weights, flip test, batch size.
    networks_dir : the folder of downloaded checkpoints.
    device : "cpu" or "cuda".
    threads : threads that torch may use, process-wide, and those that cut views.

    Raises
    ------
    WeightsError
        if the checkpoint is missing, has another digest or is not of this configuration.
    NetworkConfigError
        if the configuration is missing, is not top-down, needs a package that is not installed, or its first 17
        keypoints are not COCO's.
    """

    def __init__(
        self, settings: MMPoseSettings, networks_dir: Path, device: str, threads: int
    ) -> None:
        config_path = find_config("mmpose", settings.config)
        checkpoint = verify_checkpoint(
            settings.checkpoint, networks_dir, settings.checkpoint_sha256
        )
        compat.install()
        import torch
        from mmengine.config import Config
        from mmengine.dataset import Compose
        from mmengine.registry import init_default_scope

        torch.set_num_threads(threads)
        config = Config.fromfile(config_path)
        digest = digest_settings(config.to_dict())
        init_default_scope(config.get("default_scope", "mmpose"))
        self._pipeline = Compose(_test_dataset(config, config_path).pipeline)
        self._clockwise = _turns_clockwise(self._pipeline, config_path)
        self._meta = _dataset_meta(config, config_path)
        self._amp = settings.amp and device == "cuda"
        self._device = device
        self._model = _build(config, config_path, settings.flip_test)
        load_weights(self._model, checkpoint, str(config_path), _REMEDY, _HARMLESS)
        self._prepare_for_device()
        self._cutters = ThreadPoolExecutor(threads)
        self.batch_size = settings.batch_size
        self.attributes: Mapping[str, str] = {
            "teacher_config": settings.config,
            "teacher_config_digest": digest,
            "teacher_checkpoint": settings.checkpoint,
            "teacher_checkpoint_sha256": digest_file(checkpoint),
        }

    def _estimate_batch(self, views: Sequence[View]) -> np.ndarray:
        import torch

        items = list(self._cutters.map(self._cut, views))
        pictures = torch.stack([item["inputs"] for item in items])
        if self._device == "cuda":
            pictures = pictures.pin_memory()
        batch = {"inputs": pictures, "data_samples": [item["data_samples"] for item in items]}
        with (
            torch.inference_mode(),
            torch.autocast(self._device, dtype=torch.float16, enabled=self._amp),
        ):
            samples = self._model.test_step(batch)
        return np.stack([_pose(sample, view) for sample, view in zip(samples, views, strict=True)])

    def _cut(self, view: View) -> dict[str, Any]:
        """Run the configuration's own pipeline: what the network is shown, and where it was cut."""
        angle = -view.angle_degrees if self._clockwise else view.angle_degrees
        return self._pipeline(
            {
                "img": cv2.cvtColor(view.image_rgb, cv2.COLOR_RGB2BGR),
                "bbox": rotated_box(view.box_px, view.angle_degrees)[None] + _TO_CENTRES,
                "bbox_score": np.ones(1, np.float32),
                "bbox_rotation": np.array([angle]),
                **self._meta,
            }
        )

    def _prepare_for_device(self) -> None:
        import torch

        self._model.eval().to(self._device)
        if self._device == "cuda":
            self._model.to(memory_format=torch.channels_last)
        if self._amp:
            # Decoding compares neighbours and takes logarithms: not in 16 bits.
            forward = self._model.head.forward
            self._model.head.forward = lambda features: _float32(forward(features))


def _pose(sample: Any, view: View) -> np.ndarray:
    """Return the (17, 3) float32 pose of one data sample of mmpose."""
    keypoints = sample.pred_instances.keypoints[0, :NUM_KEYPOINTS]
    score = sample.pred_instances.keypoint_scores[0, :NUM_KEYPOINTS]
    if len(keypoints) != NUM_KEYPOINTS:
        raise NetworkConfigError(
            f"the network answers {len(keypoints)} keypoints, expected {NUM_KEYPOINTS} or more: its head does "
            "not fit the data set of its configuration; correct out_channels"
        )
    xy = turn_back(keypoints, sample.input_center, view.angle_degrees) - _TO_CENTRES
    return np.concatenate([xy, np.clip(score, 0, 1)[:, None]], axis=1).astype(np.float32)


def _float32(output: Any) -> Any:
    """Return a head's output, a tensor or a tuple of them, in 32 bits."""
    return tuple(part.float() for part in output) if isinstance(output, tuple) else output.float()


def _test_dataset(config: Config, config_path: Path) -> Any:
    loader = config.get("test_dataloader")
    if "model" not in config or loader is None or "pipeline" not in loader.get("dataset", {}):
        raise NetworkConfigError(
            f"{config_path}: has no model, or no test_dataloader with a dataset and its pipeline; give a complete "
            "configuration of mmpose 1, not one of its parts or of mmpose 0"
        )
    return loader.dataset


def _dataset_meta(config: Config, config_path: Path) -> dict[str, Any]:
    """Return what mmpose's samples carry about the keypoints: names, and which mirror one another."""
    from mmpose.apis.inference import dataset_meta_from_config

    meta = dataset_meta_from_config(config, dataset_mode="test") or {}
    names = [name for _, name in sorted(meta.get("keypoint_id2name", {}).items())]
    if tuple(names[:NUM_KEYPOINTS]) != COCO17:
        raise NetworkConfigError(
            f"{config_path}: its {len(names)} keypoints ({', '.join(names[:NUM_KEYPOINTS])}, ...) do not begin with "
            f"the 17 of COCO; take a configuration for COCO, Halpe-26 or COCO-WholeBody"
        )
    return meta


def _turns_clockwise(pipeline: Any, config_path: Path) -> bool:
    """Tell how the pipeline's warp understands bbox_rotation."""
    from mmpose.datasets.transforms import TopdownAffine

    for transform in pipeline.transforms:
        if isinstance(transform, TopdownAffine):
            return bool(transform.use_udp)
    raise NetworkConfigError(
        f"{config_path}: the pipeline of its test_dataloader has no TopdownAffine, so it is no top-down network "
        "for people in boxes; take a configuration that is"
    )


def _build(config: Config, config_path: Path, flip_test: bool) -> Any:
    """Build the network of a configuration, without weights."""
    from mmengine.model.utils import revert_sync_batchnorm
    from mmpose.models import build_pose_estimator

    forget_pretrained(config.model)
    _refuse_missing_packages(config.model, config_path)
    # Copies to the device need not wait: pictures come in pinned memory.
    config.model.data_preprocessor.non_blocking = True
    config.model.train_cfg = None
    config.model.test_cfg = {**(config.model.get("test_cfg") or {}), "flip_test": flip_test}
    return revert_sync_batchnorm(build_pose_estimator(config.model))


def _refuse_missing_packages(model: Any, config_path: Path) -> None:
    """Refuse parts of packages that are not installed; mmengine would only say that it knows no such name."""
    for node in nodes_of(model):
        kind = node.get("type")
        package = kind.split(".")[0] if isinstance(kind, str) and "." in kind else None
        package = node.get("_scope_", package)
        if package is not None and find_spec(package) is None:
            raise NetworkConfigError(
                f"{config_path}: its {kind} is of the package {package}, which is not installed; install it "
                f"(pip install {package}), or take a configuration that does without"
            )
