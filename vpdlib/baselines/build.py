"""The network of a baseline from its settings."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from vpdlib.baselines.backbones import build_backbone
from vpdlib.baselines.frames import num_channels
from vpdlib.baselines.gsm import GSM
from vpdlib.baselines.kinds import (
    FrameBaseline,
    GSMBaseline,
    MSG3DBaseline,
    PoseC3DBaseline,
    SkeletonBaseline,
    STGCNBaseline,
    TrainedBaseline,
    TRNBaseline,
)
from vpdlib.baselines.msg3d import MSG3D
from vpdlib.baselines.posec3d import PoseC3D
from vpdlib.baselines.skeletons import graph_of
from vpdlib.baselines.stgcn import STGCN
from vpdlib.baselines.trn import TRN
from vpdlib.baselines.tsn import TSN

#: Channels of a pose: x, y and the score.
_POSE_CHANNELS = 3


def build_network(
    settings: TrainedBaseline, num_classes: int, weights: Path | None = None
) -> nn.Module:
    """Build a baseline's network, with random weights from torch's current random state.

    Parameters
    ----------
    settings : of the method.
    num_classes : C.
    weights : file of pretrained weights of the backbone; None: from scratch.

    Returns
    -------
    nn.Module : takes what the method's clips give and returns logits (N, C).
    """
    if isinstance(settings, SkeletonBaseline):
        return _skeleton_network(settings, num_classes)
    return _frame_network(settings, num_classes, weights)


def _skeleton_network(settings: SkeletonBaseline, num_classes: int) -> nn.Module:
    graph = graph_of(settings)
    match settings:
        case STGCNBaseline():
            return STGCN(graph, num_classes, _POSE_CHANNELS, settings.network)
        case MSG3DBaseline():
            return MSG3D(graph, num_classes, _POSE_CHANNELS, settings.network)
        case PoseC3DBaseline():
            return PoseC3D(graph.num_joints, num_classes, settings.network)


def _frame_network(settings: FrameBaseline, num_classes: int, weights: Path | None) -> nn.Module:
    backbone = build_backbone(
        settings.backbone,
        num_channels(settings),
        weights,
        settings.partial_bn,
        settings.widths,
        settings.blocks,
    )
    if isinstance(settings, GSMBaseline):
        return GSM(backbone, settings.num_segments, num_classes, settings.dropout)
    if isinstance(settings, TRNBaseline):
        return TRN(backbone, settings.num_segments, num_classes, settings.dropout)
    return TSN(backbone, num_classes, settings.dropout)
