"""Distillation: training a student on a teacher's weak labels.

N frames; pose and motion targets (N, 2, D), row 0 for the regular crop, row 1 for its flipped image.
Recipe of the paper (docs/method.md section 7): AdamW at a constant rate, random frames with
repetition, squared error summed over the numbers of the target; held-out frames are measured
without augmentation, on a fixed choice (docs/method.md section 12, row 9), and the epoch of the
lowest moving average is kept.

Everything random of an epoch comes from generators seeded by (seed, epoch), so that a saved state
needs no generator states, and training resumed from any saved state gives, on a CPU with the same
number of threads and of processes, the same weights to the bit. The global generators are not touched.

In several processes (`vpdlib.training.distributed`) each learns from its part of every batch and
measures its part of the held-out frames; all know the same losses and come to the same weights.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vpdlib.progress import note, warn
from vpdlib.students.augment import (
    Geometry,
    RGBStatistics,
    apply_geometry_to_target,
    augmented_inputs,
    plain_inputs,
)
from vpdlib.students.frames import BatchReader, FrameStore, in_batches, measure_rgb
from vpdlib.students.network import build_student, squared_errors
from vpdlib.students.pretrained import head_of, rgb_statistics
from vpdlib.students.settings import POSE2D, StudentSettings
from vpdlib.students.student import TrainedStudent
from vpdlib.students.targets import (
    Labels,
    RotatedTargets,
    check_weight,
    join_targets,
    loss_of_mean,
)
from vpdlib.training.best_epoch import Score
from vpdlib.training.distributed import ALONE, SharedNetwork, World
from vpdlib.training.epochs import Entry, NonFiniteLossError, Training, run_epochs
from vpdlib.training.precision import amp_dtype
from vpdlib.training.reproducible import torch_threads

#: Validation batches may be larger than training ones: no gradients are kept.
VAL_BATCH_SIZE = 200

#: A best validation loss above this fraction of what the mean gives is said to be suspicious.
_LEARNT_NOTHING = 0.95


def train_student(
    frames: FrameStore,
    pose: np.ndarray,
    motion: np.ndarray | None,
    train_idx: np.ndarray,
    val_idx: np.ndarray,
    settings: StudentSettings,
    device: str = "cpu",
    threads: int = 1,
    state_path: Path | None = None,
    on_epoch: Callable[[Entry], None] | None = None,
    save_every_s: float = 60.0,
    weight: np.ndarray | None = None,
    rotated_targets: RotatedTargets | None = None,
    weights_path: Path | None = None,
    world: World = ALONE,
) -> TrainedStudent:
    """Train a student.

    Parameters
    ----------
    frames : crops of all N frames.
    pose : (N, 2, D) float32, the teacher's vectors, D as it pleases the teacher; rows that are not learnt from may
        be NaN.
    motion : (N, 2, D) float32, their change since the previous frame; None for a student without
        motion.
    train_idx, val_idx : indices of the frames to learn from and to hold out.
    settings : the student's settings.
    device : "cpu", "cuda", "cuda:1", ...
    threads : CPU threads of torch.
    state_path : where to resume from, if the file is there, and to save to; None for neither. The first process saves.
    on_epoch : called with the history entry of each finished epoch.
    save_every_s : seconds between saved states; 0 writes one after every epoch.
    weight : (N,) weights of the frames' losses, in training and validation; None: all alike.
    rotated_targets : gives the targets of rotated crops, for a teacher whose vectors are not x, y pairs; needed where
        there is rotation augmentation.
    weights_path : the file that the setting `weights` names.
    world : the processes that train it, each with all other arguments alike but for `device`.

    Returns
    -------
    TrainedStudent : on `device`, in evaluation mode; the same in every process.

    Raises
    ------
    ValueError : targets or indices are unusable, a batch has fewer crops than there are processes, or the saved state
        belongs to another training.
    WeightsError : the weights are not the architecture's.
    NonFiniteLossError : a loss became NaN or infinite.
    """
    parts = {"pose": pose}
    if settings.motion:
        if motion is None:
            raise ValueError("the student learns motion, but no motion targets are given")
        parts["motion"] = motion
    targets = join_targets(parts, len(frames), {"training": train_idx, "validation": val_idx})
    weights = check_weight(weight, len(frames))
    is_rotated = settings.augmentation.rotation_degrees > 0
    if is_rotated and settings.teacher != POSE2D and rotated_targets is None:
        raise ValueError(
            f"rotation_degrees with the teacher {settings.teacher!r} needs rotated_targets, since its vectors "
            "are not x, y joints; give them, or set rotation_degrees to 0"
        )
    labels = Labels(targets, weights, train_idx, val_idx, rotated_targets).measured(settings)
    if (weights_path is None) != (settings.weights is None):
        raise ValueError(
            f"weights are {settings.weights!r}, and weights_path is {weights_path}: give both or none"
        )
    if world.size > settings.batch_size:
        raise ValueError(
            f"{world.size} processes and a batch_size of {settings.batch_size}: each needs a crop of every batch; give "
            "the rule fewer GPUs or processes"
        )
    with torch_threads(threads):
        encoder, decoder = build_student(settings, pose.shape[2], weights_path)
        if settings.rgb_mean is not None and settings.rgb_std is not None:
            rgb = (settings.rgb_mean, settings.rgb_std)
        elif settings.weights is not None:
            # What the weights learnt from was normalised so.
            rgb = rgb_statistics(settings.architecture)
        else:
            rgb = world.of_first(
                measure_rgb(frames, labels.train_idx, seed=settings.seed)
                if world.is_first
                else ((0.0,) * 3, (1.0,) * 3)
            )
        of_mean = loss_of_mean(targets, weights, labels.train_idx, labels.val_idx)
        note(
            f"a student that answers the mean of its targets has a validation loss of {of_mean:.4f}"
        )
        target = torch.device(device)
        encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network = nn.Sequential(encoder, *([] if decoder is None else [decoder])).to(target)
        run = _Run(
            network=network,
            optimizer=torch.optim.AdamW(
                _parameter_groups(encoder, network, settings),
                lr=settings.learning_rate,
                weight_decay=settings.weight_decay,
            ),
            amp_dtype=amp_dtype(target, settings.amp, settings.cpu_bfloat16 == "auto"),
            settings=settings,
            reader=BatchReader(frames, settings.num_workers, pin_memory=target.type == "cuda"),
            labels=labels,
            rgb=rgb,
            world=world,
            shared=SharedNetwork(network, world),
        )
        best_epoch = run_epochs(
            run,
            settings.epochs,
            "distilling",
            identity=_identity(labels, settings, rgb),
            state_path=state_path,
            save_every_s=save_every_s,
            note_epochs=True,
            on_epoch=on_epoch,
            saves=world.is_first,
        )
        run.shared.release()
    best_loss = -run.best.score[0]
    if best_loss > _LEARNT_NOTHING * of_mean:
        warn(
            f"the student hardly does better than the mean of its targets ({best_loss:.4f} "
            f"against {of_mean:.4f}): lower learning_rate, or train longer"
        )
    return TrainedStudent(
        settings=settings,
        encoder=encoder,
        decoder=decoder,
        pose_dim=pose.shape[2],
        rgb_mean=rgb[0],
        rgb_std=rgb[1],
        best_epoch=best_epoch,
        history=run.history,
    ).to(target)


@dataclass(kw_only=True)
class _Run(Training):
    """One training of a student: encoder and decoder one after the other."""

    settings: StudentSettings
    reader: BatchReader
    labels: Labels
    rgb: RGBStatistics
    world: World
    shared: SharedNetwork

    def train_pass(self, epoch: int) -> Entry:
        """Learn from random frames, randomly changed."""
        settings = self.settings
        rng = np.random.default_rng([settings.seed, 1, epoch])
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        # Whole batches only: batch statistics of a very small last batch would be poor.
        num_steps = settings.samples_per_epoch // settings.batch_size
        chosen = rng.choice(self.labels.train_idx, (num_steps, settings.batch_size), replace=True)
        self.set_rate(_rate_at(settings, epoch))
        for parameter in self._trunk():
            parameter.requires_grad_(epoch > settings.frozen_epochs)
        network = self.shared.for_training()
        part = self.world.part(settings.batch_size)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for cpu_batch in self.reader.read(list(chosen[:, part.rows])):
            batch = cpu_batch.to(self.device)
            inputs, geometry = augmented_inputs(
                batch,
                settings.crop_px,
                settings.seen,
                self.rgb,
                settings.augmentation,
                generator,
                part,
            )
            target = self._target(cpu_batch.indices, geometry)
            with self.autocast():
                answer = network(inputs)
            errors = squared_errors(answer, target) * self._weight(cpu_batch.indices)
            _require_finite(errors, cpu_batch.indices, f"training, epoch {epoch}")
            self.descend(self._loss(errors))
            total += errors.detach().sum()
        return {"train_loss": self.world.total(total) / chosen.size}

    def val_pass(self, epoch: int) -> tuple[Entry, Score | None]:
        """Measure the held-out frames; the moving average of their loss is what an epoch is compared by."""
        settings = self.settings
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        measured = self.labels.val_idx[self.world.part(len(self.labels.val_idx)).rows]
        for cpu_batch in self.reader.read(in_batches(measured, VAL_BATCH_SIZE)):
            batch = cpu_batch.to(self.device)
            inputs = plain_inputs(batch, settings.crop_px, settings.seen, self.rgb)
            target = self.labels.targets[cpu_batch.indices, 0].to(self.device)
            with self.autocast():
                answer = self.network(inputs)
            errors = squared_errors(answer, target) * self._weight(cpu_batch.indices)
            _require_finite(errors, cpu_batch.indices, "validation")
            total += errors.sum()
        val_loss = self.world.total(total) / len(self.labels.val_idx)
        window = [entry["val_loss"] for entry in self.history][1 - settings.select_window :]
        recent = [*(window if settings.select_window > 1 else ()), val_loss]
        average = sum(recent) / len(recent)
        # The average of less than a whole window is noisier: it is not compared.
        whole = len(recent) == min(settings.select_window, settings.epochs)
        return {"val_loss": val_loss, "val_loss_average": average}, (-average,) if whole else None

    def _trunk(self) -> list[nn.Parameter]:
        """What starts from weights: the optimiser's first group of two, see `_parameter_groups`."""
        groups = self.optimizer.param_groups
        return list(groups[0]["params"]) if len(groups) > 1 else []

    def _target(self, indices: torch.Tensor, geometry: Geometry) -> torch.Tensor:
        """The targets (B, K) of crops that were flipped and rotated."""
        rows = self.labels.targets[indices].to(self.device, non_blocking=True)
        if self.labels.rotated is None:
            return apply_geometry_to_target(rows, geometry)
        target = apply_geometry_to_target(rows, geometry, turn=False)
        rotated = geometry.angle != 0
        if bool(rotated.any()):
            target[rotated.to(self.device)] = self.labels.rotated(
                indices[rotated], geometry.flipped[rotated], geometry.angle[rotated]
            ).to(self.device)
        return target

    def _weight(self, indices: torch.Tensor) -> torch.Tensor:
        return self.labels.weights[indices].to(self.device, non_blocking=True)

    def _loss(self, errors: torch.Tensor) -> torch.Tensor:
        """What this process descends by: with the mean of all processes' gradients it is the whole batch's loss."""
        if self.settings.loss_reduction == "sum":
            return errors.sum() * self.world.size
        if self.world.size == 1:
            return errors.mean()
        return errors.sum() * (self.world.size / self.settings.batch_size)


def _parameter_groups(
    encoder: nn.Module, network: nn.Module, settings: StudentSettings
) -> list[dict[str, Any]]:
    """What the optimiser changes: with `weights`, what starts from them and then the rest; else all in one group."""
    if settings.weights is None:
        return [{"params": list(network.parameters())}]
    head = {id(parameter) for parameter in head_of(encoder).parameters()}
    trunk = [parameter for parameter in encoder.parameters() if id(parameter) not in head]
    known = {id(parameter) for parameter in trunk}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in known]
    return [{"params": trunk, "rate_factor": settings.trunk_rate}, {"params": rest}]


def _identity(
    labels: Labels,
    settings: StudentSettings,
    rgb: RGBStatistics,
) -> str:
    """Return a digest of what a saved state's training depends on, crops apart."""
    # More epochs may be asked for later, unless the rate depends on their number; how crops are read
    # changes no number.
    free = {"num_workers"} | ({"epochs"} if settings.schedule == "constant" else set())
    digest = hashlib.sha256(settings.model_dump_json(exclude=free).encode())
    digest.update(repr(rgb).encode())
    for array in (labels.train_idx, labels.val_idx):
        digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
    digest.update(labels.targets[labels.train_idx].numpy().tobytes())
    digest.update(labels.weights[labels.train_idx].numpy().tobytes())
    return digest.hexdigest()


def _rate_at(settings: StudentSettings, epoch: int) -> float:
    """The learning rate of an epoch (from 1)."""
    if settings.schedule == "constant":
        return settings.learning_rate
    fall = (1 + math.cos(math.pi * (epoch - 1) / settings.epochs)) / 2
    return settings.learning_rate * (0.02 + 0.98 * fall)


def _require_finite(errors: torch.Tensor, indices: torch.Tensor, where: str) -> None:
    finite = torch.isfinite(errors)
    if not bool(finite.all()):
        bad = indices[~finite.cpu()]
        raise NonFiniteLossError(
            f"{where}: the loss of {len(bad)} of {len(indices)} frames is NaN or infinite, frames "
            f"{bad[:10].tolist()}; look at their crops and targets, or lower the learning rate"
        )
