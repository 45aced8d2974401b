"""How long Snakemake takes to plan a dataset of Diving48's size, how long when nothing is to be done, and its memory.

Videos and results are stand-ins: files of a few bytes, of which planning sees names, sizes and dates alone. The
settings are those of ``datasets/diving48.yaml``, with a folder's adapter and the networks that need no download. First
nothing is there and ``snakemake --dry-run`` plans all of the paper's tables; then every result is, touched
(``--touch``), so that Snakemake has its records of each, and it starts to find nothing to do. Printed are seconds of
wall time and of CPU and the most resident memory. ``--profile OUT`` keeps a profile of both starts for ``pstats``. Run,
from the project's root: ``python -m benchmarks.planning --clips 18404``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks._options import options_or_skip, plain_environment
from vpdlib.datasets.tables import BrokenRow, VideoRow, write_rows

ROOT = Path(__file__).resolve().parents[1]
TARGETS = [f"results/many/{name}.csv" for name in ("table1", "table3", "figure3")]
#: Of Diving48: labelled clips, those of them that are tested, classes.
_LABELLED, _TESTED, _CLASSES = 16_997 / 18_404, 1_970 / 16_997, 48


def main() -> None:
    """Write stand-ins, plan, pretend that all is done, start again, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, help="how many; without it nothing is done")
    parser.add_argument("--shards", type=int, default=128)
    parser.add_argument("--profile", type=Path, help="beginning of the names of profiles to write")
    options = options_or_skip(parser, "clips", "number of clips")
    with tempfile.TemporaryDirectory(prefix="vpd-planning-") as temporary:
        folder = Path(temporary)
        write_dataset(folder, options.clips, options.shards)
        # What is read of modules is kept beside their bytecode: as after any first start.
        start(folder, ["--dry-run", "--quiet", "all", "--", "results/many/shards/0000.csv"])
        print(
            "| start | jobs | s of wall time | s of CPU | most memory, MB |\n|---|---|---|---|---|"
        )
        planned = start(folder, ["--dry-run", "--", *TARGETS], options.profile, "plan")
        jobs = int(planned.split("total")[1].split()[0])
        pretend_all_is_there(folder, options.clips)
        idle = start(
            folder, ["--cores", "2", "--", *TARGETS], options.profile, "idle", f"{jobs} done"
        )
        if "Nothing to be done" not in idle:
            raise SystemExit(f"there was something to do:\n{idle[-3000:]}")


def write_dataset(folder: Path, num_clips: int, num_shards: int) -> None:
    """Stand-ins of videos, labels of Diving48's numbers, and the settings."""
    videos = folder / "data/videos"
    videos.mkdir(parents=True)
    rows = ["video,label,split"]
    labelled = round(num_clips * _LABELLED)
    tested = round(labelled * _TESTED)
    for number in range(num_clips):
        name = f"clip_{number:05d}"
        (videos / f"{name}.mp4").write_text(name)
        if number < labelled:
            rows.append(
                f"{name},dive_{number % _CLASSES:02d},{'test' if number < tested else 'train'}"
            )
    (folder / "data/labels.csv").write_text("\n".join(rows) + "\n")
    settings = yaml.safe_load((ROOT / "datasets/diving48.yaml").read_text())
    settings |= {
        "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
        "num_shards": num_shards,
        "networks": "embedded",
    }
    (folder / "datasets").mkdir()
    (folder / "datasets/many.yaml").write_text(yaml.safe_dump(settings))
    config = {"data_dir": str(folder / "data"), "networks_dir": str(ROOT / "resources/networks")}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


def pretend_all_is_there(folder: Path, num_clips: int) -> None:
    """A stand-in of every result, and Snakemake's records of the jobs that would have made them."""
    summary = run(folder, ["--summary", "--", *TARGETS])[0]
    outputs = [line.split("\t")[0] for line in summary.splitlines() if line.startswith("results/")]
    for output in outputs:
        path = folder / output
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
            if path.name.endswith(".broken.csv"):
                write_rows(path, [], BrokenRow)
        else:
            path.mkdir(parents=True, exist_ok=True)
    # Snakemake reads them as it starts, for the students that may stay.
    rows = [
        VideoRow(f"clip_{number:05d}", "clip.mp4", 0, 25.0, 640, 480, 130, 5.2, "train")
        for number in range(num_clips)
    ]
    write_rows(folder / "results/many/dataset/videos.csv", rows, VideoRow)
    run(folder, ["--touch", "--cores", "2", "--quiet", "all", "--", *TARGETS])


def start(
    folder: Path,
    arguments: list[str],
    profile: Path | None = None,
    name: str | None = None,
    jobs: str | None = None,
) -> str:
    """Run Snakemake, print a row of what it took, and return what it says."""
    if profile is not None and name is not None:
        run(folder, arguments, ["-m", "cProfile", "-o", f"{profile}.{name}"])
    before = time.monotonic()
    text, cpu_s, rss_mb = run(folder, arguments)
    wall_s = time.monotonic() - before
    if name is not None:
        jobs = jobs or text.split("total")[1].split()[0]
        print(f"| {name} | {jobs} | {wall_s:.1f} | {cpu_s:.1f} | {rss_mb:.0f} |", flush=True)
    return text


def run(
    folder: Path, arguments: list[str], python: list[str] | None = None
) -> tuple[str, float, float]:
    """What Snakemake says, its seconds of CPU, and its most resident memory in MB."""
    command = [sys.executable, *(python or []), "-m", "snakemake"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder), "--nocolor"]
    log = folder / "said.txt"
    with log.open("w") as said:
        process = subprocess.Popen(
            [*command, *arguments], stdout=said, stderr=subprocess.STDOUT, env=plain_environment()
        )
        _, status, used = os.wait4(process.pid, 0)
    text = log.read_text()
    if status:
        raise SystemExit(f"Snakemake ended with status {status}:\n{text[-3000:]}")
    return text, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
