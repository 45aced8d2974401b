"""``videos.csv`` and ``actions.csv``: the checked list that every later rule reads.

``videos.csv``: video, path, shard, fps, width, height, declared_frames, duration_s, split, group. A video is
``test`` if one of its actions is; the student must not see it (specification section 7).
``actions.csv``: action, video, start, end (seconds), label, split, group, few_shot; ``few_shot`` lists the
fixed subsets that a training action belongs to, such as ``k4t0 k8t2``.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from vpdlib.datasets.base import Action, DatasetError


@dataclass(frozen=True)
class VideoRow:
    """A row of ``videos.csv``."""

    video: str
    path: str
    shard: int
    fps: float
    width: int
    height: int
    declared_frames: int
    duration_s: float
    split: str
    group: str


@dataclass(frozen=True)
class ActionRow:
    """A row of ``actions.csv``."""

    action: str
    video: str
    start: float
    end: float
    label: str
    split: str
    group: str
    few_shot: str


def action_rows(actions: Sequence[Action], few_shot: Mapping[str, str]) -> list[ActionRow]:
    """Rows of checked actions; ``few_shot`` gives the membership of a training action."""
    return [
        ActionRow(
            action=a.action_id,
            video=a.video_id,
            start=a.start_s,
            end=a.end_s,
            label=a.label,
            split=str(a.split),
            group=a.group,
            few_shot=few_shot.get(a.action_id, ""),
        )
        for a in actions
    ]


def video_split(actions: Iterable[Action]) -> str:
    """The split of a video, by its actions: test before val before train."""
    splits = {a.split for a in actions}
    return next((split for split in ("test", "val") if split in splits), "train")


def write_rows(
    path: str | Path,
    rows: Sequence[VideoRow] | Sequence[ActionRow],
    kind: type[VideoRow] | type[ActionRow],
) -> None:
    """Write rows as CSV, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            names = [field.name for field in fields(kind)]
            writer.writerow(names)
            for row in rows:
                writer.writerow([getattr(row, name) for name in names])
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: str | Path, rule: str, names: list[str]) -> list[dict[str, str]]:
    path = Path(path)
    if not path.is_file():
        raise DatasetError(f"{path} does not exist; it is made by rule {rule}")
    remedy = f"Make it anew with: snakemake --cores all --forcerun {rule} -- {path}"
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if list(reader.fieldnames or []) != names:
            raise DatasetError(f"{path}: columns {reader.fieldnames}, expected {names}. {remedy}")
        rows = list(reader)
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise DatasetError(f"{path}: row {number} is cut or too long. {remedy}")
    return rows


def read_videos(path: str | Path, shard: int | None = None) -> list[VideoRow]:
    """Read ``videos.csv``, all of it or one shard's videos."""
    rows = [
        VideoRow(
            video=row["video"],
            path=row["path"],
            shard=int(row["shard"]),
            fps=float(row["fps"]),
            width=int(row["width"]),
            height=int(row["height"]),
            declared_frames=int(row["declared_frames"]),
            duration_s=float(row["duration_s"]),
            split=row["split"],
            group=row["group"],
        )
        for row in _read(path, "prepare_dataset", list(VideoRow.__dataclass_fields__))
    ]
    return [row for row in rows if shard is None or row.shard == shard]


def read_actions(path: str | Path) -> list[ActionRow]:
    """Read ``actions.csv``."""
    return [
        ActionRow(
            action=row["action"],
            video=row["video"],
            start=float(row["start"]),
            end=float(row["end"]),
            label=row["label"],
            split=row["split"],
            group=row["group"],
            few_shot=row["few_shot"],
        )
        for row in _read(path, "prepare_dataset", list(ActionRow.__dataclass_fields__))
    ]


def classes_of(actions: Sequence[ActionRow], configured: Sequence[str] | None) -> list[str]:
    """Class names in their order: as configured, or sorted as found."""
    return list(configured) if configured is not None else sorted({a.label for a in actions})
