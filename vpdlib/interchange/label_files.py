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
from vpdlib.interchange.label_registry import find_format, read_label_file
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
        As `label_files` and :func:`vpdlib.interchange.label_registry.read_label_file`. A file of a folder that is of
        no format is passed over and named, as long as there is another one.
    """
    read: list[ReadFile] = []
    remarks: list[tuple[str, str]] = []
    for place in places:
        passed_over = []
        own = []
        for path in label_files([place]):
            if place.is_dir() and insisted is None and find_format(path) is None:
                passed_over.append(path)
                continue
            one = read_label_file(path, insisted)
            own.append(ReadFile(path, one))
            remarks += [
                (f"{path}: {remark}", "Correct it in the tool if it is meant.")
                for remark in one.remarks
            ]
        if not own:
            raise DatasetError(
                f"adapter.labels: of {len(passed_over)} files in {place}, such as {passed_over[0].name}, none is of a "
                "format of labels that is read; docs/formats.md lists them."
            )
        remarks += [
            (f"{path}: of no format of labels, not read", "Take it away, or export it anew.")
            for path in passed_over
        ]
        read += own
    rows = [
        ProblemRow("", "", "", "prepare_dataset", problem, remedy) for problem, remedy in remarks
    ]
    for row in rows:
        warn(f"{row.problem}. {row.remedy}")
    if problems is not None:
        problems.extend(rows)
    return read
