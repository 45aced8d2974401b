"""The networks of VIPE*: the encoder that becomes the embedding, a decoder used only in training.

The encoder takes (B, 39) float32 inputs (``vpdlib.vipe.cameras``) to embeddings (B, dim); the
decoder takes these to the 3D features (B, 91) of ``vpdlib.vipe.targets``. Source: docs/method.md
section 6.1; the residual is added, after section 12, row 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn

from vpdlib.training.layers import perceptron
from vpdlib.training.reproducible import seeded
from vpdlib.vipe.cameras import INPUT_DIM
from vpdlib.vipe.settings import VipeSettings
from vpdlib.vipe.targets import TARGET_DIM


class ResidualBlock(nn.Module):
    """x + f(x), f being twice linear, batch norm, ReLU, dropout, all of one width."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [
                nn.Linear(width, width),
                nn.BatchNorm1d(width),
                nn.ReLU(inplace=True),
                nn.Dropout(dropout),
            ]
        self.layers = nn.Sequential(*layers)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Map (B, width) to (B, width)."""
        return hidden + self.layers(hidden)


class VipeEncoder(nn.Module):
    """The MLP from a 2D pose to its embedding.

    Parameters
    ----------
    settings : dim, hidden, blocks, dropout.
    """

    def __init__(self, settings: VipeSettings) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(INPUT_DIM, settings.hidden), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(
            *(ResidualBlock(settings.hidden, settings.dropout) for _ in range(settings.blocks))
        )
        self.last = nn.Linear(settings.hidden, settings.dim)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map inputs (B, 39) to embeddings (B, dim)."""
        return self.last(self.blocks(self.first(inputs)))


class VipeDecoder(nn.Module):
    """The MLP from an embedding to 3D features; dropped after training.

    Parameters
    ----------
    settings : dim, decoder_width.
    """

    def __init__(self, settings: VipeSettings) -> None:
        super().__init__()
        width = settings.decoder_width
        self.layers = perceptron(settings.dim, width, width, TARGET_DIM)

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        """Map embeddings (B, dim) to features (B, 91)."""
        return self.layers(embedding)


@dataclass
class TrainedVipe:
    """Networks of the best epoch, in evaluation mode.

    Attributes
    ----------
    settings : what it was trained with.
    encoder : (B, 39) float32 -> (B, dim).
    decoder : (B, dim) -> (B, 91), kept for measuring only.
    best_epoch : the epoch, from 1, whose weights these are.
    history : one dict per epoch; see ``vpdlib.vipe.train``.
    """

    settings: VipeSettings
    encoder: VipeEncoder
    decoder: VipeDecoder
    best_epoch: int
    history: list[dict[str, float]] = field(default_factory=list)

    def to(self, device: torch.device | str) -> TrainedVipe:
        """Move the networks to a device and put them in evaluation mode; return self."""
        for network in (self.encoder, self.decoder):
            network.to(device)
            network.eval()
        return self


def build_vipe(settings: VipeSettings) -> tuple[VipeEncoder, VipeDecoder]:
    """Build encoder and decoder, in training mode on the CPU, from the settings' seed; torch's random state stays."""
    with seeded(settings.seed):
        return VipeEncoder(settings), VipeDecoder(settings)
