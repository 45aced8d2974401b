"""From which score on is the teacher worth learning from? Its own joints by threshold, on training actions alone.

A student learns from the frames that a threshold keeps, and a threshold that leaves few frames of the actions
themselves leaves a student that does not know them, however right those frames are. For each threshold, every training
action is recognised by its nearest neighbour among the training actions of other groups (subjects, matches; or
videos), from the teacher's joints of kept frames alone: the most that a student could have been told.
An action of which no frame is kept counts as wrong. Test actions are never read.
Run, once weak labels and joints are made: ``python -m benchmarks.label_thresholds results/demo`` from the root.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._options import options_or_skip
from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.datasets.by_video import ActionsByVideo
from vpdlib.datasets.tables import ActionRow, read_actions
from vpdlib.recognition.nns import flip_min_distances
from vpdlib.recognition.sequences import rows_of_action

THRESHOLDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def main() -> None:
    """Recognise at each threshold, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--teacher", default="pose2d", help="whose weak labels, as vipe")
    parser.add_argument("--thresholds", type=float, nargs="*", default=THRESHOLDS)
    options = options_or_skip(parser, "results", "folder of results")
    rows = [
        row for row in read_actions(options.results / "dataset/actions.csv") if row.split == "train"
    ]
    poses, scores = poses_of(rows, options.results, options.teacher)
    for threshold in options.thresholds:
        kept = [score >= threshold for score in scores]
        right = right_of([pose[keep] for pose, keep in zip(poses, kept, strict=True)], rows)
        print(
            f"{threshold:.2f}: keeps {100 * np.concatenate(kept).mean():.0f} % of the frames in actions; of them "
            f"{100 * right:.1f} % of {len(rows)} actions are recognised",
            flush=True,
        )


def poses_of(
    rows: Sequence[ActionRow], results: Path, teacher: str
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """The teacher's vectors (T, 2, D) and scores (T,) of every action, of frames with a pose."""
    wanted = ActionsByVideo(rows)
    found = {}
    for path in sorted((results / "weak_labels" / teacher).glob("*.h5")):
        with (
            read_artifact(path, WeakLabels) as labels,
            # Weak labels hold no time stamps; the joints are of the very same frames.
            read_artifact(results / "features/joints/joints2d" / path.name, Features) as features,
        ):
            for video in labels.videos():
                frame, pose, score = video.frame, video.pose_norm, video.score
                joints = features[video.video_id]
                if list(frame) != list(joints.frame):
                    raise ValueError(
                        f"{path}: frames of video {video.video_id} are not those of its joints"
                    )
                known = np.isfinite(pose).all(axis=(1, 2))
                for action in wanted.take(video.video_id):
                    within = rows_of_action(action, frame, joints.time_s, known)
                    found[action.action] = pose[within], score[within]
    wanted.check_all_taken("weak labels")
    return [found[row.action][0] for row in rows], [found[row.action][1] for row in rows]


def right_of(poses: Sequence[NDArray[np.float32]], rows: Sequence[ActionRow]) -> float:
    """The share of actions whose nearest neighbour in another group is of their class."""
    label = np.array([row.label for row in rows])
    group = np.array([row.group or row.video for row in rows])
    seen = np.flatnonzero([len(pose) > 0 for pose in poses])
    some = [poses[index] for index in seen]
    distances = flip_min_distances(some, some)
    distances[group[seen][:, None] == group[seen]] = np.inf
    return float(np.sum(label[seen][distances.argmin(axis=1)] == label[seen]) / len(rows))


if __name__ == "__main__":
    main()
