"""What a person does between actions: stand, walk, turn round, wait, stretch.

Each function appends keys to a :class:`~vpdlib.demo.timeline.Timeline`. Durations are seconds, angles
degrees in ``make_pose`` and radians elsewhere.
"""

from __future__ import annotations

import numpy as np

from vpdlib.demo.body import flip_pose, make_pose
from vpdlib.demo.timeline import Timeline


def stand(rng: np.random.Generator) -> np.ndarray:
    """A relaxed standing pose (NUM_ANGLES,) with small random differences."""
    return make_pose(
        sh_abd=float(rng.uniform(6, 14)),
        sh_flex=float(rng.uniform(-6, 8)),
        elbow=float(rng.uniform(6, 25)),
        hip_abd=float(rng.uniform(2, 7)),
        hip_twist=float(rng.uniform(-2, 10)),
        knee=float(rng.uniform(1, 7)),
        spine_flex=float(rng.uniform(-2, 5)),
        neck_flex=float(rng.uniform(-3, 10)),
        neck_twist=float(rng.uniform(-15, 15)),
    )


def walk(timeline: Timeline, rng: np.random.Generator, distance: float, run: bool = False) -> None:
    """Walk (or run up) ``distance`` metres along the heading."""
    length, seconds = (0.62, 0.26) if run else (0.55, 0.42)
    num_steps = max(1, round(abs(distance) / length))
    seconds *= float(rng.uniform(0.9, 1.1))
    step = distance / num_steps
    wide = 1.5 if run else 1.0
    contact = make_pose(
        l_hip_flex=24 * wide,
        l_knee=8 * wide,
        l_ankle=-4,
        r_hip_flex=-16 * wide,
        r_knee=14,
        r_ankle=22,
        l_sh_flex=-22 * wide,
        r_sh_flex=24 * wide,
        sh_abd=8,
        elbow=80 if run else 18,
        spine_flex=10 if run else 3,
        spine_twist=-4,
        hip_abd=1,
    )
    passing = make_pose(
        l_hip_flex=2,
        l_knee=8,
        r_hip_flex=24 * wide,
        r_knee=58 * wide,
        r_ankle=12,
        sh_abd=8,
        elbow=82 if run else 20,
        spine_flex=10 if run else 3,
        hip_abd=1,
    )
    flipped = rng.random() < 0.5
    for _ in range(num_steps):
        for fraction, pose in ((0.5, passing), (0.5, contact)):
            # In `passing` the right leg swings; it must land in front: the flipped contact.
            shown = pose if pose is passing else flip_pose(pose)
            timeline.to(
                fraction * seconds, flip_pose(shown) if flipped else shown, forward=fraction * step
            )
        flipped = not flipped


def turn_to(timeline: Timeline, rng: np.random.Generator, heading: float) -> None:
    """Turn on the spot, with small steps, to face ``heading``."""
    change = (heading - timeline.yaw + np.pi) % (2 * np.pi) - np.pi
    timeline.heading = heading
    if abs(change) < np.deg2rad(8):
        return
    num_steps = max(1, round(abs(change) / np.deg2rad(95)))
    step = make_pose(
        l_hip_flex=20, l_knee=38, l_hip_twist=12, sh_abd=10, elbow=20, hip_abd=3, r_knee=4
    )
    for i in range(num_steps):
        pose = step if i % 2 == 0 else flip_pose(step)
        timeline.to(0.14, pose, yaw=float(change) * 0.5 / num_steps)
        timeline.to(0.12, stand(rng), yaw=float(change) * 0.5 / num_steps)


def idle(timeline: Timeline, rng: np.random.Generator, seconds: float) -> None:
    """Stand about for ``seconds``: wait, stretch, shake a leg, swing the arms."""
    kind = int(rng.integers(6))
    side = rng.random() < 0.5

    def to(fraction: float, pose: np.ndarray) -> None:
        timeline.to(fraction * seconds, flip_pose(pose) if side else pose)

    if kind == 0:
        to(0.5, make_pose(sh_flex=172, sh_abd=12, spine_side=16, elbow=10, hip_abd=6))
        to(0.5, stand(rng))
    elif kind == 1:
        to(0.4, make_pose(sh_abd=85, elbow=8, hip_abd=5, spine_twist=28))
        to(0.3, make_pose(sh_abd=85, elbow=8, hip_abd=5, spine_twist=-28))
        to(0.3, stand(rng))
    elif kind == 2:
        to(0.5, make_pose(l_sh_flex=155, l_sh_abd=20, l_elbow=25, r_sh_abd=10, hip_abd=4))
        to(0.5, stand(rng))
    elif kind == 3:
        # Hands on the hips.
        hold = make_pose(sh_abd=42, sh_twist=-55, elbow=85, sh_flex=-18, hip_abd=7)
        to(0.4, hold)
        to(0.2, hold)
        to(0.4, stand(rng))
    elif kind == 4:
        to(0.5, make_pose(l_hip_flex=70, l_knee=95, sh_flex=30, elbow=60, sh_abd=12))
        to(0.5, stand(rng))
    else:
        to(0.5, stand(rng))
        to(0.5, stand(rng))
