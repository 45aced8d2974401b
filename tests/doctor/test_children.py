"""Probes in processes of their own: those that crash, hang or raise are told apart, and stop no other."""

import os
import time

import pytest

from vpdlib.doctor import children, probes
from vpdlib.doctor.children import run_probes

BROKEN = """
import os, signal, sys, time
from vpdlib.doctor import probes

def dies(folder):
    os.kill(os.getpid(), signal.SIGILL)

def raises(folder):
    print("a library says something")
    raise RuntimeError("no good")

def absent(folder):
    raise probes.Absent("not here")

def hangs(folder):
    time.sleep(600)

probes.PROBES = dict(dies=dies, raises=raises, absent=absent, hangs=hangs, works=lambda folder: str(folder))
probes.main(sys.argv[1], sys.argv[2:])
"""


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Children that have these probes in place of the real ones."""
    program = tmp_path / "broken.py"
    program.write_text(BROKEN)
    started = children.subprocess.Popen

    def popen(command, **options):
        at = command.index("vpdlib.doctor.probes")
        return started([command[0], str(program), *command[at + 1 :]], **options)

    monkeypatch.setattr(children.subprocess, "Popen", popen)


def test_a_crash_is_one_probe_s_and_the_others_go_on(broken, tmp_path):
    answers = run_probes([["works", "dies", "raises", "absent"]], tmp_path, 60)
    assert {name: answer.state for name, answer in answers.items()} == {
        "works": "works",
        "dies": "wrong",
        "raises": "wrong",
        "absent": "absent",
    }
    assert answers["works"].said == str(tmp_path)
    assert answers["dies"].said.startswith("ended by SIGILL (the processor lacks an instruction)")
    assert answers["raises"].said == "RuntimeError: no good"


def test_what_takes_too_long_is_left_behind(broken, tmp_path):
    begun = time.monotonic()
    answers = run_probes([["hangs", "works"], ["absent"]], tmp_path, 4)
    assert time.monotonic() - begun < 30
    assert answers["hangs"].state == answers["works"].state == "unknown"
    assert "still busy" in answers["hangs"].said
    assert "not tried" in answers["works"].said
    assert answers["absent"].state == "absent"


def test_a_child_that_does_not_start_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(children.sys, "executable", "/bin/false")
    answers = run_probes([["codecs"]], tmp_path, 30)
    assert answers["codecs"].said == "ended with status 1: it said nothing"


def test_real_probes_run(tmp_path):
    """Those that are quick; networks are not there."""
    answers = run_probes([["codecs", "opencv_flow", "nanodet"]], tmp_path, 120)
    assert answers["codecs"].state == "works", answers
    assert "H.264 written and read" in answers["codecs"].said
    assert answers["opencv_flow"].state == "works"
    assert answers["nanodet"].state == "absent"
    assert not list(tmp_path.iterdir())


def test_every_probe_is_named_by_its_function():
    assert all(name == probe.__name__ for name, probe in probes.PROBES.items())
    assert os.linesep not in probes.SIGN
