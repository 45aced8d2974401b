"""The table of found actions: finders end to end, and which part of each loses what; see `vpdlib.finding.accuracy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vpdlib.datasets.base import UNTESTED
from vpdlib.datasets.tables import read_actions
from vpdlib.finding.accuracy import (
    chance,
    given_measures,
    measures,
    nameless,
    one_class,
    with_classes,
)
from vpdlib.finding.answers import Answers
from vpdlib.finding.finder_record import FOLDER
from vpdlib.finding.found_videos import FoundVideos, read_found_videos
from vpdlib.finding.segments import Segment, labelled

#: Columns of measures, in order, beside those of mAP.
_REST = (
    "precision",
    "recall",
    "found",
    "actions",
    "top1",
    "calibration_error",
    "calibration_error_raw",
)


def finding_table(
    files: Mapping[str, Sequence[str]],
    methods: Sequence[str],
    head: str,
    parts: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Rows of every method: both steps, each step alone, frame classes in place of two steps, commonest class, chance.

    Parameters
    ----------
    files : ``found`` and ``finders`` of the methods, ``frame_classes`` of their feature sets, ``actions``.
    methods : to compare, in order.
    head : that names.
    parts : method -> feature sets that it is the mean of.

    Returns
    -------
    Columns method, head, row, map_<tIoU>.., precision, recall, top1, calibration_error, calibration_error_raw (per
    cent), found, actions; what a row does not measure is empty.

    Raises
    ------
    ValueError
        If there is no test action.
    """
    actions = read_actions(files["actions"][0])
    test = {action.video for action in actions if action.split == "test"}
    truth: dict[str, list[Segment]] = {}
    for segment in labelled(actions):
        if segment.video in test:
            truth.setdefault(segment.video, []).append(segment)
    if not truth:
        raise ValueError(UNTESTED.format("action"))
    learnt = [action.label for action in actions if action.split != "test"]
    rows = []
    for method in methods:
        record = FOLDER.read_record(_folder_of(files["finders"], method))
        found = read_found_videos(_of(files["found"], method, head))
        tests = {video: found.videos[video].answers for video in sorted(truth)}
        finding = record.settings
        how = (finding.tious, finding.operating_tiou, record.threshold)
        names = found.class_names
        given = given_measures([found.videos[video].given for video in sorted(truth)])
        common = max(names, key=lambda name: (learnt.count(name), -names.index(name)))
        one_hot = np.array([float(name == common) for name in names])
        alone = measures(one_class(tests), ("",), nameless(truth), *how)
        answers: list[tuple[str, Mapping[str, float]]] = [
            ("both steps", {**measures(tests, names, truth, *how)}),
            ("times alone", alone),
            ("names alone", given),
        ]
        if record.is_uncut:
            answers += [
                (f"frame classes ({part})", _frame_classes(files, part, truth, finding.tious))
                for part in parts[method]
            ]
        answers += [
            (
                f"commonest class ({common})",
                measures(with_classes(tests, one_hot), names, truth, *how),
            ),
            ("class by chance", chance(tests, names, truth, *how)),
        ]
        rows += [{"method": method, "head": head, "row": row, **values} for row, values in answers]
    columns = [f"map_{tiou:g}" for tiou in finding.tious]
    table = pd.DataFrame(rows, columns=["method", "head", "row", *columns, *_REST])
    return table.round(2).astype({"found": "Int64", "actions": "Int64"})


def _frame_classes(
    files: Mapping[str, Sequence[str]],
    feature: str,
    truth: Mapping[str, Sequence[Segment]],
    tious: Sequence[float],
) -> dict[str, float]:
    """MAP of a detector of frame classes; it has no operating threshold."""
    found: FoundVideos = read_found_videos(
        path for path in files["frame_classes"] if Path(path).parent.name == feature
    )
    tests: dict[str, Answers] = {video: found.videos[video].answers for video in sorted(truth)}
    values = measures(tests, found.class_names, truth, tious, tious[0], 0.0)
    return {
        key: value for key, value in values.items() if key.startswith("map_") or key == "actions"
    }


def _of(paths: Sequence[str], method: str, head: str) -> list[str]:
    """The artifacts ``<method>/<head>/<shard>.h5`` of a method."""
    return [path for path in paths if Path(path).parent.parts[-2:] == (method, head)]


def _folder_of(paths: Sequence[str], method: str) -> Path:
    """The folder ``<method>/<head>`` of a method."""
    return next(Path(path) for path in paths if Path(path).parent.name == method)
