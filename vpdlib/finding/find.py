"""What a finder says of every video, as an artifact of kind "found", and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vpdlib.action_detection.sequences import dense_sequences
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.artifacts.found import Found
from vpdlib.datasets.tables import VideoRow
from vpdlib.finding.answers import Answers, suppress
from vpdlib.finding.detector import Detector, load_detector
from vpdlib.finding.finder import Finder, Views
from vpdlib.finding.finder_folder import digests_of_models, load_finder
from vpdlib.finding.finder_record import FOLDER
from vpdlib.finding.recogniser import Recogniser
from vpdlib.finding.recogniser_folder import load_recogniser
from vpdlib.finding.segments import Segment
from vpdlib.progress import track


def load_models(
    recognisers: Mapping[str, Path], detectors: Mapping[str, Path], device: str
) -> tuple[dict[str, Recogniser], dict[str, Detector]]:
    """Recognisers and detectors by feature set; no detector where there is nothing to detect.

    Raises
    ------
    FileNotFoundError, ValueError
        As their folders' readers.
    """
    loaded = {name: load_detector(folder, device) for name, folder in detectors.items()}
    return (
        {name: load_recogniser(folder, device) for name, folder in recognisers.items()},
        {name: detector for name, detector in loaded.items() if detector is not None},
    )


def read_finder(
    finder: Path, recognisers: Mapping[str, Path], detectors: Mapping[str, Path], device: str
) -> Finder:
    """A finder from its folder and those of its recognisers and detectors, by feature set.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`load_finder` and :func:`load_models`; and for a recogniser or detector that was trained anew since the
        finder was tuned.
    """
    models = load_models(recognisers, detectors, device)
    made_of = FOLDER.read_record(finder).made_of
    for model, digest in digests_of_models(recognisers, detectors).items():
        if made_of.get(model, digest) != digest:
            raise ValueError(
                f"{finder} was tuned with another {model} than is there now. Run rule tune_finder"
            )
    return load_finder(finder, *models)


def read_views(
    features: Mapping[str, Sequence[Path]], videos: Mapping[str, VideoRow]
) -> dict[str, Views]:
    """Descriptors of some videos in each feature set: video -> name of the set -> sequence."""
    rates = {video: row.fps for video, row in videos.items()}
    sets = {name: dense_sequences(paths, rates) for name, paths in features.items()}
    return {video: {name: found[video] for name, found in sets.items()} for video in videos}


def write_found_videos(
    path: str | Path,
    provenance: Provenance,
    finder: Finder,
    videos: Sequence[VideoRow],
    features: Mapping[str, Sequence[Path]],
    labels: Mapping[str, Sequence[Segment]],
    threads: int = 1,
    learnt_as: Mapping[str, str] | None = None,
) -> None:
    """Find actions in videos, one after the other, and write what was found.

    Parameters
    ----------
    path : of the artifact.
    provenance : of the job.
    finder : that answers.
    videos : where.
    features : artifacts of each feature set of the finder, by its name.
    labels : video -> labelled actions, which are named too, with their times given.
    threads : of torch on the CPU, and of the search.
    learnt_as : video -> the training video that it is, or an empty text; of those that are not named, the id tells.
    """
    examples = sorted(
        {
            action
            for recogniser in finder.recognisers.values()
            for action in recogniser.examples.actions
            if action
        }
    )
    index_of = {action: index for index, action in enumerate(examples)} | {"": -1}
    classes = {name: index for index, name in enumerate(finder.class_names)}
    views = read_views(features, {row.video: row for row in videos})
    with ArtifactWriter(path, Found, provenance) as artifact:
        artifact.set_attributes(is_uncut=bool(finder.detectors))
        artifact.write("class_name", np.array(finder.class_names, object))
        artifact.write("example", np.array(examples, object))
        for row in track(videos, "finding actions", unit="video"):
            given = labels.get(row.video, [])
            known = (learnt_as or {}).get(row.video, row.video)
            found, named = finder.find(known, views[row.video], threads, given)
            if not finder.detectors:
                found = replace(found, end_s=np.full(len(found), row.duration_s))
            nearest = finder.nearest(known, views[row.video], found, threads)
            kept = np.flatnonzero(named.shown)
            num_classes = len(classes)
            artifact.add_video(
                row.video,
                {
                    "start_s": found.start_s,
                    "end_s": found.end_s,
                    "score": found.score,
                    "probability": found.probability.reshape(-1, num_classes),
                    "nearest": np.array([index_of[action] for action in nearest], np.int32),
                    "given": np.array(
                        [(given[i].start_s, given[i].end_s) for i in kept],  # type: ignore[call-overload]
                        np.float64,
                    ).reshape(-1, 2),
                    "given_label": np.array(
                        [classes[given[i].label] for i in kept],  # type: ignore[call-overload]
                        np.int32,
                    ),
                    "given_probability": named.probability[kept, :num_classes],
                    "given_raw": named.raw[kept, :num_classes],
                },
            )


def write_frame_classes(
    path: str | Path,
    provenance: Provenance,
    detector: Detector | None,
    videos: Sequence[VideoRow],
    features: Sequence[Path],
    most_tiou: float,
    threads: int = 1,
) -> None:
    """Find actions by a detector of frame classes alone; without one, none are found.

    Parameters
    ----------
    path, provenance, videos, threads : as for :func:`write_found_videos`.
    detector : of the class of every frame.
    features : artifacts of its feature set.
    most_tiou : of two segments that overlap by more, of whatever classes, the less probable goes.
    """
    views = read_views({"": features}, {row.video: row for row in videos})
    names = () if detector is None else detector.class_names
    with ArtifactWriter(path, Found, provenance) as artifact:
        artifact.set_attributes(is_uncut=detector is not None)
        artifact.write("class_name", np.array(names, object))
        artifact.write("example", np.array([], object))
        for row in track(videos, "classes of frames", unit="video"):
            dense = views[row.video][""]
            scores = detector.scores({row.video: dense}, None, threads) if detector else {}
            segments = [
                (segment, score, label)
                for label in range(1, len(names) + 1)
                if detector is not None and row.video in scores
                for segment, score in detector.segments(row.video, dense, scores[row.video], label)
            ]
            probability = np.zeros((len(segments), len(names)))
            for index, (_, score, label) in enumerate(segments):
                probability[index, label - 1] = score
            answers = Answers(
                np.array([segment.start_s for segment, _, _ in segments]),
                np.array([segment.end_s for segment, _, _ in segments]),
                np.array([score for _, score, _ in segments]),
                np.empty((len(segments), 0)),
                probability,
            )
            answers = answers.rows(suppress(answers, most_tiou))
            none = np.empty((0, len(names)))
            artifact.add_video(
                row.video,
                {
                    "start_s": answers.start_s,
                    "end_s": answers.end_s,
                    "score": answers.score,
                    "probability": answers.probability,
                    "nearest": np.full(len(answers), -1, np.int32),
                    "given": np.empty((0, 2)),
                    "given_label": np.empty(0, np.int32),
                    "given_probability": none,
                    "given_raw": none,
                },
            )
