"""The order of the tests, and what the library has said in them."""

import logging
from collections.abc import Callable

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole workflows first: while one process runs the longest, the others have the short tests to do."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)


@pytest.fixture
def read_log(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """A function that gives what vpdlib has said since it was last called, as a job's log has it."""

    def read() -> str:
        lines = [
            "warning: " * (record.levelno == logging.WARNING) + record.getMessage() + "\n"
            for record in caplog.records
            if record.name == "vpdlib"
        ]
        caplog.clear()
        return "".join(lines)

    return read
