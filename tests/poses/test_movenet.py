"""The region shown to the teacher, how it is cut, and the real network on real people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from vpdlib.poses.base import View
from vpdlib.poses.movenet import MoveNetThunder, cut_region, pose_region
from vpdlib.weights.check import onnx_path
from vpdlib.weights.registry import NETWORKS
from vpdlib.weights.session import open_session


def test_pose_region_is_a_square_about_the_centre() -> None:
    np.testing.assert_allclose(pose_region(np.array([10, 20, 30, 60]), 1.25), [-5, 15, 45, 65])
    np.testing.assert_allclose(pose_region(np.array([-40, 0, 0, 10]), 1.0), [-40, -15, 0, 25])


@pytest.mark.parametrize(
    "box", [[0, 0, 0, 5], [3, 0, 2, 5], [0, 0, np.nan, 5], [0, 0, np.inf, 5], [0, 0, 5]]
)
def test_pose_region_refuses_what_is_no_box(box: list) -> None:
    with pytest.raises(ValueError, match="expected a box"):
        pose_region(np.array(box, float), 1.25)


def test_pose_region_refuses_a_margin_of_nothing() -> None:
    with pytest.raises(ValueError, match="margin is 0"):
        pose_region(np.array([0, 0, 5, 5]), 0)


def test_cut_at_scale_one_is_a_copy_with_zeros_outside() -> None:
    image = np.random.default_rng(0).integers(1, 255, (20, 30, 3), np.uint8)
    for x, y in ((5, 4), (-6, -3), (22, 12), (100, 100)):
        got = cut_region(image, np.array([x, y, x + 16, y + 16]), 16)
        padded = np.pad(image, [(200, 200), (200, 200), (0, 0)])
        np.testing.assert_array_equal(got, padded[200 + y : 216 + y, 200 + x : 216 + x])


@pytest.mark.parametrize("side", [8.0, 40.0, 64.0, 150.0])
def test_cut_samples_at_pixel_centres(side: float) -> None:
    """A ramp stays a ramp: the value at an output centre is the source coordinate there."""
    width = 240
    ramp = np.broadcast_to(
        np.arange(width, dtype=np.uint8)[None, :, None], (width, width, 1)
    ).copy()
    got = cut_region(ramp, np.array([30.3, 30.3, 30.3 + side, 30.3 + side]), 16)
    expected = 30.3 + (np.arange(16) + 0.5) * side / 16 - 0.5
    np.testing.assert_allclose(got.reshape(16, 16)[5], expected, atol=1.0)
    assert abs((got.reshape(16, 16)[5] - expected).mean()) < 0.3


def test_a_box_partly_or_wholly_outside_gets_an_answer(networks_dir: Path) -> None:
    teacher = MoveNetThunder(networks_dir, 1)
    image = np.full((60, 80, 3), 120, np.uint8)
    for box in (
        [-1e6, -1e6, 1e6, 1e6],
        [-50, -50, 20, 40],
        [70, 50, 400, 300],
        [500, 500, 520, 560],
        [0, 0, 0.5, 0.5],
    ):
        (pose,) = teacher.estimate_many([View(image, np.array(box, np.float32))])
        assert pose.shape == (17, 3)
        assert pose.dtype == np.float32
        assert np.isfinite(pose).all()
        assert ((pose[:, 2] >= 0) & (pose[:, 2] <= 1)).all()
    assert teacher.estimate_many([]).shape == (0, 17, 3)


def test_real_people(networks_dir: Path, clear_people: list, similarity: Callable) -> None:
    teacher = MoveNetThunder(networks_dir, 1)
    similarities, shifts = [], []
    for person in clear_people:
        pad = np.pad(person.image, [(7, 0), (11, 0), (0, 0)])
        pose, moved = teacher.estimate_many(
            [View(person.image, person.box_px), View(pad, person.box_px + np.array([11, 7, 11, 7]))]
        )
        shifts.append(np.abs(moved[:, :2] - pose[:, :2] - [11, 7]).mean())
        similarities.append(similarity(pose, person))
    print(f"object keypoint similarity {np.mean(similarities):.3f} over {len(similarities)} people")
    assert np.mean(similarities) > 0.8
    assert np.median(shifts) < 1e-3


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_session_gives_the_numbers_of_the_file(name: str, networks_dir: Path) -> None:
    plain = onnxruntime.InferenceSession(
        onnx_path(name, networks_dir), providers=["CPUExecutionProvider"]
    )
    given = plain.get_inputs()[0]
    picture = np.random.default_rng(0).integers(0, 256, given.shape)
    feed = {given.name: picture.astype(np.int32 if "int32" in given.type else np.float32)}
    ours = open_session(name, networks_dir, 1).run(None, feed)
    for mine, theirs in zip(ours, plain.run(None, feed), strict=True):
        np.testing.assert_array_equal(mine, theirs)
