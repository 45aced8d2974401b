"""Files of DeepLabCut, Lightning Pose, SLEAP, NWB and movement, as the tools' own code wrote them.

``tool_files/make_pose_hdf5.py`` made them: joint number j of the skater is at (100 + 10 j + t, 50 + 5 j + 2 t + 0.25)
px in frame t, of score 0.5 + 0.01 j; the partner 200 px to the right. What the tools' own libraries read of them is
written down in each test.
"""

import json
import pickle
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import KeypointSettings
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.formats import WrittenPoses
from vpdlib.interchange.given_poses import read_poses
from vpdlib.interchange.pose_registry import POSES, find_pose_format

TOOL_FILES = Path(__file__).parent / "tool_files"
JOINTS = ("nose", "LShoulder", "RShoulder", "LWrist", "left hip", "right hip")
OURS = ("deeplabcut", "lightning_pose", "sleap", "sleap_analysis", "nwb", "movement")
SCORER = "DLC_Resnet50_figuresApr1shuffle1_snapshot_200"
FILES = [path for name in OURS for path in sorted((TOOL_FILES / name).iterdir())]


def expected(frame, joint, partner=False, half=0.0):
    number = [name.replace("_", " ") for name in JOINTS].index(joint.replace("_", " "))
    x = 100 + 10 * number + frame + 200 * partner
    return (x + half, 50 + 5 * number + 2 * frame + 0.25 + half, 0.5 + 0.01 * number)


def read(name, file):
    path = TOOL_FILES / name / file
    form = find_pose_format(path)
    assert form is not None
    assert form.name == name
    return form.read(path)


def check(given, half=0.0, frames=(0, 3), people=(False, True)):
    """Places and scores of some frames, of skater and partner."""
    for frame in frames:
        for person, is_partner in enumerate(people):
            for row, joint in enumerate(given.joints):
                np.testing.assert_allclose(
                    given.values[frame, person, row],
                    expected(frame, joint, is_partner, half),
                    rtol=1e-6,
                )


def copied(tmp_path, name, file, **changes):
    path = shutil.copy(TOOL_FILES / name / file, tmp_path / file)
    with h5py.File(path, "r+") as opened:
        for key, value in changes.items():
            del opened[key]
            if value is not None:
                opened[key] = value
    return Path(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_of_one_format_whatever_it_is_called(path, tmp_path):
    names = [name for name, one in POSES.items() if one.recognises(path)]
    assert names == [path.parent.name]
    other = shutil.copy(path, tmp_path / f"x{path.suffix}")
    assert find_pose_format(Path(other)).name == path.parent.name


@pytest.mark.parametrize("ending", [".h5", ".csv"])
def test_deeplabcut_of_one_animal(ending):
    """pandas 2.3.3 reads ``heat_01..h5``: shape (12, 18), index 0 to 11."""
    (given,) = read("deeplabcut", f"heat_01{SCORER}{ending}")
    assert (given.video, given.joints, given.values.shape) == ("heat_01", JOINTS, (12, 1, 6, 3))
    assert (given.is_tracked, given.is_whole, given.individuals) == (True, True, ())
    check(given, frames=(0, 1, 11), people=(False,))


@pytest.mark.parametrize(
    ("file", "frames"), [("heat_02{}_el.h5", 12), ("heat_02{}_el.csv", 12), ("heat_03{}_el.h5", 9)]
)
def test_deeplabcut_of_several_animals(file, frames):
    """As a table, as CSV, and as pandas' fixed form under another key."""
    (given,) = read("deeplabcut", file.format(SCORER))
    assert (given.video, given.joints) == (file[:7], JOINTS)
    assert given.values.shape == (frames, 2, 6, 3)
    assert given.individuals == ("skater", "partner")
    # stitch_tracklets ends with the last animal.
    assert not given.is_whole
    assert given.remarks == ["points of no individual are not taken: net"]
    check(given)
    np.testing.assert_array_equal(given.values[1, 0, 3], (np.nan, np.nan, 0))
    np.testing.assert_allclose(given.values[1, 1, 3], expected(1, "LWrist", True), rtol=1e-6)


def test_deeplabcuts_labels_of_pictures_are_no_video():
    with pytest.raises(DatasetError, match=r"img003.png', not by the number of a frame: labels of"):
        read("deeplabcut", "CollectedData_mia.csv")


@pytest.mark.parametrize(
    ("stem", "scorer", "video"),
    [
        (
            "heat_01DLC_resnet50_xJan1shuffle1_50000_filtered",
            "DLC_resnet50_xJan1shuffle1_50000",
            "heat_01",
        ),
        ("heat_01DLC_x_el", "y", "heat_01"),
        ("heat_01DeepCut_resnet50_x", "y", "heat_01"),
        ("heat_01_superanimal_quadruped_hrnet", "superanimal_quadruped_hrnet", "heat_01"),
        ("heat_01", "movement", "heat_01"),
        ("DLC_heat", "DLC_heat", "DLC_heat"),
    ],
)
def test_the_video_of_a_table_of_deeplabcut(stem, scorer, video, tmp_path):
    path = tmp_path / f"{stem}.csv"
    rows = [
        f"scorer,{scorer},{scorer},{scorer}",
        "bodyparts,a,a,a",
        "coords,x,y,likelihood",
        "0,1,2,0.5",
    ]
    path.write_text("\n".join(rows))
    assert POSES["deeplabcut"].read(path)[0].video == video


def test_lightning_pose():
    (given,) = read("lightning_pose", "heat_01.csv")
    assert (given.video, given.joints, given.values.shape) == ("heat_01", JOINTS, (12, 1, 6, 3))
    assert given.is_whole
    check(given, frames=(0, 11), people=(False,))


def table(tmp_path, *rows, scorer="DLC_x", coords=("x", "y", "likelihood")):
    path = tmp_path / "aDLC_x.csv"
    head = [
        ",".join(["scorer", *[scorer] * len(coords)]),
        ",".join(["bodyparts", *["nose"] * len(coords)]),
        ",".join(["coords", *coords]),
    ]
    path.write_text("\n".join([*head, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["0,1,2,0.5", "0,1,2,0.5"], "a frame is there twice"),
        (["-1,1,2,0.5"], "no row, or a frame is there twice"),
        (["0,1,2"], "rows of 3 cells below a header of 4"),
        (["0,1,2,0.5", "1,1,2,0.5,7"], "no whole table"),
        (["0,1,two,0.5"], "a cell that is no number"),
        (
            ["0,1,2,0.5", "99999999999,1,2,0.5"],
            "2 rows, and one of frame 99999999998|frame 99999999999",
        ),
        ([], "no whole table"),
    ],
)
def test_wrong_tables_are_refused(rows, message, tmp_path):
    path = table(tmp_path, *rows)
    with pytest.raises(DatasetError, match=message):
        find_pose_format(path).read(path)


def test_tables_in_space_or_with_more_columns(tmp_path):
    path = table(tmp_path, "0,1,2,3", coords=("x", "y", "z"))
    with pytest.raises(DatasetError, match="coordinates are x, y, z, expected x and y"):
        find_pose_format(path).read(path)
    coords = ("x", "y", "likelihood", "x_ens_median")
    path = table(tmp_path, "0,1,2,0.5,1", scorer="ensemble-kalman_tracker", coords=coords)
    assert find_pose_format(path).name == "lightning_pose"
    assert find_pose_format(path).read(path)[0].remarks == [
        "columns that are not taken: x_ens_median"
    ]


def test_a_table_that_leaves_out_frames(tmp_path):
    path = table(tmp_path, "2,1,2,0.5", "4,3,,")
    (given,) = find_pose_format(path).read(path)
    np.testing.assert_array_equal(
        given.values[2:, 0, 0], [(1, 2, 0.5), (np.nan, np.nan, 0), (np.nan, np.nan, 0)]
    )
    assert not given.is_whole


class Runs:
    def __reduce__(self):
        return (print, ("executed",))


def test_names_of_columns_are_read_without_executing_anything(tmp_path, capsys):
    file = f"heat_01{SCORER}.h5"
    path = Path(shutil.copy(TOOL_FILES / "deeplabcut" / file, tmp_path / file))
    with h5py.File(path, "r+") as opened:
        opened["df_with_missing"].attrs["non_index_axes"] = np.bytes_(pickle.dumps(Runs(), 0))
    assert find_pose_format(path) is None
    assert "executed" not in capsys.readouterr().out


def test_sleap_of_two_videos():
    """sleap-io 0.9.5: numpy() is (12, 2, 6, 2) and (7, 2, 6, 2), its pixel's middle is (0, 0), ours (0.5, 0.5)."""
    first, second = read("sleap", "heats.slp")
    assert (first.video, second.video) == (
        "/home/mia/videos/heat_01.mp4",
        "C:/Users/mia/videos/heat_02.mp4",
    )
    assert (first.values.shape, second.values.shape) == ((12, 2, 6, 3), (7, 2, 6, 3))
    # The length of the second one is not in the file.
    assert (first.is_whole, second.is_whole) == (True, False)
    assert first.facts == {"width": 640, "height": 360}
    assert first.individuals == ("skater", "partner")
    for given in (first, second):
        check(given, half=0.5, frames=(0, 3, 5))
        # Frame 2 is not labelled; in frame 1 the wrist is missing.
        assert np.isnan(given.values[2, ..., :2]).all()
        np.testing.assert_array_equal(given.values[1, 0, 3], (np.nan, np.nan, 0))
    assert np.isnan(first.values[10:, ..., :2]).all()
    # What somebody placed by hand, 1 px to the right, is sure, and counts before what was predicted.
    np.testing.assert_allclose(first.values[4, 0, 0], (105.5, 58.75, 1.0))
    np.testing.assert_allclose(
        first.values[4, 1], [expected(4, j, True, 0.5) for j in JOINTS], rtol=1e-6
    )


def test_sleap_without_tracks():
    first, _ = read("sleap", "untracked.slp")
    assert (first.values.shape, first.is_tracked, first.individuals) == ((12, 2, 6, 3), False, ())
    np.testing.assert_allclose(first.values[3, :, 0, 0], (103.5, 303.5))


@pytest.mark.parametrize("inside", [True, False])
def test_sleap_of_packed_pictures(inside, tmp_path):
    """As sleap-io 0.9.5 writes it with `embed`: two pictures of a video of twelve, labelled by their numbers there."""
    source = {
        "filename": "/home/mia/videos/heat_01.mp4",
        "backend": {"type": "MediaVideo", "shape": [12, 360, 640, 3], "fps": 25.0},
    }
    packed = {
        "filename": "/home/mia/heats.pkg.slp",
        "backend": {"filename": ".", "dataset": "video0/video", "shape": [2, 360, 640, 3]},
        **({"source_video": source} if inside else {}),
    }
    path = copied(tmp_path, "sleap", "heats.slp")
    with h5py.File(path, "r+") as file:
        second = file["videos_json"][1]
        del file["videos_json"]
        file["videos_json"] = np.array([json.dumps(packed).encode(), second], object)
        file.create_group("video0/source_video").attrs["json"] = json.dumps(source)
    first, _ = find_pose_format(path).read(path)
    assert (first.video, len(first.values)) == ("/home/mia/videos/heat_01.mp4", 12)
    assert first.facts == {"width": 640, "height": 360, "fps": 25}
    check(first, half=0.5)


def test_older_files_of_sleap(tmp_path):
    """Before format 1.1 the corner of a pixel is (0, 0); a point that is not visible lies at (0, 0)."""
    path = copied(tmp_path, "sleap", "heats.slp")
    with h5py.File(path, "r+") as file:
        file["metadata"].attrs["format_id"] = 1.0
        points = file["pred_points"][()]
        points["x"][0], points["y"][0], points["visible"][0] = 0, 0, False
        file["pred_points"][...] = points
    first, _ = find_pose_format(path).read(path)
    np.testing.assert_array_equal(first.values[0, 0, 0], (np.nan, np.nan, 0))
    np.testing.assert_allclose(first.values[0, 0, 1], expected(0, "LShoulder"), rtol=1e-6)
    with h5py.File(path, "r+") as file:
        file["metadata"].attrs["format_id"] = 3.1
    with pytest.raises(DatasetError, match=r"format 3.1 of .slp is newer"):
        find_pose_format(path).read(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pred_points": np.zeros(3)}, "pred_points has no visible, x, y"),
        ({"instances": np.zeros(0)}, "instances has no"),
        ({"tracks_json": np.array([b"[0,"])}, "tracks_json is no JSON"),
        ({"videos_json": np.array([b"[]", b"{}"])}, "videos_json 0 is no JSON object"),
    ],
)
def test_damaged_files_of_sleap_are_refused(changes, message, tmp_path):
    path = copied(tmp_path, "sleap", "heats.slp", **changes)
    with pytest.raises(DatasetError, match=message):
        find_pose_format(path).read(path)


def test_sleaps_numbers_are_no_reason_to_allocate(tmp_path):
    path = copied(tmp_path, "sleap", "heats.slp")
    with h5py.File(path, "r+") as file:
        frames = file["frames"][()]
        frames["frame_idx"][0] = 1 << 40
        file["frames"][...] = frames
    with pytest.raises(DatasetError, match="a frame is numbered 1099511627776"):
        find_pose_format(path).read(path)
    with h5py.File(path, "r+") as file:
        frames["frame_idx"][0] = 50 * path.stat().st_size
        file["frames"][...] = frames
    (first, _) = find_pose_format(path).read(path)
    assert len(first.values) == 50 * path.stat().st_size + 1


@pytest.mark.parametrize(
    ("file", "frames", "is_whole"),
    [("heat_01.analysis.h5", 12, True), ("heat_02.analysis.h5", 7, False)],
)
def test_sleaps_analysis_in_either_order_of_axes(file, frames, is_whole):
    (given,) = read("sleap_analysis", file)
    assert given.video.endswith(file.partition(".")[0] + ".mp4")
    assert (given.values.shape, given.is_whole) == ((frames, 2, 6, 3), is_whole)
    assert given.individuals == ("skater", "partner")
    check(given, half=0.5, frames=(0, 3, 5))
    np.testing.assert_array_equal(given.values[1, 0, 3], (np.nan, np.nan, 0))
    np.testing.assert_allclose(given.values[4, 0, 0], (105.5, 58.75, 1.0))


def test_sleaps_own_analysis_has_no_dims(tmp_path):
    path = copied(tmp_path, "sleap_analysis", "heat_01.analysis.h5")
    with h5py.File(path, "r+") as file:
        for name in ("tracks", "point_scores"):
            del file[name].attrs["dims"]
        del file.attrs["video_backend_metadata"]
    (given,) = find_pose_format(path).read(path)
    check(given, half=0.5)
    assert not given.is_whole
    with h5py.File(path, "r+") as file:
        file["tracks"].attrs["dims"] = '["frame", "track"]'
    with pytest.raises(DatasetError, match=r"tracks has the dims '\[\"frame\""):
        find_pose_format(path).read(path)


@pytest.mark.parametrize(
    ("file", "video", "half"),
    [
        ("movement.nwb", "movement", 0.0),
        ("ndx_pose.nwb", "/home/mia/videos/heat_01.mp4", 0.0),
        ("sleap_io.nwb", "/home/mia/videos/heat_01.mp4", 0.5),
    ],
)
def test_nwb(file, video, half):
    (given,) = read("nwb", file)
    assert given.video == video
    people = given.individuals.index("skater") if "skater" in given.individuals else 0
    check_one = given.values[:, people]
    for frame in (0, 1):
        for row, joint in enumerate(given.joints):
            if (frame, joint) != (1, "LWrist"):
                np.testing.assert_allclose(
                    check_one[frame, row], expected(frame, joint, half=half), rtol=1e-6
                )
    if file != "ndx_pose.nwb":
        np.testing.assert_array_equal(
            check_one[1, given.joints.index("LWrist")], (np.nan, np.nan, 0)
        )


def test_nwb_says_what_it_takes_for_the_first_frame():
    """The conversion of 2 is applied; times begin at 1000 s of the recording."""
    (given,) = read("nwb", "ndx_pose.nwb")
    assert given.remarks == [
        "its times begin at 1000 s; its first row is taken for the video's first frame"
    ]
    assert given.individuals == ("skater",)


def test_nwb_of_other_units_or_gaps_that_cannot_be_told(tmp_path):
    file = "ndx_pose.nwb"
    path = copied(tmp_path, "nwb", file)
    nose = "processing/behavior/skater/nose"
    with h5py.File(path, "r+") as opened:
        opened[f"{nose}/data"].attrs["unit"] = "mm"
    with pytest.raises(DatasetError, match="the unit is 'mm', expected pixels"):
        find_pose_format(path).read(path)
    with h5py.File(path, "r+") as opened:
        opened[f"{nose}/data"].attrs["unit"] = "pixels"
        for each in opened["processing/behavior/skater"].values():
            if isinstance(each, h5py.Group) and "data" in each:
                del each["starting_time"]
                each["timestamps"] = 0.013 + np.arange(12) / 25 + (np.arange(12) > 5) * 0.4
    with pytest.raises(DatasetError, match="frames are left out, and times are no whole steps"):
        find_pose_format(path).read(path)
    with h5py.File(path, "r+") as opened:
        for each in opened["processing/behavior/skater"].values():
            if isinstance(each, h5py.Group) and "data" in each:
                each["timestamps"][...] = np.arange(12) / 25 + (np.arange(12) > 5) * 0.4
    (given,) = find_pose_format(path).read(path)
    assert given.values.shape[0] == 22
    np.testing.assert_allclose(given.values[16, 0, given.joints.index("nose"), 0], 106)


@pytest.mark.parametrize("version", ["0.15.0", "0.17.0"])
@pytest.mark.parametrize("unit", ["seconds", "frames"])
def test_movement(unit, version):
    """Dimensions are plural before 0.17; times are seconds where it was given a rate."""
    (given,) = read("movement", f"{unit}_{version}.nc")
    assert (given.joints, given.individuals) == (JOINTS, ("skater", "partner"))
    assert given.facts == ({"fps": 25} if unit == "seconds" else {})
    assert given.other_names == ("heat_01", "heat_01DLC_Resnet50_x")
    assert given.values.shape == (12, 2, 6, 3)
    check(given, frames=(0, 3, 11))
    np.testing.assert_array_equal(given.values[1, 0, 3], (np.nan, np.nan, 0))


def test_movement_of_sleaps_pixels(tmp_path):
    path = copied(tmp_path, "movement", "seconds_0.17.0.nc")
    with h5py.File(path, "r+") as file:
        file.attrs["source_software"] = "SLEAP"
    check(find_pose_format(path).read(path)[0], half=0.5)


def test_movement_of_a_part_of_a_video_and_what_is_no_frame(tmp_path):
    path = copied(tmp_path, "movement", "seconds_0.17.0.nc")
    with h5py.File(path, "r+") as file:
        file["time"][...] = (np.arange(12) + 5) / 25
    (given,) = find_pose_format(path).read(path)
    assert len(given.values) == 17
    np.testing.assert_allclose(given.values[5, 0, 0], expected(0, "nose"), rtol=1e-6)
    with h5py.File(path, "r+") as file:
        file["time"][...] = np.arange(12) / 60
    with pytest.raises(DatasetError, match="not those of single frames"):
        find_pose_format(path).read(path)
    with h5py.File(path, "r+") as file:
        file.attrs["ds_type"] = "bboxes"
    with pytest.raises(DatasetError, match="of 'bboxes', not of poses"):
        find_pose_format(path).read(path)


def test_links_to_other_files_are_not_followed(tmp_path):
    path = copied(tmp_path, "sleap_analysis", "heat_01.analysis.h5", tracks=None)
    with h5py.File(path, "r+") as file:
        file["tracks"] = h5py.ExternalLink(
            str(TOOL_FILES / "sleap_analysis" / "heat_01.analysis.h5"), "/tracks"
        )
    assert find_pose_format(path) is None


def test_claimed_sizes_are_no_reason_to_allocate(tmp_path):
    path = copied(tmp_path, "sleap_analysis", "heat_01.analysis.h5", tracks=None)
    with h5py.File(path, "r+") as file:
        file.create_dataset("tracks", shape=(2, 2, 6, 1 << 40), dtype="f8", chunks=(1, 1, 1, 1024))
    with pytest.raises(DatasetError, match="more than the file can hold"):
        find_pose_format(path).read(path)


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.suffix in (".h5", ".slp", ".nwb", ".nc")], ids=lambda p: p.name
)
def test_cut_files_are_refused_or_are_of_no_format(path, tmp_path):
    whole = path.read_bytes()
    for part in (8, 600, len(whole) // 2, len(whole) - 100):
        cut = tmp_path / path.name
        cut.write_bytes(whole[:part])
        form = find_pose_format(cut)
        if form is not None:
            with pytest.raises(DatasetError):
                form.read(cut)


def poses():
    rng = np.random.default_rng(0)
    keypoints = np.concatenate(
        [rng.random((6, 17, 2)) * (640, 360), rng.random((6, 17, 1))], axis=2
    ).astype(np.float32)
    keypoints[2] = (np.nan, np.nan, 0)
    keypoints[3, 5] = (np.nan, np.nan, 0)
    path = Path("/home/mia/videos/heat_01.mp4")
    return WrittenPoses(
        "heat_01", path, 25.0, 640, 360, keypoints, np.full((6, 4), np.nan, np.float32)
    )


@pytest.mark.parametrize("name", ["deeplabcut", "sleap_analysis", "movement"])
def test_what_is_written_is_read_back(name, tmp_path):
    """`tool_files/check_pose_hdf5.py` reads the same with the tools' own libraries."""
    one, empty = poses(), poses()
    empty.keypoints_px[:] = (np.nan, np.nan, 0)
    files = POSES[name].write([one], tmp_path, "all")
    assert [path.name for path in files] == [
        {
            "deeplabcut": "heat_01DLC_vpd.csv",
            "sleap_analysis": "heat_01.analysis.h5",
            "movement": "heat_01.nc",
        }[name]
    ]
    assert files[0].name.endswith(POSES[name].suffix)
    row = VideoRow("heat_01", str(one.path), 0, 25.0, 640, 360, 6, 0.24, "", "")
    given = read_poses(files, KeypointSettings(), videos=[row])
    np.testing.assert_allclose(given.clips["heat_01"].keypoints_px, one.keypoints_px, atol=1e-4)
    written = POSES[name].write([empty], tmp_path, "all")
    (nobody,) = find_pose_format(written[0]).read(written[0])
    assert np.isnan(nobody.values[..., :2]).all()
