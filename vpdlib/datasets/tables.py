"""The tables of a checked dataset, ``results/<dataset>/dataset/*.csv``, that later rules read.

``videos.csv``: video, path, shard, fps, width, height, declared_frames, duration_s, split, group, athlete,
deinterlace, clock, fingerprint; and of the same form, with split and group left empty, a shard's list
``shards/<shard>.csv``. A video is ``test`` if one of its actions is; the student must not see it (docs/method.md
section 7). ``path`` is empty where keypoints stand in for a video; ``athlete`` is ``near`` or ``far`` where the file
shows two. ``declared_frames`` are the pictures that are shown, ``duration_s`` is when the last of them ends;
``deinterlace`` and ``clock`` say how the file is read (:mod:`vpdlib.datasets.opening`). ``fingerprint`` is the file's
size and a digest of parts of it, so that every stage that reads a list runs anew when a file is replaced, by one of
the same length too; it is empty where no file was opened: keypoints stand in for it, or published facts do.
``actions.csv``: action, video, start, end (seconds), label, split, group, few_shot; ``few_shot`` lists the
published few-shot subsets that a training action belongs to, such as ``k4t0 k8t2``.
``classes.csv``: class, train, val, test: all classes in their order, with numbers of actions.
``events.csv``: video, start, end, label, split: what temporal detection is to find.
``detection_trials.csv``: trial, place, video: the order in which a trial of few-shot detection takes videos.
``summary.csv``: quantity, found, published.
``problems.csv``: video, start, end (seconds), stage, problem, remedy: what was passed over and what the user should
look at; start and end are empty where the whole video is meant, video where it is the dataset.
``<stage>/<shard>.broken.csv``, beside the artifact of a stage after tracking that opens videos (of found actions:
``clips.broken.csv``): video, fingerprint, stage, artifact, reason: those that it met broken and carried on as empty,
with the fingerprint of the list that it went by.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from vpdlib.atomic import replacing
from vpdlib.datasets.base import Action, DatasetError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


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
    split: str = ""
    group: str = ""
    athlete: str = ""
    deinterlace: str = "auto"
    clock: str = "file"
    fingerprint: str = ""


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


@dataclass(frozen=True)
class ClassRow:
    """A row of ``classes.csv``: numbers of actions by split."""

    name: str
    train: int
    val: int
    test: int


@dataclass(frozen=True)
class EventRow:
    """A row of ``events.csv``; seconds."""

    video: str
    start: float
    end: float
    label: str
    split: str


@dataclass(frozen=True)
class TrialRow:
    """A row of ``detection_trials.csv``; videos of the same place are taken together."""

    trial: int
    place: int
    video: str


@dataclass(frozen=True)
class SummaryRow:
    """A row of ``summary.csv``; ``published`` is empty where there is no such number."""

    quantity: str
    found: float
    published: str


@dataclass(frozen=True)
class ProblemRow:
    """A row of ``problems.csv``. ``start`` and ``end`` are texts, since they may be empty."""

    video: str
    start: str
    end: str
    stage: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class BrokenRow:
    """A row of ``<stage>/<shard>.broken.csv``: a video that a stage carried on as empty."""

    video: str
    fingerprint: str
    stage: str
    artifact: str
    reason: str


#: A dataclass whose fields are the columns of a table: texts and numbers.
Row = TypeVar("Row", bound="DataclassInstance")


def action_rows(actions: Sequence[Action], few_shot: Mapping[str, str]) -> list[ActionRow]:
    """Rows of checked actions; ``few_shot`` gives the cell of a training action."""
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


def class_rows(actions: Iterable[Action], names: Sequence[str]) -> list[ClassRow]:
    """Rows of all classes, those without actions too."""
    counts = {name: {"train": 0, "val": 0, "test": 0} for name in names}
    for action in actions:
        counts[action.label][str(action.split)] += 1
    return [ClassRow(name, **count) for name, count in counts.items()]


def write_rows(path: str | Path, rows: Sequence[Row], kind: type[Row]) -> None:
    """Write rows as CSV, whole or not at all."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        names = [field.name for field in fields(kind)]
        writer.writerow(names)
        for row in rows:
            writer.writerow([getattr(row, name) for name in names])


def read_rows(path: str | Path, kind: type[Row], rule: str = "prepare_dataset") -> list[Row]:
    """Read rows that `write_rows` wrote.

    Parameters
    ----------
    path : the table.
    kind : what its rows are.
    rule : that makes it, for the remedy.

    Raises
    ------
    DatasetError
        If the table is missing, has other columns or a row that is cut or too long.
    ValueError
        If a cell of a number holds none.
    """
    path = Path(path)
    if not path.is_file():
        raise DatasetError(f"{path} does not exist; it is made by rule {rule}")
    remedy = f"Make it anew with: snakemake --cores all --forcerun {rule} -- {path}"
    types: dict[str, Any] = get_type_hints(kind)
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if list(reader.fieldnames or []) != list(types):
            raise DatasetError(
                f"{path}: columns {reader.fieldnames}, expected {list(types)}. {remedy}"
            )
        rows = list(reader)
    found = []
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise DatasetError(f"{path}: row {number} is cut or too long. {remedy}")
        found.append(kind(**{name: convert(row[name]) for name, convert in types.items()}))
    return found


def read_videos(path: str | Path) -> list[VideoRow]:
    """Read ``videos.csv``, or a shard's list of the same form."""
    is_list = Path(path).parent.name == "shards"
    return read_rows(path, VideoRow, "list_videos" if is_list else "prepare_dataset")


def read_actions(path: str | Path) -> list[ActionRow]:
    """Read ``actions.csv``."""
    return read_rows(path, ActionRow)


def read_problems(path: str | Path) -> list[ProblemRow]:
    """Read a table of problems."""
    return read_rows(path, ProblemRow)


def read_broken(path: str | Path) -> list[BrokenRow]:
    """Read what a stage carried on as empty."""
    return read_rows(path, BrokenRow)


def read_classes(path: str | Path) -> list[str]:
    """Class names in their order, from ``classes.csv``."""
    return [row.name for row in read_rows(path, ClassRow)]


def read_events(path: str | Path) -> list[EventRow]:
    """Read ``events.csv``."""
    return read_rows(path, EventRow)


def read_trials(path: str | Path) -> list[list[list[str]]]:
    """Read ``detection_trials.csv``: per trial, per place, the videos there."""
    trials: dict[int, dict[int, list[str]]] = {}
    for row in read_rows(path, TrialRow):
        trials.setdefault(row.trial, {}).setdefault(row.place, []).append(row.video)
    return [[trials[t][place] for place in sorted(trials[t])] for t in sorted(trials)]
