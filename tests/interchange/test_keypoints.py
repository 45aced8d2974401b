"""Keypoints of other tools: three file forms, four orders of joints, and what is refused."""

import pickle

import h5py
import numpy as np
import pytest

from vpdlib.datasets.adapters.base import VideosToLabel
from vpdlib.datasets.adapters.poses import PosesAdapter
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.paths import DataFolder
from vpdlib.interchange.keypoints import ORDERS, read_keypoints, to_coco17
from vpdlib.interchange.labels import labelled_actions
from vpdlib.skeleton import COCO17, JOINTS13


def numbered(names, num_frames=4, columns=2):
    """Joint number n of ``names`` is at (n, 100 + n) px, plus the frame."""
    place = np.arange(len(names), dtype=np.float32)
    pose = np.stack([place, 100 + place], axis=1) + np.arange(num_frames)[:, None, None]
    if columns == 3:
        pose = np.concatenate([pose, np.full((num_frames, len(names), 1), 0.5)], axis=2)
    return pose.astype(np.float32)


@pytest.mark.parametrize("joint_names", ORDERS)
@pytest.mark.parametrize("columns", [2, 3])
def test_joints_find_their_place(joint_names, columns):
    names = ORDERS[joint_names]
    found = to_coco17(numbered(names, columns=columns), joint_names, "x")
    assert found.shape == (4, 17, 3)
    assert found.dtype == np.float32
    for place, name in enumerate(COCO17):
        if name in names:
            assert found[2, place, 0] == names.index(name) + 2
            assert found[2, place, 2] == (1.0 if columns == 2 else 0.5)
        else:
            assert name in ("left_eye", "right_eye", "left_ear", "right_ear")
            assert np.isnan(found[2, place, :2]).all()
            assert found[2, place, 2] == 0
    # Every order has all that the method needs.
    assert set(JOINTS13) <= set(names)


def test_missing_joints_have_no_score():
    pose = numbered(JOINTS13, columns=3)
    pose[1, 3] = (np.nan, 5, 0.9)
    pose[2, 4] = (np.inf, 5, 0.9)
    found = to_coco17(pose, "joints13", "x")
    for frame, joint in ((1, 3), (2, 4)):
        row = found[frame, COCO17.index(JOINTS13[joint])]
        assert np.isnan(row[:2]).all()
        assert row[2] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p[:, :12], r"has shape \(4, 12, 2\), expected \(T, 13, 2 or 3\)"),
        (lambda p: p[:0], r"shape \(0, 13, 2\)"),
        (lambda p: p[0], r"shape \(13, 2\)"),
        (lambda p: np.concatenate([p, p], axis=2), r"shape \(4, 13, 4\)"),
        (lambda p: np.concatenate([p, p[..., :1] + 50], axis=2), "expected 0 to 1. Scale them"),
        (lambda p: np.concatenate([p, p[..., :1] - 50], axis=2), "expected 0 to 1. Scale them"),
    ],
)
def test_other_shapes_and_scores_are_refused(change, message):
    with pytest.raises(DatasetError, match=message):
        to_coco17(change(numbered(JOINTS13)), "joints13", "x")


def test_npz_with_folders_and_facts(tmp_path):
    path = tmp_path / "poses.npz"
    np.savez(
        path, fps=30.0, width=320, **{"golf/a": numbered(JOINTS13), "b": numbered(JOINTS13, 6)}
    )
    clips = read_keypoints(path, "joints13")
    assert set(clips) == {"a", "b"}
    assert (clips["a"].fps, clips["a"].width, clips["a"].height) == (30.0, 320, None)
    assert (clips["a"].label, clips["b"].label) == ("golf", None)
    assert len(clips["b"].keypoints_px) == 6
    assert set(read_keypoints(path, "joints13", only={"b"})) == {"b"}


def test_hdf5_groups_and_datasets(tmp_path):
    path = tmp_path / "poses.h5"
    with h5py.File(path, "w") as file:
        file.attrs["fps"] = 25.0
        file.create_dataset("x/a/keypoints", data=numbered(COCO17), compression="gzip")
        file["x/a"].attrs.update(fps=50.0, width=640, height=360)
        file.create_dataset("b", data=numbered(COCO17, 2))
    clips = read_keypoints(path, "coco17")
    assert (clips["a"].fps, clips["a"].width, clips["a"].height) == (50.0, 640, 360)
    assert (clips["b"].fps, clips["b"].label, clips["a"].label) == (25.0, None, "x")


def pyskl(**changes):
    place = np.stack([numbered(COCO17), numbered(COCO17) + 1000]).astype(np.float16)
    score = np.full(place.shape[:3], 0.4, np.float16)
    score[1] = 0.8
    annotation = {
        "frame_dir": "clip_a",
        "label": 7,
        "img_shape": (360, 640),
        "original_shape": (360, 640),
        "total_frames": 4,
        "keypoint": place,
        "keypoint_score": score,
        **changes,
    }
    other = {**annotation, "frame_dir": "clip_b", "label": 3}
    return {"split": {"train": ["clip_a"], "val": ["clip_b"]}, "annotations": [annotation, other]}


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_pyskl_annotations(protocol, tmp_path):
    path = tmp_path / "gym.pkl"
    path.write_bytes(pickle.dumps(pyskl(), protocol))
    clips = read_keypoints(path, "coco17", fps=25.0)
    assert (clips["clip_a"].label, clips["clip_a"].splits) == (7, ("train",))
    assert (clips["clip_b"].label, clips["clip_b"].splits) == (3, ("val",))
    assert (clips["clip_a"].width, clips["clip_a"].height, clips["clip_a"].fps) == (640, 360, 25.0)
    # The second person scores higher.
    assert clips["clip_a"].keypoints_px[0, 0, 0] == 1000
    assert clips["clip_a"].keypoints_px[0, 0, 2] == pytest.approx(0.8, abs=1e-3)
    assert set(read_keypoints(path, "coco17", only={"clip_b"})) == {"clip_b"}


def test_a_bare_list_and_no_scores(tmp_path):
    path = tmp_path / "x.pickle"
    annotations = pyskl(keypoint_score=None)["annotations"]
    path.write_bytes(pickle.dumps(annotations))
    clips = read_keypoints(path, "coco17")
    assert clips["clip_a"].splits == ()
    assert (clips["clip_a"].keypoints_px[..., 2] == 1).all()


def splits_chosen(folder, split, **settings):
    """The split of each clip of a PySKL file, by its settings."""
    path = folder / "ntu.pkl"
    path.write_bytes(pickle.dumps({**pyskl(), "split": split}))
    clips = read_keypoints(path, "coco17", fps=25.0)
    adapter = PosesAdapter(keypoints="ntu.pkl", fps=25.0, **settings)
    sources = adapter.sources_in(path, clips)
    videos = VideosToLabel(path, sources, clips, dict.fromkeys(clips, 1.0))
    actions = labelled_actions(adapter, DataFolder(folder), videos)
    return {action.video_id: action.split for action in actions}


#: Two protocols, as files of NTU RGB+D have them.
TWO_PROTOCOLS = {
    "xsub_train": ["clip_a"],
    "xsub_val": ["clip_b"],
    "xview_train": ["clip_b"],
    "xview_val": ["clip_a"],
}


def test_test_splits_choose_among_protocols(tmp_path):
    by_person = splits_chosen(tmp_path, TWO_PROTOCOLS, test_splits=("xsub_val",))
    assert by_person == {"clip_a": "train", "clip_b": "test"}
    by_view = splits_chosen(tmp_path, TWO_PROTOCOLS, test_splits=("xview_val",))
    assert by_view == {"clip_a": "test", "clip_b": "train"}
    assert splits_chosen(tmp_path, pyskl()["split"]) == {"clip_a": "train", "clip_b": "test"}
    assert splits_chosen(tmp_path, {}) == {"clip_a": None, "clip_b": None}


def test_a_file_without_the_test_splits_is_refused_naming_its_own(tmp_path):
    with pytest.raises(
        DatasetError, match=r"ntu.pkl: adapter.test_splits is \['val', 'test'\]"
    ) as e:
        splits_chosen(tmp_path, TWO_PROTOCOLS)
    assert str(sorted(TWO_PROTOCOLS)) in str(e.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keypoint": np.zeros((4, 17, 2))}, r"annotation 0: expected keypoint \(M, T, J, 2\)"),
        ({"keypoint_score": np.zeros((1, 4, 17))}, "keypoint_score does not fit"),
        ({"frame_dir": 3}, "annotation 0 has no frame_dir"),
        ({"frame_dir": "../x y"}, "is a path of somebody"),
        ({"frame_dir": "clip_b"}, "'clip_b' is there twice"),
    ],
)
def test_wrong_annotations_are_refused(changes, message, tmp_path):
    path = tmp_path / "gym.pkl"
    data = pyskl()
    data["annotations"][0].update(changes)
    path.write_bytes(pickle.dumps(data))
    with pytest.raises(DatasetError, match=message):
        read_keypoints(path, "coco17")


class Runs:
    def __reduce__(self):
        return (print, ("executed",))


def test_a_malicious_pickle_is_refused(tmp_path, capsys):
    path = tmp_path / "gym.pkl"
    path.write_bytes(pickle.dumps({"annotations": [Runs()]}))
    with pytest.raises(DatasetError, match=r"the name 'builtins\.print'"):
        read_keypoints(path, "coco17")
    assert "executed" not in capsys.readouterr().out


def test_files_of_another_form_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read_keypoints(tmp_path / "none.npz", "coco17")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DatasetError, match=r"ending '\.txt' are not read"):
        read_keypoints(tmp_path / "a.txt", "coco17")
    for ending in ("npz", "h5", "pkl"):
        path = tmp_path / f"garbage.{ending}"
        path.write_bytes(b"no such thing")
        with pytest.raises(DatasetError, match=f"garbage.{ending}"):
            read_keypoints(path, "coco17")
    np.savez(tmp_path / "objects.npz", a=np.array([{}], object))
    with pytest.raises(DatasetError, match="Store numbers, not objects"):
        read_keypoints(tmp_path / "objects.npz", "coco17")
    np.savez(tmp_path / "text.npz", a=np.array(["x"]))
    with pytest.raises(DatasetError, match="expected numbers"):
        read_keypoints(tmp_path / "text.npz", "coco17")
    np.savez(tmp_path / "twice.npz", **{"x/a": numbered(COCO17), "y/a": numbered(COCO17)})
    with pytest.raises(DatasetError, match="'x/a' and 'y/a' end in one id"):
        read_keypoints(tmp_path / "twice.npz", "coco17")
    np.savez(tmp_path / "none.npz", b=numbered(COCO17))
    with pytest.raises(DatasetError, match="holds none of the videos"):
        read_keypoints(tmp_path / "none.npz", "coco17", only={"a"})


def test_claimed_sizes_are_no_reason_to_allocate(tmp_path):
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("a", shape=(1 << 40, 17, 2), dtype="f4", chunks=(1024, 17, 2))
    with pytest.raises(DatasetError, match="more than the file can hold"):
        read_keypoints(path, "coco17")
    with h5py.File(path, "w") as file:
        shape = (1 << 27, 17, 2)
        file.create_dataset("a", shape=shape, dtype="f4", chunks=(1024, 17, 2), compression="gzip")
    with pytest.raises(DatasetError, match="more than the file can hold or is read"):
        read_keypoints(path, "coco17")
