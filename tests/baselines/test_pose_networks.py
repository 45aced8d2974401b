"""What ST-GCN and MS-G3D have in common: clips on their own, few frames, learning, refusals."""

import pytest
import torch

from tests.baselines import test_msg3d, test_stgcn
from tests.baselines.overfitting import accuracy_after_training, random_poses
from vpdlib.baselines.graph import JOINTS13_GRAPH
from vpdlib.baselines.msg3d import MSG3D
from vpdlib.baselines.settings import MSG3DSettings, STGCNSettings
from vpdlib.baselines.stgcn import STGCN

PUBLISHED = {MSG3D: MSG3DSettings(), STGCN: STGCNSettings()}
SMALL = {MSG3D: test_msg3d.SMALL, STGCN: test_stgcn.SMALL}


@pytest.fixture(params=SMALL)
def kind(request):
    return request.param


def small(kind):
    return kind(JOINTS13_GRAPH, 4, 3, SMALL[kind])


def test_clips_do_not_depend_on_each_other_in_evaluation(kind):
    network = small(kind).eval()
    poses = random_poses(3, 9, 13)
    torch.testing.assert_close(network(poses)[1:2], network(poses[1:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("num_frames", [1, 2, 7])
def test_few_frames(kind, num_frames):
    network = kind(JOINTS13_GRAPH, 4, 2, PUBLISHED[kind])
    logits = network(torch.randn(3, 2, num_frames, 13))
    assert logits.shape == (3, 4)
    assert logits.isfinite().all()


def test_learns_eight_clips_by_heart(kind):
    torch.manual_seed(0)
    poses, labels = random_poses(8, 12, 13), torch.arange(8) % 4
    assert accuracy_after_training(small(kind), poses, labels, steps=60, learning_rate=0.01) == 1.0


def test_refuses_other_poses(kind):
    network = small(kind)
    for shape in [(2, 3, 9, 17), (2, 2, 9, 13), (2, 3, 13)]:
        with pytest.raises(ValueError, match="13 joints"):
            network(torch.zeros(shape))
