"""From a dataset's tables and feature artifacts to recognisers and detectors that stay.

Training and validation actions are learnt from, all but those of test videos: a video is one if one of its actions is
(`vpdlib.datasets.tables`). A detector learns from the videos in which one of them is, and takes for background what is
not labelled there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from vpdlib.action_detection.model import train_ensemble
from vpdlib.action_detection.sequences import (
    DenseSequence,
    dense_sequences,
    event_frames,
    fill_gaps,
    frame_labels,
)
from vpdlib.action_detection.settings import DetectionSettings
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import ActionRow, EventRow, VideoRow
from vpdlib.finding.detector import Detector
from vpdlib.finding.folds import Folds, held_out_folds
from vpdlib.finding.recogniser import Recogniser, train_recogniser
from vpdlib.finding.segments import Segment, actions_are_whole, labelled, training_segments
from vpdlib.finding.settings import FindingSettings
from vpdlib.progress import note
from vpdlib.recognition.settings import RecognitionSettings


@dataclass(frozen=True)
class Material:
    """What is learnt from.

    Attributes
    ----------
    videos : id -> row, of the dataset.
    actions : labelled, of all splits.
    events : what happens in videos, of all splits.
    class_names : the C classes, in their order.
    settings : of finding.
    seed : of all draws.
    """

    videos: Mapping[str, VideoRow]
    actions: Sequence[ActionRow]
    events: Sequence[EventRow]
    class_names: Sequence[str]
    settings: FindingSettings
    seed: int

    @cached_property
    def learnt(self) -> list[ActionRow]:
        """The actions that may be learnt from.

        Raises
        ------
        DatasetError
            If there is none.
        """
        tested = {action.video for action in self.actions if action.split == "test"}
        found = [action for action in self.actions if action.video not in tested]
        if not found:
            raise DatasetError(
                "no action is in split train, in a video without a test action: label some, or change test_fraction, "
                "before actions can be found"
            )
        return found

    @property
    def learnt_videos(self) -> list[str]:
        """Videos with an action that is learnt from, sorted."""
        return sorted({action.video for action in self.learnt})

    @property
    def is_uncut(self) -> bool:
        """Whether actions are looked for in longer videos."""
        return not actions_are_whole(self.learnt, self.videos, self.settings)

    @property
    def folds(self) -> Folds:
        """See `vpdlib.finding.folds`."""
        return held_out_folds(self.learnt, self.videos, self.settings.folds, self.seed)

    def truth(self) -> dict[str, list[Segment]]:
        """Video -> its actions, of videos that are learnt from."""
        found: dict[str, list[Segment]] = {}
        for segment in labelled(self.learnt):
            found.setdefault(segment.video, []).append(segment)
        return found

    def read(self, features: Sequence[Path], videos: Sequence[str]) -> dict[str, DenseSequence]:
        """Descriptors of some videos from the artifacts of all shards."""
        return dense_sequences(features, {video: self.videos[video].fps for video in videos})


def learn_recogniser(
    material: Material,
    features: Sequence[Path],
    head: str,
    settings: RecognitionSettings,
    device: str = "cpu",
    threads: int = 1,
) -> Recogniser:
    """Train the recogniser of a feature set; arguments and errors as for `train_recogniser`."""
    finding, seed = material.settings, material.seed
    segments = (
        training_segments(material.learnt, material.videos, finding, seed, material.events)
        if material.is_uncut
        else labelled(material.learnt)
    )
    return train_recogniser(
        head,
        material.read(features, material.learnt_videos),
        segments,
        material.class_names,
        material.folds,
        settings,
        seed,
        material.is_uncut,
        finding.examples_per_class,
        device,
        threads,
    )


def learn_detector(
    material: Material,
    features: Sequence[Path],
    settings: DetectionSettings,
    of_classes: bool = False,
    device: str = "cpu",
    threads: int = 1,
) -> Detector | None:
    """Train the detector of a feature set; none where videos are whole actions, and nothing is to be detected.

    Parameters
    ----------
    material : what is learnt from.
    features : artifacts of all shards.
    settings : of temporal detection; its number of folds is that of finding.
    of_classes : tell the class of every frame, in place of actions from background.
    device : "cpu" or "cuda".
    threads : of torch on the CPU.

    Raises
    ------
    DatasetError
        If the athlete was followed in none of the training videos.
    NonFiniteLossError
        If a training loss ceases to be finite.
    """
    if not material.is_uncut:
        note(
            "every training action is all of its video: videos are named as a whole, nothing is detected"
        )
        return None
    dense = material.read(features, material.learnt_videos)
    shown = {video: sequence for video, sequence in dense.items() if sequence.found.any()}
    if not shown:
        raise DatasetError(
            f"the athlete was followed in none of the {len(dense)} training videos: see problems.csv"
        )
    names = tuple(material.class_names) if of_classes else ("",)
    truth = material.truth()
    labels = {}
    for video, sequence in shown.items():
        frames = [_frames(segment, sequence) for segment in truth[video]]
        if of_classes:
            classes = np.zeros(len(sequence.descriptors), np.int64)
            for segment, (start, end) in zip(truth[video], frames, strict=True):
                classes[start:end] = names.index(segment.label) + 1
            labels[video] = classes
        else:
            frames += [
                event_frames(sequence.time_s, event.start, event.end, sequence.fps)
                for event in material.events
                if event.video == video
            ]
            labels[video] = frame_labels(len(sequence.descriptors), frames).astype(np.int64)
    ensemble = train_ensemble(
        {video: fill_gaps(sequence.descriptors) for video, sequence in shown.items()},
        labels,
        settings.network,
        material.seed,
        device=device,
        threads=threads,
        description="Frame classes" if of_classes else "Detection",
        num_classes=len(names) + 1,
        folds=material.folds,
    )
    lengths = [action.end - action.start for action in material.learnt]
    return Detector(
        ensemble, ensemble.val_videos, names, settings.proposals, float(np.mean(lengths))
    )


def _frames(segment: Segment, sequence: DenseSequence) -> tuple[int, int]:
    return event_frames(sequence.time_s, segment.start_s, segment.end_s, sequence.fps)
