"""Segments that a recogniser learns from and answers for: labelled actions, shifted copies of them, and background.

Segments are seconds on a player's clock, [start, end). What is not labelled in a video with a training action counts as
background, as it does for temporal detection (docs/method.md section 10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.sequences import DenseSequence
from vpdlib.datasets.tables import ActionRow, EventRow, VideoRow
from vpdlib.finding.settings import FindingSettings
from vpdlib.recognition.sequences import rows_within

#: A labelled action that leaves no more than this of its video at either end is all of it, seconds.
WHOLE_SLACK_S = 0.1
# Background overlaps no action by as much as this.
_MOST_TIOU = 0.3
# Draws for one segment of background, after which it is given up: a video may be all actions.
_DRAWS = 20


@dataclass(frozen=True)
class Segment:
    """A segment of a video.

    Attributes
    ----------
    video : its id.
    start_s, end_s : seconds.
    label : class; empty for background.
    action : id of the labelled action that it is; empty for copies and background.
    """

    video: str
    start_s: float
    end_s: float
    label: str = ""
    action: str = ""


def segment_tiou(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Temporal intersection over union of two segments, (start, end); 0 if they do not meet."""
    common = min(a[1], b[1]) - max(a[0], b[0])
    return common / (max(a[1], b[1]) - min(a[0], b[0])) if common > 0 else 0.0


def actions_are_whole(
    actions: Iterable[ActionRow], videos: Mapping[str, VideoRow], settings: FindingSettings
) -> bool:
    """Whether every video is one action, by the setting or by the labelled ones, at least one."""
    if settings.videos_are != "auto":
        return settings.videos_are == "whole"
    return all(
        action.start <= WHOLE_SLACK_S
        and action.end >= videos[action.video].duration_s - WHOLE_SLACK_S
        for action in actions
    )


def labelled(actions: Iterable[ActionRow]) -> list[Segment]:
    """The segments of labelled actions."""
    return [Segment(a.video, a.start, a.end, a.label, a.action) for a in actions]


def training_segments(
    actions: Sequence[ActionRow],
    videos: Mapping[str, VideoRow],
    settings: FindingSettings,
    seed: int,
    events: Sequence[EventRow] = (),
) -> list[Segment]:
    """What a recogniser of uncut videos learns from: actions, shifted copies, and background around them.

    Parameters
    ----------
    actions : that may be learnt from.
    videos : id -> row, of theirs at least.
    settings : how many of each.
    seed : of the draws; a video's depend on other videos only by how long actions are, which background follows.
    events : what happens besides, which is no background either.
    """
    by_video: dict[str, list[ActionRow]] = {}
    for action in sorted(actions, key=lambda a: (a.video, a.start, a.action)):
        by_video.setdefault(action.video, []).append(action)
    busy: dict[str, list[tuple[float, float]]] = {}
    happening = [(one.video, one.start, one.end) for one in actions]
    happening += [(one.video, one.start, one.end) for one in events]
    for name, start, end in happening:
        busy.setdefault(name, []).append((start, end))
    # Sorted, so that the order of actions does not matter.
    lengths = np.sort([action.end - action.start for action in actions])
    found: list[Segment] = []
    for video, own in by_video.items():
        generator = np.random.default_rng([seed, *video.encode()])
        duration = videos[video].duration_s
        found += labelled(own)
        for segment in labelled(own):
            copies = (
                _shifted(segment, duration, settings.largest_shift, generator)
                for _ in range(settings.shifted_copies)
            )
            found += copies
        for _ in range(round(settings.background_fraction * len(own))):
            found += _background(video, duration, busy[video], lengths, generator)
    return found


def _shifted(
    segment: Segment, duration: float, largest: float, generator: np.random.Generator
) -> Segment:
    shift = largest * (segment.end_s - segment.start_s) * generator.uniform(-1, 1, size=2)
    start = float(np.clip(segment.start_s + shift[0], 0, duration))
    end = float(np.clip(segment.end_s + shift[1], 0, duration))
    return replace(segment, start_s=start, end_s=end, action="")


def _background(
    video: str,
    duration: float,
    actions: Sequence[tuple[float, float]],
    lengths: NDArray[np.float64],
    generator: np.random.Generator,
) -> list[Segment]:
    """One segment of about an action's length that overlaps no action much, or none where no place was found."""
    for _ in range(_DRAWS):
        length = min(float(generator.choice(lengths) * generator.uniform(0.5, 1.5)), duration)
        start = float(generator.uniform(0, duration - length))
        segment = (start, start + length)
        if all(segment_tiou(segment, action) < _MOST_TIOU for action in actions):
            return [Segment(video, *segment)]
    return []


def cut(
    dense: DenseSequence,
    segment: Segment,
    target_fps: float | None = None,
    target_fps_slack: float = 0.0,
) -> NDArray[np.float32]:
    """Descriptors of the frames of a segment in which the athlete was found, (T, 2, d) float32; T may be 0."""
    rows = rows_within(
        segment.start_s,
        segment.end_s,
        np.arange(len(dense.time_s)),
        dense.time_s,
        dense.found,
        target_fps,
        target_fps_slack,
    )
    return dense.descriptors[rows]
