"""What Snakemake's scheduler is told beside the rules."""

import re
import sys

import pytest

TARGET = "results/mine/dataset/actions.csv"


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("arguments", "most"),
    [([], sys.maxsize), (["--max-jobs-per-timespan", "5/1s"], 5)],
)
def test_only_a_limit_that_was_asked_for_holds_jobs_back(mine, arguments, most):
    """With its default limit Snakemake burns CPU between jobs and ends late; see the Snakefile."""
    done = mine.run("--verbose", *arguments, "--", TARGET)
    assert done.returncode == 0, done.stdout
    # Before the first choice of jobs it is not yet set.
    _, *allowed = map(int, re.findall(r"before .*'_job_count': (\d+)", done.stdout))
    assert allowed, done.stdout
    assert max(allowed) <= most
    assert (min(allowed) == sys.maxsize) == (most == sys.maxsize)
