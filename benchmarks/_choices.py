"""What to label next by the literature's standard choices, the peers of ours in ``label_curve``.

All see the same: distances, probabilities of the nearest neighbour, and for those that need vectors the distances'
classical scaling to 20 dimensions. Each gives batch positions among the candidates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.cluster.vq import kmeans2

from vpdlib.finding.settings import ToLabelSettings
from vpdlib.finding.to_label import to_label, unsureness

#: Neighbours by which TypiClust measures how typical a candidate is, and its most clusters; the paper's.
NUM_NEIGHBOURS, MAX_CLUSTERS = 20, 50


@dataclass(frozen=True)
class Asked:
    """What a choice is made from.

    Attributes
    ----------
    among : (N, N) distances of the candidates.
    to_labelled : (N, L).
    probabilities : (N, C).
    vectors, labelled_vectors : (N, 20), (L, 20).
    groups, labelled_groups : names of videos, athletes or sources.
    label_counts : (C,) labelled examples a class.
    batch : how many are chosen.
    rng : for the choices that draw.
    """

    among: np.ndarray
    to_labelled: np.ndarray
    probabilities: np.ndarray
    vectors: np.ndarray
    labelled_vectors: np.ndarray
    groups: list[str]
    labelled_groups: list[str]
    label_counts: np.ndarray
    batch: int
    rng: np.random.Generator


def ours(**settings: float) -> Callable[[Asked], np.ndarray]:
    """Ours under some settings."""

    def choose(asked: Asked) -> np.ndarray:
        return to_label(
            asked.probabilities,
            asked.to_labelled,
            lambda columns: asked.among[:, columns],
            asked.groups,
            asked.label_counts,
            asked.labelled_groups,
            ToLabelSettings(num=asked.batch, **settings),
        )

    return choose


def random(asked: Asked) -> np.ndarray:
    """Drawn."""
    return asked.rng.choice(len(asked.among), asked.batch, replace=False)


def entropy(asked: Asked) -> np.ndarray:
    """The greatest entropy."""
    p = asked.probabilities
    return np.argsort((p * np.log(np.maximum(p, 1e-12))).sum(axis=1), kind="stable")[: asked.batch]


def margin(asked: Asked) -> np.ndarray:
    """The least margin of the first class over the second."""
    return np.argsort(-unsureness(asked.probabilities), kind="stable")[: asked.batch]


def k_centre(asked: Asked) -> np.ndarray:
    """CoreSet (Sener & Savarese, ICLR 2018), greedy: the one farthest from all that is labelled or chosen."""
    nearest, chosen = asked.to_labelled.min(axis=1), []
    for _ in range(asked.batch):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, asked.among[chosen[-1]])
        nearest[chosen] = -1
    return np.array(chosen)


def probcover(asked: Asked) -> np.ndarray:
    """ProbCover (Yehuda et al., NeurIPS 2022): the one whose ball holds most that no labelled one's holds.

    The radius is 1.3 times the median distance to the nearest candidate, chosen on held-out training groups.
    """
    others = np.where(np.eye(len(asked.among), dtype=bool), np.inf, asked.among)
    inside = asked.among <= 1.3 * np.median(others.min(axis=1))
    uncovered = asked.to_labelled.min(axis=1) > 1.3 * np.median(others.min(axis=1))
    chosen: list[int] = []
    for _ in range(asked.batch):
        count = (inside & uncovered).sum(axis=1)
        count[chosen] = -1
        chosen.append(int(count.argmax()))
        uncovered &= ~inside[chosen[-1]]
    return np.array(chosen)


def typiclust(asked: Asked) -> np.ndarray:
    """TypiClust (Hacohen et al., ICML 2022): the most typical of the largest clusters that have fewest labels."""
    num_labelled = len(asked.labelled_vectors)
    num_clusters = min(num_labelled + asked.batch, MAX_CLUSTERS)
    both = np.concatenate([asked.labelled_vectors, asked.vectors])
    _, cluster = kmeans2(both, num_clusters, minit="++", rng=asked.rng, iter=30)
    num_labels = np.bincount(cluster[:num_labelled], minlength=num_clusters)
    cluster = cluster[num_labelled:]
    near = np.sort(asked.among, axis=1)[:, 1 : NUM_NEIGHBOURS + 1]
    typical = 1 / np.maximum(near.mean(axis=1), 1e-12)
    left = np.ones(len(cluster), bool)
    chosen: list[int] = []
    for _ in range(asked.batch):
        sizes = np.bincount(cluster[left], minlength=num_clusters)
        of = min(np.flatnonzero(sizes), key=lambda c: (num_labels[c], -sizes[c]))
        chosen.append(int(np.where(left & (cluster == of), typical, -1).argmax()))
        left[chosen[-1]] = False
        num_labels[of] += 1
    return np.array(chosen)


def badge(asked: Asked) -> np.ndarray:
    """BADGE (Ash et al., ICLR 2020): k-means++ on the gradients of a last layer, by the most probable class."""
    residual = (
        asked.probabilities
        - np.eye(asked.probabilities.shape[1])[asked.probabilities.argmax(axis=1)]
    )
    vectors = asked.vectors / max(asked.vectors.std(), 1e-12)
    gradient = (residual[:, :, None] * vectors[:, None, :]).reshape(len(vectors), -1)
    chosen = [int((gradient**2).sum(axis=1).argmax())]
    nearest = np.full(len(gradient), np.inf)
    while len(chosen) < asked.batch:
        apart = ((gradient - gradient[chosen[-1]]) ** 2).sum(axis=1)
        nearest = np.minimum(nearest, apart)
        nearest[chosen] = 0
        likely = nearest if nearest.sum() > 0 else np.ones(len(nearest))
        likely[chosen] = 0
        chosen.append(int(asked.rng.choice(len(gradient), p=likely / likely.sum())))
    return np.array(chosen)


#: By name, as printed.
CHOICES: dict[str, Callable[[Asked], np.ndarray]] = {
    "random": random,
    "ours": ours(),
    "ours, unsure_weight 0": ours(unsure_weight=0.0),
    "ours, unsure_weight 1": ours(unsure_weight=1.0),
    "ours, rare_weight 0": ours(rare_weight=0.0),
    "ours, rare_weight 1": ours(rare_weight=1.0),
    "ours, group_power 0": ours(group_power=0.0),
    "ours, all 0": ours(unsure_weight=0.0, rare_weight=0.0, group_power=0.0),
    "entropy": entropy,
    "margin": margin,
    "k-centre (CoreSet)": k_centre,
    "BADGE": badge,
    "TypiClust": typiclust,
    "ProbCover": probcover,
}
