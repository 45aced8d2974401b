"""The paper's numbers: some cells, read off the paper (Table 1; supplement Tables S2 and S4)."""

import csv
from importlib import resources

import pytest

from vpdlib.report.published import (
    PAPER_NAMES,
    ablation_label,
    published_ablation,
    published_ap,
    published_precision,
    published_sweep,
    published_threshold,
    published_top1,
    published_vipe,
)


@pytest.mark.parametrize(
    ("method", "head", "shots", "column"),
    [
        ("vpd2d", "bigru", None, None),
        ("my_student", "bigru", None, "FX35"),
        ("vpd2d", "nns", None, "FX35"),
        ("vpdvi", "nns", None, "Diving48"),
        ("vpd2d", "nns", 16, "Diving48"),
        ("vpd2d", "bigru", 64, "FX35"),
        ("vpdconcat", "bigru", 16, "FX35"),
        ("vpdvi", "cnn", 16, "FX35"),
        ("vpd2d", "bilstm", None, "FX35"),
        ("vpdvi", "transformer", None, "FX35"),
        ("vpdvi_corpus", "bigru", None, "FX35"),
    ],
)
def test_what_the_paper_lacks_is_none(method, head, shots, column):
    assert published_top1(method, head, shots, column) is None


def rows(name):
    text = (resources.files("vpdlib.report") / "paper" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_the_transcriptions_are_whole():
    """Each row once, every number a percentage, and the tables agree where they overlap."""
    columns = ("FSJump6", "Tennis7", "FX35", "Diving48")
    table1, s2, s4 = rows("table1.csv"), rows("tableS2.csv"), rows("tableS4.csv")
    assert len({row["method"] for row in table1}) == len(table1)
    assert len({(row["dataset"], row["features"]) for row in s2}) == len(s2) == 16
    assert set(PAPER_NAMES.values()) <= {row["method"] for row in table1}
    for row in [*table1, *s2, *s4]:
        numbers = [value for key, value in row.items() if key[0].isupper() or key[-1].isdigit()]
        assert None not in row.values()
        assert all(0 < float(value) <= 100 for value in numbers if value)
    (bigru,) = (row for row in s4 if row["architecture"] == "BiGRU")
    for method in ("vipe", "vpdvi"):
        for column in columns:
            expected = float(bigru[f"{column}_{PAPER_NAMES[method]}"])
            assert published_top1(method, "bigru", None, column) == expected


def test_every_table_names_its_source_and_is_whole():
    """Each table of the folder is listed, rows are as long as the header, and numbers are percentages or counts."""
    folder = resources.files("vpdlib.report") / "paper"
    names = {item.name for item in folder.iterdir() if item.name.endswith(".csv")}
    assert {row["file"] for row in rows("sources.csv")} == names - {"sources.csv"}
    for name in names - {"sources.csv"}:
        table = rows(name)
        assert len(table) >= 3
        for row in table:
            assert None not in row
            assert None not in row.values()


def test_cells_of_the_other_tables():
    cell = {(name, row[key]): row for name, key in (("table3.csv", "features"), ("tableS5.csv", "k"))
            for row in rows(name)}  # fmt: skip
    assert cell["table3.csv", "VI-VPD"]["FX35_p1"] == "80.8"
    assert cell["tableS5.csv", "16"]["cropped"] == "33.0"
    detection = {(row["task"][:2], row["features"]): row for row in rows("table4.csv")}
    assert detection["Te", "VI-VPD"]["tiou0.5"] == "58.6"
    counts = {(row["dataset"], row["class"]): row for row in rows("tableS6_S7.csv")}
    for row in counts.values():
        assert int(row["total"]) == sum(int(row[s]) for s in ("train", "val", "test"))
    assert sum(int(r["test"]) for (d, _), r in counts.items() if d == "Tennis7") == 2509


@pytest.mark.parametrize(
    ("method", "label"),
    [
        ("joints2d", "Normalized 2D joints (teacher)"),
        ("vipe", "VIPE* (teacher)"),
        ("vpd2d", "2D-VPD (motion; RGB+flow)"),
        ("vpdvi", "VI-VPD (motion; RGB+flow)"),
        ("vpd2d_rgb", "2D distilled w/o motion; RGB"),
        ("vpd2d_rgbflow", "2D distilled w/o motion; RGB+flow"),
        ("vpdvi_rgb", "VI distilled w/o motion; RGB"),
        ("vpdvi_rgbflow", "VI distilled w/o motion; RGB+flow"),
        ("vpdvi_actions", "VI-VPD distilled on action video only"),
        ("vpdvi_corpus", "VI-VPD distilled on the entire corpus"),
    ],
)
def test_the_papers_wording(method, label):
    assert ablation_label(method) == label
    assert label in {row["features"] for row in rows("table2.csv")}


def test_a_wording_in_the_papers_manner_and_none():
    assert ablation_label("vpd2d_corpus") == "2D-VPD distilled on the entire corpus"
    assert ablation_label("vpdvi_t05") == "VI-VPD, labels of score >= 0.05"
    assert ablation_label("vpdconcat") == "Concat-VPD"
    for name in ("mine", "mine_rgb", "vpdvi_mine", "vpdvi_t5", "vipe_h36m"):
        assert ablation_label(name) == name


CELLS = {
    published_top1: [
        ("joints2d", "bigru", None, "FSJump6", 95.5),
        ("vpd2d", "bigru", None, "Diving48", 86.4),
        ("vipe", "bigru", None, "Tennis7", 91.8),
        ("vpdvi", "bigru", None, "FX35", 94.6),
        ("vpdconcat", "bigru", None, "Diving48", 88.7),
        ("vpdvi", "bigru", 16, "FSJump6", 80.2),
        ("vpdvi", "bigru", 16, "Tennis7", 71.1),
        ("vpdvi", "bigru", 16, "FX35", 84.9),
        ("vpdvi", "bigru", 16, "Diving48", 58.8),
        ("joints2d", "bigru", 4, "Diving48", 12.6),
        ("vpd2d", "nns", 8, "FX35", 54.9),
        ("vpd2d", "nns", 32, "FSJump6", 84.1),
        ("vpdvi", "nns", None, "FSJump6", 92.7),
        ("vipe", "nns", None, "FX35", 71.8),
        ("vipe", "cnn", None, "Diving48", 58.8),
        ("vpdvi", "cnn", None, "FSJump6", 96.0),
        ("vpdvi", "bilstm", None, "FSJump6", 98.1),
        ("vipe", "bilstm_attn", None, "Tennis7", 90.7),
        ("vpdvi", "bigru_attn", None, "FX35", 94.3),
    ],
    published_precision: [
        ("joints2d", 1, "FSJump6", 91.8),
        # The paper's students of this table are distilled on the entire corpus.
        ("vpd2d_corpus", 10, "Diving48", 43.8),
        ("vpdvi_corpus", 50, "FX35", 52.4),
        ("vpdvi", 50, "FX35", None),
        ("vipe", 50, "FX35", 46.6),
        ("vpdconcat", 1, "FX35", None),
        ("vpd2d_corpus", 5, "FX35", None),
        ("vpd2d_corpus", 1, None, None),
    ],
    published_ap: [
        ("joints2d", 0.3, "FSJump6", 80.6),
        ("vpd2d", 0.5, "Tennis7", 54.0),
        ("vpdvi", 0.7, "FSJump6", 28.7),
        ("vpdvi", 0.8, "FSJump6", None),
        ("vpdconcat", 0.5, "FSJump6", None),
        ("vpd2d", 0.5, "FX35", None),
        ("vpd2d", 0.5, None, None),
    ],
    published_ablation: [
        ("joints2d", 16, "Tennis7", 64.3),  # 64.4 in Table S2
        ("vpd2d_rgb", None, "FX35", 92.0),
        ("vpd2d_rgbflow", 16, "FSJump6", 74.6),
        ("vpdvi_rgbflow", None, "Diving48", 85.9),
        ("vpdvi", 16, "FX35", 84.9),
        ("vpdvi_actions", 16, "FSJump6", 79.4),
        ("vpdvi_actions", None, "Diving48", None),
        ("vpdvi_corpus", None, "Tennis7", 93.8),
        ("vpdvi_corpus", 16, "Diving48", 59.6),
        ("vpdvi", 8, "FX35", None),
        ("vpd2d_corpus", None, "FX35", None),
        ("vpdconcat", None, "FX35", None),
        ("vpdvi", None, None, None),
    ],
    published_threshold: [
        ("vipe", None, "full", "Tennis7", 91.8),
        ("vipe", None, "16", "Diving48", 35.0),
        ("vipe", None, "pct_all", "FX35", None),
        ("vpdvi", 0.5, "full", "Diving48", 88.9),  # 88.6 in Table 1
        ("vpdvi_t30", 0.3, "16", "FX35", 84.0),
        ("vpdvi_t70", 0.7, "pct_action", "Tennis7", 83.9),
        ("vpdvi_t30", 0.1 + 0.2, "pct_all", "FX35", 96.0),
        ("vpdvi_t90", 0.9, "pct_all", "FX35", 17.0),
        ("vpdvi_t90", 0.9, "pct_all", "Diving48", "<1"),
        ("vpdvi_t90", 0.9, "pct_action", "Diving48", None),
        ("vpdvi_t40", 0.4, "full", "FX35", None),
        ("vpdvi_t30", 0.3, "8", "FX35", None),
        ("vpdvi_t30", 0.3, "full", "FSJump6", None),
        ("vpdvi_t30", 0.3, "full", None, None),
        ("vpd2d_t30", 0.3, "full", "FX35", None),
        ("vpdvi_rgb", 0.3, "full", "FX35", None),
        ("joints2d", None, "full", "FX35", None),
    ],
    published_sweep: [
        ("joints2d", 0.1, "FSJump6", 57.1),
        ("vpdvi", 0.9, "FSJump6", 45.7),
        ("vpd2d", 0.1 + 0.2, "FSJump6", 58.7),
        ("vpd2d", 0.1, "Tennis7", 52.1),
        ("vipe", 0.45, "Tennis7", 48.0),
        ("vipe", 0.05, "FSJump6", None),
        ("vipe", 0.5, "Tennis7", None),
        ("vpdconcat", 0.1, "FSJump6", None),
        ("vpdvi", 0.1, "FX35", None),
        ("vpdvi", 0.1, None, None),
    ],
    published_vipe: [
        ("vipe", "Diving48", 76.8),  # 78.6 in Table 1
        ("vipe_h36m", "Diving48", 66.8),
        ("vipe", "Tennis7", 91.8),
        ("vipe_h36m", "FX35", 87.7),
        ("vipe_amass", "FX35", None),
        ("vipe", None, None),
    ],
}


@pytest.mark.parametrize(
    ("published", "cell"), [(published, cell) for published in CELLS for cell in CELLS[published]]
)
def test_cells(published, cell):
    *arguments, expected = cell
    assert published(*arguments) == expected
