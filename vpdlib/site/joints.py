"""Boxes and poses in the pixels of clips, drawn over them in the page: the teacher's, and those of students."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.tables import ActionRow
from vpdlib.interchange.absent_joints import ATTRIBUTE, drop_absent
from vpdlib.poses.normalize import to_joints13
from vpdlib.poses.place import place_poses
from vpdlib.site.clips import Clip
from vpdlib.site.site import Site
from vpdlib.skeleton import COCO17
from vpdlib.students.embed import decode_pose
from vpdlib.students.save import load_student
from vpdlib.students.student import TrainedStudent

#: What the teacher's poses are called beside those of students, which are called by their names.
TEACHER = "teacher"
#: Students of another teacher decode to no joints.
_POSE2D = "pose2d"


def students_of_joints(site: Site) -> dict[str, TrainedStudent]:
    """The students whose descriptors are there and decode to joints, by name."""
    found = {}
    for name in (Path(one).name for one in site.files("students/")):
        folder = site.file(f"students/{name}")
        if folder is not None and site.files(f"features/student/{name}/"):
            student = load_student(folder)
            if student.settings.teacher == _POSE2D:
                found[name] = student
    return found


def joints_of_clips(
    site: Site,
    actions: Sequence[ActionRow],
    clips: Mapping[str, Clip],
    students: Mapping[str, TrainedStudent],
) -> dict[str, dict[str, Any]]:
    """What is drawn over each clip, as plain data.

    Parameters
    ----------
    site : whose tracks, poses and features are read, shard by shard.
    actions : labelled actions.
    clips : those that are there, by action.
    students : by name.

    Returns
    -------
    By action: ``boxes``, for every frame x0, y0, x1, y1 or None; ``poses``, by who saw them, for every frame x, y of
    the 13 joints (None, None for one that is not there) or None; ``scores``, for every frame the teacher's scores of
    them as digits, tenths, or None.
    """
    by_video: dict[str, list[ActionRow]] = defaultdict(list)
    for action in actions:
        if action.action in clips:
            by_video[action.video].append(action)
    drawn: dict[str, dict[str, Any]] = {}
    for shard in (Path(one).name for one in site.files("tracks/")):
        with ExitStack() as stack:
            tracks = stack.enter_context(read_artifact(_path(site, f"tracks/{shard}"), Tracks))
            poses = site.file(f"poses/{shard}")
            teacher = None if poses is None else stack.enter_context(read_artifact(poses, Poses))
            features = {
                name: stack.enter_context(read_artifact(path, Features))
                for name in students
                if (path := site.file(f"features/student/{name}/{shard}")) is not None
            }
            for name in set(tracks.video_ids) & by_video.keys():
                boxes_px = tracks[name].box_px
                keypoints_px = np.full((len(boxes_px), len(COCO17), 3), np.nan, np.float32)
                seen: dict[str, NDArray[np.floating]] = {}
                if teacher is not None:
                    own = teacher[name]
                    keypoints_px[own.frame] = own.keypoints_px
                    absent = teacher.attributes.get(ATTRIBUTE, "")
                    seen[TEACHER] = to_joints13(drop_absent(keypoints_px, absent))
                wanted = _frames(by_video[name], clips, len(boxes_px))
                for student, artifact in features.items():
                    seen[student] = _of_student(
                        students[student], artifact[name], wanted, keypoints_px, boxes_px
                    )
                for action in by_video[name]:
                    drawn[action.action] = _of_clip(clips[action.action], boxes_px, seen)
    return drawn


def _path(site: Site, relative: str) -> Path:
    return site.sources.results / relative


def _frames(
    actions: Sequence[ActionRow], clips: Mapping[str, Clip], num_frames: int
) -> NDArray[np.bool_]:
    """Which frames of a video some clip shows."""
    wanted = np.zeros(num_frames, bool)
    for action in actions:
        clip = clips[action.action]
        wanted[clip.first_frame : clip.first_frame + len(clip.times_s)] = True
    return wanted


def _of_student(
    student: TrainedStudent,
    video: Features,
    wanted: NDArray[np.bool_],
    keypoints_px: NDArray[np.floating],
    boxes_px: NDArray[np.floating],
) -> NDArray[np.floating]:
    """The joints (N, 13, 2) of the wanted frames of a video of N, in the teacher's size and place."""
    joints = np.full((len(wanted), 13, 2), np.nan, np.float32)
    frame = video.frame
    rows = np.flatnonzero(wanted[frame])
    if len(rows):
        frame = frame[rows]
        decoded = decode_pose(student, video.descriptor[rows, 0])
        joints[frame] = place_poses(decoded, keypoints_px[frame], boxes_px[frame])
    return joints


def _of_clip(
    clip: Clip, boxes_px: NDArray[np.floating], seen: Mapping[str, NDArray[np.floating]]
) -> dict[str, Any]:
    scale, corner = np.array([clip.scale_x, clip.scale_y]), np.array([clip.left, clip.top])
    part = slice(clip.first_frame, clip.first_frame + len(clip.times_s))
    return {
        "boxes": [
            _rounded(box) for box in (boxes_px[part] - np.tile(corner, 2)) * np.tile(scale, 2)
        ],
        "poses": {
            name: [_rounded(frame) for frame in (joints[part, :, :2] - corner) * scale]
            for name, joints in seen.items()
        },
        "scores": [_digits(frame) for frame in seen[TEACHER][part, :, 2]]
        if TEACHER in seen
        else [],
    }


def _rounded(numbers: NDArray[np.floating]) -> list[int | None] | None:
    """Whole numbers, None for what is not finite, and None where nothing is."""
    finite = np.isfinite(numbers).ravel()
    if not finite.any():
        return None
    return [
        round(float(number)) if known else None
        for number, known in zip(numbers.ravel(), finite, strict=True)
    ]


def _digits(scores: NDArray[np.floating]) -> str | None:
    """A digit for each score, tenths rounded down."""
    if not np.isfinite(scores).any():
        return None
    tenths = np.clip(np.floor(10 * np.nan_to_num(scores) + 1e-6), 0, 9).astype(int)
    return "".join(str(digit) for digit in tenths)
