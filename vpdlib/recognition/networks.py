"""Networks from the descriptors of an action's frames to class scores (docs/method.md section 9; Table S4).

All take a packed batch: dropout on the input, layers over time that give every frame a value of 2 ``hidden`` channels,
a pooling over the frames of each sequence, and two fully connected layers. They differ in the layers (GRU, LSTM or
convolution) and the pooling (maximum or attention). A sequence's scores in evaluation mode do not depend on what is
in the batch with it.

Shapes: B sequences of a batch, S frames of a batch, T frames of the longest, c channels, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vpdlib.recognition.packing import PackedBatch
from vpdlib.recognition.recurrence import run_bidirectional
from vpdlib.recognition.settings import Architecture, BiGRUSettings


class RecurrentLayers(nn.Module):
    """Bidirectional recurrent layers, one reading what the one before gives.

    Parameters
    ----------
    cell : ``nn.GRU`` or ``nn.LSTM``.
    num_channels : channels of a frame.
    hidden : units of a layer in one direction.
    num_layers : how many, at least one.
    """

    def __init__(
        self, cell: type[nn.GRU | nn.LSTM], num_channels: int, hidden: int, num_layers: int
    ) -> None:
        super().__init__()
        self.width = 2 * hidden
        self.layers = nn.ModuleList(
            cell(num_channels if index == 0 else self.width, hidden, bidirectional=True)
            for index in range(num_layers)
        )

    def forward(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Frames (S, c), packed as ``batch``, to (S, 2 hidden)."""
        for layer in self.layers:
            assert isinstance(layer, nn.GRU | nn.LSTM)
            values = run_bidirectional(layer, values, batch)
        return values


class ConvolutionLayers(nn.Module):
    """Convolutions over time, each with batch normalisation over the batch's frames and a ReLU.

    Every layer reads zeros before the first and after the last frame of a sequence, whatever else is in the batch.
    The paper names this network and no more: widths and kernel are ours.

    Parameters
    ----------
    num_channels : channels of a frame.
    width : channels that a layer gives.
    num_layers : how many, at least one.
    kernel_size : frames that a layer sees, odd.
    """

    def __init__(self, num_channels: int, width: int, num_layers: int, kernel_size: int) -> None:
        super().__init__()
        self.width = width
        # The normalisation takes away what a bias would add.
        self.layers = nn.ModuleList(
            nn.Conv1d(
                num_channels if index == 0 else width,
                width,
                kernel_size,
                padding=kernel_size // 2,
                bias=False,
            )
            for index in range(num_layers)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(num_layers))

    def forward(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Frames (S, c), packed as ``batch``, to (S, width)."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            # Padded anew for every layer: what the one before wrote into the padding is not read.
            padded = batch.pad(values, 0.0).transpose(1, 2)
            values = torch.relu(norm(batch.unpad(layer(padded).transpose(1, 2))))
        return values


class MaxPooling(nn.Module):
    """Largest value of every channel over the frames of a sequence."""

    def forward(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Values (S, c) to (B, c)."""
        return batch.max_over_time(values)


class AttentionPooling(nn.Module):
    """Mean over the frames of a sequence, weighted by how much each frame matters.

    A frame's score is v . tanh(W h + b) of its value h; the weights are the softmax of the scores over the sequence's
    own frames (additive attention of one learnt query, Yang et al. 2016). The paper says "attn" and no more: this is
    our reading. Without a last bias, which the softmax would cancel.

    Parameters
    ----------
    width : channels c of a frame; W gives half as many.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(width, width // 2), nn.Tanh(), nn.Linear(width // 2, 1, bias=False)
        )

    def weights(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Values (S, c) to weights (B, T), zero where a sequence has no frame."""
        return batch.softmax_over_time(self.score(values)[:, 0])

    def forward(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Values (S, c) to (B, c)."""
        weights = self.weights(values, batch)
        return torch.bmm(weights[:, None], batch.pad(values, 0.0))[:, 0]


class Layers(Protocol):
    """What the layers over time of a head must be: a module from frames (S, c), packed as a batch, to (S, width)."""

    width: int

    def __call__(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Frames (S, c) to (S, width); what it gives for a sequence depends on nothing else in the batch."""
        ...


#: Makes the layers of each kind of network from the channels of a descriptor, the settings that all share and the
#: head's own.
LAYERS: dict[str, Callable[[int, BiGRUSettings, Any], Layers]] = {
    "gru": lambda channels, shared, _: RecurrentLayers(
        nn.GRU, channels, shared.hidden, shared.layers
    ),
    "lstm": lambda channels, shared, _: RecurrentLayers(
        nn.LSTM, channels, shared.hidden, shared.layers
    ),
    "convolution": lambda channels, shared, own: ConvolutionLayers(
        channels, 2 * shared.hidden, shared.layers, own.kernel_size
    ),
}


class SequenceClassifier(nn.Module):
    """Input dropout, layers over time, pooling over time, two fully connected layers.

    Parameters
    ----------
    num_channels : channels d of a descriptor.
    num_classes : C.
    architecture : kinds of layers and pooling.
    settings : widths, number of layers and dropout.
    """

    def __init__(
        self,
        num_channels: int,
        num_classes: int,
        architecture: Architecture,
        settings: BiGRUSettings,
    ) -> None:
        super().__init__()
        self.input_dropout = nn.Dropout(settings.input_dropout)
        self.layers = LAYERS[architecture.layers](num_channels, settings, architecture.options)
        width = self.layers.width
        self.pooling: MaxPooling | AttentionPooling
        self.pooling = (
            AttentionPooling(width) if architecture.pooling == "attention" else MaxPooling()
        )
        self.head = fully_connected(width, settings.fc_width, num_classes, settings.dropout)

    def forward(self, batch: PackedBatch) -> Tensor:
        """Logits (B, C) of a packed batch, in the order of the batch."""
        values = self.layers(self.input_dropout(batch.frames), batch)
        logits: Tensor = self.head(self.pooling(values, batch))
        return logits


def fully_connected(width: int, fc_width: int, num_classes: int, dropout: float) -> nn.Sequential:
    """Two linear layers, width to fc_width to num_classes, normalisation and dropout before each."""
    return nn.Sequential(
        nn.BatchNorm1d(width),
        nn.Dropout(dropout),
        nn.Linear(width, fc_width),
        nn.ReLU(),
        nn.BatchNorm1d(fc_width),
        nn.Dropout(dropout),
        nn.Linear(fc_width, num_classes),
    )
