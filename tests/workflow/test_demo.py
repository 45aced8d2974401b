"""The demo's tables are those that are kept; after `make demo`, on the kind of CPU that made them."""

from pathlib import Path

import pytest

from tests.workflow.test_chain import GOLDEN, skip_on_another_cpu

RESULTS = Path(__file__).resolve().parents[2] / "results" / "demo"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.name for path in (GOLDEN / "demo").iterdir()))
def test_the_demos_tables_are_those_that_are_kept(name):
    if not (RESULTS / name).is_file():
        pytest.skip(f"results/demo/{name} is not there: make demo")
    skip_on_another_cpu()
    assert (RESULTS / name).read_text() == (GOLDEN / "demo" / name).read_text()
