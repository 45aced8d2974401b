"""Stand-in videos for clips of the paper's datasets, and settings to run the workflow on them.

    python -m tests.paper_standins fsjump6 build/standins --clips 12

writes ``<folder>/<dataset>/videos/<clip>.mp4`` with the real names, rates and lengths and, where the labels
say so, a motion of the demo sport that stands for the class; and ``<folder>/<dataset>.yaml``, to be given with
``--configfile``: the dataset restricted to these clips, with small networks. Labels come from the cache of
downloads. The numbers that come out show that the chain works and that labels and frames are in step; they
say nothing about the sport.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from tests.standins import Event, StandIns
from vpdlib.datasets.adapters import parse_adapter
from vpdlib.datasets.paper.files import fetch_label_files
from vpdlib.datasets.paper.protocol import PaperDataset, read_clip_info
from vpdlib.datasets.paths import DataFolder
from vpdlib.progress import track

#: Motions of the demo sport; a class takes the one of its number, over again where there are more classes.
_MOTIONS = 6
#: A student that learns within minutes on two cores, by settings of the same code.
SMALL: dict[str, Any] = {
    "num_shards": 4,
    "networks": "embedded",
    "people": {"every_nth_frame": 6},
    "crops": {"size": 64},
    "weak_labels": {"min_score": 0.3},
    "students": {
        "vpd2d": {
            "architecture": "residual",
            "crop_px": 64,
            "batch_size": 50,
            "learning_rate": 0.001,
            "schedule": "cosine",
            "cpu_bfloat16": "auto",
            "epochs": 12,
            "samples_per_epoch": 3000,
            "val_samples": 600,
            "select_window": 3,
        }
    },
    "recognition": {"bigru": {"hidden": 64, "epochs": 60}},
    "shots": [4],
    "trials": 3,
}


def choose_clips(dataset: PaperDataset, count: int) -> list[str]:
    """The shortest clips that together have training actions of many classes, and test actions.

    A third are test clips. Each next clip is the one that brings the rarest classes so far, then the shortest.
    """
    info = dataset.clips()
    clip_of = {video.video_id: video.clip for video in dataset.videos}
    labels: dict[str, Counter[str]] = {}
    sides: dict[str, set[str]] = {}
    for action in dataset.actions:
        clip = clip_of[action.video_id]
        labels.setdefault(clip, Counter())[action.label] += 1
        sides.setdefault(clip, set()).add("test" if action.split == "test" else action.split)
    chosen: list[str] = []
    for side, fraction in (("train", count - count // 3), ("test", count // 3)):
        pool = sorted(clip for clip, found in sides.items() if found == {side})
        have: Counter[str] = Counter()
        for _ in range(min(fraction, len(pool))):
            best = min(
                pool,
                key=lambda clip: (
                    info[clip].num_frames * (1 + min(have[label] for label in labels[clip])),
                    clip,
                ),
            )
            pool.remove(best)
            have += labels[best]
            chosen.append(best)
    return chosen


def events_of(dataset: PaperDataset, clip: str) -> list[Event]:
    """What the athletes of a clip do: the labelled segments, in frames."""
    number = {name: place % _MOTIONS for place, name in enumerate(dataset.class_names)}
    events = []
    for video in dataset.videos:
        if video.clip != clip:
            continue
        segments = [e for e in dataset.events if e.video_id == video.video_id]
        for segment in segments or [a for a in dataset.actions if a.video_id == video.video_id]:
            if segment.label not in number:
                continue
            first, end = (round(t * video.info.fps) for t in (segment.start_s, segment.end_s))
            if video.athlete:
                # A tennis label is the moment of contact; a motion takes longer.
                reach = round(0.4 * video.info.fps)
                first, end = first - reach, end + reach
            first, end = max(0, first), min(video.info.num_frames, end)
            events.append(Event(first, end, number[segment.label], int(video.athlete == "far")))
    return events


def write_standins(
    dataset: PaperDataset, clips: list[str], folder: Path, renderer: StandIns
) -> None:
    """Write the stand-ins of some clips."""
    info = dataset.clips()
    players = 2 if dataset.videos[0].athlete else 1
    for place, clip in enumerate(track(clips, "stand-in videos", unit="video")):
        renderer.write(
            folder / f"{clip}.mp4",
            info[clip].fps,
            info[clip].num_frames,
            events_of(dataset, clip),
            seed=place,
            players=players,
        )


def write_diving48_labels(files: dict[str, Path], folder: Path, per_class: int = 4) -> None:
    """JSON files of the form of Diving48's V2 labels, on short clips, with made-up classes."""
    clips = read_clip_info(files["diving48.video_meta.pkl"])
    # The published few-shot lists tell some of the real training clips.
    training = {
        clip
        for name, path in files.items()
        if name.startswith("train_")
        for clip in path.read_text().split()
    }
    shortest = sorted(
        (clip for clip in clips if clips[clip].num_frames >= 60),
        key=lambda clip: (clips[clip].num_frames, clip),
    )
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = [["Back", f"{n}som", "NoTwis", "TUCK"] for n in range(48)]
    (folder / "Diving48_vocab.json").write_text(json.dumps(vocabulary))
    for name, chosen in (
        ("train", [clip for clip in shortest if clip in training][: 6 * per_class]),
        ("test", [clip for clip in shortest if clip not in training][: 6 * per_class]),
    ):
        entries = [
            {"vid_name": c, "label": i % 6, "start_frame": 0, "end_frame": clips[c].num_frames}
            for i, c in enumerate(chosen)
        ]
        (folder / f"Diving48_V2_{name}.json").write_text(json.dumps(entries))


def make_standins(
    name: str, folder: Path, downloads_dir: Path, count: int, renderer: StandIns | None = None
) -> dict[str, Any]:
    """Write videos, and return settings to lay over the dataset's YAML."""
    files = fetch_label_files(name, downloads_dir)  # type: ignore[arg-type]
    adapter: dict[str, Any] = {"kind": name, "videos": f"{name}/videos"}
    if name == "diving48":
        write_diving48_labels(files, folder / name / "labels")
        adapter["labels"] = f"{name}/labels"
    paper = parse_adapter(adapter)
    dataset = paper.load(files, DataFolder(folder))  # type: ignore[arg-type]
    clips = choose_clips(dataset, count)
    if renderer is None:
        renderer = StandIns(width=256, height=256 if name == "tennis7" else 144)
    write_standins(dataset, clips, folder / name / "videos", renderer)
    return {
        **SMALL,
        "title": f"{name}: STAND-IN videos, not the sport",
        "adapter": {**adapter, "only": clips, **({"annotation": None} if name == "fx35" else {})},
    }


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dataset", choices=("fsjump6", "tennis7", "fx35", "diving48"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--downloads-dir", type=Path, default=Path("resources/downloads"))
    options = parser.parse_args()
    settings = make_standins(options.dataset, options.folder, options.downloads_dir, options.clips)
    config = {
        "data_dir": str(options.folder),
        "downloads_dir": str(options.downloads_dir),
        "overrides": {options.dataset: settings},
    }
    path = options.folder / f"{options.dataset}.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    print(path)
    return 0


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    sys.exit(main())
