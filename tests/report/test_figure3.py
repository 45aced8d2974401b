"""Figure 3: files are made and hold what the table says."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from vpdlib.report.figure3 import draw_figure3


def table(top1_std=(1.0, 2.0), top1_paper=(None, None)):
    rows = [
        {"method": method, "head": head, "k": k, "top1": 10.0 * k + index}
        for index, method in enumerate(("joints2d", "vpd2d"))
        for head in ("bigru", "nns")
        for k in (4, 8)
    ]
    frame = pd.DataFrame(rows)
    frame["top1_std"] = list(top1_std) * 4
    frame["top1_paper"] = list(top1_paper) * 4
    return frame


@pytest.mark.parametrize(
    "frame",
    [table(), table(top1_std=(None, None)), table(top1_paper=(50.5, None)), table()[:1]],
    ids=["plain", "one trial", "paper", "one point"],
)
def test_files_are_made(tmp_path, frame):
    draw_figure3(frame, "A sport (rendered)", [tmp_path / "f.png", tmp_path / "f.pdf"])
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")
    assert plt.get_fignums() == []


def test_curves_are_the_tables(tmp_path, monkeypatch):
    (axes,) = drawn(table(top1_paper=(50.5, None)), monkeypatch, tmp_path).axes
    lines = [c.lines[0] for c in axes.containers]
    assert [line.get_ydata().tolist() for line in lines] == [[40, 80], [40, 80], [41, 81], [41, 81]]
    assert all(line.get_xdata().tolist() == [4, 8] for line in lines)
    assert [c.get_label() for c in axes.containers] == [
        "joints2d, bigru",
        "joints2d, nns",
        "vpd2d, bigru",
        "vpd2d, nns",
    ]
    # One colour a method, one style a head; the paper's points are crosses that say so.
    assert lines[0].get_color() == lines[1].get_color() != lines[2].get_color()
    assert lines[0].get_linestyle() == lines[2].get_linestyle() != lines[1].get_linestyle()
    crosses = [line for line in axes.lines if line.get_marker() in ("x", "+")]
    assert [line.get_label()[-7:] for line in crosses] == [", paper"] * 4
    assert [line.get_marker() for line in crosses] == ["x", "+", "x", "+"]
    assert all(line.get_ydata().tolist() == [50.5] for line in crosses)
    assert axes.get_title() == "A sport"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["4", "8"]


def many(num_methods):
    rows = [
        {
            "method": f"m{index:02d}",
            "head": "bigru",
            "k": k,
            "top1": 50.0,
            "top1_std": 1.0,
            "top1_paper": None,
        }
        for index in range(num_methods)
        for k in (4, 8)
    ]
    return pd.DataFrame(rows)


def drawn(table, monkeypatch, tmp_path):
    figures = []

    def keep(figure, path, **_):
        figures.append(figure)
        path.touch()

    monkeypatch.setattr(Figure, "savefig", keep)
    draw_figure3(table, "A sport", [tmp_path / "f.png"])
    return figures[0]


def test_many_methods_are_told_apart(tmp_path, monkeypatch):
    figure = drawn(many(24), monkeypatch, tmp_path)
    (axes,) = figure.axes
    looks = [(c.lines[0].get_color(), c.lines[0].get_marker()) for c in axes.containers]
    assert len(set(looks)) == len(looks) == 24
    # Ten by colour alone; the crosses are the paper's.
    assert len({colour for colour, _ in looks[:10]}) == 10
    assert not {"x", "+"} & {marker for _, marker in looks}
    assert axes.get_legend() is None
    assert len(figure.legends[0].get_texts()) == 24
    assert drawn(many(3), monkeypatch, tmp_path).axes[0].get_legend() is not None


def test_what_was_not_run_has_no_curve_and_keeps_the_papers_points(tmp_path, monkeypatch):
    table = many(3)
    table["top1_paper"] = 60.5
    table.loc[table["method"] == "m01", ["top1", "top1_std"]] = None
    (axes,) = drawn(table, monkeypatch, tmp_path).axes
    assert [c.get_label() for c in axes.containers] == ["m00, bigru", "m02, bigru"]
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert len(crosses) == 3
    curves = {c.lines[0].get_color() for c in axes.containers}
    assert [line.get_color() in curves for line in crosses] == [True, False, True]
