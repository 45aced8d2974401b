"""Box decoding and letterboxing by hand; the real networks on drawn and, where there is some, real data."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from vpdlib.geometry import iou_matrix
from vpdlib.people.base import clip_boxes
from vpdlib.people.build import build_detector
from vpdlib.people.letterbox import letterbox
from vpdlib.people.nanodet import decode_boxes
from vpdlib.people.settings import PeopleSettings
from vpdlib.weights.check import WeightsError, verify
from vpdlib.weights.registry import NETWORKS

NETWORKS_DIR = Path(__file__).resolve().parents[2] / "resources" / "networks"


def settings_of(*detectors: str) -> PeopleSettings:
    return PeopleSettings.model_validate({"detectors": detectors, "nanodet_min_score": 0.35})


@pytest.fixture(scope="module")
def networks_dir() -> Path:
    try:
        for name in NETWORKS:
            verify(name, NETWORKS_DIR)
    except WeightsError as error:
        pytest.skip(f"the embedded networks are not there: {error}")
    return NETWORKS_DIR


@pytest.fixture(scope="module")
def coco() -> list[tuple[np.ndarray, list[dict]]]:
    """A few real images, with their annotated people."""
    folder = Path(os.environ.get("VPD_DATA", "")) / "tiny_coco_keypoints" / "tiny_coco"
    if not os.environ.get("VPD_DATA") or not folder.is_dir():
        pytest.skip("no real images: set VPD_DATA to the folder that holds tiny_coco_keypoints")
    content = json.loads((folder / "annotations" / "person_keypoints_val2017.json").read_text())
    images = []
    for entry in content["images"]:
        image = cv2.imread(str(folder / "val2017" / entry["file_name"]))
        if image is None:
            continue
        everyone = [a for a in content["annotations"] if a["image_id"] == entry["id"]]
        clear = [
            a for a in everyone
            if not a["iscrowd"] and a["num_keypoints"] >= 12 and a["bbox"][2] * a["bbox"][3] > 0.02 * image[..., 0].size
        ]  # fmt: skip
        if clear:
            images.append((cv2.cvtColor(image, cv2.COLOR_BGR2RGB), clear))
    return images


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (99, 100), (1, 300), (2000, 1500)])
def test_letterbox_and_back(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 255, np.uint8)
    canvas, placed = letterbox(image, 256)
    rows, columns = (np.flatnonzero(canvas[..., 0].any(axis)) for axis in (1, 0))
    drawn = np.array([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]], float)
    assert (drawn[0, 2:] - drawn[0, :2]).max() == 256
    np.testing.assert_allclose(placed.boxes_to_px(drawn), [[0, 0, shape[1], shape[0]]], atol=1e-9)


def test_decode_boxes() -> None:
    logits = np.full((2, 4, 11), -100, np.float32)
    for row, sides in enumerate([(1, 2, 3, 4), (0, 0, 10, 10)]):
        logits[row, range(4), sides] = 100
    logits[1, 0, [2, 3]] = 100  # 0, 2 and 3 strides alike: 5 / 3
    boxes = decode_boxes(logits.reshape(2, 44), np.array([0, 53]), 8)
    np.testing.assert_allclose(boxes[0], [4 - 8, 4 - 16, 4 + 24, 4 + 32], rtol=1e-6)
    np.testing.assert_allclose(boxes[1], [12 - 40 / 3, 12, 12 + 80, 12 + 80], rtol=1e-6)


def test_clip_boxes() -> None:
    got = clip_boxes(np.array([[-3, 5, 700, 481.5]]), 640, 480)
    assert got.tolist() == [[0, 5, 640, 480]]
    assert got.dtype == np.float32


def test_missing_networks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nanodet"):
        build_detector(settings_of("nanodet"), tmp_path, "cpu", 1)


def test_threads_must_be_positive(networks_dir: Path) -> None:
    with pytest.raises(ValueError, match="threads is 0"):
        build_detector(settings_of("nanodet"), networks_dir, "cpu", 0)


def test_an_empty_picture_has_nobody_and_odd_input_is_refused(networks_dir: Path) -> None:
    detector = build_detector(settings_of("nanodet", "multipose"), networks_dir, "cpu", 1)
    for shape in ((240, 320), (1, 1), (500, 3)):
        assert len(detector.detect(np.full((*shape, 3), 90, np.uint8))) == 0
    for image in (
        np.zeros((5, 5), np.uint8),
        np.zeros((5, 5, 3), np.float32),
        np.zeros((0, 5, 3), np.uint8),
    ):
        with pytest.raises(ValueError, match="expected a uint8"):
            detector.detect(image)


def test_many_images_give_what_each_gives_alone(networks_dir: Path, coco: list) -> None:
    detector = build_detector(settings_of("nanodet", "multipose"), networks_dir, "cpu", 1)
    assert detector.batch_size == 1
    images = [image for image, _ in coco[:3]]
    for image, people in zip(images, detector.detect_many(images), strict=True):
        alone = detector.detect(image)
        assert len(alone) > 0
        for name in ("box_px", "score", "source", "keypoints_px"):
            np.testing.assert_array_equal(getattr(people, name), getattr(alone, name))
        assert people.mask is None


def test_real_people_are_found(networks_dir: Path, coco: list) -> None:
    merged = build_detector(settings_of("nanodet", "multipose"), networks_dir, "cpu", 1)
    poses = build_detector(settings_of("multipose"), networks_dir, "cpu", 1)
    num_people = num_found = num_with_pose = 0
    on_person = []
    for image, people in coco:
        truth = np.array([a["bbox"] for a in people])
        truth[:, 2:] += truth[:, :2]
        found, posed = merged.detect(image), poses.detect(image)
        assert (found.score[:-1] >= found.score[1:]).all()
        assert (found.box_px[:, 2:] <= image.shape[1::-1]).all()
        assert (found.box_px >= 0).all()
        num_people += len(truth)
        num_found += (iou_matrix(truth, found.box_px).max(1, initial=0) >= 0.5).sum()
        num_with_pose += found.has_keypoints.sum()
        overlap = iou_matrix(truth, posed.box_px)
        for annotation, row in zip(people, overlap, strict=True):
            if row.max(initial=0) < 0.5:
                continue
            known = np.array(annotation["keypoints"], float).reshape(17, 3)
            seen = known[:, 2] > 0
            miss = np.hypot(*(posed.keypoints_px[row.argmax(), seen, :2] - known[seen, :2]).T)
            on_person.append((miss < 0.15 * max(annotation["bbox"][2:])).mean())
    print(
        f"{num_found} of {num_people} found, {num_with_pose} with keypoints, on the joint {np.mean(on_person):.2f}"
    )
    assert num_found >= 0.85 * num_people
    assert num_with_pose >= 0.4 * num_people
    assert np.mean(on_person) > 0.7
