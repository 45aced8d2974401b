"""Whole results of a made-up dataset, small or of any size, with names that would be markup if a page let them.

Videos are real files (one for all, under odd names), so that clips can be cut; everything else is drawn.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np

from tests.browser.making_artifacts import (
    write_detection_of,
    write_features,
    write_found_artifact,
    write_poses,
    write_ranked,
    write_recognition,
    write_student,
    write_tracks,
    write_weak_labels,
)
from vpdlib.config.base import validate
from vpdlib.config.dataset import DatasetSettings
from vpdlib.datasets.tables import (
    ActionRow,
    ClassRow,
    EventRow,
    ProblemRow,
    SummaryRow,
    TrialRow,
    VideoRow,
    write_rows,
)
from vpdlib.finding.table import FoundRow, write_found
from vpdlib.report.predictions import prediction_table
from vpdlib.report.tables import recognition_cells
from vpdlib.site.site import SiteSources
from vpdlib.video.writer import VideoWriter

ROOT = Path(__file__).parents[2]
#: Sets window.hacked if a page takes it for markup.
SCRIPT = "<script>window.hacked=1</script>"
IMAGE = "<img src=x onerror=window.hacked=1>"
CLASSES = (
    "forward tucked",
    SCRIPT,
    IMAGE,
    "\"double\" 'single' & ampersand; `tick` ${window.hacked=1}",
    "שלום، مرحبا",
    "=SUM(1,2)",
)
TITLE = f"A sport {SCRIPT} & more"
FILE_NAME = "a <b>bold<b> \"name\" 'of' & #a % video é.mp4"
METHODS = ("joints2d", "vpd2d")
HEADS = ("bigru", "nns")
FPS, WIDTH, HEIGHT = 10.0, 96, 64
#: Of an action and of the pause after it.
ACTION_S, PAUSE_S = 1.0, 0.5
_SPLITS = ("train", "test", "val")


@dataclass(frozen=True)
class Size:
    """How large a made-up dataset is."""

    num_videos: int = 7
    actions_per_video: int = 4
    num_shards: int = 2


def shown(results: Path) -> list[str]:
    """What a site may read of results: the patterns of the workflow's own rule."""
    tree = ast.parse((ROOT / "rules/inputs/report.smk").read_text())
    patterns = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SHOWN"
    )
    found = {path for pattern in patterns for path in results.glob(pattern)}
    return sorted({str(path.relative_to(results)) for path in found} | {"problems.csv"})


class MadeUp:
    """A dataset and its results, made up below a folder.

    Parameters
    ----------
    folder : where all of it goes, ``results/sport`` among it.
    size : of the dataset.
    """

    def __init__(self, folder: Path, size: Size | None = None) -> None:
        self.folder = folder
        self.results = folder / "results/sport"
        self.size = size or Size()
        self.rng = np.random.default_rng(0)

    @cached_property
    def videos(self) -> list[VideoRow]:
        """The last one is without actions, and has none followed."""
        num_frames = round(self.duration_s * FPS)
        rows = []
        for number in range(self.size.num_videos):
            video = f"{'-' if number == 1 else ''}routine_{number:03d}"
            rows.append(
                VideoRow(
                    video,
                    str(self.folder / FILE_NAME),
                    number % self.size.num_shards,
                    FPS,
                    WIDTH,
                    HEIGHT,
                    num_frames,
                    self.duration_s,
                    _SPLITS[number % 3],
                    f"athlete {number} <i>",
                )
            )
        return rows

    @property
    def duration_s(self) -> float:
        return PAUSE_S + (ACTION_S + PAUSE_S) * self.size.actions_per_video

    @cached_property
    def actions(self) -> list[ActionRow]:
        """Every class in every split where there are enough of them."""
        rows = []
        for number, video in enumerate(self.videos[:-1]):
            for index in range(self.size.actions_per_video):
                start = PAUSE_S + index * (ACTION_S + PAUSE_S)
                rows.append(
                    ActionRow(
                        f"{video.video}_{index + 1:03d}",
                        video.video,
                        start,
                        start + ACTION_S,
                        CLASSES[(number // 3 * self.size.actions_per_video + index) % len(CLASSES)],
                        video.split,
                        video.group,
                        "k4t0 k8t0" if video.split == "train" else "",
                    )
                )
        return rows

    @cached_property
    def problems(self) -> list[ProblemRow]:
        """One of a video's part, one of a video, one of the dataset."""
        name = self.videos[0].video
        return [
            ProblemRow(name, "1.0", "2.0", "track_athlete", f"nobody {SCRIPT}", f"Look {IMAGE}"),
            ProblemRow(name, "", "", "prepare_dataset", 'a "quoted" <b>tag</b>', "مرحبا: نظرة"),
            ProblemRow("", "", "", "prepare_dataset", "few labels & more", "Label <more>."),
        ]

    @cached_property
    def found(self) -> list[FoundRow]:
        """Each labelled action, some of them named otherwise, and what nobody labelled."""
        rows = []
        for action in self.actions:
            right = self.rng.random() < 0.8
            label = action.label if right else str(self.rng.choice(CLASSES))
            second = CLASSES[(CLASSES.index(label) + 1) % len(CLASSES)]
            probability = round(float(self.rng.uniform(0.4, 1)), 4)
            nearest = str(self.rng.choice([one.action for one in self.actions[:50]]))
            rows.append(
                FoundRow(
                    action.video,
                    "",
                    round(action.start + 0.05, 3),
                    round(action.end + 0.05, 3),
                    label,
                    probability,
                    second,
                    round((1 - probability) / 2, 4),
                    f"{self.rng.uniform():.4f}",
                    nearest,
                    action.label,
                )
            )
        last = self.videos[-1].video
        rows.append(FoundRow(last, "", 0.1, 0.4, CLASSES[1], 0.5, CLASSES[2], 0.25, "0.6", "", ""))
        return sorted(rows, key=lambda row: (row.video, row.start))

    @cached_property
    def settings(self) -> DatasetSettings:
        """What the user would have written."""
        given = {
            "title": TITLE,
            "adapter": {"kind": "folder", "videos": ".", "labels": "labels.csv"},
            "ensembles": {"both": list(METHODS)},
        }
        return validate(DatasetSettings, given, "sport.yaml")

    def make(self) -> SiteSources:
        """Make everything; a site's sources."""
        with VideoWriter(self.folder / FILE_NAME, FPS, WIDTH, HEIGHT) as writer:
            for number in range(round(self.duration_s * FPS)):
                picture = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
                picture[20:40, 2 * number % WIDTH :][:, :20] = (220, 120, 40)
                writer.write(picture)
        self._write_dataset()
        self._write_by_shard()
        self._write_results()
        self._write_tables()
        return SiteSources(
            TITLE,
            "sport",
            self.results,
            shown(self.results),
            self.settings.model_dump(mode="json"),
            "0123456789abcdef",
        )

    @property
    def labels(self) -> Path:
        """The user's own table of labels."""
        return self.folder / "labels.csv"

    def _write_dataset(self) -> None:
        with self.labels.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("video", "start", "end", "label", "split", "group"))
            writer.writerows(
                (a.video, a.start, a.end, a.label, a.split, a.group) for a in self.actions
            )
        folder = self.results / "dataset"
        folder.mkdir(parents=True)
        counts = {name: dict.fromkeys(("train", "val", "test"), 0) for name in CLASSES}
        for action in self.actions:
            counts[action.label][action.split] += 1
        events = [EventRow(a.video, a.start, a.end, a.label, a.split) for a in self.actions]
        train = [video for video in self.videos if video.split == "train"]
        trials = [TrialRow(0, place, one.video) for place, one in enumerate(train)]
        rows: Mapping[str, tuple[Sequence, type]] = {
            "videos": (self.videos, VideoRow),
            "actions": (self.actions, ActionRow),
            "classes": ([ClassRow(name, **count) for name, count in counts.items()], ClassRow),
            "events": (events, EventRow),
            "detection_trials": (trials, TrialRow),
            "summary": ([SummaryRow("videos", len(self.videos), "")], SummaryRow),
            "problems": (self.problems, ProblemRow),
        }
        for name, (some, kind) in rows.items():
            write_rows(folder / f"{name}.csv", some, kind)
        write_rows(self.results / "problems.csv", self.problems, ProblemRow)

    def _write_by_shard(self) -> None:
        by_number = sorted(self.videos, key=lambda video: video.shard)
        for number, shard in groupby(by_number, key=lambda video: video.shard):
            videos = list(shard)
            nobody = {self.videos[-1].video}
            name = f"{number:04d}.h5"
            write_tracks(self.results / "tracks" / name, videos, nobody)
            write_poses(self.results / "poses" / name, videos, nobody)
            write_weak_labels(self.results / "weak_labels/pose2d" / name, videos, nobody)
            write_features(self.results / "features/joints/joints2d" / name, videos, nobody)
            write_features(self.results / "features/student/vpd2d" / name, videos, nobody)
            write_found_artifact(
                self.results / "found/vpd2d/bigru" / name, videos, self.found, self.actions, CLASSES
            )
        write_student(self.results / "students/vpd2d")

    def _write_results(self) -> None:
        for method in METHODS:
            for head in HEADS:
                for regime in ("full", "k4", "k8"):
                    path = self.results / f"recognition/{method}/{head}/{regime}.h5"
                    write_recognition(path, self.actions, CLASSES, self.rng)
            ranked = self.results / f"retrieval/{method}.h5"
            features = sorted(self.results.glob(f"features/*/{method}/*.h5"))
            write_ranked(ranked, self.actions, features)
            write_detection_of(self.results / f"detection/{method}.h5", self.actions, self.rng)
        for regime in ("full", "k4", "k8"):
            path = self.results / f"late_fusion/both/bigru/{regime}.h5"
            write_recognition(path, self.actions, CLASSES, self.rng)

    def _write_tables(self) -> None:
        every = [(method, head) for method in (*METHODS, "both") for head in HEADS]
        self._table(
            "table1",
            ("method", "head", "trials", "top1", "top1_std", "top1_paper"),
            [(*one, 2, 90.0, 1.5, 88.25) for one in every],
        )
        self._table(
            "figure3",
            ("method", "head", "k", "trials", "top1", "top1_std", "top1_paper"),
            [(*one, k, 2, 50.0 + k, 2.5, "") for one in every for k in (4, 8)],
        )
        self._table(
            "table3",
            [
                "method",
                "queries",
                "p1",
                "p1_paper",
                "hit1",
                "p10",
                "p10_paper",
                "hit10",
                "p50",
                "p50_paper",
                "hit50",
            ],
            [(one, 20, 86.4, "", 86.4, 61.8, 60.0, 95.1, 30.8, "", 100.0) for one in METHODS],
        )
        self._table(
            "table4",
            ("method", "tiou", "threshold", "trials", "ap", "ap_std", "ap_paper"),
            [(one, tiou / 10, 0.2, 2, 90 - 9 * tiou, 1, "") for one in METHODS for tiou in range(1, 10)],
        )  # fmt: skip
        self._table(
            "found_accuracy",
            [
                "method",
                "head",
                "row",
                "map_0.3",
                "map_0.5",
                "map_0.7",
                "precision",
                "recall",
                "found",
                "actions",
                "top1",
                "calibration_error",
                "calibration_error_raw",
            ],
            [
                ("vpd2d", "bigru", row, 90.5, 80.5, 60.5, 91.0, 88.0, 20, 22, "", "", "")
                for row in ("both steps", "times alone", "commonest class")
            ],
        )
        write_found(self.results / "found.csv", self.found)
        write_found(self.results / "to_label.csv", self.found[::-1][:20])
        cells = recognition_cells(sorted(self.results.glob("recognition/*/*/full.h5")))
        table = prediction_table(cells, self.actions)
        table.to_csv(self.results / "predictions.csv", index=False)

    def _table(self, name: str, columns: Iterable[str], rows: Iterable[Sequence]) -> None:
        path = self.results / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows(rows)
