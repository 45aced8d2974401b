"""Batches of sequences of unequal length without padding, and a bidirectional GRU over them.

The frames of a batch are stored time-major ("packed", as PyTorch's ``PackedSequence``): first frame 0 of all
sequences, then frame 1 of those that have one, ...; sequences are ordered by falling length, so the sequences
still running at a step are always the first ones. Nothing is computed for padding and nothing can leak from it.

Shape suffixes: B sequences of a batch, S frames of a batch, T frames of the longest, H hidden units.

On the CPU `packed_bigru` runs both directions in one pass with a hand-written gradient: the weights'
gradients are one product over all frames, in place of one a step, which takes about 0.6 of the time of
``torch.nn.GRU`` over packed sequences (same numbers to rounding). Elsewhere it is that module (cuDNN).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
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
        for place, sequence in enumerate(sequences):
            if sequence.ndim != 3 or sequence.shape[1] != 2 or sequence.shape[0] == 0:
                raise ValueError(
                    f"sequence {place} has shape {sequence.shape}; needed is (frames, 2, d) with at "
                    "least one frame: leave out actions without frames beforehand"
                )
            if sequence.shape[2] != num_channels:
                raise ValueError(
                    f"sequence {place} has {sequence.shape[2]} channels, sequence 0 has "
                    f"{num_channels}: all must come from one feature set"
                )
            if not np.isfinite(sequence).all():
                raise ValueError(
                    f"sequence {place} holds NaN or infinity: mask such frames where the features are made"
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
        mirrored = (lengths - 1 - steps)[present]
        device = self.frames.device
        return PackedBatch(
            frames=self.frames[(self.starts[sequences] + steps)[present].to(device)],
            batch_sizes=batch_sizes,
            reverse=(row_of_step[mirrored] + column[present]).to(device),
            padded_place=(column * num_steps + steps)[present].to(device),
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
    padded_place : (S,) int64, the frame's row in a (B * T) padded array.
    sequences : (B,) int64 on the host, the store's number of each sequence, in the order of the batch.
    """

    frames: Tensor
    batch_sizes: Tensor
    reverse: Tensor
    padded_place: Tensor
    sequences: Tensor

    def max_over_time(self, values: Tensor) -> Tensor:
        """Largest value of every channel over the frames of each sequence: (S, c) to (B, c)."""
        num_sequences, num_steps = len(self.sequences), len(self.batch_sizes)
        padded = values.new_full((num_sequences * num_steps, values.shape[1]), -torch.inf)
        padded = padded.index_copy(0, self.padded_place, values)
        return padded.view(num_sequences, num_steps, -1).amax(1)


def packed_bigru(layer: nn.GRU, frames: Tensor, batch: PackedBatch) -> Tensor:
    """Run a one-layer bidirectional GRU over a packed batch.

    Parameters
    ----------
    layer : ``nn.GRU(c, H, num_layers=1, bidirectional=True)``; only its weights are used on the CPU.
    frames : (S, c) inputs, packed as ``batch``.
    batch : the layout.

    Returns
    -------
    (S, 2 H), forward then backward state of every frame, packed as ``batch``.
    """
    if frames.device.type != "cpu":
        packed = nn.utils.rnn.PackedSequence(frames, batch.batch_sizes)
        output: Tensor = layer(packed)[0].data
        return output
    # The backward direction reads each sequence from its end, in the same packed layout.
    both = torch.stack([frames, _reorder(frames, batch.reverse)])
    input_weights = _both_directions(layer, "weight_ih_l0")
    input_bias = _both_directions(layer, "bias_ih_l0")
    states = _BidirectionalRecurrence.apply(
        torch.baddbmm(input_bias[:, None], both, input_weights.transpose(1, 2)),
        _both_directions(layer, "weight_hh_l0"),
        _both_directions(layer, "bias_hh_l0"),
        batch.batch_sizes.tolist(),
    )
    return torch.cat([states[0], _reorder(states[1], batch.reverse)], dim=1)


def _both_directions(layer: nn.GRU, name: str) -> Tensor:
    return torch.stack([layer.get_parameter(name), layer.get_parameter(f"{name}_reverse")])


def _reorder(values: Tensor, reverse: Tensor) -> Tensor:
    reordered: Tensor = _Reorder.apply(values, reverse)
    return reordered


class _Reorder(torch.autograd.Function):
    """Rows in reversed time; its own inverse, so the gradient is a gather, not a scattered sum."""

    @staticmethod
    def forward(ctx: FunctionCtx, values: Tensor, reverse: Tensor) -> Tensor:
        """Values (S, c), reverse (S,)."""
        ctx.save_for_backward(reverse)
        return values.index_select(0, reverse)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, None]:
        """Gradient of the values."""
        (reverse,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad.index_select(0, reverse), None


class _BidirectionalRecurrence(torch.autograd.Function):
    """The recurrent part of both directions, PyTorch's gates: reset r, update z, candidate n.

    r, z = sigmoid(input + recurrent); n = tanh(input_n + r * recurrent_n); h' = n + z (h - n),
    with recurrent = W_hh h + b_hh.
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        inputs: Tensor,
        weights: Tensor,
        bias: Tensor,
        batch_sizes: list[int],
    ) -> Tensor:
        """Inputs (2, S, 3 H), weights (2, 3 H, H), bias (2, 3 H) to states (2, S, H)."""
        num_frames, width = inputs.shape[1], weights.shape[2]
        weights_t = weights.transpose(1, 2)
        bias = bias[:, None]
        states = inputs.new_empty((2, num_frames, width))
        previous = inputs.new_zeros((2, num_frames, width))
        gates = inputs.new_empty((2, num_frames, 3 * width))
        recurrent_n = inputs.new_empty((2, num_frames, width))
        state = inputs.new_zeros((2, batch_sizes[0], width))
        first = 0
        for size in batch_sizes:
            rows = slice(first, first + size)
            state = state[:, :size]
            previous[:, rows] = state
            recurrent = torch.baddbmm(bias, state, weights_t)
            gate = gates[:, rows]
            update_reset = gate[:, :, : 2 * width]
            torch.add(
                inputs[:, rows, : 2 * width], recurrent[:, :, : 2 * width], out=update_reset
            ).sigmoid_()
            candidate = gate[:, :, 2 * width :]
            recurrent_n[:, rows] = recurrent[:, :, 2 * width :]
            torch.addcmul(
                inputs[:, rows, 2 * width :],
                gate[:, :, :width],
                recurrent[:, :, 2 * width :],
                out=candidate,
            ).tanh_()
            state = torch.lerp(candidate, state, gate[:, :, width : 2 * width])
            states[:, rows] = state
            first += size
        ctx.save_for_backward(weights, previous, gates, recurrent_n)
        ctx.batch_sizes = batch_sizes  # type: ignore[attr-defined]
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Gradients of inputs, weights and bias."""
        weights, previous, gates, recurrent_n = ctx.saved_tensors  # type: ignore[attr-defined]
        batch_sizes: list[int] = ctx.batch_sizes  # type: ignore[attr-defined]
        width = weights.shape[2]
        r, z, n = gates.split(width, dim=2)
        # Every gate's gradient is the state's gradient times a factor known beforehand.
        factor = torch.empty_like(gates)
        factor_r, factor_z, factor_n = factor.split(width, dim=2)
        input_factor_n = (1 - z) * (1 - n * n)
        torch.mul(input_factor_n, recurrent_n * r * (1 - r), out=factor_r)
        torch.mul(previous - n, z * (1 - z), out=factor_z)
        torch.mul(input_factor_n, r, out=factor_n)
        # Becomes the gradient of each state once the later steps have been added.
        state_grad = grad.clone()
        recurrent_grad = torch.empty_like(gates)
        last = grad.shape[1]
        carried = grad.new_empty((2, 0, width))
        for size in reversed(batch_sizes):
            rows = slice(last - size, last)
            here = state_grad[:, rows]
            here[:, : carried.shape[1]] += carried
            step = recurrent_grad[:, rows].view(2, size, 3, width)
            torch.mul(here[:, :, None], factor[:, rows].view(2, size, 3, width), out=step)
            carried = torch.baddbmm(here * z[:, rows], step.view(2, size, 3 * width), weights)
            last -= size
        weight_grad = recurrent_grad.transpose(1, 2) @ previous
        bias_grad = recurrent_grad.sum(1)
        # Inputs differ from the recurrent part only in the candidate, which r has not scaled.
        torch.mul(state_grad, input_factor_n, out=recurrent_grad[:, :, 2 * width :])
        return recurrent_grad, weight_grad, bias_grad, None
