"""How fast are the stages of people and poses on a CPU, and how right? Two checkouts of the project, video by video.

Each checkout has a process of its own, which finds the people, follows the athlete and estimates poses by that
checkout's stages and settings (``benchmarks/_people_and_poses_of.py``). They take turns, a video each, so that both are
measured beside whatever else the computer does. Printed: pictures a second of the people's and the poses' stages,
processor time; pictures a second of the two together, and their ratio to the first checkout's; mean IoU of the
athlete's box, PCK@0.2 torso in pixels, and the error of the poses' motion from picture to picture in torso lengths,
each beside the number of pictures that were shown to a network.

Run on JHMDB: ``VPD_DATA=folder python -m benchmarks.people_and_poses --checkout before=PATH after=.``, ``folder``
holding ``jhmdb``; on the rendered sport: ``--demo results/demo`` of a run of the workflow. Settings were chosen on
``--split train``; ``test`` is other source videos, or the demo's own test videos.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks._options import plain_environment
from benchmarks.joined_clips import commit
from vpdlib.datasets.base import Action
from vpdlib.datasets.split import group_of, split_by_group
from vpdlib.poses.normalize import to_joints13, torso_length
from vpdlib.report.accuracy import (
    Tally,
    VideoTruth,
    measure_boxes,
    measure_poses,
    read_demo_truth,
    read_npz_truth,
)

WORKER = Path(__file__).with_name("_people_and_poses_of.py")


@dataclass
class Sums:
    """What was measured of a checkout."""

    pictures: int = 0
    people_s: float = 0.0
    poses_s: float = 0.0
    tally: Tally = field(default_factory=Tally)
    motion: list[np.ndarray] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def rate(self) -> float:
        """Pictures a second of both stages together."""
        return self.pictures / (self.people_s + self.poses_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", nargs="+", default=["."], help="folders, or name=folder")
    parser.add_argument("--demo", type=Path, help="results of the demo; else JHMDB is taken")
    parser.add_argument("--split", choices=["train", "test"], default="test")
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of videos")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    jhmdb = Path(os.environ.get("VPD_DATA", "data")) / "jhmdb"
    if options.demo is None and not (jhmdb / "joints2d.npz").exists():
        print(f"skipped: no {jhmdb / 'joints2d.npz'}; set VPD_DATA to the folder of jhmdb")
        return
    videos, truth = demo(options) if options.demo else clips(jhmdb, options)
    dataset = "demo" if options.demo else "jhmdb"
    sums: dict[str, Sums] = {}
    with tempfile.TemporaryDirectory() as folder:
        workers = {}
        for given in options.checkout:
            name, _, path = given.rpartition("=")
            name = f"{name or Path(path).resolve().name} ({commit(Path(path))})"
            own = Path(folder) / str(len(workers))
            own.mkdir()
            workers[name] = Worker(Path(path).resolve(), dataset, options.threads, own)
            sums[name] = Sums()
        for number, (video, path) in enumerate(videos.items()):
            # Whoever is first finds the file not read yet.
            order = list(workers) if number % 2 else list(workers)[::-1]
            for name in order:
                add(sums[name], workers[name].run(path), truth[video])
        for worker in workers.values():
            worker.end()
    print_table(sums, f"{dataset}, {options.split}, {len(videos)} videos")


class Worker:
    """The process of one checkout."""

    def __init__(self, checkout: Path, dataset: str, threads: int, folder: Path) -> None:
        environment = plain_environment()
        environment |= {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, str(WORKER), dataset, str(threads), str(folder)]
        self._process = subprocess.Popen(
            command,
            cwd=checkout,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(self) -> None:
        """Let it end: no video follows."""
        self._process.communicate()

    def run(self, video: Path) -> dict:
        """Take one video through the stages.

        Raises
        ------
        RuntimeError
            If the process has ended; it said why.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{video}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args}: ended with {self._process.wait()}")
        answer: dict = json.loads(line)
        return answer


def demo(options: argparse.Namespace) -> tuple[dict[str, Path], dict[str, VideoTruth]]:
    """Videos of the rendered sport, and their truth."""
    source = options.demo.resolve() / "source"
    found = sorted((source / "videos").glob(f"{options.split}_*.mp4"))
    chosen = random.Random(options.seed).sample(found, min(options.videos, len(found)))
    return {path.stem: path for path in chosen}, read_demo_truth(source / "truth.h5")


def clips(
    folder: Path, options: argparse.Namespace
) -> tuple[dict[str, Path], dict[str, VideoTruth]]:
    """Clips of JHMDB that have joints, split by source video as the dataset ``jhmdb_joints`` is; their truth."""
    with np.load(folder / "joints2d.npz") as file:
        keys = {key.rsplit("/", 1)[-1]: key for key in file.files}
    classes = "|".join(sorted({key.split("/")[0] for key in keys.values()}))
    pattern = rf"^(?P<group>.+?)_(?:{classes})_"
    actions = [
        Action(
            action_id=name,
            video_id=name,
            label=key.split("/")[0],
            start_s=0.0,
            end_s=1.0,
            split=None,
            group=group_of(name, pattern, "jhmdb"),
            where="",
        )
        for name, key in keys.items()
    ]
    split = {a.video_id: a.split for a in split_by_group(actions, 0.4, 0.0, seed=0)}
    found = sorted(name for name in keys if split[name] == options.split)
    chosen = random.Random(options.seed).sample(found, min(options.videos, len(found)))
    paths = {name: next((folder / "clips").glob(f"{keys[name]}.*")).resolve() for name in chosen}
    return paths, read_npz_truth(
        folder / "joints2d.npz", folder / "boxes.npz", "jhmdb15", list(paths)
    )


def add(sums: Sums, answer: dict, truth: VideoTruth) -> None:
    """Measure one video."""
    sums.pictures += answer["pictures"]
    sums.people_s += answer["people_s"]
    sums.poses_s += answer["poses_s"]
    for name, count in answer["looks"].items():
        sums.looks[name] += count
    with np.load(answer["file"]) as found:
        box_px, frame, keypoints_px = (found[k] for k in ("box_px", "frame", "keypoints_px"))
    measure_boxes(sums.tally, "", box_px, truth)
    measure_poses(sums.tally, "", frame, keypoints_px, np.ones(len(frame), bool), {}, truth)
    if truth.joints_px is not None and len(frame) > 1:
        true_px = truth.joints_px[frame].astype(np.float64)
        joints_px = to_joints13(keypoints_px)[..., :2]
        error = np.diff(joints_px, axis=0) - np.diff(true_px, axis=0)
        follows = (np.diff(frame) == 1)[:, None]
        error = np.linalg.norm(error, axis=-1) / torso_length(true_px)[1:, None]
        sums.motion.append(error[np.isfinite(error) & follows])


def print_table(sums: dict[str, Sums], title: str) -> None:
    """Print a row for each checkout, as Markdown."""
    head = ["people /s", "poses /s", "both /s", "ratio", "box IoU", "PCK", "motion error", "looks"]
    print(f"\n{title}, {next(iter(sums.values())).pictures} pictures\n")
    print("| " + " | ".join(["checkout", *head]) + " |")
    print("|" + "---|" * (len(head) + 1))
    first = next(iter(sums.values()))
    for name, s in sums.items():
        table = s.tally.table()
        mean = {row["measure"]: row["mean"] for _, row in table[table.frames == "all"].iterrows()}
        cells = [
            name,
            f"{s.pictures / s.people_s:.1f}",
            f"{s.pictures / s.poses_s:.1f}",
            f"{s.rate:.1f}",
            f"{s.rate / first.rate:.2f}",
            f"{mean['box_iou']:.4f}",
            f"{mean['pck_px']:.4f}",
            f"{np.concatenate(s.motion).mean():.4f}",
            ", ".join(f"{name} {count}" for name, count in s.looks.items()),
        ]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
