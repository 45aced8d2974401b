"""How often ranked lists hold actions of the query's own class.

Precision@k of a query is the number of results of its class among its first k, over k (docs/method.md section
10); hit@k is 1 if there is at least one. Both are averaged over queries. The divisor is always k, as in the paper:
a class with m other members cannot exceed m / k, and neither can a corpus of m actions; a query
without frames has an empty list and counts as 0.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vpdlib.retrieval.results import RetrievalResult, RetrievalScore


def precision_at_k(
    ranked_labels: Sequence[Sequence[Hashable]], query_labels: Sequence[Hashable], k: int
) -> float:
    """Mean over queries of the fraction of the query's class among its first k results.

    Parameters
    ----------
    ranked_labels : for each of Q >= 1 queries the classes of its results, nearest first, at least k of them
        or all there are.
    query_labels : Q classes.
    k : at least 1; missing results count as wrong.

    Raises
    ------
    ValueError
        For no query, lists of different length, and k below 1.
    """
    return float((_matches(ranked_labels, query_labels, k) / k).mean())


def hit_at_k(
    ranked_labels: Sequence[Sequence[Hashable]], query_labels: Sequence[Hashable], k: int
) -> float:
    """Fraction of queries with at least one result of their class among the first k; see `precision_at_k`."""
    return float((_matches(ranked_labels, query_labels, k) > 0).mean())


def score_retrieval(
    result: RetrievalResult, label_of: Mapping[str, Hashable], ks: Sequence[int]
) -> list[RetrievalScore]:
    """Both measures for several k.

    Parameters
    ----------
    result : from `rank_actions`.
    label_of : class of every query and of every action of the corpus.
    ks : each at least 1.

    Raises
    ------
    ValueError
        For a k beyond where the lists were cut, an id without label, and as `precision_at_k`.
    """
    if result.top_k is not None and max(ks) > result.top_k:
        raise ValueError(
            f"precision@{max(ks)} asked of lists cut at {result.top_k}: rank with a larger top_k"
        )
    unlabelled = sorted({*result.query_ids, *result.corpus_ids} - set(label_of))
    if unlabelled:
        raise ValueError(
            f"action {unlabelled[0]!r} (and {len(unlabelled) - 1} more) has no label: add it to the table "
            "of actions or leave it out of queries and corpus"
        )
    ranked = [[label_of[action] for action in row] for row in result.ranked_ids]
    wanted = [label_of[action] for action in result.query_ids]
    return [
        RetrievalScore(
            k, precision_at_k(ranked, wanted, k), hit_at_k(ranked, wanted, k), len(wanted)
        )
        for k in ks
    ]


def _matches(
    ranked_labels: Sequence[Sequence[Hashable]], query_labels: Sequence[Hashable], k: int
) -> NDArray[np.int64]:
    """Results of the query's class among the first k, (Q,)."""
    if k < 1:
        raise ValueError(f"k is {k}; it must be at least 1")
    if len(ranked_labels) != len(query_labels) or not query_labels:
        raise ValueError(
            f"{len(ranked_labels)} ranked lists and {len(query_labels)} query labels: give one label a "
            "list, and at least one query"
        )
    return np.array(
        [
            sum(found == wanted for found in results[:k])
            for results, wanted in zip(ranked_labels, query_labels, strict=True)
        ],
        dtype=np.int64,
    )
