"""Measure tracks, teacher and students against ground truth."""

from pathlib import Path

import _job

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.datasets.tables import read_videos
from vpdlib.report.accuracy import (
    Tally,
    measure_boxes,
    measure_poses,
    read_demo_truth,
    read_npz_truth,
)
from vpdlib.report.html_page import write_page
from vpdlib.report.tables import write_table
from vpdlib.students.embed import decode_pose
from vpdlib.students.save import load_student


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    videos = read_videos(inputs.videos)
    if inputs.get("truth"):
        truth = read_demo_truth(Path(inputs.truth))
    else:
        joints, boxes = inputs.get("joints"), inputs.get("boxes")
        truth = read_npz_truth(
            Path(joints) if joints else None,
            Path(boxes) if boxes else None,
            params.truth["joint_names"],
            [video.video for video in videos],
        )
    split_of = {video.video: video.split for video in videos}
    students = {
        name: load_student(Path(folder))
        for name, folder in zip(params.students, inputs.students, strict=True)
    }
    num_shards = len(inputs.tracks)
    tally = Tally()
    for shard in range(num_shards):
        with (
            read_artifact(inputs.tracks[shard], Tracks) as tracks,
            read_artifact(inputs.poses[shard], Poses) as poses,
            read_artifact(inputs.labels[shard], WeakLabels) as labels,
        ):
            decoded = {name: {} for name in students}
            for number, (name, student) in enumerate(students.items()):
                with read_artifact(
                    inputs.features[number * num_shards + shard], Features
                ) as features:
                    for video in features.videos():
                        descriptor = video.descriptor[:, 0]
                        decoded[name][video.video_id] = decode_pose(student, descriptor)
            for video in tracks.videos():
                known = truth.get(video.video_id)
                if known is None:
                    continue
                split = split_of[video.video_id]
                measure_boxes(tally, split, video.box_px, known)
                pose = poses[video.video_id]
                measure_poses(
                    tally,
                    split,
                    pose.frame,
                    pose.keypoints_px,
                    labels[video.video_id].kept,
                    {name: by_video[video.video_id] for name, by_video in decoded.items()},
                    known,
                )
    output = snakemake.output
    write_table(output.csv, tally.table())
    write_page(output.html, output.csv, params.title)


if __name__ == "__main__":
    _job.run(main)
