"""The teacher's joints, mended by a student where the teacher is unsure."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.poses.normalize import mean_joint_score, teacher_rows
from vpdlib.students.combine import fuse_poses
from vpdlib.students.embed import decode_pose
from vpdlib.students.save import load_student
from vpdlib.students.settings import FusedSettings


def main(snakemake):
    settings = FusedSettings.model_validate(snakemake.params.settings)
    student = load_student(Path(snakemake.input.student))
    with (
        read_artifact(snakemake.input.poses, Poses) as poses,
        read_artifact(snakemake.input.features, Features) as features,
        ArtifactWriter(snakemake.output[0], Features, _job.origin(snakemake)) as artifact,
    ):
        for video in features.videos():
            pose = poses[video.video_id]
            frame, descriptor = video.frame, video.descriptor
            keypoints_px = pose.keypoints_px
            if not len(frame) or not len(keypoints_px):
                # Nobody is in it, or its file broke between the two stages: there is nothing to mend.
                frame, descriptor, keypoints_px = frame[:0], descriptor[:0], keypoints_px[:0]
            elif list(frame) != list(pose.frame):
                raise ValueError(
                    f"{snakemake.input.features}: frames of video {video.video_id} are not those of its "
                    "poses; rerun estimate_pose and crop_athlete"
                )
            artifact.add_video(
                video.video_id,
                {
                    "frame": frame,
                    "time_s": video.time_s[: len(frame)],
                    "descriptor": fuse_poses(
                        teacher_rows(keypoints_px),
                        decode_pose(student, descriptor),
                        mean_joint_score(keypoints_px),
                        settings,
                    ),
                },
            )


if __name__ == "__main__":
    _job.run(main)
