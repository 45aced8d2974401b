"""Does a teacher that is shown people at several angles find those who are not upright?

The people of tiny_coco_keypoints (8 joints or more, taller than 80 px) with the annotated boxes; the
whole images are rotated by quarters, which loses nothing. Printed for each turn and teacher: the
object keypoint similarity (OKS), the fraction of the 13 joints within 0.2 torsos (PCK, of people whose
torso is annotated), the fraction of people whose mean score is at least ``--min-score`` (weak labels),
how often the answer is another than the upright one, calls of the network per person and
milliseconds per person. Run: ``VPD_DATA=folder python -m benchmarks.rotated_teacher`` from
the project's root, ``folder`` holding tiny_coco_keypoints.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vpdlib.poses.accuracy import pck_mean, pck_px
from vpdlib.poses.base import PoseTeacher, View
from vpdlib.poses.movenet import MoveNetThunder
from vpdlib.poses.normalize import mean_joint_score, to_joints13
from vpdlib.poses.rotated import RotatedTeacher

#: COCO's per-keypoint constants of the object keypoint similarity.
SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
QUARTERS = (0.0, 90.0, 180.0, -90.0)


@dataclass(frozen=True)
class Person:
    """One annotated person of an (H, W, 3) image: (4,) xyxy box, (17, 2) joints with NaN, area px^2."""

    image: np.ndarray
    box_px: np.ndarray
    joints_px: np.ndarray
    area: float

    def rotated(self, quarters: int) -> Person:
        """Turn the whole image by `quarters` x 90 degrees, counter-clockwise; nothing is resampled."""
        image, points = self.image, np.concatenate([self.box_px.reshape(2, 2), self.joints_px])
        for _ in range(quarters % 4):
            points = np.stack([points[:, 1], image.shape[1] - points[:, 0]], axis=1)
            image = np.ascontiguousarray(np.rot90(image))
        box = np.concatenate([points[:2].min(axis=0), points[:2].max(axis=0)])
        return Person(image, box, points[2:], self.area)


class Counted:
    """Another teacher, and how often it was asked."""

    def __init__(self, teacher: PoseTeacher) -> None:
        self.teacher, self.calls = teacher, 0
        self.batch_size, self.attributes = teacher.batch_size, teacher.attributes

    def estimate_many(self, views: Sequence[View]) -> np.ndarray:
        """Ask the teacher."""
        self.calls += len(views)
        return self.teacher.estimate_many(views)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=Path, default=Path("resources/networks"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--below", type=float, nargs="*", default=[0.3, 0.4, 0.5])
    parser.add_argument("--min-score", type=float, default=0.3)
    options = parser.parse_args()
    data = os.environ.get("VPD_DATA")
    if not data:
        print("skipped: set VPD_DATA to the folder that holds tiny_coco_keypoints")
        return
    folder = Path(data) / "tiny_coco_keypoints" / "tiny_coco"
    if not folder.is_dir():
        print(f"skipped: {folder} is not there")
        return
    upright = _read_people(folder)
    teacher = Counted(MoveNetThunder(options.networks, options.threads))
    cv2.setNumThreads(options.threads)
    kinds = {
        "plain": RotatedTeacher(teacher, (0.0,)),
        "4 angles": RotatedTeacher(teacher, QUARTERS),
    }
    for below in options.below:
        kinds[f"below {below:g}"] = RotatedTeacher(teacher, QUARTERS, below)
    print(f"{len(upright)} people, {options.threads} thread(s), angles {QUARTERS}")
    print("rotated by  teacher    OKS    PCK@0.2  sure  other answer  calls  ms/person")
    for turn in QUARTERS:
        people = [person.rotated(round(turn / 90)) for person in upright]
        plain = None
        for name, kind in kinds.items():
            teacher.calls = 0
            start = time.perf_counter()
            poses = kind.estimate_many([View(p.image, p.box_px) for p in people])
            seconds = time.perf_counter() - start
            plain = poses if plain is None else plain
            sure = (mean_joint_score(poses) >= options.min_score).mean()
            joints = np.stack([p.joints_px for p in people])
            correct = pck_px(to_joints13(poses[..., :2]), to_joints13(joints))
            print(
                f"{turn:9g}  {name:9}  {np.mean(_similarity(poses, people)):.3f}  "
                f"{pck_mean(correct):7.3f}  {sure:4.2f}  "
                f"{(poses != plain).any(axis=(1, 2)).mean():12.2f}  "
                f"{teacher.calls / len(people):5.2f}  {1000 * seconds / len(people):9.1f}"
            )


def _similarity(poses: np.ndarray, people: list[Person]) -> list[float]:
    answer = []
    for pose, person in zip(poses, people, strict=True):
        square = ((pose[:, :2] - person.joints_px) ** 2).sum(axis=1)
        near = np.exp(-square / (2 * person.area * (2 * SIGMAS) ** 2))
        answer.append(float(np.nanmean(near)))
    return answer


def _read_people(folder: Path) -> list[Person]:
    people = []
    for split in ("train2017", "val2017"):
        content = json.loads(
            (folder / "annotations" / f"person_keypoints_{split}.json").read_text(encoding="utf-8")
        )
        files = {entry["id"]: folder / split / entry["file_name"] for entry in content["images"]}
        for entry in content["annotations"]:
            x, y, width, height = entry["bbox"]
            if entry["iscrowd"] or entry["num_keypoints"] < 8 or height <= 80:
                continue
            path = files[entry["image_id"]]
            image = cv2.imread(str(path))
            if image is None:
                raise SystemExit(f"{path}: cannot be read as an image")
            joints = np.array(entry["keypoints"], float).reshape(17, 3)
            joints[joints[:, 2] == 0] = np.nan
            people.append(
                Person(
                    cv2.cvtColor(image, cv2.COLOR_BGR2RGB),
                    np.array([x, y, x + width, y + height]),
                    joints[:, :2],
                    entry["area"],
                )
            )
    return people


if __name__ == "__main__":
    main()
