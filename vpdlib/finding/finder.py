"""A finder: recogniser and detector together, which answer with time and class, and when an answer counts.

A detector proposes segments, a recogniser says which class each is of, background among them, and a logistic regression
(`vpdlib.finding.calibration.Acceptance`) says how probable it is that time and class are both right. Of segments that
overlap the most probable stays. Regression and operating threshold are fitted to videos that were held out from the
members that answer for them. With late fusion several recognisers and detectors, one a feature set, answer by their
mean. Where videos are whole actions there is no detector, and every video is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.sequences import DenseSequence
from vpdlib.finding.answers import Answers, suppress
from vpdlib.finding.calibration import Acceptance, answer_probabilities
from vpdlib.finding.detector import Detector, frame_ends
from vpdlib.finding.folds import fold_of
from vpdlib.finding.recogniser import Recogniser
from vpdlib.finding.segments import Segment
from vpdlib.finding.settings import FindingSettings

#: Descriptors of a video in each feature set of a finder, by the name of the set.
Views = Mapping[str, DenseSequence]


@dataclass(frozen=True)
class OperatingPoint:
    """When an answer counts, and how good the answers are then, on held-out training videos.

    Attributes
    ----------
    threshold : least probability.
    precision, recall : fractions of 1; NaN where nothing was held out.
    calibration_error : of the probabilities, cross-validated over folds; NaN where nothing was held out.
    num_actions : labelled actions that were to be found.
    """

    threshold: float
    precision: float = float("nan")
    recall: float = float("nan")
    calibration_error: float = float("nan")
    num_actions: int = 0


@dataclass(frozen=True)
class Named:
    """What segments of given times are named.

    Attributes
    ----------
    probability : (A, K) calibrated; zero where nothing is shown.
    raw : (A, K) before the calibration.
    shown : (A,) which have the athlete in any feature set.
    """

    probability: NDArray[np.float64]
    raw: NDArray[np.float64]
    shown: NDArray[np.bool_]

    def since(self, first: int) -> Named:
        """All but the first ones."""
        return Named(self.probability[first:], self.raw[first:], self.shown[first:])


@dataclass(frozen=True)
class Finder:
    """What answers for a video.

    Attributes
    ----------
    recognisers : one a feature set, by its name.
    detectors : likewise; empty where videos are whole actions.
    settings : of finding.
    acceptance : see the module.
    operating : see `OperatingPoint`.
    """

    recognisers: Mapping[str, Recogniser]
    detectors: Mapping[str, Detector]
    settings: FindingSettings
    acceptance: Acceptance = field(default_factory=Acceptance)
    operating: OperatingPoint = field(default_factory=lambda: OperatingPoint(0.5))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The C classes."""
        return next(iter(self.recognisers.values())).class_names

    def name(
        self, video: str, views: Views, segments: Sequence[Segment], threads: int = 1
    ) -> Named:
        """Class probabilities of segments whose times are given, the mean over feature sets.

        Parameters
        ----------
        video : the segments'.
        views : of the video.
        segments : A of them.
        threads : of torch on the CPU, and of the search.
        """
        num_answers = next(iter(self.recognisers.values())).num_answers
        total = np.zeros((2, len(segments), num_answers))
        votes = np.zeros(len(segments))
        for feature, recogniser in self.recognisers.items():
            sequences = [recogniser.cut(views[feature], segment) for segment in segments]
            rows = np.flatnonzero([len(sequence) > 0 for sequence in sequences])
            fold = fold_of(recogniser.folds, video)
            total[:, rows] += recogniser.probabilities(
                [sequences[row] for row in rows], fold, threads
            )
            votes[rows] += 1
        calibrated, raw = total / np.maximum(votes, 1)[:, None]
        return Named(calibrated, raw, votes > 0)

    def candidates(
        self, video: str, views: Views, threads: int = 1, given: Sequence[Segment] = ()
    ) -> tuple[Answers, Named]:
        """All that may be an action, before segments that overlap are suppressed; and what ``given`` ones are named.

        Both at once, since networks are slow to read a few sequences.
        """
        scored = self._proposed(video, views, threads)
        segments = [segment for segment, _ in scored]
        score = np.array([score for _, score in scored], np.float64)
        both = self.name(video, views, [*segments, *given], threads)
        named, shown = both.probability[: len(segments)], both.shown[: len(segments)]
        classes = named[:, : len(self.class_names)]
        probability = (
            answer_probabilities(self.acceptance, score, classes) if self.detectors else classes
        )
        found = Answers(
            np.array([segment.start_s for segment in segments]),
            np.array([segment.end_s for segment in segments]),
            score,
            named,
            probability,
        )
        return found.rows(np.flatnonzero(shown)), both.since(len(segments))

    def find(
        self, video: str, views: Views, threads: int = 1, given: Sequence[Segment] = ()
    ) -> tuple[Answers, Named]:
        """What a video's actions are, by start; and what ``given`` segments are named.

        Parameters
        ----------
        video : its id, which tells whether members have learnt from it.
        views : its descriptors in every feature set.
        threads : of torch on the CPU, and of the search.
        given : segments whose times are known.
        """
        found, named = self.candidates(video, views, threads, given)
        return found.rows(suppress(found, self.settings.suppress_tiou)), named

    def nearest(self, video: str, views: Views, found: Answers, threads: int = 1) -> list[str]:
        """The nearest labelled action of another video to each answer, by the first feature set; empty without one."""
        feature, recogniser = next(iter(self.recognisers.items()))
        segments = [
            Segment(video, float(start), float(end))
            for start, end in zip(found.start_s, found.end_s, strict=True)
        ]
        sequences = [recogniser.cut(views[feature], segment) for segment in segments]
        shown = [row for row, sequence in enumerate(sequences) if len(sequence)]
        nearest = [""] * len(segments)
        for row, action in zip(
            shown,
            recogniser.nearest([sequences[row] for row in shown], video, threads),
            strict=True,
        ):
            nearest[row] = action
        return nearest

    def _proposed(self, video: str, views: Views, threads: int) -> list[tuple[Segment, float]]:
        if not self.detectors:
            ends = [end for name in self.recognisers for end in frame_ends(views[name])[-1:]]
            return [(Segment(video, 0.0, float(max(ends))), float("nan"))] if ends else []
        total: NDArray[np.float64] | None = None
        votes = 0
        for feature, detector in self.detectors.items():
            fold = fold_of(detector.folds, video)
            scores = detector.scores({video: views[feature]}, fold, threads).get(video)
            if scores is None:
                continue
            if total is None:
                total = scores.astype(np.float64)
            else:
                # A video's feature sets may end at different frames, with the last that has the athlete.
                length = min(len(total), len(scores))
                total = total[:length] + scores[:length]
            votes += 1
        if total is None:
            return []
        detector = next(iter(self.detectors.values()))
        longest = max((views[name] for name in self.detectors), key=lambda view: len(view.time_s))
        view = replace(longest, time_s=longest.time_s[: len(total)])
        return detector.segments(video, view, (total / votes).astype(np.float32))
