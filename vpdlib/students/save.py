"""A trained student on disk: a folder that appears whole, and is checked before it is used.

encoder.safetensors, decoder.safetensors (absent where the descriptor is the pose), history.csv
(one row per epoch) and settings.json (exact settings, colour normalisation, best epoch, sha256 of
itself and of the other files). None of these formats can run code.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from vpdlib.students.network import build_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.student import TrainedStudent
from vpdlib.training.model_folder import ModelFolder, ModelRecord

HISTORY_COLUMNS = ("epoch", "train_loss", "val_loss", "val_loss_average", "seconds")


class StudentRecord(ModelRecord):
    """The content of settings.json.

    ``job`` is a digest of all that the training followed from but its data; ``untested_videos`` are those learnt from
    because none of them was tested.
    """

    settings: StudentSettings
    pose_dim: int
    rgb_mean: tuple[float, float, float]
    rgb_std: tuple[float, float, float]
    job: str = ""
    untested_videos: tuple[str, ...] = ()


FOLDER = ModelFolder("student", "vpd-student-3", "run rule distil_student", StudentRecord)


def save_student(
    folder: Path,
    student: TrainedStudent,
    job: str = "",
    untested_videos: Sequence[str] = (),
) -> None:
    """Write a student's folder, see `ModelFolder.write`.

    Parameters
    ----------
    folder : where to; one that is there is replaced.
    student : the trained student, on any device.
    job, untested_videos : see `StudentRecord`.
    """
    FOLDER.write(
        folder,
        _networks(student),
        student.history,
        HISTORY_COLUMNS,
        student.best_epoch,
        settings=student.settings,
        pose_dim=student.pose_dim,
        rgb_mean=student.rgb_mean,
        rgb_std=student.rgb_std,
        job=job,
        untested_videos=tuple(untested_videos),
    )


def load_student(folder: Path, device: str = "cpu") -> TrainedStudent:
    """Read a student's folder.

    Parameters
    ----------
    folder : as `save_student` wrote it.
    device : where the networks go.

    Returns
    -------
    TrainedStudent : in evaluation mode.

    Raises
    ------
    FileNotFoundError : a file is missing.
    ValueError : a file is damaged, or not of this kind; the message names it.
    """
    record = FOLDER.read_record(folder)
    encoder, decoder = build_student(record.settings, record.pose_dim)
    student = TrainedStudent(
        settings=record.settings,
        encoder=encoder,
        decoder=decoder,
        pose_dim=record.pose_dim,
        rgb_mean=record.rgb_mean,
        rgb_std=record.rgb_std,
        best_epoch=record.best_epoch,
        history=FOLDER.read_history(folder, record),
    )
    FOLDER.read_networks(folder, record, _networks(student))
    return student.to(torch.device(device))


def _networks(student: TrainedStudent) -> dict[str, nn.Module]:
    networks: dict[str, nn.Module] = {"encoder.safetensors": student.encoder}
    if student.decoder is not None:
        networks["decoder.safetensors"] = student.decoder
    return networks
