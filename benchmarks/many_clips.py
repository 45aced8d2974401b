"""Many tiny clips, some of them broken, through the stages of every video: is one lost, and what does each stage cost?

Routines of the demo are rendered at 160 x 120 px and cut into clips; of every hundred one is broken, by turns an MP4
that ends in its middle and a text. The real workflow, with ``on_bad_video: skip``, then lists, looks for people,
tracks, crops, estimates flow and poses and chooses weak labels. Printed are jobs, seconds of CPU and of wall time, disk
and the largest job's memory of every stage, beside what ``benchmarks.scaling`` predicts of so many clips and frames; it
is an error if a broken clip is not named in ``problems.csv`` or another one is missing in an artifact. ``--csv`` adds
the figures to a table, one row a stage, and ``--predict-from`` predicts by such a table of smaller runs. Run, from the
project's root: ``python -m benchmarks.many_clips --clips 1000 --folder build/many``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import yaml

from benchmarks._options import options_or_skip, plain_environment
from benchmarks.scaling import Workload, costs, fit
from vpdlib.artifacts import read_artifact
from vpdlib.demo.film import prepare_scene, render_frames
from vpdlib.demo.plan import DemoSettings, plan_routines
from vpdlib.progress import track
from vpdlib.report.stage_times import read_logs, times_in_logs
from vpdlib.video.writer import VideoWriter

ROOT = Path(__file__).resolve().parents[1]
#: The stages of every video, in their order, and the folder of what each writes.
STAGES = {
    "list_videos": "shards",
    "detect_people": "people",
    "track_athlete": "tracks",
    "crop_athlete": "crops",
    "estimate_flow": "flow",
    "estimate_pose": "poses",
    "select_weak_labels": "weak_labels/pose2d",
}
#: Frames that no routine of three actions falls short of.
_SHORTEST_ROUTINE = 150
_ONE_IN = 100
#: Of the clips, and of the crops, px.
WIDTH, HEIGHT, CROP_PX = 160, 120, 64


def main() -> None:
    """Render, run, check, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, help="how many; without it nothing is done")
    parser.add_argument("--frames", type=int, default=15, help="of a clip, 150 at most")
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("build/many"), help="is kept")
    parser.add_argument("--csv", type=Path, help="a table to add the figures to")
    parser.add_argument(
        "--predict-from", type=Path, help="such a table, in place of benchmarks/scaling_figures.csv"
    )
    options = options_or_skip(parser, "clips", "number of clips")
    folder = options.folder.resolve()
    broken = write_clips(folder / "data", options.clips, options.frames, options.seed)
    wall_s = run_workflow(folder, options.shards, options.cores)
    results = folder / "results/many"
    check(results, options.clips, broken)
    num_whole = options.clips - len(broken)
    table = figures(results, num_whole, options.frames)
    work = Workload(
        num_whole, num_whole * options.frames, WIDTH, HEIGHT, options.shards, crop_px=CROP_PX
    )
    smaller = None if options.predict_from is None else fit(pd.read_csv(options.predict_from))
    predicted = costs(work, "tiny", smaller).set_index("stage")["cpu_s"].reindex(table["stage"])
    shown = table.assign(predicted_s=predicted.to_numpy())
    shown["ratio"] = shown["cpu_s"] / shown["predicted_s"]
    print(shown.round(2).to_string(index=False))
    print(
        f"{options.clips} clips, {len(broken)} of them broken and named, the others whole; {wall_s:.0f} s of wall time "
        f"with --cores {options.cores}, {table['cpu_s'].sum():.0f} s of CPU in jobs"
    )
    if options.csv is not None:
        table.to_csv(options.csv, mode="a", header=not options.csv.exists(), index=False)


def write_clips(data: Path, num_clips: int, num_frames: int, seed: int) -> list[str]:
    """Write ``videos/<clip>.mp4`` and ``labels.csv``, what is there already left; return the names of broken clips."""
    names = [f"clip_{number:05d}" for number in range(num_clips)]
    broken = names[_ONE_IN // 2 :: _ONE_IN]
    if (data / "labels.csv").exists():
        return broken
    per_routine = _SHORTEST_ROUTINE // num_frames
    settings = DemoSettings(
        num_train_videos=-(-num_clips // per_routine),
        num_test_videos=0,
        width=WIDTH,
        height=HEIGHT,
        seed=seed,
    )
    for routine in track(plan_routines(settings), "rendering", unit="routine"):
        first = routine.index * per_routine
        paths = [data / "videos" / f"{name}.mp4" for name in names[first : first + per_routine]]
        if all(path.exists() for path in paths):
            continue
        pictures = render_frames(prepare_scene(routine, settings), settings)
        for path in paths:
            with VideoWriter(path, 25.0, WIDTH, HEIGHT) as writer:
                for _ in range(num_frames):
                    writer.write(next(pictures))
    for number, name in enumerate(broken):
        path = data / "videos" / f"{name}.mp4"
        held = path.read_bytes()
        path.write_bytes(b"no video\n" * 100 if number % 2 else held[: len(held) // 2])
    rows = [f"{name},{('even', 'odd')[number % 2]}" for number, name in enumerate(names)]
    (data / "labels.csv").write_text("\n".join(["video,label", *rows]) + "\n")
    return broken


def run_workflow(folder: Path, num_shards: int, cores: int) -> float:
    """Run the stages; seconds of wall time."""
    settings = {
        "title": "Many clips",
        "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
        "on_bad_video": "skip",
        "num_shards": num_shards,
        "people": {"every_nth_frame": 5, "detectors": ["nanodet"]},
        "crops": {"size": CROP_PX},
        "poses": {"look_first_at_every": 7},
        "weak_labels": {"min_score": 0.3},
        "methods": ["joints2d"],
    }
    (folder / "datasets").mkdir(parents=True, exist_ok=True)
    (folder / "datasets/many.yaml").write_text(yaml.safe_dump(settings))
    config = {"data_dir": str(folder / "data"), "device": "cpu"}
    config["networks_dir"] = str(ROOT / "resources/networks")
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--cores", str(cores), "--nocolor", "--"]
    command += ["results/many/problems.csv"]
    command += [
        f"results/many/{kind}/{shard:04d}.h5"
        for kind in ("flow", "weak_labels/pose2d")
        for shard in range(num_shards)
    ]
    start = time.monotonic()
    with (folder / "snakemake.log").open("w") as log:
        done = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, env=plain_environment(), check=False
        )
    if done.returncode:
        raise SystemExit(f"Snakemake ended with status {done.returncode}: see {log.name}")
    return time.monotonic() - start


def check(results: Path, num_clips: int, broken: list[str]) -> None:
    """Every broken clip is named, every other one is whole in every artifact.

    Raises
    ------
    SystemExit
        Naming what is not so.
    """
    problems = pd.read_csv(results / "problems.csv")
    named = set(problems.loc[problems["stage"] == "list_videos", "video"])
    if named != set(broken):
        raise SystemExit(
            f"problems.csv names {sorted(named - set(broken))[:5]} besides the broken clips, and "
            f"not {sorted(set(broken) - named)[:5]}"
        )
    whole = {f"clip_{number:05d}" for number in range(num_clips)} - set(broken)
    for stage, kind in STAGES.items():
        if stage == "list_videos":
            lists = [pd.read_csv(path) for path in (results / kind).glob("[0-9]???.csv")]
            found = set(pd.concat(lists)["video"])
        else:
            found = set()
            for path in (results / kind).glob("*.h5"):
                with read_artifact(path, kind.partition("/")[0]) as artifact:
                    for video in artifact.videos():
                        if video.attributes.get("broken"):
                            raise SystemExit(f"{path}: {video.video_id} is carried on as broken")
                        found.add(video.video_id)
        if found != whole:
            raise SystemExit(
                f"{results / kind}: {len(found)} clips in place of {len(whole)}; "
                f"missing {sorted(whole - found)[:5]}, besides {sorted(found - whole)[:5]}"
            )


def figures(results: Path, num_videos: int, frames_per_video: int) -> pd.DataFrame:
    """Of every stage: jobs, videos, frames, seconds of CPU and of wall time, MB on disk, MB of the largest job."""
    times = {time.stage: time for time in times_in_logs(read_logs(results))}
    rows = []
    for stage, kind in STAGES.items():
        memory = [
            pd.read_csv(path, sep="\t")["max_rss"].max()
            for path in (results / "benchmarks" / stage).rglob("*.tsv")
        ]
        size = sum(path.stat().st_size for path in (results / kind).glob("*") if path.is_file())
        rows.append(
            {
                "stage": stage,
                "jobs": times[stage].jobs,
                "videos": num_videos,
                "frames": num_videos * frames_per_video,
                "cpu_s": times[stage].cpu_s,
                "wall_s": times[stage].wall_s,
                "disk_mb": size / 1e6,
                "rss_mb": max(memory),
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
