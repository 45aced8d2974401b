"""Which settings of person detection are taken, and what they need."""

import pytest
from pydantic import ValidationError

from vpdlib.people.settings import MMDetSettings, PeopleSettings, checkpoint_references

MMDET = {"config": "rtmdet_m_8xb32-300e_coco", "checkpoint": "rtmdet-m"}


def test_mmdet_needs_its_section_which_may_wait_unused() -> None:
    with pytest.raises(ValidationError, match=r"people\.mmdet: `detectors` names mmdet"):
        PeopleSettings.model_validate({"detectors": ["mmdet"]})
    unused = PeopleSettings.model_validate({"mmdet": {**MMDET, "masks": True}})
    assert checkpoint_references(unused) == []
    assert not unused.has_masks
    settings = PeopleSettings.model_validate({"detectors": ["mmdet", "multipose"], "mmdet": MMDET})
    assert isinstance(settings.mmdet, MMDetSettings)
    assert not settings.has_masks


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"detectors": []}, "at least 1"),
        ({"detectors": ["nanodet", "nanodet"]}, "name each detector once"),
        ({"detectors": ["yolo"]}, "'nanodet', 'multipose' or 'mmdet'"),
        ({"detectors": ["mmdet"], "mmdet": {"config": "x"}}, "checkpoint"),
        ({"detectors": ["mmdet"], "mmdet": {**MMDET, "checkpoint_sha256": "xyz"}}, "pattern"),
        ({"detectors": ["mmdet"], "mmdet": {**MMDET, "batch_size": 0}}, "greater than"),
        ({"detectors": ["mmdet"], "mmdet": {**MMDET, "colour": 1}}, "Extra inputs"),
    ],
)
def test_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PeopleSettings.model_validate(changes)


def test_checkpoints_that_are_needed() -> None:
    assert checkpoint_references(PeopleSettings()) == []
    for sha256 in (None, "0123abcd"):
        settings = PeopleSettings.model_validate(
            {"detectors": ["mmdet"], "mmdet": {**MMDET, "checkpoint_sha256": sha256, "masks": True}}
        )
        assert checkpoint_references(settings) == [("rtmdet-m", sha256)]
        assert settings.has_masks
