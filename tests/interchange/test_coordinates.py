"""Coordinates of other tools that are, or are not, pixels of their video: as the library and the rules take them."""

import pickle
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.people.scripts import run_script
from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange import coordinates
from vpdlib.interchange.boxes import supplied_boxes
from vpdlib.interchange.keypoints import read_keypoints
from vpdlib.interchange.supplied_keypoints import keypoints_in_pixels, warn_of_joints_outside_boxes
from vpdlib.people.settings import PeopleSettings
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.video.writer import VideoWriter

SIZE = np.array([320, 240])
FRAMES = 40


def video(name="a", size=SIZE, frames=FRAMES, fps=30.0, path="a.mp4"):
    return VideoRow(name, path, 0, fps, int(size[0]), int(size[1]), frames, frames / fps, "", "")


def athlete(size=SIZE, frames=FRAMES, seed=0, centre=(0.55, 0.5), height=0.7):
    """Someone who moves about: joints (T, 17, 2) px, of the given height in pictures."""
    rng = np.random.default_rng(seed)
    body = np.stack([rng.uniform(-0.2, 0.2, 17), np.linspace(-0.5, 0.5, 17)], axis=1)
    sway = 0.03 * np.sin(np.arange(frames) / 5)[:, None] * [1.0, 0.3]
    pose = body * height * size[1] + (np.array(centre) + sway)[:, None] * size
    return pose + rng.normal(0, 0.005, pose.shape) * size[1]


def box_of(joints):
    return np.concatenate([joints.min(axis=1), joints.max(axis=1)], axis=1)


@pytest.fixture
def said(monkeypatch):
    """What the user is told."""
    told = []
    monkeypatch.setattr(coordinates, "warn", told.append)
    monkeypatch.setattr("vpdlib.interchange.boxes.warn", told.append)
    monkeypatch.setattr("vpdlib.interchange.supplied_keypoints.warn", told.append)
    return told


def pixels_of(path, read):
    """Write an npz, and read it as that of a video by ``read``, from its path and the videos."""

    def written(values, row=None, **facts):
        np.savez(path, a=values, **facts)
        return read(path, [row or video()])["a"]

    return written


@pytest.fixture
def keypoints(tmp_path, said):
    return pixels_of(
        tmp_path / "tool.npz",
        lambda path, rows: keypoints_in_pixels(path, read_keypoints(path, "coco17"), rows),
    )


@pytest.fixture
def boxes(tmp_path, said):
    return pixels_of(tmp_path / "tool.npz", supplied_boxes)


def test_pixels_stay_as_they_are_and_nothing_is_said(keypoints, boxes, said):
    joints = athlete()
    assert np.allclose(keypoints(joints)[..., :2], joints, atol=1e-4)
    assert np.allclose(boxes(box_of(joints)), box_of(joints), atol=1e-4)
    assert np.allclose(keypoints(joints, width=320, height=240)[..., :2], joints, atol=1e-4)
    # Sides rounded up to whole blocks are the same picture.
    row = video(size=(1920, 1080))
    joints = athlete(np.array([1920, 1080]))
    assert np.allclose(keypoints(joints, row, width=1920, height=1088)[..., :2], joints, atol=1e-3)
    assert not said


@pytest.mark.parametrize(
    "fractions",
    [
        athlete() / SIZE,
        # Cut off by the picture, as tools write joints that they only infer.
        athlete(centre=(0.5, 0.9), height=1.1) / SIZE,
        # From -1 to 1.
        2 * athlete() / SIZE - 1,
        (athlete() / SIZE)[:1],
    ],
)
def test_shares_of_the_picture_are_refused(keypoints, boxes, fractions):
    message = r"tool\.npz: \w+ that cannot be pixels[^$]*a: x from .*fractions of the picture of 320 x 240 px\?"
    with pytest.raises(DatasetError, match=message):
        keypoints(fractions)
    with pytest.raises(DatasetError, match=message):
        boxes(box_of(fractions))
    # Also without a video, whose size is not known.
    with pytest.raises(DatasetError, match="fractions of the picture"):
        keypoints(fractions, video(path="", size=(0, 0)))


def test_shares_are_scaled_where_the_file_states_its_size(keypoints, boxes, said):
    joints = athlete()
    for row in (video(), video(path="", size=(0, 0))):
        found = keypoints(joints / SIZE, row, width=320, height=240)
        assert np.allclose(found[..., :2], joints, atol=1e-3)
    assert len(said) == 2
    assert "tool.npz: joints of 'a' are fractions of the picture, scaled" in said[0]
    found = boxes(box_of(joints / SIZE), width=640, height=480)
    assert np.allclose(found, box_of(joints), atol=1e-3)
    assert len(said) == 4
    with pytest.raises(DatasetError, match="fractions of the picture"):
        keypoints(2 * joints / SIZE - 1, width=320, height=240)


@pytest.mark.parametrize("factor", [2.5, 4, 6])
def test_pixels_of_a_larger_picture_are_refused(keypoints, boxes, factor):
    joints = factor * athlete()
    with pytest.raises(DatasetError, match=r"a: x from .*% of it outside the picture of 320 x 240"):
        keypoints(joints)
    with pytest.raises(DatasetError, match=r"state `width` and `height`"):
        boxes(box_of(joints))


@pytest.mark.parametrize("factor", [1.5, 2, 0.5, 0.25])
def test_pixels_of_another_size_are_said_at_least(keypoints, boxes, said, factor):
    for read, values in ((keypoints, athlete()), (boxes, box_of(athlete()))):
        said.clear()
        try:
            read(factor * values)
        except DatasetError as error:
            said.append(str(error))
        assert len(said) == 1
        assert "tool.npz" in said[0]
        assert "x from" in said[0]


@pytest.mark.parametrize("factor", [0.25, 0.5, 1.5, 4])
def test_the_size_that_the_file_states_scales(keypoints, boxes, said, factor):
    joints = athlete()
    width, height = (factor * SIZE).astype(int)
    found = keypoints(factor * joints, width=width, height=height)
    assert np.allclose(found[..., :2], joints, atol=1e-3)
    assert len(said) == 1
    assert f"lie in a picture of {width} x {height} px by the file, scaled" in said[0]
    found = boxes(factor * box_of(joints), width=width, height=height)
    assert np.allclose(found, box_of(joints), atol=1e-3)
    assert len(said) == 2


def test_a_stated_size_of_another_aspect_is_refused(keypoints, boxes):
    for read, values in ((keypoints, athlete()), (boxes, box_of(athlete()))):
        with pytest.raises(DatasetError, match=r"a picture of 640 x 360 px, the video has 320 x 2"):
            read(values, width=640, height=360)
        with pytest.raises(DatasetError, match="rotated"):
            read(values, width=240, height=320)
        with pytest.raises(DatasetError, match="states width 640, the video has 320"):
            read(values, width=640)
        read(values, width=320)
        read(values, height=240)


def test_a_stated_size_does_not_excuse_what_is_no_pixel_of_it(keypoints):
    with pytest.raises(DatasetError, match="outside the picture"):
        keypoints(4 * athlete(), width=320, height=240)
    with pytest.raises(DatasetError, match="outside the picture of 320 x 240"):
        keypoints(4 * athlete(), video(path="", size=(320, 240)), width=320, height=240)


def test_sizes_of_hdf5_by_video_and_of_annotations(tmp_path, said):
    joints = athlete()
    with h5py.File(tmp_path / "tool.h5", "w") as file:
        file["a/keypoints"] = 2 * joints
        file["a"].attrs.update(width=640, height=480)
        file["b/keypoints"] = 4 * joints
        # As numbers beside the array, some tools write them.
        file["b/width"], file["b/height"] = 1280, 960
        file["c"] = joints
    clips = read_keypoints(tmp_path / "tool.h5", "coco17")
    found = keypoints_in_pixels(tmp_path / "tool.h5", clips, [video(n) for n in "abc"])
    for name in "abc":
        assert np.allclose(found[name][..., :2], joints, atol=1e-3)
    assert [n for n in "abc" if any(f"of {n!r} lie in" in text for text in said)] == ["a", "b"]

    said.clear()
    annotation = {"frame_dir": "a", "img_shape": (480, 640), "keypoint": 2 * joints[None]}
    (tmp_path / "tool.pkl").write_bytes(pickle.dumps([annotation]))
    clips = read_keypoints(tmp_path / "tool.pkl", "coco17")
    found = keypoints_in_pixels(tmp_path / "tool.pkl", clips, [video()])
    assert np.allclose(found["a"][..., :2], joints, atol=1e-3)
    assert len(said) == 1


@pytest.mark.parametrize("value", [-1, 0, -9999, 9999, 1e6, np.nan, np.inf, -(2**31)])
def test_placeholders_are_missing_joints(keypoints, value):
    joints = athlete()
    joints[:, 11] = value
    joints[5] = value
    found = keypoints(joints)
    assert np.isnan(found[:, 11, :2]).all()
    assert np.isnan(found[5, :, :2]).all()
    assert (found[:, 11, 2] == 0).all()
    there = np.delete(found, 11, axis=1)[np.arange(FRAMES) != 5]
    assert np.isfinite(there).all()
    assert (there[..., 2] == 1).all()


@pytest.mark.parametrize("value", [-1, 0, 9999, np.nan])
def test_placeholders_are_frames_without_a_box(boxes, value):
    values = box_of(athlete())
    values[3] = value
    found = boxes(values)
    assert np.isnan(found[3]).all()
    assert np.isfinite(np.delete(found, 3, axis=0)).all()


def test_placeholders_do_not_hide_shares(keypoints):
    fractions = athlete(np.array([1920, 1080])) / [1920, 1080]
    for value in (-1, 9999, 2400):
        fractions[::3, 4:9] = value
        with pytest.raises(DatasetError, match="fractions of the picture"):
            keypoints(fractions, video(size=(1920, 1080)))


def test_single_wild_coordinates_are_missing_and_said(keypoints, boxes, said):
    joints = athlete()
    joints[7, 3] = (1e6, 20)
    joints[8, 2] = (20, -5000)
    found = keypoints(joints)
    assert np.argwhere(np.isnan(found[..., 0])).tolist() == [[7, 3], [8, 2]]
    assert "count as missing (2 frames)" in said[0]
    values = box_of(athlete())
    values[9, 2] = 1e7
    assert np.flatnonzero(np.isnan(boxes(values)).any(axis=1)).tolist() == [9]
    assert len(said) == 2


def test_a_file_without_enough_frames_of_a_video_is_judged_as_a_whole(tmp_path, said):
    path = tmp_path / "tool.npz"
    names = [f"v{n}" for n in range(8)]
    np.savez(path, **{n: 4 * athlete(frames=1, seed=i) for i, n in enumerate(names)})
    clips = read_keypoints(path, "coco17")
    with pytest.raises(DatasetError, match=r"100% of all points lie outside the picture"):
        keypoints_in_pixels(path, clips, [video(n, frames=1) for n in names])
    # One frame alone says little.
    keypoints_in_pixels(path, clips, [video("v0", frames=1)])
    assert len(said) == 1


def test_athletes_whom_the_picture_cuts_off_are_not_refused(keypoints, said):
    # A diver who leaves at the bottom, a close-up with inferred legs, someone who runs out of the picture.
    diver = athlete(frames=60, height=0.4)
    diver[:, :, 1] += np.linspace(-0.2, 1.1, 60)[:, None] * 240
    keypoints(diver, video(frames=60))
    keypoints(athlete(centre=(0.5, 1.0), height=1.6))
    runner = athlete(frames=60, height=0.5)
    runner[:, :, 0] += np.linspace(-0.4, 0.7, 60)[:, None] * 320
    keypoints(runner, video(frames=60))


SIZES = [(160, 120), (320, 240), (640, 480), (1280, 720), (1920, 1080), (720, 1280), (3840, 2160)]


def some_videos(rng, count):
    """Videos of plausible athletes: id -> joints (T, 17, 2) px; and the rows of the videos."""
    rows, poses = [], {}
    for n in range(count):
        size = np.array(SIZES[rng.integers(len(SIZES))])
        frames = int(rng.integers(5, 80))
        name = f"v{n}"
        rows.append(video(name, size, frames))
        height = rng.uniform(0.15, 1.2)
        centre = (rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.7))
        joints = athlete(size, frames, int(rng.integers(1 << 30)), centre, height)
        joints[rng.random(joints.shape[:2]) < rng.choice([0, 0.1, 0.5])] = np.nan
        joints[rng.random(frames) < rng.choice([0, 0.3])] = np.nan
        joints[0, :5] = athlete(size, 1, 3, centre, height)[0, :5]
        poses[name] = joints
    return rows, poses


def outcome(path, rows, poses, are_boxes, said):
    said.clear()
    given = {name: one.astype(np.float32) for name, one in poses.items()}
    if are_boxes:
        given = {
            name: np.stack([np.nanmin(one, axis=1), np.nanmax(one, axis=1)], axis=1)
            for name, one in given.items()
        }
    try:
        coordinates.to_pixels(
            path,
            "boxes" if are_boxes else "joints",
            {name: coordinates.Given(one) for name, one in given.items()},
            rows,
            are_boxes,
        )
    except DatasetError:
        return "refused"
    return "said" if said else "taken"


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize("are_boxes", [False, True])
def test_many_plausible_athletes(tmp_path, said, are_boxes):
    """Pixels are never refused, and of several videos nothing is said; in other units they never pass in silence."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(150):
        count = int(rng.choice([1, 3, 12]))
        rows, poses = some_videos(rng, count)
        size = {row.video: np.array([row.width, row.height]) for row in rows}

        def given(change, poses=poses, size=size):
            return {name: change(one, size[name]) for name, one in poses.items()}

        as_pixels = outcome(tmp_path / "x.npz", rows, poses, are_boxes, said)
        assert as_pixels != "refused"
        found.append((count, as_pixels))
        fractions = outcome(tmp_path / "x.npz", rows, given(lambda p, s: p / s), are_boxes, said)
        assert fractions == "refused"
        for factor in (1.5, 2, 4):
            scaled = given(lambda p, s, factor=factor: p * factor)
            # What stays in the picture cannot be told.
            beyond = [
                np.nanmean((one / size[name] > 1.1).any(axis=2)) for name, one in scaled.items()
            ]
            if np.mean(beyond) > 0.4:
                assert outcome(tmp_path / "x.npz", rows, scaled, are_boxes, said) != "taken"
    assert {what for count, what in found if count == 12} == {"taken"}


def test_another_rate_is_said(tmp_path, said):
    path = tmp_path / "tool.npz"
    np.savez(path, a=athlete(), fps=25.0)
    keypoints_in_pixels(path, read_keypoints(path, "coco17"), [video()])
    assert len(said) == 1
    assert "states 25 frames a second, 'a' has 30" in said[0]
    said.clear()
    keypoints_in_pixels(path, read_keypoints(path, "coco17"), [video(fps=25.01)])
    assert not said


def test_keypoints_elsewhere_than_the_athlete_are_said(tmp_path, said):
    joints = np.concatenate([athlete(), np.ones((FRAMES, 17, 1))], axis=2)
    box = {"a": box_of(joints[..., :2])}
    warn_of_joints_outside_boxes(tmp_path / "x.npz", {"a": joints}, box)
    assert not said
    # A picture half as large lies within the video's, as another person does.
    warn_of_joints_outside_boxes(tmp_path / "x.npz", {"a": joints / [4, 4, 1]}, box)
    assert len(said) == 1
    assert "the joints lie outside the boxes of the athlete" in said[0]


class Rules:
    """The rules `track_athlete` and `estimate_pose` on a file of another tool."""

    def __init__(self, folder, size=SIZE):
        self.folder = folder
        rows = [replace(video(size=size), path=str(folder / "a.mp4"))]
        with VideoWriter(folder / "a.mp4", 30, *size) as writer:
            for level in range(FRAMES):
                writer.write(np.full((size[1], size[0], 3), level, np.uint8))
        pd.DataFrame([vars(row) for row in rows]).to_csv(folder / "videos.csv", index=False)

    def boxes(self, path):
        inputs = {"boxes": path, "videos": self.folder / "videos.csv"}
        out = run_script(
            "track_athlete",
            inputs,
            self.folder / "tracks.h5",
            TrackingSettings(),
            keypoints=None,
            people=PeopleSettings().model_dump(mode="json"),
        )
        with read_artifact(out, "tracks") as tracks:
            return tracks["a"].array("box_px")

    def keypoints(self, path):
        with ArtifactWriter(
            self.folder / "tracks.h5", "tracks", Provenance("test", "", "", "")
        ) as tracks:
            time_s = np.arange(FRAMES) / 30
            tracks.add_video(
                "a",
                {
                    "time_s": time_s,
                    "shot": np.zeros(FRAMES, np.int32),
                    "segment": np.zeros(FRAMES, np.int32),
                    "previous_frame": np.full(FRAMES, -1, np.int32),
                    "box_px": np.tile(np.float32([10, 10, 300, 230]), (FRAMES, 1)),
                    "origin": np.ones(FRAMES, np.uint8),
                    "score": np.ones(FRAMES, np.float32),
                },
                {
                    "fps": 30.0,
                    "width": 320,
                    "height": 240,
                    "athlete": "",
                    "decoded_frames": FRAMES,
                    "declared_frames": FRAMES,
                    "flags": "",
                },
            )
        inputs = {
            "keypoints": path,
            "tracks": self.folder / "tracks.h5",
            "videos": self.folder / "videos.csv",
        }
        out = run_script(
            "estimate_pose",
            inputs,
            self.folder / "poses.h5",
            TrackingSettings(),
            keypoints={"joint_names": "coco17"},
        )
        with read_artifact(out, "poses") as poses:
            return poses["a"].array("keypoints_px")


def test_the_rules_refuse_scale_and_leave_out(tmp_path, read_log):
    rules = Rules(tmp_path)
    joints, path = athlete(), tmp_path / "tool.npz"
    for change in (lambda p: p / np.resize(SIZE, p.shape[-1]), lambda p: 4 * p):
        np.savez(path, a=change(joints))
        with pytest.raises(DatasetError, match=r"tool\.npz: joints that cannot be pixels"):
            rules.keypoints(path)
        np.savez(path, a=change(box_of(joints)))
        with pytest.raises(DatasetError, match=r"tool\.npz: boxes that cannot be pixels"):
            rules.boxes(path)
    read_log()

    np.savez(path, a=4 * joints, width=1280, height=960)
    assert np.allclose(rules.keypoints(path)[..., :2], joints, atol=1e-3)
    np.savez(path, a=4 * box_of(joints), width=1280, height=960)
    assert np.allclose(rules.boxes(path), box_of(joints), atol=1e-3)
    assert read_log().count("warning: ") == 2

    joints[:, 11] = -1
    np.savez(path, a=joints)
    found = rules.keypoints(path)
    assert np.isnan(found[:, 11, :2]).all()
    assert (found[:, 11, 2] == 0).all()


def test_the_rules_refuse_arrays_of_another_length(tmp_path):
    rules = Rules(tmp_path)
    path = tmp_path / "tool.npz"
    for frames in (FRAMES - 1, FRAMES + 1):
        np.savez(path, a=box_of(athlete(frames=frames)))
        message = f"'a' has {frames} rows, the video has {FRAMES} frames"
        with pytest.raises(DatasetError, match=message):
            rules.boxes(path)
        np.savez(path, a=athlete(frames=frames))
        with pytest.raises(DatasetError, match=message):
            rules.keypoints(path)


def test_the_rules_take_a_table_that_ends_early(tmp_path, read_log):
    rules = Rules(tmp_path)
    path = tmp_path / "boxes.csv"
    header = "video,frame,x0,y0,x1,y1\n"
    path.write_text(header + "a,0,100,50,200,220\na,2.0,100,50,200,220\na,3,-1,-1,-1,-1\na,4,,,,\n")
    found = rules.boxes(path)
    assert np.flatnonzero(np.isfinite(found).all(axis=1)).tolist() == [0, 2]
    path.write_text(header + f"a,{FRAMES},100,50,200,220\n")
    with pytest.raises(DatasetError, match=r"row of frame 40, the video has 40 frames, 0 to 39"):
        rules.boxes(path)
    path.write_text(header + "a,9999998,100,50,200,220\n")
    with pytest.raises(DatasetError, match=r"boxes\.csv:2: frame 9999998, the video has 40"):
        rules.boxes(path)
    path.write_text(header + "other,0,100,50,200,220\n")
    read_log()
    assert np.isnan(rules.boxes(path)).all()
    assert "has no row of 1 videos, such as 'a'" in read_log()
