"""What a run is planned with, and what its jobs find."""

import json

import pytest

from vpdlib import planned
from vpdlib.planned import Planned, is_code_as_planned

SCRIPTS = ("workflow_scripts.table", "workflow_scripts.tables")


@pytest.fixture(autouse=True)
def _no_run(monkeypatch):
    # Set first, so that what the tests leave there is removed.
    monkeypatch.setenv("VPD_PLANNED", "{}")
    monkeypatch.delenv("VPD_PLANNED")


def test_jobs_inherit_what_the_run_first_found():
    run = Planned(begins=True)
    assert run.is_same("settings", "datasets/a.yaml", "1")
    assert run.is_same("settings", "datasets/a.yaml", "1")
    assert not run.is_same("settings", "datasets/a.yaml", "2")
    job = Planned(begins=False)
    assert job.is_same("settings", "datasets/a.yaml", "1")
    assert not job.is_same("settings", "datasets/a.yaml", "2")
    # Another kind of thing may have the name, and what the run did not ask about a job may find as it likes.
    assert job.is_same("code", "datasets/a.yaml", "2")
    assert job.is_same("settings", "datasets/b.yaml", "2")
    assert not job.is_same("settings", "datasets/b.yaml", "3")


def test_a_run_starts_without_what_another_one_planned_with():
    Planned(begins=True).is_same("settings", "datasets/a.yaml", "1")
    assert Planned(begins=True).is_same("settings", "datasets/a.yaml", "2")
    assert Planned(begins=False).is_same("settings", "datasets/a.yaml", "2")


def test_code_is_that_of_the_run_or_not(monkeypatch):
    code = {"a": "1", "b c": "2"}
    monkeypatch.setattr(planned, "code_digest", lambda *modules: code[" ".join(modules)])
    assert is_code_as_planned("9"), "without a run nothing was planned"
    run = Planned(begins=True)
    run.is_same("settings", "datasets/a.yaml", "9")
    assert is_code_as_planned("9"), "nor where it planned with no code"
    for names, digest in code.items():
        run.is_same("code", names, digest)
    assert is_code_as_planned("1")
    assert is_code_as_planned("2")
    # On another computer a job is given the digest of what it found.
    assert not is_code_as_planned("9")
    # On this one it is given the run's.
    code["b c"] = "3"
    assert not is_code_as_planned("2")
    assert is_code_as_planned("1")


def test_what_is_kept_is_short_enough_for_an_environment():
    from vpdlib.provenance import code_digest

    run = Planned(begins=True)
    for number in range(1000):
        run.is_same("settings", f"datasets/sport_{number}.yaml", "0" * 16)
    run.is_same("code", " ".join(SCRIPTS), code_digest(*SCRIPTS))
    kept = json.dumps(planned._inherited())
    # Linux takes 128 KiB as one variable.
    assert len(kept) < 64 << 10
    assert is_code_as_planned(code_digest(*SCRIPTS))
