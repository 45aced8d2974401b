"""Skeleton graphs: trees, partitions, scales, windows, bones."""

from collections import deque

import numpy as np
import pytest
import torch

from vpdlib.baselines.graph import (
    COCO17_GRAPH,
    JOINTS13_GRAPH,
    NTU25_GRAPH,
    OPENPOSE18_GRAPH,
    SkeletonGraph,
    bones,
    disentangled_adjacency,
    hop_distances,
    partitioned_adjacency,
    window_adjacency,
)
from vpdlib.skeleton import (
    COCO17_FLIP_ORDER,
    COCO17_TO_JOINTS13,
    JOINTS13_FLIP_ORDER,
)

GRAPHS = {
    "joints13": JOINTS13_GRAPH,
    "coco17": COCO17_GRAPH,
    "openpose18": OPENPOSE18_GRAPH,
    "ntu25": NTU25_GRAPH,
}
PARTITIONS = {"uniform": 1, "distance": 2, "spatial": 3, "spatial_released": 3}
#: The edges that the authors of ST-GCN and MS-G3D list, joints counted from 0.
PUBLISHED_EDGES = {
    "openpose18": "4-3 3-2 7-6 6-5 13-12 12-11 10-9 9-8 11-5 8-2 5-1 2-1 0-1 15-0 14-0 17-15 16-14",
    "ntu25": "0-1 1-20 2-20 3-2 4-20 5-4 6-5 7-6 8-20 9-8 10-9 11-10 12-0 13-12 14-13 15-14 16-0 17-16 18-17 19-18 "
    "21-22 22-7 23-24 24-11",
}


@pytest.fixture(params=GRAPHS)
def graph(request):
    return GRAPHS[request.param]


def neighbours_of(graph, joint):
    """Joints that share an edge with one, from the list of edges."""
    return {a if b == joint else b for a, b in graph.edges if joint in (a, b)}


def distance(graph, start, goal):
    """Fewest edges between two joints, by breadth-first search over the list of edges."""
    queue, seen = deque([(start, 0)]), {start}
    while queue:
        joint, steps = queue.popleft()
        if joint == goal:
            return steps
        for other in neighbours_of(graph, joint) - seen:
            seen.add(other)
            queue.append((other, steps + 1))
    return None


@pytest.mark.parametrize("name", PUBLISHED_EDGES)
def test_edges_are_the_published_ones(name):
    published = {frozenset(map(int, edge.split("-"))) for edge in PUBLISHED_EDGES[name].split()}
    assert {frozenset(edge) for edge in GRAPHS[name].edges} == published


def test_sizes_and_centres():
    assert [graph.num_joints for graph in GRAPHS.values()] == [13, 17, 18, 25]
    centres = [graph.joints[graph.centre] for graph in GRAPHS.values()]
    assert centres == ["nose", "nose", "neck", "spine_shoulder"]


def test_thirteen_joints_are_coco_without_eyes_and_ears():
    rows = COCO17_TO_JOINTS13
    np.testing.assert_array_equal(
        JOINTS13_GRAPH.adjacency(), COCO17_GRAPH.adjacency()[np.ix_(rows, rows)]
    )


def test_hop_distances(graph):
    expected = [
        [distance(graph, a, b) for b in range(graph.num_joints)] for a in range(graph.num_joints)
    ]
    np.testing.assert_array_equal(hop_distances(graph.adjacency()), expected)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_partition(graph, partition):
    adjacency = partitioned_adjacency(graph, partition)
    num_kinds = PARTITIONS[partition]
    expected = np.zeros((num_kinds, graph.num_joints, graph.num_joints))

    def radius(joint):
        steps = distance(graph, joint, graph.centre)
        return steps if partition == "spatial" or steps <= 1 else 99

    for joint in range(graph.num_joints):
        neighbours = neighbours_of(graph, joint)
        for other in {joint, *neighbours}:
            if partition == "uniform" or other == joint:
                kind = 0
            elif partition == "distance" or radius(other) >= radius(joint):
                kind = 1
            else:
                kind = 2
            expected[kind, joint, other] = 1 / (1 + len(neighbours))
    np.testing.assert_allclose(adjacency, expected, rtol=1e-6)
    # A uniform convolution is a mean over the neighbourhood.
    np.testing.assert_allclose(adjacency.sum(axis=(0, 2)), 1, rtol=1e-6)


def test_scales_are_the_formulas(graph):
    num_scales = 13
    scales = disentangled_adjacency(graph.adjacency(), num_scales)
    joints = range(graph.num_joints)
    for k in range(num_scales):
        degree = [1 + sum(distance(graph, a, b) == k for b in joints if b != a) for a in joints]
        for a in joints:
            for b in joints:
                linked = a == b or distance(graph, a, b) == k
                expected = linked / np.sqrt(degree[a] * degree[b])
                assert scales[k, a, b] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("window", [1, 3, 5])
def test_window_joins_a_joint_and_its_neighbours_in_every_frame(window):
    graph = JOINTS13_GRAPH
    size = graph.num_joints
    adjacency = window_adjacency(graph.adjacency(), window)
    assert adjacency.shape == (window * size, window * size)
    for i in range(window * size):
        for j in range(window * size):
            (frame_i, joint_i), (frame_j, joint_j) = divmod(i, size), divmod(j, size)
            linked = joint_j in neighbours_of(graph, joint_i) or (
                joint_i == joint_j and frame_i != frame_j
            )
            assert adjacency[i, j] == linked
    np.testing.assert_array_equal(hop_distances(adjacency) == 1, adjacency == 1)


@pytest.mark.parametrize(
    ("graph", "order"),
    [(JOINTS13_GRAPH, JOINTS13_FLIP_ORDER), (COCO17_GRAPH, COCO17_FLIP_ORDER)],
    ids=["joints13", "coco17"],
)
def test_flipping_leaves_every_matrix_as_it_is(graph, order):
    swap = np.ix_(order, order)
    for partition in PARTITIONS:
        for kind in partitioned_adjacency(graph, partition):
            np.testing.assert_array_equal(kind[swap], kind)
    for scale in disentangled_adjacency(graph.adjacency(), 6):
        np.testing.assert_array_equal(scale[swap], scale)


def test_bones_are_joint_less_parent(graph):
    poses = torch.randn(2, 3, 4, graph.num_joints)
    poses[1, :, 2, 3] = 0.0  # not found
    result = bones(poses, graph, scored=True)
    for joint, parent in enumerate(graph.parents):
        for clip in range(2):
            for frame in range(4):
                here, there = poses[clip, :, frame, joint], poses[clip, :, frame, parent]
                expected = torch.cat([here[:2] - there[:2], (here[2:] + there[2:]) / 2])
                if joint == parent or not here.any() or not there.any():
                    expected = torch.zeros(3)
                torch.testing.assert_close(result[clip, :, frame, joint], expected)


def test_bones_without_scores_subtract_every_channel():
    poses = torch.randn(1, 3, 2, 25)
    result = bones(poses, NTU25_GRAPH, scored=False)
    torch.testing.assert_close(result[..., 5], poses[..., 5] - poses[..., 4])


def test_bones_do_not_change_what_they_are_given():
    poses = torch.randn(1, 3, 2, 13)
    before = poses.clone()
    bones(poses, JOINTS13_GRAPH, scored=True)
    assert torch.equal(poses, before)


def test_bones_refuse_other_joints():
    with pytest.raises(ValueError, match="17 joints, the graph 13"):
        bones(torch.zeros(1, 2, 1, 17), JOINTS13_GRAPH, scored=False)


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        ((0, 0), "expected as many parents"),
        ((0, 0, 3), "within 0..2"),
        ((0, 1, 0), "no tree"),
        ((1, 0, 0), "no tree"),
        ((1, 2, 0), "no tree"),
    ],
)
def test_parents_must_be_a_tree(parents, message):
    with pytest.raises(ValueError, match=message):
        SkeletonGraph(("a", "b", "c"), parents, centre=0)
