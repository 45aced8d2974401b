"""The recurrent classifier of single frames, and an ensemble of it: the scores from which proposals are made.

Class 0 is the background. Two classes tell whether a frame lies in an action; with more, in one of which class.

A video is an array (T, 2, d) without NaN; its regular and its flipped row are two sequences. The network has
the trunk of the recognition head `bigru` and, in place of the maximum over time, its head on every frame. It learns
from random windows; each of several models validates on another part of the videos, of which both rows (and all
videos of one group) stay on the same side. A frame's score is the mean probability over models and rows
(docs/method.md section 10). Windows are packed, not padded: what a short video lacks is in no batch and in no
loss. On a CPU small models of one or of several ensembles learn together (`vpdlib.training.together`).
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
from vpdlib.recognition.networks import (
    Dropout,
    PackedClassifier,
    RecurrentLayers,
    fully_connected,
)
from vpdlib.recognition.packing import PackedBatch, SequenceStore
from vpdlib.recognition.stacks import PackedTraining, run_in_stacks
from vpdlib.training.best_epoch import Score
from vpdlib.training.classification import adamw
from vpdlib.training.epochs import Entry
from vpdlib.training.precision import amp_dtype, autocast
from vpdlib.training.reproducible import seeded, torch_threads
from vpdlib.training.together import Step

# Frames of one forward pass where no gradient is kept (about 9 KB each on the CPU). Longer videos are read in parts,
# each with frames of its neighbours at both ends, in which the states forget that the rest is not there.
_PREDICT_FRAMES, _FORGOTTEN = 32_000, 2_000


class FrameBiGRU(PackedClassifier):
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
        self.input_dropout = Dropout(settings.input_dropout)
        self.trunk = RecurrentLayers(nn.GRU, num_channels, settings.hidden, settings.layers)
        self.head = fully_connected(
            self.trunk.width, settings.fc_width, num_classes, settings.dropout
        )

    @property
    def layers_over_time(self) -> RecurrentLayers:
        """The trunk."""
        return self.trunk

    def classify(self, values: Tensor, batch: PackedBatch) -> Tensor:
        """Logits (S, C) of values (S, c) of the S frames of a packed batch, in its order."""
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


@dataclass(frozen=True)
class EnsembleData:
    """What one ensemble learns from.

    Attributes
    ----------
    sequences : at least one video -> (T, 2, d) floats, T >= 1, without NaN.
    labels : video -> (T,) bool, frames inside an event; or the class of each, 0 outside.
    seed : of folds, weights, windows and dropout; on the CPU the same seed and threads give the same bits.
    group_of : see `vpdlib.action_detection.sequences.make_folds`.
    folds : the videos that each model validates on; None draws them.
    """

    sequences: Mapping[str, NDArray[np.floating]]
    labels: Mapping[str, NDArray[np.bool_ | np.integer]]
    seed: int
    group_of: Mapping[str, str] | None = None
    folds: Sequence[tuple[str, ...]] | None = None


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
    """As `train_ensembles`, one ensemble; ``sequences`` to ``group_of`` and ``folds`` are those of `EnsembleData`."""
    data = EnsembleData(sequences, labels, seed, group_of, folds)
    described = None if description is None else [description]
    (found,) = train_ensembles([data], settings, device, threads, described, num_classes)
    return found


def train_ensembles(
    wanted: Sequence[EnsembleData],
    settings: FrameBiGRUSettings,
    device: str = "cpu",
    threads: int = 1,
    descriptions: Sequence[str] | None = None,
    num_classes: int = 2,
) -> list[DetectionEnsemble]:
    """Train one model a fold, of one ensemble or of several.

    Parameters
    ----------
    wanted : of each ensemble what it learns from; none depends on the others, but for rounding.
    settings : network, windows and folds.
    device : "cpu" or "cuda" (mixed precision).
    threads : of torch on the CPU, for the time of this call.
    descriptions : per ensemble, what the lines of progress, one a model, are called; None reports nothing.
    num_classes : C, the background among them.

    Raises
    ------
    ValueError
        For sequences as in `SequenceStore`, labels of another length, and where every training sequence of a fold
        is too short.
    NonFiniteLossError
        If a training loss ceases to be finite.
    """
    target = torch.device(device)
    folds_of = [_folds(data, settings) for data in wanted]
    runs = [
        _training(windows, videos, held_out, settings, data.seed, fold, num_classes)
        for data, folds in zip(wanted, folds_of, strict=True)
        for videos, windows in [_windows(data, settings, target)]
        for fold, held_out in enumerate(folds)
    ]
    with torch_threads(threads):
        run_in_stacks(
            runs,
            2 * settings.batch_size * settings.hidden,
            settings.epochs,
            None,
            patience=settings.patience,
            min_epochs=settings.min_epochs,
        )
    ensembles, trained = [], iter(runs)
    for index, folds in enumerate(folds_of):
        members = [next(trained) for _ in folds]
        ensembles.append(_ensemble(members, folds, settings, num_classes))
        if descriptions is not None:
            _tell(descriptions[index], ensembles[-1])
    return ensembles


def _tell(description: str, ensemble: DetectionEnsemble) -> None:
    of_models = zip(ensemble.best_epochs, ensemble.val_accuracy, strict=True)
    for model, (epoch, accuracy) in enumerate(of_models, start=1):
        note(
            f"{description}: model {model} of {len(ensemble.networks)}, epoch {epoch}, "
            f"validation accuracy {accuracy:.4f}"
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


def _folds(data: EnsembleData, settings: FrameBiGRUSettings) -> list[tuple[str, ...]]:
    """The videos that each model validates on."""
    videos = sorted(data.sequences)
    folds = data.folds
    if folds is None:
        folds = make_folds(videos, data.group_of or {}, settings.folds, data.seed)
    # A model that has seen no event says nothing but no.
    eventful = {video for video in videos if data.labels[video].any()}
    learnable = [fold for fold in folds if not eventful or eventful - set(fold)]
    if len(learnable) < len(folds):
        note(
            f"{len(eventful)} of {len(videos)} training videos hold an event, all of them in one fold: its model is "
            f"left out of the ensemble; {len(learnable)} remain"
        )
    return learnable


def _windows(
    data: EnsembleData, settings: FrameBiGRUSettings, device: torch.device
) -> tuple[list[str], _Windows]:
    """The videos in their order, and their sequences on the device."""
    videos = sorted(data.sequences)
    for video in videos:
        if len(data.labels[video]) != len(data.sequences[video]):
            raise ValueError(
                f"video {video!r} has {len(data.sequences[video])} frames and {len(data.labels[video])} labels: "
                "make both from one set of features"
            )
    store = SequenceStore([data.sequences[v] for v in videos], settings.normalise, device)
    of_rows = np.concatenate([data.labels[video] for video in videos] * 2).astype(np.int64)
    return videos, _Windows(store, torch.from_numpy(of_rows).to(device))


def _training(
    data: _Windows,
    videos: Sequence[str],
    held_out: tuple[str, ...],
    settings: FrameBiGRUSettings,
    seed: int,
    fold: int,
    num_classes: int,
) -> _Run:
    """The training of one model."""
    is_val = torch.tensor([video in held_out for video in videos] * 2)
    train, val = torch.nonzero(~is_val)[:, 0], torch.nonzero(is_val)[:, 0]
    weights = torch.from_numpy(window_weights(data.store.lengths[train].numpy(), settings)).double()
    if not weights.any():
        raise ValueError(
            f"every training video has at most {settings.window} frames, and short_sequences is drop: set "
            "it to pad, or make window shorter"
        )
    device = data.store.frames.device
    own_seed = int(np.random.SeedSequence([seed, fold]).generate_state(1)[0])
    with seeded(own_seed, device):
        network = FrameBiGRU(data.store.num_channels, settings, num_classes).to(device)
    return _Run(
        network=network,
        optimizer=adamw(network, settings.learning_rate, settings.weight_decay),
        amp_dtype=amp_dtype(device, bfloat16=False),
        seed=own_seed,
        data=data,
        train=train,
        val=val,
        weights=weights,
        settings=settings,
        generator=torch.Generator().manual_seed(own_seed),
    )


def _ensemble(
    trained: Sequence[_Run],
    folds: Sequence[tuple[str, ...]],
    settings: FrameBiGRUSettings,
    num_classes: int,
) -> DetectionEnsemble:
    networks = []
    for run in trained:
        assert isinstance(run.network, FrameBiGRU)
        networks.append(run.network)
    return DetectionEnsemble(
        tuple(networks),
        settings,
        trained[0].data.store.num_channels,
        tuple(folds),
        tuple(run.best.epoch or len(run.history) for run in trained),
        tuple(run.best.score[0] if len(run.val) else math.nan for run in trained),
        num_classes,
    )


@dataclass(kw_only=True)
class _Run(PackedTraining):
    """One training on windows of the sequences `train` (N,), which have weights (N,), validated on those of `val`."""

    what = "the frame classifier"
    remedy = "lower learning_rate, or scale the descriptors (normalise: true)"
    data: _Windows
    train: Tensor
    val: Tensor
    weights: Tensor
    settings: FrameBiGRUSettings
    generator: torch.Generator

    def steps(self, epoch: int) -> Iterator[Step]:
        """Random windows."""
        settings, lengths, generator = self.settings, self.data.store.lengths, self.generator
        drawn = torch.multinomial(
            self.weights, settings.windows_per_epoch, True, generator=generator
        )
        chosen = self.train[drawn]
        length = lengths[chosen].clamp(max=settings.window)
        free = lengths[chosen] - length + 1
        offset = (torch.rand(len(chosen), generator=generator, dtype=torch.float64) * free).long()
        for part in torch.arange(len(chosen)).split(settings.batch_size):
            batch, truth = self.data.cut(chosen[part], offset[part], length[part])
            # Batch normalisation has no variance of one frame.
            if len(truth) > 1:
                yield Step(batch, truth, 1)

    def val_steps(self) -> Iterator[Step]:
        """The validation sequences."""
        for batch, truth in self.data.whole(self.val):
            yield Step(batch, truth, len(truth))

    def measure(self, answers: list[tuple[Step, Tensor]]) -> tuple[Entry, Score | None]:
        """Measure the frames of the validation sequences, if there are any."""
        if len(self.val) == 0:
            return {}, None
        accuracy, loss = _accuracy_and_loss(answers)
        return {"val_accuracy": accuracy, "val_loss": loss}, (accuracy, -loss)

    def margin(self, score: Score) -> float:
        """The standard error of an accuracy, of the frames that it is measured on."""
        frames = int(self.data.store.lengths[self.val].sum())
        return math.sqrt(score[0] * (1 - score[0]) / frames)


def _logits(network: nn.Module, batch: PackedBatch) -> Tensor:
    device = batch.frames.device
    with autocast(device, amp_dtype(device, bfloat16=False)):
        logits: Tensor = network(batch)
    return logits.float()


def _accuracy_and_loss(answers: Sequence[tuple[Step, Tensor]]) -> tuple[float, float]:
    """Frame accuracy, and the mean loss, which tells equal accuracies apart."""
    right = loss = 0.0
    for step, logits in answers:
        right += float((logits.argmax(1) == step.truth).sum())
        loss += float(nn.functional.cross_entropy(logits, step.truth, reduction="sum"))
    frames = sum(step.weight for step, _ in answers)
    return right / frames, loss / frames
