"""How good it is what is found in test videos, and which part of finding loses what.

Average precision of a class ranks all answers that give it any probability by it; an answer is right if it reaches a
tIoU with an action of the class that no more probable one has taken (`vpdlib.finding.finder.match`). mAP is the mean
over the classes that the test videos have. Precision and recall are of the answers from the operating threshold on. All
in per cent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vpdlib.finding.answers import Answers, match, top_answers
from vpdlib.finding.calibration import expected_calibration_error
from vpdlib.finding.found_videos import Given
from vpdlib.finding.segments import Segment, segment_tiou

# Classes drawn for the row of chance, over which it is averaged.
_DRAWS = 20


def average_precision(
    times: Sequence[tuple[str, float, float]],
    probability: NDArray[np.floating],
    label: str,
    truth: Mapping[str, Sequence[Segment]],
    tiou: float,
) -> float:
    """Average precision of one class, interpolated as in docs/method.md section 10.

    Parameters
    ----------
    times : (P) video, start and end of each answer.
    probability : (P,) of the class.
    label : the class; an empty text takes all for one.
    truth : video -> its labelled actions.
    tiou : above 0.

    Raises
    ------
    ValueError
        If no action is of the class.
    """
    wanted = {
        video: [action for action in actions if label in ("", action.label)]
        for video, actions in truth.items()
    }
    total = sum(map(len, wanted.values()))
    if total == 0:
        raise ValueError(
            f"no test action is of class {label!r}: its average precision is undefined"
        )
    # Who gives a class no probability does not say that it is there.
    said = np.flatnonzero(probability > 0)
    times, probability = [times[row] for row in said], probability[said]  # type: ignore[call-overload]
    right = match(times, [label] * len(times), probability, wanted, tiou)
    order = sorted(range(len(times)), key=lambda row: (-probability[row], times[row]))
    ranked = right[order]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    largest_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(largest_from_here[ranked].sum() / total)


def mean_average_precision(
    found: Mapping[str, Answers],
    class_names: Sequence[str],
    truth: Mapping[str, Sequence[Segment]],
    tiou: float,
) -> float:
    """The mean over the classes that ``truth`` has, a fraction of 1; an answer counts for every class."""
    times = [
        (video, float(start), float(end))
        for video, answers in found.items()
        for start, end in zip(answers.start_s, answers.end_s, strict=True)
    ]
    probability = np.concatenate(
        [np.empty((0, len(class_names))), *(answers.probability for answers in found.values())]
    )
    present = {action.label for actions in truth.values() for action in actions}
    return float(
        np.mean(
            [
                average_precision(times, probability[:, index], name, truth, tiou)
                for index, name in enumerate(class_names)
                if name in present
            ]
        )
    )


def measures(
    found: Mapping[str, Answers],
    class_names: Sequence[str],
    truth: Mapping[str, Sequence[Segment]],
    tious: Sequence[float],
    operating_tiou: float,
    threshold: float,
) -> dict[str, float]:
    """Measure mAP by tIoU, and precision and recall at the threshold, in per cent; numbers of answers and actions."""
    row = {
        f"map_{tiou:g}": 100 * mean_average_precision(found, class_names, truth, tiou)
        for tiou in tious
    }
    accepted = {
        video: answers.rows(np.flatnonzero(answers.probability.max(axis=1) >= threshold))
        if len(answers)
        else answers
        for video, answers in found.items()
    }
    right = match(*top_answers(accepted, class_names), truth, operating_tiou)
    num_actions = sum(map(len, truth.values()))
    return {
        **row,
        "precision": 100 * float(right.mean()) if len(right) else float("nan"),
        "recall": 100 * float(right.sum()) / num_actions,
        "found": len(right),
        "actions": num_actions,
    }


def one_class(found: Mapping[str, Answers]) -> dict[str, Answers]:
    """Answers that say that there is an action, and not which: the sum over classes, at most 1."""
    return {
        video: replace(
            answers, probability=np.minimum(answers.probability.sum(axis=1, keepdims=True), 1.0)
        )
        for video, answers in found.items()
    }


def nameless(truth: Mapping[str, Sequence[Segment]]) -> dict[str, list[Segment]]:
    """The same actions, all of one class without a name."""
    return {
        video: [replace(action, label="") for action in actions] for video, actions in truth.items()
    }


def with_classes(found: Mapping[str, Answers], weights: NDArray[np.floating]) -> dict[str, Answers]:
    """The same times and probabilities that there is an action, with classes of given weights (C,) or (N, C)."""
    first = 0
    changed = {}
    for video, answers in one_class(found).items():
        of_video = weights if weights.ndim == 1 else weights[first : first + len(answers)]
        changed[video] = replace(answers, probability=answers.probability * of_video)
        first += len(answers)
    return changed


def chance(
    found: Mapping[str, Answers],
    class_names: Sequence[str],
    truth: Mapping[str, Sequence[Segment]],
    tious: Sequence[float],
    operating_tiou: float,
    threshold: float,
) -> dict[str, float]:
    """As `measures`, of the same times with classes drawn at random: the mean over draws."""
    total = sum(map(len, found.values()))
    drawn = []
    for draw in range(_DRAWS):
        classes = np.random.default_rng(draw).integers(len(class_names), size=total)
        named = with_classes(found, np.eye(len(class_names))[classes])
        drawn.append(measures(named, class_names, truth, tious, operating_tiou, threshold))
    columns = {key: np.array([row[key] for row in drawn]) for key in drawn[0]}
    return {key: _mean(values[~np.isnan(values)]) for key, values in columns.items()}


def _mean(values: NDArray[np.floating] | NDArray[np.bool_]) -> float:
    """Not a number where there is none."""
    return float(values.mean()) if len(values) else math.nan


def given_measures(given: Sequence[Given]) -> dict[str, float]:
    """Top-1 and calibration error, before and after, of actions whose times are given, in per cent.

    Where background is a class, its probability is shared out among the others: that there is an action is given.
    """
    label = np.concatenate([one.label for one in given])
    result: dict[str, float] = {"actions": len(label)}
    for name, values in (
        ("calibration_error", [one.probability for one in given]),
        ("calibration_error_raw", [one.raw for one in given]),
    ):
        probability = np.concatenate(values)
        probability = probability / np.maximum(probability.sum(axis=1, keepdims=True), 1e-12)
        right = probability.argmax(axis=1) == label
        result[name] = 100 * expected_calibration_error(probability.max(axis=1), right)
        if name == "calibration_error":
            result["top1"] = 100 * _mean(right)
    return result


def overlapped(start_s: float, end_s: float, actions: Sequence[Segment]) -> Segment | None:
    """The labelled action that a segment overlaps most, by tIoU, if any."""
    best = max(
        actions,
        key=lambda action: segment_tiou((start_s, end_s), (action.start_s, action.end_s)),
        default=None,
    )
    if best is None or segment_tiou((start_s, end_s), (best.start_s, best.end_s)) == 0:
        return None
    return best
