"""A trained student on disk: a folder that appears whole, and is checked before it is used.

encoder.safetensors, decoder.safetensors (absent where the descriptor is the pose), history.csv
(one row per epoch) and settings.json (exact settings, colour normalisation, best epoch, sha256 of
the weights). None of these formats can run code.
"""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

import vpdlib
from vpdlib.students.folder import (
    new_folder,
    read_history,
    read_record,
    read_weights,
    write_history,
    write_networks,
)
from vpdlib.students.network import build_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.student import TrainedStudent

SCHEMA = "vpd-student-2"
REMEDY = "run rule distil_student"
HISTORY_COLUMNS = ("epoch", "train_loss", "val_loss", "val_loss_average", "seconds")


class StudentRecord(BaseModel):
    """The content of settings.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_name: str
    vpdlib_version: str
    settings: StudentSettings
    pose_dim: int
    rgb_mean: tuple[float, float, float]
    rgb_std: tuple[float, float, float]
    best_epoch: int
    sha256: dict[str, str]


def save_student(folder: Path, student: TrainedStudent) -> None:
    """Write a student's folder; a folder that is there is replaced.

    The files are written to a folder beside it, which is then renamed, so that a killed job leaves
    no half student.

    Parameters
    ----------
    folder : where to.
    student : the trained student, on any device.
    """
    with new_folder(folder) as temporary:
        sha256 = write_networks(temporary, _networks(student))
        write_history(temporary, HISTORY_COLUMNS, student.history)
        record = StudentRecord(
            schema_name=SCHEMA,
            vpdlib_version=vpdlib.__version__,
            settings=student.settings,
            pose_dim=student.pose_dim,
            rgb_mean=student.rgb_mean,
            rgb_std=student.rgb_std,
            best_epoch=student.best_epoch,
            sha256=sha256,
        )
        (temporary / "settings.json").write_text(record.model_dump_json(indent=2) + "\n")


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
    record = read_record(folder, StudentRecord, "student", REMEDY)
    if record.schema_name != SCHEMA:
        raise ValueError(
            f"{folder}/settings.json: schema {record.schema_name!r}, expected {SCHEMA!r}"
        )
    encoder, decoder = build_student(record.settings, record.pose_dim)
    student = TrainedStudent(
        settings=record.settings,
        encoder=encoder,
        decoder=decoder,
        pose_dim=record.pose_dim,
        rgb_mean=record.rgb_mean,
        rgb_std=record.rgb_std,
        best_epoch=record.best_epoch,
        history=read_history(folder, REMEDY),
    )
    for name, network in _networks(student).items():
        network.load_state_dict(read_weights(folder / name, record.sha256.get(name), REMEDY))
    return student.to(torch.device(device))


def _networks(student: TrainedStudent) -> dict[str, nn.Module]:
    networks: dict[str, nn.Module] = {"encoder.safetensors": student.encoder}
    if student.decoder is not None:
        networks["decoder.safetensors"] = student.decoder
    return networks
