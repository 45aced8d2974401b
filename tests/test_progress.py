import io

import pytest

from vpdlib import progress


@pytest.fixture(autouse=True)
def _no_log(monkeypatch):
    monkeypatch.setattr(progress, "_log", None)


def test_items_come_through_in_order():
    assert list(progress.track([3, 1, 2], "looking")) == [3, 1, 2]
    assert list(progress.track(iter("ab"), "looking")) == ["a", "b"]
    assert list(progress.track([], "looking")) == []


def test_the_log_gets_plain_lines(tmp_path):
    stream = progress.open_log(tmp_path / "new" / "job.log")
    progress.note("begun")
    list(progress.track(range(5), "looking", unit="frame", log_every_s=0))
    list(progress.track(iter("ab"), "reading"))
    stream.close()
    lines = (tmp_path / "new" / "job.log").read_text().splitlines()
    assert lines[0] == "begun"
    assert len(lines) == 1 + (5 + 1) + 1
    assert lines[1].startswith("looking: 1/5 frame in 0 s (")
    assert lines[6].startswith("looking: 5/5 frame in ")
    assert lines[7].startswith("reading: 2 it in ")
    assert all(line.isprintable() for line in lines)


def test_lines_are_rare(tmp_path, monkeypatch):
    now = iter(range(1000))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    stream = progress.open_log(tmp_path / "job.log")
    list(progress.track(range(100), "looking", log_every_s=25))
    stream.close()
    lines = (tmp_path / "job.log").read_text().splitlines()
    assert [line.split(" it")[0] for line in lines] == [
        "looking: 25/100",
        "looking: 50/100",
        "looking: 75/100",
        "looking: 100/100",
        "looking: 100/100",
    ]


def test_without_a_log_lines_go_to_standard_error(capsys):
    list(progress.track(range(3), "looking"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("looking: 3/3 it in 0 s")


def test_a_new_log_begins_anew(tmp_path):
    for text in ("first", "second"):
        stream = progress.open_log(tmp_path / "job.log")
        progress.note(text)
        stream.close()
    assert (tmp_path / "job.log").read_text() == "second\n"


def test_a_terminal_gets_a_bar_that_is_closed_on_an_error(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    loop = progress.track(range(10), "looking", unit="frame")
    next(loop)
    loop.close()
    assert "looking" in terminal.getvalue()
    assert "looking: " not in terminal.getvalue().split("\r")[-1]
