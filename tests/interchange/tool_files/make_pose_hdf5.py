"""Make the files of pose tools in this folder that are HDF5, or tables like DeepLabCut's, each by the tool's own code.

Not run by CI. One part at a time, each with a Python that has the packages of that tool, from the project's root:

    PYTHON tests/interchange/tool_files/make_pose_hdf5.py deeplabcut FOLDER      pandas 2.3.3, tables 3.11.1. FOLDER
                                                                                 is the unpacked wheel of deeplabcut
                                                                                 3.0.2, whose function that writes
                                                                                 tables is run alone (without torch)
    PYTHON tests/interchange/tool_files/make_pose_hdf5.py lightning_pose FOLDER  pandas 3.1.1. FOLDER is the unpacked
                                                                                 wheel of lightning-pose 2.4.3
    PYTHON tests/interchange/tool_files/make_pose_hdf5.py sleap                  sleap-io 0.9.5
    PYTHON tests/interchange/tool_files/make_pose_hdf5.py nwb                    sleap-io 0.9.5, movement 0.15.0,
                                                                                 pynwb 4.2.0, ndx-pose 0.4.0
    PYTHON tests/interchange/tool_files/make_pose_hdf5.py movement               movement 0.15.0 (Python 3.11), and
                                                                                 again 0.17.0 (Python 3.13)

`check_pose_hdf5.py` beside it reads what vpd writes with the same packages. Videos are named, not read.

Joint number j of the skater is at (100 + 10 j + t, 50 + 5 j + 2 t + 0.25) px in frame t of twelve, of score
0.5 + 0.01 j; the partner's is 200 px to the right. Of the skater the wrist is missing in frame 1.
"""

from __future__ import annotations

import ast
import datetime
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

HERE = Path(__file__).parent
ONE, TWO = "/home/mia/videos/heat_01.mp4", "C:\\Users\\mia\\videos\\heat_02.mp4"
JOINTS = ["nose", "LShoulder", "RShoulder", "LWrist", "left hip", "right hip"]
FRAMES = 12


def place(shift=0.0):
    """(T, J, 3) x, y, score."""
    t, j = np.arange(FRAMES)[:, None], np.arange(len(JOINTS))[None]
    parts = (100 + 10 * j + t + shift, 50 + 5 * j + 2 * t + 0.25, 0.5 + 0.01 * j + 0 * t)
    return np.stack(parts, axis=2).astype(float)


def own(path, name, **names):
    """A function of a module that is not imported, for what it needs elsewhere."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    found = next(n for n in ast.walk(tree) if getattr(n, "name", "") == name)
    exec("from __future__ import annotations\n" + ast.unparse(found), names)
    return names[name]


def make_deeplabcut(folder):
    import pandas as pd

    write = own(
        f"{folder}/deeplabcut/pose_estimation_pytorch/apis/videos.py",
        "create_df_from_prediction",
        np=np,
        pd=pd,
        Path=Path,
    )
    out = HERE / "deeplabcut"
    out.mkdir(exist_ok=True)
    scorer = "DLC_Resnet50_figuresApr1shuffle1_snapshot_200"
    metadata = {"bodyparts": JOINTS, "unique_bodyparts": [], "individuals": ["animal"]}
    predicted = [{"bodyparts": each[None]} for each in place()]
    cfg = {"metadata": metadata}
    write(predicted, scorer, False, cfg, out, f"heat_01{scorer}", True)
    metadata |= {"unique_bodyparts": ["net"], "individuals": ["skater", "partner"]}
    people = np.stack([place(), place(200)], axis=1)
    people[1, 0, 3] = np.nan
    unique = np.array([[[5.0, 6.0, 0.9]]])
    predicted = [{"bodyparts": each, "unique_bodyparts": unique[0]} for each in people]
    frame = write(predicted, scorer, True, cfg, out, f"heat_02{scorer}_el", True)
    # As stitch_tracklets and others write it, under another key; and as older versions do, of a fixed form.
    frame.iloc[:9].to_hdf(out / f"heat_03{scorer}_el.h5", key="tracks", mode="w")
    # Labels of pictures.
    labels = frame.iloc[:2].set_axis([f"labeled-data/heat_01/img{n:03}.png" for n in (3, 7)])
    labels.to_csv(out / "CollectedData_mia.csv")


def make_lightning_pose(folder):
    import pandas as pd

    source = f"{folder}/lightning_pose/utils/predictions.py"
    columns = own(source, "make_dlc_pandas_index", pd=pd)
    arranged = own(source, "make_pred_arr_undo_resize", np=np)
    out = HERE / "lightning_pose"
    out.mkdir(exist_ok=True)
    cfg = SimpleNamespace(model=SimpleNamespace(model_type="heatmap_mhcrnn"))
    points = place()
    array = arranged(points[..., :2].reshape(FRAMES, -1), points[..., 2])
    pd.DataFrame(array, columns=columns(cfg, JOINTS)).to_csv(out / "heat_01.csv")


def labels_of_sleap():
    import sleap_io as sio

    # It replaces the texts of the list that it is given by its own objects.
    skeleton = sio.Skeleton(nodes=list(JOINTS), edges=[("nose", "LShoulder")], name="skater")
    shape = (FRAMES, 360, 640, 3)
    one = sio.Video(
        ONE, backend_metadata={"type": "MediaVideo", "shape": shape}, open_backend=False
    )
    two = sio.Video(TWO, open_backend=False)
    tracks = [sio.Track("skater"), sio.Track("partner")]
    frames = []
    for video, length in ((one, 10), (two, 7)):
        for t in range(length):
            if t == 2:
                continue
            people = []
            for track, shift in zip(tracks, (0, 200), strict=True):
                points = place(shift)[t]
                if (t, track.name) == (1, "skater"):
                    points[3, :2] = np.nan
                people.append(predicted(sio, points, skeleton, track))
            if t == 4:
                # Corrected by hand, by 1 px to the right.
                right = place(1)[t, :, :2]
                people.append(sio.Instance.from_numpy(right, skeleton=skeleton, track=tracks[0]))
                people[-1].from_predicted = people[0]
            frames.append(sio.LabeledFrame(video=video, frame_idx=t, instances=people))
    return sio.Labels(frames, videos=[one, two], skeletons=[skeleton], tracks=tracks)


def predicted(sio, points, skeleton, track):
    return sio.PredictedInstance.from_numpy(
        points[:, :2], skeleton=skeleton, point_scores=points[:, 2], score=0.9, track=track
    )


def make_sleap():
    import sleap_io as sio

    for name in ("sleap", "sleap_analysis"):
        (HERE / name).mkdir(exist_ok=True)
    labels = labels_of_sleap()
    for number, video in enumerate(labels.videos):
        print(number, labels.numpy(video=video).shape, labels.numpy(video=video)[:6, 0, 3])
    sio.save_slp(labels, str(HERE / "sleap" / "heats.slp"), embed=False)
    out = HERE / "sleap_analysis"
    sio.save_analysis_h5(labels, str(out / "heat_01.analysis.h5"), video=0)
    sio.save_analysis_h5(labels, str(out / "heat_02.analysis.h5"), video=1, preset="standard")
    # People without tracks: in the file each in a place of no one.
    for frame in labels:
        frame.instances = [
            predicted(sio, np.c_[each.numpy(), each.numpy()[:, 0] * 0 + 0.5], each.skeleton, None)
            for each in frame.instances
            if isinstance(each, sio.PredictedInstance)
        ]
    labels.tracks = []
    sio.save_slp(labels, str(HERE / "sleap" / "untracked.slp"), embed=False)


def make_nwb():
    from movement.io import load_poses, save_poses
    from ndx_pose import PoseEstimation, PoseEstimationSeries
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.image import ImageSeries
    from sleap_io.io.nwb_predictions import append_nwb_data

    out = HERE / "nwb"
    out.mkdir(exist_ok=True)
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

    def file():
        return NWBFile("heats", "1", start)

    def write(nwb, name):
        # Without a copy of the schema, which is larger than all else.
        with NWBHDF5IO(str(out / name), "w") as io:
            io.write(nwb, cache_spec=False)

    labels = labels_of_sleap()
    # sleap-io raises IndexError of a video with a frame that is not labelled (findings/sleap_io_nwb_times.sh).
    labels.labeled_frames = [f for f in labels if f.video is labels.videos[0] and f.frame_idx < 2]
    labels.videos = labels.videos[:1]
    write(append_nwb_data(labels, file()), "sleap_io.nwb")
    names = [name.replace(" ", "_") for name in JOINTS]
    people = np.stack([place(), place(200)], axis=1)
    people[1, 0, 3, :2] = np.nan
    dataset = load_poses.from_numpy(
        people[..., :2].transpose(0, 3, 2, 1),
        people[..., 2].transpose(0, 2, 1),
        individual_names=["skater", "partner"],
        keypoint_names=names,
        fps=25,
        source_software="DeepLabCut",
    )
    nwb = save_poses.to_nwb_file(dataset)
    write(nwb[0], "movement.nwb")
    # By ndx-pose itself: a video by a link, times of the recording's clock.
    nwb = file()
    video = ImageSeries(
        name="heat", external_file=[ONE], format="external", rate=25.0, num_samples=FRAMES
    )
    nwb.add_acquisition(video)
    series = [
        PoseEstimationSeries(
            name=name,
            data=place()[:, number, :2] / 2,
            conversion=2.0,
            unit="pixels",
            reference_frame="upper left corner",
            confidence=place()[:, number, 2],
            confidence_definition="softmax",
            starting_time=1000.0,
            rate=25.0,
        )
        for number, name in enumerate(names)
    ]
    module = nwb.create_processing_module("behavior", "poses")
    module.add(PoseEstimation(name="skater", pose_estimation_series=series, source_video=video))
    write(nwb, "ndx_pose.nwb")


def make_movement():
    from importlib.metadata import version

    from movement.io import load_poses

    out = HERE / "movement"
    out.mkdir(exist_ok=True)
    people = np.stack([place(), place(200)], axis=1)
    people[1, 0, 3, :2] = np.nan
    for name, fps in (("seconds", 25), ("frames", None)):
        dataset = load_poses.from_numpy(
            people[..., :2].transpose(0, 3, 2, 1),
            people[..., 2].transpose(0, 2, 1),
            individual_names=["skater", "partner"],
            keypoint_names=JOINTS,
            fps=fps,
            source_software="DeepLabCut",
        )
        dataset.attrs["source_file"] = "/home/mia/poses/heat_01DLC_Resnet50_x.h5"
        dataset.to_netcdf(out / f"{name}_{version('movement')}.nc")


if __name__ == "__main__":
    globals()[f"make_{sys.argv[1]}"](*sys.argv[2:])
