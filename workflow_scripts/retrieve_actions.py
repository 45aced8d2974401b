"""Rank every action by its likeness to each query, on a feature set."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.datasets.tables import read_actions
from vpdlib.progress import note
from vpdlib.recognition.sequences import action_sequences
from vpdlib.retrieval.metrics import score_retrieval
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings


def main(snakemake):
    settings = RetrievalSettings.model_validate(snakemake.params.settings)
    rows = read_actions(snakemake.input.actions)
    label_of = {row.action: row.label for row in rows}
    queries = [row.action for row in rows if settings.queries == "all" or row.split == "test"]
    features = [Path(path) for path in snakemake.input.features]
    result = rank_actions(
        action_sequences(rows, features, settings.target_fps, settings.target_fps_slack),
        queries,
        list(label_of),
        settings,
        snakemake.threads,
        description="retrieval",
    )
    scores = score_retrieval(result, label_of, settings.ks)
    for score in scores:
        note(
            f"precision@{score.k} {100 * score.precision:.2f} %, hit@{score.k} {100 * score.hit:.2f} %"
        )
    note(f"{result.num_empty_queries} of {len(queries)} queries without the athlete count as 0")
    with ArtifactWriter(snakemake.output[0], "retrieval", _job.origin(snakemake)) as artifact:
        artifact.set_attributes(
            feature=snakemake.wildcards.feature,
            queries=settings.queries,
            num_empty_queries=result.num_empty_queries,
        )
        artifact.write("query", np.array(result.query_ids, object))
        artifact.write("corpus", np.array(result.corpus_ids, object))
        artifact.write("indices", result.indices)
        artifact.write("distances", result.distances)
        artifact.write("k", np.array([score.k for score in scores], np.int32))
        artifact.write("precision", np.array([score.precision for score in scores]))
        artifact.write("hit", np.array([score.hit for score in scores]))


if __name__ == "__main__":
    _job.run(main)
