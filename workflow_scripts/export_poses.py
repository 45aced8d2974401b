"""Write the teacher's poses, or a student's, with the athlete's boxes as a pose tool's files."""

from contextlib import ExitStack
from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.atomic import replacing
from vpdlib.datasets.tables import read_videos
from vpdlib.interchange.absent_joints import ATTRIBUTE, drop_absent
from vpdlib.interchange.formats import WrittenPoses
from vpdlib.interchange.pose_registry import POSES
from vpdlib.poses.place import place_poses
from vpdlib.progress import note
from vpdlib.skeleton import COCO17, COCO17_TO_JOINTS13
from vpdlib.students.embed import decode_pose
from vpdlib.students.save import load_student


def as_the_student_has_it(poses, video, boxes_px, student) -> np.ndarray:
    """The keypoints (N, 17, 3) of the frames of a video's poses by a student: 13 joints, of score 1."""
    known = np.isin(poses.frame, video.frame)
    decoded = decode_pose(student, video.descriptor[np.isin(video.frame, poses.frame), 0])
    keypoints_px = poses.keypoints_px[known]
    placed = place_poses(decoded, keypoints_px, boxes_px[poses.frame[known]])
    full = np.full((len(poses.frame), len(COCO17), 3), (np.nan, np.nan, 0.0), np.float32)
    there = np.isfinite(placed).all(axis=2, keepdims=True)
    joints = np.where(there, np.concatenate([placed, there], axis=2), (np.nan, np.nan, 0.0))
    full[np.ix_(known, COCO17_TO_JOINTS13)] = joints
    return full


def videos_of_shard(snakemake, number, student) -> list[WrittenPoses]:
    """The videos of a shard with their poses, a row per frame."""
    inputs = snakemake.input
    written = []
    with ExitStack() as stack:
        tracks = stack.enter_context(read_artifact(inputs.tracks[number], Tracks))
        poses = stack.enter_context(read_artifact(inputs.poses[number], Poses))
        features = (
            stack.enter_context(read_artifact(inputs.features[number], Features))
            if student
            else None
        )
        for row in read_videos(inputs.videos[number]):
            boxes_px, own = tracks[row.video].box_px, poses[row.video]
            keypoints_px = drop_absent(own.keypoints_px, poses.attributes.get(ATTRIBUTE, ""))
            if features is not None:
                keypoints_px = as_the_student_has_it(own, features[row.video], boxes_px, student)
            full = np.full((len(boxes_px), len(COCO17), 3), (np.nan, np.nan, 0.0), np.float32)
            full[own.frame] = np.where(
                np.isfinite(keypoints_px[..., :2]).all(axis=2, keepdims=True),
                keypoints_px,
                (np.nan, np.nan, 0.0),
            )
            written.append(
                WrittenPoses(
                    row.video,
                    Path(row.path).absolute() if row.path else Path(row.video),
                    row.fps,
                    row.width,
                    row.height,
                    full,
                    boxes_px,
                )
            )
    return written


def main(snakemake):
    inputs, wanted = snakemake.input, snakemake.wildcards
    student = load_student(Path(inputs.student)) if inputs.get("student") else None
    videos = [
        video
        for number in range(len(inputs.videos))
        for video in videos_of_shard(snakemake, number, student)
    ]
    videos.sort(key=lambda video: video.video_id)
    with replacing(snakemake.output[0]) as folder:
        Path(folder).mkdir()
        files = POSES[wanted.keypoint_format].write(videos, Path(folder), wanted.posed)
    note(f"poses of {len(videos)} videos in {len(files)} files")


if __name__ == "__main__":
    _job.run(main)
