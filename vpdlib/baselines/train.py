"""Training of any network of the baselines, and its probabilities of actions.

One loop for graph networks, heat-map volumes and frame networks: the source of clips makes the batches, the network
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
from torch import Tensor, nn

from vpdlib.baselines.clips import ClipReader, Clips, Request
from vpdlib.baselines.methods import TrainingSettings
from vpdlib.progress import track
from vpdlib.recognition.train import EpochRecord, accuracy_and_loss, in_batches
from vpdlib.training.best_epoch import BestEpoch
from vpdlib.training.epochs import NonFiniteLossError
from vpdlib.training.precision import amp_dtype
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
    history : one record an epoch.
    """

    network: nn.Module
    best_epoch: int
    history: list[EpochRecord]


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
    share = min((epochs_done - warmup) / (settings.epochs - warmup), 1.0)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * share))


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
        run = _Run(build(), clips, class_of, settings, seed, target)
        # Sorted: the result must not depend on how a caller orders its ids.
        train_ids, val_ids = sorted(train_ids), sorted(val_ids)
        val_labels = np.array([class_of[a] for a in val_ids], np.int64)
        history: list[EpochRecord] = []
        best = BestEpoch(run.network)
        epochs = range(1, settings.epochs + 1)
        for epoch in epochs if description is None else track(epochs, description, unit="epoch"):
            loss = run.epoch(train_ids, epoch)
            rate = rate_at(settings, epoch)
            look = epoch % settings.validate_every == 0 or epoch == settings.epochs
            if not val_ids or not look:
                history.append(EpochRecord(epoch, loss, rate))
                continue
            accuracy, val_loss = accuracy_and_loss(run.predict(val_ids), val_labels)
            history.append(EpochRecord(epoch, loss, rate, accuracy, val_loss))
            best.look(epoch, (accuracy, -val_loss))
        best_epoch = best.restore(settings.epochs)
    return TrainedNetwork(run.network.eval(), best_epoch, history)


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


class _Run:
    """One training: the network, its optimiser and the reader of its clips."""

    def __init__(
        self,
        network: nn.Module,
        clips: Clips,
        class_of: Mapping[str, int],
        settings: TrainingSettings,
        seed: int,
        device: torch.device,
    ) -> None:
        self.network = _for_device(network, device)
        self._clips, self._class_of = clips, class_of
        self._settings, self._seed, self._device = settings, seed, device
        self._reader = ClipReader(clips, device, settings.num_workers)
        self._optimizer = _optimizer(self.network, settings)
        self._amp = amp_dtype(device, settings.amp)
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._amp == torch.float16)

    def epoch(self, action_ids: Sequence[str], epoch: int) -> float:
        """One pass over the actions; the mean loss."""
        settings = self._settings
        rng = np.random.default_rng([self._seed, epoch])
        order = torch.from_numpy(rng.permutation(len(action_ids)))
        batches = in_batches(order, settings.batch_size)
        requests = [
            Request(tuple(action_ids[i] for i in batch.tolist()), (self._seed, epoch, step))
            for step, batch in enumerate(batches)
        ]
        self.network.train()
        # Kept on the device: asking for every step's loss would wait for the GPU each time.
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        for step, (request, inputs) in enumerate(
            zip(requests, self._reader.read(requests), strict=True)
        ):
            for group in self._optimizer.param_groups:
                group["lr"] = rate_at(settings, epoch - 1 + (step + 0.5) / len(batches))
            labels = torch.tensor([self._class_of[a] for a in request.action_ids])
            with torch.autocast(self._device.type, self._amp, enabled=self._amp is not None):
                loss = nn.functional.cross_entropy(
                    self.network(*inputs), labels.to(self._device, non_blocking=True)
                )
            self._step(loss)
            total += loss.detach().double() * len(labels)
        mean = total.item() / len(action_ids)
        if not math.isfinite(mean):
            raise NonFiniteLossError(
                f"the loss is {mean} in epoch {epoch}: lower training.learning_rate, or set training.clip_norm"
            )
        return mean

    def _step(self, loss: Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        if self._settings.clip_norm is not None:
            self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self._settings.clip_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()

    def predict(self, action_ids: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities (A, C) by the network as it is."""
        views = self._clips.num_views
        return _predict(self.network.eval(), self._reader, action_ids, views, self._settings)


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
    requests = [Request(batch, place=place) for batch in batches for place in range(num_views)]
    device = next(network.parameters()).device
    amp = amp_dtype(device, settings.amp)
    found: list[NDArray[np.float32]] = []
    for number, inputs in enumerate(reader.read(requests)):
        with torch.autocast(device.type, amp, enabled=amp is not None):
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
