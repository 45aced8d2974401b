"""Tuning of a finder: what makes one probability of its answers, and the probability from which one counts.

Both are fitted to training videos, each answered for by members that did not learn from it. Nothing is chosen on test
videos.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vpdlib.finding.answers import Answers, match, suppress, top_answers
from vpdlib.finding.calibration import (
    Acceptance,
    answer_probabilities,
    expected_calibration_error,
    fit_acceptance,
)
from vpdlib.finding.finder import Finder, OperatingPoint, Views
from vpdlib.finding.folds import fold_of
from vpdlib.finding.segments import Segment, segment_tiou
from vpdlib.progress import note


def tune(
    finder: Finder,
    views: Mapping[str, Views],
    truth: Mapping[str, Sequence[Segment]],
    threads: int = 1,
) -> Finder:
    """Fit acceptance and operating threshold to the training videos, each answered for by what did not learn from it.

    Parameters
    ----------
    finder : untuned.
    views : training video -> its descriptors.
    truth : training video -> its labelled actions.
    threads : of torch on the CPU, and of the search.
    """
    given = finder.settings.min_probability
    # A detector's fold may lack its model, see `train_ensemble`: all the others learnt from its videos.
    all_folds = [one.folds for one in finder.recognisers.values()]
    all_folds += [one.folds for one in finder.detectors.values()]
    held_out = [
        video
        for video in sorted(views)
        if all(fold_of(of_model, video) is not None for of_model in all_folds)
    ]
    if not finder.detectors or not held_out:
        if finder.detectors:
            note("nothing was held out: probabilities are not fitted, and the threshold is 0.5")
        threshold = (0.5 if finder.detectors else 0.0) if given is None else given
        return replace(finder, operating=OperatingPoint(threshold))
    tiou = finder.settings.operating_tiou
    found = {video: finder.candidates(video, views[video], threads)[0] for video in held_out}
    # A fit must not judge itself: the error is that of fits to the other folds.
    folds = next(iter(finder.recognisers.values())).folds
    cross = [
        replace(
            finder,
            acceptance=_fitted({v: a for v, a in found.items() if v not in fold}, finder, truth),
        )
        for fold in folds
    ]
    held_in = {video: index for index, fold in enumerate(folds) for video in fold}
    answered = {v: _again(cross[held_in[v]], a) for v, a in found.items()}
    probability, is_right, _ = _judged(answered, finder, truth, tiou)
    error = expected_calibration_error(probability, is_right)
    tuned = replace(finder, acceptance=_fitted(found, finder, truth))
    probability, is_right, num_actions = _judged(
        {v: _again(tuned, a) for v, a in found.items()}, finder, truth, tiou
    )
    threshold = best_threshold(probability, is_right, num_actions) if given is None else given
    accepted = probability >= threshold
    operating = OperatingPoint(
        threshold=threshold,
        precision=float(is_right[accepted].mean()) if accepted.any() else float("nan"),
        recall=float(is_right[accepted].sum() / num_actions) if num_actions else float("nan"),
        calibration_error=error,
        num_actions=num_actions,
    )
    note(
        f"held out, tIoU {tiou:g}: threshold {threshold:.3f}, precision {100 * operating.precision:.1f} %, recall "
        f"{100 * operating.recall:.1f} % of {num_actions} actions, calibration error {error:.3f}"
    )
    return replace(tuned, operating=operating)


def best_threshold(
    probability: NDArray[np.floating], right: NDArray[np.bool_], num_actions: int
) -> float:
    """The least probability of the best F1; between the last that counts and the next.

    Parameters
    ----------
    probability, right : (P,) of answers.
    num_actions : that were to be found.
    """
    order = np.argsort(-probability, kind="stable")
    ranked, hits = probability[order], np.cumsum(right[order])
    if not len(ranked) or hits[-1] == 0:
        return 0.5
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + num_actions)
    # A threshold cannot part equal probabilities.
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0
    last = int(f1.argmax())
    following = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + following) / 2)


def _again(finder: Finder, found: Answers) -> Answers:
    """The same candidates by another acceptance, suppressed by it."""
    classes = found.class_probability[:, : len(finder.class_names)]
    probability = answer_probabilities(finder.acceptance, found.score, classes)
    found = replace(found, probability=probability)
    return found.rows(suppress(found, finder.settings.suppress_tiou))


def _fitted(
    found: Mapping[str, Answers], finder: Finder, truth: Mapping[str, Sequence[Segment]]
) -> Acceptance:
    """Acceptance fitted to candidates: right is whatever has its class's action at the operating tIoU, each time."""
    scores, classes, right = [], [], []
    for video, answers in found.items():
        best = answers.class_probability[:, : len(finder.class_names)].argmax(axis=1)
        for row, label in enumerate(best.tolist()):
            times = (answers.start_s[row], answers.end_s[row])
            scores.append(answers.score[row])
            classes.append(answers.class_probability[row, label])
            right.append(
                any(
                    action.label == finder.class_names[label]
                    and segment_tiou(times, (action.start_s, action.end_s))
                    >= finder.settings.operating_tiou
                    for action in truth.get(video, [])
                )
            )
    return fit_acceptance(np.array(scores), np.array(classes), np.array(right, bool))


def _judged(
    found: Mapping[str, Answers],
    finder: Finder,
    truth: Mapping[str, Sequence[Segment]],
    tiou: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Probability of every answer's best class, whether it is right, and the number of actions of the videos."""
    times, labels, probability = top_answers(found, finder.class_names)
    right = match(times, labels, probability, truth, tiou)
    return probability, right, sum(len(truth.get(video, [])) for video in found)
