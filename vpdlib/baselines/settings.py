"""Settings of ST-GCN, MS-G3D and PoseC3D, and the names of backbones (docs/method.md section 11).

Pure data, checked by pydantic; unknown keys are refused. Nothing heavy is imported here. Defaults are the published
networks'; smaller ones, for a CPU or a small corpus, are other values of the same settings.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.ranges import Count, NonNegativeFloat, PositiveFloat, ProperFraction
from vpdlib.section import Section

#: How a joint's neighbours are told apart; see `vpdlib.baselines.graph.partitioned_adjacency`.
Partition = Literal["uniform", "distance", "spatial", "spatial_released"]

#: Image networks that frame networks stand on; see `vpdlib.baselines.backbones`.
Architecture = Literal[
    "resnet18", "resnet34", "resnet50", "inception_v3", "mobilenet_v3_small", "residual"
]

#: Branches of a multi-scale temporal convolution beside the dilated ones: max pooling, and a plain 1x1 convolution.
NUM_PLAIN_BRANCHES = 2


def _check_odd(name: str, value: int) -> None:
    if value % 2 == 0:
        raise ValueError(
            f"{name}: {value} is even; give an odd number, as many frames before as after"
        )


class STGCNSettings(Section):
    """Spatial temporal graph convolutional network (Yan et al., AAAI 2018)."""

    partition: Partition = Field(
        "spatial",
        description="How neighbours are told apart: not at all (uniform), from the joint itself (distance), or by "
        "their distance to the skeleton's centre (spatial; spatial_released as the authors' code computes it).",
    )
    stage_widths: tuple[Count, ...] = Field(
        (64, 128, 256),
        min_length=1,
        description="Channels of each stage; every stage after the first halves the frames.",
    )
    stage_blocks: tuple[Count, ...] = Field(
        (4, 3, 3),
        min_length=1,
        description="Blocks of each stage; the very first block has no residual path.",
    )
    temporal_kernel: Count = Field(9, description="Frames that a temporal convolution sees, odd.")
    dropout: ProperFraction = Field(0.5, description="Dropout after every block but the first.")

    @model_validator(mode="after")
    def _check(self) -> STGCNSettings:
        _check_odd("temporal_kernel", self.temporal_kernel)
        if len(self.stage_widths) != len(self.stage_blocks):
            raise ValueError(
                f"stage_blocks: {len(self.stage_blocks)} numbers for {len(self.stage_widths)} "
                "stage_widths; give one per stage"
            )
        return self


class MSG3DSettings(Section):
    """Multi-scale unified space-time graph network (Liu et al., CVPR 2020)."""

    widths: tuple[Count, ...] = Field(
        (96, 192, 384),
        min_length=1,
        description="Channels of each block, multiples of the temporal branches (6); every block after the first "
        "halves the frames.",
    )
    gcn_scales: Count = Field(
        13,
        description="Scales of a frame's graph convolution: neighbours at 0 to this less one hops.",
    )
    g3d_scales: Count = Field(
        6, description="Scales of the graph convolutions over space-time windows."
    )
    window_sizes: tuple[Count, ...] = Field(
        (3, 5), min_length=1, description="Frames of each pathway's space-time window, odd."
    )
    temporal_dilations: tuple[Count, ...] = Field(
        (1, 2, 3, 4),
        min_length=1,
        description="Dilation of each branch of a temporal convolution; a max pooling and a plain branch are added.",
    )

    @model_validator(mode="after")
    def _check(self) -> MSG3DSettings:
        for size in self.window_sizes:
            _check_odd("window_sizes", size)
        num_branches = len(self.temporal_dilations) + NUM_PLAIN_BRANCHES
        for width in self.widths:
            if width % num_branches:
                raise ValueError(
                    f"widths: {width} is no multiple of {num_branches}, the branches of a temporal "
                    "convolution (temporal_dilations and two more)"
                )
        return self


class PoseC3DSettings(Section):
    """3D residual network on heat-map volumes, SlowOnly-R50 (Duan et al., CVPR 2022)."""

    heatmap_px: int = Field(56, ge=4, description="Height and width of a heat map.")
    sigma_px: PositiveFloat = Field(
        0.6, description="Standard deviation of a joint's Gaussian, in heat-map pixels."
    )
    padding: NonNegativeFloat = Field(
        0.25, description="The square around all joints of a clip is made larger by this fraction."
    )
    base_width: Count = Field(
        32, description="Channels of the first layer; a stage has twice the last's."
    )
    stage_blocks: tuple[Count, ...] = Field(
        (4, 6, 3),
        min_length=1,
        description="Bottleneck blocks of each stage. Every stage halves height and width, the last the frames too; "
        "all but the first see three frames at once.",
    )
    dropout: ProperFraction = Field(0.5, description="Dropout before the classifier.")
