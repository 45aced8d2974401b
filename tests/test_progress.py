import io
import platform
from datetime import UTC, datetime
from types import SimpleNamespace

from vpdlib import progress


def test_items_come_through_in_order():
    assert list(progress.track([3, 1, 2], "looking")) == [3, 1, 2]
    assert list(progress.track(iter("ab"), "looking")) == ["a", "b"]
    assert list(progress.track([], "looking")) == []


def test_the_log_gets_plain_lines(tmp_path):
    path = tmp_path / "new" / "job.log"
    with progress.logged_to(path):
        progress.note("begun, 50 %s")
        list(progress.track(range(5), "looking", unit="frame", log_every_s=0))
        list(progress.track(iter("ab"), "reading"))
    lines = path.read_text().splitlines()
    assert lines[0] == "begun, 50 %s"
    assert len(lines) == 1 + (5 + 1) + 1 + 1
    assert lines[1].startswith("looking: 1/5 frame in 0 s (")
    assert lines[6].startswith("looking: 5/5 frame in ")
    assert lines[7].startswith("reading: 2 it in ")
    assert all(line.isprintable() for line in lines)


def test_lines_are_rare(read_log, monkeypatch):
    now = iter(range(1000))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(now)))
    list(progress.track(range(100), "looking", log_every_s=25))
    assert [line.split(" it")[0] for line in read_log().splitlines()] == [
        "looking: 25/100",
        "looking: 50/100",
        "looking: 75/100",
        "looking: 100/100",
        "looking: 100/100",
    ]


def test_warnings_are_seen_in_the_terminal_too(tmp_path, capsys):
    with progress.logged_to(tmp_path / "job.log") as log:
        progress.note("begun")
        progress.warn("look at a.mp4")
        print("by hand", file=log)
    assert capsys.readouterr() == ("", "warning: look at a.mp4\n")
    lines = (tmp_path / "job.log").read_text().splitlines()
    assert lines[:-1] == ["begun", "warning: look at a.mp4", "by hand"]


def test_a_log_ends_with_when_and_where_it_was_written(tmp_path):
    before = datetime.now(UTC).replace(microsecond=0)
    with progress.logged_to(tmp_path / "job.log"):
        progress.note("at work")
    last = (tmp_path / "job.log").read_text().splitlines()[-1]
    times, _, where = last.partition(" on ")
    begun, ended = (
        datetime.strptime(text, progress.LOG_TIME).replace(tzinfo=UTC)
        for text in times.split(" to ")
    )
    assert before <= begun <= ended <= datetime.now(UTC)
    assert where == progress.computer()
    assert platform.machine() in where


def test_a_new_log_begins_anew(tmp_path):
    for text in ("first", "second"):
        with progress.logged_to(tmp_path / "job.log"):
            progress.note(text)
    progress.note("after")
    lines = (tmp_path / "job.log").read_text().splitlines()
    assert lines[:-1] == ["second"]


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
