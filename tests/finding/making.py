"""Videos whose descriptors tell their classes, and rows of tables, for the tests of finding."""

import numpy as np

from vpdlib.action_detection.sequences import DenseSequence
from vpdlib.datasets.tables import ActionRow, VideoRow

FPS = 10.0
DIM = 4


def row(video, duration=10.0, group="", split="train", athlete=""):
    return VideoRow(
        video, f"{video}.mp4", 0, FPS, 64, 48, int(duration * FPS), duration, split, group, athlete
    )


def rows(*videos, **details):
    return {video: row(video, **details) for video in videos}


def action(video, start, end, label, split="train", number=0):
    return ActionRow(f"{video}_{number}_{label}", video, start, end, label, split, "", "")


def dense(classes, seed=0, fps=FPS, dim=DIM, absent=()):
    """A frame for each number: 0 is quiet, c > 0 stands out in channel c - 1. Frames ``absent`` have no athlete."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(classes), 2, dim)) * 0.2
    for frame, number in enumerate(classes):
        if number:
            values[frame, :, number - 1] += 2
    values[list(absent)] = np.nan
    return DenseSequence(values.astype(np.float32), np.arange(len(classes)) / fps, fps)


def nobody(dim=DIM):
    """A video in which the athlete was never found."""
    return DenseSequence(np.empty((0, 2, dim), np.float32), np.empty(0), FPS)
