"""Answers of a finder: segments with their probabilities, which of them stay, and which are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vpdlib.finding.segments import Segment, segment_tiou


@dataclass(frozen=True)
class Answers:
    """Segments of a video, those that overlap suppressed.

    Attributes
    ----------
    start_s, end_s : (N,) seconds.
    score : (N,) of the detector; NaN where none was asked.
    class_probability : (N, K) of the recogniser, background the last where it is a class.
    probability : (N, C) that time and class are right.
    """

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    score: NDArray[np.float64]
    class_probability: NDArray[np.float64]
    probability: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.start_s)

    def rows(self, kept: NDArray[np.integer]) -> Answers:
        """Some of them."""
        return Answers(
            self.start_s[kept],
            self.end_s[kept],
            self.score[kept],
            self.class_probability[kept],
            self.probability[kept],
        )


def suppress(found: Answers, most_tiou: float) -> NDArray[np.int64]:
    """Rows that stay, by start, when of segments that overlap by more than a tIoU the most probable stays."""
    best = found.probability.max(axis=1) if len(found) else np.empty(0)
    # Equally probable ones by their times, so that the order of proposals does not matter.
    order = np.lexsort((found.end_s, found.start_s, -best))
    kept: list[int] = []
    for row in order.tolist():
        times = (found.start_s[row], found.end_s[row])
        if all(
            segment_tiou(times, (found.start_s[other], found.end_s[other])) <= most_tiou
            for other in kept
        ):
            kept.append(row)
    return np.array(sorted(kept, key=lambda row: (found.start_s[row], found.end_s[row])), np.int64)


def match(
    times: Sequence[tuple[str, float, float]],
    labels: Sequence[str],
    probability: NDArray[np.floating],
    truth: Mapping[str, Sequence[Segment]],
    tiou: float,
) -> NDArray[np.bool_]:
    """Which answers are right: by falling probability, each the first at a labelled action of its class.

    Parameters
    ----------
    times : (P) video, start and end of each answer, seconds.
    labels : (P) its class; an empty text matches any.
    probability : (P,).
    truth : video -> its labelled actions.
    tiou : that an answer must reach with an action; of several it takes the one that it overlaps most.

    Returns
    -------
    (P,) bool, in the order given.
    """
    left = {video: list(segments) for video, segments in truth.items()}
    right = np.zeros(len(times), dtype=bool)
    order = sorted(range(len(times)), key=lambda row: (-probability[row], times[row]))
    for row in order:
        video, start, end = times[row]
        fits = [
            (segment_tiou((start, end), (action.start_s, action.end_s)), index)
            for index, action in enumerate(left.get(video, []))
            if labels[row] in ("", action.label)
        ]
        best, index = max(fits, default=(0.0, -1))
        if best >= tiou:
            right[row] = True
            del left[video][index]
    return right


def top_answers(
    found: Mapping[str, Answers], class_names: Sequence[str]
) -> tuple[list[tuple[str, float, float]], list[str], NDArray[np.float64]]:
    """Video and times, best class, and its probability (P,) of every answer."""
    times, labels, probability = [], [], []
    for video, answers in found.items():
        for row, label in enumerate(
            answers.probability.argmax(axis=1).tolist() if len(answers) else []
        ):
            times.append((video, float(answers.start_s[row]), float(answers.end_s[row])))
            labels.append(class_names[label])
            probability.append(float(answers.probability[row, label]))
    return times, labels, np.array(probability, np.float64)
