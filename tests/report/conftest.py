"""Recognition artifacts with given numbers of right answers."""

import numpy as np
import pytest

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.report.tables import recognition_cells


@pytest.fixture
def write():
    """Write a recognition artifact from probabilities (R, A, C) and labels (A,)."""

    def write_one(path, probabilities, label):
        origin = Provenance("recognize_actions", "c", "d", "i")
        with ArtifactWriter(path, "recognition", origin) as artifact:
            artifact.write("probabilities", np.array(probabilities, np.float32))
            artifact.write("label", np.array(label, np.int64))
        return path

    return write_one


@pytest.fixture
def write_trials(tmp_path, write):
    """Write artifacts of ten test actions each, and return their cells.

    Each is given as method, head, setting and the numbers of actions that its trials get right.
    """

    def write_all(*results):
        paths = []
        for method, head, regime, right in results:
            answers = np.array([[0] * num + [1] * (10 - num) for num in right])
            path = tmp_path / "recognition" / method / head / f"{regime}.h5"
            paths.append(write(path, np.eye(3)[answers], [0] * 10))
        return recognition_cells(paths)

    return write_all
