"""Tables and lists as pages by themselves."""

import pytest

from vpdlib.report import html_page
from vpdlib.report.html_page import write_page

SCRIPT = "<script>alert(1)</script>"


def page_of(path, text, title="Mine"):
    path.write_text(text, encoding="utf-8")
    write_page(path.with_suffix(".html"), path, title)
    return path.with_suffix(".html").read_text(encoding="utf-8")


def test_a_table_of_results_is_read_by_its_layout(tmp_path):
    page = page_of(
        tmp_path / "table1.csv",
        "method,head,trials,top1,top1_std,top1_paper\nvpd2d,nns,1,80,,\njoints2d,nns,5,91.04,1.9,72.1\n",
    )
    assert "<h1>Table 1: recognition with all training actions. Mine</h1>" in page
    assert "More is better. ★ and bold: best of ours in a column. ±: sample" in page
    assert (
        '<th scope="col" class="number">NNS (DTW)</th><th scope="col" class="paper">paper</th>'
        in page
    )
    assert '<td class="number best" data-value="91.04">91.0 ± 1.9<span' in page
    assert '<th scope="row" class="text">joints2d</th>' in page


def test_a_list_has_the_columns_of_its_file_and_texts_stay_text(tmp_path):
    page = page_of(
        tmp_path / "problems.csv",
        f'video,start,end,stage,problem,remedy\na,1.5,,x,{SCRIPT},"look, <b>"\n',
        title=f"Sport {SCRIPT}",
    )
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page
    assert "look, &lt;b&gt;" in page
    assert '<td class="number">1.5</td><td class="text">–</td>' in page
    assert "1 rows, as in problems.csv." in page


def test_nothing_is_said_to_be_nothing(tmp_path):
    assert "There is none." in page_of(tmp_path / "found.csv", "video,start\n")


def test_a_long_list_is_cut_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(html_page, "MAX_ROWS", 2)
    page = page_of(tmp_path / "predictions.csv", "video,start\na,1\nb,2\nc,3\n")
    assert "The first 2 of 3 rows; predictions.csv has all." in page
    assert page.count("<tr>") == 3
    assert ">c<" not in page


@pytest.mark.parametrize("text", ["", "video,start\na\n"])
def test_a_damaged_list_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match=r"found\.csv: .*delete it to have it made anew"):
        page_of(tmp_path / "found.csv", text)
