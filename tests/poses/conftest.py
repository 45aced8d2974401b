"""The embedded networks and a few clear real people, where there are some."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.rotated_teacher import SIGMAS, Person
from vpdlib.weights.check import WeightsError, verify

NETWORKS_DIR = Path(__file__).resolve().parents[2] / "resources" / "networks"


@pytest.fixture(scope="session")
def networks_dir() -> Path:
    try:
        verify("movenet-thunder", NETWORKS_DIR)
    except WeightsError as error:
        pytest.skip(f"the embedded networks are not there: {error}")
    return NETWORKS_DIR


@pytest.fixture(scope="session")
def clear_people() -> list[Person]:
    folder = Path(os.environ.get("VPD_DATA", "")) / "tiny_coco_keypoints" / "tiny_coco"
    if not os.environ.get("VPD_DATA") or not folder.is_dir():
        pytest.skip("no real images: set VPD_DATA to the folder that holds tiny_coco_keypoints")
    people = []
    for split in ("train2017", "val2017"):
        content = json.loads(
            (folder / "annotations" / f"person_keypoints_{split}.json").read_text()
        )
        files = {entry["id"]: folder / split / entry["file_name"] for entry in content["images"]}
        for entry in content["annotations"]:
            x, y, width, height = entry["bbox"]
            if entry["iscrowd"] or entry["num_keypoints"] < 14 or width * height < 5000:
                continue
            image = cv2.cvtColor(cv2.imread(str(files[entry["image_id"]])), cv2.COLOR_BGR2RGB)
            joints = np.array(entry["keypoints"], float).reshape(17, 3)
            joints[joints[:, 2] == 0] = np.nan
            box = np.array([x, y, x + width, y + height])
            people.append(Person(image, box, joints[:, :2], entry["area"]))
    return people


@pytest.fixture(scope="session")
def similarity() -> Callable[[np.ndarray, Person], float]:
    """The object keypoint similarity of a (17, 3) pose to what is known of a person."""

    def measure(pose: np.ndarray, person: Person) -> float:
        square = ((pose[:, :2] - person.joints_px) ** 2).sum(1)
        return float(np.nanmean(np.exp(-square / (2 * person.area * (2 * SIGMAS) ** 2))))

    return measure
