"""Random but plausible 3D skeletons, for the tests of VIPE*."""

from itertools import pairwise

import numpy as np

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.motions import Motion

#: A person who stands and looks along +y; the right is at +x. Metres, z up.
STANDING = {
    "nose": (0.0, 0.1, 1.65),
    "shoulder": (0.2, 0.0, 1.45),
    "elbow": (0.25, 0.0, 1.15),
    "wrist": (0.27, 0.05, 0.9),
    "hip": (0.12, 0.0, 0.95),
    "knee": (0.13, 0.03, 0.5),
    "ankle": (0.13, 0.0, 0.08),
}


def standing():
    rows = []
    for name in JOINTS13:
        side, _, part = name.partition("_")
        x, y, z = STANDING[part or side]
        rows.append((-x if side == "left" else x, y, z))
    return np.array(rows, dtype=np.float32)[None]


def rotated(xyz, angle):
    """Turn poses (B, 13, 3) about the vertical, counter-clockwise from above."""
    cos, sin = np.cos(angle), np.sin(angle)
    return xyz @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]).T


def pitched(xyz, angle):
    """Pitch poses (B, 13, 3) about the x axis, forward for a person who looks along +y."""
    cos, sin = np.cos(-angle), np.sin(-angle)
    return xyz @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]).T


def _rotations(rng, count, spread):
    vectors = rng.normal(size=(count, 3)) * spread
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = (vectors / angle[:, 0]).T
    zero = np.zeros(count)
    cross = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


def random_skeletons(rng, count, spread=0.6):
    """Bones of STANDING rotated at random, (count, 13, 3) float32, leaning and facing anyhow."""
    base = standing()[0].astype(np.float64)
    row = JOINTS13.index
    xyz = np.tile(base, (count, 1, 1))
    for side in ("left", "right"):
        for chain in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")):
            turn = np.broadcast_to(np.eye(3), (count, 3, 3))
            for near, far in pairwise(chain):
                near, far = row(f"{side}_{near}"), row(f"{side}_{far}")
                turn = turn @ _rotations(rng, count, spread)
                bone = np.einsum("bij,j->bi", turn, base[far] - base[near])
                xyz[:, far] = xyz[:, near] + bone
    xyz = np.einsum("bij,bkj->bki", _rotations(rng, count, 0.2), xyz - [0, 0, 0.95])
    for i, angle in enumerate(rng.uniform(-np.pi, np.pi, count)):
        xyz[i] = rotated(xyz[i], angle)
    return (xyz + np.array([0, 0, 0.95])).astype(np.float32)


def random_motions(count, frames, seed=0, source="made", spread=0.6):
    """Motions of independent poses, each of another person."""
    rng = np.random.default_rng(seed)
    return [
        Motion(name, random_skeletons(rng, frames, spread), 30.0, name, source)
        for name in (f"{source}{i}" for i in range(count))
    ]


def assert_read(motions, source, expected):
    """Compare motions of 30 frames a second with the name, subject and poses expected of each."""
    found = [(m.name, m.subject, m.source, m.fps) for m in motions]
    assert found == [(name, subject, source, 30.0) for name, subject, _ in expected]
    for motion, (_, _, xyz) in zip(motions, expected, strict=True):
        np.testing.assert_allclose(motion.xyz, xyz, atol=1e-6)
