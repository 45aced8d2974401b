"""What TRN and GSM have in common: they learn."""

import pytest
import torch

from tests.baselines.frame_networks import small_backbone, steps_to_learn_by_heart
from vpdlib.baselines.gsm import GSM
from vpdlib.baselines.trn import TRN


@pytest.mark.parametrize("kind", [TRN, GSM])
def test_learns_8_clips_by_heart(kind):
    torch.manual_seed(0)
    network = kind(small_backbone(), 4, 4, dropout=0.0)
    steps_to_learn_by_heart(network, torch.rand(8, 4, 3, 24, 24))
