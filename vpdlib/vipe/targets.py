"""What the decoder of VIPE* must answer: 3D features of the skeleton, turned to face along depth.

World: (B, 13, 3), z up, any unit of length. Rotated skeleton: hips at the origin, z up, the torso's
front towards +y (depth), the person's right towards +x when upright. Two points are added to the 13
joints: the root, midway between the hips, and the neck, midway between the shoulders. Shoulders and
nose hang from the neck; hips and neck from the root; other joints from the one before in the limb.
Source: docs/method.md section 6.2.
"""

from __future__ import annotations

import numpy as np

from vpdlib.skeleton import (
    JOINTS13,
    JOINTS13_FLIP_ORDER,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    TORSO13,
)

NUM_JOINTS = len(JOINTS13)
#: Numbers per joint: offset from the parent 3, angle with the parent bone 1, direction 3.
JOINT_FEATURES = 7
TARGET_DIM = NUM_JOINTS * JOINT_FEATURES

#: Pitch of the torso from which the spine begins to tell where the front is, and where it alone does.
PITCH_DEGREES = (45.0, 75.0)

_NECK, _ROOT = NUM_JOINTS, NUM_JOINTS + 1
_LIMBS = {"elbow": "shoulder", "wrist": "elbow", "knee": "hip", "ankle": "knee"}


def _parent(name: str) -> int:
    side, _, part = name.partition("_")
    if part in _LIMBS:
        return JOINTS13.index(f"{side}_{_LIMBS[part]}")
    return _ROOT if part == "hip" else _NECK


#: Row of each joint's parent among the 13 joints, the neck (13) and the root (14).
PARENTS = np.array([_parent(name) for name in JOINTS13])
#: Row of the bone before each joint's among the 13 bones and the spine (13), which comes before
#: shoulders, nose and hips.
_BONES_BEFORE = np.where(PARENTS < NUM_JOINTS, PARENTS, NUM_JOINTS)


def flip_xyz(xyz: np.ndarray) -> np.ndarray:
    """Flip skeletons (..., 13, 3): exchange left and right, negate x."""
    return xyz[..., JOINTS13_FLIP_ORDER, :] * np.array([-1, 1, 1], dtype=xyz.dtype)


def facing(xyz: np.ndarray) -> np.ndarray:
    """Return where the fronts of the torsos point to, along the ground.

    It is the normal of the plane through shoulders and hips. A torso pitched beyond 45 degrees has
    a normal that says little about the ground, and so the spine is blended in: bowed, it points to
    the front; leant back, away from it. The blend is whole at 75 degrees.

    Parameters
    ----------
    xyz : (B, 13, 3).

    Returns
    -------
    (B, 2) float64 unit vectors; x for a torso that is a point.
    """
    torso = np.asarray(xyz, dtype=np.float64)[:, TORSO13]
    left_shoulder, right_shoulder, left_hip, right_hip = torso.transpose(1, 0, 2)
    centred = torso - torso.mean(axis=1, keepdims=True)
    # The last right singular vectors, as eigenvectors of 3 x 3 matrices, which is much faster.
    normal = np.linalg.eigh(centred.transpose(0, 2, 1) @ centred)[1][:, :, 0]
    front = np.cross(left_shoulder - right_hip, right_shoulder - left_hip)
    normal *= np.where((normal * front).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    spine = unit(left_shoulder + right_shoulder - left_hip - right_hip)
    pitch = np.degrees(np.arcsin(np.clip(np.abs(normal[:, 2]), 0.0, 1.0)))
    low, high = PITCH_DEGREES
    fraction = np.clip((pitch - low) / (high - low), 0.0, 1.0)[:, None]
    ahead = np.where(normal[:, 2:] > 0, -spine, spine)
    direction = unit(((1 - fraction) * normal + fraction * ahead)[:, :2])
    direction[~direction.any(axis=1)] = (1.0, 0.0)
    return direction


def turn_to_depth(xyz: np.ndarray) -> np.ndarray:
    """Centre skeletons at the hips and turn them about the vertical to face along +y.

    Parameters
    ----------
    xyz : (B, 13, 3).

    Returns
    -------
    (B, 13, 3) float64, same unit.
    """
    xyz = np.asarray(xyz, dtype=np.float64)
    centred = xyz - 0.5 * (xyz[:, LEFT_HIP] + xyz[:, RIGHT_HIP])[:, None]
    ahead = facing(xyz)[:, None]
    across = ahead[..., 1] * centred[..., 0] - ahead[..., 0] * centred[..., 1]
    along = ahead[..., 0] * centred[..., 0] + ahead[..., 1] * centred[..., 1]
    return np.stack([across, along, centred[..., 2]], axis=-1)


def pose_targets(xyz: np.ndarray) -> np.ndarray:
    """Return the features of skeletons.

    Parameters
    ----------
    xyz : (B, 13, 3) world.

    Returns
    -------
    (B, 13, 7) float32: unit offset from the parent, arccos(cosine with the bone before) / pi - 0.5,
        unit direction from the root. A bone of no length has an offset of zeros and angle 0.
    """
    rotated = turn_to_depth(xyz)
    neck = 0.5 * (rotated[:, LEFT_SHOULDER] + rotated[:, RIGHT_SHOULDER])
    points = np.concatenate([rotated, neck[:, None], np.zeros_like(neck)[:, None]], axis=1)
    offset = unit(rotated - points[:, PARENTS])
    bones = np.concatenate([offset, unit(neck)[:, None]], axis=1)
    cosine = (offset * bones[:, _BONES_BEFORE]).sum(axis=2, keepdims=True)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0)) / np.pi - 0.5
    return np.concatenate([offset, angle, unit(rotated)], axis=2).astype(np.float32)


def flip_targets(targets: np.ndarray) -> np.ndarray:
    """Return the features (..., 13, 7) of the flipped skeletons."""
    signs = np.array([-1, 1, 1, 1, -1, 1, 1], dtype=targets.dtype)
    return targets[..., JOINTS13_FLIP_ORDER, :] * signs


def smallest_bone_cosine(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the cosine (B,) of the bone that differs most between features (B, 13, 7).

    A bone of no length on either side has no direction to differ in, and is passed over.
    """
    first, second = first[..., :3], second[..., :3]
    cosine = np.einsum("bji,bji->bj", first, second)
    has_direction = first.any(axis=2) & second.any(axis=2)
    return np.where(has_direction, cosine, 1.0).min(axis=1)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors (..., D) to length 1; those of no length become zeros."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-9)
