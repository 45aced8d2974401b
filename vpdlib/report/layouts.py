"""How each table is read: its caption, and what to call its columns. The rules read it too: no heavy imports."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vpdlib.recognition.settings import HEADS


@dataclass(frozen=True)
class Layout:
    """How a table is read.

    Attributes
    ----------
    name : the paper's name of it.
    caption : what it is of, in its Markdown and in Snakemake's report.
    keys : first columns, with their headings, of those that the table has; the others hold numbers.
    headings : patterns of the others' names and what to print for them; a name without one is printed as it is.
    across : (column, measure) of a long table: each value of the column becomes one of the measure.
    unranked : patterns of columns that have no best; ``.*`` where nothing is compared.
    plain : what the table answers, for who does not know the paper; behind its name on the pages.
    reading : what its columns say and which way is better, for the same.
    """

    name: str
    caption: str
    keys: dict[str, str]
    headings: tuple[tuple[str, str], ...] = ()
    across: tuple[str, str] | None = None
    unranked: str = ""
    plain: str = ""
    reading: str = ""

    def heading(self, name: str) -> str:
        """What to print above a column."""
        for pattern, text in self.headings:
            if match := re.fullmatch(pattern, name):
                return match.expand(text)
        return name


_METHOD = {"method": "features"}
_HEADS = (("bigru", "BiGRU"), ("nns", "NNS"), ("cnn", "CNN"), ("bilstm", "BiLSTM"))
_BY_SHOTS = (("full", "all data"), (r"k(\d+)", r"k = \1"))
_TOP1 = "Top-1 accuracy: of a hundred test actions, how many are given their class. More is better."
_K = "k: training actions of each class."
_AP = (
    "Average precision: 100 if all actions and nothing else are found, the surest first. More is better. tIoU: the "
    "time that a found and a labelled action share, over the time that they cover together; from the given one on "
    "it counts"
)

LAYOUTS: dict[str, Layout] = {
    "table1": Layout(
        "Table 1",
        "Top-1 accuracy with all training data, %",
        {**_METHOD, "weights": "weights"},
        (("", "by itself"), *((re.escape(name), head.title) for name, head in HEADS.items())),
        across=("head", "top1"),
        plain="recognition with all training actions",
        reading=_TOP1,
    ),
    "table2": Layout(
        "Table 2",
        "Ablations, top-1 accuracy, %",
        {"part": "part", "label": "distilled from and on", "method": "features"},
        _BY_SHOTS,
        plain="recognition without some part of a student",
        reading=f"{_TOP1} {_K}",
    ),
    "table3": Layout(
        "Table 3",
        "Retrieval, precision@k and hit@k, %. The paper's numbers, if any, stand beside students that are distilled on "
        "the entire corpus (_corpus), as the paper's are",
        {"method": "features", "queries": "queries"},
        ((r"p(\d+)", r"P@\1"), (r"hit(\d+)", r"hit@\1")),
        plain="retrieval, whether the most similar actions are of the same class",
        reading="Every action is a query once, the others are ranked by how alike they are. P@k: how many of the first "
        "k are of the query's class; hit@k: how many queries have any among the first k. More is better.",
    ),
    "table4": Layout(
        "Table 4",
        "Few-shot detection, average precision by tIoU, %",
        {"method": "features", "weights": "weights", "threshold": "threshold"},
        ((r"(.*)", r"tIoU \1"),),
        across=("tiou", "ap"),
        plain="detection, when an action happens, learnt from a few videos",
        reading=f"{_AP}: to the right, times must fit closer. Threshold: how sure the detector must be of a frame for "
        "it to belong to an action.",
    ),
    "figure3": Layout(
        "Figure 3",
        "Top-1 accuracy with k examples per class, %",
        {"method": "features", "head": "head"},
        ((r"(.*)", r"k = \1"),),
        across=("k", "top1"),
        plain="recognition with few training actions",
        reading=f"{_TOP1} {_K}",
    ),
    "tableS1": Layout(
        "Table S1",
        "Smallest score of the weak labels, frames kept and top-1 accuracy, % (without a score: the teacher). What is "
        "asked of the previous frame (weak_labels.previous_min_score) stays",
        {"min_score": "score >=", "method": "features"},
        (("pct_all", "of all frames"), ("pct_action", "of action frames"), *_BY_SHOTS),
        unranked="pct_.*",
        plain="how sure the teacher must be of what students learn from",
        reading=_TOP1,
    ),
    "tableS2": Layout(
        "Table S2",
        "Top-1 accuracy with k examples per class, BiGRU beside NNS, %",
        _METHOD,
        tuple((rf"{head}(\d+)", rf"{name}, k = \1") for head, name in _HEADS),
        plain="recognition with few training actions, by head",
        reading=f"{_TOP1} {_K}",
    ),
    "tableS3": Layout(
        "Table S3",
        "Few-shot detection, average precision at tIoU 0.5 by activation threshold, %",
        _METHOD,
        ((r"t(.*)", r">= \1"),),
        plain="detection, how sure it must be of a frame",
        reading=f"{_AP}.",
    ),
    "tableS4": Layout(
        "Table S4",
        "Sequence models, top-1 accuracy with all training data, %",
        {"label": "model"},
        plain="recognition by each kind of head",
        reading=_TOP1,
    ),
    "tableS8": Layout(
        "Table S8",
        "What VIPE* is trained on, top-1 accuracy, %",
        {"method": "features", "model": "model"},
        (("top1", "all data"),),
        plain="recognition by what the view-invariant embedding has learnt from",
        reading=_TOP1,
    ),
    "found_accuracy": Layout(
        "Found actions",
        "What is found in test videos, %: mAP by tIoU, precision and recall from the operating threshold on; the "
        "rows below each finder say which part loses what",
        {**_METHOD, "head": "head", "row": "what answers"},
        (
            (r"map_(.*)", r"mAP \1"),
            ("top1", "top-1"),
            ("calibration_error", "calibration error"),
            ("calibration_error_raw", "uncalibrated"),
        ),
        unranked="found|actions|calibration_error.*",
        plain="how much of what is found is right",
        reading="mAP: average precision, mean over classes. Precision: how many of those found are right; recall: "
        "how many of the labelled actions are found. More is better. Calibration error: how far probabilities are "
        "from how often they are right. Less is better.",
    ),
    "found_by_class": Layout(
        "Found actions by class",
        "Actions found in all videos; sure: their mean probability, %",
        {"label": "class"},
        (("otherwise", "labelled otherwise"),),
        unranked=".*",
    ),
    "found_by_video": Layout(
        "Found actions by video",
        "Classes with their numbers",
        {"video": "video"},
        unranked=".*",
    ),
}


@dataclass(frozen=True)
class ListLayout:
    """How a list is read whose columns need no explaining: its name, and what it is of."""

    name: str
    caption: str


#: Of the CSV files that are lists, by the file's name.
LISTS: dict[str, ListLayout] = {
    "found": ListLayout(
        "Found actions",
        "Every action found in any video, labelled or not, from the operating threshold on. Times in seconds",
    ),
    "to_label": ListLayout(
        "What to label next",
        "The segments whose label would teach most, the first most. Times in seconds",
    ),
    "predictions": ListLayout(
        "Predictions",
        "What every test action was taken for, by feature set and head. Probability: the mean over trials; agreement: "
        "the fraction of trials that say so. Times in seconds",
    ),
    "problems": ListLayout("Problems", "What was passed over and what to look at, and what helps"),
    "accuracy": ListLayout(
        "Against ground truth", "Tracks, teacher and students, measured against ground truth"
    ),
    "kept_frames": ListLayout(
        "Frames kept",
        "Frames of each video, those with an athlete, and those whose weak label is kept",
    ),
}
