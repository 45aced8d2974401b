"""Settings of the demo dataset and the plan of its videos.

Every routine is a group of its own: another athlete, other clothes, another gym, another camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.demo.motions import CLASSES
from vpdlib.demo.scene import SPLITS

#: The plan's random stream; the streams of a routine are numbered from 1 in the generator.
_PLAN = 0
#: Least and greatest value of settings.
_RANGES = (
    ("athlete_scale", 0.2, 1.0),
    ("shutter", 0.05, 1.0),
    ("camera_sway_px", 0.0, 50.0),
    ("num_posts", 0, 10),
    ("num_boards", 0, 10),
    ("num_passers_by", 0, 10),
    ("contrast", 0.1, 1.0),
    ("noise", 0.0, 20.0),
    ("crf", 0, 51),
)


@dataclass(frozen=True)
class DemoSettings:
    """Size of the demo dataset.

    Attributes
    ----------
    num_train_videos, num_test_videos : routines of each split.
    actions_per_video : labelled actions in a routine (about 2.4 s each with what is around them).
    width, height : picture, px, even.
    fps : frames per second.
    seed : everything random follows from it.
    athlete_scale : size of the athlete in the picture; at 1 he is half as high as it.
    shutter : the fraction of the frame interval that the shutter is open: motion blur.
    camera_sway_px : standard deviation of the camera's sway, px; it blurs the picture. At 0 the camera only pans, and
        its motion blurs nothing.
    num_posts, num_boards, num_passers_by : what stands or walks in front of the athlete in each video.
    contrast : of the picture; 1 is full.
    noise : factor of the sensor's noise.
    crf : quality of x264, 0 (lossless) to 51.

    From ``athlete_scale`` on they say how hard the pictures are; with the defaults everything is plain to see.
    """

    num_train_videos: int = 32
    num_test_videos: int = 18
    actions_per_video: int = 3
    width: int = 480
    height: int = 270
    fps: float = 25.0
    seed: int = 0
    athlete_scale: float = 1.0
    shutter: float = 0.45
    camera_sway_px: float = 0.0
    num_posts: int = 0
    num_boards: int = 0
    num_passers_by: int = 0
    contrast: float = 1.0
    noise: float = 1.0
    crf: int = 20

    def __post_init__(self) -> None:
        if min(self.num_train_videos, self.num_test_videos) < 0 or self.actions_per_video < 1:
            raise ValueError(
                f"a demo needs no negative number of videos and at least 1 action per video, not "
                f"{self.num_train_videos}, {self.num_test_videos} and {self.actions_per_video}"
            )
        if min(self.width, self.height) < 64 or self.width % 2 or self.height % 2:
            raise ValueError(
                f"the demo's picture must be even and at least 64 px a side, not {self.width} x {self.height}"
            )
        if not 5 <= self.fps <= 240:
            raise ValueError(f"the demo's frame rate must be in 5..240, not {self.fps}")
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"the demo's {name} must be in {low:g}..{high:g}, not {value}")


@dataclass(frozen=True)
class Routine:
    """One planned video: the actions, each to the left (1) or right (-1), and the camera's view (0..7)."""

    id: str
    split: str
    group: str
    index: int
    labels: tuple[str, ...]
    sides: tuple[int, ...]
    view: int


def plan_routines(settings: DemoSettings) -> list[Routine]:
    """Plan all videos: every class equally often (+-1) within each split, views and sides balanced."""
    routines = []
    counts = {"train": settings.num_train_videos, "test": settings.num_test_videos}
    for code, split in enumerate(SPLITS):
        rng = np.random.default_rng([settings.seed, code, _PLAN])
        num_actions = counts[split] * settings.actions_per_video
        order = [CLASSES[i] for i in rng.permutation(len(CLASSES))]
        labels = [order[i % len(CLASSES)] for i in range(num_actions)]
        sides = [1 if (i // len(CLASSES)) % 2 else -1 for i in range(num_actions)]
        shuffled = rng.permutation(num_actions)
        views = np.concatenate([rng.permutation(8) for _ in range(counts[split] // 8 + 1)])
        for index in range(counts[split]):
            begin = index * settings.actions_per_video
            chosen = shuffled[begin : begin + settings.actions_per_video]
            routines.append(
                Routine(
                    id=f"{split}_{index:03d}",
                    split=split,
                    group=f"{split}_group_{index:03d}",
                    index=index,
                    labels=tuple(labels[i] for i in chosen),
                    sides=tuple(sides[i] for i in chosen),
                    view=int(views[index]),
                )
            )
    return routines
