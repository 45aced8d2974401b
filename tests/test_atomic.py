"""Files and folders that are there whole or not at all; what dead processes leave is removed, and nothing else."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vpdlib import atomic
from vpdlib.atomic import FOREIGN_AGE_S, replacing, sweep, sweep_below, temporary_beside

#: Begins a file or folder at the path that it is given, and is killed before its end.
KILLED = """
import os, signal, sys
from vpdlib.atomic import replacing
with replacing(sys.argv[1]) as temporary:
    if sys.argv[2] == "folder":
        temporary.mkdir()
        temporary = temporary / "weights"
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def leave_half(path, kind="file"):
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), kind], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = (entry for entry in path.parent.iterdir() if entry.name.endswith(".tmp"))
    return left


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_the_place_of_another(tmp_path):
    path = tmp_path / "new" / "a.csv"
    for text in ("1", "2"):
        with replacing(path) as temporary:
            temporary.write_text(text)
            assert temporary.parent == path.parent
        assert path.read_text() == text
    assert names(path.parent) == ["a.csv"]


def test_a_folder_takes_the_place_of_another(tmp_path):
    path = tmp_path / "student"
    for text in ("1", "2"):
        with replacing(path) as temporary:
            (temporary / "deep").mkdir(parents=True)
            (temporary / "deep" / text).write_text(text)
        assert names(path / "deep") == [text]
    assert names(tmp_path) == ["student"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_after_an_error_all_is_as_before(tmp_path, kind):
    path = tmp_path / "a"
    path.write_text("old")

    def fail():
        with replacing(path) as temporary:
            if kind == "folder":
                temporary.mkdir()
                temporary /= "b"
            temporary.write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_what_was_never_written_is_an_error_and_leaves_the_old(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_text() == "old"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_next_writer_removes_what_a_killed_one_left(tmp_path, kind):
    left = leave_half(tmp_path / "0000.h5", kind)
    assert names(tmp_path) == [left.name]
    code = "import sys; from vpdlib.datasets.tables import *; write_rows(sys.argv[1], [], VideoRow)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "other.csv")], check=True)
    assert names(tmp_path) == ["other.csv"]


def test_a_living_writer_keeps_its_own(tmp_path):
    mine = temporary_beside(tmp_path / "a")
    mine.write_text("half")
    code = "import sys; from vpdlib.atomic import sweep; print(len(sweep(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True)
    assert done.stdout.strip() == b"0"
    assert mine.exists()


def test_a_number_that_another_process_has_now_does_not_protect(tmp_path):
    mark = atomic._own_mark()
    *same, start = mark.split("-")
    (tmp_path / f".a.{'-'.join([*same, str(int(start) + 1)])}.tmp").write_text("half")
    assert len(sweep(tmp_path)) == 1
    (tmp_path / f".a.{mark}.tmp").write_text("half")
    assert sweep(tmp_path) == []


def test_a_process_that_is_not_to_be_seen_is_left_alone(tmp_path, monkeypatch):
    """Where /proc shows one's own processes alone, another user's are there all the same."""

    def forbid(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbid)
    (tmp_path / f".a.{atomic._host()}-4194303-17.tmp").write_text("half")
    assert sweep(tmp_path) == []


@pytest.mark.parametrize("name", [".a.0badc0de-{pid}-17.tmp", ".a.h5.{pid}.tmp"])
def test_what_other_machines_and_versions_left_goes_after_a_week(tmp_path, name):
    """Theirs may be alive, whatever process of this machine has the number."""
    left = tmp_path / name.format(pid=4194303)
    left.write_text("half")
    assert sweep(tmp_path) == []
    for age, expected in ((FOREIGN_AGE_S - 60, []), (FOREIGN_AGE_S + 60, [left])):
        os.utime(left, (time.time() - age,) * 2)
        assert sweep(tmp_path) == expected


def test_a_folder_of_another_machine_is_as_old_as_its_newest_file(tmp_path):
    left = tmp_path / ".a.0badc0de-1-17.tmp"
    left.mkdir()
    (left / "weights").write_text("new")
    os.utime(left, (0, 0))
    assert sweep(tmp_path) == []
    os.utime(left / "weights", (0, 0))
    assert sweep(tmp_path) == [left]


def test_nothing_else_is_touched(tmp_path):
    kept = [".a.tmp", "a.1.tmp", ".a.cpu.0.checkpoint", "a.h5", ".hidden", ".a.12x.tmp"]
    for name in kept:
        (tmp_path / name).write_text("mine")
        os.utime(tmp_path / name, (0, 0))
    assert sweep(tmp_path) == []
    assert names(tmp_path) == sorted(kept)


def test_a_tree_is_swept_and_a_missing_one_is_no_error(tmp_path):
    for folder in ("results/a/crops", "results/b"):
        (tmp_path / folder).mkdir(parents=True)
        leave_half(tmp_path / folder / "x", "folder")
    assert len(sweep_below(tmp_path / "results")) == 2
    assert sweep_below(tmp_path / "nowhere") == []


def test_hosts_of_one_name_with_other_process_numbers_are_told_apart(monkeypatch):
    """Two containers of one name each have a process 7."""
    marks = set()
    for space in ("pid:[1]", "pid:[2]"):
        monkeypatch.setattr(os, "readlink", lambda path, space=space: space)
        marks.add(atomic._host.__wrapped__())
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    marks.add(atomic._host.__wrapped__())
    assert len(marks) == 3


def test_copies_of_one_image_are_told_apart(tmp_path, monkeypatch):
    """Of one name, and with the same space of process numbers; a machine that is started anew is another one, too."""
    marks = set()
    for start in ("8d2c", "91aa"):
        (tmp_path / "boot_id").write_text(f"{start}\n")
        monkeypatch.setattr(atomic, "_BOOT_ID", tmp_path / "boot_id")
        marks.add(atomic._host.__wrapped__())
    monkeypatch.setattr(atomic, "_BOOT_ID", tmp_path / "none")
    marks.add(atomic._host.__wrapped__())
    assert len(marks) == 3


def _write_folders(path, number):
    for _ in range(60):
        with replacing(path) as temporary:
            temporary.mkdir()
            (temporary / "a").write_text(str(number))
            (temporary / "b").write_text(str(number))


def test_two_writers_of_one_folder_never_mix_or_fail(tmp_path):
    """A job of a killed run lives on while the rerun makes the same folder."""
    path = tmp_path / "student"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_folders, args=(path, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert (path / "a").read_text() == (path / "b").read_text()
    assert names(tmp_path) == ["student"]


def test_no_writer_of_the_library_does_without():
    """Names of temporaries made by hand are not recognised when their process is killed."""
    library = Path(atomic.__file__).parent
    found = [
        path.relative_to(library).as_posix()
        for path in library.rglob("*.py")
        if path.name != "atomic.py"
        for text in [path.read_text()]
        if "os.replace" in text or "mkstemp" in text or ".tmp" in text
    ]
    assert found == []
