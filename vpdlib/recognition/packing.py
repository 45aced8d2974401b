"""Batches of sequences of unequal length without padding.

The frames of a batch are stored time-major ("packed", as PyTorch's ``PackedSequence``): first frame 0 of all
sequences, then frame 1 of those that have one, ...; sequences are ordered by falling length, so the sequences
still running at a step are always the first ones. Nothing is computed for padding and nothing can leak from it.

Shapes: B sequences of a batch, S frames of a batch, T frames of the longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable


class SequenceStore:
    """Regular and flipped rows of actions as one long tensor of frames.

    Of A actions the store makes 2 A sequences: sequence i < A is the regular row of action i, sequence
    A + i its flipped row.

    Parameters
    ----------
    sequences : A arrays (T_i, 2, d) of floats, T_i >= 1.
    normalise : scale every descriptor to unit norm (zero stays zero).
    device : where the frames live.

    Raises
    ------
    ValueError
        For no sequence, a wrong shape, an action without frames, differing d, NaN or infinity.
    """

    def __init__(
        self,
        sequences: Sequence[NDArray[np.floating]],
        normalise: bool,
        device: torch.device,
    ) -> None:
        if len(sequences) == 0:
            raise ValueError("no sequence given: every action of the list may have lost its frames")
        num_channels = sequences[0].shape[-1]
        for index, sequence in enumerate(sequences):
            if sequence.ndim != 3 or sequence.shape[1] != 2 or sequence.shape[0] == 0:
                raise ValueError(
                    f"sequence {index} has shape {sequence.shape}; needed is (frames, 2, d) with at "
                    "least one frame: leave out actions without frames beforehand"
                )
            if sequence.shape[2] != num_channels:
                raise ValueError(
                    f"sequence {index} has {sequence.shape[2]} channels, sequence 0 has "
                    f"{num_channels}: all must come from one feature set"
                )
            if not np.isfinite(sequence).all():
                raise ValueError(
                    f"sequence {index} holds NaN or infinity: mask such frames where the features are made"
                )
        lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.long)
        starts = lengths.cumsum(0) - lengths
        frames = np.concatenate(
            [sequence[:, row] for row in (0, 1) for sequence in sequences]
        ).astype(np.float32)
        if normalise:
            norm = np.linalg.norm(frames, axis=1, keepdims=True)
            frames /= np.where(norm > 0, norm, 1.0)
        self.frames = torch.from_numpy(frames).to(device)
        # Lengths stay on the host: the layout of a batch is worked out there.
        self.lengths = lengths.repeat(2)
        self.starts = torch.cat([starts, starts + int(lengths.sum())])

    @property
    def num_channels(self) -> int:
        """Channels d of a descriptor."""
        return int(self.frames.shape[1])

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, chosen: Tensor) -> PackedBatch:
        """Pack the sequences ``chosen`` (B,) int64; the batch says in which order they lie."""
        order = torch.argsort(self.lengths[chosen], descending=True, stable=True)
        sequences = chosen[order]
        lengths = self.lengths[sequences]
        num_steps = int(lengths[0])
        steps = torch.arange(num_steps)[:, None]
        present = steps < lengths
        batch_sizes = present.sum(1)
        row_of_step = batch_sizes.cumsum(0) - batch_sizes
        column = torch.arange(len(sequences)).expand(num_steps, -1)
        flipped = (lengths - 1 - steps)[present]
        device = self.frames.device
        return PackedBatch(
            frames=self.frames[(self.starts[sequences] + steps)[present].to(device)],
            batch_sizes=batch_sizes,
            reverse=(row_of_step[flipped] + column[present]).to(device),
            padded_index=(column * num_steps + steps)[present].to(device),
            sequences=sequences,
        )


@dataclass(frozen=True)
class PackedBatch:
    """A packed batch.

    Attributes
    ----------
    frames : (S, d) float32.
    batch_sizes : (T,) int64 on the host, sequences that have a frame at each step.
    reverse : (S,) int64, the row of the frame as far from the end as this one is from the start.
    padded_index : (S,) int64, the frame's row in a (B * T) padded array.
    sequences : (B,) int64 on the host, the store's number of each sequence, in the order of the batch.
    """

    frames: Tensor
    batch_sizes: Tensor
    reverse: Tensor
    padded_index: Tensor
    sequences: Tensor

    def pad(self, values: Tensor, fill: float) -> Tensor:
        """Values (S, c) as an array (B, T, c) that is ``fill`` where a sequence has no frame."""
        num_sequences, num_steps = len(self.sequences), len(self.batch_sizes)
        padded = values.new_full((num_sequences * num_steps, values.shape[1]), fill)
        padded = padded.index_copy(0, self.padded_index, values)
        return padded.view(num_sequences, num_steps, -1)

    def unpad(self, padded: Tensor) -> Tensor:
        """The frames' values (S, c) of an array (B, T, c); what lies in the padding is dropped."""
        values: Tensor = _Unpad.apply(padded.flatten(0, 1), self.padded_index)
        return values

    def max_over_time(self, values: Tensor) -> Tensor:
        """Largest value of every channel over the frames of each sequence: (S, c) to (B, c)."""
        return self.pad(values, -torch.inf).amax(1)

    def softmax_over_time(self, scores: Tensor) -> Tensor:
        """Scores (S,) to weights (B, T) that sum to 1 over the frames of each sequence, 0 elsewhere."""
        return self.pad(scores[:, None], -torch.inf)[:, :, 0].softmax(1)


class _Unpad(torch.autograd.Function):
    """Rows at distinct places; so the gradient is a copy, not a scattered sum."""

    @staticmethod
    def forward(ctx: FunctionCtx, padded: Tensor, indices: Tensor) -> Tensor:
        """Padded (B * T, c), indices (S,) to (S, c)."""
        ctx.save_for_backward(indices)
        ctx.num_rows = len(padded)  # type: ignore[attr-defined]
        return padded.index_select(0, indices)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, None]:
        """Gradient of the padded rows."""
        (indices,) = ctx.saved_tensors  # type: ignore[attr-defined]
        num_rows: int = ctx.num_rows  # type: ignore[attr-defined]
        return grad.new_zeros((num_rows, grad.shape[1])).index_copy_(0, indices, grad), None
