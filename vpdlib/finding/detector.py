"""A detector that stays: the ensemble that scores frames of any video, and how its scores become segments.

With two classes it tells actions from background (docs/method.md section 10); with more it tells the class of every
frame, the detector without two steps that `found_accuracy.csv` compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.model import DetectionEnsemble, FrameBiGRU, predict_classes
from vpdlib.action_detection.proposals import propose
from vpdlib.action_detection.sequences import DenseSequence, fill_gaps
from vpdlib.action_detection.settings import FrameBiGRUSettings, ProposalSettings
from vpdlib.finding.folds import Folds
from vpdlib.finding.segments import Segment
from vpdlib.training.model_folder import (
    ModelFolder,
    ModelRecord,
    member_file,
    nan_if_none,
    none_if_nan,
)

#: Frames of a video that are scored at once (about 9 KB each), and of those before and after a part of a longer one.
_WHOLE_FRAMES, _MARGIN_FRAMES = 32_000, 2_000


@dataclass(frozen=True)
class Detector:
    """A trained detector.

    Attributes
    ----------
    ensemble : one network a fold.
    folds : per network, the videos that it did not learn from; see `vpdlib.finding.folds`.
    class_names : of the classes 1, 2, ...; a single empty name where actions are told from background alone.
    proposals : from scores to segments.
    mean_length_s : of the training events, seconds.
    """

    ensemble: DetectionEnsemble
    folds: Folds
    class_names: tuple[str, ...]
    proposals: ProposalSettings
    mean_length_s: float

    def scores(
        self, dense: Mapping[str, DenseSequence], fold: int | None = None, threads: int = 1
    ) -> dict[str, NDArray[np.float32]]:
        """Probabilities (T, C) of every frame of videos of one fold, by the members that did not learn from them.

        Videos without the athlete are left out. One of over 32,000 frames is scored in parts, since what the networks
        hold of it would not fit into memory; each part is read with 2,000 frames of what is before and after it.

        Raises
        ------
        ValueError
            For descriptors of another length than in training.
        """
        sequences: dict[str, NDArray[np.float32]] = {}
        parts: dict[str, list[tuple[str, slice]]] = {}
        for video, sequence in dense.items():
            if sequence.found.any():
                filled = fill_gaps(sequence.descriptors)
                parts[video] = []
                for number, (read, kept) in enumerate(parts_of(len(filled))):
                    # No video is called so.
                    name = f"{video}/{number}"
                    sequences[name] = filled[read]
                    parts[video].append((name, kept))
        networks = self.ensemble.networks
        if fold is not None:
            networks = networks[fold : fold + 1]
        scores = predict_classes(replace(self.ensemble, networks=networks), sequences, threads)
        return {
            video: np.concatenate([scores[name][kept] for name, kept in of_video])
            for video, of_video in parts.items()
        }

    def segments(
        self, video: str, dense: DenseSequence, scores: NDArray[np.floating], label: int = 1
    ) -> list[tuple[Segment, float]]:
        """Segments of a video by all thresholds of the settings, each once, with its best score.

        Parameters
        ----------
        video : its id.
        dense : its time stamps.
        scores : (T, C) of its frames.
        label : the class looked for.
        """
        ends = frame_ends(dense)
        mean_length = self.mean_length_s * rate_of(dense)
        found: dict[tuple[int, int], float] = {}
        for threshold in self.proposals.thresholds:
            for one in propose(video, scores[:, label], threshold, mean_length, self.proposals):
                if one.end > one.start:
                    key = (one.start, one.end)
                    found[key] = max(found.get(key, 0.0), one.score)
        name = self.class_names[label - 1]
        return [
            (Segment(video, float(dense.time_s[start]), float(ends[end - 1]), name), score)
            for (start, end), score in sorted(found.items())
        ]


def parts_of(num_frames: int) -> list[tuple[slice, slice]]:
    """The parts that a video is scored in: the frames that are read, and of them the rows that are kept."""
    if num_frames <= _WHOLE_FRAMES:
        return [(slice(0, num_frames), slice(0, num_frames))]
    found = []
    length = _WHOLE_FRAMES - 2 * _MARGIN_FRAMES
    for first in range(0, num_frames, length):
        last = min(first + length, num_frames)
        start = max(first - _MARGIN_FRAMES, 0)
        stop = min(last + _MARGIN_FRAMES, num_frames)
        found.append((slice(start, stop), slice(first - start, last - start)))
    return found


def rate_of(dense: DenseSequence) -> float:
    """Frames a second of a video, by its time stamps; the nominal rate where there are too few."""
    if len(dense.time_s) < 2:
        return dense.fps
    return float((len(dense.time_s) - 1) / (dense.time_s[-1] - dense.time_s[0]))


def frame_ends(dense: DenseSequence) -> NDArray[np.float64]:
    """When each frame gives way to the next, (T,) seconds; the last lasts as long as one on average."""
    if not len(dense.time_s):
        return dense.time_s
    return np.append(dense.time_s[1:], dense.time_s[-1] + 1 / rate_of(dense))


class DetectorRecord(ModelRecord):
    """What ``settings.json`` holds."""

    feature: str
    class_names: tuple[str, ...]
    network: FrameBiGRUSettings
    proposals: ProposalSettings
    num_channels: int
    folds: Folds
    mean_length_s: float
    best_epochs: tuple[int, ...]
    val_accuracy: tuple[float | None, ...]


FOLDER = ModelFolder("detector", "vpd-detector-1", "run rule train_detector", DetectorRecord)


def save_detector(folder: Path, detector: Detector | None, feature: str) -> None:
    """Write a detector's folder, see `ModelFolder.write`; ``feature`` names its feature set.

    None is written too, as a folder without networks: where videos are whole actions there is nothing to detect.
    """
    if detector is None:
        ensemble = DetectionEnsemble((), FrameBiGRUSettings(), 0, (), (), ())
        detector = Detector(ensemble, (), (), ProposalSettings(), 0.0)
    ensemble = detector.ensemble
    FOLDER.write(
        folder,
        {member_file(index): network for index, network in enumerate(ensemble.networks)},
        [],
        ("epoch",),
        max(ensemble.best_epochs, default=0),
        feature=feature,
        class_names=detector.class_names,
        network=ensemble.settings,
        proposals=detector.proposals,
        num_channels=ensemble.num_channels,
        folds=detector.folds,
        mean_length_s=detector.mean_length_s,
        best_epochs=ensemble.best_epochs,
        val_accuracy=tuple(map(none_if_nan, ensemble.val_accuracy)),
    )


def load_detector(folder: Path, device: str = "cpu") -> Detector | None:
    """Read what :func:`save_detector` wrote; None where there is nothing to detect.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If one is damaged or of another kind; the message names it.
    """
    record = FOLDER.read_record(folder)
    if not record.best_epochs:
        return None
    num_classes = len(record.class_names) + 1
    networks = {
        member_file(index): FrameBiGRU(record.num_channels, record.network, num_classes)
        for index in range(len(record.best_epochs))
    }
    FOLDER.read_networks(folder, record, networks)
    ensemble = DetectionEnsemble(
        tuple(network.to(device).eval() for network in networks.values()),
        record.network,
        record.num_channels,
        record.folds,
        record.best_epochs,
        tuple(map(nan_if_none, record.val_accuracy)),
        num_classes,
    )
    return Detector(
        ensemble, record.folds, record.class_names, record.proposals, record.mean_length_s
    )
