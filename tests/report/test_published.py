"""The paper's numbers: some cells, read off the paper (Table 1; supplement Tables S2 and S4)."""

import csv
from importlib import resources

import pytest

from vpdlib.report.published import PAPER_NAMES, published_top1


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
