"""The folder that a recogniser lies in: its members or examples, and what it answers by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from vpdlib.finding.folds import Folds
from vpdlib.finding.recogniser import (
    Calibration,
    Examples,
    NeighbourRecogniser,
    NetworkRecogniser,
    Recogniser,
)
from vpdlib.recognition.networks import SequenceClassifier
from vpdlib.recognition.settings import RecognitionSettings, architecture_of
from vpdlib.recognition.train import TrainedClassifier
from vpdlib.training.model_folder import (
    ModelFolder,
    ModelRecord,
    member_file,
    nan_if_none,
    none_if_nan,
)


class RecogniserRecord(ModelRecord):
    """What ``settings.json`` holds."""

    feature: str
    head: str
    class_names: tuple[str, ...]
    has_background: bool
    settings: RecognitionSettings
    num_channels: int
    folds: Folds
    temperature: float
    num_segments: int
    accuracy: float | None
    calibration_error_before: float | None
    calibration_error_after: float | None
    best_epochs: tuple[int, ...]
    example_frames: int
    example_videos: tuple[str, ...]
    example_actions: tuple[str, ...]
    scale: float | None


FOLDER = ModelFolder(
    "recogniser", "vpd-recogniser-1", "run rule train_recogniser", RecogniserRecord
)
_COLUMNS = ("member", "epoch", "train_loss", "learning_rate")
_EXAMPLES = "examples.safetensors"


class _Stored(nn.Module):
    """Sequences as buffers, so that they lie in a model's folder like weights."""

    frames: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor
    folds: torch.Tensor

    def __init__(self, num_frames: int, num_examples: int, num_channels: int) -> None:
        super().__init__()
        self.register_buffer("frames", torch.zeros(num_frames, 2, num_channels))
        for name in ("lengths", "labels", "folds"):
            self.register_buffer(name, torch.zeros(num_examples, dtype=torch.int64))


def save_recogniser(folder: Path, recogniser: Recogniser, feature: str) -> None:
    """Write a recogniser's folder, see `ModelFolder.write`; ``feature`` names its feature set."""
    examples = recogniser.examples
    lengths = [len(sequence) for sequence in examples.sequences]
    stored = _Stored(sum(lengths), len(lengths), recogniser.num_channels)
    if lengths:
        stored.frames.copy_(torch.from_numpy(np.concatenate(examples.sequences)))
    stored.lengths.copy_(torch.tensor(lengths))
    stored.labels.copy_(torch.from_numpy(examples.labels))
    stored.folds.copy_(torch.from_numpy(examples.folds))
    networks: dict[str, nn.Module] = {_EXAMPLES: stored}
    history: list[dict[str, object]] = []
    scale: float | None = None
    epochs: tuple[int, ...] = ()
    if isinstance(recogniser, NetworkRecogniser):
        members = recogniser.members
        networks |= {member_file(index): member.network for index, member in enumerate(members)}
        history = [
            {"member": index, **entry}
            for index, member in enumerate(members)
            for entry in member.history
        ]
        epochs = tuple(member.best_epoch for member in members)
    else:
        assert isinstance(recogniser, NeighbourRecogniser)
        scale = recogniser.scale
    measured = recogniser.calibration
    FOLDER.write(
        folder,
        networks,
        history,
        _COLUMNS,
        max(epochs, default=0),
        feature=feature,
        head=recogniser.head,
        class_names=recogniser.class_names,
        has_background=recogniser.has_background,
        settings=recogniser.settings,
        num_channels=recogniser.num_channels,
        folds=recogniser.folds,
        temperature=recogniser.temperature,
        num_segments=measured.num_segments,
        accuracy=none_if_nan(measured.accuracy),
        calibration_error_before=none_if_nan(measured.error_before),
        calibration_error_after=none_if_nan(measured.error_after),
        best_epochs=epochs,
        example_frames=sum(lengths),
        example_videos=examples.videos,
        example_actions=examples.actions,
        scale=scale,
    )


def load_recogniser(folder: Path, device: str = "cpu") -> Recogniser:
    """Read what :func:`save_recogniser` wrote.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If one is damaged or of another kind; the message names it.
    """
    record = FOLDER.read_record(folder)

    stored = _Stored(record.example_frames, len(record.example_videos), record.num_channels)
    FOLDER.read_networks(folder, record, {_EXAMPLES: stored})
    ends = np.cumsum(stored.lengths.numpy())[:-1]
    common = (
        record.head,
        record.class_names,
        record.has_background,
        record.settings,
        record.num_channels,
        record.folds,
        record.temperature,
        Calibration(
            record.num_segments,
            nan_if_none(record.accuracy),
            nan_if_none(record.calibration_error_before),
            nan_if_none(record.calibration_error_after),
        ),
        Examples(
            tuple(np.split(stored.frames.numpy(), ends)) if record.example_videos else (),
            stored.labels.numpy(),
            stored.folds.numpy(),
            record.example_videos,
            record.example_actions,
        ),
    )
    if record.scale is not None:
        return NeighbourRecogniser(*common, record.scale)
    num_answers = len(record.class_names) + record.has_background
    architecture = architecture_of(record.head, record.settings)
    networks = {
        member_file(index): SequenceClassifier(
            record.num_channels, num_answers, architecture, record.settings.bigru
        )
        for index in range(len(record.best_epochs))
    }
    FOLDER.read_networks(folder, record, networks)
    members = tuple(
        TrainedClassifier(
            network.to(device).eval(),
            record.settings.bigru,
            num_answers,
            record.num_channels,
            epoch,
            [],
        )
        for network, epoch in zip(networks.values(), record.best_epochs, strict=True)
    )
    return NetworkRecogniser(*common, members)
