"""Temporal segments as THUMOS has them, text: a line ``video start end``, and the class in the file's name.

Times are seconds from the beginning of the video; blanks are between the columns. ``Axel_val.txt`` holds the actions of
the class ``Axel``, of videos of the split val; a name without ``_train``, ``_val`` or ``_test`` is the class alone. A
file whose lines have a fourth column has the classes there, in words or numbers, and a fifth is the score of a method.
"""

from __future__ import annotations

import re

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import LINE_END, Document
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]*)?(?:[eE][-+]?[0-9]{1,2})?"
#: A video's name has a letter: else any columns of numbers would be taken for this.
_LINE = re.compile(
    rf"\s*(?P<video>(?=\S*[^\W0-9_])[^\s,;]+)\s+(?P<start>{_NUMBER})\s+(?P<end>{_NUMBER})"
    rf"(?:\s+(?P<label>[^\s,;]+)(?:\s+(?P<score>{_NUMBER}))?)?\s*"
)
_SPLIT = re.compile(r"(?P<label>.+)_(?P<split>train|val|test)", re.IGNORECASE)


def _recognises(document: Document) -> bool:
    found = [_LINE.fullmatch(line) for line in document.first_lines]
    return bool(found) and all(found) and len({bool(one and one["label"]) for one in found}) == 1


def _read(document: Document) -> LabelFile:
    path = document.path
    named = _SPLIT.fullmatch(path.stem)
    of_file = named["label"] if named else path.stem
    split = named["split"].lower() if named else ""
    rows = []
    scores = 0
    for number, line in enumerate(LINE_END.split(document.content), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        found = _LINE.fullmatch(line)
        if found is None:
            raise DatasetError(
                f"{where}: {line[:60]!r}, expected video, start and end in seconds, with blanks between. Correct it."
            )
        start_s, end_s = float(found["start"]), float(found["end"])
        if not start_s < end_s:
            raise DatasetError(
                f"{where}: it ends at {end_s:g} s and begins at {start_s:g} s. Correct it."
            )
        scores += found["score"] is not None
        label = found["label"] or of_file
        rows.append(LabelRow(where, found["video"], label, start=start_s, end=end_s, split=split))
    remark = f"{scores} segments are a method's results, taken whatever their score"
    return LabelFile(rows, remarks=[remark] if scores else [])


THUMOS = LabelFormat("thumos", "segments in the form of THUMOS (.txt)", "text", _recognises, _read)
