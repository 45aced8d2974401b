"""Which teacher the settings make, and what weights it needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from vpdlib.poses.build import build_teacher
from vpdlib.poses.settings import PoseSettings, checkpoint_references
from vpdlib.weights.check import WeightsError

MMPOSE = {"config": "td-hm_hrnet-w48_8xb32-210e_coco-384x288", "checkpoint": "hrnet-w48-384x288"}
ONNX = {"file": "networks/rtmpose.onnx", "codec": "simcc", "sha256": "0123456789abcdef"}
BOTH = {"mmpose": MMPOSE, "onnx": ONNX}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "movenet-thunder"),
        ({"angles_degrees": [0, 90]}, "movenet-thunder"),
        ({"teacher": "mmpose", **BOTH}, "checkpoint 'hrnet-w48-384x288': expected the file .*run: "),
        ({"teacher": "onnx", **BOTH}, "checkpoint 'networks/rtmpose.onnx': .*no such file"),
    ],
)  # fmt: skip
def test_missing_networks_are_refused(given: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=message):
        build_teacher(PoseSettings.model_validate(given), tmp_path, "cpu", 1)


@pytest.mark.parametrize("teacher", ["mmpose", "onnx"])
def test_a_teacher_needs_its_section(teacher: str) -> None:
    other = {name: section for name, section in BOTH.items() if name != teacher}
    with pytest.raises(ValidationError, match=f"the section {teacher} is missing"):
        PoseSettings.model_validate({"teacher": teacher, **other})


def test_the_weights_of_the_chosen_teacher_are_named() -> None:
    def needed(**given: object) -> list:
        return checkpoint_references(PoseSettings.model_validate(given))

    assert needed() == needed(**BOTH) == []
    assert needed(teacher="mmpose", **BOTH) == [("hrnet-w48-384x288", None)]
    assert needed(teacher="onnx", **BOTH) == [("networks/rtmpose.onnx", "0123456789abcdef")]


def test_settings_survive_json() -> None:
    settings = PoseSettings.model_validate({"teacher": "mmpose", **BOTH})
    plain = json.loads(json.dumps(settings.model_dump(mode="json")))
    assert PoseSettings.model_validate(plain) == settings


@pytest.mark.parametrize(
    "change", [{"batch_size": 0}, {"checkpoint_sha256": "xyz"}, {"config": ""}, {"device": "cpu"}]
)
def test_settings_that_make_no_sense_are_refused(change: dict) -> None:
    with pytest.raises(ValidationError):
        PoseSettings.model_validate({"teacher": "mmpose", "mmpose": {**MMPOSE, **change}})
