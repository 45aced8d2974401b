"""The order of the tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole workflows first: while one process runs the longest, the others have the short tests to do."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
