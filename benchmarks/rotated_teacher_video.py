"""Does turning the picture help the teacher on the frames of a sport that it is unsure of?

Takes a dataset that the workflow has run as far as `poses`, and ground truth. Of the frames whose mean joint score is
below a threshold, a random choice is shown to MoveNet at 90, -90 and 180 degrees too, and the surest answer is kept.
Printed, for inverted and other athletes: PCK@0.2 torso in pixels of the upright and of the surest answer; how many
become sure enough to be kept as a weak label, and how right these are. The plain teacher is what is compared with. Run:
``python -m benchmarks.rotated_teacher_video results/demo --demo-truth results/demo/source/truth.h5`` from the root.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.poses.accuracy import pck_px
from vpdlib.poses.base import View
from vpdlib.poses.movenet import MoveNetThunder
from vpdlib.poses.normalize import mean_joint_score, to_joints13
from vpdlib.poses.rotated import RotatedTeacher
from vpdlib.report.accuracy import VideoTruth, read_demo_truth, read_npz_truth
from vpdlib.video.reader import read_frames

ANGLES = (0.0, 90.0, -90.0, 180.0)


def main() -> None:
    """Choose frames, ask at all angles, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--demo-truth", type=Path, help="truth.h5 of a rendered dataset")
    parser.add_argument("--joints", type=Path, help="npz of joints")
    parser.add_argument("--joint-names", default="jhmdb15")
    parser.add_argument("--networks", type=Path, default=Path("resources/networks"))
    parser.add_argument("--below", type=float, default=0.3, help="mean score of an unsure frame")
    parser.add_argument("--frames", type=int, default=1000, help="at most so many")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.results is None:
        print("skipped: no folder of results is given")
        return
    videos = {
        row.video: row
        for shard in sorted((options.results / "shards").glob("[0-9]*[0-9].csv"))
        for row in read_videos(shard)
    }
    truth = (
        read_demo_truth(options.demo_truth)
        if options.demo_truth
        else read_npz_truth(options.joints, None, options.joint_names, videos)
    )
    chosen, num_frames, num_unsure = choose(options, truth)
    print(
        f"{num_frames} frames with ground truth, {num_unsure} below {options.below}, {len(chosen)} taken"
    )
    teacher = RotatedTeacher(MoveNetThunder(options.networks, 1), ANGLES)
    found = [
        measured
        for video_id in sorted({name for name, *_ in chosen})
        for measured in ask(teacher, videos[video_id], chosen, truth[video_id])
    ]
    inverted, before, after, score = (np.array(column) for column in zip(*found, strict=True))
    for name, group in (("inverted", inverted), ("others", ~inverted)):
        sure = group & (score >= options.below)
        print(
            f"{name}: {group.sum()} frames, PCK upright {np.nanmean(before[group]):.3f}, surest angle "
            f"{np.nanmean(after[group]):.3f}; now kept {sure.sum()}, of these upright {np.nanmean(before[sure]):.3f}, "
            f"surest angle {np.nanmean(after[sure]):.3f}"
        )


Chosen = list[tuple[str, int, np.ndarray, np.ndarray]]


def choose(options: argparse.Namespace, truth: dict[str, VideoTruth]) -> tuple[Chosen, int, int]:
    """Unsure frames: video, frame, the upright keypoints (17, 3), the box (4,); and how many there are."""
    unsure: Chosen = []
    num_frames = 0
    for poses_path in sorted((options.results / "poses").glob("*.h5")):
        tracks_path = options.results / "tracks" / poses_path.name
        with (
            read_artifact(poses_path, Poses) as poses,
            read_artifact(tracks_path, Tracks) as tracks,
        ):
            for video in poses.videos():
                known = truth.get(video.video_id)
                if known is None or known.joints_px is None:
                    continue
                frame, keypoints = video.frame, video.keypoints_px
                box_px = tracks[video.video_id].box_px
                num_frames += len(frame)
                for row in np.flatnonzero(mean_joint_score(keypoints) < options.below):
                    number = int(frame[row])
                    unsure.append((video.video_id, number, keypoints[row], box_px[number]))
    order = np.random.default_rng(options.seed).permutation(len(unsure))[: options.frames]
    return [unsure[place] for place in sorted(order)], num_frames, len(unsure)


def ask(
    teacher: RotatedTeacher, video: VideoRow, chosen: Chosen, truth: VideoTruth
) -> list[tuple[bool, float, float, float]]:
    """Per chosen frame of a video: inverted or not, PCK upright, PCK of the surest answer, its score."""
    assert truth.joints_px is not None
    assert truth.inverted is not None
    wanted = {
        number: (upright, box) for name, number, upright, box in chosen if name == video.video
    }
    found = []
    for item in read_frames(video.path):
        if item.index in wanted:
            upright, box = wanted[item.index]
            (surest,) = teacher.estimate_many([View(item.rgb, box)])
            right = [
                float(
                    pck_px(
                        to_joints13(pose[None])[..., :2], truth.joints_px[item.index][None]
                    ).mean()
                )
                for pose in (upright, surest)
            ]
            score = float(mean_joint_score(surest[None])[0])
            found.append((bool(truth.inverted[item.index]), right[0], right[1], score))
    return found


if __name__ == "__main__":
    main()
