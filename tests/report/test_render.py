"""Tables for reading: what stands where, aligned, the right cell in bold."""

import pandas as pd
import pytest

from vpdlib.report.layouts import LAYOUTS
from vpdlib.report.render import MAX_WIDTH, markdown, write_markdown
from vpdlib.report.tables import accuracy_table
from vpdlib.report.tables_ablations import ablation_table, threshold_table, vipe_table
from vpdlib.report.tables_heads import few_shot_table, heads_table


def blocks(text):
    """The tables of a Markdown text, each as its lines."""
    return [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]


def cells(line):
    return [cell.strip() for cell in line.strip("|").split(" | ")]


@pytest.fixture
def cases(write_trials):
    """Every table under its name."""
    found = write_trials(
        ("joints2d", "bigru", "full", (5, 6, 7)),
        ("vpdvi", "bigru", "full", (8, 9)),
        ("vpdvi", "nns", "full", (9,)),
        ("vpdvi", "bigru", "k4", (0, 0)),
        ("joints2d", "bigru", "k16", (10, 0)),
        ("vpdvi", "bigru", "k16", (3, 4)),
        ("vpdvi_t30", "bigru", "k16", (3, 3)),
    )
    methods, heads, column = ["joints2d", "vpdvi"], ["bigru", "nns"], "FX35"
    retrieval = {
        "method": methods,
        "queries": [18, 1234567],
        "p1": [50.0, 60],
        "p1_paper": [71.6, 80.8],
    }
    retrieval |= {"hit1": [50.0, 60]}
    detection = {"method": ["joints2d", "joints2d", "vpdvi", "vpdvi"], "tiou": [0.3, 0.5] * 2}
    detection |= {"threshold": [0.2] * 4, "trials": [5] * 4, "ap": [50.0, 40, 45, 45.5]}
    detection |= {"ap_std": [1.0, 2, 10, 4], "ap_paper": [None] * 4}
    sweep = {"method": methods, "t0.05": [1.5, None], "t0.05_std": [0.1, None], "t0.2": [3.0, 2.0]}
    fractions = {0.3: (50.0, 40.0), 0.5: (30.0, None)}
    students = [(0.3, "vpdvi_t30"), (0.5, "vpdvi")]
    return {
        "table1": accuracy_table(found, methods, heads, [None], column),
        "figure3": accuracy_table(found, methods, heads, [4, 16], column),
        "table2": ablation_table(found, [("a", m) for m in methods], 16, column),
        "table3": pd.DataFrame(retrieval),
        "table4": pd.DataFrame(detection),
        "tableS1": threshold_table(found, "vipe", students, fractions, 16, "Diving48"),
        "tableS2": few_shot_table(found, methods, [4, 16], column),
        "tableS3": pd.DataFrame(sweep),
        "tableS4": heads_table(found, methods, column),
        "tableS8": vipe_table(found, [("vipe", "all"), ("vipe_h36m", "h36m")], column),
        "found_accuracy": pd.DataFrame(
            {
                "method": ["joints2d"] * 2,
                "row": ["both steps", "names alone"],
                "map_0.5": [63.8, None],
                "found": pd.array([60, None], "Int64"),
                "top1": [None, 45.0],
            }
        ),
        "found_by_class": pd.DataFrame(
            {"label": ["axel", "flip"], "found": [3, 0], "sure": [45.6, None]}
        ),
        "found_by_video": pd.DataFrame({"video": ["a"], "found": [3], "classes": ["axel 3"]}),
    }


@pytest.mark.parametrize("name", LAYOUTS)
def test_columns_are_aligned(cases, name):
    text = markdown(name, "A sport\n(rendered)", cases[name])
    assert text.startswith(f"# {LAYOUTS[name].name}. A sport (rendered)\n\n")
    assert text.endswith("|\n")
    assert blocks(text)
    for lines in blocks(text):
        assert len(lines[0]) <= MAX_WIDTH
        bars = {tuple(i for i, letter in enumerate(line) if letter == "|") for line in lines}
        assert len(bars) == 1
        # A Markdown table: a heading, a rule of as many columns, and no cell that keeps blanks in its bold.
        assert all(set(cell) <= set("-:") and len(cell) >= 3 for cell in cells(lines[1]))
        assert "** " not in "".join(cell + "|" for line in lines for cell in cells(line))
        assert len({len(cells(line)) for line in lines}) == 1


def test_table1_as_printed(cases):
    lines = markdown("table1", "A sport", cases["table1"]).splitlines()
    assert lines == [
        "# Table 1. A sport",
        "",
        "Top-1 accuracy with all training data, %. Best of ours per column in bold. ±: sample standard deviation over "
        "trials. In parentheses: the paper's (Hong et al., ICCV 2021).",
        "",
        "| features |           BiGRU |  paper | NNS (DTW) |  paper |",
        "| -------- | --------------: | -----: | --------: | -----: |",
        "| joints2d |   60.0 ± 10.0   | (86.9) |           |        |",
        "| vpdvi    | **85.0 ±  7.1** | (94.6) |      90.0 | (81.2) |",
    ]


def test_the_best_of_each_column_is_bold(cases):
    (lines,) = blocks(markdown("table4", "A sport", cases["table4"]))
    assert [cells(line) for line in lines[:1] + lines[2:]] == [
        ["features", "threshold", "tIoU 0.3", "tIoU 0.5"],
        ["joints2d", "0.2", "**50.0 ±  1.0**", "40.0 ± 2.0"],
        ["vpdvi", "0.2", "45.0 ± 10.0", "**45.5 ± 4.0**"],
    ]
    (lines,) = blocks(markdown("table3", "A sport", cases["table3"]))
    assert [cells(line) for line in lines[:1] + lines[2:]] == [
        ["features", "queries", "P@1", "paper", "hit@1"],
        ["joints2d", "18", "50.0", "(71.6)", "50.0"],
        ["vpdvi", "1234567", "**60.0**", "(80.8)", "**60.0**"],
    ]


def test_nine_is_less_than_ten_and_equals_are_both_bold():
    table = pd.DataFrame(
        {"method": ["a", "b", "c", "d"], "t0.1": [9.0, 10.04, 9.96, None], "t0.2": [5.0] * 4}
    )
    (lines,) = blocks(markdown("tableS3", "A sport", table))
    assert [cells(line)[1] for line in lines[2:]] == ["9.0", "**10.0**", "**10.0**", ""]
    # Nothing is best where all are the same.
    assert [cells(line)[2] for line in lines[2:]] == ["5.0"] * 4
    # Decimal points stand below one another.
    assert len({line.index(".") for line in lines[2:5]}) == 1


def test_what_was_not_run_is_empty_and_a_column_without_numbers_left_out(cases):
    (lines,) = blocks(markdown("tableS2", "A sport", cases["tableS2"]))
    assert cells(lines[0]) == [
        "features", "BiGRU, k = 4", "paper", "NNS, k = 4", "paper", "BiGRU, k = 16", "paper", "NNS, k = 16", "paper",
    ]  # fmt: skip
    assert cells(lines[2]) == [
        "joints2d",
        "",
        "(37.6)",
        "",
        "(38.0)",
        "**50.0 ± 70.7**",
        "(65.6)",
        "",
        "(52.8)",
    ]
    assert cells(lines[3])[5] == "35.0 ±  7.1"
    mine = few_shot_table({}, ["mine"], [4], None)
    text = markdown("tableS2", "A sport", mine)
    (lines,) = blocks(text)
    assert [cells(line) for line in lines] == [["features"], ["--------"], ["mine"]]
    assert "paper" not in text
    assert "±" not in text


def test_shares_have_no_best(cases):
    (lines,) = blocks(markdown("tableS1", "A sport", cases["tableS1"]))
    assert [cells(line) for line in lines[:1] + lines[2:]] == [
        [
            "score >=",
            "features",
            "of all frames",
            "paper",
            "of action frames",
            "all data",
            "paper",
            "k = 16",
            "paper",
        ],
        ["", "vipe", "", "", "", "", "(78.6)", "", "(35.0)"],
        ["0.3", "vpdvi_t30", "50.0", "(62.0)", "40.0", "", "(85.7)", "30.0 ± 0.0", "(51.8)"],
        ["0.5", "vpdvi", "30.0", "(38.0)", "", "85.0 ± 7.1", "(88.9)", "**35.0 ± 7.1**", "(58.8)"],
    ]


def test_the_papers_text_stands(write_trials):
    table = threshold_table(
        write_trials(), "vipe", [(0.9, "vpdvi_t90")], {0.9: (1.0, 1.0)}, 16, "Diving48"
    )
    (lines,) = blocks(markdown("tableS1", "A sport", table))
    assert cells(lines[3])[2:4] == ["1.0", "(<1)"]


def test_rows_of_the_other_tables(cases):
    (lines,) = blocks(markdown("table2", "A sport", cases["table2"]))
    assert cells(lines[0])[:4] == ["part", "distilled from and on", "features", "all data"]
    assert cells(lines[3]) == [
        "a", "VI-VPD (motion; RGB+flow)", "vpdvi", "**85.0 ±  7.1**", "(94.6)", "35.0 ±  7.1", "(84.9)",
    ]  # fmt: skip
    (lines,) = blocks(markdown("tableS4", "A sport", cases["tableS4"]))
    assert cells(lines[0]) == ["model", "joints2d", "paper", "vpdvi", "paper"]
    assert cells(lines[2]) == ["NNS (DTW)", "", "", "**90.0**", "(81.2)"]
    (lines,) = blocks(markdown("figure3", "A sport", cases["figure3"]))
    assert cells(lines[0])[:4] == ["features", "head", "k = 4", "paper"]
    assert cells(lines[4])[:4] == ["vpdvi", "bigru", "0.0 ± 0.0", "(59.3)"]
    (lines,) = blocks(markdown("tableS8", "A sport", cases["tableS8"]))
    assert cells(lines[3]) == ["vipe_h36m", "h36m", "", "(87.7)"]


def test_a_wide_table_is_cut_between_groups():
    names = [f"t0.{place}" for place in range(1, 10)]
    table = pd.DataFrame({"method": ["vpdvi", "vpd2d"]})
    for place, name in enumerate(names):
        table[name], table[f"{name}_std"], table[f"{name}_paper"] = [50.0 + place, 49.0], 1.25, 60.0
    found = blocks(markdown("tableS3", "A sport", table))
    assert len(found) == 3
    assert all([cells(line)[0] for line in lines[2:]] == ["vpdvi", "vpd2d"] for lines in found)
    headings = [heading for lines in found for heading in cells(lines[0])[1:]]
    assert headings == [text for name in names for text in (f">= {name[1:]}", "paper")]
    assert max(len(lines[0]) for lines in found) > MAX_WIDTH - 25


def test_a_bar_in_a_name_makes_no_column():
    table = pd.DataFrame({"method": ["a|b"], "t0.1": [1.0]})
    (lines,) = blocks(markdown("tableS3", "A sport", table))
    assert lines[2].startswith(r"| a\|b ")
    assert len({len(line) for line in lines}) == 1


def test_file(tmp_path, cases):
    path = tmp_path / "new" / "table1.md"
    write_markdown(path, "table1", "A sport", cases["table1"])
    assert path.read_text(encoding="utf-8") == markdown("table1", "A sport", cases["table1"])
    assert [item.name for item in path.parent.iterdir()] == ["table1.md"]
