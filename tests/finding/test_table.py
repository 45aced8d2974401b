"""found.csv."""

import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.finding.table import FoundRow, read_found, write_found

ROWS = [
    FoundRow("a", "", 0.1, 0.1 + 0.2, "axel", 0.75, "lutz", 1 / 3, "0.9", "a_001", "lutz"),
    FoundRow("-b", "near", 0.0, 1.0, "lutz", 1.0, "axel", 0.0, "", "", ""),
]


def test_found_actions_survive_a_round_trip(tmp_path):
    path = tmp_path / "sport" / "found.csv"
    write_found(path, ROWS)
    assert read_found(path) == ROWS
    assert path.read_text().splitlines()[0] == (
        "video,athlete,start,end,label,probability,second_label,second_probability,detection_score,nearest_action,"
        "labelled"
    )
    write_found(path, [])
    assert read_found(path) == []


def test_a_missing_or_cut_table_is_refused(tmp_path):
    path = tmp_path / "found.csv"
    with pytest.raises(
        DatasetError, match=r"found\.csv does not exist; it is made by rule list_found"
    ):
        read_found(path)
    write_found(path, ROWS)
    text = path.read_text()
    path.write_text(text[: text.rindex(",,")])
    with pytest.raises(DatasetError, match="row 2 is cut or too long") as caught:
        read_found(path)
    assert f"--forcerun list_found -- {path}" in str(caught.value)
