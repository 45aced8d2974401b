"""PoseC3D: a 3D residual network on volumes of joint heat maps (Duan et al., CVPR 2022; docs/method.md section 11).

The network is the SlowOnly-R50 variant of the authors' code: frames are neither pooled nor strided until the last
stage, and kernels see neighbouring frames from the second stage on.

Shapes: N clips, T frames, V joints, H = W pixels of a heat map. Keypoints (..., T, V, 3) are x, y, score in any one
coordinate frame per clip; a joint whose score is not positive was not found.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vpdlib.baselines.settings import PoseC3DSettings

#: Channels that a bottleneck block gives, per channel inside it.
_EXPANSION = 4

#: Least half side of a clip's box as a fraction of its coordinates (a float keeps seven digits), for a single joint.
_MIN_HALF_SIDE = 1e-3


def clip_boxes(keypoints: Tensor, padding: float) -> Tensor:
    """The smallest square about the joints of all frames of a clip, then made larger by ``padding`` of its side.

    Parameters
    ----------
    keypoints : (..., T, V, 3).
    padding : fraction of the side that is added, half of it at each end.

    Returns
    -------
    (..., 4), xyxy in the keypoints' frame; the unit square for a clip without any joint.
    """
    found = (keypoints[..., 2] > 0).flatten(-2)[..., None]
    points = keypoints[..., :2].flatten(-3, -2)
    low = points.masked_fill(~found, torch.inf).amin(dim=-2)
    high = points.masked_fill(~found, -torch.inf).amax(dim=-2)
    middle = (low + high) / 2
    half = (high - low).amax(dim=-1, keepdim=True) * (1 + padding) / 2
    half = half.maximum(_MIN_HALF_SIDE * (middle.abs().amax(dim=-1, keepdim=True) + _MIN_HALF_SIDE))
    boxes = torch.cat([middle - half, middle + half], dim=-1)
    unit = boxes.new_tensor([0.0, 0.0, 1.0, 1.0])
    return torch.where(found.any(dim=-2), boxes, unit)


def heatmap_volumes(keypoints: Tensor, boxes: Tensor, size: int, sigma: float) -> Tensor:
    """A Gaussian heat map for every joint in every frame.

    The value at a pixel's centre p of joint j is score_j exp(-|p - j|^2 / (2 sigma^2)) (Duan et al.), with
    the box scaled to the map. The authors' code measures from the pixel's corner and cuts the Gaussian off at three
    sigma; from the centre, flipped keypoints give flipped maps.

    Parameters
    ----------
    keypoints : (..., T, V, 3), finite.
    boxes : (..., 4), what the maps show, xyxy; see `clip_boxes`.
    size : H = W.
    sigma : in pixels of the map.

    Returns
    -------
    (..., V, T, H, W); zero for joints that were not found.
    """
    x, y, score = keypoints.transpose(-3, -2).unbind(dim=-1)
    left, top, right, bottom = boxes[..., None, None].unbind(dim=-3)
    pixels = torch.arange(size, dtype=keypoints.dtype, device=keypoints.device) + 0.5
    along_x = _gaussian(pixels, (x - left) * (size / (right - left)), sigma)
    along_y = _gaussian(pixels, (y - top) * (size / (bottom - top)), sigma)
    along_y = along_y * score.clamp(min=0)[..., None]
    return along_y[..., :, None] * along_x[..., None, :]


def _gaussian(pixels: Tensor, means: Tensor, sigma: float) -> Tensor:
    return torch.exp(-((pixels - means[..., None]) ** 2) / (2 * sigma**2))


class Bottleneck3D(nn.Module):
    """Residual bottleneck of three convolutions: over time (or pointwise), over space, pointwise.

    Parameters
    ----------
    in_channels : channels before.
    width : channels inside; four times as many after.
    inflate : whether the first convolution sees three frames.
    stride : step over frames, height and width.
    """

    def __init__(
        self, in_channels: int, width: int, *, inflate: bool, stride: tuple[int, int, int]
    ) -> None:
        super().__init__()
        out_channels = width * _EXPANSION
        frames = 3 if inflate else 1
        last = _convolution(width, out_channels, (1, 1, 1))
        # The authors' code: a block starts as its residual path.
        nn.init.zeros_(last.get_parameter("1.weight"))
        self.convolutions = nn.Sequential(
            _convolution(in_channels, width, (frames, 1, 1)),
            nn.ReLU(),
            _convolution(width, width, (1, 3, 3), stride),
            nn.ReLU(),
            last,
        )
        self.residual: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != (1, 1, 1):
            self.residual = _convolution(in_channels, out_channels, (1, 1, 1), stride)

    def forward(self, values: Tensor) -> Tensor:
        """Values (N, C, T, H, W) to (N, 4 width, T', H', W')."""
        return torch.relu(self.convolutions(values) + self.residual(values))


class PoseC3D(nn.Module):
    """SlowOnly-R50 on heat-map volumes, which it makes itself.

    Parameters
    ----------
    num_joints : V.
    num_classes : classes to tell apart.
    settings : size of the heat maps, widths, depth and dropout.
    """

    def __init__(
        self, num_joints: int, num_classes: int, settings: PoseC3DSettings | None = None
    ) -> None:
        super().__init__()
        self.num_joints = num_joints
        self.settings = settings = settings or PoseC3DSettings()
        layers: list[nn.Module] = [
            _convolution(num_joints, settings.base_width, (1, 7, 7)),
            nn.ReLU(),
            nn.MaxPool3d((1, 3, 3), stride=1, padding=(0, 1, 1)),
        ]
        in_channels = settings.base_width
        for stage, num_blocks in enumerate(settings.stage_blocks):
            width = settings.base_width * 2**stage
            is_last = stage == len(settings.stage_blocks) - 1
            for index in range(num_blocks):
                stride = (2 if is_last else 1, 2, 2) if index == 0 else (1, 1, 1)
                layers.append(Bottleneck3D(in_channels, width, inflate=stage > 0, stride=stride))
                in_channels = width * _EXPANSION
        self.backbone = nn.Sequential(*layers)
        self.dropout = nn.Dropout(settings.dropout)
        self.classifier = nn.Linear(in_channels, num_classes)
        self._initialise()

    def _initialise(self) -> None:
        """The authors' code: He's normal weights, and a small classifier."""
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(self.classifier.weight, 0.0, 0.01)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, poses: Tensor, boxes: Tensor | None = None) -> Tensor:
        """Poses to logits.

        Parameters
        ----------
        poses : (N, 2 or 3, T, V): x, y and, if three, the score. Without scores, a joint at zero was not found and all
            others count alike. The published clips have 48 frames; any number will do.
        boxes : (N, 4), what the heat maps show, xyxy in the poses' frame, e.g. random parts of `clip_boxes` in
            training. None: the clip's box.

        Returns
        -------
        (N, num_classes).

        Raises
        ------
        ValueError
            For another number of channels or joints than the network was built for.
        """
        if poses.ndim != 4 or poses.shape[1] not in (2, 3) or poses.shape[3] != self.num_joints:
            raise ValueError(
                "PoseC3D: expected poses (clips, x and y and optionally score, frames, "
                f"{self.num_joints} joints), got {tuple(poses.shape)}; build the network for the "
                "skeleton that it is fed"
            )
        if poses.shape[1] == 2:
            found = (poses != 0).any(dim=1, keepdim=True)
            poses = torch.cat([poses, found.to(poses.dtype)], dim=1)
        keypoints = poses.permute(0, 2, 3, 1)
        if boxes is None:
            boxes = clip_boxes(keypoints, self.settings.padding)
        return self.classify(
            heatmap_volumes(keypoints, boxes, self.settings.heatmap_px, self.settings.sigma_px)
        )

    def classify(self, volumes: Tensor) -> Tensor:
        """Heat-map volumes (N, V, T, H, W) to logits (N, num_classes)."""
        values = self.backbone(volumes).mean(dim=(2, 3, 4))
        logits: Tensor = self.classifier(self.dropout(values))
        return logits


def _convolution(
    in_channels: int,
    out_channels: int,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
) -> nn.Sequential:
    """A convolution over an odd kernel with half of it as padding, normalised."""
    frames, height, width = kernel
    return nn.Sequential(
        nn.Conv3d(
            in_channels,
            out_channels,
            kernel,
            stride=stride,
            padding=(frames // 2, height // 2, width // 2),
            bias=False,
        ),
        nn.BatchNorm3d(out_channels),
    )
