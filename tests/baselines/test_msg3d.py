"""MS-G3D: size, formulas, symmetry, training."""

import numpy as np
import pytest
import torch

from tests.baselines.overfitting import size_of
from vpdlib.baselines.graph import (
    COCO17_GRAPH,
    JOINTS13_GRAPH,
    NTU25_GRAPH,
    OPENPOSE18_GRAPH,
    disentangled_adjacency,
    hop_distances,
    window_adjacency,
)
from vpdlib.baselines.msg3d import (
    MSG3D,
    G3DPathway,
    MultiScaleGraphConv,
    MultiScaleTemporalConv,
    unfold_windows,
)
from vpdlib.baselines.settings import MSG3DSettings
from vpdlib.skeleton import JOINTS13_FLIP_ORDER

SMALL = MSG3DSettings(
    widths=(12, 24), gcn_scales=4, g3d_scales=2, window_sizes=(3,), temporal_dilations=(1, 2)
)


@pytest.mark.parametrize(
    ("graph", "num_classes", "size"),
    [
        (NTU25_GRAPH, 60, 3_194_445),
        (OPENPOSE18_GRAPH, 400, 3_129_352),
        (COCO17_GRAPH, 99, 2_990_676),
    ],
)
def test_size_is_the_published_networks(graph, num_classes, size):
    """The authors' configurations on NTU RGB+D 60 and Kinetics-Skeleton, and COCO joints; counted layer by layer.

    The authors' code normalises two people's joints apart, which is 2 C V parameters more: 3 194 595 on NTU RGB+D, the
    published 3.2 M. Their masks are no module's, so that counters of modules miss them: 2 787 720 without, the 2.8 M
    that later papers print.
    """
    network = MSG3D(graph, num_classes, 3, MSG3DSettings())
    assert size_of(network) == size
    assert counted_by_hand(graph.num_joints, num_classes) == size


def test_size_rounds_to_both_published_figures():
    network = MSG3D(NTU25_GRAPH, 60, 3, MSG3DSettings())
    second_person = 2 * 3 * 25
    masks = sum(
        module.mask.numel()
        for module in network.modules()
        if isinstance(module, MultiScaleGraphConv)
    )
    total = size_of(network) + second_person
    assert (total, total - masks) == (3_194_595, 2_787_720)


def counted_by_hand(num_joints, num_classes):
    """Parameters of the published network; every convolution has a bias and a normalisation."""

    def conv(before, after, taps=1):
        return before * after * taps + after + 2 * after

    def temporal(before, after, strided):
        part = after // 6
        total = 4 * (conv(before, part) + conv(part, part, 3))
        total += conv(before, part) + 2 * part + conv(before, part)
        return total + (conv(before, after) if strided else 0)

    total = 2 * 3 * num_joints + 384 * num_classes + num_classes
    for before, hidden, after in [(3, 96, 96), (96, 96, 192), (192, 192, 384)]:
        total += 13 * num_joints**2 + conv(13 * before, hidden)
        total += temporal(hidden, after, strided=after != 96) + 2 * temporal(after, after, False)
        for window in (3, 5):
            total += 6 * (window * num_joints) ** 2 + conv(6 * before, hidden)
            total += conv(hidden, after, window)
    return total


def test_aggregation_is_the_formula():
    torch.manual_seed(0)
    graph, num_scales = JOINTS13_GRAPH, 5
    layer = MultiScaleGraphConv(disentangled_adjacency(graph.adjacency(), num_scales), 2, 3)
    torch.nn.init.normal_(layer.mask)
    values = torch.randn(2, 2, 2, 13)
    hops = hop_distances(graph.adjacency())
    linked = [(hops == k) | np.eye(13, dtype=bool) for k in range(num_scales)]
    weight = layer.transform[0].weight[:, :, 0, 0].reshape(3, num_scales, 2)
    expected = torch.zeros(2, 3, 2, 13)
    for clip in range(2):
        for frame in range(2):
            for joint in range(13):
                total = layer.transform[0].bias
                for k in range(num_scales):
                    gathered = torch.zeros(2)
                    for other in range(13):
                        degrees = linked[k][joint].sum() * linked[k][other].sum()
                        fraction = float(linked[k][joint, other] / np.sqrt(degrees))
                        fraction = fraction + layer.mask[k, joint, other]
                        gathered = gathered + fraction * values[clip, :, frame, other]
                    total = total + weight[:, k] @ gathered
                expected[clip, :, frame, joint] = total
    torch.testing.assert_close(
        layer.transform[0](layer.gather(values)), expected, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("window", [1, 3, 5])
@pytest.mark.parametrize("num_frames", [1, 2, 5, 8])
def test_windows(num_frames, window, stride):
    values = torch.randn(2, 3, num_frames, 4)
    result = unfold_windows(values, window, stride)
    centres = range(0, num_frames, stride)
    assert result.shape == (2, 3, len(centres), window * 4)
    for index, centre in enumerate(centres):
        for step in range(window):
            frame = centre + step - window // 2
            inside = 0 <= frame < num_frames
            expected = values[:, :, frame] if inside else torch.zeros(2, 3, 4)
            torch.testing.assert_close(result[:, :, index, step * 4 : step * 4 + 4], expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_pathway_is_the_formula(stride):
    """Neighbours in a window: those at k edges in the skeleton, of any frame; at one, the joint in other frames."""
    torch.manual_seed(0)
    graph, num_scales, window = JOINTS13_GRAPH, 3, 3
    pathway = G3DPathway(
        graph.adjacency(), 2, 3, 4, num_scales=num_scales, window=window, stride=stride
    ).eval()
    conv = pathway.graph_conv
    torch.nn.init.zeros_(conv.mask)
    values = torch.randn(1, 2, 4, 13)
    hops = hop_distances(graph.adjacency())

    def linked(k, frame, joint, other_frame, other):
        if (frame, joint) == (other_frame, other):
            return True
        steps = 1 if joint == other else hops[joint, other]
        return steps == k

    nodes = [(frame, joint) for frame in range(window) for joint in range(13)]
    degree = {
        (k, node): sum(linked(k, *node, *o) for o in nodes)
        for k in range(num_scales)
        for node in nodes
    }
    weight = conv.transform[0].weight[:, :, 0, 0].reshape(3, num_scales, 2)
    norm = 1 / np.sqrt(1 + conv.transform[1].eps)  # initial running statistics
    expected = []
    for centre in range(0, 4, stride):
        joints = []
        for joint in range(13):
            answer = pathway.collapse.bias
            for step in range(window):
                total = conv.transform[0].bias
                for k in range(num_scales):
                    for node in nodes:
                        frame = centre + node[0] - 1
                        if linked(k, step, joint, *node) and 0 <= frame < 4:
                            fraction = (degree[k, (step, joint)] * degree[k, node]) ** -0.5
                            total = total + fraction * weight[:, k] @ values[0, :, frame, node[1]]
                hidden = torch.relu(total * norm)
                answer = answer + pathway.collapse.weight[:, :, 0, step, 0] @ hidden
            joints.append(answer * norm)
        expected.append(torch.stack(joints, dim=1))
    torch.testing.assert_close(
        pathway(values)[0], torch.stack(expected, dim=1), rtol=1e-4, atol=1e-5
    )


def test_window_scales_reach_as_far_as_the_skeleton():
    """A scale beyond the longest way in the skeleton holds every node itself and no other."""
    adjacency = window_adjacency(JOINTS13_GRAPH.adjacency(), 3)
    longest = int(hop_distances(JOINTS13_GRAPH.adjacency()).max())
    scales = disentangled_adjacency(adjacency, longest + 2)
    assert np.count_nonzero(scales[longest]) > len(adjacency)
    np.testing.assert_array_equal(scales[longest + 1], np.eye(len(adjacency)))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("num_frames", [1, 2, 3, 8])
def test_temporal_branches(num_frames, stride):
    """Each dilated branch sees frames t - d, t, t + d; the others the greatest of three, and one."""
    torch.manual_seed(0)
    layer = MultiScaleTemporalConv(4, 8, stride=stride, dilations=(1, 3), activate=False).eval()
    values = torch.randn(1, 4, num_frames, 2)
    result = layer(values) - layer.residual(values)
    norm = 1 / np.sqrt(1 + layer.branches[0][1].eps)

    def at(branch, frame):
        """The branch's first layer and ReLU in a frame; None beyond the clip."""
        if not 0 <= frame < num_frames:
            return None
        conv = branch[0]
        return torch.relu(
            (conv.weight[:, :, 0, 0] @ values[0, :, frame] + conv.bias[:, None]) * norm
        )

    for index, centre in enumerate(range(0, num_frames, stride)):
        expected = []
        for branch, dilation in zip(layer.branches[:2], (1, 3), strict=True):
            total = branch[3].bias[:, None].expand(2, 2)
            for tap in range(3):
                seen = at(branch, centre + (tap - 1) * dilation)
                if seen is not None:
                    total = total + branch[3].weight[:, :, tap, 0] @ seen
            expected.append(total * norm)
        seen = [at(layer.branches[2], centre + step) for step in (-1, 0, 1)]
        greatest = torch.stack([value for value in seen if value is not None]).amax(dim=0)
        expected.append(greatest * norm)
        plain = layer.branches[3][0]
        expected.append(
            (plain.weight[:, :, 0, 0] @ values[0, :, centre] + plain.bias[:, None]) * norm
        )
        torch.testing.assert_close(result[0, :, index], torch.cat(expected), rtol=1e-4, atol=1e-5)


def test_flipped_poses_give_the_same_logits_to_a_network_that_treats_joints_alike():
    torch.manual_seed(0)
    network = MSG3D(JOINTS13_GRAPH, 4, 3, SMALL).eval()
    for module in network.modules():
        if isinstance(module, MultiScaleGraphConv):
            torch.nn.init.zeros_(module.mask)
    poses = torch.randn(2, 3, 9, 13)
    torch.testing.assert_close(
        network(poses[..., JOINTS13_FLIP_ORDER]), network(poses), rtol=1e-4, atol=1e-6
    )
    order = torch.randperm(13)
    assert not torch.allclose(network(poses[..., order]), network(poses), rtol=1e-4, atol=1e-6)
