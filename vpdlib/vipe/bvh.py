"""Motions from BVH files: a skeleton of joints with offsets, and angles for every frame.

A joint turns by its rotation channels in the order they are listed, about its own axes one after
the other; its place is its offset, or its position channels where it has them, in its parent's
axes. Lengths of the file are in any unit and y or z is up; the motion is in metres, z up,
right-handed, (T, 13, 3). The default names and scale are those of the CMU motion capture database
as BVH files are made of it: lengths in units of 1/0.45 inches, y up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.motions import Motion
from vpdlib.vipe.npz import MotionError

#: Metres to the unit of CMU's files.
CMU_UNIT_M = 0.0254 / 0.45
#: End sites are called as their joint, and this.
END = "/end"
#: Joints of CMU's files whose mean place is the joint; their head stands for the nose.
CMU_JOINTS: dict[str, tuple[str, ...]] = {
    "nose": ("Head", "Head" + END),
    "left_shoulder": ("LeftArm",),
    "right_shoulder": ("RightArm",),
    "left_elbow": ("LeftForeArm",),
    "right_elbow": ("RightForeArm",),
    "left_wrist": ("LeftHand",),
    "right_wrist": ("RightHand",),
    "left_hip": ("LeftUpLeg",),
    "right_hip": ("RightUpLeg",),
    "left_knee": ("LeftLeg",),
    "right_knee": ("RightLeg",),
    "left_ankle": ("LeftFoot",),
    "right_ankle": ("RightFoot",),
}
_CHANNELS = {f"{axis}{kind}" for axis in "XYZ" for kind in ("position", "rotation")}


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    channels: list[str] = field(default_factory=list)


def read_bvh(
    path: Path,
    subject: str,
    source: str,
    joint_map: Mapping[str, tuple[str, ...]] = CMU_JOINTS,
    unit_m: float = CMU_UNIT_M,
    up: Literal["y", "z"] = "y",
    skip_frames: int = 0,
    every: int = 1,
) -> Motion:
    """Read a BVH file.

    Parameters
    ----------
    path : the file; its name without ending names the motion.
    subject, source : who moves, and the corpus.
    joint_map : each of JOINTS13 -> joints of the file, whose mean place is taken; ``X/end`` is the
        end site of joint X.
    unit_m : metres to the file's unit of length (1: metres, 0.01: centimetres, 0.0254: inches).
    up : the file's axis that points up.
    skip_frames : frames to leave out at the start; CMU's files begin with a rest pose, so 1 there.
    every : keep one frame in so many.

    Returns
    -------
    Motion

    Raises
    ------
    MotionError : the file is missing or no BVH, or lacks a joint of the map; the message names it.
    """
    if set(joint_map) != set(JOINTS13):
        raise MotionError(
            f"joint_map names {sorted(joint_map)}, expected exactly {sorted(JOINTS13)}"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise MotionError(f"{path} does not exist; correct the path") from error
    except UnicodeDecodeError as error:
        raise MotionError(f"{path} is no text, so no BVH file ({error})") from error
    head, found, tail = text.partition("MOTION")
    if not found:
        raise MotionError(f"{path} has no MOTION section: no BVH file, or cut")
    joints = _hierarchy(path, head.split())
    frame_time, values = _frames(path, tail, sum(len(joint.channels) for joint in joints))
    rows = {joint.name: row for row, joint in enumerate(joints)}
    unknown = sorted({name for names in joint_map.values() for name in names} - rows.keys())
    if unknown:
        raise MotionError(f"{path} has no joints {unknown}; its joints are {sorted(rows)}")
    values = values[skip_frames::every]
    if len(values) == 0:
        raise MotionError(f"{path}: no frame is left after skipping {skip_frames}")
    places = _forward_kinematics(joints, values)
    xyz = np.stack(
        [places[:, [rows[name] for name in joint_map[joint]]].mean(axis=1) for joint in JOINTS13],
        axis=1,
    )
    if up == "y":
        # A quarter turn about x, so that handedness stays.
        xyz = np.stack([xyz[..., 0], -xyz[..., 2], xyz[..., 1]], axis=-1)
    return Motion(
        name=path.stem,
        xyz=(xyz * unit_m).astype(np.float32),
        fps=1.0 / (frame_time * every),
        subject=subject,
        source=source,
    )


def _hierarchy(path: Path, tokens: list[str]) -> list[_Joint]:
    """Joints in the file's order, parents first; the order of the channels too."""
    joints: list[_Joint] = []
    names: set[str] = set()
    open_joints: list[int] = []
    position = 0

    def take(count: int) -> list[str]:
        nonlocal position
        if position + count > len(tokens):
            raise MotionError(f"{path}: the HIERARCHY is cut")
        position += count
        return tokens[position - count : position]

    if take(1) != ["HIERARCHY"]:
        raise MotionError(f"{path} does not begin with HIERARCHY: no BVH file")
    while position < len(tokens):
        (word,) = take(1)
        if word in ("ROOT", "JOINT", "End"):
            (name,) = take(1)
            parent = open_joints[-1] if open_joints else -1
            if (word == "ROOT") != (parent < 0) or (word == "ROOT" and joints):
                raise MotionError(f"{path}: {word} {name} is out of place; expected one ROOT")
            name = joints[parent].name + END if word == "End" else name
            if name in names:
                raise MotionError(f"{path}: two joints are called {name!r}; rename one of them")
            names.add(name)
            joints.append(_Joint(name, parent))
            if take(1) != ["{"]:
                raise MotionError(f"{path}: expected {{ after {word} {name}")
            open_joints.append(len(joints) - 1)
        elif word == "}" and open_joints:
            open_joints.pop()
        elif word == "OFFSET" and open_joints:
            x, y, z = (_number(path, token) for token in take(3))
            joints[open_joints[-1]].offset = (x, y, z)
        elif word == "CHANNELS" and open_joints:
            (count,) = take(1)
            if not count.isdecimal():
                raise MotionError(f"{path}: CHANNELS {count}, expected their number")
            channels = take(int(count))
            if not set(channels) <= _CHANNELS:
                raise MotionError(
                    f"{path}: channels {channels}, expected some of {sorted(_CHANNELS)}"
                )
            joints[open_joints[-1]].channels = channels
        else:
            raise MotionError(f"{path}: {word!r} is out of place in the HIERARCHY")
    if open_joints or not joints:
        raise MotionError(f"{path}: the HIERARCHY is cut")
    return joints


def _frames(path: Path, text: str, num_channels: int) -> tuple[float, np.ndarray]:
    """Seconds a frame, and the channels' values (T, C)."""
    tokens = text.split()
    if len(tokens) < 5 or tokens[0] != "Frames:" or tokens[2:4] != ["Frame", "Time:"]:
        raise MotionError(f"{path}: expected `Frames:` and `Frame Time:` after MOTION")
    num_frames, frame_time = int(_number(path, tokens[1])), _number(path, tokens[4])
    if num_frames < 1 or frame_time <= 0:
        raise MotionError(f"{path}: {num_frames} frames of {frame_time} s, expected some")
    try:
        values = np.array(tokens[5:], dtype=np.float64)
    except ValueError as error:
        raise MotionError(f"{path}: the frames hold something that is no number") from error
    if values.size != num_frames * num_channels:
        raise MotionError(
            f"{path}: {values.size} numbers for {num_frames} frames of {num_channels} channels: "
            "damaged or cut"
        )
    return frame_time, values.reshape(num_frames, num_channels)


def _forward_kinematics(joints: list[_Joint], values: np.ndarray) -> np.ndarray:
    """Places (T, J, 3) of all joints from the channels' values (T, C), degrees and file units."""
    places = np.empty((len(values), len(joints), 3))
    turns: list[np.ndarray] = []
    column = 0
    for row, joint in enumerate(joints):
        local = np.tile(np.array(joint.offset), (len(values), 1))
        turn = np.broadcast_to(np.eye(3), (len(values), 3, 3))
        for channel in joint.channels:
            axis, value = "XYZ".index(channel[0]), values[:, column]
            column += 1
            if channel.endswith("position"):
                local[:, axis] = value
            else:
                turn = turn @ _axis_rotations(axis, np.radians(value))
        if joint.parent < 0:
            places[:, row] = local
        else:
            above = turns[joint.parent]
            places[:, row] = places[:, joint.parent] + np.einsum("tij,tj->ti", above, local)
            turn = above @ turn
        turns.append(turn)
    return places


def _axis_rotations(axis: int, angles: np.ndarray) -> np.ndarray:
    """Rotation matrices (T, 3, 3) about x, y or z."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrices = np.zeros((len(angles), 3, 3))
    matrices[:, axis, axis] = 1.0
    matrices[:, first, first] = matrices[:, second, second] = np.cos(angles)
    matrices[:, second, first] = np.sin(angles)
    matrices[:, first, second] = -np.sin(angles)
    return matrices


def _number(path: Path, token: str) -> float:
    try:
        value = float(token)
    except ValueError as error:
        raise MotionError(f"{path}: {token!r} is no number") from error
    if not np.isfinite(value):
        raise MotionError(f"{path}: {token!r} is not finite")
    return value
