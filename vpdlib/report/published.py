"""The paper's published numbers, as data beside ours. Source: the tables of the paper and of its supplement.

The CSV files in ``vpdlib/report/paper/`` are transcriptions of the tables of Hong et al., ICCV 2021;
``sources.csv`` there says which is which. A number is only ever printed in a column that says so; it never
stands in for one of ours. Where two tables of the paper differ, each of ours shows the number of its own.

``column`` is "FSJump6", "Tennis7", "FX35", "Diving48", or None for a dataset that the paper lacks; what the
paper lacks is None. Numbers are per cent.
"""

from __future__ import annotations

import csv
import math
import re
from functools import cache
from importlib import resources

from vpdlib.recognition.settings import HEADS

#: Our feature sets by the paper's names.
PAPER_NAMES: dict[str, str] = {
    "joints2d": "Normalized 2D joints",
    "vpd2d": "2D-VPD",
    "vipe": "VIPE*",
    "vpdvi": "VI-VPD",
    "vpdconcat": "Concat-VPD",
}

#: Wording of the paper's Table 2 by the suffix of a student's name, from its full name and its teacher's.
_VARIANTS: dict[str, str] = {
    "": "{name} (motion; RGB+flow)",
    "rgb": "{short} distilled w/o motion; RGB",
    "rgbflow": "{short} distilled w/o motion; RGB+flow",
    "actions": "{name} distilled on action video only",
    "corpus": "{name} distilled on the entire corpus",
}


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = (resources.files("vpdlib.report") / "paper" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _number(cell: str | None) -> float | None:
    return float(cell) if cell else None


def ablation_label(method: str) -> str:
    """The paper's wording for a feature set of its Table 2; the name itself where it has none.

    A student's name may end in ``_rgb``, ``_rgbflow``, ``_actions``, ``_corpus`` or ``_tNN`` (weak labels of
    mean score NN/100 and more).
    """
    if method in ("joints2d", "vipe"):
        return f"{PAPER_NAMES[method]} (teacher)"
    student, _, variant = method.partition("_")
    if student in ("vpd2d", "vpdvi"):
        name = PAPER_NAMES[student]
        if variant in _VARIANTS:
            return _VARIANTS[variant].format(name=name, short=name.removesuffix("-VPD"))
        if threshold := re.fullmatch(r"t(\d\d)", variant):
            return f"{name}, labels of score >= {int(threshold[1]) / 100:g}"
    return PAPER_NAMES.get(method, method)


def published_ablation(method: str, shots: int | None, column: str | None) -> float | None:
    """The paper's top-1 accuracy in an ablation (Table 2); ``shots`` None is all training data."""
    label, regime = ablation_label(method), "full" if shots is None else str(shots)
    for row in _rows("table2.csv"):
        if row["features"] == label:
            return _number(row.get(f"{column}_{regime}"))
    return None


def published_threshold(
    method: str, min_score: float | None, quantity: str, column: str | None
) -> float | str | None:
    """A cell of the paper's Table S1, which is about VI-VPD and its teacher VIPE*.

    Parameters
    ----------
    method : "vipe", "vpdvi" or one of its variants ``vpdvi_tNN``.
    min_score : smallest score of the weak labels; None for the teacher.
    quantity : "pct_all", "pct_action", "full" or a number of shots.
    column : see above.

    Returns
    -------
    The number, the text "<1" as the paper has it, or None.
    """
    if min_score is None:
        known = method == "vipe"
    else:
        known = re.fullmatch(r"vpdvi(_t\d\d)?", method) is not None
    if not known:
        return None
    for row in _rows("tableS1.csv"):
        of_teacher = row["min_score"] == ablation_label("vipe")
        if of_teacher == (min_score is None) and (
            min_score is None or math.isclose(float(row["min_score"]), min_score)
        ):
            cell = row.get(f"{column}_{quantity}")
            return cell if cell and cell.startswith("<") else _number(cell)
    return None


def published_vipe(method: str, column: str | None) -> float | None:
    """The paper's top-1 accuracy of VIPE* by its training data (Table S8).

    ``vipe`` is trained on all 3D data and ``vipe_h36m`` on Human3.6M alone.
    """
    trained_on = {"vipe": "all_3d_data", "vipe_h36m": "Human3.6M_only"}.get(method)
    for row in _rows("tableS8.csv"):
        if row["dataset"] == column and trained_on is not None:
            return _number(row[trained_on])
    return None


def published_precision(method: str, k: int, column: str | None) -> float | None:
    """The paper's retrieval precision@k (Table 3), whose students are distilled on the entire corpus."""
    is_student = method.startswith("vpd")
    if is_student and not method.endswith("_corpus"):
        return None
    name = PAPER_NAMES.get(method.removesuffix("_corpus") if is_student else method)
    for row in _rows("table3.csv"):
        if row["features"] == name:
            return _number(row.get(f"{column}_p{k}"))
    return None


#: Feature sets of the paper's Table 4 alone.
_DETECTION_ONLY = {"r3d": "Pretrained R3D"}

#: The task of the paper's Table 4 by dataset.
_DETECTION_TASKS = {
    "FSJump6": "FS jumps (5 routines)",
    "Tennis7": "Tennis swings 200ms (5 points)",
}

#: The task of the paper's Table S3 by dataset, and the row with its thresholds.
_SWEEP_TASKS = {
    "FSJump6": ("FS jumps", "FS thresholds"),
    "Tennis7": ("Tennis swings", "Tennis thresholds"),
}


def published_ap(method: str, tiou: float, column: str | None) -> float | None:
    """The paper's few-shot detection AP (Table 4)."""
    name, task = {**PAPER_NAMES, **_DETECTION_ONLY}.get(method), _DETECTION_TASKS.get(column or "")
    for row in _rows("table4.csv"):
        if row["task"] == task and row["features"] == name:
            return _number(row.get(f"tiou{tiou:.1f}"))
    return None


def published_sweep(method: str, threshold: float, column: str | None) -> float | None:
    """The paper's few-shot detection AP at tIoU 0.5 by activation threshold (Table S3)."""
    name = PAPER_NAMES.get(method)
    if name is None or column not in _SWEEP_TASKS:
        return None
    task, thresholds = _SWEEP_TASKS[column]
    by_name = {row["features"]: row for row in _rows("tableS3.csv") if row["task"] == task}
    for row in _rows("tableS3.csv"):
        if row["task"] == thresholds and name in by_name:
            for index in range(1, 10):
                if math.isclose(float(row[f"t{index}"]), threshold):
                    return _number(by_name[name][f"t{index}"])
    return None


def published_top1(method: str, head: str, shots: int | None, column: str | None) -> float | None:
    """The paper's top-1 accuracy (Tables 1, S2, S4).

    Parameters
    ----------
    method : feature set, such as "vpd2d".
    head : one of ``vpdlib.recognition.settings.HEADS``.
    shots : examples per class, or None for all training data.
    column : see above.
    """
    name = PAPER_NAMES.get(method)
    if name is None or column is None:
        return None
    if shots is None and head == "bigru":
        for row in _rows("table1.csv"):
            if row["method"] == name:
                return _number(row[column])
    elif shots is None:
        for row in _rows("tableS4.csv"):
            if head in HEADS and row["architecture"] == HEADS[head].title:
                return _number(row.get(f"{column}_{name}"))
    else:
        for row in _rows("tableS2.csv"):
            if row["dataset"] == column and row["features"] == name:
                return _number(row.get(f"{head}{shots}"))
    return None


#: Columns of the paper's Table S5, which is about Diving48, by the rows of its Table 1.
_FEW_SHOT_BASELINES = {"GSM (crop)": "cropped", "GSM (w/o crop)": "not_cropped"}


def published_baseline(row: str, shots: int | None, column: str | None) -> float | None:
    """The paper's top-1 accuracy of a row of its Table 1 that has no head (Tables 1, S5).

    Parameters
    ----------
    row : as the paper calls it, such as "Top class" or "GSM (crop)"; empty for what it lacks.
    shots : examples per class, or None for all training data.
    column : see above.
    """
    if shots is None:
        for found in _rows("table1.csv"):
            if found["method"] == row:
                return _number(found.get(column or ""))
    elif column == "Diving48" and row in _FEW_SHOT_BASELINES:
        for found in _rows("tableS5.csv"):
            if int(found["k"]) == shots:
                return _number(found[_FEW_SHOT_BASELINES[row]])
    return None
