"""Random views of 3D poses, and the numbers that the encoder of VIPE* takes.

World: (B, 13, 3) metres, z up. Picture: (B, 13, 2), x right, y down, without a unit: the hips are
at the origin, and the scale is left to the normalisation. A camera looks at the hips from azimuth
a (rotated about the vertical), elevation e (above the ground) and with roll r, orthographic or from a
distance. Network input: (B, 39), for each of the 13 joints x and y normalised as for the 2D teacher
(``vpdlib.poses.normalize``) and score - 0.5. Source: docs/method.md sections 5 and 6.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.poses.normalize import (
    NUM_JOINTS,
    POSE_DIM,
    TORSO_NORM,
    normalize_pose,
    scores_of_joints13,
)
from vpdlib.skeleton import JOINTS13_FLIP_ORDER, LEFT_HIP, RIGHT_HIP
from vpdlib.vipe.settings import CameraSettings

#: x, y, score - 0.5 of the 13 joints.
INPUT_DIM = 3 * NUM_JOINTS


@dataclass(frozen=True)
class Views:
    """Cameras, one per pose.

    Attributes
    ----------
    azimuth, elevation, roll : (B,) radians. At azimuth 0 the camera looks along +y; a positive one
        walks it counter-clockwise, seen from above. A positive elevation looks down, a positive
        roll turns the picture clockwise.
    distance : (B,) metres from the hips; infinite for an orthographic view.
    """

    azimuth: np.ndarray
    elevation: np.ndarray
    roll: np.ndarray
    distance: np.ndarray


def random_views(rng: np.random.Generator, count: int, settings: CameraSettings) -> Views:
    """Draw cameras.

    Parameters
    ----------
    rng : source of chance.
    count : how many.
    settings : ranges.
    """
    ranges = (settings.azimuth_degrees, settings.elevation_degrees, settings.roll_degrees)
    azimuth, elevation, roll = (np.radians(rng.uniform(-r, r, count)) for r in ranges)
    near, far = settings.distance_m
    distance = 1.0 / rng.uniform(1.0 / far, 1.0 / near, count)
    orthographic = rng.random(count) >= settings.perspective_probability
    return Views(azimuth, elevation, roll, np.where(orthographic, np.inf, distance))


def project(xyz: np.ndarray, views: Views) -> np.ndarray:
    """Project poses.

    Parameters
    ----------
    xyz : (B, 13, 3) world.
    views : B cameras.

    Returns
    -------
    (B, 13, 2) float64: x right, y down, hips at the origin; for a pose at the hips' depth in metres.
    """
    xyz = np.asarray(xyz, dtype=np.float64)
    centred = xyz - 0.5 * (xyz[:, LEFT_HIP] + xyz[:, RIGHT_HIP])[:, None]
    x, y, z = centred[..., 0], centred[..., 1], centred[..., 2]
    cos_a, sin_a = np.cos(views.azimuth)[:, None], np.sin(views.azimuth)[:, None]
    cos_e, sin_e = np.cos(views.elevation)[:, None], np.sin(views.elevation)[:, None]
    cos_r, sin_r = np.cos(views.roll)[:, None], np.sin(views.roll)[:, None]
    right = cos_a * x + sin_a * y
    away = -sin_a * x + cos_a * y
    depth = cos_e * away - sin_e * z
    down = -(sin_e * away + cos_e * z)
    # 1 / (1 + depth / distance) is 1 for an infinite distance. The guard keeps a limb of a giant in
    # front of the camera.
    scale = 1.0 / np.maximum(1.0 + depth / views.distance[:, None], 0.1)
    right, down = right * scale, down * scale
    return np.stack([cos_r * right - sin_r * down, sin_r * right + cos_r * down], axis=-1)


def detector_like(
    rng: np.random.Generator, joints: np.ndarray, settings: CameraSettings
) -> np.ndarray:
    """Give projected joints scores, and the errors of a detector where the settings ask for them.

    Parameters
    ----------
    rng : source of chance.
    joints : (B, 13, 2).
    settings : noise, misplaced joints, scores.

    Returns
    -------
    (B, 13, 3): x, y, score.
    """
    shape = joints.shape[:2]
    score = rng.uniform(*settings.score_range, shape)
    if settings.joint_noise > 0 or settings.drop_probability > 0:
        # 26 numbers whose torso is TORSO_NORM long: noise can be given in torso lengths.
        joints = normalize_pose(joints).reshape(*shape, 2).astype(np.float64) / TORSO_NORM
        noise = np.full(shape, settings.joint_noise)
        dropped = rng.random(shape) < settings.drop_probability
        noise[dropped] = np.hypot(settings.joint_noise, settings.drop_spread)
        score = np.where(dropped, rng.uniform(*settings.drop_score_range, shape), score)
        joints = joints + noise[..., None] * rng.standard_normal(joints.shape)
    return np.concatenate([joints, score[..., None]], axis=-1)


def network_input(keypoints: np.ndarray) -> np.ndarray:
    """Bring keypoints into the encoder's form.

    Parameters
    ----------
    keypoints : (B, 17 or 13, 3) x, y, score, y down, any unit.

    Returns
    -------
    (B, 39) float32; NaN rows where a coordinate or score of the 13 joints is not finite.

    Raises
    ------
    ValueError : wrong shape.
    """
    score = scores_of_joints13(keypoints).astype(np.float32) - 0.5
    pose = normalize_pose(keypoints).reshape(-1, NUM_JOINTS, 2)
    rows = np.concatenate([pose, score[..., None]], axis=2).reshape(-1, INPUT_DIM)
    rows[~np.isfinite(rows).all(axis=1)] = np.nan
    return rows


def flip_input(rows: np.ndarray) -> np.ndarray:
    """Flip inputs (B, 39): exchange left and right, negate x. Twice gives the input."""
    joints = rows.reshape(-1, NUM_JOINTS, 3)[:, JOINTS13_FLIP_ORDER]
    return (joints * np.array([-1, 1, 1], dtype=rows.dtype)).reshape(rows.shape)


def invert_input(rows: np.ndarray) -> np.ndarray:
    """Turn the picture of inputs (B, 39) upside down: negate y, leave left and right."""
    joints = rows.reshape(-1, NUM_JOINTS, 3)
    return (joints * np.array([1, -1, 1], dtype=rows.dtype)).reshape(rows.shape)


def turn_input(rows: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Turn the picture of inputs (B, 39) about the hips by (B,) radians, x towards y; float32."""
    joints = rows.reshape(-1, NUM_JOINTS, 3)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = joints[..., 0], joints[..., 1]
    rotated = np.stack([cos * x - sin * y, sin * x + cos * y, joints[..., 2]], axis=2)
    return rotated.reshape(rows.shape).astype(np.float32)


def pose_part(rows: np.ndarray) -> np.ndarray:
    """Return the 26 coordinates of inputs (B, 39), the 2D teacher's vector."""
    return rows.reshape(-1, NUM_JOINTS, 3)[..., :2].reshape(-1, POSE_DIM)


def random_inputs(
    rng: np.random.Generator, xyz: np.ndarray, settings: CameraSettings
) -> np.ndarray:
    """See poses (B, 13, 3) through a random camera each; return inputs (B, 39) float32."""
    joints = project(xyz, random_views(rng, len(xyz), settings))
    return network_input(detector_like(rng, joints, settings))
