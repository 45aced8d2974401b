"""The athlete's skeleton: proportions and forward kinematics.

Frames and units: metres and radians. The *body frame* of every segment at rest has x to the athlete's
left, y up and z forward; the *world* has y up and the floor at y = 0. A pose is a row of
``NUM_ANGLES`` joint angles (order ``ANGLES``); a batch of poses has shape (S, NUM_ANGLES). All angles zero
is standing upright, arms hanging. Rotations are (..., 3, 3) and act on column vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ARM = ("sh_flex", "sh_abd", "sh_twist", "elbow")
_LEG = ("hip_flex", "hip_abd", "hip_twist", "knee", "ankle")
_TRUNK = ("spine_flex", "spine_side", "spine_twist", "neck_flex", "neck_twist")

#: Names of the joint angles. Flexion is forward, abduction outward, knee and elbow bend the natural
#: way, a positive ankle points the toes, ``spine_side`` leans to the left.
ANGLES: tuple[str, ...] = (
    *_TRUNK,
    *(f"{side}_{name}" for side in ("l", "r") for name in _ARM),
    *(f"{side}_{name}" for side in ("l", "r") for name in _LEG),
)
NUM_ANGLES = len(ANGLES)
_COLUMN = {name: i for i, name in enumerate(ANGLES)}

SEGMENTS: tuple[str, ...] = (
    "pelvis",
    "chest",
    "head",
    *(f"{side}_{name}" for side in ("l", "r") for name in ("upper_arm", "forearm", "hand")),
    *(f"{side}_{name}" for side in ("l", "r") for name in ("thigh", "shank", "foot")),
)
SEGMENT_INDEX = {name: i for i, name in enumerate(SEGMENTS)}

#: Rough fractions of the body's mass at joints of ``Figure.joints``, for the centre of mass in flight.
_MASS = np.array([0.12, 0.14, 0.14, 0.03, 0.03, 0.02, 0.02, 0.16, 0.16, 0.07, 0.07, 0.02, 0.02])


@dataclass(frozen=True)
class Proportions:
    """Lengths of one person, metres.

    ``girth`` scales the thickness of limbs and trunk; it does not move joints.
    """

    height: float
    shank: float
    thigh: float
    ankle: float
    torso: float
    shoulder_half: float
    hip_half: float
    upper_arm: float
    forearm: float
    head: float
    girth: float


@dataclass(frozen=True)
class Figure:
    """Posed skeletons.

    Attributes
    ----------
    rotations : (S, len(SEGMENTS), 3, 3) segment to world.
    origins : (S, len(SEGMENTS), 3) where each segment begins, world.
    joints : (S, 13, 3) joints in the order of :data:`vpdlib.skeleton.JOINTS13`, world.
    contacts : (S, 8, 3) lowest points of feet and hands, world.
    """

    rotations: np.ndarray
    origins: np.ndarray
    joints: np.ndarray
    contacts: np.ndarray

    @property
    def centre_of_mass(self) -> np.ndarray:
        """(S, 3) world, from the joints with fixed mass fractions."""
        mass = _MASS / _MASS.sum()
        return np.einsum("sjc,j->sc", self.joints, mass)


def draw_proportions(rng: np.random.Generator) -> Proportions:
    """Draw a person: mean human segment lengths (fractions of the height) with a few per cent of spread."""
    height = float(rng.uniform(1.54, 1.82))

    def fraction(mean: float, spread: float = 0.03) -> float:
        return float(
            height * mean * np.clip(rng.normal(1.0, spread), 1 - 2 * spread, 1 + 2 * spread)
        )

    return Proportions(
        height=height,
        shank=fraction(0.243),
        thigh=fraction(0.246),
        ankle=height * 0.043,
        torso=fraction(0.288),
        shoulder_half=fraction(0.104, 0.06),
        hip_half=fraction(0.053, 0.06),
        upper_arm=fraction(0.176),
        forearm=fraction(0.149),
        head=fraction(0.130, 0.02),
        girth=float(rng.uniform(0.9, 1.14)) * height / 1.7,
    )


def make_pose(**degrees: float) -> np.ndarray:
    """Return one pose row (NUM_ANGLES,) in radians from angles in degrees.

    A name without side (``knee=90``) sets both sides; a sided one (``l_knee=90``) wins over it.

    Raises
    ------
    ValueError
        For a name that is no joint angle.
    """
    row = np.zeros(NUM_ANGLES)
    for name, value in sorted(degrees.items(), key=lambda item: item[0][:2] in ("l_", "r_")):
        columns = [name] if name in _COLUMN else [f"l_{name}", f"r_{name}"]
        for column in columns:
            if column not in _COLUMN:
                raise ValueError(f"unknown joint angle {name!r}; known: {', '.join(ANGLES)}")
            row[_COLUMN[column]] = np.deg2rad(value)
    return row


def flip_pose(pose: np.ndarray) -> np.ndarray:
    """Return ``pose`` (..., NUM_ANGLES) with left and right exchanged."""
    out = pose.copy()
    for name in (*_ARM, *_LEG):
        left, right = _COLUMN[f"l_{name}"], _COLUMN[f"r_{name}"]
        out[..., left], out[..., right] = pose[..., right], pose[..., left]
    for name in ("spine_side", "spine_twist", "neck_twist"):
        out[..., _COLUMN[name]] *= -1
    return out


def rotation(axis: str, angle: np.ndarray | float) -> np.ndarray:
    """Rotation matrices (..., 3, 3) about ``x``, ``y`` or ``z`` by ``angle`` (...), right-handed."""
    angle = np.asarray(angle, dtype=np.float64)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    out = np.zeros((*angle.shape, 3, 3))
    cos, sin = np.cos(angle), np.sin(angle)
    out[..., (3 - first - second), (3 - first - second)] = 1
    out[..., first, first] = cos
    out[..., second, second] = cos
    out[..., first, second] = -sin
    out[..., second, first] = sin
    return out


def rest_origins(body: Proportions) -> np.ndarray:
    """(len(SEGMENTS), 3) beginnings of the segments at rest, the pelvis (midway between the hips) at 0."""
    origins = np.zeros((len(SEGMENTS), 3))
    origins[SEGMENT_INDEX["chest"]] = (0, 0.38 * body.torso, 0)
    origins[SEGMENT_INDEX["head"]] = (0, body.torso + 0.042 * body.height, 0.0)
    for side, sign in (("l", 1.0), ("r", -1.0)):
        shoulder = np.array([sign * body.shoulder_half, body.torso, 0.0])
        hip = np.array([sign * body.hip_half, 0.0, 0.0])
        origins[SEGMENT_INDEX[f"{side}_upper_arm"]] = shoulder
        origins[SEGMENT_INDEX[f"{side}_forearm"]] = shoulder - (0, body.upper_arm, 0)
        origins[SEGMENT_INDEX[f"{side}_hand"]] = shoulder - (0, body.upper_arm + body.forearm, 0)
        origins[SEGMENT_INDEX[f"{side}_thigh"]] = hip
        origins[SEGMENT_INDEX[f"{side}_shank"]] = hip - (0, body.thigh, 0)
        origins[SEGMENT_INDEX[f"{side}_foot"]] = hip - (0, body.thigh + body.shank, 0)
    return origins


def pose_figure(
    body: Proportions, angles: np.ndarray, orientation: np.ndarray, root: np.ndarray
) -> Figure:
    """Forward kinematics.

    Parameters
    ----------
    body : lengths.
    angles : (S, NUM_ANGLES) joint angles, radians.
    orientation : (S, 3, 3) pelvis to world.
    root : (S, 3) pelvis in the world, metres.
    """
    num = len(angles)
    rest = rest_origins(body)
    rotations = np.empty((num, len(SEGMENTS), 3, 3))
    origins = np.empty((num, len(SEGMENTS), 3))

    def angle(name: str) -> np.ndarray:
        return angles[:, _COLUMN[name]]

    def put(name: str, parent: str, local: np.ndarray, lift: np.ndarray | None = None) -> None:
        child, above = SEGMENT_INDEX[name], SEGMENT_INDEX[parent]
        offset = np.broadcast_to(rest[child] - rest[above], (num, 3))
        if lift is not None:
            offset = offset + lift
        rotations[:, child] = rotations[:, above] @ local
        origins[:, child] = origins[:, above] + np.einsum("sij,sj->si", rotations[:, above], offset)

    rotations[:, 0], origins[:, 0] = orientation, root
    spine = rotation("y", angle("spine_twist")) @ rotation("z", -angle("spine_side"))
    put("chest", "pelvis", spine @ rotation("x", angle("spine_flex")))
    put("head", "chest", rotation("y", angle("neck_twist")) @ rotation("x", angle("neck_flex")))
    for side, sign in (("l", 1.0), ("r", -1.0)):
        flex, abd = angle(f"{side}_sh_flex"), angle(f"{side}_sh_abd")
        # The shoulder girdle rises with the arm: 5 cm from hanging to overhead.
        raised = 0.5 - 0.5 * np.cos(flex) * np.cos(abd)
        lift = np.zeros((num, 3))
        lift[:, 0] = -sign * 0.02 * raised
        lift[:, 1] = 0.05 * raised
        arm = rotation("x", -flex) @ rotation("z", sign * abd)
        put(
            f"{side}_upper_arm",
            "chest",
            arm @ rotation("y", sign * angle(f"{side}_sh_twist")),
            lift,
        )
        put(f"{side}_forearm", f"{side}_upper_arm", rotation("x", -angle(f"{side}_elbow")))
        put(f"{side}_hand", f"{side}_forearm", np.broadcast_to(np.eye(3), (num, 3, 3)))
        leg = rotation("x", -angle(f"{side}_hip_flex")) @ rotation(
            "z", sign * angle(f"{side}_hip_abd")
        )
        put(f"{side}_thigh", "pelvis", leg @ rotation("y", sign * angle(f"{side}_hip_twist")))
        put(f"{side}_shank", f"{side}_thigh", rotation("x", angle(f"{side}_knee")))
        put(f"{side}_foot", f"{side}_shank", rotation("x", angle(f"{side}_ankle")))

    def point(name: str, local: tuple[float, float, float]) -> np.ndarray:
        index = SEGMENT_INDEX[name]
        return origins[:, index] + rotations[:, index] @ np.array(local)

    starts = ("upper_arm", "forearm", "hand", "thigh", "shank", "foot")
    nose = point("head", (0.0, 0.42 * body.head, 0.80 * body.head))
    joints = [nose] + [
        origins[:, SEGMENT_INDEX[f"{side}_{name}"]] for name in starts for side in ("l", "r")
    ]
    contacts = [
        point(f"{side}_foot", (0.0, -body.ankle, z))
        for side in ("l", "r")
        for z in (-0.05, 0.12, 0.17)
    ]
    contacts += [point(f"{side}_hand", (0.0, -0.06 * body.height, 0.0)) for side in ("l", "r")]
    return Figure(rotations, origins, np.stack(joints, 1), np.stack(contacts, 1))
