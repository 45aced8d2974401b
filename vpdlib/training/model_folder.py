"""A trained model's folder: weights as safetensors, history as CSV, settings as JSON; there whole or not at all.

None of these formats can run code. ``settings.json`` holds the sha256 of every other file and, under
``record_sha256``, that of its own content. `ModelFolder` is the same for students, VIPE* and R3D.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from safetensors import SafetensorError

import vpdlib
from vpdlib.atomic import replacing
from vpdlib.provenance import digest_file
from vpdlib.section import Section

if TYPE_CHECKING:
    from torch import nn

_HISTORY = "history.csv"
#: The key of ``settings.json`` for the sha256 of all that it holds besides.
RECORD_SHA256 = "record_sha256"


def member_file(index: int) -> str:
    """What the weights of a member of an ensemble are called in its folder."""
    return f"member_{index}.safetensors"


def none_if_nan(value: float) -> float | None:
    """A number for a record: JSON knows no NaN."""
    return None if math.isnan(value) else value


def nan_if_none(value: float | None) -> float:
    """A number of a record, see :func:`none_if_nan`."""
    return math.nan if value is None else value


class ModelRecord(Section):
    """What ``settings.json`` holds of every kind of model; each kind adds its own settings.

    Attributes
    ----------
    schema_name : kind and version of the folder.
    vpdlib_version : of the library that wrote it.
    best_epoch : the epoch, from 1, whose weights these are.
    sha256 : of every other file of the folder, by its name.
    """

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
        history, columns : one row an epoch, and what of it ``history.csv`` has; what a row lacks is empty.
        best_epoch : see `ModelRecord`.
        own : what the kind's record holds besides.
        """
        # Tables read records alone, and torch takes seconds to load.
        from safetensors.torch import save_file

        with replacing(folder) as temporary:
            temporary.mkdir()
            sha256 = {}
            for name, network in networks.items():
                weights = {
                    key: value.cpu().contiguous() for key, value in network.state_dict().items()
                }
                save_file(weights, temporary / name)
                sha256[name] = digest_file(temporary / name)
            with (temporary / _HISTORY).open("w", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(history)
            sha256[_HISTORY] = digest_file(temporary / _HISTORY)
            record = self.record(
                schema_name=self.schema_name,
                vpdlib_version=vpdlib.__version__,
                best_epoch=best_epoch,
                sha256=sha256,
                **own,
            )
            content = record.model_dump(mode="json")
            content[RECORD_SHA256] = digest_record(content)
            (temporary / "settings.json").write_text(json.dumps(content, indent=2) + "\n")

    def read_record(self, folder: Path) -> Record:
        """Read a folder's ``settings.json``.

        Raises
        ------
        FileNotFoundError
            If it is missing.
        ValueError
            If it is damaged (its content must have the sha256 that it holds), or of another kind or version.
        """
        path = folder / "settings.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder} holds no {self.what} (no settings.json); {self.remedy}"
            )
        try:
            content = json.loads(path.read_text())
            if not isinstance(content, dict):
                raise ValueError("it is no JSON object")
            if (schema_name := content.get("schema_name")) != self.schema_name:
                raise ValueError(f"schema {schema_name!r}, expected {self.schema_name!r}")
            expected = content.pop(RECORD_SHA256, None)
            if (found := digest_record(content)) != expected:
                raise ValueError(f"sha256 of its content {found}, expected {expected}")
            return self.record.model_validate(content)
        # Also what json, the decoder of text and pydantic raise.
        except ValueError as error:
            raise ValueError(
                f"{path} is damaged or of another version ({error}); delete its folder and "
                f"{self.remedy}"
            ) from error

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
        from safetensors.torch import load_file

        for name, network in networks.items():
            path = self._intact(folder / name, record)
            try:
                network.load_state_dict(load_file(path))
            except SafetensorError as error:
                raise ValueError(f"{path} is not a safetensors file: {error}") from error

    def read_history(self, folder: Path, record: Record) -> list[dict[str, float]]:
        """Read ``history.csv``: one dict an epoch, by column.

        Raises
        ------
        FileNotFoundError
            If it is missing.
        ValueError
            If it is damaged: its sha256 must be the recorded one.
        """
        path = self._intact(folder / _HISTORY, record)
        try:
            with path.open(newline="") as file:
                rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error
        return [{**row, "epoch": int(row["epoch"])} for row in rows]

    def _intact(self, path: Path, record: Record) -> Path:
        """The path of a file, once it is there and has the recorded sha256."""
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing; {self.remedy}")
        found, expected = digest_file(path), record.sha256.get(path.name)
        if found != expected:
            raise ValueError(
                f"{path} is damaged: sha256 {found}, expected {expected}; delete its folder and "
                f"{self.remedy}"
            )
        return path


def digest_record(content: Mapping[str, Any]) -> str:
    """Sha256, as hex, of a record as canonical JSON: keys in order, no spaces."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
