"""Skeletons as graphs: joints, bones, and the adjacency matrices of the graph convolutions.

An adjacency matrix has shape (V, V), or (K, V, V) for K kinds of neighbour, and is indexed [to, from]: row w holds the
weights with which joint w gathers the values of all joints. Poses have shape (N, C, T, V): clips, channels (x, y and,
where there is one, the score), frames, joints. A joint that was not found is zero in all channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from vpdlib.baselines.settings import Partition
from vpdlib.skeleton import COCO17, JOINTS13


def hop_distances(adjacency: np.ndarray) -> np.ndarray:
    """Fewest edges between any two joints, (V, V); infinite where there is no way."""
    # As floats, the products are fast; they only count ways.
    step = ((adjacency > 0) | np.eye(len(adjacency), dtype=bool)).astype(float)
    reached = np.eye(len(adjacency), dtype=bool)
    distances = np.where(reached, 0.0, np.inf)
    hops = 0
    while True:
        further = reached.astype(float) @ step > 0
        if (further == reached).all():
            return distances
        hops += 1
        distances[further & ~reached] = hops
        reached = further


@dataclass(frozen=True)
class SkeletonGraph:
    """A tree of joints.

    Parameters
    ----------
    joints : names, V of them.
    parents : row of each joint's parent; the root is its own. Every other joint and its parent make an edge and a bone.
    centre : joint from which distances are measured in the spatial partition.

    Raises
    ------
    ValueError
        If the parents are no tree over the joints.
    """

    joints: tuple[str, ...]
    parents: tuple[int, ...]
    centre: int

    def __post_init__(self) -> None:
        num_joints = len(self.joints)
        rows = range(num_joints)
        if len(self.parents) != num_joints or not {self.centre, *self.parents} <= set(rows):
            raise ValueError(
                f"skeleton of {num_joints} joints: expected as many parents, and parents and centre "
                f"within 0..{num_joints - 1}; got parents {self.parents}, centre {self.centre}"
            )
        reached = np.isfinite(hop_distances(self.adjacency())).all()
        if len(self.edges) != num_joints - 1 or not reached:
            raise ValueError(
                f"parents {self.parents} are no tree: expected one joint that is its own parent and "
                "a way from every other joint to it"
            )

    @property
    def num_joints(self) -> int:
        """V."""
        return len(self.joints)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Pairs (joint, its parent), without the root's."""
        return tuple((row, parent) for row, parent in enumerate(self.parents) if row != parent)

    def adjacency(self) -> np.ndarray:
        """(V, V), 1 where two joints share an edge, else 0; a joint is no neighbour of itself."""
        adjacency = np.zeros((self.num_joints, self.num_joints))
        for row, parent in self.edges:
            adjacency[row, parent] = adjacency[parent, row] = 1.0
        return adjacency


def _skeleton(joints: tuple[str, ...], parents: dict[str, str], centre: str) -> SkeletonGraph:
    """A graph from names; a joint without a parent is the root."""
    return SkeletonGraph(
        joints,
        tuple(joints.index(parents.get(name, name)) for name in joints),
        joints.index(centre),
    )


_COCO_PARENTS = {
    "left_eye": "nose",
    "right_eye": "nose",
    "left_ear": "left_eye",
    "right_ear": "right_eye",
    "left_shoulder": "nose",
    "right_shoulder": "nose",
    "left_elbow": "left_shoulder",
    "right_elbow": "right_shoulder",
    "left_wrist": "left_elbow",
    "right_wrist": "right_elbow",
    "left_hip": "left_shoulder",
    "right_hip": "right_shoulder",
    "left_knee": "left_hip",
    "right_knee": "right_hip",
    "left_ankle": "left_knee",
    "right_ankle": "right_knee",
}

#: COCO's 17 joints with the edges and centre of the published COCO configurations of graph networks (PYSKL).
COCO17_GRAPH = _skeleton(COCO17, _COCO_PARENTS, centre="nose")

#: The same without eyes and ears.
JOINTS13_GRAPH = _skeleton(JOINTS13, _COCO_PARENTS, centre="nose")

_OPENPOSE_PARENTS = {
    "neck": "nose",
    "right_shoulder": "neck",
    "right_elbow": "right_shoulder",
    "right_wrist": "right_elbow",
    "left_shoulder": "neck",
    "left_elbow": "left_shoulder",
    "left_wrist": "left_elbow",
    "right_hip": "right_shoulder",
    "right_knee": "right_hip",
    "right_ankle": "right_knee",
    "left_hip": "left_shoulder",
    "left_knee": "left_hip",
    "left_ankle": "left_knee",
    "right_eye": "nose",
    "left_eye": "nose",
    "right_ear": "right_eye",
    "left_ear": "left_eye",
}

#: OpenPose's 18 joints, in its order: ST-GCN and MS-G3D on Kinetics-Skeleton.
OPENPOSE18_GRAPH = _skeleton(("nose", *_OPENPOSE_PARENTS), _OPENPOSE_PARENTS, centre="neck")

# In the order of the NTU RGB+D data set, whose first joint is 1.
_NTU_JOINTS = (
    "spine_base",
    "spine_middle",
    "neck",
    "head",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "left_hand",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "right_hand",
    "left_hip",
    "left_knee",
    "left_ankle",
    "left_foot",
    "right_hip",
    "right_knee",
    "right_ankle",
    "right_foot",
    "spine_shoulder",
    "left_hand_tip",
    "left_thumb",
    "right_hand_tip",
    "right_thumb",
)
_NTU_PARENTS = {
    "spine_base": "spine_middle",
    "spine_middle": "spine_shoulder",
    "neck": "spine_shoulder",
    "head": "neck",
    "left_shoulder": "spine_shoulder",
    "left_elbow": "left_shoulder",
    "left_wrist": "left_elbow",
    "left_hand": "left_wrist",
    "right_shoulder": "spine_shoulder",
    "right_elbow": "right_shoulder",
    "right_wrist": "right_elbow",
    "right_hand": "right_wrist",
    "left_hip": "spine_base",
    "left_knee": "left_hip",
    "left_ankle": "left_knee",
    "left_foot": "left_ankle",
    "right_hip": "spine_base",
    "right_knee": "right_hip",
    "right_ankle": "right_knee",
    "right_foot": "right_ankle",
    # As both reference codes have it: the tip hangs on the thumb, and the thumb on the hand.
    "left_hand_tip": "left_thumb",
    "left_thumb": "left_hand",
    "right_hand_tip": "right_thumb",
    "right_thumb": "right_hand",
}

#: The 25 joints of NTU RGB+D: the graph of the published parameter counts.
NTU25_GRAPH = _skeleton(_NTU_JOINTS, _NTU_PARENTS, centre="spine_shoulder")


def partitioned_adjacency(graph: SkeletonGraph, partition: Partition) -> np.ndarray:
    """Weights of a joint's neighbourhood, split into the kinds that have convolution weights of their own.

    The neighbourhood is the joint itself and all joints one edge away. Its kinds (Yan et al., AAAI 2018):
    "uniform", all alike (K = 1); "distance", the joint and its neighbours (2); "spatial", the joint, the neighbours at
    least as far from the centre as it is, and the nearer ones (3). "spatial_released" is the spatial partition of the
    authors' code, which takes all joints more than one edge from the centre for equally far: there, the kinds differ
    next to the centre only. Distances are counted in edges, as the code does; the paper averages them over the data.

    Every weight is one over the size of the whole neighbourhood, as in the authors' code, so that a uniform convolution
    is a mean; the paper also gives a symmetric normalisation per kind.

    Returns
    -------
    float32 (K, V, V), [kind, to, from].
    """
    hops = hop_distances(graph.adjacency())
    itself, neighbours = hops == 0, hops == 1
    if partition == "uniform":
        kinds = [itself | neighbours]
    elif partition == "distance":
        kinds = [itself, neighbours]
    else:
        radius = hops[graph.centre]
        if partition == "spatial_released":
            radius = np.where(radius <= 1, radius, np.inf)
        not_nearer = radius[None, :] >= radius[:, None]
        kinds = [itself, neighbours & not_nearer, neighbours & ~not_nearer]
    size = (itself | neighbours).sum(axis=1, keepdims=True)
    return (np.stack(kinds) / size).astype(np.float32)


def normalise_symmetrically(adjacency: np.ndarray) -> np.ndarray:
    """D^-1/2 A D^-1/2 with the diagonal matrix D of the row sums of A, which must be positive."""
    scale = adjacency.sum(axis=1) ** -0.5
    return scale[:, None] * adjacency * scale[None, :]


def disentangled_adjacency(adjacency: np.ndarray, num_scales: int) -> np.ndarray:
    """Neighbourhoods at every distance (Liu et al., CVPR 2020), each normalised symmetrically.

    Scale k links every joint to itself and to the joints exactly k edges away.

    Returns
    -------
    float32 (num_scales, V, V).
    """
    distances = hop_distances(adjacency)
    scales = [(distances == k) | (distances == 0) for k in range(num_scales)]
    return np.stack([normalise_symmetrically(scale) for scale in scales]).astype(np.float32)


def window_adjacency(adjacency: np.ndarray, window: int) -> np.ndarray:
    """Graph over ``window`` frames: a joint meets itself and its neighbours in every frame of the window.

    Returns
    -------
    (window V, window V), frame by frame, without the edge of a joint to itself in its own frame (Liu et al.,
    CVPR 2020).
    """
    with_itself = adjacency + np.eye(len(adjacency))
    tiled = np.tile(with_itself, (window, window))
    return tiled - np.eye(len(tiled))


def bones(poses: Tensor, graph: SkeletonGraph, *, scored: bool) -> Tensor:
    """The bone stream: every joint less its parent; zero for the root, and where either joint was not found.

    Parameters
    ----------
    poses : (N, C, T, V).
    graph : whose V joints they are.
    scored : whether the last channel is a score; a bone's is then the mean of its joints', as in PYSKL.

    Returns
    -------
    (N, C, T, V), the bone to a joint at that joint's place (Liu et al., CVPR 2020).

    Raises
    ------
    ValueError
        If the number of joints is not the graph's.
    """
    if poses.shape[-1] != graph.num_joints:
        raise ValueError(
            f"bones: poses {tuple(poses.shape)} have {poses.shape[-1]} joints, the graph "
            f"{graph.num_joints}; give poses (N, C, T, V) in the graph's joints"
        )
    parents = poses[..., list(graph.parents)]
    result = poses - parents
    if scored:
        result[:, -1] = (poses[:, -1] + parents[:, -1]) / 2
    found = (poses != 0).any(dim=1, keepdim=True)
    is_bone = found.new_tensor([row != parent for row, parent in enumerate(graph.parents)])
    return result * (found & found[..., list(graph.parents)] & is_bone)
