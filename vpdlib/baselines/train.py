"""Training of any network of the baselines, and its probabilities of actions.

Graph networks, heat-map volumes and frame networks alike: the source of clips makes the batches, the network
takes them. As for the heads, nothing but the actions it is given is used; the epoch is chosen on
validation actions or, without any, is the last. All that is random comes from the seed: on the CPU the
same seed and threads give the same bits, with any number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vpdlib.baselines.clips import ClipReader, Clips, Request
from vpdlib.baselines.kinds import TrainingSettings
from vpdlib.training.best_epoch import Score
from vpdlib.training.classification import in_batches, measure
from vpdlib.training.epochs import Entry, Training, run_epochs
from vpdlib.training.precision import amp_dtype, autocast
from vpdlib.training.reproducible import seeded, torch_threads

#: What a step falls by.
_STEP = 0.1


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network.

    Attributes
    ----------
    network : in evaluation mode, on its device.
    best_epoch : the epoch (from 1) whose weights these are.
    history : one entry an epoch; see `vpdlib.training.classification.HISTORY_COLUMNS`.
    """

    network: nn.Module
    best_epoch: int
    history: list[Entry]


def rate_at(settings: TrainingSettings, epochs_done: float) -> float:
    """Learning rate after ``epochs_done`` (fractional) epochs.

    Rises in a line to ``learning_rate`` over the epochs of warming up; then falls by a tenth at each milestone, or
    as half a cosine to 0 over the epochs that remain.
    """
    warmup = settings.warmup_epochs
    if epochs_done < warmup:
        return settings.learning_rate * epochs_done / warmup
    if settings.schedule == "step":
        passed = sum(epochs_done >= milestone for milestone in settings.milestones)
        return float(settings.learning_rate * _STEP**passed)
    fraction = min((epochs_done - warmup) / (settings.epochs - warmup), 1.0)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * fraction))


def train_network(
    build: Callable[[], nn.Module],
    clips: Clips,
    train_ids: Sequence[str],
    val_ids: Sequence[str],
    class_of: Mapping[str, int],
    settings: TrainingSettings,
    seed: int,
    device: str = "cpu",
    threads: int = 1,
    description: str | None = None,
) -> TrainedNetwork:
    """Train a network.

    Parameters
    ----------
    build : makes the network, with weights from torch's random state.
    clips : of all actions named.
    train_ids, val_ids : actions to learn from, and to choose the epoch by: highest accuracy, then lowest loss; without
        any, the last epoch is taken.
    class_of : action id to index of its class.
    settings : of the training.
    seed : of weights, order, clips and dropout.
    device : "cpu" or "cuda".
    threads : of torch on the CPU.
    description : of the progress report; None reports nothing.

    Raises
    ------
    ValueError
        For fewer than two training actions, of which batch normalisation has no variance.
    NonFiniteLossError
        If the loss ceases to be finite.
    """
    if len(train_ids) < 2:
        raise ValueError(
            f"{len(train_ids)} training action: batch normalisation needs two; give more examples"
        )
    target = torch.device(device)
    with torch_threads(threads), seeded(seed, target):
        network = _for_device(build(), target)
        run = _Run(
            network=network,
            optimizer=_optimizer(network, settings),
            amp_dtype=amp_dtype(target, settings.amp),
            settings=settings,
            reader=ClipReader(clips, target, settings.num_workers),
            num_views=clips.num_views,
            # Sorted: the result must not depend on how a caller orders its ids.
            train_ids=sorted(train_ids),
            val_ids=sorted(val_ids),
            class_of=class_of,
            seed=seed,
        )
        best_epoch = run_epochs(
            run, settings.epochs, description, validate_every=settings.validate_every
        )
    return TrainedNetwork(network, best_epoch, run.history)


def predict_probabilities(
    network: nn.Module,
    clips: Clips,
    action_ids: Sequence[str],
    settings: TrainingSettings,
    threads: int = 1,
) -> NDArray[np.float32]:
    """Class probabilities of actions, the mean of the softmax over an action's test clips.

    Parameters
    ----------
    network : in evaluation mode; its device is used.
    clips : of the A actions.
    action_ids : in the order of the result.
    settings : what it was trained with.
    threads : of torch on the CPU.

    Returns
    -------
    (A, C) float32.
    """
    device = next(network.parameters()).device
    reader = ClipReader(clips, device, settings.num_workers)
    with torch_threads(threads):
        return _predict(network, reader, action_ids, clips.num_views, settings)


@dataclass(kw_only=True)
class _Run(Training):
    """One training on the clips of actions, and those that it is validated on."""

    remedy = "lower training.learning_rate, or set training.clip_norm"

    settings: TrainingSettings
    reader: ClipReader
    num_views: int
    train_ids: list[str]
    val_ids: list[str]
    class_of: Mapping[str, int]
    seed: int

    def train_pass(self, epoch: int) -> Entry:
        """Learn from a clip of each action, in random order."""
        settings = self.settings
        rng = np.random.default_rng([self.seed, epoch])
        order = torch.from_numpy(rng.permutation(len(self.train_ids)))
        batches = in_batches(order, settings.batch_size)
        requests = [
            Request(tuple(self.train_ids[i] for i in batch.tolist()), (self.seed, epoch, step))
            for step, batch in enumerate(batches)
        ]
        # Kept on the device: asking for every step's loss would wait for the GPU each time.
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for step, (request, inputs) in enumerate(
            zip(requests, self.reader.read(requests), strict=True)
        ):
            self.set_rate(rate_at(settings, epoch - 1 + (step + 0.5) / len(batches)))
            labels = torch.tensor([self.class_of[a] for a in request.action_ids])
            with self.autocast():
                loss = nn.functional.cross_entropy(
                    self.network(*inputs), labels.to(self.device, non_blocking=True)
                )
            self.descend(loss, settings.clip_norm)
            total += loss.detach().double() * len(labels)
        return {
            "train_loss": total.item() / len(self.train_ids),
            "learning_rate": rate_at(settings, epoch),
        }

    def val_pass(self, epoch: int) -> tuple[Entry, Score | None]:
        """Measure the validation actions, if there are any."""
        if not self.val_ids:
            return {}, None
        found = _predict(self.network, self.reader, self.val_ids, self.num_views, self.settings)
        return measure(found, np.array([self.class_of[a] for a in self.val_ids]))


@torch.no_grad()
def _predict(
    network: nn.Module,
    reader: ClipReader,
    action_ids: Sequence[str],
    num_views: int,
    settings: TrainingSettings,
) -> NDArray[np.float32]:
    batches = [
        tuple(action_ids[i : i + settings.batch_size])
        for i in range(0, len(action_ids), settings.batch_size)
    ]
    requests = [Request(batch, index=index) for batch in batches for index in range(num_views)]
    device = next(network.parameters()).device
    dtype = amp_dtype(device, settings.amp)
    found: list[NDArray[np.float32]] = []
    for number, inputs in enumerate(reader.read(requests)):
        with autocast(device, dtype):
            logits = network(*inputs)
        probabilities = logits.float().softmax(1).cpu().numpy() / num_views
        if number % num_views:
            found[-1] += probabilities
        else:
            found.append(probabilities)
    return np.concatenate(found)


def _optimizer(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    parameters = [p for p in network.parameters() if p.requires_grad]
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(
            parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
    return torch.optim.SGD(
        parameters,
        lr=settings.learning_rate,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        weight_decay=settings.weight_decay,
    )


def _for_device(network: nn.Module, device: torch.device) -> nn.Module:
    """The network on its device; kernels of convolutions channels last on a GPU, which is what its units take."""
    network.to(device)
    if device.type == "cuda":
        formats = {4: torch.channels_last, 5: torch.channels_last_3d}
        for parameter in network.parameters():
            if parameter.ndim in formats:
                parameter.data = parameter.data.contiguous(memory_format=formats[parameter.ndim])
    return network
