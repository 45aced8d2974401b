"""The rows of ``found.csv``, and their sums by video and by class, from what a finder said of every video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.finding.accuracy import overlapped
from vpdlib.finding.found_videos import FoundVideos
from vpdlib.finding.segments import Segment, labelled
from vpdlib.finding.table import FoundRow

_TIME_DIGITS, _DIGITS = 3, 4


def found_rows(
    found: FoundVideos,
    threshold: float,
    videos: Sequence[VideoRow],
    actions: Sequence[ActionRow] = (),
) -> list[FoundRow]:
    """The actions of all videos whose best class is probable enough, by video and start.

    Parameters
    ----------
    found : what a finder said.
    threshold : least probability.
    videos : those to list.
    actions : labelled ones, to be set against what was found.
    """
    labels = labelled_by_video(actions)
    rows = []
    for video in sorted(videos, key=lambda row: row.video):
        probability = found.videos[video.video].answers.probability
        rows += [
            found_row(found, video, index, labels.get(video.video, []))
            for index in range(len(probability))
            if probability[index].max() >= threshold
        ]
    return rows


def why_nothing(found: FoundVideos, threshold: float) -> str:
    """What to say where no answer is probable enough: how far it was missed, and what to do.

    Parameters
    ----------
    found : what a finder said.
    threshold : least probability, reached by no answer.
    """
    of_videos = [one.answers.probability for one in found.videos.values()]
    num = len(of_videos)
    best = [float(probability.max()) for probability in of_videos if probability.size]
    told = (
        f"an action of found.csv has a probability of {threshold:.3f} or more, and the most probable answer has "
        f"{max(best):.3f}"
        if best
        else "nothing was proposed, or nobody is followed"
    )
    return (
        f"no action is found in {num} video{'s' if num != 1 else ''}: {told}. Label more actions, "
        "of several videos (to_label.csv proposes some); to look at less probable ones, set a lower "
        "finding.min_probability, such as 0.1"
    )


def labelled_by_video(actions: Sequence[ActionRow]) -> dict[str, list[Segment]]:
    """The labelled actions of every video."""
    found: dict[str, list[Segment]] = {}
    for segment in labelled(actions):
        found.setdefault(segment.video, []).append(segment)
    return found


def found_row(
    found: FoundVideos, video: VideoRow, index: int, labels: Sequence[Segment]
) -> FoundRow:
    """The row of a video's answer of an index; ``labels`` are the video's labelled actions."""
    of_video = found.videos[video.video]
    answers = of_video.answers
    probability, score = answers.probability[index], answers.score[index]
    order = np.argsort(-probability, kind="stable")
    start, end = float(answers.start_s[index]), float(answers.end_s[index])
    at = overlapped(start, end, labels)
    has_second = len(order) > 1
    return FoundRow(
        video=video.video,
        athlete=video.athlete,
        start=round(start, _TIME_DIGITS),
        end=round(end, _TIME_DIGITS),
        label=found.class_names[order[0]],
        probability=round(float(probability[order[0]]), _DIGITS),
        second_label=found.class_names[order[1]] if has_second else "",
        second_probability=(round(float(probability[order[1]]), _DIGITS) if has_second else 0.0),
        detection_score="" if np.isnan(score) else f"{score:.{_DIGITS}f}",
        nearest_action=of_video.nearest[index],
        labelled="" if at is None else at.label,
    )


def by_class(rows: Sequence[FoundRow], class_names: Sequence[str]) -> pd.DataFrame:
    """One row per class: ``label``, ``found``, ``videos``, ``sure`` (mean probability, per cent), ``otherwise``.

    ``otherwise`` counts those that overlap a labelled action of another class.
    """
    table = []
    for name in class_names:
        own = [row for row in rows if row.label == name]
        table.append(
            {
                "label": name,
                "found": str(len(own)),
                "videos": str(len({row.video for row in own})),
                "sure": 100 * float(np.mean([row.probability for row in own])) if own else None,
                "otherwise": str(sum(row.labelled not in ("", name) for row in own)),
            }
        )
    return pd.DataFrame(table)


def by_video(
    rows: Sequence[FoundRow], videos: Sequence[VideoRow], shown: Mapping[str, bool]
) -> pd.DataFrame:
    """One row per video: ``video``, ``seconds``, ``found``, ``classes`` with their numbers.

    Parameters
    ----------
    rows : of ``found.csv``.
    videos : all that were looked at.
    shown : video -> whether anything was looked at there; where not, the row says so.
    """
    table = []
    for video in sorted(videos, key=lambda row: row.video):
        own = [row.label for row in rows if row.video == video.video]
        counts = ", ".join(f"{name} {own.count(name)}" for name in dict.fromkeys(own))
        table.append(
            {
                "video": video.video,
                "seconds": f"{video.duration_s:.1f}",
                "found": str(len(own)),
                "classes": counts
                if shown[video.video] or own
                else "no athlete, or nothing like an action",
            }
        )
    return pd.DataFrame(table, columns=["video", "seconds", "found", "classes"])
