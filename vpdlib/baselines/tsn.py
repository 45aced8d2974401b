"""Temporal Segment Network: every frame is classified by itself, the scores are averaged.

N clips of T frames, C channels, S side. Source: Wang et al., Temporal Segment Networks, ECCV 2016
(segmental consensus by averaging, before the softmax); dropout 0.5 as in the code of Gate-Shift Networks,
which the VPD paper takes TSN from (docs/method.md section 11).
"""

from __future__ import annotations

from torch import Tensor, nn

from vpdlib.baselines.backbones import Backbone

#: Deviation of the random weights of the layer after a backbone, in the authors' code.
HEAD_STD = 0.001


class TSN(nn.Module):
    """Backbone, dropout, one linear layer a frame, mean over the frames.

    Parameters
    ----------
    backbone : of the frames.
    num_classes : classes to tell apart.
    dropout : of the backbone's features.
    """

    def __init__(self, backbone: Backbone, num_classes: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.fc = frame_layer(backbone.width, num_classes)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (N, T, C, S, S), any T, to logits (N, num_classes)."""
        logits: Tensor = self.fc(self.dropout(self.backbone.clip_features(clips)))
        return logits.mean(dim=1)


def frame_layer(width: int, num_outputs: int) -> nn.Linear:
    """Return the linear layer after a backbone, with the authors' small random weights."""
    layer = nn.Linear(width, num_outputs)
    nn.init.normal_(layer.weight, std=HEAD_STD)
    nn.init.zeros_(layer.bias)
    return layer


def check_num_segments(clips: Tensor, num_segments: int) -> None:
    """Refuse clips of another number of frames than a network was made for.

    Raises
    ------
    ValueError : clips are not (N, `num_segments`, C, S, S).
    """
    if clips.ndim != 5 or clips.shape[1] != num_segments:
        raise ValueError(
            f"clips {tuple(clips.shape)}: this network was made for (N, {num_segments}, C, S, S); sample "
            f"{num_segments} segments"
        )
