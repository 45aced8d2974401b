"""The region shown rotated, keypoints turned back to the right pixels, and the surest answer kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from tests.poses.dots import draw_dots, find_dots
from vpdlib.poses import movenet
from vpdlib.poses.base import View
from vpdlib.poses.movenet import INPUT_SIZE, MoveNetThunder, cut_region, pose_region, sample
from vpdlib.poses.rotated import RotatedTeacher
from vpdlib.poses.settings import PoseSettings
from vpdlib.skeleton import COCO17, COCO17_TO_JOINTS13

IMAGE = np.zeros((40, 50, 3), np.uint8)
BOX = np.array([5.0, 5, 30, 35])
QUARTERS = (0.0, 90.0, 180.0, -90.0)
NOT_A_JOINT13 = sorted(set(range(17)) - set(COCO17_TO_JOINTS13))


class DotSession:
    """In the network's place: finds the coloured dots; sure of itself where the nose is above the ankles."""

    def run(self, _: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        picture = inputs["input"][0]
        assert picture.shape == (INPUT_SIZE, INPUT_SIZE, 3)
        x, y = (find_dots(picture) + 0.5).T / INPUT_SIZE
        below = y[COCO17.index("left_ankle")] - y[COCO17.index("nose")]
        score = np.full(17, np.clip(0.5 + below, 0, 1))
        return [np.stack([y, x, score], -1)[None, None].astype(np.float32)]


@pytest.fixture
def dot_teacher(monkeypatch: pytest.MonkeyPatch) -> MoveNetThunder:
    monkeypatch.setattr(movenet, "open_session", lambda *_: DotSession())
    return MoveNetThunder(Path(), 1)


@pytest.mark.parametrize("side", [120, 300, 900])
@pytest.mark.parametrize("angle", [0, 90, 180, -90, 37, -120.5])
def test_keypoints_come_back_to_their_pixels(
    dot_teacher: MoveNetThunder, side: int, angle: float
) -> None:
    image, box, centre = draw_dots(side)
    (pose,) = dot_teacher.estimate_many([View(image, box, angle)])
    assert pose.shape == (17, 3)
    assert pose.dtype == np.float32
    # A third of an input pixel, or of a source pixel where those are larger.
    assert np.abs(pose[:, :2] - centre).max() < 0.33 * max(side * 1.25 / INPUT_SIZE, 1)


def test_an_athlete_upside_down_and_partly_outside_is_found(dot_teacher: MoveNetThunder) -> None:
    image, box, centre = draw_dots(200)
    # The frame ends just left of the dots: the region reaches outside.
    left = 24
    image, box, centre = image[:, left:], box - [left, 0, left, 0], centre - [left, 0]
    assert pose_region(box, 1.25)[0] < 0
    (plain,) = dot_teacher.estimate_many([View(image, box)])
    (pose,) = RotatedTeacher(dot_teacher, QUARTERS).estimate_many([View(image, box)])
    assert plain[:, 2].mean() < 0.3
    assert pose[:, 2].mean() > 0.7
    assert np.abs(pose[:, :2] - centre).max() < 0.5


def cut_as_before(image: np.ndarray, region_px: np.ndarray, size: int) -> np.ndarray:
    """The region cut as it was before it could be rotated."""
    x0, y0, x1, _ = (float(value) for value in region_px)
    step = (x1 - x0) / size
    factor = min(max(round(step), 1), 8)
    fine = step / factor
    to_source = np.array([[fine, 0, x0 + fine / 2 - 0.5], [0, fine, y0 + fine / 2 - 0.5]])
    return sample(image, to_source, size, factor)


def test_upright_is_bit_identical(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (120, 160, 3), np.uint8)
    output = rng.random((1, 1, 17, 3), np.float32)
    seen = []

    class Session:
        def run(self, _: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            seen.append(inputs["input"])
            return [output]

    monkeypatch.setattr(movenet, "open_session", lambda *_: Session())
    teacher = RotatedTeacher(MoveNetThunder(Path(), 1), (0.0,))
    for _ in range(50):
        box = rng.uniform(-60, 160, 4)
        box[2:] = box[:2] + rng.uniform(1, 900, 2)
        region = pose_region(box, 1.25)
        (got,) = teacher.estimate_many([View(image, box)])
        np.testing.assert_array_equal(seen[-1][0], cut_as_before(image, region, INPUT_SIZE))
        side = region[2] - region[0]
        y, x, score = output[0, 0].T
        expected = np.stack([region[0] + x * side, region[1] + y * side, score], axis=-1)
        np.testing.assert_array_equal(got, expected.astype(np.float32))


@pytest.mark.parametrize("quarters", [-2, -1, 0, 1, 2])
def test_quarters_turn_counter_clockwise_and_lose_nothing(quarters: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    region = np.array([-5, 7, 27, 39])
    expected = np.rot90(cut_region(image, region, 32), quarters)
    np.testing.assert_array_equal(cut_region(image, region, 32, 90.0 * quarters), expected)


@pytest.mark.parametrize("angle", [30.0, -75.0, 143.0])
@pytest.mark.parametrize("side", [40.0, 90.0])
def test_a_turned_cut_samples_the_right_places(angle: float, side: float) -> None:
    """Two ramps tell where each output pixel was taken; OpenCV's rotation says where it should be."""
    size = 32
    rows, columns = np.mgrid[:200, :200]
    ramp = np.stack([columns, rows, np.full_like(rows, 255)], axis=-1).astype(np.uint8)
    region = np.array([60.3, 55.6, 60.3 + side, 55.6 + side])
    got = cut_region(ramp, region, size, angle)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), -angle, 1)
    at = np.stack([*np.mgrid[:size, :size][::-1] + 0.5, np.ones((size, size))], axis=-1)
    expected = region[:2] + (at @ turn.T) * side / size - 0.5
    np.testing.assert_allclose(got[..., :2], expected, atol=1.0)
    assert np.abs((got[..., :2] - expected).mean(axis=(0, 1))).max() < 0.3
    assert (got[..., 2] == 255).all()


def test_outside_the_frame_is_zero() -> None:
    white = np.full((100, 100, 3), 255, np.uint8)
    # The frame's upper left corner is the region's centre: rotated by 45 degrees, the frame is a
    # right-angled wedge that opens to the right or, the other way, downwards.
    region = np.array([-10, -10, 10, 10])
    row, column = np.mgrid[:20, :20] - 9.5
    for angle, along, across in ((45, column, row), (-45, row, column)):
        got = cut_region(white, region, 20, angle)
        reach = along - np.abs(across)
        assert (got[reach > 2] == 255).all()
        assert (got[reach < -2] == 0).all()


class ScriptedTeacher:
    """Answers with given scores, one for each angle; its x coordinates say which angle was asked, y which box."""

    batch_size = 3

    def __init__(self, *scores: dict[float, float]) -> None:
        self.scores = scores
        self.asked: list[tuple[int, float]] = []
        self.num_requests = 0
        self.attributes = {"teacher_checkpoint": "scripted"}

    def views(self) -> list[View]:
        """A view for each dict of scores; its box says which."""
        return [View(IMAGE, BOX + np.array([0, 0, 0, row])) for row in range(len(self.scores))]

    def estimate_many(self, views: Sequence[View]) -> np.ndarray:
        self.num_requests += 1
        return np.stack([self._estimate(view) for view in views])

    def _estimate(self, view: View) -> np.ndarray:
        assert view.image_rgb is IMAGE
        row = int(view.box_px[3] - BOX[3])
        angle = view.angle_degrees
        self.asked.append((row, angle))
        pose = np.full((17, 3), angle, np.float32)
        pose[:, 1] = row
        pose[:, 2] = self.scores[row][angle]
        # What is not among the 13 joints must not count: it would turn the order round.
        pose[NOT_A_JOINT13, 2] = 10 * (1 - self.scores[row][angle])
        return pose


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ((0.5, 0.4, 0.3, 0.2), 0),
        ((0.2, 0.4, 0.6, 0.5), 180),
        ((0.2, 0.3, 0.4, 0.7), -90),
        ((0.5, 0.5, 0.5, 0.5), 0),
        ((0.1, 0.5, 0.2, 0.5), 90),
        ((np.nan, 0.1, np.nan, 0.0), 90),
        ((0.1, np.nan, np.inf, 0.05), 0),
        ((np.nan,) * 4, 0),
    ],
)
def test_the_surest_is_kept_and_the_first_of_equals(scores: tuple, kept: float) -> None:
    teacher = ScriptedTeacher(dict(zip(QUARTERS, scores, strict=True)))
    (pose,) = RotatedTeacher(teacher, QUARTERS).estimate_many(teacher.views())
    assert teacher.asked == [(0, angle) for angle in QUARTERS]
    assert (pose[:, 0] == kept).all()
    np.testing.assert_array_equal(
        pose[COCO17_TO_JOINTS13, 2], np.float32(teacher.scores[0][kept])
    )  # as the teacher gave it


@pytest.mark.parametrize(
    ("upright", "asked"), [(0.6, 1), (0.5, 1), (0.49, 4), (0.0, 4), (np.nan, 4)]
)
def test_other_angles_are_tried_only_below(upright: float, asked: int) -> None:
    teacher = ScriptedTeacher({0: upright, 90: 0.9, 180: 0.1, -90: 0.2})
    (pose,) = RotatedTeacher(teacher, QUARTERS, try_below=0.5).estimate_many(teacher.views())
    assert len(teacher.asked) == asked
    assert pose[0, 0] == (0 if asked == 1 else 90)


def test_upright_is_tried_first_wherever_it_stands() -> None:
    teacher = ScriptedTeacher({0: 0.5, 180: 0.5, 90: 0.5})
    (pose,) = RotatedTeacher(teacher, (180.0, 0.0, 90.0)).estimate_many(teacher.views())
    assert teacher.asked == [(0, 0), (0, 180), (0, 90)]
    assert pose[0, 0] == 0
    with pytest.raises(ValueError, match="0, the picture as it is, is missing"):
        RotatedTeacher(teacher, (180.0, 90.0))


@pytest.mark.parametrize("try_below", [None, 0.5])
def test_a_batch_gets_the_answers_of_one_by_one(try_below: float | None) -> None:
    rng = np.random.default_rng(0)
    # Few different scores, so that some are equal.
    scores = [dict(zip(QUARTERS, rng.integers(0, 5, 4) / 4, strict=True)) for _ in range(40)]
    teacher = ScriptedTeacher(*scores)
    rotated = RotatedTeacher(teacher, QUARTERS, try_below)
    poses = rotated.estimate_many(teacher.views())
    assert teacher.num_requests == 2
    unsure = [row for row in range(40) if try_below is None or scores[row][0] < try_below]
    assert sorted(teacher.asked[40:]) == sorted((row, a) for row in unsure for a in QUARTERS[1:])
    alone = np.stack([rotated.estimate_many([view])[0] for view in teacher.views()])
    np.testing.assert_array_equal(poses, alone)
    np.testing.assert_array_equal(poses[:, 0, 1], np.arange(40))
    kept = [max(QUARTERS, key=lambda angle: scores[row][angle]) for row in unsure]
    np.testing.assert_array_equal(poses[unsure, 0, 0], kept)
    assert rotated.batch_size == 3
    assert rotated.attributes == teacher.attributes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"angles_degrees": []}, "at least 1 item"),
        ({"angles_degrees": [90]}, "must be one of them"),
        ({"angles_degrees": [0, 90, 90]}, "give each once"),
        ({"angles_degrees": [0, 0]}, "give each once"),
        ({"angles_degrees": [0, 180, -180]}, "-180 and 180 are the same"),
        ({"angles_degrees": [0, 181]}, "less than or equal to 180"),
        ({"angles_degrees": [0, -200]}, "greater than or equal to -180"),
        ({"angles_degrees": [0, float("nan")]}, "than or equal to"),
        ({"angles_degrees": [0, 90], "try_angles_below": 1.5}, "less than or equal to 1"),
        (
            {"angles_degrees": [0, 90], "try_angles_below": float("nan")},
            "than or equal to",
        ),
        ({"try_angles_below": 0.4}, "angles_degrees holds only 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        PoseSettings.model_validate(given)


def test_settings_are_off_by_default_and_survive_json() -> None:
    assert PoseSettings().angles_degrees == (0.0,)
    assert PoseSettings().try_angles_below is None
    given = PoseSettings(angles_degrees=QUARTERS, try_angles_below=0.4)
    assert PoseSettings.model_validate(given.model_dump(mode="json")) == given


def test_real_people_upside_down(
    networks_dir: Path, clear_people: list, similarity: Callable
) -> None:
    teacher = MoveNetThunder(networks_dir, 1)
    people = [
        p for p in clear_people if p.box_px[3] - p.box_px[1] > 1.5 * (p.box_px[2] - p.box_px[0])
    ]
    plain, rotated = [], []
    for person in people[:10]:
        height, width = person.image.shape[:2]
        image = np.ascontiguousarray(person.image[::-1, ::-1])
        box = np.array([width, height, width, height]) - person.box_px[[2, 3, 0, 1]]
        for teach, into in ((teacher, plain), (RotatedTeacher(teacher, (0.0, 180.0)), rotated)):
            (pose,) = teach.estimate_many([View(image, box)])
            pose[:, :2] = [width, height] - pose[:, :2]
            into.append(similarity(pose, person))
    print(f"upside down: {np.mean(plain):.3f} plain, {np.mean(rotated):.3f} rotated, {len(plain)}")
    assert np.mean(rotated) > 0.8
    assert np.mean(rotated) > np.mean(plain) + 0.3
