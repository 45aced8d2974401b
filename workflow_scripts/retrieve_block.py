"""Rank every action by its likeness to the queries of one block."""

import _job

from vpdlib.datasets.blocks import actions_of_block
from vpdlib.datasets.tables import read_actions
from vpdlib.progress import note
from vpdlib.recognition.sequences import action_sequences
from vpdlib.retrieval.blocks import write_block
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings


def main(snakemake):
    settings = RetrievalSettings.model_validate(snakemake.params.settings)
    rows = read_actions(snakemake.input.actions)
    wanted = [row for row in rows if settings.queries == "all" or row.split == "test"]
    block = int(snakemake.wildcards.block)
    queries = [row.action for row in actions_of_block(wanted, block, settings.num_blocks)]
    note(f"block {block} of {settings.num_blocks}: {len(queries)} of {len(wanted)} queries")
    features = _job.paths(snakemake.input.features)
    result = rank_actions(
        action_sequences(rows, features, settings.target_fps, settings.target_fps_slack),
        queries,
        [row.action for row in rows],
        settings,
        snakemake.threads,
        description="retrieval",
    )
    write_block(snakemake.output[0], _job.provenance_of(snakemake), result)


if __name__ == "__main__":
    _job.run(main)
