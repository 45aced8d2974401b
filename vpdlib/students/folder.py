"""A trained model's folder: weights as safetensors, history as CSV, settings as JSON; there whole or not at all.

None of these formats can run code. `ModelFolder` is the same for students, VIPE* and R3D.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

import vpdlib
from vpdlib.provenance import digest_file


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder to write into, which takes the place of ``folder`` when all went well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    yield temporary
    for path in temporary.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(temporary, folder)


class ModelRecord(BaseModel):
    """What ``settings.json`` holds of every kind of model; each kind adds its own settings.

    Attributes
    ----------
    schema_name : kind and version of the folder.
    vpdlib_version : of the library that wrote it.
    best_epoch : the epoch, from 1, whose weights these are.
    sha256 : of every file of weights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_name: str
    vpdlib_version: str
    best_epoch: int
    sha256: dict[str, str]


Record = TypeVar("Record", bound=ModelRecord)


@dataclass(frozen=True)
class ModelFolder(Generic[Record]):
    """One kind of model on disk.

    Attributes
    ----------
    what : the kind, for messages.
    schema_name : kind and version.
    remedy : what a message advises, such as "run rule distil_student".
    record : what ``settings.json`` holds.
    """

    what: str
    schema_name: str
    remedy: str
    record: type[Record]

    def write(
        self,
        folder: Path,
        networks: Mapping[str, nn.Module],
        history: Iterable[Mapping[str, Any]],
        columns: Sequence[str],
        best_epoch: int,
        **own: Any,
    ) -> None:
        """Write a model's folder; one that is there is replaced, and a killed job leaves no half of one.

        Parameters
        ----------
        folder : where to.
        networks : by the name of their file of weights; on any device.
        history : one row an epoch, for ``history.csv``, of the columns ``columns``.
        best_epoch : see `ModelRecord`.
        own : what the kind's record holds besides.
        """
        with new_folder(folder) as temporary:
            sha256 = {}
            for name, network in networks.items():
                weights = {
                    key: value.cpu().contiguous() for key, value in network.state_dict().items()
                }
                save_file(weights, temporary / name)
                sha256[name] = digest_file(temporary / name)
            with (temporary / "history.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(history)
            record = self.record(
                schema_name=self.schema_name,
                vpdlib_version=vpdlib.__version__,
                best_epoch=best_epoch,
                sha256=sha256,
                **own,
            )
            (temporary / "settings.json").write_text(record.model_dump_json(indent=2) + "\n")

    def read_record(self, folder: Path) -> Record:
        """Read a folder's ``settings.json``.

        Raises
        ------
        FileNotFoundError
            If it is missing.
        ValueError
            If it is damaged, or of another kind or version.
        """
        path = folder / "settings.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder} holds no {self.what} (no settings.json); {self.remedy}"
            )
        try:
            record = self.record.model_validate(json.loads(path.read_text()))
        except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise ValueError(f"{path} is damaged or of another version: {error}") from error
        if record.schema_name != self.schema_name:
            raise ValueError(
                f"{path}: schema {record.schema_name!r}, expected {self.schema_name!r}"
            )
        return record

    def read_networks(
        self, folder: Path, record: Record, networks: Mapping[str, nn.Module]
    ) -> None:
        """Give networks, by the name of their file, the weights that lie in the folder.

        Raises
        ------
        FileNotFoundError
            If a file is missing.
        ValueError
            If one is damaged: its sha256 must be the recorded one.
        """
        for name, network in networks.items():
            path = folder / name
            if not path.is_file():
                raise FileNotFoundError(f"{path} is missing; {self.remedy}")
            found, expected = digest_file(path), record.sha256.get(name)
            if found != expected:
                raise ValueError(
                    f"{path} is damaged: sha256 {found}, expected {expected}; delete its folder and "
                    f"{self.remedy}"
                )
            try:
                network.load_state_dict(load_file(path))
            except SafetensorError as error:
                raise ValueError(f"{path} is not a safetensors file: {error}") from error

    def read_history(self, folder: Path) -> list[dict[str, float]]:
        """Read ``history.csv``.

        Raises
        ------
        FileNotFoundError
            If it is missing.
        ValueError
            If it is damaged.
        """
        path = folder / "history.csv"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing; {self.remedy}")
        try:
            with path.open(newline="") as file:
                rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error
        return [{**row, "epoch": int(row["epoch"])} for row in rows]
