"""ST-GCN: size, formula, symmetry, training."""

import itertools

import pytest
import torch

from tests.baselines.overfitting import size_of
from vpdlib.baselines.graph import (
    COCO17_GRAPH,
    JOINTS13_GRAPH,
    NTU25_GRAPH,
    OPENPOSE18_GRAPH,
    partitioned_adjacency,
)
from vpdlib.baselines.settings import STGCNSettings
from vpdlib.baselines.stgcn import STGCN, PartitionedGraphConv
from vpdlib.skeleton import JOINTS13_FLIP_ORDER

SMALL = STGCNSettings(stage_widths=(16, 32), stage_blocks=(2, 1), temporal_kernel=5, dropout=0.0)


@pytest.mark.parametrize(
    ("graph", "num_classes", "size"),
    [
        # MMAction2, configs/skeleton/stgcn/metafile.yml (version 0.x), stgcn_80e_ntu60_xsub_keypoint (COCO joints).
        (COCO17_GRAPH, 60, 3_088_704),
        # The authors' configurations (NTU RGB+D, Kinetics-Skeleton); published as 3.1 M, counted layer by layer below.
        (NTU25_GRAPH, 60, 3_098_832),
        (OPENPOSE18_GRAPH, 400, 3_177_140),
    ],
)
def test_size_is_the_published_one(graph, num_classes, size):
    assert size_of(STGCN(graph, num_classes, 3, STGCNSettings())) == size
    assert counted_by_hand(graph.num_joints, num_classes) == size


def counted_by_hand(num_joints, num_classes):
    """Parameters of the published network: ten blocks, three kinds of neighbour, nine frames, biases everywhere."""
    widths = [3, 64, 64, 64, 64, 128, 128, 128, 256, 256, 256]
    total = 2 * 3 * num_joints + 256 * num_classes + num_classes
    for before, after in itertools.pairwise(widths):
        total += (before + 1) * 3 * after  # graph convolution
        total += 9 * after * after + after + 2 * 2 * after  # over time, with two normalisations
        total += 3 * num_joints**2  # edge importance
        if before not in (3, after):
            total += (before + 1) * after + 2 * after  # residual path
    return total


@pytest.mark.parametrize("partition", ["uniform", "distance", "spatial"])
def test_graph_convolution_is_the_formula(partition):
    torch.manual_seed(0)
    adjacency = torch.from_numpy(partitioned_adjacency(JOINTS13_GRAPH, partition))
    layer = PartitionedGraphConv(2, 3, len(adjacency))
    values = torch.randn(2, 2, 2, 13)
    weight = layer.transform.weight[:, :, 0, 0].reshape(len(adjacency), 3, 2)
    bias = layer.transform.bias.reshape(len(adjacency), 3)
    expected = torch.zeros(2, 3, 2, 13)
    for clip in range(2):
        for frame in range(2):
            for joint in range(13):
                for kind in range(len(adjacency)):
                    for other in range(13):
                        sent = weight[kind] @ values[clip, :, frame, other] + bias[kind]
                        expected[clip, :, frame, joint] += adjacency[kind, joint, other] * sent
    torch.testing.assert_close(layer(values, adjacency), expected, rtol=1e-5, atol=1e-5)


def test_flipped_poses_give_the_same_logits_to_a_network_that_treats_joints_alike():
    torch.manual_seed(0)
    network = STGCN(JOINTS13_GRAPH, 4, 3, SMALL).eval()
    torch.nn.init.ones_(network.norm.norm.weight)
    poses = torch.randn(2, 3, 9, 13)
    torch.testing.assert_close(
        network(poses[..., JOINTS13_FLIP_ORDER]), network(poses), rtol=1e-4, atol=1e-6
    )
    order = torch.randperm(13)
    assert not torch.allclose(network(poses[..., order]), network(poses), rtol=1e-4, atol=1e-6)


def test_edge_importance_is_used():
    torch.manual_seed(0)
    network = STGCN(JOINTS13_GRAPH, 4, 3, SMALL).eval()
    poses = torch.randn(2, 3, 9, 13)
    before = network(poses)
    with torch.no_grad():
        network.edge_importance[2][1, 3, 1:] = 0.0
    assert not torch.equal(network(poses), before)
