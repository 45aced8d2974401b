"""What was passed over, and what the user should look at: ``problems.csv``, and the same in the terminal.

Gathered as soon as the athlete has been followed, before the heavy rest, so that whoever waits for a table learns
in time that an action of theirs has no athlete in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import (
    LISTING,
    named,
    problem_line,
    refuse_all,
)
from vpdlib.datasets.base import frames_within, time_text
from vpdlib.datasets.by_video import ActionsByVideo
from vpdlib.datasets.settings import OnBadVideo, TracksFrom
from vpdlib.datasets.tables import ActionRow, BrokenRow, ProblemRow, VideoRow
from vpdlib.progress import warn

#: An action followed in a smaller fraction of its frames than this is mentioned.
ENOUGH = 0.5
#: How notes in `flags` of tracks end that are nothing wrong with the video.
_NO_DAMAGE = ("boxes supplied", "deinterlaced")
_DETECTION, _TRACKING = "detect_people", "track_athlete"

#: What a problem is, in the order of the terminal's messages.
Kind = Literal[
    "left out", "not taken", "label", "broken", "damaged", "nobody", "not followed", "half"
]
_HEADINGS: dict[Kind, str] = {
    "left out": "videos were left out",
    "not taken": "files beside the videos are not taken",
    "label": "labels to look at",
    "broken": "videos broke after they were listed, and are carried on as empty",
    "damaged": "videos are damaged",
    "nobody": "videos in which nobody is followed",
    "not followed": "labelled actions in which nobody is followed",
    "half": "labelled actions that are followed in less than half of their frames",
}


@dataclass(frozen=True)
class Problems:
    """Problems by what they are.

    Attributes
    ----------
    by_kind : rows, in the order found.
    """

    by_kind: Mapping[Kind, Sequence[ProblemRow]]

    @property
    def rows(self) -> list[ProblemRow]:
        """All of them once, by video and start; what is of the whole dataset or video comes first."""
        rows = dict.fromkeys(row for kind in _HEADINGS for row in self.by_kind.get(kind, ()))
        return sorted(rows, key=lambda row: (row.video, _seconds(row.start), _seconds(row.end)))

    def warn(self, path: str | Path) -> None:
        """Tell the terminal, the first of each kind by name.

        Parameters
        ----------
        path : of ``problems.csv``, which has them all.
        """
        for kind, heading in _HEADINGS.items():
            rows = self.by_kind.get(kind, ())
            if not rows:
                continue
            # Those of labels and broken videos have each a remedy of its own; others differ by the video's name alone.
            if kind in ("label", "broken"):
                lines, remedy = [f"{problem_line(row)}. {row.remedy}" for row in rows], ""
            else:
                lines, remedy = [problem_line(row) for row in rows], f"{rows[0].remedy} "
            warn(f"{len(rows)} {heading}:{named(lines, str(path))}\n{remedy}({path})")


def collect_problems(
    listed: Iterable[ProblemRow],
    labels: Iterable[ProblemRow],
    not_taken: Iterable[ProblemRow],
    tracks: Sequence[Path],
    actions: Sequence[ActionRow],
    dataset: str,
    tracks_from: TracksFrom | None = "people",
    on_bad_video: OnBadVideo = "skip",
    has_videos: bool = True,
    carried_on: Iterable[BrokenRow] = (),
) -> Problems:
    """Gather the problems of a dataset.

    Parameters
    ----------
    listed : of the shards' lists of videos.
    labels : of the checked labels.
    not_taken : of files that lie beside the videos and are not taken; ``labels`` may have them too.
    tracks : track artifacts of all shards; none where nobody is followed.
    actions : the labelled actions.
    dataset : its name, for the remedies.
    tracks_from, has_videos : decide the remedies.
    on_bad_video : under ``refuse`` a video that was left out or carried on as empty while it was ``skip`` is an error.
    carried_on : as empty by stages after tracking, see :func:`still_broken`.

    Raises
    ------
    DatasetError
        For such a video.
    ArtifactError
        If a track artifact is missing or damaged.
    ValueError
        If the tracks lack a video that has actions.
    """
    found: dict[Kind, list[ProblemRow]] = {kind: [] for kind in _HEADINGS}
    labels = list(labels)
    found["left out"] = [*listed, *(row for row in labels if row.stage == LISTING)]
    found["not taken"] = list(not_taken)
    told = {*found["left out"], *found["not taken"]}
    found["label"] = [row for row in labels if row not in told]
    remedy = _remedy(dataset if has_videos else None, tracks_from)
    if tracks:
        of_video = ActionsByVideo(actions)
        for path in tracks:
            with read_artifact(path, Tracks) as artifact:
                for video in artifact.videos():
                    for kind, row in _of_video(
                        video, of_video.take(video.video_id), remedy, path, tracks_from
                    ):
                        found[kind].append(row)
        of_video.check_all_taken("track artifacts")
    found["broken"] += [
        _broken(row.video, row.stage, row.reason, row.artifact) for row in carried_on
    ]
    if on_bad_video == "refuse":
        bad = [*found["left out"], *found["broken"]]
        refuse_all(
            [f"{problem_line(row)}. {row.remedy}" for row in bad],
            f"on_bad_video is refuse, and {len(bad)} videos were left out or broke while it was skip",
            "Do what is said of each, or set on_bad_video: skip again.",
        )
    return Problems(found)


def still_broken(rows: Iterable[BrokenRow], listed: Iterable[VideoRow]) -> list[BrokenRow]:
    """Of what stages carried on as empty, what is of the very files that are listed now.

    A stage whose video was replaced or taken out since is made anew by itself.
    """
    of_video = {video.video: video.fingerprint for video in listed}
    return [row for row in rows if of_video.get(row.video) == row.fingerprint]


def _broken(video: str, stage: str, reason: str, artifact: str | Path) -> ProblemRow:
    """A video that a stage carried on as empty, and how that is made anew once the file can be read."""
    return ProblemRow(
        video,
        "",
        "",
        stage,
        f"carried on as empty: {reason}",
        f"If the file can be read again: snakemake --cores all --forcerun {stage} -- {artifact}. Else replace it, or "
        "remove it and its labels.",
    )


def _of_video(
    video: Tracks,
    actions: Sequence[ActionRow],
    remedy: str,
    path: Path,
    tracks_from: TracksFrom | None,
) -> Iterable[tuple[Kind, ProblemRow]]:
    """What is wrong with one video and its actions."""
    name, attributes = video.video_id, video.attributes
    remedy = remedy.format(video=name)

    def whole(kind: Kind, stage: str, problem: str, remedy: str) -> tuple[Kind, ProblemRow]:
        return kind, ProblemRow(name, "", "", stage, problem, remedy)

    # Whoever opens videos for the tracks.
    stage = _DETECTION if tracks_from == "people" else _TRACKING
    broken = str(attributes.get("broken", ""))
    if broken:
        row = _broken(name, stage, broken, path)
        remedy = row.remedy
        yield "broken", row
    flags = [flag for flag in str(attributes.get("flags", "")).split("; ") if flag]
    flags = [flag for flag in flags if not flag.endswith(_NO_DAMAGE)]
    if flags and not broken:
        how = "Look at it in a player; fetch or export it again if something is missing."
        yield whole("damaged", stage, f"damaged: {'; '.join(flags)}", how)
    time_s = video.time_s
    followed = np.isfinite(video.box_px).all(axis=1)
    if not followed.any() and not broken:
        problem = f"nobody is followed in any of its {len(followed)} frames"
        yield whole("nobody", _TRACKING, problem, remedy)
    for action in actions:
        inside = frames_within(time_s, action.start, action.end)
        num, there = int(inside.sum()), int((inside & followed).sum())
        if num and there >= ENOUGH * num:
            continue
        row = ProblemRow(
            name, time_text(action.start), time_text(action.end), _TRACKING, "", remedy
        )
        what = f"{action.label} ({action.split})"
        if there:
            problem = (
                f"{what}: the athlete is followed in {100 * there / num:.0f} % of its {num} frames"
            )
            yield "half", replace(row, problem=problem)
            continue
        frames = f"in none of its {num} frames" if num else "since the video has no frame there"
        problem = f"{what}: nobody is followed, {frames}; {_consequence(action)}"
        yield "not followed", replace(row, problem=problem)


def _consequence(action: ActionRow) -> str:
    if action.split == "test":
        return "it counts as the commonest class"
    return "nothing is learnt from it"


def _remedy(dataset: str | None, tracks_from: TracksFrom | None) -> str:
    """What to do about an athlete that is not followed; the video's name is left open."""
    look = ""
    if dataset is not None:
        look = f"Look at it: snakemake --cores all results/{dataset}/overlays/{{video}}.mp4. Are its times right? "
    if tracks_from != "people":
        return f"{look}Give {tracks_from} there, or take the label out."
    return (
        f"{look}Then try a smaller people.every_nth_frame, people.look_first_at_every: 1, another of "
        "people.detectors, another tracking.athlete_rule, or boxes of your own (supplied.boxes)."
    )


def _seconds(cell: str) -> float:
    return float(cell) if cell else -1.0


def check_students(folders: Iterable[Path], actions: Sequence[ActionRow]) -> None:
    """Refuse to go on with students that have learnt from a video which the labels of this run test.

    Parameters
    ----------
    folders : of the students that are not distilled anew in this run, since only labels were edited.
    actions : of this run.

    Raises
    ------
    DatasetError
        Naming the videos. In the next run the student is distilled anew.
    """
    tested = {action.video for action in actions if action.split == "test"}
    learnt = {}
    for folder in folders:
        record = json.loads((folder / "settings.json").read_text())
        both = sorted(tested.intersection(record["untested_videos"]))
        if both:
            learnt[folder.name] = both
    refuse_all(
        [f"{name} has learnt from {', '.join(videos)}" for name, videos in learnt.items()],
        f"{len(learnt)} students have learnt from videos that are tested by the labels as they are now",
        "Give the same command again: they are distilled anew. (Or undo the change of the split.)",
    )
