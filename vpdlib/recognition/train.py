"""Training of a sequence classifier: from the descriptors of an action's frames to class probabilities.

An action is an array (T, 2, d): row 0 the regular descriptors of its frames, row 1 those of the flipped frames.
Both rows are training examples; the probabilities of an action are the mean of the two rows' softmax.
Training follows the paper's supplement (docs/method.md section 9) and is the same for every network. It uses nothing
but the sequences it is given: the epoch is chosen on ``val`` or, without one, is the last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vpdlib.recognition.networks import SequenceClassifier
from vpdlib.recognition.packing import SequenceStore
from vpdlib.recognition.settings import Architecture, BiGRUSettings
from vpdlib.training.best_epoch import Score
from vpdlib.training.classification import adamw, in_batches, measure
from vpdlib.training.epochs import Entry, Training, run_epochs
from vpdlib.training.precision import amp_dtype, autocast
from vpdlib.training.reproducible import seeded, torch_threads

# Sequences of one forward pass where no gradient is kept.
_PREDICT_BATCH = 256


@dataclass(frozen=True)
class TrainedClassifier:
    """A trained classifier.

    Attributes
    ----------
    network : in evaluation mode.
    settings : what it was trained with.
    num_classes : C.
    num_channels : d.
    best_epoch : the epoch (from 1) whose weights these are.
    history : one entry an epoch; see `vpdlib.training.classification.HISTORY_COLUMNS`.
    """

    network: SequenceClassifier
    settings: BiGRUSettings
    num_classes: int
    num_channels: int
    best_epoch: int
    history: list[Entry]


def learning_rate_at(settings: BiGRUSettings, epochs_done: float) -> float:
    """Learning rate after ``epochs_done`` (fractional) epochs.

    Falls as half a cosine from ``learning_rate`` to ``min_learning_rate``, over all epochs or, with
    ``cosine_restarts``, over periods of epochs / 10, epochs / 5, ... (docs/method.md section 9).
    """
    position, period = epochs_done, float(settings.epochs)
    if settings.schedule == "cosine_restarts":
        period = max(1.0, settings.epochs / 10)
        while position >= period:
            position -= period
            period *= 2
    fraction = 0.5 * (1 + math.cos(math.pi * min(position / period, 1.0)))
    return settings.min_learning_rate + fraction * (
        settings.learning_rate - settings.min_learning_rate
    )


def train_classifier(
    train_sequences: Sequence[NDArray[np.floating]],
    train_labels: NDArray[np.integer],
    num_classes: int,
    architecture: Architecture,
    settings: BiGRUSettings,
    seed: int,
    val: tuple[Sequence[NDArray[np.floating]], NDArray[np.integer]] | None = None,
    device: str = "cpu",
    threads: int = 1,
    description: str | None = None,
) -> TrainedClassifier:
    """Train a classifier.

    Parameters
    ----------
    train_sequences : A >= 1 arrays (T_i, 2, d), T_i >= 1.
    train_labels : (A,) integers in [0, num_classes).
    num_classes : C; classes without a training action are allowed.
    architecture : kind of network, from `architecture_of`.
    settings : sizes of the network, and training.
    seed : of weights, order and dropout; on the CPU the same seed and threads give the same bits.
    val : sequences and labels that choose the epoch: highest accuracy, then lowest loss; never
        test actions. None: the last epoch.
    device : "cpu" or "cuda" (mixed precision).
    threads : of torch on the CPU, for the time of this call.
    description : what a progress report over the epochs is called; None reports nothing.

    Raises
    ------
    ValueError
        For sequences as in `SequenceStore`, and labels that do not fit.
    NonFiniteLossError
        If the training loss ceases to be finite.
    """
    labels = _check_labels(train_labels, len(train_sequences), num_classes, "train_labels")
    target = torch.device(device)
    with torch_threads(threads), seeded(seed, target):
        store = SequenceStore(train_sequences, settings.normalise, target)
        network = SequenceClassifier(store.num_channels, num_classes, architecture, settings).to(
            target
        )
        val_data = None
        if val is not None:
            val_labels = _check_labels(val[1], len(val[0]), num_classes, "val labels")
            val_data = SequenceStore(val[0], settings.normalise, target), val_labels
            if val_data[0].num_channels != store.num_channels:
                raise ValueError(
                    f"validation descriptors have {val_data[0].num_channels} channels, training "
                    f"descriptors {store.num_channels}: both must come from one feature set"
                )
        run = _Run(
            network=network,
            optimizer=adamw(network, settings.learning_rate, settings.weight_decay),
            amp_dtype=amp_dtype(target, bfloat16=False),
            store=store,
            labels=torch.from_numpy(labels).repeat(2),
            val=val_data,
            settings=settings,
            order=torch.Generator().manual_seed(seed),
        )
        best_epoch = run_epochs(
            run,
            settings.epochs,
            description,
            validate_every=settings.validate_every,
            patience=settings.patience_fraction * settings.epochs,
        )
    return TrainedClassifier(
        network, settings, num_classes, store.num_channels, best_epoch, run.history
    )


def predict_probabilities(
    model: TrainedClassifier, sequences: Sequence[NDArray[np.floating]], threads: int = 1
) -> NDArray[np.float32]:
    """Class probabilities of actions, the mean of the regular and the flipped row's softmax.

    Parameters
    ----------
    model : from `train_classifier`.
    sequences : A arrays (T_i, 2, d), T_i >= 1.
    threads : of torch on the CPU, for the time of this call.

    Returns
    -------
    (A, C) float32; rows sum to 1.

    Raises
    ------
    ValueError
        For sequences as in `SequenceStore`, and descriptors of another d than in training.
    """
    if len(sequences) == 0:
        return np.empty((0, model.num_classes), dtype=np.float32)
    device = next(model.network.parameters()).device
    store = SequenceStore(sequences, model.settings.normalise, device)
    if store.num_channels != model.num_channels:
        raise ValueError(
            f"descriptors have {store.num_channels} channels, the classifier was trained on "
            f"{model.num_channels}: use the features of its own feature set"
        )
    with torch_threads(threads):
        return _predict(model.network, store)


@dataclass(kw_only=True)
class _Run(Training):
    """One training of a classifier: sequences with labels (2 A,), and those of validation with theirs (A,)."""

    what = "the classifier"
    remedy = "lower learning_rate, or scale the descriptors (normalise: true)"

    store: SequenceStore
    labels: Tensor
    val: tuple[SequenceStore, NDArray[np.int64]] | None
    settings: BiGRUSettings
    order: torch.Generator

    def train_pass(self, epoch: int) -> Entry:
        """Learn from all sequences, in random order."""
        settings, store = self.settings, self.store
        batches = in_batches(torch.randperm(len(store), generator=self.order), settings.batch_size)
        # Kept on the device: asking for every step's loss would wait for the GPU each time.
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for step, chosen in enumerate(batches):
            self.set_rate(learning_rate_at(settings, epoch - 1 + step / len(batches)))
            batch = store.batch(chosen)
            with self.autocast():
                truth = self.labels[batch.sequences].to(self.device)
                loss = nn.functional.cross_entropy(self.network(batch), truth)
            self.descend(loss)
            total += loss.detach().double() * len(chosen)
        return {
            "train_loss": float(total) / len(store),
            "learning_rate": learning_rate_at(settings, epoch),
        }

    def val_pass(self, epoch: int) -> tuple[Entry, Score | None]:
        """Measure the validation actions, if there are any."""
        if self.val is None:
            return {}, None
        store, labels = self.val
        return measure(_predict(self.network, store), labels)


@torch.no_grad()
def _predict(network: nn.Module, store: SequenceStore) -> NDArray[np.float32]:
    """Probabilities (A, C) of a store's A actions by a network in evaluation mode."""
    device = store.frames.device
    probabilities: Tensor | None = None
    # Sequences of like length go together, so that long ones do not stretch every batch.
    for chosen in torch.argsort(store.lengths, stable=True).split(_PREDICT_BATCH):
        batch = store.batch(chosen)
        with autocast(device, amp_dtype(device, bfloat16=False)):
            logits = network(batch)
        softmax = logits.float().softmax(1).cpu()
        if probabilities is None:
            probabilities = softmax.new_empty((len(store), softmax.shape[1]))
        probabilities[batch.sequences] = softmax
    assert probabilities is not None  # a store is never empty
    regular, flipped = probabilities.chunk(2)
    mean: NDArray[np.float32] = ((regular + flipped) / 2).numpy()
    return mean


def _check_labels(
    labels: NDArray[np.integer], num_actions: int, num_classes: int, name: str
) -> NDArray[np.int64]:
    checked = np.asarray(labels, dtype=np.int64)
    if checked.shape != (num_actions,):
        raise ValueError(f"{name} has shape {checked.shape}, but there are {num_actions} sequences")
    if num_actions and (checked.min() < 0 or checked.max() >= num_classes):
        raise ValueError(
            f"{name} spans {checked.min()}..{checked.max()}, but classes are 0..{num_classes - 1}"
        )
    return checked
