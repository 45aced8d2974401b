"""Labels of Ultralytics' pose models (``save_txt``): a folder of one text file per frame in which somebody was seen.

``heat_01_12.txt`` is the twelfth frame of ``heat_01.mp4``: numbers count from 1. Frames without people have no file. A
row is a person: class, box (middle x, middle y, width, height), then 17 joints x, y, and their confidence where the
model gives one, then the box's confidence (``save_conf``), then the id (tracking). All coordinates are fractions of the
picture. Joints that are left out are at (0, 0).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import decode
from vpdlib.interchange.formats import FRACTIONS, PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.people import People, arrange, drop_missing, numbered
from vpdlib.skeleton import COCO17

_BOX = 5
#: Columns of 17 joints -> of a joint; to these come confidence, id, or both.
_COLUMNS = {_BOX + len(COCO17) * columns: columns for columns in (2, 3)}
_ROW = re.compile(r"\d+( -?[0-9.]+(e-?\d+)?)+", re.ASCII)
#: A person in a text file is a few hundred bytes.
_MAX_FILE_BYTES = 1 << 20


def _recognises(path: Path) -> bool:
    """Of the files whose names end in a number, the first with a row tells."""
    if not path.is_dir():
        return False
    for file in _files(path):
        with file.open("rb") as stream:
            row = stream.read(4096).decode("ascii", errors="replace").split("\n")[0].strip()
        if row:
            return bool(_ROW.fullmatch(row)) and _width(row.count(" ") + 1) is not None
    return False


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        if file.suffix == ".txt" and numbered(file.stem) is not None and file.is_file():
            yield file


def _width(columns: int) -> int | None:
    """Columns of a joint in rows of so many; None of other rows."""
    return next((_COLUMNS[columns - more] for more in range(3) if columns - more in _COLUMNS), None)


def _read(path: Path) -> list[ToolKeypoints]:
    files: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for file in _files(path):
        video, number = numbered(file.stem) or ("", 0)
        if not video or number == 0:
            raise DatasetError(
                f"{file}: expected the video's name and the number of a frame, from 1, such as heat_01_1.txt. Give the "
                "labels of a video, not of pictures."
            )
        files[video].append((number, file))
    return [_of_video(path, video, found) for video, found in files.items()]


def _of_video(folder: Path, video: str, files: Sequence[tuple[int, Path]]) -> ToolKeypoints:
    where = f"{folder}: {video}"
    frames: list[int] = []
    rows: list[np.ndarray] = []
    size = 0
    for number, file in sorted(files):
        size += file.stat().st_size
        for row in _rows(file):
            if rows and len(row) != len(rows[0]):
                raise DatasetError(
                    f"{file}: a row of {len(row)} numbers, other rows have {len(rows[0])}. Are labels of two runs in "
                    "one folder?"
                )
            frames.append(number - 1)
            rows.append(row)
    table = np.stack(rows) if rows else np.zeros((0, min(_COLUMNS)))
    columns = _width(table.shape[1])
    if columns is None:
        raise DatasetError(
            f"{files[0][1]}: rows of {table.shape[1]} numbers, expected 5 and 17 joints of 2 or 3. Only COCO's joints "
            "have no need of names; export others as COCO."
        )
    joints = np.ones((len(table), len(COCO17), 3), np.float32)
    end = _BOX + len(COCO17) * columns
    with np.errstate(over="ignore"):
        joints[..., :columns] = table[:, _BOX:end].reshape(-1, len(COCO17), columns)
    drop_missing(joints)
    arranged = arrange(
        where, People(np.array(frames, np.int64), joints, _ids(table[:, end:])), size
    )
    classes = len(np.unique(table[:, 0]))
    remarks = [f"people of {classes} classes are taken alike"] if classes > 1 else []
    return ToolKeypoints(
        where=where,
        video=video,
        values=arranged.values,
        joints=COCO17,
        is_tracked=arranged.is_tracked,
        is_whole=False,
        individuals=arranged.individuals,
        facts=FRACTIONS,
        remarks=(*remarks, *arranged.remarks),
    )


def _rows(file: Path) -> Iterator[np.ndarray]:
    if file.stat().st_size > _MAX_FILE_BYTES:
        raise DatasetError(f"{file}: too large for the labels of a frame. Is it the right folder?")
    for number, line in enumerate(decode(str(file), file.read_bytes()).splitlines(), start=1):
        if not line.strip():
            continue
        if not _ROW.fullmatch(line.strip()):
            raise DatasetError(
                f"{file}:{number}: {line!r:.60}, expected numbers with spaces between. Save the labels again."
            )
        try:
            yield np.array(line.split(), np.float64)
        except ValueError as error:
            raise DatasetError(f"{file}:{number}: {error}. Save the labels again.") from error


def _ids(after: np.ndarray) -> list[str]:
    """Ids of the people, from the columns after the joints: confidence, id, or both."""
    if not after.size:
        return []
    last = after[:, -1]
    # One column may be either: a confidence is 1 at most, and seldom whole.
    is_id = (last == np.floor(last)).all() and last.min() >= 1
    if after.shape[1] == 1 and not is_id:
        return []
    return [f"{number:.0f}" for number in last]


ULTRALYTICS = PoseFormat(
    "ultralytics", "a folder of labels of an Ultralytics pose model (.txt)", _recognises, _read
)
