"""Ranked lists and their scores as an artifact of kind "retrieval"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.retrieval import Retrieval


@dataclass(frozen=True)
class RetrievalResult:
    """Ranked lists, nearest first.

    Attributes
    ----------
    query_ids : the Q queries, in the order given.
    corpus_ids : the C actions that could be found, sorted; those without frames included.
    indices : (Q, K) int32 into ``corpus_ids``, K the length of the longest list; -1 past a list's end.
    distances : (Q, K) float32, in units of the descriptors; infinite past a list's end.
    top_k : where the lists were cut; None if they were not.
    num_empty_queries : queries without frames.
    num_empty_corpus : actions of the corpus without frames.
    """

    query_ids: tuple[str, ...]
    corpus_ids: tuple[str, ...]
    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    top_k: int | None
    num_empty_queries: int
    num_empty_corpus: int

    @property
    def ranked_ids(self) -> tuple[tuple[str, ...], ...]:
        """One list of ids a query."""
        return tuple(
            tuple(self.corpus_ids[index] for index in row[row >= 0]) for row in self.indices
        )


@dataclass(frozen=True)
class RetrievalScore:
    """Both measures at one k, fractions of 1, over ``num_queries`` queries."""

    k: int
    precision: float
    hit: float
    num_queries: int


def write_retrieval(
    path: str | Path,
    provenance: Provenance,
    result: RetrievalResult,
    scores: Sequence[RetrievalScore],
    **attributes: Any,
) -> None:
    """Write what was found for every query, and both measures by k; `attributes` are the artifact's besides."""
    with ArtifactWriter(path, Retrieval, provenance) as artifact:
        artifact.set_attributes(num_empty_queries=result.num_empty_queries, **attributes)
        artifact.write("query", np.array(result.query_ids, object))
        artifact.write("corpus", np.array(result.corpus_ids, object))
        artifact.write("indices", result.indices)
        artifact.write("distances", result.distances)
        artifact.write("k", np.array([score.k for score in scores], np.int32))
        artifact.write("precision", np.array([score.precision for score in scores]))
        artifact.write("hit", np.array([score.hit for score in scores]))


def read_scores(path: str | Path) -> dict[int, RetrievalScore]:
    """Both measures by k, of what :func:`write_retrieval` wrote.

    Raises
    ------
    ArtifactError
        If the artifact is missing or damaged.
    """
    with read_artifact(path, Retrieval) as artifact:
        num_queries = len(artifact.array("query"))
        rows = zip(*(artifact.array(name) for name in ("k", "precision", "hit")), strict=True)
        return {
            int(k): RetrievalScore(int(k), float(precision), float(hit), num_queries)
            for k, precision, hit in rows
        }
