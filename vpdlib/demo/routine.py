"""Composing an uncut routine: where the athlete goes, which way, and what happens between the actions."""

from __future__ import annotations

import numpy as np

from vpdlib.demo.body import Proportions, make_pose
from vpdlib.demo.fillers import idle, stand, turn_to, walk
from vpdlib.demo.motions import add_action, draw_manner, travel_direction
from vpdlib.demo.timeline import Motion, Timeline

#: Sub-frame samples per video frame: what motion blur chooses from.
SAMPLES_PER_FRAME = 16


def middle_samples(num_frames: int) -> np.ndarray:
    """The sample (num_frames,) in the middle of the exposure of each frame."""
    return np.arange(num_frames) * SAMPLES_PER_FRAME + SAMPLES_PER_FRAME // 2


def compose_routine(
    rng: np.random.Generator,
    body: Proportions,
    labels: tuple[str, ...],
    sides: tuple[int, ...],
    fps: float,
) -> tuple[Motion, int]:
    """Lay out one routine.

    The track runs along the world's z axis, to and fro. Before each action the athlete turns to whichever
    way brings the action back towards the middle.

    Parameters
    ----------
    labels, sides : class and left (1) or right (-1) execution of each action.

    Returns
    -------
    motion : sampled at ``SAMPLES_PER_FRAME * fps``.
    num_frames : frames of the video.
    """
    timeline = Timeline(
        heading=float(np.pi * rng.integers(2) + rng.uniform(-0.5, 0.5)),
        x=float(rng.uniform(-0.3, 0.3)),
        z=float(rng.uniform(-0.9, 0.9)),
    )
    idle(timeline, rng, float(rng.uniform(0.4, 0.6)))
    for label, side in zip(labels, sides, strict=True):
        manner = draw_manner(rng, label, side)
        heading = _choose_heading(timeline, rng, travel_direction(label) * manner.travel)
        turn_to(timeline, rng, heading)
        add_action(timeline, rng, label, manner)
        choice = rng.random()
        if choice < 0.22:
            idle(timeline, rng, float(rng.uniform(0.5, 0.8)))
        elif choice < 0.32 and abs(timeline.z + 0.6 * np.cos(timeline.heading)) < 1.0:
            walk(timeline, rng, float(rng.uniform(0.5, 0.8)))
            timeline.to(0.22, stand(rng))
    timeline.to(0.3, stand(rng))
    num_frames = int(np.floor(timeline.time * fps))
    motion = timeline.sample(body, SAMPLES_PER_FRAME * fps, num_frames * SAMPLES_PER_FRAME)
    return motion, num_frames


def _choose_heading(timeline: Timeline, rng: np.random.Generator, travel: float) -> float:
    """One of the track's two ways, a little off: the one that ends nearer to the middle."""
    ways = [float(rng.uniform(-0.35, 0.35)), float(np.pi + rng.uniform(-0.35, 0.35))]
    # The run-up travels too, always forwards.
    miss = [abs(timeline.z + (travel + 0.3) * np.cos(h)) + rng.uniform(0, 0.8) for h in ways]
    # Turning round takes time: only where it is worth it.
    miss = [m + 0.3 * (np.cos(h - timeline.yaw) < 0) for m, h in zip(miss, ways, strict=True)]
    return ways[int(np.argmin(miss))]


def compose_bystander(
    rng: np.random.Generator, body: Proportions, fps: float, num_frames: int, x: float, z: float
) -> Motion:
    """Someone in the background who stands, walks to and fro or gestures, near (x, z) metres."""
    timeline = Timeline(heading=float(rng.uniform(0, 2 * np.pi)), x=x, z=z)
    length = num_frames / fps
    busy = rng.random()
    while timeline.time < length + 0.1:
        choice = rng.random()
        if choice < 0.3 * busy + 0.1:
            walk(timeline, rng, float(rng.uniform(0.5, 1.2)))
            turn_to(timeline, rng, timeline.heading + np.pi)
        elif choice < 0.5:
            wave = make_pose(l_sh_flex=60, l_sh_abd=40, l_elbow=100, r_sh_abd=12, r_elbow=20)
            timeline.to(0.5, wave)
            timeline.to(0.4, stand(rng))
        else:
            idle(timeline, rng, float(rng.uniform(0.8, 1.6)))
    return timeline.sample(body, SAMPLES_PER_FRAME * fps, num_frames * SAMPLES_PER_FRAME)
