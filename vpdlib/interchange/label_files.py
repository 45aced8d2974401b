"""Reading all files of labels that the settings name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.label_files import label_files
from vpdlib.datasets.settings import LabelFormatName
from vpdlib.datasets.tables import ProblemRow
from vpdlib.interchange.formats import LabelFile
from vpdlib.interchange.label_registry import read_if_labels, read_label_file
from vpdlib.progress import warn


@dataclass(frozen=True)
class ReadFile:
    """A file of labels that was read."""

    path: Path
    file: LabelFile


def read_label_files(
    places: Iterable[Path],
    insisted: LabelFormatName | None = None,
    problems: list[ProblemRow] | None = None,
) -> list[ReadFile]:
    """Read all files of labels at some places.

    Parameters
    ----------
    places : files, and folders of them.
    insisted : the format of all of them; None to tell each by its content.
    problems : gets a row for what was passed over, and for what a file has that is not taken.

    Raises
    ------
    DatasetError
        As `label_files` and :func:`vpdlib.interchange.label_registry.read_label_file`, or if a file has no action. A
        file of a folder that is of no format, or without an action, is passed over and named, as long as there is
        another one.
    """
    read: list[ReadFile] = []
    remarks: list[tuple[str, str]] = []
    for place in places:
        paths = label_files([place])
        files = {path: _read(path, insisted, place.is_dir()) for path in paths}
        own = {path: file for path, file in files.items() if file is not None}
        if not own:
            raise DatasetError(
                f"adapter.labels: of {len(paths)} files in {place}, such as {paths[0].name}, none is of a "
                "format of labels that is read; docs/formats.md lists them."
            )
        for path, file in files.items():
            if file is None:
                remarks.append(
                    (
                        f"{path}: of no format of labels, not read",
                        "Take it away, or export it anew.",
                    )
                )
                continue
            remarks += [
                (f"{path}: {remark}", "Leave it if that is as it should be.")
                for remark in file.remarks
            ]
            # Of the files of a folder one may be of a video in which nothing happens.
            if not file.rows and not (place.is_dir() and any(one.rows for one in own.values())):
                raise DatasetError(
                    f"{path}: no action is labelled there. Add the labelled actions, or take the file away."
                )
            if not file.rows:
                remarks.append(
                    (f"{path}: no action is labelled there", "Label some, if there are.")
                )
            else:
                read.append(ReadFile(path, file))
    rows = [
        ProblemRow("", "", "", "prepare_dataset", problem, remedy) for problem, remedy in remarks
    ]
    for row in rows:
        warn(f"{row.problem}. {row.remedy}")
    if problems is not None:
        problems.extend(rows)
    return read


def _read(path: Path, insisted: LabelFormatName | None, is_inside: bool) -> LabelFile | None:
    """What a file has; None where one of a folder is of no format."""
    if is_inside and insisted is None:
        return read_if_labels(path)
    return read_label_file(path, insisted)
