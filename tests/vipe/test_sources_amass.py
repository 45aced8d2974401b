"""AMASS: forward kinematics against SciPy and known poses, shapes, body models, both forms, layout, damage."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.amass import read_amass, read_body_model, rotations

#: smplx's names of the body joints, their parents, and a T-pose facing +z, y up, the left at +x; metres.
BODY = {
    "pelvis": (None, (0, 0.9, 0)),
    "left_hip": ("pelvis", (0.1, 0.85, 0)),
    "right_hip": ("pelvis", (-0.1, 0.85, 0)),
    "spine1": ("pelvis", (0, 1.0, 0)),
    "left_knee": ("left_hip", (0.1, 0.45, 0)),
    "right_knee": ("right_hip", (-0.1, 0.45, 0)),
    "spine2": ("spine1", (0, 1.1, 0)),
    "left_ankle": ("left_knee", (0.1, 0.05, 0)),
    "right_ankle": ("right_knee", (-0.1, 0.05, 0)),
    "spine3": ("spine2", (0, 1.2, 0)),
    "left_foot": ("left_ankle", (0.1, 0, 0.1)),
    "right_foot": ("right_ankle", (-0.1, 0, 0.1)),
    "neck": ("spine3", (0, 1.4, 0)),
    "left_collar": ("spine3", (0.05, 1.35, 0)),
    "right_collar": ("spine3", (-0.05, 1.35, 0)),
    "head": ("neck", (0, 1.5, 0.02)),
    "left_shoulder": ("left_collar", (0.2, 1.35, 0)),
    "right_shoulder": ("right_collar", (-0.2, 1.35, 0)),
    "left_elbow": ("left_shoulder", (0.5, 1.35, 0)),
    "right_elbow": ("right_shoulder", (-0.5, 1.35, 0)),
    "left_wrist": ("left_elbow", (0.75, 1.35, 0)),
    "right_wrist": ("right_elbow", (-0.75, 1.35, 0)),
}
NAMES = list(BODY)
REST = np.array([place for _, place in BODY.values()], dtype=float)
UPRIGHT = (np.pi / 2, 0.0, 0.0)  # takes y up to z up, so that the person faces -y
NUM_JOINTS = {"smpl": 24, "smplh": 52, "smplx": 55}


def write_model(path, kind="smplh", rest=REST, num_vertices=None, num_betas=16, **changes):
    """Two vertices around each joint, and others far away; returns the shape's directions (22, 3, B)."""
    count = NUM_JOINTS[kind]
    num_vertices = num_vertices or 2 * count
    template = np.full((num_vertices, 3), 30.0)
    template[: 2 * count] = 5.0
    template[:22] = rest - np.array([0.05, 0, 0])
    template[count : count + 22] = rest + np.array([0.05, 0, 0])
    regressor = np.zeros((count, num_vertices))
    regressor[np.arange(count), np.arange(count)] = 0.5
    regressor[np.arange(count), np.arange(count) + count] = 0.5
    shapes = np.random.default_rng(3).normal(size=(num_vertices, 3, num_betas)) * 0.01
    parents = [2**32 - 1, *(NAMES.index(parent) for parent, _ in list(BODY.values())[1:])]
    parents += [20] * (count - 22)
    arrays = {
        "v_template": template,
        "shapedirs": shapes,
        "J_regressor": regressor,
        "kintree_table": np.array([parents, np.arange(count)], dtype=np.uint32),
        "objects": np.array([{}], dtype=object),  # the models of smplx hold some
        **changes,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return (shapes[:22] + shapes[count : count + 22]) / 2


def write_clip(path, vectors, drop=(), **changes):
    """SMPL-H form; vectors (T, 22, 3)."""
    frames = len(vectors)
    poses = np.random.default_rng(5).normal(size=(frames, 156))
    poses[:, :66] = np.reshape(vectors, (frames, 66))
    arrays = {
        "poses": poses,
        "trans": np.zeros((frames, 3)),
        "betas": np.zeros(16),
        "gender": np.array("female"),
        "mocap_framerate": np.array(30.0),
        "dmpls": np.zeros((frames, 8)),
        **changes,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: array for name, array in arrays.items() if name not in drop})


def standing(frames=1):
    vectors = np.zeros((frames, 22, 3))
    vectors[:, 0] = UPRIGHT
    return vectors


def random_poses(frames, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(frames, 22, 3)) * 0.3
    vectors[:, 0] = UPRIGHT
    vectors[:, 20, 0] = 3.0  # near half a turn
    return vectors


def chained(rest, vectors, trans):
    """4 x 4 matrices down the tree, as SMPL's own code does."""
    places = []
    for frame, move in zip(vectors, trans, strict=True):
        world = {}
        for row, (name, (parent, _)) in enumerate(BODY.items()):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_rotvec(frame[row]).as_matrix()
            above = rest[NAMES.index(parent)] if parent else 0
            local[:3, 3] = rest[row] - above
            world[name] = world[parent] @ local if parent else local
        places.append([world[name][:3, 3] + move for name in NAMES])
    return np.array(places)


def places(motion, name):
    return motion.xyz[:, JOINTS13.index(name)]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.npz"
    write_model(path)
    return path


def test_rotations_are_those_of_scipy():
    vectors = np.random.default_rng(0).normal(size=(200, 3)) * 3
    vectors[:4] = [[0, 0, 0], [1e-9, 0, 0], [0, np.pi, 0], [1e-5, -2e-5, 0]]
    expected = Rotation.from_rotvec(vectors).as_matrix()
    np.testing.assert_allclose(rotations(vectors), expected, atol=1e-12)


def test_joints_are_those_of_a_chain_of_matrices(tmp_path):
    directions = write_model(tmp_path / "model.npz")
    rng = np.random.default_rng(1)
    vectors, trans, betas = random_poses(7), rng.normal(size=(7, 3)), rng.normal(size=16)
    write_clip(tmp_path / "a/CMU/01/01_01_poses.npz", vectors, trans=trans, betas=betas)
    (motion,) = read_amass(tmp_path / "a", tmp_path / "model.npz")
    expected = chained(REST + directions @ betas, vectors, trans)
    for name in JOINTS13:
        row = NAMES.index("head" if name == "nose" else name)
        np.testing.assert_allclose(places(motion, name), expected[:, row], atol=1e-5)
    assert (motion.name, motion.subject) == ("CMU/01/01_01_poses", "CMU/01")
    assert (motion.source, motion.fps) == ("amass", 30)


def test_a_left_arm_raised_a_quarter_turn_points_up(tmp_path, model):
    vectors = standing(2)
    vectors[1, NAMES.index("left_shoulder")] = (0, 0, np.pi / 2)
    write_clip(tmp_path / "a/CMU/01/arm.npz", vectors, trans=np.array([[0, 0, 0], [1.0, 2, 3]]))
    (motion,) = read_amass(tmp_path / "a", model)
    arm = places(motion, "left_wrist") - places(motion, "left_shoulder")
    np.testing.assert_allclose(arm, [[0.55, 0, 0], [0, 0, 0.55]], atol=1e-6)
    arm = places(motion, "right_wrist") - places(motion, "right_shoulder")
    np.testing.assert_allclose(arm, [[-0.55, 0, 0]] * 2, atol=1e-6)
    # The person faces -y, so the left is at +x; the body turns about the pelvis, which stays at its rest place.
    hips = places(motion, "left_hip") + places(motion, "right_hip")
    np.testing.assert_allclose(hips[0] / 2, [0, 0.9, -0.05], atol=1e-6)
    np.testing.assert_allclose(hips[1] / 2, [1, 2.9, 2.95], atol=1e-6)


def test_betas_change_the_length_of_bones(tmp_path):
    shapes = np.zeros((104, 3, 16))
    knee = NAMES.index("left_knee")
    shapes[[knee, 52 + knee], 1, 1] = -0.1
    write_model(tmp_path / "model.npz", shapedirs=shapes)
    lengths = []
    for value in (0.0, 1.0):
        betas = np.zeros(16)
        betas[1] = value
        write_clip(tmp_path / "a/CMU/01/x.npz", random_poses(3), betas=betas)
        (motion,) = read_amass(tmp_path / "a", tmp_path / "model.npz")
        thigh = places(motion, "left_knee") - places(motion, "left_hip")
        lengths.append(np.linalg.norm(thigh, axis=1))
    np.testing.assert_allclose(lengths, [[0.4] * 3, [0.5] * 3], atol=1e-6)


def test_betas_beyond_those_of_the_model_are_left_out(tmp_path):
    directions = write_model(tmp_path / "model.npz", num_betas=10)
    betas = np.arange(16) / 8.0
    write_clip(tmp_path / "a/CMU/01/x.npz", standing(), betas=betas)
    (motion,) = read_amass(tmp_path / "a", tmp_path / "model.npz")
    expected = chained(REST + directions @ betas[:10], standing(), np.zeros((1, 3)))
    found = places(motion, "left_wrist")
    np.testing.assert_allclose(found, expected[:, NAMES.index("left_wrist")], atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "num_vertices", "nose"), [("smplh", 6890, 332), ("smplx", 10475, 9120)]
)
def test_the_nose_of_a_known_mesh_is_carried_by_the_head(tmp_path, kind, num_vertices, nose):
    rest_nose = np.array([0, 1.55, 0.15])
    path = tmp_path / "model.npz"
    write_model(path, kind, num_vertices=num_vertices, num_betas=2)
    with np.load(path) as file:
        template = file["v_template"]
    template[nose] = rest_nose
    shapes = np.zeros((num_vertices, 3, 2))
    shapes[nose, 2, 0] = 0.01
    write_model(path, kind, num_vertices=num_vertices, v_template=template, shapedirs=shapes)
    vectors = standing(2)
    vectors[1, NAMES.index("head")] = (0, np.pi / 2, 0)  # looks to the left
    columns = {"smplh": 156, "smplx": 165}[kind]
    poses = np.zeros((2, columns))
    poses[:, :66] = vectors.reshape(2, 66)
    write_clip(tmp_path / "a/CMU/01/x.npz", vectors, poses=poses, betas=np.array([1.0, 0]))
    (motion,) = read_amass(tmp_path / "a", path)
    # The head joint is at (0, -0.02, 1.5) and the pelvis at (0, 0.9, 0) of the world at rest.
    expected = [[0, 0.9 - 0.16, 0.65], [0.14, 0.9 - 0.02, 0.65]]
    np.testing.assert_allclose(places(motion, "nose"), expected, atol=1e-6)


def test_stage_2_files_need_a_smplx_model(tmp_path):
    vectors = random_poses(4)
    arrays = {
        "root_orient": vectors[:, 0],
        "pose_body": vectors[:, 1:].reshape(4, 63),
        "mocap_frame_rate": np.array(60.0),
        "surface_model_type": np.array("smplx"),
        "gender": np.array("neutral"),
    }
    path = tmp_path / "a/ACCAD/s007/walk_stageii.npz"
    write_clip(path, vectors, ("poses", "mocap_framerate"), **arrays)
    models = tmp_path / "models"
    write_model(models / "smplh/neutral/model.npz", rest=REST * 1.1)
    with pytest.raises(
        MotionError, match=r"walk_stageii\.npz needs a neutral body model of kind smplx"
    ):
        read_amass(tmp_path / "a", models)
    with pytest.raises(MotionError, match=r"of kind smplx, .* is smplh"):
        read_amass(tmp_path / "a", models / "smplh/neutral/model.npz")
    write_model(models / "smplx/SMPLX_NEUTRAL.npz", "smplx", num_betas=400)
    for drop in ((), ("surface_model_type",)):
        write_clip(path, vectors, ("poses", "mocap_framerate", *drop), **arrays)
        (motion,) = read_amass(tmp_path / "a", models, target_fps=None)
        expected = chained(REST, vectors, np.zeros((4, 3)))
        found = places(motion, "right_ankle")
        np.testing.assert_allclose(found, expected[:, NAMES.index("right_ankle")], atol=1e-6)
        assert motion.fps == 60


@pytest.mark.parametrize(
    ("gender", "scale"),
    [
        (np.array("female"), 1.1),
        (np.array(b"male"), 0.9),
        (np.array("b'male'"), 0.9),
        (np.array(["neutral"]), 1.0),
        (np.array("Female"), 1.1),
    ],
)
def test_the_model_of_the_gender_is_taken(tmp_path, gender, scale):
    models = tmp_path / "models"
    write_model(models / "smplh/female/model.npz", rest=REST * 1.1)
    write_model(models / "smplh/male/model.npz", rest=REST * 0.9)
    write_model(models / "SMPL_NEUTRAL.npz", "smpl")
    np.savez(models / "male_dmpls.npz", eigvec=np.zeros(3))
    write_clip(tmp_path / "a/CMU/01/x.npz", standing(), gender=gender)
    (motion,) = read_amass(tmp_path / "a", models)
    arm = places(motion, "left_wrist") - places(motion, "left_shoulder")
    assert arm[0, 0] == pytest.approx(0.55 * scale, abs=1e-6)


def test_body_models_that_are_missing_or_there_twice(tmp_path):
    models = tmp_path / "models"
    write_model(models / "smplh/male/model.npz")
    write_clip(tmp_path / "a/CMU/01/x.npz", standing())
    with pytest.raises(MotionError, match=r"needs a female body model of kind smplh.*smplh male"):
        read_amass(tmp_path / "a", models)
    write_model(models / "v2/SMPLH_MALE.npz")
    with pytest.raises(MotionError, match="are both smplh male"):
        read_amass(tmp_path / "a", models)
    with pytest.raises(MotionError, match="nowhere is no folder"):
        read_amass(tmp_path / "a", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"J_regressor": None}, r"lacks \['J_regressor'\]"),
        ({"shapedirs": np.zeros((104, 3))}, r"shapedirs.*\(104, 3\)"),
        ({"v_template": np.zeros((100, 3))}, "expected floats"),
        ({"kintree_table": np.zeros((2, 52), int)}, "a tree"),
        ({"kintree_table": np.zeros((2, 16), int)}, "a tree"),
        ({"J_regressor": np.array([{}], dtype=object)}, "no plain array"),
    ],
)
def test_wrong_body_models(tmp_path, changes, message):
    path = tmp_path / "model.npz"
    write_model(path, **changes)
    with pytest.raises(MotionError, match=message):
        read_body_model(path)


def test_layout_thinning_and_files_that_are_no_motions(tmp_path, model):
    vectors = random_poses(20)
    folder = tmp_path / "a"
    write_clip(folder / "KIT/3/b_poses.npz", vectors, mocap_framerate=np.array(120.0))
    write_clip(folder / "EyesJapanDataset/Eyes/aita/x.npz", vectors, mocap_framerate=np.array(25))
    np.savez(folder / "KIT/3/shape.npz", betas=np.zeros(16))
    np.savez(folder / "KIT/3/female_stagei.npz", betas=np.zeros(16))
    eyes, kit = read_amass(folder, model)
    assert (eyes.name, eyes.subject) == (
        "EyesJapanDataset/Eyes/aita/x",
        "EyesJapanDataset/Eyes/aita",
    )
    assert (kit.name, kit.subject) == ("KIT/3/b_poses", "KIT/3")
    assert (eyes.fps, len(eyes.xyz), kit.fps, len(kit.xyz)) == (25, 20, 30, 5)
    np.testing.assert_array_equal(kit.xyz, eyes.xyz[::4])
    eyes, kit = read_amass(folder, model, target_fps=None, every=5)
    assert (eyes.fps, len(eyes.xyz), kit.fps, len(kit.xyz)) == (5, 4, 24, 4)
    _, kit = read_amass(folder, model, target_fps=60, every=3)
    assert (kit.fps, len(kit.xyz)) == (20, 4)
    for wrong in ({"target_fps": 0.0}, {"every": 0}):
        with pytest.raises(MotionError, match=" is 0"):
            read_amass(folder, model, **wrong)


def test_frames_that_are_not_finite_cut_a_motion(tmp_path, model):
    vectors, trans = random_poses(8), np.zeros((8, 3))
    vectors[2, 3] = np.nan
    vectors[4, 10] = np.nan  # a toe's turn moves no joint of the 13
    trans[7] = np.inf
    write_clip(tmp_path / "a/CMU/01/x.npz", vectors, trans=trans)
    first, second = read_amass(tmp_path / "a", model)
    assert (first.name, len(first.xyz)) == ("CMU/01/x#0", 2)
    assert (second.name, len(second.xyz)) == ("CMU/01/x#3", 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"poses": np.zeros((3, 150))}, r"rotations and trans are \[\(3, 150\), \(3, 3\)\]"),
        ({"poses": np.zeros((2, 156))}, "rotations and trans"),
        ({"poses": np.zeros(156)}, "rotations and trans"),
        ({"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3))}, "rotations and trans"),
        ({"trans": np.zeros((3, 2))}, "rotations and trans"),
        ({"poses": np.zeros((3, 156), int)}, "rotations and trans"),
        ({"drop": ["trans"]}, "rotations and trans"),
        ({"drop": ["poses"]}, "neither poses nor root_orient and pose_body"),
        ({"drop": ["betas"]}, "betas are None"),
        ({"betas": np.full(16, np.nan)}, "betas are"),
        ({"drop": ["mocap_framerate"]}, "mocap_framerate or mocap_frame_rate"),
        ({"mocap_framerate": np.array(0.0)}, "0.0 frames a second"),
        ({"gender": np.array("other")}, "needs a other body model"),
        ({"betas": np.array([{}], dtype=object)}, "no plain array"),
        ({"trans": np.full((3, 3), np.nan)}, "none of 3 frames is finite"),
    ],
)
def test_wrong_clips(tmp_path, changes, message):
    write_model(tmp_path / "models/female/model.npz")
    write_clip(tmp_path / "a/CMU/01/x.npz", standing(3), **changes)
    with pytest.raises(MotionError, match=message) as caught:
        read_amass(tmp_path / "a", tmp_path / "models")
    assert "CMU/01/x" in str(caught.value)


def test_wrong_folders_and_axes(tmp_path, model):
    with pytest.raises(MotionError, match="nowhere is no folder"):
        read_amass(tmp_path / "nowhere", model)
    folder = tmp_path / "a"
    folder.mkdir()
    with pytest.raises(MotionError, match="holds no file"):
        read_amass(folder, model)
    (folder / "CMU/01").mkdir(parents=True)
    np.savez(folder / "CMU/01/shape.npz", betas=np.zeros(16))
    with pytest.raises(MotionError, match="only files of shapes"):
        read_amass(folder, model)
    write_clip(folder / "CMU/x.npz", standing())
    with pytest.raises(MotionError, match="not in a folder of a subject"):
        read_amass(folder, model)
    (folder / "CMU/x.npz").unlink()
    write_clip(folder / "CMU/01/x.npz", standing() * 0)
    with pytest.raises(MotionError, match="z is up"):
        read_amass(folder, model)
    (folder / "CMU/01/x.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(MotionError, match="damaged"):
        read_amass(folder, model)
