"""Multi-scale Temporal Relation Network: scores summed over subsets of 2, 3, ..., T frames, each in order.

For every scale s a two-layer perceptron of its own reads s frame features, joined in order of time.
At most three subsets of a scale are looked at: random ones in training, new in every pass; in
evaluation three that are drawn once for all, so that scores do not depend on chance or on the batch.
N clips of T frames, d features of a frame.

Source: Zhou et al., Temporal Relational Reasoning in Videos, ECCV 2018, section 3, and the layers of the
authors' code, which the VPD paper used (docs/method.md section 11): the backbone's features are
brought to 256, then ReLU, linear to 256, ReLU, linear to the classes. (The paper speaks of one layer
more; the code also draws at random in testing.)
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vpdlib.baselines.backbones import Backbone
from vpdlib.baselines.tsn import check_num_segments, frame_layer

#: Units of a frame's feature and of the hidden layer of a relation (authors' code).
FEATURE_WIDTH = 256
#: At most this many subsets of a scale (paper, section 3.2).
MAX_SUBSETS = 3


def draw_subsets(
    num_frames: int, size: int, count: int, generator: torch.Generator | None = None
) -> list[tuple[int, ...]]:
    """Draw different subsets of the frames 0..T-1, all equally likely.

    Parameters
    ----------
    num_frames : T.
    size : frames of a subset.
    count : how many; fewer where there are not as many.
    generator : of the draw. None: torch's own random state.

    Returns
    -------
    list of rising tuples, itself in rising order.
    """
    subsets: set[tuple[int, ...]] = set()
    while len(subsets) < min(count, math.comb(num_frames, size)):
        chosen = torch.randperm(num_frames, generator=generator)[:size]
        subsets.add(tuple(sorted(chosen.tolist())))
    return sorted(subsets)


class TemporalRelations(nn.Module):
    """Relations among 2 to T frames.

    Parameters
    ----------
    width : d.
    num_segments : T, at least 2.
    num_classes : classes to tell apart.

    Attributes
    ----------
    scales : T, T - 1, ..., 2.
    relations : the perceptron of each scale, in the order of `scales`.
    fixed_subsets : of each scale, those of evaluation.

    Raises
    ------
    ValueError : fewer than two frames.
    """

    def __init__(self, width: int, num_segments: int, num_classes: int) -> None:
        super().__init__()
        if num_segments < 2:
            raise ValueError(f"{num_segments} segments: relations need at least 2 frames")
        self.num_segments = num_segments
        self.scales = range(num_segments, 1, -1)
        self.relations = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(),
                nn.Linear(size * width, FEATURE_WIDTH),
                nn.ReLU(),
                nn.Linear(FEATURE_WIDTH, num_classes),
            )
            for size in self.scales
        )
        generator = torch.Generator().manual_seed(0)
        self.fixed_subsets = [
            draw_subsets(num_segments, size, MAX_SUBSETS, generator) for size in self.scales
        ]

    def forward(self, features: Tensor) -> Tensor:
        """Map frame features (N, T, d) to logits (N, num_classes)."""
        logits: list[Tensor] = []
        for size, relation, fixed in zip(
            self.scales, self.relations, self.fixed_subsets, strict=True
        ):
            subsets = draw_subsets(self.num_segments, size, MAX_SUBSETS) if self.training else fixed
            # (N, subsets, size, d): one call of a perceptron for all its subsets.
            chosen = features[:, torch.tensor(subsets, device=features.device)]
            logits.append(relation(chosen.flatten(2)).sum(dim=1))
        return torch.stack(logits).sum(dim=0)


class TRN(nn.Module):
    """Backbone, dropout, a linear layer a frame, relations among the frames.

    Parameters
    ----------
    backbone : of the frames.
    num_segments : T.
    num_classes : classes to tell apart.
    dropout : of the backbone's features.
    """

    def __init__(
        self, backbone: Backbone, num_segments: int, num_classes: int, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.fc = frame_layer(backbone.width, FEATURE_WIDTH)
        self.consensus = TemporalRelations(FEATURE_WIDTH, num_segments, num_classes)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (N, T, C, S, S) to logits (N, num_classes).

        Raises
        ------
        ValueError : another number of frames than the network was made for.
        """
        check_num_segments(clips, self.consensus.num_segments)
        features = self.fc(self.dropout(self.backbone.clip_features(clips)))
        logits: Tensor = self.consensus(features)
        return logits
