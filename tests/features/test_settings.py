"""Settings of feature sets that are refused, and what tables say of weights."""

import pytest
from pydantic import ValidationError

from vpdlib.features.settings import FusedSettings, R3DSettings


def test_a_fused_sets_scores_are_in_order():
    with pytest.raises(ValidationError, match="unsure_below must be less"):
        FusedSettings(student="vpd2d", unsure_below=0.6, sure_above=0.6)


def test_random_features_are_refused():
    with pytest.raises(ValidationError, match="features of random weights"):
        R3DSettings(weights=None)


@pytest.mark.parametrize(
    ("weights", "fine_tune", "text"),
    [
        (None, True, "from scratch"),
        ("r3d_18_KINETICS400_V1", True, "pretrained, fine-tuned"),
        ("r3d_18_KINETICS400_V1", False, "pretrained"),
    ],
)
def test_tables_say_what_weights_r3d_starts_from(weights, fine_tune, text):
    assert R3DSettings(weights=weights, fine_tune=fine_tune).weights_text == text
