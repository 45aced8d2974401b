"""What each stage costs, by measured figures: jobs, seconds of CPU, memory of a job and disk, for so much video.

``benchmarks/scaling_figures.csv`` has what was measured, a figure a row: of a stage, on which networks (*tiny* is what
``benchmarks.many_clips`` runs; *embedded* the networks of ``datasets/template.yaml``; *paper* Mask R-CNN, HRNet and
RAFT; *all* are those that have no figure of their own), per what, and the command that measured it. A stage costs the
sum of its figures times what they are per: jobs, videos, frames of the files, megapixels of these, frames with the
athlete, megapixels of their crops, pairs of actions (sequences of about a hundred frames of 52 numbers). What was never
measured is not guessed and said to be missing: seconds of GPU, above all. Worked out in ``docs/scaling.md``. Run, from
the project's root: ``python -m benchmarks.scaling --hours 10000 --clips 20000 --fps 25 --shards 2000 --cores 64`` or,
for the paper's datasets, ``python -m benchmarks.scaling --datasets --networks paper``; ``--decode 1920 1080`` measures
what decoding costs, which every stage that looks at pictures pays.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from scipy.optimize import nnls

from vpdlib.config.sections import MAX_SHARDS
from vpdlib.datasets.base import shard_of
from vpdlib.demo.film import prepare_scene, render_frames
from vpdlib.demo.plan import DemoSettings, plan_routines
from vpdlib.video.reader import read_frames
from vpdlib.video.writer import VideoWriter

FIGURES = Path(__file__).with_name("scaling_figures.csv")
NETWORKS = ("tiny", "embedded", "paper")
#: The stages of every video, then those of all labelled actions.
STAGES = (
    "list_videos",
    "detect_people",
    "track_athlete",
    "crop_athlete",
    "estimate_flow",
    "estimate_pose",
    "select_weak_labels",
    "embed_joints2d",
    "embed_frames",
    "retrieve_actions",
    "recognize_actions, nns",
)
#: Made once, whatever the number of shards.
_WHOLE = ("retrieve_actions", "recognize_actions, nns")


@dataclass(frozen=True)
class Workload:
    """How much there is to do.

    Attributes
    ----------
    clips, frames : files, and pictures in them.
    width, height : of the pictures, px.
    shards : jobs of each stage of every video.
    athletes : followed in each file.
    crop_px : side of a crop.
    queries, corpus : actions that are looked for, and among how many (0: no retrieval).
    tests, training : actions that get the nearest neighbour's label, and among how many (0: none).
    blocks : jobs that share each search.
    """

    clips: int
    frames: int
    width: int = 640
    height: int = 480
    shards: int = 8
    athletes: int = 1
    crop_px: int = 128
    queries: int = 0
    corpus: int = 0
    tests: int = 0
    training: int = 0
    blocks: int = 1

    def counts(self, stage: str) -> dict[str, float]:
        """How often a stage meets each thing that a figure may be per."""
        athlete_frames = self.frames * self.athletes
        jobs = self.shards
        if stage in _WHOLE:
            # And the one that puts them together.
            jobs = self.blocks + (self.blocks > 1)
        pairs = self.queries * self.corpus if stage == "retrieve_actions" else 0
        if stage == "recognize_actions, nns":
            # Regular and flipped, of both.
            pairs = 4 * self.tests * self.training
        return {
            "job": jobs,
            "video": self.clips * self.athletes,
            "frame": self.frames,
            "megapixel": self.frames * self.width * self.height / 1e6,
            "athlete_frame": athlete_frames,
            "crop_megapixel": athlete_frames * self.crop_px**2 / 1e6,
            "pair": pairs,
        }


#: The paper's, by the released facts of their clips and the published numbers of actions; retrieval as in its Table 3.
DATASETS = {
    "fsjump6": Workload(371, 1_582_825, 1920, 1080, 64, 1, 128, 1446, 1446, 520, 743),
    "tennis7": Workload(1619, 842_589, 1920, 1080, 64, 2, 128, 8243, 8243, 2509, 4592),
    "fx35": Workload(1214, 3_467_718, 1280, 720, 64, 1, 128, 7634, 7634, 2226, 5408),
    "diving48": Workload(18_404, 2_889_713, 640, 480, 128, 1, 128, 1970, 16_997, 1970, 15_027),
}


def costs(work: Workload, networks: str, figures: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row a stage: jobs, seconds of CPU and of GPU, GB of disk, MB of the largest job, and what was not measured.

    Parameters
    ----------
    work : how much there is to do.
    networks : one of `NETWORKS`.
    figures : of `FIGURES`, or others of the same columns.

    Returns
    -------
    Columns stage, jobs, cpu_s, gpu_s, disk_gb, rss_mb; NaN where there is no figure.
    """
    if figures is None:
        figures = pd.read_csv(FIGURES)
    rows = []
    for stage in STAGES:
        counts = work.counts(stage)
        if stage in _WHOLE and not counts["pair"]:
            continue
        of_stage = figures[figures["stage"] == stage]
        row: dict[str, float | str] = {"stage": stage, "jobs": counts["job"]}
        for column, quantity, unit in (
            ("cpu_s", "cpu_s", 1.0),
            ("gpu_s", "gpu_s", 1.0),
            ("disk_gb", "bytes", 1e9),
        ):
            found = _of(of_stage, quantity, networks)
            row[column] = float("nan")
            # What a job's start costs is no measure of its work.
            if len(found) and set(found["per"]) != {"job"}:
                row[column] = sum(found["value"] * found["per"].map(counts)) / unit
        memory = _of(of_stage, "rss_mb", networks)
        row["rss_mb"] = memory["value"].max() if len(memory) else float("nan")
        rows.append(row)
    return pd.DataFrame(rows)


def largest_shard(clips: int, shards: int) -> float:
    """Part of all files that is in the largest shard, of ids such as clip_00017: shards are dealt by a hash of ids."""
    counts = Counter(shard_of(f"clip_{number:05d}", shards) for number in range(clips))
    return max(counts.values()) / clips


def report(name: str, work: Workload, networks: str, cores: int) -> None:
    """Print a table, its sums, and what was not measured."""
    table = costs(work, networks)
    table["cpu_h"] = table["cpu_s"] / 3600
    # Of all of a stage's work; what is done once, or in blocks, is dealt evenly.
    part = largest_shard(work.clips, work.shards)
    is_whole = table["stage"].isin(_WHOLE)
    table["longest_job_h"] = table["cpu_h"] * np.where(is_whole, 1 / table["jobs"], part)
    shown = table[["stage", "jobs", "cpu_h", "longest_job_h", "disk_gb", "rss_mb"]]
    print(f"\n{name}, {networks} networks: {work.clips} files, {work.frames} frames")
    print(shown.round(2).to_string(index=False, na_rep="-"))
    missing = list(table.loc[table["cpu_s"].isna(), "stage"])
    hours = table["cpu_h"].sum()
    print(
        f"{int(table['jobs'].sum())} jobs, {hours:.1f} h of CPU: {hours / cores:.1f} h on {cores} cores if shared out "
        f"evenly, and no less than the longest job, {table['longest_job_h'].max():.1f} h; "
        f"{table['disk_gb'].sum():.1f} GB; CPU not measured: {', '.join(missing) or 'none'}; GPU: "
        f"{'not measured' if table['gpu_s'].isna().all() else 'see figures'}"
    )


def _of(figures: pd.DataFrame, quantity: str, networks: str) -> pd.DataFrame:
    """The figures of a quantity: those of the networks or, where there is none, those of all."""
    found = figures[figures["quantity"] == quantity]
    own = found[found["networks"] == networks]
    return own if len(own) else found[found["networks"] == "all"]


def fit(table: pd.DataFrame) -> pd.DataFrame:
    """Seconds a job, a video and a frame of each stage, none below 0, from several runs of ``benchmarks.many_clips``.

    Parameters
    ----------
    table : what its ``--csv`` wrote, with at least three runs of different numbers of clips and frames.

    Returns
    -------
    Rows of `FIGURES` without the command, *tiny* networks.
    """
    rows = []
    for stage, runs in table.groupby("stage", sort=False):
        amounts = runs[["jobs", "videos", "frames"]].to_numpy(float)
        # Each run counts by its share, so that the long one does not drown the start of a job.
        weight = 1 / runs["cpu_s"].to_numpy(float)
        values, _ = nnls(amounts * weight[:, None], np.ones(len(runs)))
        rows += [
            (stage, "tiny", "cpu_s", per, value)
            for per, value in zip(("job", "video", "frame"), values, strict=True)
            if value > 0
        ]
    return pd.DataFrame(rows, columns=["stage", "networks", "quantity", "per", "value"])


def seconds_to_decode(width: int, height: int) -> float:
    """Seconds of CPU a megapixel, of a routine of the demo enlarged to a size, H.264, 48 pictures."""
    settings = DemoSettings(num_train_videos=1, num_test_videos=0)
    pictures = render_frames(prepare_scene(plan_routines(settings)[0], settings), settings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        with VideoWriter(path, 25.0, width, height) as writer:
            for _ in range(48):
                writer.write(cv2.resize(next(pictures), (width, height)))
        start = time.process_time()
        num_frames = sum(1 for _ in read_frames(path))
        return (time.process_time() - start) / (num_frames * width * height / 1e6)


def _at_least(least: float, kind: type, text: str) -> float:
    value = kind(text)
    if not least <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: give a number of {least:g} or more")
    return value


def _shards(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MAX_SHARDS:
        raise argparse.ArgumentTypeError(f"{text}: there are 1 to {MAX_SHARDS} shards")
    return value


def main() -> None:
    """Print what a workload, or each of the paper's datasets, costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--datasets", action="store_true", help="the paper's four")
    whole = partial(_at_least, 1, int)
    parser.add_argument(
        "--hours", type=partial(_at_least, 1e-3, float), default=10.0, help="of video"
    )
    parser.add_argument("--clips", type=whole, default=100, help="files")
    parser.add_argument(
        "--fps", type=partial(_at_least, 1.0, float), default=25.0, help="frame rate"
    )
    parser.add_argument(
        "--size", type=whole, nargs=2, default=(1280, 720), metavar="PX", help="of a frame"
    )
    parser.add_argument("--crop-px", type=whole, default=128, help="side of a crop")
    parser.add_argument("--shards", type=_shards, default=8, help="jobs of a stage (num_shards)")
    parser.add_argument("--blocks", type=whole, default=1, help="jobs of each search")
    parser.add_argument(
        "--queries", type=partial(_at_least, 0, int), default=0, help="actions looked for"
    )
    parser.add_argument(
        "--corpus", type=partial(_at_least, 0, int), default=0, help="actions among which"
    )
    parser.add_argument(
        "--networks", choices=NETWORKS, default="embedded", help="of people, poses and flow"
    )
    parser.add_argument("--cores", type=whole, default=16, help="of all computers together")
    parser.add_argument(
        "--fit", type=Path, help="only print figures of tiny clips, from such a table"
    )
    parser.add_argument(
        "--decode", type=whole, nargs=2, metavar="PX", help="only measure how long decoding takes"
    )
    options = parser.parse_args()
    if options.fit:
        print(fit(pd.read_csv(options.fit)).to_csv(index=False))
        return
    if options.decode:
        print(f"{seconds_to_decode(*options.decode):.4f} s of CPU a megapixel")
        return
    if options.datasets:
        for name, work in DATASETS.items():
            report(name, work, options.networks, options.cores)
        return
    work = Workload(
        clips=options.clips,
        frames=round(options.hours * 3600 * options.fps),
        width=options.size[0],
        height=options.size[1],
        shards=options.shards,
        crop_px=options.crop_px,
        queries=options.queries,
        corpus=options.corpus,
        blocks=options.blocks,
    )
    report(f"{options.hours:g} hours", work, options.networks, options.cores)


if __name__ == "__main__":
    main()
