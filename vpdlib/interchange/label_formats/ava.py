"""Actions as AVA has them, CSV without a header: who does what in the middle of every second of a part of a film.

A row is ``video_id,middle_frame_timestamp,x1,y1,x2,y2,action_id,person_id``: seconds from the beginning of the video,
a box in parts of the picture, the number of the action, and who it is among the persons of this video. A row of
``video_id,middle_frame_timestamp`` alone says that nobody does anything then. Rows are given once a second, each for
the second around its time: rows of one person and action that follow each other by a second are one action here, from
half a second before the first to half a second after the last. Results of a method have a score in place of the person,
and then say nothing of who it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import LINE_END, Document
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow

_PART = r"(?:[01](?:\.[0-9]+)?|\.[0-9]+)(?:[eE]-[0-9]+)?"
_TIME = r"[0-9]{1,7}(?:\.[0-9]+)?"
_ROW = re.compile(
    rf'(?P<video>"(?:[^"]|"")+"|[^,"]+),(?P<time>{_TIME})'
    rf"(?:,{_PART},{_PART},{_PART},{_PART},(?P<action>[0-9]{{1,6}})(?:,(?P<last>[0-9.]+))?)?\s*"
)
#: Times between two rows of one action, seconds, and what rounding may add.
_STEP_S, _SLACK_S = 1.0, 1e-3


def _recognises(document: Document) -> bool:
    found = [_ROW.fullmatch(line) for line in document.first_lines]
    return bool(found) and all(found) and any(one and one["action"] for one in found)


def _read(document: Document) -> LabelFile:
    times: dict[tuple[str, str, str], list[tuple[float, str]]] = defaultdict(list)
    scores = 0
    for number, line in enumerate(LINE_END.split(document.content), start=1):
        where = f"{document.path}:{number}"
        found = _ROW.fullmatch(line)
        if found is None:
            if not line.strip():
                continue
            raise DatasetError(
                f"{where}: {line[:60]!r}, expected video, seconds, a box x1,y1,x2,y2 in parts of the picture, the "
                "number of the action and of the person. Correct it."
            )
        if found["action"] is None:
            continue
        person = found["last"] or ""
        if "." in person:
            scores += 1
            person = ""
        video = next(csv.reader(io.StringIO(found["video"])))[0].strip()
        times[video, found["action"], person].append((float(found["time"]), where))
    remarks = []
    if scores:
        remarks.append(
            f"{scores} rows have a score and no person: a method's results, taken whatever their score"
        )
    rows = [row for key, moments in times.items() for row in _rows(key, moments)]
    return LabelFile(rows, remarks=remarks)


def _rows(key: tuple[str, str, str], moments: list[tuple[float, str]]) -> Iterator[LabelRow]:
    """The actions of one person and class, from the moments that rows are of."""
    video, action, _ = key
    moments.sort(key=lambda one: one[0])
    first = 0
    for place, (time_s, _) in enumerate(moments):
        goes_on = place + 1 < len(moments) and moments[place + 1][0] - time_s <= _STEP_S + _SLACK_S
        if not goes_on:
            begin_s, where = moments[first]
            start_s = max(begin_s - _STEP_S / 2, 0.0)
            yield LabelRow(where, video, action, start=start_s, end=time_s + _STEP_S / 2)
            first = place + 1


AVA = LabelFormat("ava", "actions in the form of AVA (.csv)", "text", _recognises, _read)
