"""Does the memory of ``python -m vpdlib find`` stay small over hours of video?

Networks are the same for every picture; what grows is what is kept of each. So a shared model's own stages run on a
video of hours, with stand-ins of a constant answer in place of the networks that look for people and poses: the athlete
and a number of bystanders in every picture, as they stood in a real one. Pictures are small, since a picture's size
tells in the time and not in what is kept of it. Printed: the most resident memory up to the end of each stage, for two
lengths; the difference is what hours cost, to be added to what ``benchmarks.find_video`` measures on minutes of video
in full size. Run, from the project's root, with a model of joints or VIPE* (crops are written as they come; to describe
them takes hours):
``python -m benchmarks.find_hours --model results/demo/model --hours 0.1 3``.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.find_video import repeat
from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.listing import list_file
from vpdlib.people.base import SOURCES, People, SingleImageDetector
from vpdlib.people.build import MergedDetector
from vpdlib.pipeline.model import read_model
from vpdlib.pipeline.stages import Tools, provenance_of, stages_of
from vpdlib.poses.base import BatchedTeacher, View
from vpdlib.video.writer import VideoWriter

FPS, SIZE, LOOP_S = 25, (192, 108), 60


class SamePeople(SingleImageDetector):
    """Finds the same number of people in every picture, who sway a little."""

    def __init__(self, num_people: int) -> None:
        self._num = num_people
        self._calls = 0

    def detect(self, image_rgb: np.ndarray) -> People:
        """Return them."""
        self._calls += 1
        left = np.linspace(5, SIZE[0] - 35, self._num) + 3 * np.sin(self._calls / 10)
        box = np.stack([left, left * 0 + 20, left + 30, left * 0 + 90], axis=1).astype(np.float32)
        keypoints = np.full((self._num, 17, 3), 0.8, np.float32)
        keypoints[..., :2] = box[:, None, :2] + np.linspace(5, 25, 17)[None, :, None]
        score = np.linspace(0.9, 0.6, self._num, dtype=np.float32)
        source = np.full(self._num, SOURCES["multipose"], np.uint8)
        return People(box, score, source, keypoints)


class SamePose(BatchedTeacher):
    """Estimates one pose, swaying, in every box."""

    batch_size = 16
    attributes: dict[str, str] = {}  # noqa: RUF012 - of the contract, and empty

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)

    def _estimate_batch(self, views: list[View]) -> np.ndarray:  # type: ignore[override]
        keypoints = self._rng.uniform(10, 80, (len(views), 17, 3)).astype(np.float32)
        keypoints[..., 2] = 0.9
        return keypoints


def main() -> None:
    """Make videos, run every length in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model", type=Path, help="folder of a shared model; without it nothing is done"
    )
    parser.add_argument("--hours", type=float, nargs="+", default=[0.1, 3.0])
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--networks-dir", type=Path, default=Path("resources/networks"))
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.model is None:
        print("skipped: no --model is given")
        return
    if options.one is not None:
        run_stages(options.one, options)
        return
    with tempfile.TemporaryDirectory(prefix="vpd-hours-") as temporary:
        folder = Path(temporary)
        write_loop(folder / "loop.mp4")
        print("| hours | stage | s of CPU | most memory, MB |\n|---|---|---|---|", flush=True)
        for hours in options.hours:
            video = folder / f"hours_{hours:g}.mp4"
            repeat(folder / "loop.mp4", video, max(1, round(hours * 3600 / LOOP_S)))
            command = [sys.executable, "-m", "benchmarks.find_hours", "--one", str(video)]
            command += ["--model", str(options.model), "--people", str(options.people)]
            command += ["--networks-dir", str(options.networks_dir)]
            subprocess.run(command, check=True)


def write_loop(path: Path) -> None:
    """A minute of a textured place in which a block moves to and fro: no cut is in it, nor where it begins anew."""
    place = np.random.default_rng(0).integers(60, 200, (SIZE[1] // 6, SIZE[0] // 6, 3), np.uint8)
    place = place.repeat(6, axis=0).repeat(6, axis=1)
    with VideoWriter(path, float(FPS), *SIZE) as writer:
        for index in range(FPS * LOOP_S):
            left = round(60 + 40 * np.sin(2 * np.pi * index / (FPS * LOOP_S)))
            picture = place.copy()
            picture[30:90, left : left + 20] = 255
            writer.write(picture)


def run_stages(path: Path, options: argparse.Namespace) -> None:
    """Every stage of a video, with a row for each."""
    model = read_model(options.model)
    tools = Tools(model, options.networks_dir, "cpu", 1)
    # In place of the networks.
    people = model.settings.people
    detector = MergedDetector([SamePeople(options.people)], people.iou_threshold, people.max_people)
    tools.__dict__ |= {"detector": detector, "teacher": SamePose()}
    if model.settings.needs_crops:
        raise SystemExit("the model needs crops: give one of joints or VIPE*")
    video = list_file(VideoSource(path.stem, path), deinterlace=model.settings.deinterlace)
    hours = video.duration_s / 3600
    for stage in stages_of(video, path.parent / path.stem, tools):
        start = time.process_time()
        stage.make(stage.path, provenance_of(stage, video))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(
            f"| {hours:.2f} | {stage.what} | {time.process_time() - start:.0f} | {peak:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
