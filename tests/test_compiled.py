"""Compiled loops are kept between processes, and work where nothing can be kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
from vpdlib.compiled import compiled

@compiled
def twice(value):
    return 2 * value
"""
USE = """
from kernels import twice

print(twice(21), sum(twice.stats.cache_hits.values()), type(twice._cache).__name__)
"""


def run(folder, **environment):
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", USE],
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{root}", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kernels.py").write_text(MODULE)
    return tmp_path


def test_a_later_process_takes_what_an_earlier_one_made(folder):
    assert run(folder)[:2] == ["42", "0"]
    assert run(folder)[:2] == ["42", "1"]
    # An edited file is compiled anew.
    (folder / "kernels.py").write_text(MODULE.replace("2 *", "3 *"))
    assert run(folder)[:2] == ["63", "0"]


def test_where_nothing_can_be_kept_it_works_all_the_same(folder):
    # A file stands where the folders would be made; this holds for a superuser too, whom modes do not stop.
    (folder / "__pycache__").write_text("")
    (folder / "home").write_text("")
    kept_nowhere = {"HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "home" / "cache")}
    assert run(folder, PYTHONDONTWRITEBYTECODE="1", **kept_nowhere) == ["42", "0", "NullCache"]
