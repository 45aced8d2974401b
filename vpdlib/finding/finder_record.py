"""What a finder's folder says of it, see `vpdlib.finding.finder_folder`."""

from __future__ import annotations

from vpdlib.finding.settings import FindingSettings
from vpdlib.training.model_folder import ModelFolder, ModelRecord


class FinderRecord(ModelRecord):
    """What ``settings.json`` holds."""

    features: tuple[str, ...]
    head: str
    class_names: tuple[str, ...]
    is_uncut: bool
    settings: FindingSettings
    acceptance: tuple[float, float, float]
    threshold: float
    precision: float | None
    recall: float | None
    calibration_error: float | None
    num_actions: int
    made_of: dict[str, str]


FOLDER = ModelFolder("finder", "vpd-finder-1", "run rule tune_finder", FinderRecord)
