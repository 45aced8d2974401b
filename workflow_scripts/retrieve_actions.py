"""Rank every action by its likeness to each query, on a feature set, or take the ranks from blocks of queries."""

import _job

from vpdlib.datasets.tables import read_actions
from vpdlib.progress import note
from vpdlib.recognition.sequences import action_sequences
from vpdlib.retrieval.blocks import join_blocks, read_block
from vpdlib.retrieval.metrics import score_retrieval
from vpdlib.retrieval.results import write_retrieval
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings


def main(snakemake):
    settings = RetrievalSettings.model_validate(snakemake.params.settings)
    rows = read_actions(snakemake.input.actions)
    label_of = {row.action: row.label for row in rows}
    queries = [row.action for row in rows if settings.queries == "all" or row.split == "test"]
    blocks = snakemake.input.get("blocks")
    if blocks:
        result = join_blocks([read_block(path) for path in _job.paths(blocks)], queries)
    else:
        features = _job.paths(snakemake.input.features)
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
    write_retrieval(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        result,
        scores,
        feature=snakemake.wildcards.feature,
        queries=settings.queries,
    )


if __name__ == "__main__":
    _job.run(main)
