"""The student's settings refuse what makes no sense."""

import subprocess
import sys
from typing import get_args

import pytest
from pydantic import ValidationError

from vpdlib.students.settings import (
    INPUTS,
    SEEN,
    AugmentationSettings,
    StudentSettings,
    find_student,
)


def test_defaults_are_the_papers():
    s = StudentSettings()
    assert (s.architecture, s.crop_px, s.batch_size, s.learning_rate) == (
        "resnet34",
        128,
        100,
        5e-4,
    )
    assert (s.epochs, s.samples_per_epoch, s.select_window) == (1000, 20000, 5)
    assert (s.descriptor_dim, s.has_decoder, s.num_channels) == (None, True, 5)
    assert (s.min_score, s.score_power, s.augmentation.rotation_degrees) == (None, 0, 0)
    assert StudentSettings(inputs="rgb").num_channels == 3


def test_round_trip_through_json():
    s = StudentSettings(widths=(8, 16), blocks=(1, 2), rgb_mean=(0.1, 0.2, 0.3), rgb_std=(1, 1, 1))
    assert StudentSettings.model_validate_json(s.model_dump_json()) == s


@pytest.mark.parametrize(
    "bad",
    [
        {"epoch": 3},
        {"widths": (8, 16), "blocks": (1,)},
        {"widths": (8, 16), "blocks": (1, 0)},
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


@pytest.mark.parametrize("widths", [(2,), (8, 6), (7, 8), (0,)])
def test_stages_that_crash_torch_on_a_cpu_are_refused(widths):
    with pytest.raises(ValidationError, match="every stage must have at least 8 channels"):
        StudentSettings(widths=widths, blocks=(1,) * len(widths))
    assert StudentSettings(widths=(8, 9), blocks=(1, 1)).widths == (8, 9)


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


STUDENTS = {
    "vpd2d": StudentSettings(epochs=7),
    "vpdvi": StudentSettings(teacher="vipe", seed=3),
    "vpd_rgb": StudentSettings(seed=5),
}


@pytest.mark.parametrize(
    ("name", "base", "changes"),
    [
        ("vpd2d", "vpd2d", {}),
        ("vpd2d_rgb", "vpd2d", {"inputs": "rgb", "motion": False}),
        ("vpdvi_rgbflow", "vpdvi", {"inputs": "rgb_flow", "motion": False}),
        ("vpdvi_actions", "vpdvi", {"distil_on": "actions"}),
        ("vpdvi_corpus", "vpdvi", {"distil_on": "corpus"}),
        ("vpdvi_t05", "vpdvi", {"min_score": 0.05}),
        ("vpdvi_t00", "vpdvi", {"min_score": 0.0}),
        ("vpd2d_v01", "vpd2d", {"video_share": 0.01}),
        # A student that is listed is what its settings say, whatever its name.
        ("vpd_rgb", "vpd_rgb", {}),
    ],
)
def test_ablations_follow_from_a_students_name(name, base, changes):
    assert find_student(STUDENTS, name) == STUDENTS[base].model_copy(update=changes)


@pytest.mark.parametrize(
    "name", ["vpd3d", "vpd2d_", "vpd2d_blue", "vpd2d_t5", "vpd2d_v00", "_rgb", "other_rgb"]
)
def test_other_names_are_no_student(name):
    assert find_student(STUDENTS, name) is None


def test_what_students_see_has_names_that_the_rules_have_not():
    taken = {"model", "weights", "crops", "tracks", "poses", "labels", "videos", "actions"}
    assert not taken & set(INPUTS)
    assert {name for names in SEEN.values() for name in names} <= set(INPUTS)
    assert set(SEEN) == set(get_args(StudentSettings.model_fields["inputs"].annotation))
