"""Networks from the descriptors of an action's frames to class scores (docs/method.md section 9; Table S4).

All take a packed batch: dropout on the input, layers over time that give every frame a value of 2 ``hidden`` channels,
a pooling over the frames of each sequence, and two fully connected layers. They differ in the layers (GRU, LSTM or
convolution) and the pooling (maximum or attention). A sequence's scores in evaluation mode do not depend on what is
in the batch with it. Several networks can be asked at once, each with its own batch (`logits_together`).

Shapes: B sequences of a batch, S frames of a batch, T frames of the longest, c channels, C classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vpdlib.recognition.packing import PackedBatch
from vpdlib.recognition.recurrence import StackLayout, run_bidirectional
from vpdlib.recognition.settings import Architecture, BiGRUSettings


class Dropout(nn.Module):
    """Dropout whose draws can come from a generator of its own, so that networks that learn together do not share any.

    With a generator a number is dropped by 16 random bits (its probability is rounded to 1 / 65536), four numbers a
    draw, which on a CPU takes a quarter of the time of PyTorch's; without one it is PyTorch's.

    Parameters
    ----------
    p : probability of a number to become zero.

    Attributes
    ----------
    generator : of the CPU; None draws from the global one.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, values: Tensor) -> Tensor:
        """Zero some values in training, and scale the others so that the mean stays."""
        if self.generator is None or not self.training:
            return nn.functional.dropout(values, self.p, self.training)
        dropped = round(self.p * 65536)
        bits = torch.empty((values.numel() + 3) // 4, dtype=torch.int64)
        bits = bits.random_(-(2**63), None, generator=self.generator).view(torch.int16)
        kept = bits[: values.numel()].view(values.shape) >= dropped - 32768
        return values * kept.to(values.dtype).mul_(65536 / (65536 - dropped))


def draw_dropout_from(network: nn.Module, generator: torch.Generator | None) -> None:
    """Let all `Dropout` of a network draw from a generator of the CPU; None: from the global one."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = generator


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
        (found,) = self.together([self], [values], [batch])
        return found

    @staticmethod
    def together(
        stack: Sequence[RecurrentLayers], values: Sequence[Tensor], batches: Sequence[PackedBatch]
    ) -> list[Tensor]:
        """As ``forward``, of several networks of equal sizes, each with frames of its own."""
        depths: list[tuple[Any, ...]] = list(zip(*(layers.layers for layers in stack), strict=True))
        if values[0].device.type == "cpu":
            layout = StackLayout.of(batches)
            frames = torch.cat(list(values))
            for of_depth in depths:
                frames = run_bidirectional(of_depth, frames, layout)
            return list(frames.split([len(of_network) for of_network in values]))
        found = list(values)
        for of_depth in depths:
            for member, layer in enumerate(of_depth):
                sizes = batches[member].batch_sizes
                packed = nn.utils.rnn.PackedSequence(found[member], sizes)
                found[member] = layer(packed)[0].data
        return found


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


class PackedClassifier(nn.Module, ABC):
    """What networks on packed batches share: dropout on the input, layers over time, and what follows them.

    Attributes
    ----------
    input_dropout : of the frames.
    """

    input_dropout: Dropout

    @property
    @abstractmethod
    def layers_over_time(self) -> Layers:
        """The layers over time."""

    @abstractmethod
    def classify(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Logits of what the layers over time give of a batch's frames, (S, width)."""

    def forward(self, batch: PackedBatch) -> Tensor:
        """Logits of a packed batch, in its order."""
        (logits,) = logits_together([self], [batch])
        return logits


def logits_together(
    networks: Sequence[PackedClassifier], batches: Sequence[PackedBatch]
) -> list[Tensor]:
    """Logits of several networks of one kind and size, each of its own batch.

    On the CPU recurrent layers take their steps in time together, which for small ones is where the time goes
    (`vpdlib.recognition.recurrence`). The numbers are, but for rounding, those of each network alone.
    """
    values = [n.input_dropout(b.frames) for n, b in zip(networks, batches, strict=True)]
    layers = [network.layers_over_time for network in networks]
    recurrent = [of_network for of_network in layers if isinstance(of_network, RecurrentLayers)]
    if len(recurrent) == len(layers):
        values = RecurrentLayers.together(recurrent, values, batches)
    else:
        values = [run(v, b) for run, v, b in zip(layers, values, batches, strict=True)]
    return [n.classify(v, b) for n, v, b in zip(networks, values, batches, strict=True)]


class SequenceClassifier(PackedClassifier):
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
        self.input_dropout = Dropout(settings.input_dropout)
        self.layers = LAYERS[architecture.layers](num_channels, settings, architecture.options)
        width = self.layers.width
        self.pooling: MaxPooling | AttentionPooling
        self.pooling = (
            AttentionPooling(width) if architecture.pooling == "attention" else MaxPooling()
        )
        self.head = fully_connected(width, settings.fc_width, num_classes, settings.dropout)

    @property
    def layers_over_time(self) -> Layers:
        """The layers over time."""
        return self.layers

    def classify(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Logits (B, C) of values (S, c), in the order of the batch."""
        logits: Tensor = self.head(self.pooling(values, batch))
        return logits


def fully_connected(width: int, fc_width: int, num_classes: int, dropout: float) -> nn.Sequential:
    """Two linear layers, width to fc_width to num_classes, normalisation and dropout before each."""
    return nn.Sequential(
        nn.BatchNorm1d(width),
        Dropout(dropout),
        nn.Linear(width, fc_width),
        nn.ReLU(),
        nn.BatchNorm1d(fc_width),
        Dropout(dropout),
        nn.Linear(fc_width, num_classes),
    )
