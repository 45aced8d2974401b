"""Random pairs of views, with a view of another pose of the same motion.

A `PoseBank` holds the frames of all motions one after the other, (N, 13, 3) metres, z up, with their
3D features (N, 13, 7). A pair is one frame seen by two random cameras, flipped or not; its negative
is a random frame of its motion, flipped or not on its own, some bone of which, once both skeletons
are turned to face along depth, differs by a given angle. Source: docs/method.md section 6.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vpdlib.vipe.cameras import random_inputs
from vpdlib.vipe.motions import Motion
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.settings import VipeSettings
from vpdlib.vipe.targets import (
    TARGET_DIM,
    flip_targets,
    flip_xyz,
    pose_targets,
    smallest_bone_cosine,
)

#: Frames whose features are computed at once.
_CHUNK = 20_000


@dataclass(frozen=True)
class PoseBank:
    """Frames of all motions; about 550 bytes each.

    Attributes
    ----------
    xyz : (N, 13, 3) float32 world.
    targets : (N, 13, 7) float32.
    start, length : (N,) int64, the first frame of each frame's motion, and the motion's length.
    source : (N,) int64, number of each frame's source.
    sources : names of the sources.
    """

    xyz: np.ndarray
    targets: np.ndarray
    start: np.ndarray
    length: np.ndarray
    source: np.ndarray
    sources: tuple[str, ...]

    @classmethod
    def build(cls, motions: Sequence[Motion]) -> PoseBank:
        """Gather motions.

        Raises
        ------
        MotionError : there is none.
        """
        if not motions:
            raise MotionError("no motions to sample from; give at least one")
        xyz = np.concatenate([motion.xyz for motion in motions])
        lengths = np.array([len(motion.xyz) for motion in motions])
        sources = tuple(sorted({motion.source for motion in motions}))
        numbers = np.array([sources.index(motion.source) for motion in motions])
        return cls(
            xyz=xyz,
            targets=np.concatenate(
                [pose_targets(xyz[i : i + _CHUNK]) for i in range(0, len(xyz), _CHUNK)]
            ),
            start=np.repeat(np.cumsum(lengths) - lengths, lengths),
            length=np.repeat(lengths, lengths),
            source=np.repeat(numbers, lengths),
            sources=sources,
        )

    def __len__(self) -> int:
        return len(self.xyz)


@dataclass(frozen=True)
class Pairs:
    """B pairs as the networks need them.

    Attributes
    ----------
    views : (3, B, 39) float32: two views of one pose, then one of its negative.
    is_valid : (B,) bool, where the negative is one.
    target : (B, 91) float32 features of the pose.
    frame, negative_frame : (B,) int64 rows of the bank.
    flipped, negative_flipped : (B,) bool, where these are flipped.
    """

    views: np.ndarray
    is_valid: np.ndarray
    target: np.ndarray
    frame: np.ndarray
    negative_frame: np.ndarray
    flipped: np.ndarray
    negative_flipped: np.ndarray


def draw_pairs(
    bank: PoseBank, rng: np.random.Generator, count: int, settings: VipeSettings
) -> Pairs:
    """Draw pairs.

    Parameters
    ----------
    bank : frames to draw from.
    rng : source of chance.
    count : how many.
    settings : cameras, negatives, flipping, fractions of the sources.

    Raises
    ------
    MotionError : ``source_share`` gives nothing to any source of the bank.
    """
    frame = _draw_frames(bank, rng, count, settings)
    flipped = rng.random(count) < settings.flip_probability
    target = _flipped(bank.targets[frame], flipped, flip_targets)
    negative, negative_flipped, is_valid = _draw_negatives(bank, rng, frame, target, settings)
    xyz = _flipped(bank.xyz[frame], flipped, flip_xyz)
    other = _flipped(bank.xyz[negative], negative_flipped, flip_xyz)
    views = random_inputs(rng, np.concatenate([xyz, xyz, other]), settings.camera)
    return Pairs(
        views=views.reshape(3, count, -1),
        is_valid=is_valid,
        target=target.reshape(count, TARGET_DIM),
        frame=frame,
        negative_frame=negative,
        flipped=flipped,
        negative_flipped=negative_flipped,
    )


def _draw_frames(
    bank: PoseBank, rng: np.random.Generator, count: int, settings: VipeSettings
) -> np.ndarray:
    if not settings.source_share:
        return rng.integers(len(bank), size=count)
    fraction = np.array([settings.source_share.get(name, 0.0) for name in bank.sources])
    if fraction.sum() <= 0:
        raise MotionError(
            f"source_share names {sorted(settings.source_share)}, the motions come from "
            f"{list(bank.sources)}: give one of these a fraction above 0"
        )
    # Frames are in the order of their motions, not of their sources.
    by_source = np.argsort(bank.source, kind="stable")
    sizes = np.bincount(bank.source, minlength=len(bank.sources))
    chosen = rng.choice(len(fraction), size=count, p=fraction / fraction.sum())
    within = np.floor(rng.random(count) * sizes[chosen]).astype(np.int64)
    return by_source[(np.cumsum(sizes) - sizes)[chosen] + within]


def _draw_negatives(
    bank: PoseBank,
    rng: np.random.Generator,
    frame: np.ndarray,
    target: np.ndarray,
    settings: VipeSettings,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the negatives, where they are flipped, and where they are far enough."""
    largest = np.cos(np.radians(settings.negative_degrees))
    negative = frame.copy()
    flipped = np.zeros(len(frame), dtype=bool)
    is_valid = np.zeros(len(frame), dtype=bool)
    pending = np.arange(len(frame))
    for _ in range(settings.negative_tries):
        if len(pending) == 0:
            break
        rows = frame[pending]
        within = np.floor(rng.random(len(rows)) * bank.length[rows]).astype(np.int64)
        negative[pending] = bank.start[rows] + within
        flipped[pending] = rng.random(len(rows)) < settings.flip_probability
        other = _flipped(bank.targets[negative[pending]], flipped[pending], flip_targets)
        is_valid[pending] = smallest_bone_cosine(target[pending], other) <= largest
        pending = pending[~is_valid[pending]]
    return negative, flipped, is_valid


def _flipped(
    values: np.ndarray, flipped: np.ndarray, flip: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Copy of values (B, ...) that is flipped where `flipped` says."""
    values = values.copy()
    values[flipped] = flip(values[flipped])
    return values
