"""What students learn: a teacher's vectors, checked and joined, and how much each frame counts.

N frames; targets (N, 2, K), row 0 for the regular crop and row 1 for its flipped image: pose, and then motion if that
is learnt. Source: docs/method.md section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from vpdlib.students.settings import StudentSettings

#: Frames (B,) of the store, whether each is flipped (B,), the angle in radians (B,) it is then rotated by, x towards y:
#: to the targets (B, K) of those crops, pose and then motion if that is learnt. All on the CPU.
RotatedTargets = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Labels:
    """What is learnt: targets (N, 2, K) with row 0 of the regular crop, weights (N,), and which frames."""

    targets: torch.Tensor
    weights: torch.Tensor
    train_idx: np.ndarray
    val_idx: np.ndarray
    rotated: RotatedTargets | None

    def measured(self, settings: StudentSettings) -> Labels:
        """Each frame once, and of those that are held out the fixed choice that is measured."""
        val_idx = np.unique(self.val_idx)
        if len(val_idx) > settings.val_samples:
            rng = np.random.default_rng([settings.seed, 0])
            val_idx = np.sort(rng.choice(val_idx, settings.val_samples, replace=False))
        return replace(self, train_idx=np.unique(self.train_idx), val_idx=val_idx)


def loss_of_mean(
    targets: torch.Tensor, weights: torch.Tensor, train_idx: np.ndarray, val_idx: np.ndarray
) -> float:
    """The validation loss of a student that has learnt nothing but the mean of its training targets.

    Parameters
    ----------
    targets : (N, 2, K) of all frames, row 0 of the regular crop.
    weights : (N,) of the frames' losses.
    train_idx, val_idx : indices of frames.
    """
    of_train = weights[train_idx].double()
    total = of_train.sum().clamp(min=1e-12)
    mean = (targets[train_idx, 0].double() * of_train[:, None]).sum(0) / total
    errors = (targets[val_idx, 0].double() - mean).square().sum(1) * weights[val_idx].double()
    return float(errors.mean())


def join_targets(
    parts: Mapping[str, np.ndarray], num_frames: int, sides: Mapping[str, np.ndarray]
) -> torch.Tensor:
    """Check the targets, and the indices of each side's frames, and join pose and motion to (N, 2, d) float32."""
    expected = (num_frames, 2, parts["pose"].shape[-1])
    for name, part in parts.items():
        if part.shape != expected:
            raise ValueError(
                f"{name} targets {part.shape}: expected {expected}, one pair of rows per crop"
            )
    targets = np.concatenate(list(parts.values()), axis=2)
    for name, given in sides.items():
        indices = np.asarray(given)
        if len(indices) == 0:
            raise ValueError(
                f"no {name} frames: the teacher's labels were all rejected or the split left none; "
                "lower weak_labels.min_score or give more video"
            )
        if indices.min() < 0 or indices.max() >= num_frames:
            raise ValueError(f"{name} frames must be within 0..{num_frames - 1}")
        bad = indices[~np.isfinite(targets[indices]).all(axis=(1, 2))]
        if len(bad):
            raise ValueError(
                f"{len(bad)} {name} frames have a target that is not finite, the first ones "
                f"{bad[:5].tolist()}: pass only frames that select_weak_labels kept"
            )
    if np.intersect1d(sides["training"], sides["validation"]).size:
        raise ValueError("training and validation frames overlap; use split_validation")
    return torch.from_numpy(targets.astype(np.float32))


def check_weight(weight: np.ndarray | None, num_frames: int) -> torch.Tensor:
    """The weights (N,) float32."""
    if weight is None:
        return torch.ones(num_frames)
    if weight.shape != (num_frames,):
        raise ValueError(f"weights {weight.shape}: expected one per crop, ({num_frames},)")
    if not np.isfinite(weight).all() or weight.min() < 0:
        raise ValueError(
            "a weight is not finite, or below 0: give finite scores, not all of them 0"
        )
    return torch.from_numpy(weight.astype(np.float32))
