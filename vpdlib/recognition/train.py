"""Training of a sequence classifier: from the descriptors of an action's frames to class probabilities.

An action is an array (T, 2, d): row 0 the regular descriptors of its frames, row 1 those of the flipped frames.
Both rows are training examples; the probabilities of an action are the mean of the two rows' softmax.
Training follows the paper's supplement (docs/method.md section 9) and is the same for every network. It uses nothing
but the sequences it is given: the epoch is chosen on ``val`` or, without one, is the last. On a CPU small networks
learn together (`vpdlib.recognition.stacks`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vpdlib.recognition.networks import SequenceClassifier
from vpdlib.recognition.packing import PackedBatch, SequenceStore
from vpdlib.recognition.settings import Architecture, BiGRUSettings
from vpdlib.recognition.stacks import PackedTraining, run_in_stacks
from vpdlib.training.best_epoch import Score
from vpdlib.training.classification import adamw, in_batches, measure
from vpdlib.training.epochs import Entry
from vpdlib.training.precision import amp_dtype, autocast
from vpdlib.training.reproducible import seeded, torch_threads
from vpdlib.training.together import Step

# Sequences of one forward pass where no gradient is kept.
_PREDICT_BATCH = 256

# How many epochs of its schedule a saturated training goes through in one.
_SATURATED_PACE = 5.0


Sequences = Sequence[NDArray[np.floating]]


@dataclass(frozen=True)
class ClassifierData:
    """What one classifier learns from.

    Attributes
    ----------
    sequences : A >= 1 arrays (T_i, 2, d), T_i >= 1; classifiers that are given the same list share what is made of it.
    labels : (A,) integers in [0, C).
    seed : of weights, order and dropout; on the CPU the same seed and threads give the same bits.
    val : sequences and labels that choose the epoch: highest accuracy, then lowest loss; never test actions. None: the
        last epoch.
    """

    sequences: Sequences
    labels: NDArray[np.integer]
    seed: int
    val: tuple[Sequences, NDArray[np.integer]] | None = None


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
    train_sequences: Sequences,
    train_labels: NDArray[np.integer],
    num_classes: int,
    architecture: Architecture,
    settings: BiGRUSettings,
    seed: int,
    val: tuple[Sequences, NDArray[np.integer]] | None = None,
    device: str = "cpu",
    threads: int = 1,
    description: str | None = None,
) -> TrainedClassifier:
    """As `train_classifiers`, one; what it learns from is as of `ClassifierData`."""
    data = ClassifierData(train_sequences, train_labels, seed, val)
    (found,) = train_classifiers(
        [data], num_classes, architecture, settings, device, threads, description
    )
    return found


def train_classifiers(
    wanted: Sequence[ClassifierData],
    num_classes: int,
    architecture: Architecture,
    settings: BiGRUSettings,
    device: str = "cpu",
    threads: int = 1,
    description: str | None = None,
) -> list[TrainedClassifier]:
    """Train classifiers of one kind.

    Parameters
    ----------
    wanted : of each classifier what it learns from, of one d; none depends on the others, but for rounding.
    num_classes : C; classes without a training action are allowed.
    architecture : kind of network, from `architecture_of`.
    settings : sizes of the network, and training.
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
    target = torch.device(device)
    stores: dict[int, SequenceStore] = {}

    def store_of(sequences: Sequences) -> SequenceStore:
        if id(sequences) not in stores:
            stores[id(sequences)] = SequenceStore(sequences, settings.normalise, target)
        return stores[id(sequences)]

    runs = []
    for data in wanted:
        labels = _check_labels(data.labels, len(data.sequences), num_classes, "train_labels")
        store = store_of(data.sequences)
        val = None
        if data.val is not None:
            val_labels = _check_labels(data.val[1], len(data.val[0]), num_classes, "val labels")
            val = store_of(data.val[0]), val_labels
            if val[0].num_channels != store.num_channels:
                raise ValueError(
                    f"validation descriptors have {val[0].num_channels} channels, training "
                    f"descriptors {store.num_channels}: both must come from one feature set"
                )
        with seeded(data.seed, target):
            network = SequenceClassifier(store.num_channels, num_classes, architecture, settings)
        network = network.to(target)
        runs.append(
            _Run(
                network=network,
                optimizer=adamw(network, settings.learning_rate, settings.weight_decay),
                amp_dtype=amp_dtype(target, bfloat16=False),
                seed=data.seed,
                classifier=network,
                store=store,
                labels=torch.from_numpy(labels).repeat(2),
                val=val,
                settings=settings,
                order=torch.Generator().manual_seed(data.seed),
            )
        )
    with torch_threads(threads):
        best_epochs = run_in_stacks(
            runs,
            2 * settings.batch_size * settings.hidden,
            settings.epochs,
            description,
            validate_every=settings.validate_every,
            patience=settings.patience_fraction * settings.epochs,
        )
    return [
        TrainedClassifier(
            run.classifier, settings, num_classes, run.store.num_channels, epoch, run.history
        )
        for run, epoch in zip(runs, best_epochs, strict=True)
    ]


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
class _Run(PackedTraining):
    """One training of a classifier: sequences with labels (2 A,), and those of validation with theirs (A,)."""

    what = "the classifier"
    remedy = "lower learning_rate, or scale the descriptors (normalise: true)"

    classifier: SequenceClassifier
    store: SequenceStore
    labels: Tensor
    val: tuple[SequenceStore, NDArray[np.int64]] | None
    settings: BiGRUSettings
    order: torch.Generator
    #: Epochs of the schedule that have been gone through, and that the next one goes through.
    gone: float = field(init=False, default=0.0)
    pace: float = field(init=False, default=1.0)

    def steps(self, epoch: int) -> Iterator[Step]:
        """All sequences, in random order."""
        settings, store = self.settings, self.store
        batches = in_batches(torch.randperm(len(store), generator=self.order), settings.batch_size)
        for step, chosen in enumerate(batches):
            at = self.gone + self.pace * step / len(batches)
            self.set_rate(learning_rate_at(settings, at))
            batch = store.batch(chosen)
            truth = self.labels[batch.sequences].to(self.device)
            yield Step(batch, truth, len(chosen))

    def after_training(self, train_loss: float) -> Entry:
        """The learning rate at the end of an epoch."""
        self.gone += self.pace
        if train_loss < self.settings.saturated_loss:
            self.pace = _SATURATED_PACE
        return {"learning_rate": learning_rate_at(self.settings, self.gone)}

    def is_done(self) -> bool:
        """Whether the schedule is at its end."""
        return self.gone >= self.settings.epochs

    def val_steps(self) -> Iterator[Step]:
        """The validation actions."""
        if self.val is not None:
            for batch in _whole(self.val[0]):
                truth = torch.from_numpy(self.val[1]).repeat(2)[batch.sequences]
                yield Step(batch, truth, len(truth))

    def measure(self, answers: list[tuple[Step, Tensor]]) -> tuple[Entry, Score | None]:
        """Measure the validation actions, if there are any."""
        if self.val is None:
            return {}, None
        store, labels = self.val
        logits = ((step.batch, of_step) for step, of_step in answers)
        return measure(_probabilities(store, logits), labels)


def _whole(store: SequenceStore) -> Iterator[PackedBatch]:
    """All sequences, those of like length together, so that long ones do not stretch every batch."""
    for chosen in torch.argsort(store.lengths, stable=True).split(_PREDICT_BATCH):
        yield store.batch(chosen)


def _probabilities(
    store: SequenceStore, logits: Iterable[tuple[PackedBatch, Tensor]]
) -> NDArray[np.float32]:
    """Probabilities (A, C) of a store's A actions, from the logits, float32, of batches of all its sequences."""
    found: Tensor | None = None
    for batch, of_batch in logits:
        softmax = of_batch.softmax(1).cpu()
        if found is None:
            found = softmax.new_empty((len(store), softmax.shape[1]))
        found[batch.sequences] = softmax
    assert found is not None  # a store is never empty
    regular, flipped = found.chunk(2)
    mean: NDArray[np.float32] = ((regular + flipped) / 2).numpy()
    return mean


@torch.no_grad()
def _predict(network: nn.Module, store: SequenceStore) -> NDArray[np.float32]:
    """Probabilities (A, C) of a store's A actions by a network in evaluation mode."""
    device = store.frames.device

    def logits_of(batch: PackedBatch) -> Tensor:
        with autocast(device, amp_dtype(device, bfloat16=False)):
            logits: Tensor = network(batch)
        return logits.float()

    return _probabilities(store, ((batch, logits_of(batch)) for batch in _whole(store)))


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
