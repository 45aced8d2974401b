"""Videos of ten containers whose headers, indices and packets are damaged."""

from __future__ import annotations

import pytest

from tests.fuzz import seeds
from tests.fuzz.damage import damaged
from tests.fuzz.fuzzing import Limits, fuzz

pytestmark = pytest.mark.fuzz


def test_videos(tmp_path):
    # The largest picture that is taken has 142 million pixels (vpdlib.video.container.MAX_PIXELS); decoded and as
    # RGB it takes 640 MB.
    limits = Limits(seconds=60, memory_mb=1500)
    tally = fuzz("video", damaged(seeds.videos()), tmp_path, limits)
    assert tally.taken
    assert tally.refused
