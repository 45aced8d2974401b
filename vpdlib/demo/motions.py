"""The demo sport's six actions.

Each function appends keys to a :class:`~vpdlib.demo.timeline.Timeline`. Durations are seconds, angles
degrees in ``make_pose`` and radians elsewhere. An action is labelled from the beginning of the take-off
crouch (or lunge) to the deepest point of the landing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.demo.body import flip_pose, make_pose
from vpdlib.demo.fillers import stand, walk
from vpdlib.demo.timeline import Timeline

CLASSES: tuple[str, ...] = (
    "forward_tucked",
    "forward_straight",
    "backward_tucked",
    "backward_straight",
    "cartwheel",
    "full_turn_jump",
)

_LEGS = ("hip_flex", "knee", "ankle", "hip_abd")
_ARMS = ("sh_flex", "sh_abd", "elbow")


@dataclass(frozen=True)
class Manner:
    """How one action is done.

    Attributes
    ----------
    side : 1 turns or leads to the left, -1 to the right.
    tempo : factor of the durations on the ground.
    flight_s : seconds in the air.
    travel : metres covered.
    amplitude : 0.85 to 1.1, how tightly a shape is held and how deep a crouch is.
    arms : 0, 1 or 2, which arm style.
    """

    side: int
    tempo: float
    flight_s: float
    travel: float
    amplitude: float
    arms: int


def draw_manner(rng: np.random.Generator, label: str, side: int) -> Manner:
    """Draw how an action of class ``label`` is done."""
    low, high = {
        "cartwheel": (0.90, 1.06),
        "full_turn_jump": (0.46, 0.58),
    }.get(label, (0.54, 0.66))
    travel = {"cartwheel": (1.7, 2.2), "full_turn_jump": (0.0, 0.3)}.get(label, (0.5, 1.3))
    return Manner(
        side=side,
        tempo=float(rng.uniform(0.88, 1.1)),
        flight_s=float(rng.uniform(low, high)),
        travel=float(rng.uniform(*travel)),
        amplitude=float(rng.uniform(0.88, 1.08)),
        arms=int(rng.integers(3)),
    )


def travel_direction(label: str) -> int:
    """1 if the action travels the way the athlete faces, -1 if backwards."""
    return -1 if label.startswith("backward") else 1


def add_action(timeline: Timeline, rng: np.random.Generator, label: str, manner: Manner) -> None:
    """Append preparation, action and landing, ending in a relaxed stand.

    Raises
    ------
    ValueError
        For a label that is not in ``CLASSES``.
    """
    if label not in CLASSES:
        raise ValueError(f"unknown demo class {label!r}; known: {', '.join(CLASSES)}")
    _prepare(timeline, rng, label, manner)
    start = timeline.time
    if label == "cartwheel":
        _cartwheel(timeline, manner)
    else:
        _jump(timeline, label, manner)
    timeline.actions.append((start, timeline.time, label))
    _recover(timeline, rng, label, manner)


def _pose(
    legs: tuple[float, ...], arms: tuple[float, ...], spine: float, neck: float = 0.0
) -> np.ndarray:
    """A pose that is alike on both sides: angles of `_LEGS` and `_ARMS`, flexion of spine and neck, degrees."""
    limbs = dict(zip(_LEGS + _ARMS, legs + arms, strict=True))
    return make_pose(spine_flex=spine, neck_flex=neck, **limbs)


def _prepare(timeline: Timeline, rng: np.random.Generator, label: str, manner: Manner) -> None:
    raised = make_pose(sh_flex=165, sh_abd=15, elbow=8, spine_flex=-4, knee=2, hip_abd=3)
    if label in ("forward_tucked", "forward_straight", "cartwheel") and rng.random() < 0.35:
        walk(timeline, rng, float(rng.uniform(0.6, 1.0)), run=rng.random() < 0.7)
    elif rng.random() < 0.3:
        timeline.to(
            0.20 * manner.tempo, make_pose(sh_flex=-45, elbow=5, spine_flex=8, knee=15, hip_flex=12)
        )
    timeline.to(float(rng.uniform(0.24, 0.34)) * manner.tempo, raised)
    timeline.to(float(rng.uniform(0.04, 0.12)))


def _jump(timeline: Timeline, label: str, manner: Manner) -> None:
    """Somersaults and the turning jump: crouch, take-off, flight, landing."""
    a, tempo, flight = manner.amplitude, manner.tempo, manner.flight_s
    turn = np.deg2rad(360)
    direction = travel_direction(label)
    is_somersault = label != "full_turn_jump"
    lean = np.deg2rad(9) if is_somersault else 0.0
    back_swing = -12 if direction > 0 or not is_somersault else -24
    crouch = _pose((62 * a, 82 * a, -24, 5), (back_swing, 14, 10), spine=18, neck=-12)
    reach = _pose((-6, 4, 42, 2), (150, 10, 12), spine=-8)
    land = _pose((38, 40, -8, 7), (75, 25, 15), spine=14, neck=5)
    timeline.to(0.22 * tempo, crouch)
    timeline.to(0.17 * tempo, reach, forward=0.08 * direction, pitch=lean * direction)
    begin = timeline.time
    step = manner.travel * direction
    if is_somersault:
        air, opening = _somersault_shapes(label, manner)
        rest = turn - 2 * lean
        for fraction, pose in (
            (0.24, air),
            (0.26, None),
            (0.22, None),
            (0.16, opening),
            (0.12, land),
        ):
            timeline.to(fraction * flight, pose, forward=step * fraction)
        _spread_rotation(timeline, 5, rest * direction, label.endswith("tucked"))
        pitch_left = turn * direction - (rest + lean) * direction
    else:
        tight = _turn_shape(manner)
        timeline.to(0.25 * flight, tight, forward=step * 0.25, yaw=0.22 * turn * manner.side)
        timeline.to(0.45 * flight, None, forward=step * 0.45, yaw=0.56 * turn * manner.side)
        timeline.to(0.30 * flight, land, forward=step * 0.30, yaw=0.22 * turn * manner.side)
        pitch_left = 0.0
    timeline.flights.append((begin, timeline.time))
    absorb = _pose((70 * a, 84 * a, -26, 9), (80, 30, 12), spine=24, neck=-8)
    timeline.to(0.15 * tempo, absorb, forward=0.05 * direction, pitch=pitch_left)


def _spread_rotation(timeline: Timeline, num_keys: int, total: float, tucked: bool) -> None:
    """Lay ``total`` radians of pitch over the last ``num_keys`` keys, fastest where the body is closed."""
    base = timeline.rows[-num_keys - 1]
    pitch = len(base) - 4
    fractions = (0.15, 0.49, 0.81, 0.95, 1.0) if tucked else (0.21, 0.48, 0.71, 0.88, 1.0)
    for row, fraction in zip(timeline.rows[-num_keys:], fractions, strict=True):
        row[pitch] = base[pitch] + fraction * total


def _somersault_shapes(label: str, manner: Manner) -> tuple[np.ndarray, np.ndarray]:
    """The shape held in the air and the one that opens it for landing."""
    a = manner.amplitude
    if label.endswith("tucked"):
        grip = ((52, 8, 48), (38, 14, 70), (62, 20, 30))[manner.arms]
        neck = 22 if label.startswith("forward") else 8
        air = _pose((118 * a, 132 * a, 25, 6), grip, spine=34 * a, neck=neck)
        return air, _pose((40, 45, 10, 5), (70, 20, 25), spine=12)
    arch = -10 if label.startswith("backward") else -4
    arms: dict[str, float] = (
        {"sh_flex": 8.0, "sh_abd": 10.0, "elbow": 6.0},
        {"sh_flex": 38.0, "sh_abd": 12.0, "elbow": 118.0, "sh_twist": -30.0},
        {"sh_flex": 10.0, "sh_abd": 72.0, "elbow": 10.0},
    )[manner.arms]
    air = make_pose(
        hip_flex=-8, knee=3, ankle=48, spine_flex=arch, neck_flex=4 if arch > -8 else -12, **arms
    )
    return air, _pose((14, 8, 15, 4), (45, 35, 12), spine=6)


def _turn_shape(manner: Manner) -> np.ndarray:
    """Body and arms of the jump with a full turn."""
    arms: dict[str, float] = (
        {"sh_flex": 40.0, "sh_abd": 8.0, "elbow": 122.0, "sh_twist": -35.0},
        {"sh_flex": 172.0, "sh_abd": 6.0, "elbow": 10.0},
        {"sh_flex": 12.0, "sh_abd": 70.0, "elbow": 25.0},
    )[manner.arms]
    return make_pose(
        hip_flex=2, knee=6, ankle=46, neck_twist=30 * manner.side, spine_flex=-2, **arms
    )


def _cartwheel(timeline: Timeline, manner: Manner) -> None:
    """A cartwheel over the leading hand, quarter turn in and out."""
    a, total, travel = manner.amplitude, manner.flight_s * manner.tempo, manner.travel
    quarter = -np.deg2rad(90) * manner.side
    turn = -np.deg2rad(360) * manner.side
    lunge = make_pose(
        l_hip_flex=62,
        l_knee=48,
        l_ankle=-14,
        r_hip_flex=-18,
        r_ankle=35,
        spine_flex=12,
        sh_flex=165,
        sh_abd=18,
        hip_abd=6,
    )
    first_hand = make_pose(
        l_hip_abd=28,
        r_hip_abd=42 * a,
        l_knee=18,
        ankle=30,
        sh_flex=172,
        sh_abd=26,
        l_sh_abd=34,
        spine_side=14,
    )
    top = make_pose(hip_abd=52 * a, ankle=42, sh_flex=176, sh_abd=16, knee=3)
    second_foot = make_pose(
        r_hip_abd=48 * a,
        l_hip_abd=40 * a,
        r_knee=14,
        ankle=28,
        sh_flex=172,
        sh_abd=28,
        spine_side=-12,
    )
    finish = make_pose(
        hip_abd=22,
        r_knee=28,
        l_knee=12,
        ankle=0,
        sh_flex=160 if manner.arms else 165,
        sh_abd=55 if manner.arms else 25,
        elbow=6,
        spine_side=-4,
    )
    keys = (
        (0.26, lunge, 0.15, 0.30, 0.02),
        (0.22, first_hand, 0.25, 0.70, 0.28),
        (0.18, top, 0.20, 0.0, 0.22),
        (0.18, second_foot, 0.22, 0.0, 0.25),
        (0.16, finish, 0.18, 0.0, 0.23),
    )
    for time_fraction, pose, way, yaw_fraction, roll_fraction in keys:
        timeline.to(
            time_fraction * total,
            pose if manner.side > 0 else flip_pose(pose),
            forward=way * travel,
            yaw=yaw_fraction * quarter,
            roll=roll_fraction * turn,
        )


def _recover(timeline: Timeline, rng: np.random.Generator, label: str, manner: Manner) -> None:
    """Straighten up, perhaps salute, relax."""
    if label == "cartwheel":
        # Out of the sideways stand, on to the way of travel or back to it.
        back = np.deg2rad(90) * manner.side
        yaw = back if rng.random() < 0.6 else -back
        timeline.heading += 0.0 if yaw == back else np.pi
        timeline.to(0.36 * manner.tempo, stand(rng), yaw=float(yaw))
        return
    forward = 0.25 * travel_direction(label) if rng.random() < 0.4 else 0.0
    if rng.random() < 0.35:
        salute = make_pose(
            sh_flex=150, sh_abd=float(rng.uniform(15, 45)), elbow=6, knee=3, spine_flex=-5
        )
        timeline.to(0.30 * manner.tempo, salute, forward=forward)
        timeline.to(0.06)
    timeline.to(0.26 * manner.tempo, stand(rng))
