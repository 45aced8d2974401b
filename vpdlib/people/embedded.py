"""What the embedded detectors share: a converted network that looks at one image at a time."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from vpdlib.people.base import SingleImageDetector
from vpdlib.weights.session import open_session


class EmbeddedDetector(SingleImageDetector):
    """A detector on ONNX Runtime.

    Parameters
    ----------
    networks_dir : the folder of converted networks.
    score_threshold : people below it are left out.
    threads : threads one call may use.

    Raises
    ------
    WeightsError
        if the network is missing or not the expected one.
    """

    #: Name in the registry of embedded networks.
    network: ClassVar[str]

    def __init__(self, networks_dir: Path, score_threshold: float, threads: int) -> None:
        self._session = open_session(self.network, networks_dir, threads)
        self._score_threshold = score_threshold
