"""One checkout's part of ``benchmarks/people_and_poses.py``: its own library, found by PYTHONPATH, in its own process.

Reads paths of videos from standard input, a line each, and answers each with a line of JSON: pictures, processor
seconds of the people's and the poses' stage, pictures that were shown to each network, and where tracks and poses lie.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import sys
import time
from pathlib import Path

import cv2
import yaml

from vpdlib.artifacts import Provenance, read_artifact
from vpdlib.artifacts.tracks import Tracks
from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.networks import with_networks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.listing import list_file
from vpdlib.people.build import build_detector
from vpdlib.people.write import write_people
from vpdlib.poses.build import build_teacher
from vpdlib.poses.write import write_poses
from vpdlib.tracking.write import write_tracks
from vpdlib.weights import session

#: Pictures that were shown to each network.
LOOKS: dict[str, int] = {}


class Counted:
    """A network whose runs are counted."""

    def __init__(self, name: str, network) -> None:
        self._name, self._network = name, network
        LOOKS[name] = 0

    def run(self, *arguments):
        """Count, and run it."""
        LOOKS[self._name] += 1
        return self._network.run(*arguments)


def count_runs() -> None:
    """Let every embedded network that is opened count."""
    import vpdlib.people.embedded
    import vpdlib.poses.movenet

    def open_session(name: str, networks_dir: Path, threads: int) -> Counted:
        return Counted(name, session.open_session(name, networks_dir, threads))

    vpdlib.people.embedded.open_session = open_session
    vpdlib.poses.movenet.open_session = open_session


def main() -> None:
    """Read, work, answer."""
    dataset, threads, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    count_runs()
    cv2.setNumThreads(threads)
    given = yaml.safe_load(Path(f"datasets/{dataset}.yaml").read_text())
    settings = DatasetSettings.model_validate(with_networks(given))
    networks = Path("resources/networks")
    detector = build_detector(settings.people, networks, "cpu", threads)
    teacher = build_teacher(settings.poses, networks, "cpu", threads)
    # Earlier checkouts take the teacher's name alone.
    takes_settings = "settings" in inspect.signature(write_poses).parameters
    of_poses = settings.poses if takes_settings else settings.poses.teacher
    reading = VideoReading("error")
    own = folder / Path.cwd().name
    own.mkdir()
    digest = "0" * 64
    for number, line in enumerate(sys.stdin):
        path = Path(line.strip())
        video = list_file(VideoSource("video", path))
        paths = {name: own / f"{number}_{name}.h5" for name in ("people", "tracks", "poses")}
        before = dict(LOOKS)
        made = Provenance("benchmark", *[digest] * 3)
        with contextlib.redirect_stdout(sys.stderr):
            begin = time.process_time()
            write_people(paths["people"], made, [video], detector, settings.people, reading)
            people_s = time.process_time() - begin
            write_tracks(paths["tracks"], made, paths["people"], settings.tracking)
            begin = time.process_time()
            write_poses(
                paths["poses"],
                made,
                [video],
                paths["tracks"],
                teacher,
                of_poses,
                reading,
                threads,
            )
            poses_s = time.process_time() - begin
        with read_artifact(paths["tracks"], Tracks) as tracks:
            pictures = len(tracks["video"].time_s)
        answer = {
            "pictures": pictures,
            "people_s": people_s,
            "poses_s": poses_s,
            "looks": {name: count - before[name] for name, count in LOOKS.items()},
            "tracks": str(paths["tracks"]),
            "poses": str(paths["poses"]),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
