"""Few-shot temporal detection: some trials, each with its own training videos, all with the same test videos.

A trial trains on the videos of its first n places and proposes segments in every test video; average precision is
taken at several thresholds on the score and several temporal overlaps, and averaged over trials
(docs/method.md section 10, tables 4 and S3). Nothing is chosen on test videos: epochs come from folds of the
training videos, the threshold to report from the settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from vpdlib.action_detection.ap import average_precision, rank_proposals
from vpdlib.action_detection.model import EnsembleData, predict_scores, train_ensembles
from vpdlib.action_detection.proposals import propose
from vpdlib.action_detection.results import DetectionResult
from vpdlib.action_detection.sequences import (
    DenseSequence,
    events_by_video,
    fill_gaps,
    frame_labels,
    merge_overlapping,
)
from vpdlib.action_detection.settings import DetectionSettings
from vpdlib.datasets.base import UNTESTED
from vpdlib.datasets.tables import EventRow
from vpdlib.progress import note

# A trial: per place, the videos there.
Places = Sequence[Sequence[str]]


def run_detection(
    dense: Mapping[str, DenseSequence],
    events: Sequence[EventRow],
    trials: Sequence[Places],
    num_shot_places: int | None,
    settings: DetectionSettings,
    seed: int,
    device: str = "cpu",
    threads: int = 1,
    test_videos: Sequence[str] = (),
    train_videos: Sequence[str] = (),
) -> DetectionResult:
    """Train, propose and evaluate every trial.

    Parameters
    ----------
    dense : video -> whole sequence, of every training and test video; see `dense_sequences`.
    events : of all videos. One with a test event (split "test") is a test video, and all its events are to be
        found; another with a training event ("train") is a training video, and all its events are learnt from.
    trials : as `read_trials` gives them; none: orders of the training videos are drawn from the seed.
    num_shot_places : n; places none of whose videos has features are passed over. None: all places.
    settings : of everything.
    seed : of the first trial; trial t has ``seed + t``.
    device : "cpu" or "cuda".
    threads : of torch on the CPU.
    test_videos : further test videos, without an event.
    train_videos : further training videos, without an event, for orders that are drawn.

    Raises
    ------
    ValueError
        For a test video that ``dense`` lacks or that is trained on, no test event, and a trial without video or event.
    """
    thresholds, tious = settings.proposals.thresholds, settings.tious
    test = sorted({event.video for event in events if event.split == "test"} | set(test_videos))
    absent = [video for video in test if video not in dense]
    if absent:
        raise ValueError(
            f"test video {absent[0]!r} (and {len(absent) - 1} more) has no sequence: give one of zero "
            "frames where the athlete was never found"
        )
    # What is to be found in a video, or learnt from it, is all that happens there, whatever the split of each event.
    of_video = events_by_video(events, dense)
    truth = {video: merge_overlapping(of_video[video]) for video in test if video in of_video}
    if not truth:
        raise ValueError(UNTESTED.format("event"))
    in_training = {event.video for event in events if event.split == "train"} - set(test)
    if not trials:
        pool = ((in_training | set(train_videos)) - set(test)) & dense.keys()
        trials = draw_trials(pool, settings.num_trials, seed)
    usable = {video for video in dense if dense[video].found.any()}
    test_sequences = {v: fill_gaps(dense[v].descriptors) for v in test if v in usable}
    chosen = [first_places(trial, num_shot_places, usable) for trial in trials]
    for trial, places in enumerate(chosen):
        _check_places(trial, places, test, of_video)

    ensembles = train_ensembles(
        [
            _learnt_from(places, dense, of_video, seed + trial)
            for trial, places in enumerate(chosen)
        ],
        settings.network,
        device,
        threads,
        [f"Detection, trial {trial + 1} of {len(trials)}" for trial in range(len(trials))],
    )
    ap = np.zeros((len(trials), len(thresholds), len(tious)))
    kept, scores, lengths, epochs = [], [], [], []
    for trial, (places, ensemble) in enumerate(zip(chosen, ensembles, strict=True)):
        of_frames = predict_scores(ensemble, test_sequences, threads)
        is_of_trial = settings.proposals.mean_length_of == "trial"
        used = {video for at in places for video in at}
        counted = used if is_of_trial else used | in_training
        mean_length = _mean_length(of_video, counted)
        for row, threshold in enumerate(thresholds):
            found = [
                proposal
                for video, of_video in of_frames.items()
                for proposal in propose(video, of_video, threshold, mean_length, settings.proposals)
            ]
            ap[trial, row] = [average_precision(found, truth, tiou) for tiou in tious]
            if threshold == settings.proposals.threshold:
                kept.append(tuple(rank_proposals(found)))
        scores.append({v: of_frames.get(v, np.empty(0, dtype=np.float32)) for v in test})
        lengths.append(mean_length)
        epochs.append(ensemble.best_epochs)
    return DetectionResult(
        ap=ap,
        thresholds=thresholds,
        tious=tious,
        threshold=settings.proposals.threshold,
        proposals=tuple(kept),
        scores=tuple(scores),
        truth=truth,
        train_videos=tuple(tuple(video for at in places for video in at) for places in chosen),
        mean_lengths=tuple(lengths),
        best_epochs=tuple(epochs),
        seeds=tuple(seed + trial for trial in range(len(trials))),
        num_empty_test=len(test) - len(test_sequences),
    )


def draw_trials(videos: Iterable[str], num_trials: int, seed: int) -> list[list[list[str]]]:
    """Random orders of the training videos, each video a place of its own."""
    pool = sorted(videos)
    return [
        [[pool[place]] for place in np.random.default_rng([seed, trial]).permutation(len(pool))]
        for trial in range(num_trials)
    ]


def first_places(trial: Places, num_places: int | None, usable: set[str]) -> list[list[str]]:
    """The first places that have a usable video, without the unusable ones; None: all places."""
    places = [[video for video in at if video in usable] for at in trial]
    return [at for at in places if at][:num_places]


def _learnt_from(
    places: Sequence[Sequence[str]],
    dense: Mapping[str, DenseSequence],
    of_video: Mapping[str, Sequence[tuple[int, int]]],
    seed: int,
) -> EnsembleData:
    """What a trial learns from."""
    # Both players of a point stay on one side of the folds.
    group_of = {video: f"place {place}" for place, at in enumerate(places) for video in at}
    sequences = {video: fill_gaps(dense[video].descriptors) for video in group_of}
    labels = {v: frame_labels(len(s), of_video.get(v, [])) for v, s in sequences.items()}
    return EnsembleData(sequences, labels, seed, group_of)


def _check_places(
    trial: int,
    places: Places,
    test: Sequence[str],
    of_video: Mapping[str, Sequence[tuple[int, int]]],
) -> None:
    used = [video for at in places for video in at]
    leaked = sorted(set(used).intersection(test))
    if leaked:
        raise ValueError(
            f"detection trial {trial} trains on test video {leaked[0]!r}: mend detection_trials.csv or the "
            "splits of events.csv"
        )
    if not any(of_video.get(video) for video in used):
        raise ValueError(
            f"detection trial {trial}: its {len(used)} training videos hold no event; take more places, or "
            "correct the labels or detection_trials.csv"
        )
    without = [video for video in used if video not in of_video]
    if without:
        note(f"detection trial {trial}: {len(without)} training videos hold no event: {without}")


def _mean_length(of_video: Mapping[str, Sequence[tuple[int, int]]], videos: Iterable[str]) -> float:
    """Mean length of the training events of some videos, frames."""
    lengths = [end - start for video in videos for start, end in of_video.get(video, [])]
    return float(np.mean(lengths))
