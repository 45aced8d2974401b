"""How well are actions found end to end in uncut real video? Clips of JHMDB joined to videos of a minute.

A video holds labelled clips of six sport classes with something between any two: the empty place of the one before, or
an unlabelled clip of somebody who walks, sits, waves or the like. Source videos are dealt to training and test as for
``benchmarks.joined_clips``, so that no athlete is on both sides. The project's own rules then run to
``found_accuracy.csv``: mAP by tIoU of both steps together, of each alone, of a detector of frame classes, of the
commonest class and of chance; and to ``found.csv``.

Run: ``VPD_DATA=folder python -m benchmarks.joined_actions`` from the project's root, ``folder`` holding ``jhmdb`` with
masks (docs/jhmdb.md). Videos and results are kept below ``--folder``.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import yaml

from benchmarks._options import plain_environment
from benchmarks.joined.clips import FPS, SPLITS, Corpus, read_corpus
from benchmarks.joined.timeline import Timeline
from vpdlib.progress import track

#: What people do between the labelled actions, who are nobody's athlete.
BETWEEN = ("brush_hair", "clap", "pour", "sit", "stand", "walk", "wave")
ACTIONS_PER_VIDEO = 10
CLIPS_PER_ATHLETE = 3
_SETTINGS = {
    "title": "JHMDB joined: six sport classes in uncut videos",
    "adapter": {"kind": "folder", "videos": "joined/videos", "labels": "joined/labels.csv"},
    "num_shards": 4,
    "people": {"every_nth_frame": 3},
    "crops": {"size": 64},
    "students": {
        "vpd2d": {
            "architecture": "residual",
            "crop_px": 64,
            "batch_size": 50,
            "learning_rate": 0.001,
            "schedule": "cosine",
            "cpu_bfloat16": "auto",
            "epochs": 30,
            "samples_per_epoch": 3000,
            "val_samples": 600,
            "select_window": 3,
            "augmentation": {
                "colour_jitter": [0.4, 0.4, 0.4, 0.1],
                "resized_crop_scale": [0.7, 1.0],
            },
        }
    },
    "concat": {"vpdconcat": ["joints2d", "vpd2d"]},
    "recognition": {"bigru": {"hidden": 64, "epochs": 60}},
    "detection": {
        "network": {
            "hidden": 32,
            "fc_width": 64,
            "window": 150,
            "windows_per_epoch": 200,
            "batch_size": 20,
            "epochs": 40,
            "min_epochs": 10,
            "patience": 10,
        }
    },
    "methods": ["joints2d", "vpd2d", "vpdconcat"],
}


def main() -> None:
    """Make videos, find, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/joined_actions"))
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    jhmdb = Path(os.environ.get("VPD_DATA", "data")).resolve() / "jhmdb"
    if not (jhmdb / "masks.bin.xz").exists():
        print(f"skipped: no {jhmdb / 'masks.bin.xz'}; set VPD_DATA to the folder of jhmdb")
        return
    folder = options.folder.resolve()
    if not (folder / "data/joined/labels.csv").exists():
        make_videos(jhmdb, folder / "data/joined", options.seed)
    write_settings(folder)
    start = time.monotonic()
    targets = [f"results/joined/{name}.csv" for name in ("found_accuracy", "found")]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(Path("Snakefile").resolve())]
    command += ["--cores", str(options.cores), "--directory", str(folder), *targets]
    subprocess.run(command, check=True, env=plain_environment())
    print(f"{time.monotonic() - start:.0f} s\n")
    print((folder / "results/joined/found_accuracy.md").read_text())


def write_settings(folder: Path) -> None:
    """The configuration and dataset of a working folder."""
    (folder / "datasets").mkdir(parents=True, exist_ok=True)
    networks = Path("resources/networks").resolve()
    config = {"networks_dir": str(networks), "data_dir": str(folder / "data"), "device": "cpu"}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "datasets/joined.yaml").write_text(yaml.safe_dump(_SETTINGS))


def make_videos(jhmdb: Path, folder: Path, seed: int) -> None:
    """Write ``videos/*.mp4`` and then ``labels.csv`` with columns video, start, end, label, split."""
    corpus = read_corpus(jhmdb)
    others = _others(jhmdb)
    rows = []
    for split, name in zip(SPLITS, ("train", "test"), strict=True):
        rng = np.random.default_rng([seed, SPLITS.index(split)])
        clips = _labelled_clips(corpus, split)
        order = [clips[index] for index in rng.permutation(len(clips))]
        parts = [order[i : i + ACTIONS_PER_VIDEO] for i in range(0, len(order), ACTIONS_PER_VIDEO)]
        for number, part in enumerate(track(parts, f"making {name} videos", unit="video")):
            video = f"{name}_{number:03d}"
            line = Timeline(rng)
            for clip_name in part:
                _add_between(line, corpus, others[name])
                clip = corpus.read(clip_name)
                first = len(line.frames)
                line.add_clip(clip)
                times = (f"{first / FPS:.4f}", f"{len(line.frames) / FPS:.4f}")
                rows.append((video, *times, clip_name.split("/")[0], name))
            _add_between(line, corpus, others[name])
            line.write(folder, video)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("video", "start", "end", "label", "split"))
        writer.writerows(rows)


def _labelled_clips(corpus: Corpus, split: str) -> list[str]:
    """A few clips of every athlete of a split, all classes."""
    return [
        clip
        for sources in corpus.athletes[split].values()
        for clips in sources.values()
        for clip in clips[:CLIPS_PER_ATHLETE]
    ]


def _others(jhmdb: Path) -> dict[str, list[str]]:
    """Unlabelled clips for each side; a source video is on one of them."""
    found: dict[str, list[str]] = {"train": [], "test": []}
    with (jhmdb / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["class"] in BETWEEN]
    subjects = sorted({row["subject"] for row in rows})
    for row in rows:
        side = ("train", "test")[subjects.index(row["subject"]) % 2]
        found[side].append(str(Path(row["clip"]).relative_to("clips").with_suffix("")))
    return found


def _add_between(line: Timeline, corpus: Corpus, others: list[str]) -> None:
    """An empty place for one to three seconds, or somebody who does something else."""
    clip = corpus.read(others[line.rng.integers(len(others))])
    if line.rng.random() < 0.5:
        line.add_still(clip.plate, int(line.rng.integers(FPS, 3 * FPS)))
    else:
        line.add_others(clip.rgb)


if __name__ == "__main__":
    main()
