import numpy as np
import pytest

from vpdlib.artifacts import Provenance
from vpdlib.datasets.tables import ActionRow
from vpdlib.recognition.results import write_result
from vpdlib.recognition.trials import RecognitionResult
from vpdlib.report.predictions import COLUMNS, prediction_table

CLASSES = ("axel", "flip", "lutz")
ACTIONS = [
    ActionRow("late", "v1", 5.0, 6.0, "flip", "test", "", ""),
    ActionRow("early", "v1", 1.0, 2.0, "axel", "test", "", ""),
    ActionRow("other", "v0", 3.0, 4.5, "lutz", "test", "", ""),
    ActionRow("learnt", "v2", 0.0, 1.0, "lutz", "train", "", ""),
]


def write(path, probabilities, empty=(False, False, False), ids=("late", "early", "other")):
    path.parent.mkdir(parents=True)
    num_trials = len(probabilities)
    write_result(
        path,
        Provenance("recognize_actions", "c", "d", "i"),
        RecognitionResult(
            head=path.parent.name,
            shots=None,
            probabilities=np.float32(probabilities),
            seeds=tuple(range(num_trials)),
            train_ids=(("learnt",),) * num_trials,
            test_ids=ids,
            true_labels=np.array([1, 0, 2]),
            class_names=CLASSES,
            is_empty_test=np.array(empty),
            num_empty_train=(0,) * num_trials,
            num_val=(0,) * num_trials,
            best_epochs=(1,) * num_trials,
        ),
    )
    return path


def test_trials_decide_together(tmp_path):
    bigru = write(
        tmp_path / "vpd2d/bigru/full.h5",
        [
            [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.0, 0.9]],
            [[0.4, 0.35, 0.25], [0.1, 0.8, 0.1], [1.0, 0.0, 0.0]],
        ],
        empty=(False, False, True),
    )
    nns = write(tmp_path / "joints2d/nns/full.h5", [np.eye(3)[[1, 0, 0]]])
    table = prediction_table(
        {("vpd2d", "bigru", "full"): bigru, ("joints2d", "nns", "full"): nns}, ACTIONS
    )
    assert tuple(table.columns) == COLUMNS
    assert table["features"].tolist() == ["vpd2d"] * 3 + ["joints2d"] * 3
    # By video and time, not as the result has them.
    assert table["action"].tolist() == ["other", "early", "late"] * 2
    assert table["video"].tolist() == ["v0", "v1", "v1"] * 2
    assert table["start"].tolist() == [3.0, 1.0, 5.0] * 2
    assert table["label"].tolist() == ["lutz", "axel", "flip"] * 2
    assert table["predicted"].tolist() == ["axel", "flip", "flip", "axel", "axel", "flip"]
    # Of what nobody was seen in, nothing says that it is an axel.
    assert table["probability"].fillna(-1).tolist() == [-1, 0.55, 0.425, 1, 1, 1]
    # "early" was an axel to the first trial alone, "late" to the second.
    assert table["agreement"].fillna(-1).tolist() == [-1, 0.5, 0.5, 1, 1, 1]
    assert table["correct"].tolist() == [0, 0, 1, 0, 1, 1]
    assert table["has_athlete"].tolist() == [0, 1, 1, 1, 1, 1]


def test_an_action_that_the_dataset_does_not_have_is_refused(tmp_path):
    path = write(tmp_path / "a/nns/full.h5", [np.eye(3)], ids=("late", "early", "gone"))
    with pytest.raises(ValueError, match=r"full\.h5: test actions .* such as 'gone'; delete"):
        prediction_table({("a", "nns", "full"): path}, ACTIONS)


def test_nothing_to_list():
    assert tuple(prediction_table({}, ACTIONS).columns) == COLUMNS
