"""Agreement with ground truth, counted by hand."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from vpdlib.poses.normalize import normalize_pose
from vpdlib.report.accuracy import (
    JHMDB15,
    Tally,
    VideoTruth,
    inverted_of,
    measure_boxes,
    measure_poses,
    read_demo_truth,
    read_npz_truth,
)
from vpdlib.skeleton import COCO17_TO_JOINTS13, JOINTS13

NAN = np.nan


def person(x=100.0, y=50.0, torso=40.0, flipped=False):
    """13 joints of somebody upright (or upside down) whose torso is as long as asked: (13, 2) px."""
    sign = -1 if flipped else 1
    heights = {"nose": -20, "shoulder": 0, "elbow": 15, "wrist": 30, "hip": torso}
    heights |= {"knee": torso + 30, "ankle": torso + 60}
    return np.array([[x, y + sign * heights[name.split("_")[-1]]] for name in JOINTS13])


def coco(joints):
    """The 13 joints as COCO-17 with scores: (17, 3)."""
    keypoints = np.zeros((17, 3))
    keypoints[COCO17_TO_JOINTS13, :2] = joints
    keypoints[:, 2] = 0.9
    return keypoints


def rows(tally):
    table = tally.table()
    keys = zip(table["measure"], table["source"], table["split"], table["frames"], strict=True)
    return dict(
        zip(
            keys,
            table.drop(columns=["measure", "source", "split", "frames"]).to_dict("records"),
            strict=True,
        )
    )


def test_who_is_upside_down():
    joints = np.stack([person(), person(flipped=True), person(torso=0.0)])
    assert inverted_of(joints).tolist() == [False, True, False]


def test_iou_by_hand():
    true_box = np.array(
        [
            [0, 0, 10, 10],
            [0, 0, 10, 10],
            [0, 0, 10, 10],
            [0, 0, 10, 10],
            [NAN, NAN, NAN, NAN],  # not known
            [5, 5, 5, 9],  # empty
            [0, 0, 10, 10],
        ]
    )
    box = np.array(
        [
            [0, 0, 10, 10],  # 1
            [5, 0, 15, 10],  # 50 / 150
            [0, 0, 10, 6],  # 0.6
            [NAN, NAN, NAN, NAN],  # nobody found: 0
            [0, 0, 10, 10],
            [5, 5, 9, 9],
        ]
    )
    inverted = np.array([False, False, True, True, True, False, False])
    tally = Tally()
    # The track is one frame shorter; what lies beyond is not measured.
    measure_boxes(tally, "test", box, VideoTruth(None, true_box, inverted))
    found = rows(tally)
    assert found["box_iou", "track", "test", "all"] == {
        "num_frames": 4,
        "mean": round((1 + 1 / 3 + 0.6 + 0) / 4, 4),
        "share_above_0.5": 0.5,
    }
    assert found["box_iou", "track", "test", "inverted"] == {
        "num_frames": 2,
        "mean": 0.3,
        "share_above_0.5": 0.5,
    }
    assert found["box_iou", "track", "test", "upright"]["mean"] == round((1 + 1 / 3) / 2, 4)


def test_iou_of_whole_numbers_and_without_joints():
    tally = Tally()
    truth = VideoTruth(None, np.array([[0, 0, 200, 200]], np.int16), None)
    measure_boxes(tally, "train", np.array([[0, 0, 200, 100]], np.float32), truth)
    measure_boxes(tally, "train", np.zeros((1, 4)), VideoTruth(None, None, None))
    assert list(rows(tally)) == [("box_iou", "track", "train", "all")]
    assert rows(tally)["box_iou", "track", "train", "all"]["mean"] == 0.5


def test_pck_by_hand():
    """Torso 40 px: a joint is right within 8 px, or within 0.1 of the normalised pose."""
    truth = np.stack([person(), person(), person(flipped=True), person()])
    answers = truth.copy()
    answers[0, 0] += [7.9, 0]  # still right
    answers[1, 0] += [8.1, 0]  # wrong: 12 of 13
    answers[1, 5] += [0, -30]  # wrong: 11 of 13
    answers[2] += [100, 0]  # all wrong in pixels, right once it is centred
    frame = np.array([0, 1, 2, 9])  # the truth has no frame 9
    kept = np.array([True, False, True, True])
    student = normalize_pose(truth)
    student[2, :2] += 0.2  # the nose: 12 of 13
    tally = Tally()
    measure_poses(
        tally,
        "test",
        frame,
        np.stack([coco(joints) for joints in answers]),
        kept,
        {"vpd2d": student},
        VideoTruth(truth, None, None),
    )
    found = rows(tally)

    def mean(measure, source, group):
        return found[measure, source, "test", group]["mean"]

    def fraction(*right):
        return round(sum(right) / len(right) / 13, 4)

    assert mean("pck_px", "teacher", "all") == fraction(13, 11, 0)
    assert mean("pck_px", "teacher", "kept") == fraction(13, 0)
    assert mean("pck_px", "teacher", "rejected") == fraction(11)
    assert mean("pck_px", "teacher", "upright") == fraction(13, 11)
    assert mean("pck_px", "teacher", "inverted") == 0
    assert mean("pck_norm", "teacher", "all") == fraction(13, 11, 13)
    assert mean("pck_norm", "vpd2d", "all") == fraction(13, 13, 12)
    assert mean("pck_norm", "vpd2d", "inverted") == fraction(12)
    assert found["pck_norm", "vpd2d", "test", "all"]["num_frames"] == 3
    assert found["pck_norm", "vpd2d", "test", "kept"]["num_frames"] == 2
    assert {source for measure, source, *_ in found if measure == "pck_px"} == {"teacher"}
    assert tally.table()["share_above_0.5"].isna().all()


@pytest.mark.filterwarnings("error")
def test_unknown_truth_and_missing_answers():
    truth = np.stack([person(), person(), person()])
    truth[0] = NAN  # nothing is known of this frame: not counted
    truth[1, 12] = NAN  # one joint unknown: the other 12 count, in pixels
    keypoints = np.stack([coco(person())] * 3)
    keypoints[2] = NAN  # no answer where there is a truth: all wrong
    tally = Tally()
    flags = np.zeros(3, bool)
    truth_of_video = VideoTruth(truth, None, flags)
    measure_poses(tally, "val", np.arange(3), keypoints, ~flags, {}, truth_of_video)
    found = rows(tally)
    assert found["pck_px", "teacher", "val", "all"]["num_frames"] == 2
    assert found["pck_px", "teacher", "val", "all"]["mean"] == 0.5
    # The normalised truth of frame 1 is unknown as a whole.
    assert found["pck_norm", "teacher", "val", "all"]["num_frames"] == 1
    assert found["pck_norm", "teacher", "val", "all"]["mean"] == 0
    assert found["pck_px", "teacher", "val", "inverted"]["num_frames"] == 0
    assert np.isnan(found["pck_px", "teacher", "val", "inverted"]["mean"])
    for frame, known in (
        (np.empty(0, int), truth_of_video),
        (np.arange(3), VideoTruth(None, None, None)),
    ):
        empty = Tally()
        measure_poses(empty, "val", frame, keypoints[: len(frame)], flags[: len(frame)], {}, known)
        assert empty.right == {}


def test_several_videos_are_pooled_by_frame():
    tally = Tally()
    for num, value in ((1, 1.0), (3, 0.0)):
        tally.add("box_iou", "track", "test", np.full(num, value), {"all": np.ones(num, bool)})
    tally.add("box_iou", "track", "train", np.ones(2), {"all": np.ones(2, bool)})
    found = rows(tally)
    assert found["box_iou", "track", "test", "all"]["mean"] == 0.25
    assert found["box_iou", "track", "train", "all"]["mean"] == 1
    assert Tally().table().empty


def test_demo_truth_is_read(tmp_path):
    joints, box = np.stack([person(), person(flipped=True)]), np.array([[0, 0, 5, 5.0]] * 2)
    with h5py.File(tmp_path / "truth.h5", "w") as file:
        group = file.create_group("test_000")
        group["joints_px"], group["box_px"], group["inverted"] = joints, box, [False, True]
    truth = read_demo_truth(tmp_path / "truth.h5")
    assert list(truth) == ["test_000"]
    np.testing.assert_array_equal(truth["test_000"].joints_px, joints)
    np.testing.assert_array_equal(truth["test_000"].box_px, box)
    assert truth["test_000"].inverted.tolist() == [False, True]


def test_jhmdb_joints_are_put_in_our_order(tmp_path):
    """Each joint's x is its place in JHMDB's list."""
    joints = np.zeros((2, 15, 2), np.float32)
    joints[:, :, 0] = np.arange(15)
    np.savez(tmp_path / "j.npz", **{"run/clip_1": joints, "run/clip_2": joints + 1})
    np.savez(
        tmp_path / "b.npz", **{"run/clip_1": np.ones((2, 4), np.int16), "clip_3": np.ones((2, 4))}
    )
    truth = read_npz_truth(
        tmp_path / "j.npz", tmp_path / "b.npz", "jhmdb15", ["clip_1", "clip_2", "clip_3", "clip_4"]
    )
    assert list(truth) == ["clip_1", "clip_2", "clip_3"]
    assert truth["clip_1"].joints_px.shape == (2, 13, 2)
    assert [JHMDB15[int(x)] for x in truth["clip_1"].joints_px[0, :, 0]] == list(JOINTS13)
    # By hand, from JHMDB's list: face, left then right shoulder, elbow, wrist, hip, knee, ankle.
    by_hand = [2, 4, 3, 8, 7, 12, 11, 6, 5, 10, 9, 14, 13]
    assert truth["clip_1"].joints_px[0, :, 0].tolist() == by_hand
    assert truth["clip_2"].joints_px[0, 0].tolist() == [3, 1]
    assert truth["clip_1"].inverted.shape == (2,)
    assert truth["clip_2"].box_px is None
    assert (truth["clip_3"].joints_px, truth["clip_3"].inverted) == (None, None)


def test_joints_in_our_order_stay(tmp_path):
    np.savez(tmp_path / "j.npz", clip=np.stack([person()]))
    truth = read_npz_truth(tmp_path / "j.npz", None, "joints13", ["clip"])
    np.testing.assert_array_equal(truth["clip"].joints_px[0], person())
    assert read_npz_truth(None, None, "joints13", ["clip"]) == {}


def test_wrong_truth_is_refused(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, clip=np.zeros((2, 15, 2)))
    with pytest.raises(
        ValueError, match=r"t.npz: clip has shape .2, 15, 2.*truth.joint_names joints13"
    ):
        read_npz_truth(path, None, "joints13", ["clip"])
    with pytest.raises(ValueError, match=r"t.npz: clip has shape .2, 15, 2., expected .T, 4. xyxy"):
        read_npz_truth(None, path, "joints13", ["clip"])
    np.savez(path, **{"run/clip": np.zeros((2, 13, 2)), "jump/clip": np.zeros((2, 13, 2))})
    with pytest.raises(ValueError, match="two keys end in 'clip'; rename one"):
        read_npz_truth(path, None, "joints13", ["clip"])


def test_a_file_with_objects_is_not_unpickled(tmp_path):
    class Run:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    np.savez(tmp_path / "t.npz", clip=np.array([Run()], object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_npz_truth(tmp_path / "t.npz", None, "joints13", ["clip"])
    assert not (tmp_path / "ran").exists()


def test_real_jhmdb_joints_make_sense():
    """Heads above hips, and limbs attached: a wrong order would break either."""
    folder = os.environ.get("VPD_DATA")
    if not folder or not (Path(folder) / "jhmdb" / "joints2d.npz").is_file():
        pytest.skip("VPD_DATA does not name a folder with jhmdb/joints2d.npz")
    path = Path(folder) / "jhmdb" / "joints2d.npz"
    with np.load(path) as file:
        names = [
            key.split("/")[1] for key in file.files if key.startswith(("golf/", "walk/", "throw/"))
        ]
    truth = read_npz_truth(path, None, "jhmdb15", names)
    joints = np.concatenate([truth[name].joints_px for name in names])
    assert len(names) > 50
    place = {name: JOINTS13.index(name) for name in JOINTS13}
    assert (joints[:, place["nose"], 1] < joints[:, place["left_hip"], 1]).mean() > 0.98
    assert (joints[:, place["left_knee"], 1] < joints[:, place["left_ankle"], 1]).mean() > 0.95

    def apart(a, b):
        return np.hypot(*(joints[:, place[a]] - joints[:, place[b]]).T).mean()

    for side, other in (("left", "right"), ("right", "left")):
        assert apart(f"{side}_elbow", f"{side}_shoulder") < apart(
            f"{side}_elbow", f"{other}_shoulder"
        )
        assert apart(f"{side}_ankle", f"{side}_knee") < apart(f"{side}_ankle", f"{other}_knee")
        assert apart(f"{side}_wrist", f"{side}_elbow") < apart(f"{side}_wrist", f"{other}_elbow")
    inverted = np.concatenate([truth[name].inverted for name in names])
    assert inverted.mean() < 0.02
