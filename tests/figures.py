"""Figures that move, for workflows on keypoints."""

import numpy as np


def figure(rng, fast, num_frames=20):
    """A figure (T, 13, 2) px whose wrists circle slowly or fast."""
    height = np.array([0, 2, 2, 4, 4, 5, 5, 6, 6, 8, 8, 10, 10])
    side = np.array([0, -1, 1, -1.5, 1.5, -2, 2, -0.8, 0.8, -0.9, 0.9, -1, 1])
    pose = np.repeat(np.stack([side, height], axis=1)[None] * 4.0, num_frames, axis=0)
    angle = np.arange(num_frames) * (0.9 if fast else 0.2) + rng.uniform(0, 1)
    for wrist in (5, 6):
        pose[:, wrist] += 6 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return pose + 40 + rng.normal(0, 0.2, pose.shape)
