"""Ranked lists of a part of the queries, made by several jobs and put together to what one job would have made.

A query's list depends on no other query (`vpdlib.retrieval.search`): distances are the same to the last bit in both
directions, and pairs that a bound rules out are in no list. So the lists are equal however the queries are dealt.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vpdlib.artifacts import Provenance, read_artifact
from vpdlib.artifacts.retrieval import Retrieval
from vpdlib.datasets.blocks import check_each_once
from vpdlib.retrieval.results import RetrievalResult, write_retrieval


def write_block(path: str | Path, provenance: Provenance, result: RetrievalResult) -> None:
    """Write the lists of a block's queries; scores are of all queries, and so in no block."""
    write_retrieval(
        path,
        provenance,
        result,
        (),
        num_empty_corpus=result.num_empty_corpus,
        # The whole corpus: no attribute can be None.
        top_k=-1 if result.top_k is None else result.top_k,
    )


def read_block(path: str | Path) -> RetrievalResult:
    """Read what :func:`write_block` wrote.

    Raises
    ------
    ArtifactError
        If the artifact is missing or damaged.
    """
    with read_artifact(path, Retrieval) as artifact:
        top_k = int(artifact.attributes["top_k"])
        return RetrievalResult(
            query_ids=artifact.texts("query"),
            corpus_ids=artifact.texts("corpus"),
            indices=artifact.array("indices"),
            distances=artifact.array("distances"),
            top_k=None if top_k < 0 else top_k,
            num_empty_queries=int(artifact.attributes["num_empty_queries"]),
            num_empty_corpus=int(artifact.attributes["num_empty_corpus"]),
        )


def join_blocks(blocks: Sequence[RetrievalResult], query_ids: Sequence[str]) -> RetrievalResult:
    """Put the blocks together.

    Parameters
    ----------
    blocks : at least one, of one corpus; some may have no query.
    query_ids : all queries, in the order wanted.

    Raises
    ------
    ValueError
        If the blocks are of different corpora or cut their lists at different lengths, or if they have not each query
        once.
    """
    first = blocks[0]
    if len({(block.corpus_ids, block.top_k) for block in blocks}) > 1:
        raise ValueError(
            "the blocks are of different corpora, or their lists of different lengths: remove the folder "
            "retrieval_blocks and run again"
        )
    check_each_once(
        [query for block in blocks for query in block.query_ids],
        query_ids,
        "queries",
        "retrieval_blocks",
    )
    place_of = {
        query: (block, row) for block in blocks for row, query in enumerate(block.query_ids)
    }
    length = max(block.indices.shape[1] for block in blocks)
    indices = np.full((len(query_ids), length), -1, dtype=np.int32)
    distances = np.full((len(query_ids), length), np.inf, dtype=np.float32)
    for out, query in enumerate(query_ids):
        block, row = place_of[query]
        # Without itself a query has one result less than another may have.
        width = block.indices.shape[1]
        indices[out, :width] = block.indices[row]
        distances[out, :width] = block.distances[row]
    return RetrievalResult(
        query_ids=tuple(query_ids),
        corpus_ids=first.corpus_ids,
        indices=indices,
        distances=distances,
        top_k=first.top_k,
        num_empty_queries=sum(block.num_empty_queries for block in blocks),
        num_empty_corpus=first.num_empty_corpus,
    )
