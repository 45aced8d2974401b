"""Checking a dataset's labels against its videos, and giving every action its split and subsets."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vpdlib.datasets.bad_videos import drop_actions
from vpdlib.datasets.base import Action, check_actions
from vpdlib.datasets.fewshot import membership_column
from vpdlib.datasets.label_problems import (
    check_names,
    check_segments,
    class_problems,
    near_class_problems,
    segment_problems,
    split_problems,
)
from vpdlib.datasets.paper.protocol import PaperDataset, without
from vpdlib.datasets.tables import (
    ActionRow,
    ClassRow,
    EventRow,
    ProblemRow,
    SummaryRow,
    TrialRow,
    VideoRow,
    action_rows,
    class_rows,
    video_split,
    write_rows,
)
from vpdlib.progress import note, warn


@dataclass(frozen=True)
class Prepared:
    """The tables of a dataset, see :mod:`vpdlib.datasets.tables`; ``problems`` are what the user should look at."""

    videos: list[VideoRow]
    actions: list[ActionRow]
    classes: list[ClassRow]
    events: list[EventRow]
    trials: list[TrialRow]
    summary: list[SummaryRow]
    problems: list[ProblemRow] = field(default_factory=list)

    def write(self, paths: Mapping[str, str]) -> None:
        """Write each table, by its name above, to its path."""
        write_rows(paths["videos"], self.videos, VideoRow)
        write_rows(paths["actions"], self.actions, ActionRow)
        write_rows(paths["classes"], self.classes, ClassRow)
        write_rows(paths["events"], self.events, EventRow)
        write_rows(paths["trials"], self.trials, TrialRow)
        write_rows(paths["summary"], self.summary, SummaryRow)
        write_rows(paths["problems"], self.problems, ProblemRow)


def prepare(
    videos: Sequence[VideoRow],
    label: Callable[[dict[str, float]], list[Action]],
    classes: Sequence[str] | None,
    split: Callable[[Sequence[Action]], list[Action]],
    group_of_video: Callable[[VideoRow], str] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> Prepared:
    """Make the tables of videos whose labels come from the user.

    Parameters
    ----------
    videos : see :mod:`vpdlib.datasets.listing`.
    label : gives the labelled actions, from the lengths of the videos in seconds; infinite of those left out.
    classes : class names in order, or None for those found.
    split : gives them splits where the labels do not say, as :func:`vpdlib.datasets.split.split_by_group`; those of
        videos left out are split with the others.
    group_of_video : the group of a video without actions; such a video goes to the test split with its group.
    left_out : videos that cannot be used and are passed over -> why; their actions are dropped and listed.

    Raises
    ------
    DatasetError
        If an action is not usable, or two classes or groups are hardly told apart, see
        :func:`vpdlib.datasets.base.check_actions` and :func:`vpdlib.datasets.label_problems.check_names`; a segment is
        tested and learnt from; or too few
        actions are left, see :func:`vpdlib.datasets.bad_videos.drop_actions`.
    """
    durations_s = {video.video: video.duration_s for video in videos}
    frame_s = {video.video: 1 / video.fps for video in videos}
    left_out = left_out or {}
    labelled = label({**dict.fromkeys(left_out, math.inf), **durations_s})
    kept = [action for action in labelled if action.video_id not in left_out]
    if kept and all(action.split is None for action in kept):
        actions, _ = check_actions(kept, durations_s, classes, frame_s)
        check_names(actions, classes)
        # With those of videos that are left out, which must not move the others from one split to another.
        labelled = split(labelled)
    labelled, dropped = drop_actions(labelled, left_out)
    actions, names = check_actions(labelled, durations_s, classes, frame_s)
    check_names(actions, classes)
    check_segments(actions)
    problems = [
        *split_problems(actions),
        *class_problems(actions, names),
        *segment_problems(actions),
    ]
    if classes is None:
        problems += near_class_problems(actions)
    for problem in problems:
        warn(f"{problem.problem}. {problem.remedy}")
    by_video: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        by_video[action.video_id].append(action)
    tested = {a.group for a in actions if a.split == "test" and a.group}

    def placed(video: VideoRow) -> VideoRow:
        own = by_video[video.video]
        if own or group_of_video is None:
            group = next((a.group for a in own), "")
            return replace(video, split=video_split(own), group=group)
        group = group_of_video(video)
        return replace(video, split="test" if group in tested else "train", group=group)

    prepared = Prepared(
        videos=[placed(video) for video in videos],
        actions=action_rows(actions, {}),
        classes=class_rows(actions, names),
        events=[
            EventRow(
                a.video_id, a.start_s, a.end_s, a.label, "test" if a.split == "test" else "train"
            )
            for a in actions
        ],
        trials=[],
        summary=[],
        problems=[*dropped, *problems],
    )
    return _summarised(prepared, {}, len(videos))


def prepare_paper(
    dataset: PaperDataset,
    listed: Sequence[VideoRow],
    published: Mapping[str, str],
    left_out: Mapping[str, str] | None = None,
) -> Prepared:
    """Make the tables of one of the paper's datasets; no video is opened.

    Parameters
    ----------
    dataset : labels and protocol.
    listed : a row for every video of it, see :mod:`vpdlib.datasets.listing`.
    published : quantity -> the published number, for ``summary.csv``.
    left_out : videos of it that cannot be used and are passed over -> why; their actions are dropped and listed.

    Raises
    ------
    DatasetError
        See :func:`vpdlib.datasets.base.check_actions` and :func:`vpdlib.datasets.bad_videos.drop_actions`.
    """
    left_out = left_out or {}
    _, dropped = drop_actions(dataset.actions, left_out)
    if left_out:
        published_shots = dataset.few_shot
        dataset = without(dataset, left_out)
        if published_shots and not dataset.few_shot:
            warn(
                "the published few-shot subsets do not fit what is left of the dataset: others are drawn from it"
            )
    row_of = {row.video: row for row in listed}
    videos = [
        replace(row_of[video.video_id], split=video.split, group=video.group)
        for video in dataset.videos
    ]
    duration_s = {video.video: video.duration_s for video in videos}
    whole = [
        replace(action, end_s=min(action.end_s, duration_s[action.video_id]))
        for action in dataset.actions
    ]
    actions, _ = check_actions(
        whole, duration_s, dataset.class_names, {v.video: 1 / v.fps for v in videos}
    )
    rows = action_rows(actions, _published_subsets(actions, dataset.few_shot))
    ids_of: dict[str, list[str]] = defaultdict(list)
    for video in dataset.videos:
        ids_of[video.clip].append(video.video_id)
    prepared = Prepared(
        videos=videos,
        actions=rows,
        classes=class_rows(actions, dataset.class_names),
        events=[
            EventRow(event.video_id, event.start_s, event.end_s, event.label, event.split)
            for event in dataset.events
        ],
        trials=[
            TrialRow(trial, place, video_id)
            for trial, clips in enumerate(dataset.detection_trials)
            for place, clip in enumerate(clips)
            for video_id in ids_of[clip]
        ],
        summary=[],
        problems=[*dropped, *split_problems(actions)],
    )
    return _summarised(prepared, published, len(ids_of))


def _published_subsets(
    actions: Sequence[Action], published: Mapping[int, Sequence[Sequence[str]]]
) -> dict[str, str]:
    """The column ``few_shot`` by training action."""
    ids = [action.action_id for action in actions if action.split == "train"]
    return dict(zip(ids, membership_column(ids, published), strict=True))


def _summarised(prepared: Prepared, published: Mapping[str, str], num_clips: int) -> Prepared:
    """Add the summary, and write it into the log."""
    splits = Counter(action.split for action in prepared.actions)
    facts: dict[str, float] = {
        "clips": num_clips,
        "videos": len(prepared.videos),
        "frames": sum(video.declared_frames for video in prepared.videos),
        "classes": len(prepared.classes),
        "train actions": splits["train"],
        "val actions": splits["val"],
        "test actions": splits["test"],
        "train events": sum(event.split == "train" for event in prepared.events),
        "test events": sum(event.split == "test" for event in prepared.events),
    }
    if splits["test"]:
        commonest = max(prepared.classes, key=lambda row: row.train)
        facts["random top-1"] = round(100 / len(prepared.classes), 3)
        facts["top class top-1"] = round(100 * commonest.test / splits["test"], 3)
    summary = [SummaryRow(name, found, published.get(name, "")) for name, found in facts.items()]
    for row in summary:
        note(f"{row.quantity}: {row.found:g}{row.published and f' (published {row.published})'}")
    for name in prepared.classes:
        note(f"  {name.name}: train {name.train}, val {name.val}, test {name.test}")
    return replace(prepared, summary=summary)
