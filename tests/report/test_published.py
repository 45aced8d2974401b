"""The paper's numbers: some cells, read off the paper (Table 1; supplement Tables S2 and S4)."""

import csv
from importlib import resources

import pytest

from vpdlib.report.published import PAPER_NAMES, published_ap, published_precision, published_top1


@pytest.mark.parametrize(
    ("method", "head", "shots", "column", "expected"),
    [
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
    ],
)
def test_cells(method, head, shots, column, expected):
    assert published_top1(method, head, shots, column) == expected


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
    ("method", "k", "column", "expected"),
    [
        ("joints2d", 1, "FSJump6", 91.8),
        ("vpd2d", 10, "Diving48", 43.8),
        ("vpdvi", 50, "FX35", 52.4),
        ("vpdconcat", 1, "FX35", None),
        ("vpd2d", 5, "FX35", None),
        ("vpd2d", 1, None, None),
    ],
)
def test_retrieval_cells(method, k, column, expected):
    assert published_precision(method, k, column) == expected


@pytest.mark.parametrize(
    ("method", "tiou", "column", "expected"),
    [
        ("joints2d", 0.3, "FSJump6", 80.6),
        ("vpd2d", 0.5, "Tennis7", 54.0),
        ("vpdvi", 0.7, "FSJump6", 28.7),
        ("vpdvi", 0.8, "FSJump6", None),
        ("vpdconcat", 0.5, "FSJump6", None),
        ("vpd2d", 0.5, "FX35", None),
        ("vpd2d", 0.5, None, None),
    ],
)
def test_detection_cells(method, tiou, column, expected):
    assert published_ap(method, tiou, column) == expected
