"""Find the nearest training actions of one block of the test actions, in all trials of one setting."""

import _job

from vpdlib.datasets.blocks import actions_of_block
from vpdlib.datasets.tables import read_actions, read_classes
from vpdlib.progress import note
from vpdlib.recognition.actions import ActionTable, shots_of, trials_of_regime
from vpdlib.recognition.blocks import keep_tested, needed_actions, of_no_action
from vpdlib.recognition.results import write_result
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.settings import RecognitionSettings
from vpdlib.recognition.trials import run_regime


def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    settings = RecognitionSettings.model_validate(params.settings)
    rows = read_actions(snakemake.input.actions)
    actions = ActionTable.from_rows(rows, read_classes(snakemake.input.classes))
    shots = shots_of(wildcards.regime)
    trials = trials_of_regime(rows, actions, shots, params.trials, params.seed)
    tests = [row for row in rows if row.split == "test"]
    block, num_blocks = int(wildcards.block), params.num_blocks
    mine = {row.action for row in actions_of_block(tests, block, num_blocks)}
    note(f"block {block} of {num_blocks}: {len(mine)} of {len(tests)} test actions")
    if mine:
        actions = keep_tested(actions, mine)
        needed = needed_actions(actions, trials)
        result = run_regime(
            "nns",
            action_sequences(
                [row for row in rows if row.action in needed],
                _job.paths(snakemake.input.features),
                settings.target_fps,
                settings.target_fps_slack,
            ),
            actions,
            shots,
            trials,
            settings,
            threads=snakemake.threads,
        )
    else:
        result = of_no_action(actions, shots)
    write_result(
        snakemake.output[0], _job.provenance_of(snakemake), result, feature=wildcards.feature
    )


if __name__ == "__main__":
    _job.run(main)
