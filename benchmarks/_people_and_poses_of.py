"""One checkout's part of ``benchmarks/people_and_poses.py``: its own library, found by PYTHONPATH, in its own process.

Reads paths of videos from standard input, a line each, and answers each with a line of JSON: pictures, processor
seconds of the people's and the poses' stage, pictures that were shown to each network, and the file (npz) of boxes and
poses. Of checkouts as old as 3da4dc4, whose stages were functions of their scripts, those are called.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.networks import with_networks
from vpdlib.people.build import build_detector
from vpdlib.poses.build import build_teacher

#: Pictures that were shown to each network.
LOOKS: dict[str, int] = {}
#: Seconds of people and of poses; then boxes (N, 4), the frames with a pose and their keypoints.
Found = tuple[float, float, np.ndarray, np.ndarray, np.ndarray]


class Counted:
    """A network whose runs are counted."""

    def __init__(self, network: Any, name: str) -> None:
        self._network, self._name = network, name
        LOOKS[name] = 0

    def run(self, *arguments: Any) -> Any:
        """Count, and run it."""
        LOOKS[self._name] += 1
        return self._network.run(*arguments)


def counted(back_end: Any, name: str) -> None:
    """Count the runs of a back end's network."""
    back_end._session = Counted(back_end._session, name)


def stages(
    settings: DatasetSettings, detector: Any, teacher: Any, threads: int, folder: Path
) -> Callable[[Path], Found]:
    """The stages of today."""
    from vpdlib.artifacts import Provenance, read_artifact
    from vpdlib.artifacts.poses import Poses
    from vpdlib.artifacts.tracks import Tracks
    from vpdlib.datasets.bad_videos import VideoReading
    from vpdlib.datasets.base import VideoSource
    from vpdlib.datasets.listing import list_file
    from vpdlib.people.write import write_people
    from vpdlib.poses.write import write_poses
    from vpdlib.tracking.write import write_tracks

    made = Provenance("benchmark", *["0" * 64] * 3)
    reading = VideoReading("error")
    people, tracks, poses = (folder / f"{name}.h5" for name in ("people", "tracks", "poses"))
    # Before looks were sparse it took the teacher's name alone.
    takes_settings = "settings" in inspect.signature(write_poses).parameters
    of_poses: Any = settings.poses if takes_settings else settings.poses.teacher

    def run(path: Path) -> Found:
        videos = [list_file(VideoSource("video", path))]
        begin = time.process_time()
        write_people(people, made, videos, detector, settings.people, reading)
        people_s = time.process_time() - begin
        write_tracks(tracks, made, people, settings.tracking)
        begin = time.process_time()
        write_poses(poses, made, videos, tracks, teacher, of_poses, reading, threads)
        poses_s = time.process_time() - begin
        with read_artifact(tracks, Tracks) as boxes, read_artifact(poses, Poses) as found:
            pose = found["video"]
            return people_s, poses_s, boxes["video"].box_px, pose.frame, pose.keypoints_px

    return run


def early_stages(settings: DatasetSettings, detector: Any, teacher: Any) -> Callable[[Path], Found]:
    """The stages as they were in the scripts."""
    sys.path.insert(0, "workflow_scripts")
    import detect_people
    import estimate_pose

    from vpdlib.datasets.tables import VideoRow
    from vpdlib.tracking.people import PeopleDetections
    from vpdlib.tracking.track import track_athlete

    def run(path: Path) -> Found:
        video = VideoRow("video", str(path), 0, 0.0, 0, 0, 0, 0.0, "", "")
        begin = time.process_time()
        found, (width, height), _ = detect_people.detect_video(video, detector, settings.people)
        people_s = time.process_time() - begin
        ends = np.cumsum(found["num_people"])[:-1]
        columns = (np.split(found[name], ends) for name in ("box_px", "score", "keypoints_px"))
        time_s = found["time_s"]
        people = PeopleDetections(found["frame"], *columns, len(time_s), width, height, time_s)
        box_px = track_athlete(people, settings.tracking).box_px
        begin = time.process_time()
        views = estimate_pose.views(video, box_px)
        poses = list(estimate_pose.estimate_in_batches(teacher, views))
        poses_s = time.process_time() - begin
        frame = np.flatnonzero(np.isfinite(box_px).all(axis=1))[: len(poses)]
        return people_s, poses_s, box_px, frame, np.array(poses).reshape(-1, 17, 3)

    return run


def main() -> None:
    """Read, work, answer."""
    dataset, threads, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    cv2.setNumThreads(threads)
    given = yaml.safe_load(Path(f"datasets/{dataset}.yaml").read_text())
    settings = DatasetSettings.model_validate(with_networks(given))
    networks = Path("resources/networks")
    detector: Any = build_detector(settings.people, networks, "cpu", threads)
    teacher: Any = build_teacher(settings.poses, networks, "cpu", threads)
    for name, back_end in zip(settings.people.detectors, detector._detectors, strict=True):
        counted(back_end, name)
    counted(getattr(teacher, "_teacher", teacher), "poses")
    if importlib.util.find_spec("vpdlib.people.write"):
        run = stages(settings, detector, teacher, threads, folder)
    else:
        run = early_stages(settings, detector, teacher)
    for number, line in enumerate(sys.stdin):
        before = dict(LOOKS)
        with contextlib.redirect_stdout(sys.stderr):
            people_s, poses_s, box_px, frame, keypoints_px = run(Path(line.strip()))
        file = folder / f"{number}.npz"
        np.savez(file, box_px=box_px, frame=frame, keypoints_px=keypoints_px)
        answer = {
            "pictures": len(box_px),
            "people_s": people_s,
            "poses_s": poses_s,
            "looks": {name: count - before[name] for name, count in LOOKS.items()},
            "file": str(file),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
