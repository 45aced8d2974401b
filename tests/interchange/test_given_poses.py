"""Keypoints of pose tools: joints by name, several people, joints that no file has, and whose file is which."""

from pathlib import Path

import numpy as np
import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import KeypointSettings, SuppliedSettings, names_of
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.absent_joints import drop_absent, fill_absent
from vpdlib.interchange.choose_person import choose_person
from vpdlib.interchange.given_poses import check_pose_names, read_poses, remarks_on
from vpdlib.interchange.joint_names import match_joints, usual_joint
from vpdlib.interchange.supplied import check_length
from vpdlib.interchange.supplied_keypoints import keypoints_in_pixels
from vpdlib.poses.normalize import teacher_rows
from vpdlib.poses.weak_labels import select_weak_labels
from vpdlib.skeleton import COCO17, JOINTS13
from vpdlib.tracking.given import people_of_keypoints
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import track_athlete

#: Where the joints of a person who stands at (0, 0) are, px.
PLACES = {
    "nose": (0, -60),
    "left_shoulder": (15, -40),
    "right_shoulder": (-15, -40),
    "left_elbow": (20, -20),
    "right_elbow": (-20, -20),
    "left_wrist": (22, 0),
    "right_wrist": (-22, 0),
    "left_hip": (10, 0),
    "right_hip": (-10, 0),
    "left_knee": (11, 30),
    "right_knee": (-11, 30),
    "left_ankle": (12, 60),
    "right_ankle": (-12, 60),
}
ARMLESS = {name: place for name, place in PLACES.items() if "wrist" not in name}


def table(path, people, num_frames=8, names=None, score=0.9, frames=None):
    """A DeepLabCut table: person -> (x, y) px at every frame, or one for all."""
    names = dict.fromkeys(PLACES) if names is None else names
    called = {theirs: ours or theirs for theirs, ours in names.items()}
    multi = len(people) > 1
    columns = [
        (who, part, c) for who in people for part in called for c in ("x", "y", "likelihood")
    ]
    lines = ["scorer," + ",".join(["DLC_x"] * len(columns))]
    if multi:
        lines.append("individuals," + ",".join(who for who, _, _ in columns))
    lines.append("bodyparts," + ",".join(part for _, part, _ in columns))
    lines.append("coords," + ",".join(coord for _, _, coord in columns))
    for frame in frames if frames is not None else range(num_frames):
        cells = []
        for who in people:
            place = np.broadcast_to(np.asarray(people[who], float), (num_frames, 2))[frame]
            for ours in called.values():
                x, y = np.array(PLACES[ours]) + place
                there = np.isfinite(x)
                cells += [f"{x:g}", f"{y:g}", f"{score:g}"] if there else ["", "", ""]
        lines.append(f"{frame}," + ",".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path


def row(video, num_frames=8, path="", size=(640, 360)):
    return VideoRow(video, path, 0, 25.0, *size, num_frames, num_frames / 25, "", "")


def read(*places, videos=None, **settings):
    return read_poses(list(places), KeypointSettings(**settings), 25.0, videos)


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("left_wrist", "left_wrist"),
        ("LWrist", "left_wrist"),
        ("wristL", "left_wrist"),
        ("Left wrist", "left_wrist"),
        ("l_wrist", "left_wrist"),
        ("lwri", "left_wrist"),
        ("Wrist (right)", "right_wrist"),
        ("wrist.R", "right_wrist"),
        ("RightAnkle", "right_ankle"),
        ("r-sho", "right_shoulder"),
        ("Nose", "nose"),
        ("REar", "right_ear"),
        # The end of an animal.
        ("rear", None),
        ("LeftHand", None),
        ("head", None),
        ("wrist", None),
        ("left_left_wrist", None),
        ("hips", None),
    ],
)
def test_usual_spellings_and_no_guess(name, joint):
    assert usual_joint(name) == joint


def test_the_map_comes_first_and_two_joints_are_never_one():
    names = ("nose", "LWrist", "left_wrist", "hand_l")
    with pytest.raises(DatasetError, match=r"f: 'LWrist' and 'left_wrist' may both be left_wrist"):
        match_joints(names, {}, "f")
    assert match_joints(names, {"LWrist": None}, "f") == {"nose": 0, "left_wrist": 2}
    assert match_joints(names, {"hand_l": "left_wrist"}, "f") == {"nose": 0, "left_wrist": 3}
    with pytest.raises(DatasetError, match="two joints are called 'a'"):
        match_joints(("a", "a"), {}, "f")


def test_a_table_is_told_by_content_and_its_video_by_name(tmp_path):
    path = table(tmp_path / "heat_01DLC_x.csv", {"a": (300, 200)})
    given = read(path)
    assert set(given.clips) == {"heat_01"}
    keypoints = given.clips["heat_01"].keypoints_px
    assert keypoints.shape == (8, 17, 3)
    place = COCO17.index("left_wrist")
    np.testing.assert_allclose(keypoints[3, place], (322, 200, 0.9), rtol=1e-6)
    assert given.absent == ()
    # Eyes and ears are not needed, and not said.
    assert given.remarks == []


def test_names_of_another_kind_need_a_map(tmp_path):
    names = {**dict.fromkeys(ARMLESS), "hand1": "left_wrist", "hand2": "right_wrist"}
    path = table(tmp_path / "aDLC_x.csv", {"a": (300, 200)}, names=names)
    given = read(path)
    assert given.absent == ("left_wrist", "right_wrist")
    assert "none of COCO's are not taken: hand1, hand2" in given.remarks[0]
    assert "in no frame of any file" in given.remarks[1]
    mapped = read(path, joint_map={"hand1": "left_wrist", "hand2": "right_wrist"})
    assert (mapped.absent, mapped.remarks) == ((), [])
    with pytest.raises(DatasetError, match=r"joint_map names 'hand3', .* 'hand1', 'hand2'"):
        read(path, joint_map={"hand3": "left_wrist"})
    with pytest.raises(ValueError, match="'wrist' is no joint"):
        KeypointSettings(joint_map={"hand1": "wrist"})


def test_without_shoulders_or_hips_nothing_can_be_scaled(tmp_path):
    names = {name: None for name in PLACES if name != "left_hip"}
    path = table(tmp_path / "aDLC_x.csv", {"a": (300, 200)}, names=names)
    with pytest.raises(
        DatasetError, match=r"left_hip: in no file, and without .* joint_map: \{nose:"
    ):
        read(path)


def test_an_order_that_is_insisted_on(tmp_path):
    path = table(tmp_path / "aDLC_x.csv", {"a": (300, 200)})
    given = read(path, joint_names="joints13").clips["a"].keypoints_px
    np.testing.assert_array_equal(given, read(path).clips["a"].keypoints_px)
    with pytest.raises(DatasetError, match=r"13 joints .* order of 17. Set joint_names to auto"):
        read(path, joint_names="coco17")


def test_a_joint_that_no_file_has_is_neutral_and_one_missing_in_frames_is_not(tmp_path):
    """End to end, to the vectors of joints2d and the weak labels."""
    whole = table(tmp_path / "bDLC_x.csv", {"a": (300, 200)}, names=dict.fromkeys(ARMLESS))
    moving = {"a": np.stack([np.linspace(200, 400, 8), np.full(8, 200.0)], axis=1)}
    path = table(tmp_path / "aDLC_x.csv", moving, names=dict.fromkeys(ARMLESS))
    given = read(path, whole)
    videos = [row("a"), row("b")]
    keypoints = keypoints_in_pixels(given.path, given.clips, videos)["a"]
    keypoints[2, COCO17.index("left_knee"), :2] = np.nan
    filled = fill_absent(keypoints, given.absent)
    vectors = teacher_rows(filled)
    is_row = np.isfinite(vectors).all(axis=(1, 2))
    assert is_row.tolist() == [True, True, False, True, True, True, True, True]
    wrists = [
        2 * JOINTS13.index(name) + c for name in ("left_wrist", "right_wrist") for c in (0, 1)
    ]
    assert np.abs(vectors[is_row][:, :, wrists]).max() < 1e-5
    # What is there is as it would be with wrists.
    everything = keypoints.copy()
    for name in ("left_wrist", "right_wrist"):
        everything[:, COCO17.index(name)] = (*PLACES[name], 1)
    others = np.setdiff1d(np.arange(26), wrists)
    np.testing.assert_allclose(
        vectors[is_row][:, :, others], teacher_rows(everything)[is_row][:, :, others], atol=1e-6
    )
    frames = np.arange(8)
    labels = select_weak_labels(filled, frames, frames - 1, 0.5)
    assert labels.kept.tolist() == [False, True, False, False, True, True, True, True]
    assert np.abs(labels.motion[labels.kept][:, :, wrists]).max() < 1e-5
    np.testing.assert_allclose(labels.score[is_row], 0.9, rtol=1e-5)
    # As it is without the rule.
    assert not np.isfinite(teacher_rows(keypoints)).any()
    dropped = drop_absent(filled, " ".join(given.absent))
    assert np.isnan(dropped[:, COCO17.index("left_wrist"), :2]).all()
    np.testing.assert_array_equal(dropped[0, :5], keypoints[0, :5])


def test_a_joint_that_one_file_has_is_missing_in_the_other(tmp_path):
    first = table(tmp_path / "aDLC_x.csv", {"a": (300, 200)})
    second = table(tmp_path / "bDLC_x.csv", {"a": (300, 200)}, names=dict.fromkeys(ARMLESS))
    given = read(first, second)
    assert given.absent == ()
    wrist = COCO17.index("left_wrist")
    assert np.isnan(given.clips["b"].keypoints_px[:, wrist, :2]).all()
    # Of a shard that has one of them too.
    assert read(first, second, videos=[row("b")]).absent == ()


def test_a_folder_of_files_and_one_video_in_two_of_them(tmp_path):
    folder = tmp_path / "poses"
    (folder / "axel").mkdir(parents=True)
    table(folder / "axel" / "aDLC_x.csv", {"a": (300, 200)})
    table(folder / "bDLC_x.csv", {"a": (300, 200)})
    (folder / "notes.txt").write_text("x")
    (folder / "bDLC_x_meta.pickle").write_bytes(b"x")
    given = read(folder)
    assert {name: clip.label for name, clip in given.clips.items()} == {"a": "axel", "b": None}
    table(folder / "bDLC_x_filtered.csv", {"a": (300, 200)})
    again = read(folder)
    assert set(again.clips) == {"a", "b"}
    assert "has the same keypoints as" in again.remarks[-1]
    table(folder / "bDLC_x_filtered.csv", {"a": (301, 200)})
    with pytest.raises(
        DatasetError, match=r"bDLC_x_filtered.csv: keypoints of 'b', which .*bDLC_x.csv"
    ):
        read(folder)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("x")
    with pytest.raises(DatasetError, match=r"of 1 files, such as .*notes.txt, none is of"):
        read(tmp_path / "empty")


def test_own_files_beside_tools_and_unknown_ones(tmp_path):
    own = tmp_path / "own.npz"
    np.savez(own, c=np.random.default_rng(0).random((8, 17, 3)) * (600, 300, 1))
    path = table(tmp_path / "aDLC_x.csv", {"a": (300, 200)}, names=dict.fromkeys(ARMLESS))
    given = read(path, own)
    assert set(given.clips) == {"a", "c"}
    assert given.absent == ()
    assert set(read(path, own, videos=[row("a")]).clips) == {"a"}
    assert set(read(own).clips) == {"c"}
    with pytest.raises(DatasetError, match="joint_map and individual are for files of pose tools"):
        read(own, individual="a")
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(DatasetError, match=r"x.txt: of no pose tool's format .* \.npz, \.h5"):
        read(tmp_path / "x.txt")
    with pytest.raises(DatasetError, match=r"gone.csv does not exist"):
        read(tmp_path / "gone.csv")
    with pytest.raises(
        DatasetError, match=r"keypoints_format is sleap, .* it is a DeepLabCut table"
    ):
        read(path, keypoints_format="sleap")


def test_videos_are_found_by_name_and_files_of_none_are_told(tmp_path, capsys):
    table(tmp_path / "heat_01DLC_x.csv", {"a": (300, 200)})
    table(tmp_path / "otherDLC_x.csv", {"a": (300, 200)})
    videos = [
        row("heat_01", path="/videos/heat_01.mp4"),
        row("heat_02", path="/videos/heat_02.mp4"),
    ]
    given = read(tmp_path, videos=videos)
    assert set(given.clips) == {"heat_01"}
    rows = check_pose_names(given)
    assert [one.problem.partition(": ")[2] for one in rows] == [
        "there is no video 'other'; its keypoints are not used"
    ]
    assert remarks_on(given) == []
    with pytest.raises(DatasetError, match=r"there is no video .*no other file of keypoints is"):
        check_pose_names(read(tmp_path, videos=[row("x", path="/videos/x.mp4")]))


def test_two_athletes_of_one_video_have_the_same_file(tmp_path):
    path = table(tmp_path / "matchDLC_x.csv", {"near": (200, 250), "far": (300, 100)})
    videos = [row(f"match_{side}", path="/videos/match.mp4") for side in ("far", "near")]
    assert set(read(path, videos=videos).clips) == {"match_far", "match_near"}
    own = table(tmp_path / "match_nearDLC_x.csv", {"a": (200, 250)})
    assert set(read(own, videos=videos).clips) == {"match_near"}
    # A shard that has one of them alone.
    assert set(read(path, videos=videos[:1]).clips) == {"match_far"}


def test_files_of_videos_that_are_left_out_are_not_told_of(tmp_path):
    table(tmp_path / "aDLC_x.csv", {"a": (300, 200)})
    table(tmp_path / "brokenDLC_x.csv", {"a": (300, 200)})
    given = read(tmp_path, videos=[row("a", path="/videos/a.mp4")])
    assert len(check_pose_names(given)) == 1
    assert check_pose_names(given, {"broken"}) == []


def test_an_individual_by_name(tmp_path):
    path = table(tmp_path / "aDLC_x.csv", {"skater": (300, 200), "partner": (500, 200)})
    given = read(path, individual="partner").clips["a"].keypoints_px
    assert given.shape == (8, 17, 3)
    assert given[0, 0, 0] == 500
    with pytest.raises(
        DatasetError, match="no individual 'judge'; the file has 'skater', 'partner'"
    ):
        read(path, individual="judge")


def test_scores_outside_are_brought_in_and_said(tmp_path):
    path = table(tmp_path / "aDLC_x.csv", {"a": (300, 200)}, score=1.25)
    given = read(path)
    assert given.clips["a"].keypoints_px[..., 2].max() == 1
    assert "scores from 1.25 to 1.25 are brought into 0 to 1 (104 joints)" in given.remarks[0]


def test_several_people_are_told_apart_by_the_athletes_boxes(tmp_path):
    left = np.stack([np.full(8, 200.0), np.full(8, 200.0)], axis=1)
    left[5:] = np.nan
    path = table(tmp_path / "aDLC_x.csv", {"skater": left, "partner": (400, 200)})
    given = read(path, videos=[row("a")])
    keypoints = keypoints_in_pixels(given.path, given.clips, [row("a")])["a"]
    assert keypoints.shape == (8, 2, 17, 3)
    box = np.tile(np.float32([170, 130, 230, 270]), (8, 1))
    box[1] = np.nan
    box[2] = (370, 130, 430, 270)
    chosen = choose_person(keypoints, box)
    nose = chosen[:, 0, 0]
    np.testing.assert_array_equal(nose, [200, np.nan, 400, 200, 200, np.nan, np.nan, np.nan])
    assert (chosen[~np.isfinite(nose), :, 2] == 0).all()
    # One person is whoever they are.
    np.testing.assert_array_equal(choose_person(keypoints[:, 0], box), keypoints[:, 0])


def test_without_a_video_the_rule_of_tracking_chooses_among_several(tmp_path):
    """The one in the middle who moves, not the one at the edge; the other way round in the file."""
    frames = 50
    mover = np.stack([200 + 4.0 * np.arange(frames), np.full(frames, 180.0)], axis=1)
    people = {"stands": (60, 180), "moves": mover}
    path = table(tmp_path / "aDLC_x.csv", people, num_frames=frames)
    keypoints = read(path).clips["a"].keypoints_px
    detections = people_of_keypoints(keypoints, np.arange(frames) / 25, 640, 360)
    athlete = track_athlete(detections, TrackingSettings())
    chosen = choose_person(keypoints, athlete.box_px)
    np.testing.assert_allclose(chosen[:, 0, 0], mover[:, 0])
    # The size of the picture is not always known.
    detections = people_of_keypoints(keypoints, np.arange(frames) / 25, 0, 0)
    assert detections.width > 400


def test_frames_at_the_end_may_be_missing_where_the_tool_leaves_them_out(tmp_path):
    path = table(tmp_path / "aDLC_x.csv", {"s": (200, 200), "p": (400, 200)}, frames=range(6))
    given = read(path, individual="s")
    clip = given.clips["a"]
    assert clip.may_end_early
    found = {"a": clip.keypoints_px}
    filled = check_length(found, "a", 8, path, ends_early=clip.may_end_early)
    assert np.isfinite(filled[:6, 0]).all()
    assert np.isnan(filled[6:]).all()
    with pytest.raises(DatasetError, match="has 6 rows, the video has 5 frames"):
        check_length(found, "a", 5, path, ends_early=True)
    one = read(table(tmp_path / "bDLC_x.csv", {"s": (200, 200)}, frames=range(6)))
    assert not one.clips["b"].may_end_early


def test_settings_name_a_file_where_they_are_set():
    assert names_of(SuppliedSettings(keypoints="a").keypoints) == ("a",)
    assert names_of(SuppliedSettings().keypoints) == ()
    with pytest.raises(ValueError, match="no file; name one, or set it to null"):
        SuppliedSettings(keypoints=[])


@pytest.mark.parametrize("tool_file", ["sleap/heats.slp", "nwb/sleap_io.nwb"])
def test_a_file_that_names_its_video_by_a_path_is_found_without_the_video(tool_file):
    """As the stages do it: first all, then those that were listed, which have no file."""
    path = Path(__file__).parent / "tool_files" / tool_file
    listed = read(path).clips
    rows = [row(name, len(clip.keypoints_px)) for name, clip in listed.items()]
    assert set(read(path, videos=rows).clips) == set(listed) != set()


def test_a_joint_that_the_map_replaces_is_told(tmp_path):
    names = {**dict.fromkeys(ARMLESS), "hand1": "right_hip"}
    path = table(tmp_path / "aDLC_x.csv", {"a": (300, 200)}, names=names)
    given = read(path, joint_map={"hand1": "right_hip"})
    told = [
        remark
        for remark in given.remarks
        if "joint_map says that another one is right_hip" in remark
    ]
    assert len(told) == 1
