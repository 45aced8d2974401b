"""Settings of the skeleton networks: what is refused, and with which words."""

import pytest
from pydantic import ValidationError

from vpdlib.baselines.settings import MSG3DSettings, PoseC3DSettings, STGCNSettings


@pytest.mark.parametrize(
    ("settings", "values", "message"),
    [
        (STGCNSettings, {"temporal_kernel": 8}, "8 is even"),
        (STGCNSettings, {"stage_widths": (64, 128)}, "3 numbers for 2 stage_widths"),
        (STGCNSettings, {"partition": "random"}, "partition"),
        (STGCNSettings, {"stage_blocks": (0, 1, 1)}, "greater than or equal to 1"),
        (MSG3DSettings, {"window_sizes": (3, 4)}, "4 is even"),
        (MSG3DSettings, {"widths": (96, 100)}, "100 is no multiple of 6"),
        (MSG3DSettings, {"scales": 13}, "Extra inputs"),
        (PoseC3DSettings, {"sigma_px": 0.0}, "greater than 0"),
        (PoseC3DSettings, {"stage_blocks": ()}, "at least 1 item"),
    ],
)
def test_refused(settings, values, message):
    with pytest.raises(ValidationError, match=message):
        settings(**values)


@pytest.mark.parametrize("settings", [STGCNSettings, MSG3DSettings, PoseC3DSettings])
def test_every_setting_is_described(settings):
    for name, field in settings.model_fields.items():
        assert len(field.description or "") >= 10, name
