import colorsys

import cv2
import numpy as np
import pytest

from vpdlib.demo.body import NUM_ANGLES, draw_proportions, make_pose, pose_figure
from vpdlib.demo.mesh import MATERIALS
from vpdlib.demo.parts import Style, build_mesh
from vpdlib.demo.render import draw_light, draw_person, dress, observe
from vpdlib.demo.scene import Camera, draw_camera, draw_colour, follow_athlete, paint_background
from vpdlib.skeleton import JOINTS13

RNG = np.random.default_rng(5)
BODY = draw_proportions(RNG)
MESH = build_mesh(BODY, Style())
SIZE = (320, 240)
#: Looks along -z from 8 m, so the athlete (facing +z) faces it.
FRONT = Camera(np.diag([1.0, -1.0, -1.0]), np.array([0.0, 1.2, 8.0]), 600.0, (160.0, 120.0), 0.0)
LIGHT = draw_light(RNG, 0.0)


def standing(turn_y=0.0, pose=None):
    cos, sin = np.cos(turn_y), np.sin(turn_y)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    root = np.array([[0, BODY.thigh + BODY.shank + BODY.ankle, 0]])
    return pose_figure(BODY, np.zeros((1, NUM_ANGLES)) if pose is None else pose, turn[None], root)


def paint(material, turn_y=0.0):
    """A picture in which only one material is white."""
    colours = np.zeros((len(MATERIALS), 3))
    colours[MATERIALS.index(material)] = 255
    person = dress(MESH, colours, np.random.default_rng(0))
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    figure = standing(turn_y)
    draw_person(picture, person, figure, np.array([0]), FRONT, LIGHT, np.zeros(2))
    return picture[..., 0] > 60


def test_mesh_normals_point_outward():
    world = MESH.vertices(standing(), 0)
    quads = world[MESH.quads]
    normal = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    # Divergence theorem: closed surfaces wound outward hold a positive volume, here of a whole person.
    volume = (quads.mean(axis=1) * normal / 2).sum(axis=1)[MESH.bias == 0].sum() / 3
    assert 0.03 < volume < 0.15


def test_projection_by_hand():
    pixels, depth = FRONT.project(np.array([[1.0, 2.2, 4.0], [0.0, 1.2, 0.0]]))
    np.testing.assert_allclose(pixels, [[160 + 150, 120 - 150], [160, 120]])
    np.testing.assert_allclose(depth, [4, 8])


def test_front_shows_the_face_and_back_shows_hair():
    assert paint("lips").any()
    assert not paint("lips", np.pi).any()
    assert paint("hair", np.pi).sum() > 1.5 * paint("hair").sum()
    assert paint("number", np.pi).sum() > paint("number").sum() > 0


def test_truth_lies_on_the_figure():
    person = dress(MESH, np.full((len(MATERIALS), 3), 255.0), np.random.default_rng(0))
    figure = standing(0.4)
    joints, visible, box = observe(person, figure, 0, FRONT, LIGHT, np.zeros(2), SIZE)
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    draw_person(picture, person, figure, np.array([0]), FRONT, LIGHT, np.zeros(2))
    inside = np.round(joints).astype(int)
    assert picture[inside[:, 1], inside[:, 0], 0].min() > 50
    rows, columns = np.nonzero(picture[..., 0] > 50)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(box, seen, atol=2)
    assert visible[JOINTS13.index("left_hip")]


def test_far_arm_is_hidden_from_the_side_and_outside_is_invisible():
    person = dress(MESH, np.full((len(MATERIALS), 3), 255.0), np.random.default_rng(0))
    # Turned to the athlete's right: the left side faces the camera.
    _, visible, _ = observe(person, standing(-np.pi / 2), 0, FRONT, LIGHT, np.zeros(2), SIZE)
    assert visible[JOINTS13.index("left_shoulder")]
    assert not visible[JOINTS13.index("right_shoulder")]
    shift = np.array([500.0, 0.0])
    _, visible, box = observe(person, standing(), 0, FRONT, LIGHT, shift, SIZE)
    assert not visible.any()
    assert (box[[0, 2]] == 0).all()
    picture = np.full((SIZE[1], SIZE[0], 3), 9, np.uint8)
    draw_person(picture, person, standing(), np.array([0]), FRONT, LIGHT, shift)
    assert (picture == 9).all()


def test_blur_takes_the_camera_along():
    person = dress(MESH, np.full((len(MATERIALS), 3), 200.0), np.random.default_rng(0))
    figure = pose_figure(
        BODY, np.zeros((3, NUM_ANGLES)), np.tile(np.eye(3), (3, 1, 1)), np.tile([0, 0.9, 0], (3, 1))
    )
    shifts = np.array([[0.0, 0.0], [4.0, 1.0], [9.0, -2.0]])
    pictures = []
    for samples, shift in (
        ([0], shifts[0]),
        ([1], shifts[1]),
        ([2], shifts[2]),
        ([0, 1, 2], shifts),
    ):
        picture = np.full((SIZE[1], SIZE[0], 3), 30, np.uint8)
        draw_person(picture, person, figure, np.array(samples), FRONT, LIGHT, shift)
        pictures.append(picture.astype(float))
    np.testing.assert_allclose(pictures[3], np.mean(pictures[:3], axis=0), atol=2)


def test_blur_is_the_mean_of_its_sharp_pictures():
    person = dress(MESH, np.full((len(MATERIALS), 3), 200.0), np.random.default_rng(0))
    poses = np.stack([make_pose(sh_abd=a) for a in (20, 40, 60)])
    one = standing()
    figure = pose_figure(
        BODY, poses, np.tile(np.eye(3), (3, 1, 1)), np.tile(one.origins[0, 0], (3, 1))
    )
    pictures = []
    for samples in ([0], [1], [2], [0, 1, 2]):
        picture = np.full((SIZE[1], SIZE[0], 3), 30, np.uint8)
        draw_person(picture, person, figure, np.array(samples), FRONT, LIGHT, np.zeros(2))
        pictures.append(picture.astype(float))
    np.testing.assert_allclose(pictures[3], np.mean(pictures[:3], axis=0), atol=2)


def test_splits_share_no_hue_and_no_camera():
    rng = np.random.default_rng(0)
    for code, split in enumerate(("train", "test")):
        for _ in range(200):
            red, green, blue = draw_colour(rng, split, (0.5, 0.9)) / 255
            assert int(colorsys.rgb_to_hsv(red, green, blue)[0] * 18) % 2 == code
    cameras = {
        split: [draw_camera(rng, split, i % 8, 480, 270, 1.7) for i in range(200)]
        for split in ("train", "test")
    }
    azimuth = {k: np.rad2deg([c.azimuth for c in v]) % 45 for k, v in cameras.items()}
    assert ((azimuth["train"] < 10.01) | (azimuth["train"] > 34.99)).all()
    assert ((azimuth["test"] > 12.4) & (azimuth["test"] < 32.6)).all()
    for axis in ("height", "distance"):
        measure = {
            k: [
                c.position[1] if axis == "height" else np.hypot(c.position[0], c.position[2])
                for c in v
            ]
            for k, v in cameras.items()
        }
        low, high = min(measure["test"]), max(measure["test"])
        assert not any(low <= value <= high for value in measure["train"])


@pytest.mark.parametrize("view", range(8))
def test_camera_shows_the_athlete_in_the_middle(view):
    camera = draw_camera(np.random.default_rng(view), "test", view, 480, 270, 1.7)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(camera.rotation) == pytest.approx(1)
    pixels, _ = camera.project(np.array([[0, 0, 0], [0, 1.7, 0]]))
    assert 0.43 * 270 < pixels[0, 1] - pixels[1, 1] < 0.56 * 270
    assert np.allclose(pixels[:, 0], 240, atol=1)


def test_pan_follows_lazily_and_background_covers_it():
    pelvis = np.column_stack([np.r_[np.full(50, 240.0), np.full(150, 500.0)], np.full(200, 150.0)])
    shift = follow_athlete(pelvis, 480, 270, 25.0)
    assert abs(shift[51, 0] - shift[49, 0]) < 40
    assert 180 < shift[-1, 0] <= 260
    camera = draw_camera(np.random.default_rng(0), "train", 1, 480, 270, 1.7)
    for split in ("train", "test"):
        canvas, origin = paint_background(np.random.default_rng(1), split, camera, 480, 270, shift)
        assert canvas.dtype == np.uint8
        assert (origin <= shift.min(axis=0)).all()
        reach = shift.max(axis=0) - origin + [480, 270]
        assert (reach <= [canvas.shape[1], canvas.shape[0]]).all()
        grey = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)
        assert cv2.Laplacian(grey, cv2.CV_64F).std() > 1
