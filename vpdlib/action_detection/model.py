"""The recurrent classifier of single frames, and an ensemble of it: the scores from which proposals are made.

Class 0 is the background. Two classes tell whether a frame lies in an action; with more, in one of which class.

A video is an array (T, 2, d) without NaN; its regular and its flipped row are two sequences. The network has
the trunk of the recognition head `bigru` and, in place of the maximum over time, its head on every frame. It learns
from random windows; each of several models validates on another part of the videos, of which both rows (and all
videos of one group) stay on the same side. A frame's score is the mean probability over models and rows
(docs/method.md section 10). Windows are packed, not padded: what a short video lacks is in no batch and in no
loss.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vpdlib.action_detection.sequences import make_folds
from vpdlib.action_detection.settings import FrameBiGRUSettings
from vpdlib.progress import note
from vpdlib.recognition.networks import RecurrentLayers, fully_connected
from vpdlib.recognition.packing import PackedBatch, SequenceStore
from vpdlib.training.best_epoch import Score
from vpdlib.training.classification import adamw
from vpdlib.training.epochs import Entry, Training, run_epochs
from vpdlib.training.precision import amp_dtype, autocast
from vpdlib.training.reproducible import seeded, torch_threads

# Frames of one forward pass where no gradient is kept (about 9 KB each on the CPU). Longer videos are read in parts,
# each with frames of its neighbours at both ends, in which the states forget that the rest is not there.
_PREDICT_FRAMES, _FORGOTTEN = 32_000, 2_000


class FrameBiGRU(nn.Module):
    """The trunk of the recurrent classifier with its head on every frame.

    Parameters
    ----------
    num_channels : channels d of a descriptor.
    settings : widths and dropout.
    num_classes : C, the background among them.
    """

    def __init__(
        self, num_channels: int, settings: FrameBiGRUSettings, num_classes: int = 2
    ) -> None:
        super().__init__()
        self.input_dropout = nn.Dropout(settings.input_dropout)
        self.trunk = RecurrentLayers(nn.GRU, num_channels, settings.hidden, settings.layers)
        self.head = fully_connected(
            self.trunk.width, settings.fc_width, num_classes, settings.dropout
        )

    def forward(self, batch: PackedBatch) -> Tensor:
        """Logits (S, C) of the S frames of a packed batch, in its order."""
        values = self.trunk(self.input_dropout(batch.frames), batch)
        logits: Tensor = self.head(values)
        return logits


@dataclass(frozen=True)
class DetectionEnsemble:
    """Trained models.

    Attributes
    ----------
    networks : in evaluation mode.
    settings : what they were trained with.
    num_channels : d.
    val_videos : per model, the videos that chose its epoch; empty for a single model of the last epoch.
    best_epochs : per model, the epoch (from 1) of its weights.
    val_accuracy : per model, fraction of validation frames that are right; NaN without any.
    num_classes : C, the background among them.
    """

    networks: tuple[FrameBiGRU, ...]
    settings: FrameBiGRUSettings
    num_channels: int
    val_videos: tuple[tuple[str, ...], ...]
    best_epochs: tuple[int, ...]
    val_accuracy: tuple[float, ...]
    num_classes: int = 2


@dataclass(frozen=True)
class _Windows:
    """Sequences of videos, and windows of them."""

    store: SequenceStore
    labels: Tensor

    def cut(self, chosen: Tensor, offset: Tensor, length: Tensor) -> tuple[PackedBatch, Tensor]:
        """Pack frames offset, ..., offset + length - 1 of sequences ``chosen``, all (B,) int64; labels (S,)."""
        view = copy.copy(self.store)
        view.starts = self.store.starts[chosen] + offset
        view.lengths = length
        batch = view.batch(torch.arange(len(chosen)))
        # The place in a padded batch tells window and step of every packed frame.
        num_steps = len(batch.batch_sizes)
        index = batch.padded_index.cpu()
        rows = view.starts[batch.sequences][index // num_steps] + index % num_steps
        return batch, self.labels[rows.to(self.labels.device)]

    def whole(self, chosen: Tensor) -> Iterator[tuple[PackedBatch, Tensor]]:
        """Whole sequences ``chosen`` in batches of bounded size, those of like length together."""
        order = chosen[torch.argsort(self.store.lengths[chosen], stable=True)]
        lengths = self.store.lengths[order].tolist()
        first = frames = 0
        for index, length in enumerate(lengths):
            if index > first and frames + length > _PREDICT_FRAMES:
                yield self._all_of(order[first:index])
                first, frames = index, 0
            frames += length
        if first < len(order):
            yield self._all_of(order[first:])

    def parts(self, sequence: int) -> Iterator[tuple[PackedBatch, Tensor, slice]]:
        """A sequence that is longer than a pass, part by part: each with the frames of it that count."""
        length = int(self.store.lengths[sequence])
        step = _PREDICT_FRAMES - 2 * _FORGOTTEN
        for first in range(0, length, step):
            start, end = max(first - _FORGOTTEN, 0), min(first + step + _FORGOTTEN, length)
            batch, labels = self.cut(*(torch.tensor([n]) for n in (sequence, start, end - start)))
            yield batch, labels, slice(first - start, min(first + step, length) - start)

    def _all_of(self, chosen: Tensor) -> tuple[PackedBatch, Tensor]:
        return self.cut(chosen, torch.zeros_like(chosen), self.store.lengths[chosen])


def window_weights(lengths: NDArray[np.integer], settings: FrameBiGRUSettings) -> NDArray[np.int64]:
    """How often each sequence is drawn, relative to the others; see ``short_sequences``.

    The weight n - window follows the number of places a window can have. With it a sequence just longer than the window
    is all but left out; with ``pad``, the floor min(n, window) shows its frames about as often as
    those of a long one.

    Parameters
    ----------
    lengths : frames n of each sequence, (N,).
    settings : window, and what is done with short sequences.
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    indices = lengths - settings.window
    if settings.short_sequences == "drop":
        return np.maximum(indices, 0)
    return np.maximum(indices, np.minimum(lengths, settings.window))


def train_ensemble(
    sequences: Mapping[str, NDArray[np.floating]],
    labels: Mapping[str, NDArray[np.bool_ | np.integer]],
    settings: FrameBiGRUSettings,
    seed: int,
    group_of: Mapping[str, str] | None = None,
    device: str = "cpu",
    threads: int = 1,
    description: str | None = None,
    num_classes: int = 2,
    folds: Sequence[tuple[str, ...]] | None = None,
) -> DetectionEnsemble:
    """Train one model a fold.

    Parameters
    ----------
    sequences : at least one video -> (T, 2, d) floats, T >= 1, without NaN.
    labels : video -> (T,) bool, frames inside an event; or the class of each, 0 outside.
    settings : network, windows and folds.
    seed : of folds, weights, windows and dropout; on the CPU the same seed and threads give the same bits.
    group_of : see `vpdlib.action_detection.sequences.make_folds`.
    device : "cpu" or "cuda" (mixed precision).
    threads : of torch on the CPU, for the time of this call.
    description : what the lines of progress, one a model, are called; None reports nothing.
    num_classes : C, the background among them.
    folds : the videos that each model validates on; None draws them.

    Raises
    ------
    ValueError
        For sequences as in `SequenceStore`, labels of another length, and where every training sequence of a fold
        is too short.
    NonFiniteLossError
        If the training loss ceases to be finite.
    """
    videos = sorted(sequences)
    for video in videos:
        if len(labels[video]) != len(sequences[video]):
            raise ValueError(
                f"video {video!r} has {len(sequences[video])} frames and {len(labels[video])} labels: "
                "make both from one set of features"
            )
    target = torch.device(device)
    store = SequenceStore([sequences[video] for video in videos], settings.normalise, target)
    of_rows = np.concatenate([labels[video] for video in videos] * 2).astype(np.int64)
    data = _Windows(store, torch.from_numpy(of_rows).to(target))
    if folds is None:
        folds = make_folds(videos, group_of or {}, settings.folds, seed)
    # A model that has seen no event says nothing but no.
    eventful = {video for video in videos if labels[video].any()}
    learnable = [fold for fold in folds if not eventful or eventful - set(fold)]
    if len(learnable) < len(folds):
        note(
            f"{len(eventful)} of {len(videos)} training videos hold an event, all of them in one fold: its model is "
            f"left out of the ensemble; {len(learnable)} remain"
        )
    folds = learnable
    networks, epochs, accuracies = [], [], []
    with torch_threads(threads):
        for fold, val_videos in enumerate(folds):
            is_val = torch.tensor([video in val_videos for video in videos] * 2)
            fold_seed = int(np.random.SeedSequence([seed, fold]).generate_state(1)[0])
            with seeded(fold_seed, target):
                network, epoch, accuracy = _train_one(
                    data, is_val, settings, fold_seed, num_classes
                )
            networks.append(network)
            epochs.append(epoch)
            accuracies.append(accuracy)
            if description is not None:
                note(
                    f"{description}: model {fold + 1} of {len(folds)}, epoch {epoch}, "
                    f"validation accuracy {accuracy:.4f}"
                )
    return DetectionEnsemble(
        tuple(networks),
        settings,
        store.num_channels,
        tuple(folds),
        tuple(epochs),
        tuple(accuracies),
        num_classes,
    )


def predict_scores(
    ensemble: DetectionEnsemble, sequences: Mapping[str, NDArray[np.floating]], threads: int = 1
) -> dict[str, NDArray[np.float32]]:
    """Score of every frame: the mean probability of an event over models and both rows.

    Parameters
    ----------
    ensemble : from `train_ensemble`, of two classes.
    sequences : video -> (T, 2, d) floats, T >= 1, without NaN.
    threads : of torch on the CPU, for the time of this call.

    Returns
    -------
    video -> (T,) float32.

    Raises
    ------
    ValueError
        As `predict_classes`.
    """
    found = predict_classes(ensemble, sequences, threads)
    return {video: probabilities[:, 1] for video, probabilities in found.items()}


def predict_classes(
    ensemble: DetectionEnsemble, sequences: Mapping[str, NDArray[np.floating]], threads: int = 1
) -> dict[str, NDArray[np.float32]]:
    """Class probabilities of every frame, the mean over models and both rows.

    Parameters
    ----------
    ensemble, sequences, threads : as for `predict_scores`, of any number of classes.

    Returns
    -------
    video -> (T, C) float32.

    Raises
    ------
    ValueError
        For sequences as in `SequenceStore`, and descriptors of another d than in training.
    """
    if not sequences:
        return {}
    videos = list(sequences)
    device = next(ensemble.networks[0].parameters()).device
    store = SequenceStore([sequences[v] for v in videos], ensemble.settings.normalise, device)
    if store.num_channels != ensemble.num_channels:
        raise ValueError(
            f"descriptors have {store.num_channels} channels, the models were trained on "
            f"{ensemble.num_channels}: use the features of their own feature set"
        )
    # In place of labels every frame carries its own row, so that scores find their way back.
    num_frames = len(store.frames)
    data = _Windows(store, torch.arange(num_frames))
    total = torch.zeros((num_frames, ensemble.num_classes), dtype=torch.float64)
    with torch_threads(threads), torch.no_grad():
        is_long = store.lengths > _PREDICT_FRAMES
        for batch, rows, kept in chain(
            ((*whole, slice(None)) for whole in data.whole(torch.nonzero(~is_long)[:, 0])),
            *(data.parts(int(sequence)) for sequence in torch.nonzero(is_long)),
        ):
            for network in ensemble.networks:
                probabilities = _logits(network, batch).softmax(1)[kept].double()
                total[rows[kept]] += probabilities.cpu()
    regular, flipped = (total / len(ensemble.networks)).chunk(2)
    mean = ((regular + flipped) / 2).float().numpy()
    ends = np.cumsum([len(sequences[video]) for video in videos])
    return dict(zip(videos, np.split(mean, ends[:-1]), strict=True))


def _train_one(
    data: _Windows, is_val: Tensor, settings: FrameBiGRUSettings, seed: int, num_classes: int
) -> tuple[FrameBiGRU, int, float]:
    """One model: network, epoch of its weights, validation accuracy (NaN without validation)."""
    train, val = torch.nonzero(~is_val)[:, 0], torch.nonzero(is_val)[:, 0]
    weights = torch.from_numpy(window_weights(data.store.lengths[train].numpy(), settings)).double()
    if not weights.any():
        raise ValueError(
            f"every training video has at most {settings.window} frames, and short_sequences is drop: set "
            "it to pad, or make window shorter"
        )
    device = data.store.frames.device
    network = FrameBiGRU(data.store.num_channels, settings, num_classes).to(device)
    run = _Run(
        network=network,
        optimizer=adamw(network, settings.learning_rate, settings.weight_decay),
        amp_dtype=amp_dtype(device, bfloat16=False),
        data=data,
        train=train,
        val=val,
        weights=weights,
        settings=settings,
        generator=torch.Generator().manual_seed(seed),
    )
    best_epoch = run_epochs(
        run, settings.epochs, None, patience=settings.patience, min_epochs=settings.min_epochs
    )
    return network, best_epoch, run.best.score[0] if len(val) else math.nan


@dataclass(kw_only=True)
class _Run(Training):
    """One training on windows of the sequences `train` (N,), which have weights (N,), validated on those of `val`."""

    what = "the frame classifier"
    remedy = "lower learning_rate, or scale the descriptors (normalise: true)"

    data: _Windows
    train: Tensor
    val: Tensor
    weights: Tensor
    settings: FrameBiGRUSettings
    generator: torch.Generator

    def train_pass(self, epoch: int) -> Entry:
        """Learn from random windows."""
        settings, lengths, generator = self.settings, self.data.store.lengths, self.generator
        drawn = torch.multinomial(
            self.weights, settings.windows_per_epoch, True, generator=generator
        )
        chosen = self.train[drawn]
        length = lengths[chosen].clamp(max=settings.window)
        free = lengths[chosen] - length + 1
        offset = (torch.rand(len(chosen), generator=generator, dtype=torch.float64) * free).long()
        # Kept on the device: asking for every step's loss would wait for the GPU each time.
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        parts = torch.arange(len(chosen)).split(settings.batch_size)
        for part in parts:
            batch, truth = self.data.cut(chosen[part], offset[part], length[part])
            if len(truth) < 2:
                # Batch normalisation has no variance of one frame.
                continue
            loss = nn.functional.cross_entropy(_logits(self.network, batch), truth)
            self.descend(loss)
            total += loss.detach().double()
        return {"train_loss": float(total) / len(parts)}

    def val_pass(self, epoch: int) -> tuple[Entry, Score | None]:
        """Measure the frames of the validation sequences, if there are any."""
        if len(self.val) == 0:
            return {}, None
        accuracy, loss = _accuracy_and_loss(self.network, self.data, self.val)
        return {"val_accuracy": accuracy, "val_loss": loss}, (accuracy, -loss)


def _logits(network: nn.Module, batch: PackedBatch) -> Tensor:
    device = batch.frames.device
    with autocast(device, amp_dtype(device, bfloat16=False)):
        logits: Tensor = network(batch)
    return logits.float()


def _accuracy_and_loss(network: nn.Module, data: _Windows, val: Tensor) -> tuple[float, float]:
    """Frame accuracy, and the mean loss, which tells equal accuracies apart."""
    right = loss = 0.0
    frames = 0
    for batch, truth in data.whole(val):
        logits = _logits(network, batch)
        right += float((logits.argmax(1) == truth).sum())
        loss += float(nn.functional.cross_entropy(logits, truth, reduction="sum"))
        frames += len(truth)
    return right / frames, loss / frames
