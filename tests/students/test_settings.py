"""The student's settings refuse what makes no sense."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from vpdlib.students.settings import AugmentationSettings, StudentSettings


def test_defaults_are_the_papers():
    s = StudentSettings()
    assert (s.architecture, s.crop_px, s.batch_size, s.learning_rate) == (
        "resnet34",
        128,
        100,
        5e-4,
    )
    assert (s.epochs, s.samples_per_epoch, s.select_window) == (1000, 20000, 5)
    assert (s.dim, s.num_channels) == (26, 5)
    assert StudentSettings(inputs="rgb").num_channels == 3


def test_round_trip_through_json():
    s = StudentSettings(widths=(8, 16), blocks=(1, 2), rgb_mean=(0.1, 0.2, 0.3), rgb_std=(1, 1, 1))
    assert StudentSettings.model_validate_json(s.model_dump_json()) == s


@pytest.mark.parametrize(
    "bad",
    [
        {"epoch": 3},
        {"widths": (8, 16), "blocks": (1,)},
        {"rgb_mean": (0.5, 0.5, 0.5)},
        {"samples_per_epoch": 10, "batch_size": 20},
        {"val_fraction": 1.0},
        {"inputs": "flow"},
        {"augmentation": {"rotation": 3}},
    ],
)
def test_refused(bad):
    with pytest.raises(ValidationError):
        StudentSettings.model_validate(bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"resized_crop_scale": (0.0, 1.0)},
        {"resized_crop_scale": (0.9, 0.5)},
        {"colour_jitter": (0.2, 0.2, 0.05, 0.6)},
        {"rotation_degrees": 200},
    ],
)
def test_augmentation_refused(bad):
    with pytest.raises(ValidationError):
        AugmentationSettings.model_validate(bad)


def test_settings_do_not_import_torch():
    code = "import sys, vpdlib.students.settings, vpdlib.poses.settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
