"""How well tracks, the teacher and students agree with ground truth, which serves for nothing else.

Boxes: IoU per frame. Poses: PCK@0.2 torso, the fraction of joints nearer to the truth than 0.2 of the true torso.
Teacher in pixels as it answered; teacher and student in skeleton-normalised coordinates (hip-centred, scaled by
the torso), where both are given the same chance: a student answers no pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from vpdlib.geometry import iou_matrix
from vpdlib.interchange.keypoints import JHMDB15
from vpdlib.poses.accuracy import pck_norm, pck_px
from vpdlib.poses.normalize import normalize_pose, to_joints13
from vpdlib.skeleton import JOINTS13


@dataclass(frozen=True)
class VideoTruth:
    """Ground truth of one video of T frames.

    Attributes
    ----------
    joints_px : (T, 13, 2), or None.
    box_px : (T, 4) xyxy, or None.
    inverted : (T,) bool, hips above shoulders in the picture, or None where neither it nor the joints are
        known; see :func:`inverted_of`.
    """

    joints_px: np.ndarray | None
    box_px: np.ndarray | None
    inverted: np.ndarray | None


def inverted_of(joints_px: np.ndarray) -> np.ndarray:
    """Whether the hips are above the shoulders in the picture, (T,) bool."""
    shoulders = joints_px[:, 1:3, 1].mean(axis=1)
    hips = joints_px[:, 7:9, 1].mean(axis=1)
    return np.asarray(hips < shoulders)


def read_demo_truth(path: Path) -> dict[str, VideoTruth]:
    """Ground truth of the rendered sport."""
    with h5py.File(path, "r") as file:
        return {
            name: VideoTruth(group["joints_px"][()], group["box_px"][()], group["inverted"][()])
            for name, group in file.items()
        }


def read_npz_truth(
    joints: Path | None, boxes: Path | None, joint_names: str, video_ids: Iterable[str]
) -> dict[str, VideoTruth]:
    """Ground truth from npz files whose keys end in the video's id (``<folder>/<id>`` or ``<id>``).

    Parameters
    ----------
    joints : key -> (T, J, 2) px.
    boxes : key -> (T, 4) xyxy px.
    joint_names : "joints13" or "jhmdb15".
    video_ids : the videos wanted; one that the files lack gets no entry.

    Raises
    ------
    ValueError
        If two keys end in the same id, or the joints are not J as named or the boxes not 4 numbers.
    """
    names = JOINTS13 if joint_names == "joints13" else JHMDB15
    order = np.array([names.index(name) for name in JOINTS13])
    found_joints = _by_id(joints)
    found_boxes = _by_id(boxes)
    truth = {}
    for video_id in video_ids:
        joints_px = found_joints.get(video_id)
        if joints_px is not None:
            if joints_px.shape[1:] != (len(names), 2):
                raise ValueError(
                    f"{joints}: {video_id} has shape {joints_px.shape}, expected (T, {len(names)}, 2) for "
                    f"truth.joint_names {joint_names}. Correct the setting or the file."
                )
            joints_px = joints_px[:, order].astype(np.float64)
        box_px = found_boxes.get(video_id)
        if box_px is not None and box_px.shape[1:] != (4,):
            raise ValueError(f"{boxes}: {video_id} has shape {box_px.shape}, expected (T, 4) xyxy")
        if joints_px is not None or box_px is not None:
            inverted = None if joints_px is None else inverted_of(joints_px)
            truth[video_id] = VideoTruth(joints_px, box_px, inverted)
    return truth


def _by_id(path: Path | None) -> dict[str, np.ndarray]:
    if path is None:
        return {}
    found: dict[str, np.ndarray] = {}
    with np.load(path, allow_pickle=False) as file:
        for key in file.files:
            video_id = key.rsplit("/", 1)[-1]
            if video_id in found:
                raise ValueError(f"{path}: two keys end in {video_id!r}; rename one of them")
            found[video_id] = file[key]
    return found


@dataclass
class Tally:
    """Collects right and wrong by group of frames."""

    right: dict[tuple[str, str, str, str], list[np.ndarray]] = field(default_factory=dict)

    def add(
        self, what: str, who: str, split: str, values: np.ndarray, groups: Mapping[str, np.ndarray]
    ) -> None:
        """Add values (N, ...) under every group's mask (N,)."""
        for name, mask in groups.items():
            self.right.setdefault((what, who, split, name), []).append(values[mask])

    def table(self) -> pd.DataFrame:
        """One row per measure, source, split and group: measured frames, mean, for IoU the fraction above 0.5."""
        rows = []
        for (what, who, split, frames), parts in sorted(self.right.items()):
            values = np.concatenate(parts).astype(np.float64)
            known = np.isfinite(values)
            rows.append(
                {
                    "measure": what,
                    "source": who,
                    "split": split,
                    "frames": frames,
                    "num_frames": int(known.sum()),
                    "mean": round(float(values[known].mean()), 4) if known.any() else None,
                    "share_above_0.5": (
                        round(float((values[known] > 0.5).mean()), 4)
                        if what == "box_iou" and known.any()
                        else None
                    ),
                }
            )
        return pd.DataFrame(rows)


def measure_boxes(tally: Tally, split: str, box_px: np.ndarray, truth: VideoTruth) -> None:
    """Add the IoU of each frame's track box with the true one; a frame without a box counts 0."""
    if truth.box_px is None:
        return
    num = min(len(box_px), len(truth.box_px))
    true_box = truth.box_px[:num].astype(np.float64)
    finite = np.isfinite(true_box).all(axis=1)
    usable = np.asarray(finite & (true_box[:, 2:] > true_box[:, :2]).all(axis=1))
    iou = np.zeros(num)
    for row in np.flatnonzero(usable & np.isfinite(box_px[:num]).all(axis=1)):
        iou[row] = iou_matrix(box_px[row : row + 1], true_box[row : row + 1])[0, 0]
    groups = {"all": usable}
    if truth.inverted is not None:
        groups["inverted"] = usable & truth.inverted[:num]
        groups["upright"] = usable & ~truth.inverted[:num]
    tally.add("box_iou", "track", split, iou, groups)


def measure_poses(
    tally: Tally,
    split: str,
    frame: np.ndarray,
    keypoints_px: np.ndarray,
    kept: np.ndarray,
    decoded: Mapping[str, np.ndarray],
    truth: VideoTruth,
) -> None:
    """Add PCK@0.2 torso of the teacher and of students.

    Parameters
    ----------
    tally : where to.
    split : of the video.
    frame : (N,) frames that have a pose.
    keypoints_px : (N, 17, 3) the teacher's.
    kept : (N,) whether the weak label is kept.
    decoded : student -> (N, 26) its decoded pose.
    truth : the video's.
    """
    if truth.joints_px is None or not len(frame):
        return
    inside = frame < len(truth.joints_px)
    frame, keypoints_px, kept = frame[inside], keypoints_px[inside], kept[inside]
    true_px = np.asarray(truth.joints_px[frame], np.float64)
    true_norm = normalize_pose(true_px)
    inverted = inverted_of(true_px) if truth.inverted is None else truth.inverted[frame]
    groups = {
        "all": np.ones(len(frame), bool),
        "kept": kept,
        "rejected": ~kept,
        "upright": ~inverted,
        "inverted": inverted,
    }
    answered = to_joints13(keypoints_px)[..., :2]
    tally.add("pck_px", "teacher", split, _fraction(pck_px(answered, true_px)), groups)
    sources = {"teacher": normalize_pose(keypoints_px)}
    sources.update({name: pose[inside] for name, pose in decoded.items()})
    for name, pose in sources.items():
        tally.add("pck_norm", name, split, _fraction(pck_norm(pose, true_norm)), groups)


def _fraction(correct: np.ndarray) -> np.ndarray:
    """Fraction of correct joints of each frame (N,), NaN where the truth says nothing of any joint."""
    num_known = np.isfinite(correct).sum(axis=1)
    return np.where(num_known > 0, np.nansum(correct, axis=1) / np.maximum(num_known, 1), np.nan)
