"""Making the pose teacher that the settings choose.

Each back end is imported when it is chosen: they need packages that the others do without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vpdlib.devices import choose_device
from vpdlib.poses.base import PoseTeacher
from vpdlib.poses.rotated import RotatedTeacher
from vpdlib.poses.settings import PoseSettings


def build_teacher(
    settings: PoseSettings,
    networks_dir: Path,
    device: Literal["auto", "cpu", "cuda"],
    threads: int,
) -> PoseTeacher:
    """Make the pose teacher, asked at the settings' angles.

    Parameters
    ----------
    settings : which teacher, and its own section.
    networks_dir : the folder of converted and downloaded networks.
    device : where mmpose's and ONNX networks run; MoveNet always runs on the CPU.
    threads : threads one call may use.

    Raises
    ------
    ValueError
        if the device is not there; WeightsError if the network is missing or not the expected one;
        NetworkConfigError if its configuration is unusable.
    """
    teacher = _build_one(settings, networks_dir, device, threads)
    if len(settings.angles_degrees) == 1:
        return teacher
    return RotatedTeacher(teacher, settings.angles_degrees, settings.try_angles_below)


def _build_one(
    settings: PoseSettings,
    networks_dir: Path,
    device: Literal["auto", "cpu", "cuda"],
    threads: int,
) -> PoseTeacher:
    if settings.mmpose is not None and settings.teacher == "mmpose":
        from vpdlib.poses.mmpose_teacher import MMPoseTeacher

        return MMPoseTeacher(settings.mmpose, networks_dir, choose_device(device), threads)
    if settings.onnx is not None and settings.teacher == "onnx":
        from vpdlib.poses.onnx_teacher import OnnxTeacher

        return OnnxTeacher(settings.onnx, networks_dir, choose_device(device), threads)
    from vpdlib.poses.movenet import MoveNetThunder

    return MoveNetThunder(networks_dir, threads, settings.margin)
