import cv2
import numpy as np
import pytest

from vpdlib.demo.body import draw_proportions
from vpdlib.demo.broadcast import (
    camera_path,
    compose_passer_by,
    draw_board,
    draw_boards,
    draw_post,
    draw_sway,
    smear_kernel,
)
from vpdlib.demo.routine import SAMPLES_PER_FRAME
from vpdlib.demo.scene import draw_camera

CAMERA = draw_camera(np.random.default_rng(0), "train", 1, 480, 270, 1.7)


def test_sway_has_the_asked_amount_and_no_jumps():
    sways = [draw_sway(np.random.default_rng(seed), 4000, 400.0, 3.0) for seed in range(20)]
    assert np.std(sways) == pytest.approx(3.0, rel=0.2)
    assert max(np.abs(np.diff(sway, axis=0)).max() for sway in sways) < 0.4
    assert not draw_sway(np.random.default_rng(0), 100, 400.0, 0.0).any()


def test_the_path_goes_through_the_pan():
    shift = np.array([[0.0, 0.0], [4.0, 1.0], [8.0, -1.0]])
    path = camera_path(shift, np.zeros((3 * SAMPLES_PER_FRAME, 2)))
    middle = np.arange(3) * SAMPLES_PER_FRAME + SAMPLES_PER_FRAME // 2
    np.testing.assert_allclose(path[middle], shift)
    np.testing.assert_allclose(path[middle[0] + SAMPLES_PER_FRAME // 2], [2.0, 0.5])


def test_smear_is_the_mean_of_the_pictures_on_the_way():
    rng = np.random.default_rng(0)
    gym = rng.integers(0, 256, (60, 60, 3)).astype(np.uint8)
    path = np.array([[3.0, 1.0], [4.0, 1.0], [5.0, 3.0], [7.0, 2.0], [8.0, 5.0]])
    windows = [
        gym[20 + int(y) : 40 + int(y), 20 + int(x) : 40 + int(x)].astype(float) for x, y in path
    ]
    middle = cv2.filter2D(gym, cv2.CV_64F, smear_kernel(path))[20 + 3 : 40 + 3, 20 + 5 : 40 + 5]
    np.testing.assert_allclose(middle, np.mean(windows, axis=0), atol=1e-6)
    part = smear_kernel(np.array([[0.0, 0.0], [0.5, 0.0], [0.75, 0.0]]))
    assert part.sum() == pytest.approx(1)
    assert smear_kernel(np.full((5, 2), 3.0)) is None


@pytest.mark.parametrize("draw", [draw_post, draw_board])
def test_boards_stand_where_asked_for_and_on_the_floor(draw):
    board = draw(np.random.default_rng(1), "train", CAMERA, 300.0)
    pixels, depth = CAMERA.project(board.corners)
    assert pixels[:2, 0].mean() == pytest.approx(300, abs=3)
    assert (board.corners[:2, 1] == 0).all()
    assert (depth < np.linalg.norm(CAMERA.position)).all()
    picture = np.full((270, 480, 3), 90, np.uint8)
    draw_boards(picture, [board], CAMERA, np.zeros(2), None)
    rows, columns = np.nonzero((picture != 90).any(axis=2))
    assert abs(columns.min() - pixels[:, 0].min()) < 2
    assert abs(rows.max() - pixels[:, 1].max()) < 2
    smeared = np.full((270, 480, 3), 90, np.uint8)
    kernel = smear_kernel(np.array([[-6.0, 0.0], [0.0, 0.0], [6.0, 0.0]]))
    draw_boards(smeared, [board], CAMERA, np.zeros(2), kernel)
    assert np.nonzero((smeared != 90).any(axis=2))[1].min() < columns.min() - 3
    beside = np.full((270, 480, 3), 90, np.uint8)
    draw_boards(beside, [board], CAMERA, np.array([4000.0, 0.0]), None)
    assert (beside == 90).all()


@pytest.mark.parametrize("seed", range(4))
def test_passers_by_cross_in_front(seed):
    rng = np.random.default_rng(seed)
    motion = compose_passer_by(rng, draw_proportions(rng), CAMERA, 25.0, 200, 240.0)
    pixels, depth = CAMERA.project(motion.pelvis)
    assert abs(pixels[:, 0] - 240).min() < 12
    assert np.ptp(pixels[:, 0]) > 240
    assert (np.diff(pixels[:, 0]) * np.sign(pixels[-1, 0] - pixels[0, 0]) > -1).all()
    assert depth.max() < np.linalg.norm(CAMERA.position)
