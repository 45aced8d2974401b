"""Tables 1 and 3 and the table of Figure 3, by hand."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vpdlib.artifacts import ArtifactError, ArtifactWriter, Provenance
from vpdlib.report.tables import (
    accuracy_table,
    mean_and_std,
    recognition_cells,
    retrieval_table,
    top1_per_trial,
    write_table,
)


def one_hot(predicted, num_classes=3):
    return np.eye(num_classes, dtype=np.float32)[np.array(predicted)]


def test_top1_per_trial(tmp_path, write):
    path = write(tmp_path / "full.h5", one_hot([[0, 1, 2, 2], [0, 0, 0, 0]]), [0, 1, 2, 0])
    assert top1_per_trial(path).tolist() == [75.0, 50.0]


def test_a_tie_goes_to_the_first_class(tmp_path, write):
    probabilities = [[[0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [0.3, 0.3, 0.3]]]
    path = write(tmp_path / "full.h5", probabilities, [0, 2, 0])
    assert top1_per_trial(path).tolist() == pytest.approx([200 / 3])


def test_no_test_action_is_refused(tmp_path, write):
    path = write(tmp_path / "full.h5", np.zeros((1, 0, 3)), [])
    with pytest.raises(ValueError, match=r"full.h5 holds no test action; give the dataset a test"):
        top1_per_trial(path)


@pytest.fixture
def recognition(write_trials):
    """Two methods under nns and bigru, in full and with k = 4 and 8."""
    return write_trials(
        ("joints2d", "bigru", "full", (5, 6, 7)),
        ("joints2d", "nns", "full", (4,)),
        ("vpd2d", "bigru", "full", (8, 8, 9)),
        ("vpd2d", "nns", "full", (7,)),
        ("vpd2d", "bigru", "k4", (2, 4)),
        ("vpd2d", "bigru", "k8", (3, 3)),
    )


def test_table1_by_hand(recognition):
    table = accuracy_table(recognition, ["joints2d", "vpd2d"], ["bigru", "nns"], [None], None)
    assert list(table.columns) == ["method", "head", "trials", "top1", "top1_std", "top1_paper"]
    rows = table.values.tolist()
    assert [row[:4] for row in rows] == [
        ["joints2d", "bigru", 3, 60.0],
        ["joints2d", "nns", 1, 40.0],
        ["vpd2d", "bigru", 3, 83.33],
        ["vpd2d", "nns", 1, 70.0],
    ]
    # Sample deviation (n - 1) of 50, 60, 70 and of 80, 80, 90; none of one trial.
    assert rows[0][4] == 10.0
    assert rows[2][4] == round(math.sqrt((2 * (10 / 3) ** 2 + (20 / 3) ** 2) / 2), 2) == 5.77
    assert table["top1_std"].isna().tolist() == [False, True, False, True]
    assert table["top1_paper"].isna().all()


def test_the_papers_number_stands_beside_ours(recognition):
    table = accuracy_table(recognition, ["joints2d", "vpd2d"], ["bigru", "nns"], [None], "FX35")
    assert table["top1_paper"].tolist()[::2] == [86.9, 94.5]
    assert table["top1_paper"].isna().tolist() == [False, True, False, True]
    assert table["top1"].tolist() == [60.0, 40.0, 83.33, 70.0]


def test_figure3_by_hand(recognition):
    table = accuracy_table(recognition, ["vpd2d"], ["bigru"], [4, 8], "Tennis7")
    assert table.to_dict("records") == [
        {"method": "vpd2d", "head": "bigru", "k": 4, "trials": 2, "top1": 30.0, "top1_std": 14.14, "top1_paper": 53.0},
        {"method": "vpd2d", "head": "bigru", "k": 8, "trials": 2, "top1": 30.0, "top1_std": 0.0, "top1_paper": 62.0},
    ]  # fmt: skip


def test_an_ensemble_has_a_row_for_every_network(write_trials):
    cells = write_trials(
        ("a", "nns", "full", (4,)), ("a", "bigru", "full", (5,)), ("b", "bigru", "full", (6,))
    )
    table = accuracy_table(cells, ["a"], ["bigru", "nns"], [None], None, ["b"])
    rows = table[["method", "head", "top1"]].to_numpy().tolist()
    assert rows == [["a", "bigru", 50.0], ["a", "nns", 40.0], ["b", "bigru", 60.0]]


def test_a_missing_result_is_refused(tmp_path):
    cells = recognition_cells([tmp_path / "vpd2d/nns/k4.h5"])
    with pytest.raises(ArtifactError, match=r"vpd2d/nns/k4.h5 does not exist.*recognize_actions"):
        accuracy_table(cells, ["vpd2d"], ["nns"], [4], None)


def test_cells_by_their_place():
    path = "results/fs/recognition/vpdvi_t30/bigru_attn/k16.h5"
    assert recognition_cells([path]) == {("vpdvi_t30", "bigru_attn", "k16"): Path(path)}


def test_cells_of_a_set_that_is_trained_by_another_name():
    path = "results/fs/recognition/vpdvi/bigru/full.h5"
    cells = recognition_cells([path], {"vpdvi_corpus": "vpdvi", "vpdvi_rgb": "vpdvi_rgb"})
    assert set(cells) == {("vpdvi", "bigru", "full"), ("vpdvi_corpus", "bigru", "full")}
    assert set(cells.values()) == {Path(path)}


def test_one_value_has_no_deviation_and_none_no_mean():
    assert mean_and_std(np.array([1.0, 2.0, 6.0])) == (3.0, 2.65)  # sqrt((4 + 1 + 9) / 2)
    assert mean_and_std(np.array([4.0])) == (4.0, None)
    assert mean_and_std(np.empty(0)) == (None, None)


def test_table3_by_hand(tmp_path):
    origin = Provenance("retrieve_actions", "c", "d", "i")
    for method, precision in (("vpd2d_corpus", (0.9, 0.5)), ("mine", (0.8, 0.25))):
        with ArtifactWriter(tmp_path / f"{method}.h5", "retrieval", origin) as artifact:
            artifact.write("k", np.array([1, 10], np.int32))
            artifact.write("precision", np.array(precision))
            artifact.write("hit", np.array([0.9, 1.0]))
            artifact.write("query", np.array(["a", "b", "c"], object))
    table = retrieval_table(tmp_path, ["vpd2d_corpus", "mine"], [10, 1], "FX35")
    assert list(table) == [
        "method",
        "queries",
        "p10",
        "p10_paper",
        "hit10",
        "p1",
        "p1_paper",
        "hit1",
    ]
    assert table.loc[0].tolist() == ["vpd2d_corpus", 3, 50.0, 66.8, 100.0, 90.0, 79.7, 90.0]
    assert table.loc[1, ["p10", "p1"]].tolist() == [25.0, 80.0]
    assert table.loc[1, ["p10_paper", "p1_paper"]].isna().all()


def test_what_was_not_run_is_an_empty_cell(recognition, tmp_path):
    path = tmp_path / "new" / "table1.csv"
    heads = ["bigru", "nns", "cnn"]
    write_table(path, accuracy_table(recognition, ["vpd2d"], heads, [None], None))
    assert path.read_text() == (
        "method,head,trials,top1,top1_std,top1_paper\n"
        "vpd2d,bigru,3,83.33,5.77,\n"
        "vpd2d,nns,1,70.0,,\n"
        "vpd2d,cnn,0,,,\n"
    )
    assert [p.name for p in path.parent.iterdir()] == ["table1.csv"]


def test_an_error_leaves_the_old_table_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "table1.csv"
    write_table(path, pd.DataFrame({"a": [1]}))

    def full(source, target):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_table(path, pd.DataFrame({"a": [2]}))
    assert [p.name for p in tmp_path.iterdir()] == ["table1.csv"]
    assert path.read_text() == "a\n1\n"
