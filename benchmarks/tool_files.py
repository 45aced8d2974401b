"""Seconds to read and write other tools' files of labels and keypoints, beside what opening them alone takes.

Labels: so many invented actions over 100 videos, written in every format that is written, and read back to labelled
actions. Keypoints: so many frames of one person over 10 videos. The limit is the parser of the container (JSON, XML, a
zip archive, text; all datasets of an HDF5 file) on the same files in the same run; the ratio says what the reader adds.
``python -m benchmarks.tool_files --actions 100000 --frames 1000000``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
import pandas as pd

from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.settings import LabelSettings
from vpdlib.interchange.document import open_document
from vpdlib.interchange.formats import WrittenAction, WrittenPoses, WrittenVideo
from vpdlib.interchange.label_registry import LABELS
from vpdlib.interchange.labels import LabelledVideos, read_labels
from vpdlib.interchange.pose_registry import POSES, WRITTEN_POSES
from vpdlib.interchange.written_labels import WRITTEN

_NUM_VIDEOS, _NUM_POSE_VIDEOS = 100, 10
_CLASSES = ("axel", "lutz", "flip", "loop", "salchow", "toe_loop")
_FPS = 25.0


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def _videos(num_actions: int) -> list[WrittenVideo]:
    """Videos with actions of a second, one every two."""
    each = -(-num_actions // _NUM_VIDEOS)
    rng = np.random.default_rng(0)
    videos = []
    for number in range(_NUM_VIDEOS):
        starts = 2.0 * np.arange(each)
        labels = rng.choice(_CLASSES, each)
        actions = [
            WrittenAction(float(start), float(start) + 1.0, str(label))
            for start, label in zip(starts, labels, strict=True)
        ]
        length_s = 2.0 * each
        name = f"heat_{number:03d}"
        videos.append(
            WrittenVideo(
                name,
                Path(f"/videos/{name}.mp4"),
                length_s,
                _FPS,
                round(length_s * _FPS),
                1280,
                720,
                actions,
            )
        )
    return videos


def _plainly(paths: Iterable[Path]) -> None:
    for path in paths:
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                file.visititems(
                    lambda _, item: item[()] if isinstance(item, h5py.Dataset) else None
                )
        else:
            open_document(path)


def labels_table(num_actions: int, only: Sequence[str]) -> pd.DataFrame:
    """One row a format of labels."""
    videos = _videos(num_actions)
    known = LabelledVideos(
        [VideoSource(video.video_id, video.path) for video in videos],
        {video.video_id: video.duration_s for video in videos},
        dict.fromkeys((video.video_id for video in videos), _FPS),
    )
    settings = LabelSettings(point_window_s=(0.0, 1.0))
    rows = []
    for name in WRITTEN:
        if only and name not in only:
            continue
        write = LABELS[name].write
        assert write is not None
        with TemporaryDirectory() as folder:
            place = Path(folder)
            wrote_s, files = _seconds(
                lambda write=write, place=place: write(videos, place, "labels")
            )
            parsed_s, _ = _seconds(lambda files=files: _plainly(files))
            read_s, actions = _seconds(
                lambda place=place: read_labels([place], known, settings=settings)
            )
            size = sum(path.stat().st_size for path in files)
        rows.append(
            {
                "format": name,
                "actions": len(actions),
                "MB": size / 1e6,
                "written, s": wrote_s,
                "parsed alone, s": parsed_s,
                "read, s": read_s,
                "ratio": read_s / parsed_s,
            }
        )
    return pd.DataFrame(rows)


def keypoints_table(num_frames: int, only: Sequence[str]) -> pd.DataFrame:
    """One row a format of keypoints."""
    each = num_frames // _NUM_POSE_VIDEOS
    rng = np.random.default_rng(0)
    videos = []
    for number in range(_NUM_POSE_VIDEOS):
        keypoints = rng.uniform(100, 600, (each, 17, 3)).astype(np.float32)
        keypoints[..., 2] = rng.uniform(0, 1, (each, 17))
        boxes = np.concatenate([keypoints[..., :2].min(1), keypoints[..., :2].max(1)], axis=1)
        name = f"heat_{number:02d}"
        videos.append(
            WrittenPoses(name, Path(f"/videos/{name}.mp4"), _FPS, 1280, 720, keypoints, boxes)
        )
    rows = []
    for name in WRITTEN_POSES:
        if only and name not in only:
            continue
        form = POSES[name]
        assert form.write is not None
        with TemporaryDirectory() as folder:
            place = Path(folder)
            write = form.write
            wrote_s, files = _seconds(
                lambda write=write, place=place: write(videos, place, "poses")
            )
            parsed_s, _ = _seconds(lambda files=files: _plainly(files))
            read_s, found = _seconds(
                lambda files=files, form=form: [one for path in files for one in form.read(path)]
            )
            size = sum(path.stat().st_size for path in files)
        rows.append(
            {
                "format": name,
                "frames": sum(len(one.values) for one in found),
                "MB": size / 1e6,
                "written, s": wrote_s,
                "parsed alone, s": parsed_s,
                "read, s": read_s,
                "ratio": read_s / parsed_s,
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--only", nargs="+", default=(), help="names of formats")
    options = parser.parse_args()
    for table in (
        labels_table(options.actions, options.only),
        keypoints_table(options.frames, options.only),
    ):
        if len(table):
            print(table.round(2).to_string(index=False), end="\n\n")


if __name__ == "__main__":
    main()
