"""Targets of rotated crops for a student of VIPE*: the pose is rotated in the picture and embedded anew.

A view-invariant vector of a rotated pose is not the rotated vector, so there is nothing to rotate; but the
teacher's keypoints are known, and embedding them takes far less time than the student's own step. Beyond the
paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vpdlib.vipe.cameras import flip_input, invert_input, network_input, turn_input
from vpdlib.vipe.network import TrainedVipe


@dataclass(frozen=True)
class EmbeddedTargets:
    """Gives the targets of rotated crops; what ``vpdlib.students.train.RotatedTargets`` asks for.

    Attributes
    ----------
    model : on the CPU, in evaluation mode.
    inputs, previous_inputs : (N, 39) encoder inputs of each frame and of the one 1/25 s earlier.
    upside_down : whether the embedding of the pose upside down is appended.
    motion : whether the change since the previous frame is appended.
    """

    model: TrainedVipe
    inputs: np.ndarray
    previous_inputs: np.ndarray
    upside_down: bool
    motion: bool

    @classmethod
    def from_keypoints(
        cls,
        model: TrainedVipe,
        keypoints_px: np.ndarray,
        previous_keypoints_px: np.ndarray,
        upside_down: bool,
        motion: bool,
    ) -> EmbeddedTargets:
        """Make them from keypoints (N, 17 or 13, 3) of each frame and of the one before."""
        return cls(
            model,
            network_input(keypoints_px),
            network_input(previous_keypoints_px),
            upside_down,
            motion,
        )

    def __call__(
        self, indices: torch.Tensor, flipped: torch.Tensor, angle: torch.Tensor
    ) -> torch.Tensor:
        """Targets (B, K) float32 of frames (B,), flipped where (B,) bool says and then rotated by (B,) radians."""
        rows, is_flipped, turn = indices.numpy(), flipped.numpy(), angle.numpy()
        pose = self._embed(self.inputs[rows], is_flipped, turn)
        if not self.motion:
            return pose
        previous = self._embed(self.previous_inputs[rows], is_flipped, turn)
        return torch.cat([pose, pose - previous], dim=1)

    def _embed(self, rows: np.ndarray, flipped: np.ndarray, turn: np.ndarray) -> torch.Tensor:
        rows = np.where(flipped[:, None], flip_input(rows), rows)
        rows = turn_input(rows, turn)
        variants = [rows, invert_input(rows)] if self.upside_down else [rows]
        with torch.inference_mode():
            parts = [self.model.encoder(torch.from_numpy(part)).float() for part in variants]
        return torch.cat(parts, dim=1).clone()
