"""A recogniser: a head that was trained on a feature set and stays, with calibrated probabilities.

It names segments of any video: arrays (T, 2, d) of descriptors, T >= 1. Where actions are found in uncut videos,
background is a class too, the last. A network is trained once a fold, without the fold's videos, and answers with the
mean of its members; nearest neighbours keep the examples, and answer for a training video without those of its fold.
The temperature (`vpdlib.finding.calibration`) is fitted to what members say of videos that were held out from them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.sequences import DenseSequence
from vpdlib.finding.calibration import expected_calibration_error, fit_temperature, temper
from vpdlib.finding.folds import Folds, fold_of
from vpdlib.finding.segments import Segment, cut
from vpdlib.finding.to_label import nearest_probabilities
from vpdlib.progress import note
from vpdlib.recognition.nns import flip_min_distances
from vpdlib.recognition.settings import HEADS, RecognitionSettings, architecture_of, check_head
from vpdlib.recognition.train import (
    ClassifierData,
    TrainedClassifier,
    predict_probabilities,
    train_classifiers,
)

Sequences = Sequence[NDArray[np.floating]]


@dataclass(frozen=True)
class Calibration:
    """What was measured on segments of held-out training videos.

    Attributes
    ----------
    num_segments : how many.
    accuracy : fraction of them that are named rightly.
    error_before, error_after : expected calibration error without a temperature, and with the one that was fitted to
        the other folds, fractions of 1.
    """

    num_segments: int = 0
    accuracy: float = float("nan")
    error_before: float = float("nan")
    error_after: float = float("nan")


@dataclass(frozen=True)
class Examples:
    """Sequences that were learnt from and are kept.

    Attributes
    ----------
    sequences : R arrays (T, 2, d).
    labels : (R,) into the answers of the recogniser.
    folds : (R,) of their videos; -1 where nothing is held out.
    videos : R ids.
    actions : R ids of labelled actions; empty for shifted copies and background.
    """

    sequences: tuple[NDArray[np.float32], ...]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
    videos: tuple[str, ...]
    actions: tuple[str, ...]

    def rows(self, kept: NDArray[np.integer]) -> Examples:
        """Some of them."""
        return Examples(
            tuple(self.sequences[row] for row in kept),
            self.labels[kept],
            self.folds[kept],
            tuple(self.videos[row] for row in kept),
            tuple(self.actions[row] for row in kept),
        )


@dataclass(frozen=True)
class Recogniser:
    """What recognisers of all heads share.

    Attributes
    ----------
    head : one of `vpdlib.recognition.settings.HEADS`.
    class_names : the C classes.
    has_background : whether there is one class more, the background, the last.
    settings : of the heads; sequences are thinned by them.
    num_channels : d.
    folds : see `vpdlib.finding.folds`.
    temperature : of all members.
    calibration : what was measured.
    examples : labelled actions to show beside what is found, or all that nearest neighbours need.
    """

    head: str
    class_names: tuple[str, ...]
    has_background: bool
    settings: RecognitionSettings
    num_channels: int
    folds: Folds
    temperature: float
    calibration: Calibration
    examples: Examples

    @property
    def num_answers(self) -> int:
        """The classes, and the background where it is one."""
        return len(self.class_names) + self.has_background

    @abstractmethod
    def raw(self, sequences: Sequences, fold: int | None, threads: int) -> NDArray[np.float64]:
        """Probabilities (M, A, K) of the members that answer, before the temperature.

        ``fold`` is that of the video that the sequences are of: only what did not learn from it answers.
        """

    def cut(self, dense: DenseSequence, segment: Segment) -> NDArray[np.float32]:
        """Descriptors of a segment as this recogniser takes them, (T, 2, d); T may be 0."""
        settings = self.settings
        return cut(dense, segment, settings.target_fps, settings.target_fps_slack)

    def probabilities(
        self, sequences: Sequences, fold: int | None = None, threads: int = 1
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probabilities of segments of one video or of videos of one fold, calibrated and as they were before.

        Parameters
        ----------
        sequences : A arrays (T, 2, d), T >= 1.
        fold : of their videos; None where no member learnt from them.
        threads : of torch on the CPU, and of the search.

        Returns
        -------
        Both (A, K) float64; rows sum to 1.

        Raises
        ------
        ValueError
            For descriptors of another d than in training.
        """
        if len(sequences) == 0:
            return np.empty((0, self.num_answers)), np.empty((0, self.num_answers))
        for sequence in sequences:
            if sequence.shape[2] != self.num_channels:
                raise ValueError(
                    f"descriptors have {sequence.shape[2]} channels, the recogniser was trained on "
                    f"{self.num_channels}: use the features of its own feature set"
                )
        raw = self.raw(sequences, fold, threads)
        return temper(raw, self.temperature).mean(axis=0), raw.mean(axis=0)

    def nearest(self, sequences: Sequences, video: str, threads: int = 1) -> list[str]:
        """The labelled action of another video that is nearest to each sequence under DTW; empty without one."""
        shown = np.array(
            [
                bool(action) and other != video
                for action, other in zip(self.examples.actions, self.examples.videos, strict=True)
            ],
            dtype=bool,
        )
        if not shown.any() or not len(sequences):
            return [""] * len(sequences)
        kept = self.examples.rows(np.flatnonzero(shown))
        distances = flip_min_distances(
            sequences, kept.sequences, self.settings.nns.normalise, threads
        )
        return [kept.actions[row] for row in distances.argmin(axis=1)]


@dataclass(frozen=True)
class NetworkRecogniser(Recogniser):
    """A head that is a network: one member a fold."""

    members: tuple[TrainedClassifier, ...]

    def raw(self, sequences: Sequences, fold: int | None, threads: int) -> NDArray[np.float64]:
        """See `Recogniser.raw`."""
        members = self.members if fold is None else self.members[fold : fold + 1]
        found = [predict_probabilities(member, sequences, threads) for member in members]
        return np.stack(found).astype(np.float64)


@dataclass(frozen=True)
class NeighbourRecogniser(Recogniser):
    """Nearest neighbours under DTW: probabilities fall with the distance to the nearest example of each class.

    Attributes
    ----------
    scale : distance by which a class loses a factor e, before the temperature.
    """

    scale: float

    def raw(self, sequences: Sequences, fold: int | None, threads: int) -> NDArray[np.float64]:
        """See `Recogniser.raw`."""
        kept = self.examples
        if fold is not None:
            kept = kept.rows(np.flatnonzero(kept.folds != fold))
        distances = flip_min_distances(
            sequences, kept.sequences, self.settings.nns.normalise, threads
        )
        return nearest_probabilities(distances, kept.labels, self.num_answers, self.scale)[None]


def train_recogniser(
    head: str,
    dense: Mapping[str, DenseSequence],
    segments: Sequence[Segment],
    class_names: Sequence[str],
    folds: Folds,
    settings: RecognitionSettings,
    seed: int,
    has_background: bool,
    examples_per_class: int,
    device: str = "cpu",
    threads: int = 1,
) -> Recogniser:
    """Train and calibrate a recogniser.

    Parameters
    ----------
    head : one of `vpdlib.recognition.settings.HEADS`.
    dense : video -> its descriptors, of the segments' videos at least.
    segments : to learn from, see `vpdlib.finding.segments.training_segments`; those without the athlete are left out.
    class_names : the C classes.
    folds : see `vpdlib.finding.folds.held_out_folds`.
    settings : of all heads; a network is trained for as many steps as it would be on the actions alone.
    seed : of the first member; member m has ``seed + m``.
    has_background : whether background is an answer.
    examples_per_class : of the labelled actions, those that stay to be shown.
    device : "cpu" or "cuda".
    threads : of torch on the CPU, and of the search.

    Raises
    ------
    ValueError
        For an unknown head, and where no segment, or none outside a fold, has the athlete.
    NonFiniteLossError
        If a training loss ceases to be finite.
    """
    check_head(head)
    index = {name: number for number, name in enumerate(class_names)}
    index[""] = len(index)
    used, sequences = [], []
    for segment in segments:
        sequence = cut(
            dense[segment.video], segment, settings.target_fps, settings.target_fps_slack
        )
        if len(sequence) and (segment.label or has_background):
            used.append(segment)
            sequences.append(sequence)
    labels = np.array([index[segment.label] for segment in used], np.int64)
    of_fold = np.array([fold_of(folds, s.video) if folds[0] else -1 for s in used], np.int64)
    if not (labels < len(class_names)).any():
        raise ValueError(
            f"none of {len(segments)} training segments shows the athlete in an action: was the athlete followed in "
            "these videos? See problems.csv"
        )
    for fold in range(len(folds)):
        if (of_fold == fold).all():
            raise ValueError(
                f"fold {fold} leaves no segment to learn from: its videos alone show the athlete in an action. See "
                "problems.csv for the others"
            )
    num_answers = len(class_names) + has_background
    learnt_from = Examples(
        tuple(sequences),
        labels,
        of_fold,
        tuple(segment.video for segment in used),
        tuple(segment.action for segment in used),
    )
    common = (
        head,
        tuple(class_names),
        has_background,
        settings,
        sequences[0].shape[2],
        folds,
        1.0,
        Calibration(),
    )
    untempered: Recogniser
    if HEADS[head].layers is None:
        scale = _scale(sequences, settings, threads)
        untempered = NeighbourRecogniser(*common, learnt_from, scale)
    else:
        # Copies and background make epochs longer, and fewer of them do.
        num_actions = sum(bool(segment.action) for segment in used)
        epochs = max(round(settings.bigru.epochs * num_actions / len(used)), 1)
        wanted = []
        for fold in range(len(folds)):
            learnt = np.flatnonzero(of_fold != fold)
            from_segments = [sequences[row] for row in learnt]
            wanted.append(ClassifierData(from_segments, labels[learnt], seed + fold))
        members = train_classifiers(
            wanted,
            num_answers,
            architecture_of(head, settings),
            settings.bigru.model_copy(update={"epochs": epochs}),
            device,
            threads,
            description=f"{HEADS[head].title}, model",
        )
        shown = _to_show(learnt_from, examples_per_class, seed)
        untempered = NetworkRecogniser(*common, learnt_from.rows(shown), tuple(members))
    if not folds[0]:
        return untempered
    return _calibrated(untempered, used, sequences, labels, of_fold, threads)


def _calibrated(
    recogniser: Recogniser,
    segments: Sequence[Segment],
    sequences: Sequences,
    labels: NDArray[np.int64],
    of_fold: NDArray[np.int64],
    threads: int,
) -> Recogniser:
    """Fit the temperature to what is said of held-out segments, copies left out, and measure."""
    asked = np.array([bool(segment.action) or not segment.label for segment in segments])
    raw = np.empty((len(sequences), recogniser.num_answers))
    for fold in range(len(recogniser.folds)):
        rows = np.flatnonzero((of_fold == fold) & asked)
        if len(rows):
            raw[rows] = recogniser.raw([sequences[row] for row in rows], fold, threads)[0]  # type: ignore[call-overload]
    raw, labels, of_fold = raw[asked], labels[asked], of_fold[asked]
    after = np.empty_like(raw)
    for fold in range(len(recogniser.folds)):
        other = of_fold != fold
        after[~other] = temper(raw[~other], fit_temperature(raw[other], labels[other]))
    right = raw.argmax(axis=1) == labels
    calibration = Calibration(
        num_segments=len(labels),
        accuracy=float(right.mean()),
        error_before=expected_calibration_error(raw.max(axis=1), right),
        error_after=expected_calibration_error(after.max(axis=1), right),
    )
    temperature = fit_temperature(raw, labels)
    note(
        f"held out: {100 * calibration.accuracy:.1f} % of {len(labels)} segments named rightly; temperature "
        f"{temperature:.2f}, calibration error {calibration.error_before:.3f} before and "
        f"{calibration.error_after:.3f} after"
    )
    return replace(recogniser, temperature=temperature, calibration=calibration)


def _to_show(examples: Examples, per_class: int, seed: int) -> NDArray[np.int64]:
    """Rows of labelled actions, at most so many a class, drawn."""
    generator = np.random.default_rng(seed)
    is_action = np.array([bool(action) for action in examples.actions])
    chosen = [
        generator.permutation(np.flatnonzero(is_action & (examples.labels == label)))[:per_class]
        for label in np.unique(examples.labels)
    ]
    return np.sort(np.concatenate(chosen))


def _scale(examples: Sequences, settings: RecognitionSettings, threads: int) -> float:
    """Median distance of an example to the nearest other one; 1 where there is none."""
    if len(examples) < 2:
        return 1.0
    distances = flip_min_distances(examples, examples, settings.nns.normalise, threads)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.min(axis=1)
    return float(np.median(nearest[nearest > 0])) if (nearest > 0).any() else 1.0
